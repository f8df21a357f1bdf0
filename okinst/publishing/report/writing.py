"""Write the page of a built folder: work everything out, cut texts until it fits, and put it down whole or not at all."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from okinst.builders import DamagedFile, MissingFile, WrongCall
from okinst.publishing.built import BuiltFolder
from okinst.publishing.place import PROVENANCE, put
from okinst.publishing.public import without_folders
from okinst.publishing.report import page
from okinst.publishing.report.contents import Contents
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
    are more. With `of_the_set` no text of rows that are not in the set is shown, and no folder of this machine. The same folder, options and okinst give the same bytes. Raises MissingFile and WrongCall for what is no such
    folder, DamagedFile for files that cannot be read.
    """
    folder, to = Path(folder).expanduser(), Path(to).expanduser()
    if rows < 1:
        raise WrongCall(f"--rows {rows}: it should be 1 or more.")
    if not folder.is_dir():
        raise MissingFile(f"there is no folder {folder}. Name one that okinst build or okinst curate wrote.")
    if to.is_dir():
        raise WrongCall(f"{to} is a folder. Name a file: -o {to / FILE}")
    built = BuiltFolder.at(folder)
    if not built.provenance:
        raise WrongCall(f"{folder} has no {PROVENANCE}: okinst report looks at folders that okinst build wrote.")
    try:
        if of_the_set:
            built = replace(built, provenance=without_folders(built.provenance))
        found = Contents.of(built, grid, rows, seed, of_the_set)
    except (ValueError, KeyError, TypeError, OSError) as error:  # pyarrow's errors are of these
        if isinstance(error, DamagedFile | WrongCall | MissingFile):
            raise
        raise DamagedFile(f"{folder} cannot be read as a folder of okinst build ({error}). Build it again.") from error
    whole, cut_at = b"", CAPS[0]
    for cut_at in CAPS:
        if whole and not found.cut(cut_at):
            continue  # no text is as long: the page would be the same
        whole = page.assemble(found.told(cut_at), found.texts(cut_at), of_the_set)
        if len(whole) <= LIMIT * max(1, rows / ROWS):
            break
    else:
        # rows of very many turns: cutting texts is not enough, so fewer of them are shown, and the page says so
        if rows > 1:
            fewer = min(rows, len(found.shown)) // 2 or 1
            return write(folder, to, grid=grid, rows=fewer, seed=seed, of_the_set=of_the_set)
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
