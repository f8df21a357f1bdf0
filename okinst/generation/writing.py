"""FILE and FILE.set-aside.jsonl, put down whole from the ledger, in the order of the items; the file before stays until then."""

import hashlib
import logging
import os
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from okinst.builders import WrongCall, origin
from okinst.builders.doors import sha256
from okinst.builders.origin import Origin
from okinst.generation import jsonl, origins
from okinst.generation.course import Aside, Course
from okinst.generation.job import Job, UpstreamFile
from okinst.generation.ledger import Ledger, disk_errors, sync_folder, write_whole

logger = logging.getLogger("okinst")

ENDING = ".set-aside.jsonl"
NO_ANSWER = "no answer"


@dataclass(frozen=True)
class Written:
    """What the items came to: done + set aside + left = items."""

    file: Path
    set_aside_file: Path
    upstream: UpstreamFile
    origin: Origin
    items: int
    done: int
    set_aside: dict[str, int]  # by reason
    left: int  # not asked yet, or not to their end
    helps: dict[str, int]  # how many that are set aside more "tries" ask again, and how many the next "run"

    def as_json(self) -> dict[str, Any]:
        """As --json prints it."""
        return {
            "file": str(self.file),
            "set_aside_file": str(self.set_aside_file),
            "set": self.upstream.set_name,
            "origin": self.origin.as_json(),
            "items": self.items,
            "done": self.done,
            "set_aside": self.set_aside,
            "left": self.left,
        }


def check(file: Path, written: Collection[str]) -> None:
    """Raise WrongCall where a file is in the way that no run on its ledger has `written` (by SHA-256), or that was changed since."""
    for path in (file, aside_file(file), origin.place(file)):
        if path.is_dir():
            raise WrongCall(f"{path} is a folder. Name a file with -o.")
        if path.exists() and not path.is_file():
            raise WrongCall(f"{path} is a device or a pipe, and no file that can be written anew. Name a file with -o.")
        if path.exists() and sha256(path) not in written:
            why = (
                "was changed since okinst generate wrote it"
                if written
                else "is there, and no ledger beside it says that okinst generate wrote it"
            )
            raise WrongCall(f"{path} {why}, and would be overwritten. Move it away, or name another file with -o.")


def aside_file(file: Path) -> Path:
    """Where the items stand that were set aside."""
    return file.with_name(f"{file.name}{ENDING}")


def rows_of(file: Path, array: bool) -> int:
    """How many rows a file of ours holds: each stands on a line of its own, in an array between two more."""
    if not file.exists():
        return 0
    with file.open("rb") as lines:
        return sum(1 for _ in lines) - 2 * array


class Outcomes:
    """What came of the items, kept in a nameless file as they are done; `put_down` brings it into their order."""

    def __init__(self, file: Path, ledger: Ledger, machine: str) -> None:
        self.file, self.ledger, self.machine = file, ledger, machine
        self._kept = tempfile.TemporaryFile(dir=file.parent, buffering=0)  # noqa: SIM115
        self._end = self._left = 0
        #: by the place of the item: whether it is set aside, and where its line stands
        self._places: dict[int, tuple[bool, int, int]] = {}
        self._reasons: Counter[str] = Counter()
        self._helps: Counter[str | None] = Counter()
        #: by licence and making of what was worked on, the rows that are done
        self._standings: Counter[tuple[str, str]] = Counter()

    def __enter__(self) -> "Outcomes":
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def add(self, course: Course) -> None:
        """Keep what came of an item, wherever it stands now. Raises DiskFull."""
        aside = course.aside
        if course.ask is not None:
            failure = self.ledger.failure(course.item.key, course.digest)
            if failure is not None:
                aside = Aside(NO_ANSWER, failure, course.tried, "run")
            elif course.before is not None:
                aside = course.before
            else:
                self._left += 1
                return
        line = jsonl.dumps(
            course.row() | origins.said(course.job, self.machine, course.item)
            if aside is None
            else _told(course, aside)
        )
        with disk_errors(self.file):
            write_whole(self._kept.fileno(), line, self._end)
        self._places[course.place] = (aside is not None, self._end, len(line))
        self._end += len(line)
        if aside is not None:
            self._reasons[aside.reason] += 1
            self._helps[aside.helps] += 1
        else:
            self._standings[course.item.license, course.item.making] += 1

    def put_down(self, job: Job) -> Written:
        """Write all files. Raises DiskFull; the files before then stay as they were."""
        aside, upstream, whose = aside_file(self.file), job.file(), origins.origin(job, self.machine, self._standings)
        with (
            disk_errors(self.file),
            _rows(self.file, upstream.array) as rows,
            _rows(aside, False) as others,
            _rows(origin.place(self.file), False) as told,
        ):
            for _, (is_aside, place, size) in sorted(self._places.items()):
                (others if is_aside else rows).write(os.pread(self._kept.fileno(), size, place))
            told.write(jsonl.dumps(whose.as_json()))
            files = (told, rows, others)
            for each in files:
                each.close()
            self.ledger.put_down({each.path.name: each.sha256 for each in files})
            before, now = rows_of(self.file, upstream.array), len(self._places) - self._reasons.total()
            for each in files:  # no rows without their origin
                each.take_place()
            sync_folder(self.file.parent)
        if now < before:
            logger.warning(
                "%s held %s rows, and holds %s now: fewer items or tries were asked for, or the source has lost some. Nothing is lost: the "
                "answers are in %s, and the call that wrote them writes them again, without a request",
                *(self.file, f"{before:,}", f"{now:,}", self.ledger.path),
            )
        reasons = dict(sorted(self._reasons.items(), key=lambda each: (-each[1], each[0])))
        count, set_aside = len(self._places), sum(reasons.values())
        helps = {how: self._helps[how] for how in ("tries", "run")}
        return Written(
            self.file, aside, upstream, whose, count + self._left, count - set_aside, reasons, self._left, helps
        )


def _told(course: Course, found: Aside) -> dict[str, Any]:
    item = course.item
    told = {"number": item.number, "key": item.key, "reason": found.reason, "detail": found.detail}
    return {**told, "tried": found.tried, "row": item.row}


class _Rows:
    """A file that is written beside its place."""

    def __init__(self, path: Path, array: bool) -> None:
        self.path, self.array = path, array
        self.beside = path.with_name(f".{path.name}.incomplete")
        self._digest = hashlib.sha256()
        self._file: IO[bytes] = self.beside.open("wb")
        self._count = 0
        self._put(b"[" if array else b"")

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)

    def write(self, data: bytes) -> None:
        """One row more, as JSON."""
        between = b",\n" if self._count else b"\n"
        self._put(between + data if self.array else data + b"\n")
        self._count += 1

    def close(self) -> None:
        """Write the end, and wait for the disk."""
        self._put(b"\n]\n" if self.array else b"")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    @property
    def sha256(self) -> str:
        """Of what was written."""
        return self._digest.hexdigest()

    def take_place(self) -> None:
        """Become the file."""
        self.beside.replace(self.path)


@contextmanager
def _rows(path: Path, array: bool) -> Iterator[_Rows]:
    rows = _Rows(path, array)
    try:
        yield rows
    finally:
        with suppress(OSError):  # a full disk, again: what is not written yet would be now
            rows._file.close()
        rows.beside.unlink(missing_ok=True)
