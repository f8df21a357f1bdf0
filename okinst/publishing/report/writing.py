"""Write the page of a built folder: work everything out, cut texts until it fits, and put it down whole or not at all."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from okinst.builders import DamagedFile, MissingFile, WrongCall
from okinst.publishing.built import BuiltFolder
from okinst.publishing.place import PROVENANCE, put
from okinst.publishing.public import without_folders
from okinst.publishing.report import page
from okinst.publishing.report.contents import OF_GRID, Contents, grid_at
from okinst.publishing.report.rows import CAPS

#: what it is called in a built folder
FILE = "report.html"
#: rows that can be read in the page
ROWS = 5_000
#: bytes of a page of so many rows; with more rows it may grow in proportion
LIMIT = 5_000_000


@dataclass(frozen=True)
class Told:
    """What was written."""

    path: Path
    bytes: int
    #: rows of the set, and how many of them can be read in the page
    rows: int
    rows_shown: int
    #: rows that did not come through and stand in dropped.parquet, and how many of them can be read in the page
    dropped: int
    dropped_shown: int
    #: characters after which a text is cut, and how many texts were
    cut_at: int
    texts_cut: int

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "path": str(self.path)}


def write(
    folder: Path, to: Path, *, grid: Path | None = None, rows: int = ROWS, seed: int = 0, of_the_set: bool = False
) -> Told:
    """Write the page of a folder that okinst built.

    `grid` is a folder of `okinst grid`, shown beside it; `rows` how many rows can be read in the page, drawn by `seed` where there
    are more. With `of_the_set` no text of rows that are not in the set is shown; folders of this machine never are. The same folder,
    options and okinst give the same bytes. Raises MissingFile and WrongCall for what is no such folder, DamagedFile for files that
    cannot be read.
    """
    folder, to = Path(folder).expanduser(), Path(to).expanduser()
    if rows < 1:
        raise WrongCall(f"--rows {rows}: it should be 1 or more.")
    if not folder.is_dir():
        raise MissingFile(f"there is no folder {folder}. Name one that okinst build or okinst curate wrote.")
    if to.is_dir():
        raise WrongCall(f"{to} is a folder. Name a file: -o {to / FILE}")
    found, whole, cut_at = _made(folder, grid_at(grid) if grid else None, rows, seed, of_the_set)
    put(to, whole)
    return Told(
        path=to,
        bytes=len(whole),
        rows=found.rows,
        rows_shown=len(found.shown),
        dropped=found.dropped_rows,
        dropped_shown=len(found.dropped),
        cut_at=cut_at,
        texts_cut=found.cut(cut_at),
    )


def again(path: Path, folder: Path) -> bytes:
    """The page of a folder as another one may read it (`of_the_set`), with the options and the grid of the page at a path.

    Nothing is written. Raises DamagedFile for a file that is no page of okinst, and what `write` raises for the folder.
    """
    told = page.told_in(Path(path).expanduser())
    try:
        rows, seed = (int(told["options"][key]) for key in ("rows", "seed"))
        grid = {key: told["grid"][key] for key in OF_GRID} if told["grid"] is not None else None
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedFile(
            f"{path} does not tell with which options it was written. Write it again: okinst report {folder}"
        ) from error
    _, whole, _ = _made(Path(folder).expanduser(), grid, max(1, rows), seed, of_the_set=True)
    return whole


def _made(
    folder: Path, grid: dict[str, Any] | None, rows: int, seed: int, of_the_set: bool
) -> tuple[Contents, bytes, int]:
    """What was found in a folder, the page of it, and after how many characters its texts are cut."""
    built = BuiltFolder.at(folder)
    if not built.provenance:
        raise WrongCall(f"{folder} has no {PROVENANCE}: okinst report looks at folders that okinst build wrote.")
    try:
        # a page is made to be passed on
        built, grid = replace(built, provenance=without_folders(built.provenance)), without_folders(grid)
        found = Contents.of(built, grid, rows, seed, of_the_set)
    except (ValueError, KeyError, TypeError, OSError) as error:  # pyarrow's errors are of these
        if isinstance(error, DamagedFile | WrongCall | MissingFile):
            raise
        raise DamagedFile(f"{folder} cannot be read as a folder of okinst build ({error}). Build it again.") from error
    whole, cut_at = _small(found, of_the_set)
    while len(whole) > _limit(found) and len(found.shown) > 1:
        # rows of very many turns: cutting texts is not enough, so fewer of them are shown, and the page says so
        found = found.fewer(len(found.shown) // 2)
        whole, cut_at = _small(found, of_the_set)
    return found, whole, cut_at


def _small(found: Contents, of_the_set: bool) -> tuple[bytes, int]:
    """The page with its texts cut until it is small enough, or as far as they are ever cut; and after how many characters."""
    whole, cut_at = b"", CAPS[0]
    for cut_at in CAPS:
        if whole and not found.cut(cut_at):
            continue  # no text is as long: the page would be the same
        whole = page.assemble(found.told(cut_at), found.texts(cut_at), of_the_set)
        if len(whole) <= _limit(found):
            break
    return whole, cut_at


def _limit(found: Contents) -> float:
    """Bytes of a page of so many rows."""
    return LIMIT * max(1, len(found.shown) / ROWS)
