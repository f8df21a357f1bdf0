"""This machine: one process a GPU, or the cores there are."""

import contextlib
import multiprocessing
import os
import re
import signal
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from okinst.builders import OkinstError, WrongCall
from okinst.curation.scoring.engines import Scored, Shard, carried, close, packed, score, thrown, unpacked
from okinst.curation.scoring.scorer import Progress, Scorer

#: seconds between two words of a worker on how far it is
_TOLD = 0.1
#: seconds that a worker gets to end by itself
_ENDING = 5


@dataclass(frozen=True)
class Local:
    """Scores on this machine.

    `device` is "cpu", "cuda" (every GPU that can be seen), "cuda:1", or None: the GPUs there are for a scorer that uses them, else
    the CPU. Several GPUs get a process each. On the CPU a scorer that uses all cores by itself runs in this process, another one
    in `processes` of them. Raises WrongCall where a GPU is asked for that is not there.
    """

    processes: int = 1
    device: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.processes, bool) or not isinstance(self.processes, int) or self.processes < 1:
            raise WrongCall(f"processes = {self.processes!r} should be a number of processes, 1 or more.")
        if self.device is not None and not re.fullmatch(r"cpu|mps|cuda(:\d+)?", self.device):
            raise WrongCall(
                f"there is no device {self.device!r}. There are 'cpu', 'cuda', 'cuda:1', ...; or name none."
            )

    def check(self) -> None:
        """Raise WrongCall for a GPU that there is not, whether a scorer would use it or not."""
        if self.device is not None and self.device.startswith("cuda"):
            self._gpus_asked_for()

    def run(
        self, scorer: Scorer, shards: Iterable[Shard], progress: Progress | None = None
    ) -> Generator[Scored, None, None]:
        """Score shards, and give them as they get done. See `Engine.run`."""
        devices = self.devices(scorer)
        if len(devices) == 1:
            yield from _here(scorer, shards, devices[0], progress)
        else:
            yield from _apart(scorer, shards, devices, progress)

    def devices(self, scorer: Scorer) -> list[str | None]:
        """The device of each process that a scorer is run in."""
        asked = self.device if scorer.gpu else "cpu"
        on_gpu = scorer.gpu and (asked is None or asked.partition(":")[0] == "cuda")
        if on_gpu and (there := self._gpus_asked_for()):
            return there
        if asked in (None, "cpu") and self.processes > 1 and not scorer.threads:
            return ["cpu"] * self.processes
        return [asked]

    def _gpus_asked_for(self) -> list[str | None]:
        """The GPUs that `device` means; none where it is None and there are none. Raises WrongCall."""
        there: list[str | None] = [f"cuda:{number}" for number in range(_gpus())]
        if self.device is None or (self.device == "cuda" and there):
            return there
        if self.device in there:
            return [self.device]
        found = f"only {', '.join(map(str, there))}" if there else "no GPU that PyTorch can use"
        raise WrongCall(
            f"device {self.device!r}: this machine has {found}. Name another device, or none: the best there is gets taken. "
            f"A GPU needs pip install 'okinst[gpu]' with a CUDA build of PyTorch."
        )


def _gpus() -> int:
    try:
        import torch
    except ImportError:
        return 0
    return int(torch.cuda.device_count()) if torch.cuda.is_available() else 0


def _here(
    scorer: Scorer, shards: Iterable[Shard], device: str | None, progress: Progress | None
) -> Generator[Scored, None, None]:
    loaded = scorer.load(device)
    try:
        for shard in shards:
            yield score(loaded, shard, progress)
    finally:
        close(loaded)


# -- workers --------------------------------------------------------------------------------------------------------------


@dataclass
class _Worker:
    """A process that scores one shard after the other, seen from here."""

    number: int
    of: int
    device: str | None
    process: Any
    line: Connection
    is_ready: bool = False
    #: what it works on
    shard: Shard | None = None

    def give(self, shard: Shard) -> None:
        self.shard = shard
        try:
            self.line.send((shard[0], packed(shard[1])))
        except OSError:
            raise self.death() from None

    def hear(self) -> tuple[Any, ...]:
        """What it says next. Raises what it raised, or that it died."""
        try:
            word, *rest = self.line.recv()
        except (EOFError, OSError):
            raise self.death() from None
        if word == "failed":
            raise thrown(rest[0])
        return (word, *rest)

    def death(self) -> OkinstError:
        self.process.join(_ENDING)
        code = self.process.exitcode
        how = f"ended with exit code {code}"
        if code is not None and code < 0:
            how = f"was killed by {signal.Signals(-code).name}"
            if code == -signal.SIGKILL:
                how += " (as the system does where memory runs out)"
        doing = "while it started"
        if self.shard is not None:
            doing = f"while it scored shard {self.shard[0]} ({self.shard[1].num_rows:,} rows)"
        elif not self.is_ready:
            doing += ' (a script that scores needs its work under if __name__ == "__main__":)'
        return OkinstError(
            f"worker {self.number} of {self.of} (process {self.process.pid}, {self.device}) {how} {doing}. Run the same "
            f"again, with fewer processes if it was memory."
        )

    def end(self) -> None:
        self.line.close()
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(_ENDING)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.process.close()


def _apart(
    scorer: Scorer, shards: Iterable[Shard], devices: list[str | None], progress: Progress | None
) -> Generator[Scored, None, None]:
    """Hand shards out to a process a device, the next one to whoever is done."""
    waiting = iter(shards)
    first = list(islice(waiting, len(devices)))
    workers: list[_Worker] = []
    try:
        with _uninterrupted():
            for number, device in enumerate(devices[: len(first)], 1):
                workers.append(_start(scorer, number, len(first), device))
        todo = _chained(first, waiting)
        busy = {worker.line: worker for worker in workers}
        while busy:
            for line in wait(list(busy)):
                worker = busy[line]  # type: ignore[index]
                word, *rest = worker.hear()
                if word == "progress":
                    if progress:
                        progress(*rest)
                    continue
                worker.is_ready, done = True, worker.shard
                worker.shard = None
                if (shard := next(todo, None)) is not None:
                    worker.give(shard)  # before what it did is written: a worker should not wait for a disk
                else:
                    del busy[worker.line]
                if word == "scored":
                    assert done is not None
                    yield Scored(done[0], unpacked(rest[0]), rest[1])
    finally:
        for worker in workers:
            worker.end()


def _chained(first: list[Shard], rest: Iterator[Shard]) -> Iterator[Shard]:
    while first:
        yield first.pop(0)
    yield from rest


def _start(scorer: Scorer, number: int, of: int, device: str | None) -> _Worker:
    # spawned, not forked: CUDA and the threads of libraries do not survive a fork, nor should a worker inherit the store's lock
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(scorer, device, theirs), name=f"okinst-scorer-{number}", daemon=True)
    process.start()
    theirs.close()  # so that the worker's end is the only one, and its death is heard
    return _Worker(number, of, device, process, ours)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes started here never see Ctrl-C, which a terminal sends to all of them: this one ends them. It waits meanwhile."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # the first process to start would start it, and it unblocks SIGINT
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(scorer: Scorer, device: str | None, line: Connection) -> None:
    """A worker's life: open the model, then score what comes until nobody is there to send it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_outlive_nobody, daemon=True).start()
    try:
        loaded = scorer.load(device)
        line.send(("ready",))
        while True:
            try:
                name, data = line.recv()
            except EOFError:
                return
            with _telling(line) as progress:
                done = score(loaded, (name, unpacked(data)), progress)
            line.send(("scored", packed(done.scores), done.seconds))
    except BaseException as error:
        with contextlib.suppress(OSError):
            line.send(("failed", carried(error)))


def _outlive_nobody() -> None:
    """A run that is killed leaves no process that goes on scoring for nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextlib.contextmanager
def _telling(line: Connection) -> Iterator[Progress]:
    """Say how far it is, but not for every row."""
    rows, tokens, last = 0, 0, time.monotonic()

    def tell() -> None:
        nonlocal rows, tokens, last
        if rows or tokens:
            line.send(("progress", rows, tokens))
        rows, tokens, last = 0, 0, time.monotonic()

    def progress(more_rows: int, more_tokens: int) -> None:
        nonlocal rows, tokens
        rows, tokens = rows + more_rows, tokens + more_tokens
        if time.monotonic() - last >= _TOLD:
            tell()

    yield progress
    tell()
