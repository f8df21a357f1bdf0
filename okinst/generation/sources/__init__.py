"""What a job works on: conversations, passages or instructions, from a name of `okinst list` or a file of one's own."""

from pathlib import Path
from typing import get_args

from okinst.builders import License, Making, WrongCall
from okinst.builders.origin import UNSTATED
from okinst.generation.sources.files import FORMATS, of_file
from okinst.generation.sources.reading import Wanted
from okinst.generation.sources.sets import of_set
from okinst.generation.sources.source import UNREADABLE, Found, Source, once, readable
from okinst.mixtures.meta import NAMES, builder_class
from okinst.mixtures.recipe import is_recipe

__all__ = ["FORMATS", "UNREADABLE", "Found", "Source", "Wanted", "once", "opened", "readable"]


def opened(
    place: str,
    wanted: Wanted,
    *,
    split: str | None = None,
    layout: str | None = None,
    columns: tuple[str, ...] = (),
    data_dir: str | None = None,
    mirror: str | None = None,
    sample: bool = False,
    license: str | None = None,
    making: str | None = None,
) -> Source:
    """The rows of a name of `okinst list` (its split "train", or the only one there is), or of a file.

    `layout` (messages, alpaca, sharegpt, koalpaca) and `columns` are for a file that does not say by its columns what it is:
    a question's and an answer's where conversations are wanted, else one. `license` and `making` are of rows of a file that do not
    say them. Raises WrongCall for what cannot be read so.
    """
    path = Path(place).expanduser()
    if place in NAMES or is_recipe(place):
        if layout or columns:
            raise WrongCall(
                f"{place}: --layout and --column are for files of your own; okinst knows how this set is laid out."
            )
        if license or making:
            raise WrongCall(
                f"{place}: --license and --making are for files of your own; the rows of this set say both themselves."
            )
        return of_set(place, wanted, split, {"data_dir": data_dir, "mirror": mirror, "sample": sample})
    if path.suffix.lower() not in FORMATS and not path.exists():
        try:
            builder_class(place)
        except WrongCall as error:  # with the nearest names
            raise WrongCall(f"{place} is no file ({', '.join(FORMATS)}), and no set: {error}") from error
    if split or data_dir or mirror or sample:
        raise WrongCall(f"{place} is a file: --split, --data-dir, --mirror and --sample are for names of okinst list.")
    for option, value, known in (
        ("--license", license, get_args(License)),
        ("--making", making, (*get_args(Making), UNSTATED)),
    ):
        if value is not None and value not in known:
            raise WrongCall(f"{option} {value} should be one of {', '.join(known)}.")
    return of_file(path, wanted, layout, columns, license or UNSTATED, making or UNSTATED)
