"""Write the card of a folder that stands: measure, draw, and put README.md and provenance.json down, each whole."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from okinst.builders import DamagedFile, MissingFile, WrongCall
from okinst.builders.doors import sha256
from okinst.builders.tables import plain_disk_errors
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card import plots
from okinst.publishing.card.measure import LOOKED_AT, measure
from okinst.publishing.card.text import card
from okinst.publishing.card.words import Words
from okinst.publishing.place import PROVENANCE, README, put, readable

#: where the pictures of a card stand
PICTURES = "card"


@dataclass(frozen=True)
class Told:
    """What was written."""

    path: Path
    language: str
    #: what was measured, now or before, as provenance.json has it
    measured: dict[str, Any]
    #: pictures, by their path in the folder
    plots: list[str] = field(default_factory=list)
    #: why there are none
    no_plots: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "path": str(self.path)}


def write(
    folder: Path,
    language: str = "en",
    measured: bool = True,
    *,
    looked_at: int = LOOKED_AT,
    seed: int = 0,
    index: Path | None = None,
    door: dict[str, Any] | None = None,
    force: bool = False,
) -> Told:
    """Write README.md of a folder that `build` wrote, in a language, and what was measured into its provenance.json.

    Without `measured` what was measured before stays as it is; `force` writes over what was changed by hand. The other options are
    those of `measure`. Raises MissingFile and WrongCall for what is no such folder, or has a card by hand, DamagedFile for files that cannot be read; the folder is then as it was.
    """
    folder = Path(folder).expanduser()
    Words(language)  # before the work
    if looked_at < 1:
        raise WrongCall(f"--rows {looked_at}: it should be 1 or more.")
    if not folder.is_dir():
        raise MissingFile(f"there is no folder {folder}. Name one that okinst build or okinst curate wrote.")
    built = BuiltFolder.at(folder)
    if not built.provenance:
        raise WrongCall(f"{folder} has no {PROVENANCE}: okinst card is for folders that okinst build wrote.")
    if built.card_by_hand and not force:
        raise WrongCall(
            f"{folder / README} was changed by hand. Move it away to keep it, or give --force (force=True) to have it written anew."
        )
    if (door or {}).get("sample") and built.provenance.get("door") != "sample":
        raise WrongCall(
            f"{folder} has real rows, and --sample would search them for the invented questions of the sample. Give --mirror DIR or "
            f"--index FILE."
        )
    told = {**built.provenance, "card_language": language}
    told.pop("card_to_be", None)
    drawn, why = dict[str, bytes](), ""
    try:
        if measured:
            told["measured"] = measure(built, looked_at=looked_at, seed=seed, index=index, door=door)
            drawn, why = plots.draw(replace(built, provenance=told))
            told["measured"]["plots"] = list(drawn)
        text = card(replace(built, provenance=told), language)
    except (ValueError, KeyError, TypeError, OSError) as error:  # pyarrow's errors are of these
        if isinstance(error, DamagedFile | WrongCall | MissingFile):
            raise
        raise DamagedFile(f"{folder} cannot be read as a folder of okinst build ({error}). Build it again.") from error
    with plain_disk_errors(str(folder)):
        for name, picture in drawn.items():
            put(folder / PICTURES / f"{name}.png", picture)
        # should all end before the end, the old card and the new one are both known for okinst's, and the same again mends it
        coming = {**built.provenance, "card_to_be": hashlib.sha256(text.encode()).hexdigest()}
        put(folder / PROVENANCE, readable(coming))
        put(folder / README, text.encode())
        told["files"] = _files(folder, told)
        put(folder / PROVENANCE, readable(told))
        _remove_others(folder, told)
    return Told(folder / README, language, told.get("measured", {}), [f"{PICTURES}/{name}.png" for name in drawn], why)


def _files(folder: Path, told: dict[str, Any]) -> list[dict[str, Any]]:
    """The files of the folder as provenance.json lists them, with README.md and the pictures as they are now."""
    ours = [f"{PICTURES}/{name}.png" for name in told.get("measured", {}).get("plots", ())]
    others = [each for each in told["files"] if each["path"] != README and not each["path"].startswith(f"{PICTURES}/")]
    return [
        *others,
        *(
            {"path": path, "bytes": (folder / path).stat().st_size, "sha256": sha256(folder / path)}
            for path in (*ours, README)
        ),
    ]


def _remove_others(folder: Path, told: dict[str, Any]) -> None:
    """Remove pictures of an earlier card that this one does not show."""
    shown = {f"{name}.png" for name in told.get("measured", {}).get("plots", ())}
    for path in (folder / PICTURES).glob("*.png"):
        if path.name not in shown and path.stem in plots.NAMES:
            path.unlink()
