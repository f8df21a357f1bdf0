"""FILE.ledger.jsonl: every answer that was paid for, and every failure, one JSON line each. It is all that a run has to go on from.

The first line says what was asked with: job, settings, backend. Where others are named before anything was answered, another such line
follows: what stands above it was paid, and is nothing else any more. A line is on the disk before its answer is used, so a run that is killed
asks nothing twice that was answered. Each attempt is noted before it is made: one without an outcome is charged to the budget. Lines that
come at the same time share one fsync. An answer is found by the item's key and the SHA-256
of what was asked: whatever the order in which they came.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from okinst.builders import DamagedFile, WrongCall
from okinst.builders.errors import DiskFull
from okinst.builders.tables import no_room
from okinst.generation import jsonl
from okinst.generation.budget import Cost
from okinst.generation.job import Answer, Ask
from okinst.version import VERSION

logger = logging.getLogger("okinst")

ENDING = ".ledger.jsonl"
ACCEPTED, REJECTED, FAILED = "accepted", "rejected: ", "failed: "
#: of a request that a run gave up because it stopped
STOPPED = f"{FAILED}stopped"
#: of one of which only its beginning is written
KILLED = "the run was killed, or its disk full, before an outcome was written"
#: of an answer that okinst itself could not read; it is kept, and read again by the next run
UNREAD = "unread: "


def digest(ask: Ask, settings: Mapping[str, Any]) -> str:
    """The SHA-256 of what is asked, and of the backend's settings.

    >>> digest(Ask(({"role": "user", "content": "안녕"},)), {"model": "a"})[:12]
    '076fde1c5e41'
    """
    whole = [ask.messages, sorted(ask.texts.items()), ask.json, ask.max_tokens, sorted(settings.items())]
    return hashlib.sha256(jsonl.dumps(whole)).hexdigest()


@dataclass(frozen=True)
class Entry:
    """One line: a request, its attempts, and what came of it."""

    key: str
    step: int  # of the item: 0, 1, ...
    try_: int  # of the step: 0, 1, ...
    ask: str  # digest
    outcome: str  # accepted, "rejected: REASON", "failed: REASON", "unread: ERROR"
    detail: str = ""  # what the server said, where that is all there is
    answer: Answer | None = None
    request_id: str = ""
    model: str = ""  # as the server calls it
    seconds: float = 0.0  # of the attempt that was answered
    cost: Cost = field(default_factory=Cost)  # its requests are the attempts
    varied: Mapping[str, Any] = field(
        default_factory=dict
    )  # what was asked with, where it was not what the first line says

    def line(self) -> bytes:
        """As it stands in the file."""
        cost = asdict(self.cost)
        told = {
            "key": self.key,
            "step": self.step,
            "try": self.try_,
            "ask": self.ask,
            "request_id": self.request_id,
            "outcome": self.outcome,
            "detail": self.detail,
            "model": self.model,
            "attempts": cost.pop("requests"),
            **cost,
            "seconds": round(self.seconds, 3),
            **({"varied": dict(self.varied)} if self.varied else {}),
            "answer": None if self.answer is None else asdict(self.answer),
        }
        return jsonl.dumps(told) + b"\n"


def entry(line: bytes) -> Entry:
    """What a line says. Raises ValueError, KeyError or TypeError for one that is none."""
    told = jsonl.loads(line)
    cost = Cost(
        told["attempts"], told["tokens_in"], told["tokens_out"], told["characters"], told["usd"], told["unpriced"],
        told.get("guessed", 0),
    )  # fmt: skip
    answer = None if told["answer"] is None else Answer(**told["answer"])
    return Entry(
        told["key"], told["step"], told["try"], told["ask"], told["outcome"], told["detail"], answer, told["request_id"],
        told["model"], told["seconds"], cost, told.get("varied", {}),
    )  # fmt: skip


def place(file: Path) -> Path:
    """Where the ledger of an output file stands."""
    return file.with_name(f"{file.name}{ENDING}")


def source_of(path: Path) -> str | None:
    """What a ledger's run worked on; None where there is no such ledger, or it does not say."""
    found = None
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError), path.open("rb") as file:
        for line in file:  # other settings may follow, before anything is answered
            told = json.loads(line)
            if "okinst" in told:
                found = str(told["settings"]["source"])
            elif told.get("answer"):
                break
    return found


@dataclass(frozen=True)
class Sent:
    """One line: an attempt that is about to be made, and what is put by for it. A kill leaves nothing else of it."""

    key: str
    step: int
    ask: str  # digest
    cost: Cost

    def line(self) -> bytes:
        """As it stands in the file."""
        return jsonl.dumps({"sent": [self.key, self.step, self.ask], **asdict(self.cost)}) + b"\n"

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Sent":
        """What a line says. Raises ValueError, KeyError or TypeError for one that is none."""
        key, step, ask = told.pop("sent")
        return cls(key, step, ask, Cost(**told))


class Ledger:
    """The ledger of one output file; `kept` has room for one run at a time."""

    def __init__(self, file: Path, head: Mapping[str, Any], priced: Callable[[Cost], Cost] = lambda cost: cost) -> None:
        """`file` is the output; `head` what decides the answers (job, settings, backend), JSON; `priced` gives what a line cost, at the
        prices of this run where the run that wrote it knew none.
        """
        self.file = file
        self._priced = priced
        self.path = place(file)
        self.head = jsonl.loads(jsonl.dumps(head))
        #: what earlier runs paid, and this one
        self.spent = Cost()
        #: of that, what was paid before anybody had named a price
        self.priced_later = Cost()
        #: the SHA-256 of every output file that was put down
        self.written: set[str] = set()
        #: answers that were paid for, and could not be written
        self.lost = 0
        self._places: defaultdict[bytes, list[int]] = defaultdict(list)
        self._failed: dict[bytes, str] = {}
        #: of those whose last line is a rejection without an answer
        self._unanswered: set[bytes] = set()
        self._end = 0
        self._descriptor = -1
        self._waiting: list[tuple[Entry | Sent, bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    # -- opening -------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def opened(self) -> Iterator["Ledger"]:
        """Read what is there, and keep other runs out. Raises WrongCall where another run is in, or the head is of another run."""
        place = self.path.with_name(f".{self.path.name}.lock")
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            place.touch()  # where nothing can be written this says so; a lock would wait for ever
        lock = FileLock(place, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise WrongCall(
                f"{self.path} is being written by another run. Wait for it, then run the same again: it goes on from there; or name another "
                f"file with -o."
            ) from None
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                self._read()
                yield self
            finally:
                os.close(self._descriptor)
        finally:
            place.unlink(missing_ok=True)  # while it is held: else a run that came in between would lose its own
            lock.release()

    def _read(self) -> None:
        others = ""
        away: dict[tuple[str, str], list[Sent]] = {}
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    self._cut(number)
                    break
                try:
                    told = jsonl.loads(line)
                    if number == 1 or "okinst" in told:
                        others = self._compare(told)
                        self._begin_anew()
                    elif "sha256" in told:
                        self.written.update(told["sha256"].values())
                    elif "sent" in told:
                        sent = Sent.of(told)
                        away.setdefault((sent.key, sent.ask), []).append(sent)
                    else:
                        self._remember(found := entry(line), self._end)
                        away.pop((found.key, found.ask), None)
                except (ValueError, KeyError, TypeError) as error:
                    if isinstance(error, WrongCall):
                        raise
                    raise DamagedFile(
                        f"{self.path}: line {number} is no line of a ledger ({error}). Put back a copy of the file; or take the line away: "
                        f"what it answers is then asked, and paid, again."
                    ) from error
                self._end += len(line)
        if others and self.begun:
            raise WrongCall(
                f"{self.path} was begun with other settings: {others}. Go on with those, or name another file with -o: answers of both would "
                f"stand in one file, and nobody could tell them apart."
            )
        if others or not self._end:
            when = datetime.now().astimezone().isoformat(timespec="seconds")
            self._write(jsonl.dumps({"okinst": VERSION, **self.head, "written": when}) + b"\n")
            self._begin_anew()
            sync_folder(self.path.parent)
        self._charge([sent for attempts in away.values() for sent in attempts])

    def _begin_anew(self) -> None:
        """What was asked with other settings came to nothing. What it cost, and the files that were put down, stay as they are."""
        for each in (self._failed, self._places, self._unanswered):
            each.clear()

    def _charge(self, away: list[Sent]) -> None:
        """Requests of which a kill took the answers: whoever was asked may have done the work."""
        costs: dict[tuple[str, int, str], Cost] = {}
        for sent in away:
            cost = replace(sent.cost, guessed=sent.cost.requests)
            costs[sent.key, sent.step, sent.ask] = costs.get((sent.key, sent.step, sent.ask), Cost()) + cost
        # one line a request: the first that is read again stands for all its attempts
        lost = [Entry(key, step, 0, ask, STOPPED, KILLED, cost=cost) for (key, step, ask), cost in costs.items()]
        if lost:
            place = self._end
            self._write(b"".join(each.line() for each in lost))
            for each in lost:
                self._remember(each, place)
            logger.warning(
                "%s: %s requests have no outcome: a run was killed, or its disk was full. They are charged what was put by for them, and asked "
                "again",
                *(self.path, f"{sum(each.cost.requests for each in lost):,}"),
            )

    def _cut(self, number: int) -> None:
        """A line that a kill cut off was not used by anybody."""
        os.ftruncate(self._descriptor, self._end)
        logger.warning(
            "%s: line %d was cut off when a run was killed; it is taken away, and asked again", self.path, number
        )

    def _compare(self, found: dict[str, Any]) -> str:
        """How the settings that a line names differ from these, in words."""
        if not isinstance(found, dict) or "okinst" not in found or "job" not in found:
            raise WrongCall(f"{self.path} is no ledger of okinst generate. Name another file with -o.")
        was, now = (dict(_flat(head)) for head in (found, self.head))
        names = [
            name for name in {**was, **now} if name not in ("okinst", "written") and was.get(name) != now.get(name)
        ]
        return "; ".join(f"{name} was {_short(was.get(name))} and is {_short(now.get(name))}" for name in names)

    def _remember(self, found: Entry, place: int) -> None:
        cost = self._priced(found.cost)
        self.spent += cost
        if cost.unpriced < found.cost.unpriced:
            self.priced_later += cost
        where = _place(found.key, found.ask)
        if found.outcome == STOPPED:
            return
        if found.outcome.startswith(FAILED):
            self._failed[where] = found.detail
            return
        self._failed.pop(where, None)
        if where in self._unanswered:  # what came of the same request later stands in its place
            self._places[where][-1] = place
        else:
            self._places[where].append(place)
        if found.answer is None:
            self._unanswered.add(where)
        else:
            self._unanswered.discard(where)

    @property
    def begun(self) -> bool:
        """Whether anything was answered, in any run."""
        return len(self._places) > len(self._unanswered)

    # -- reading -------------------------------------------------------------------------------------------------------

    def answered(self, key: str, ask: str, number: int) -> Entry | None:
        """The answer that came when this was asked for the `number`-th time (0, 1, ...), if it came."""
        places = self._places.get(_place(key, ask), ())
        if number >= len(places):
            return None
        size, place, parts = 1 << 14, places[number], list[bytes]()
        while not parts or b"\n" not in parts[-1]:
            parts.append(os.pread(self._descriptor, size, place))
            place += size
        return entry(b"".join(parts).partition(b"\n")[0])

    def failure(self, key: str, ask: str) -> str | None:
        """Why this was not answered when it was last asked."""
        return self._failed.get(_place(key, ask))

    # -- writing -------------------------------------------------------------------------------------------------------

    async def keep(self, new: Entry) -> None:
        """Write a line; it is on the disk when this returns. Raises DiskFull or OSError where it is not."""
        await self._queued(new)

    async def send(self, sent: Sent) -> None:
        """Write that a request is about to be made. A kill does not take it, a power cut may: nobody waits for the disk."""
        await self._queued(sent)

    async def _queued(self, new: Entry | Sent) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((new, new.line(), done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        await done

    async def _write_waiting(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting, []
            place = self._end
            try:
                lasting = any(isinstance(new, Entry) for new, _, _ in some)
                await asyncio.to_thread(self._write, b"".join(line for _, line, _ in some), lasting)
            except Exception as error:  # whoever waits has to hear of it, whatever it is
                self.lost += sum(1 for new, _, _ in some if isinstance(new, Entry) and new.answer is not None)
                for _, _, done in some:
                    if not done.done():
                        done.set_exception(error)
                continue
            for new, line, done in some:
                if isinstance(new, Entry):
                    self._remember(new, place)
                place += len(line)
                if not done.done():
                    done.set_result(None)

    async def settled(self) -> None:
        """Wait until all that was to be kept is on the disk, or could not be."""
        if self._writer is not None:
            await self._writer

    def put_down(self, sha256: Mapping[str, str]) -> None:
        """Note the output files that are about to take their places."""
        if not self.written.issuperset(sha256.values()):
            self._write(jsonl.dumps({"sha256": dict(sha256)}) + b"\n")
            self.written.update(sha256.values())

    def _write(self, lines: bytes, lasting: bool = True) -> None:
        """Append, all or nothing, and wait for the disk where it has to last."""
        try:
            with disk_errors(self.path):
                write_whole(self._descriptor, lines, self._end)
                if lasting:
                    os.fsync(self._descriptor)
        except (OSError, DiskFull):
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._end)
            raise
        self._end += len(lines)


def write_whole(descriptor: int, data: bytes, place: int) -> None:
    """Write all of it: a system may take a part, where there is room for a part."""
    done = 0
    while done < len(data):
        done += os.pwrite(descriptor, data[done:], place + done)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, too."""
    with contextlib.suppress(OSError):  # some file systems know no such thing
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Say of a full disk what was to be written, and that nothing before is lost."""
    try:
        yield
    except OSError as error:
        if (cause := no_room(error)) is None:
            raise
        raise DiskFull(
            f"no room left for {path} ({cause.strerror}). What was answered and written before is kept. Free some space, then run the same "
            f"again: it goes on from there."
        ) from error


def _place(key: str, ask: str) -> bytes:
    return hashlib.blake2b(f"{key}\0{ask}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _flat(head: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in head.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _short(value: Any) -> str:
    told = jsonl.dumps(value).decode()
    return told if len(told) <= 60 else f"{told[:60]}..."
