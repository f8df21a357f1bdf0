"""What `okinst overlap` reads: the texts of sources, mixtures and recipes, by name."""

from pathlib import Path
from typing import Any

from okinst import catalogue
from okinst.builders import WrongCall
from okinst.curation import passages
from okinst.curation.overlap import Overlap, html, overlap, svg
from okinst.mixtures import MIXTURES
from okinst.mixtures.own import FORMATS
from okinst.mixtures.recipe import is_recipe
from okinst.publishing.naming import builder_of

#: rows at a time
BATCH = 50_000


def find(names: list[str], on: str, *, near: bool, **door: Any) -> Overlap:
    """The overlap of all rows (every split) of some sets. Raises WrongCall before anything is built, where it can."""
    if on not in passages.ON:
        raise WrongCall(f"--on {on}: there is no such text. There are {', '.join(passages.ON)}.")
    for name in names:
        if (own := _own(name)) is not None:
            raise WrongCall(f"{name}: overlap takes names of okinst list and recipes. {own}")
    builders = {name: builder_of(name, **door) for name in dict.fromkeys(names)}
    sets: dict[str, list[str]] = {}
    for typed, builder in builders.items():
        builder.download_and_prepare()
        # two recipes may bear one name: then they are called by what was typed
        sets[typed if builder.config.name in sets else builder.config.name] = [
            text
            for rows in builder.as_dataset().values()
            for table in rows.with_format("arrow").iter(BATCH)
            for text in passages.texts(table, on)
        ]
    return overlap(sets, on=on, near=near)


def _own(name: str) -> str | None:
    """What to do with a name that is a file or folder of one's own; None where it is none."""
    if name in catalogue.SOURCES or name in MIXTURES or is_recipe(name):
        return None
    path = Path(name).expanduser()
    if path.suffix.lower() not in FORMATS and not path.is_dir():
        return None
    if path.is_dir():
        return "Write a recipe with a Parquet file of the folder as a part: file =, layout =, license =, language =."
    return f'Write a recipe with it as a part: [[parts]] file = "{path.name}", layout =, license =, language =.'


def check_drawing(path: Path) -> None:
    """Raise WrongCall where no heat map can be written."""
    if path.suffix not in (".svg", ".html"):
        raise WrongCall(f"--heatmap {path}: it should end in .svg or .html.")
    if not path.expanduser().absolute().parent.is_dir():
        raise WrongCall(f"--heatmap {path}: there is no folder {path.expanduser().absolute().parent}.")


def draw(found: Overlap, path: Path) -> None:
    """Write the heat map, as SVG or as a page."""
    path.expanduser().write_text(svg(found) if path.suffix == ".svg" else html(found), encoding="utf-8")
