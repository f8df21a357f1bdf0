"""Runs a job: some items at a time, each on its course until it is done or set aside; every answer into the ledger before it is used.

A run stops before its end when the budget is used up, by Ctrl-C, and when no request will be answered any more (a key that is not
accepted, no money, a server that is not there, a full disk). Then no new request is made, those on their way come back, the output is put
down with what there is, and the same command goes on from there.
"""

import asyncio
import contextlib
import logging
import random
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from okinst.builders import WrongCall
from okinst.builders.errors import DiskFull
from okinst.builders.waiting import retry_after
from okinst.generation import writing
from okinst.generation.backends import Backend, Reply
from okinst.generation.budget import Budget, Cost, Estimates, Prices, Purse
from okinst.generation.course import Course, courses
from okinst.generation.job import Ask, Job
from okinst.generation.ledger import FAILED, REJECTED, STOPPED, UNREAD, Entry, Ledger
from okinst.generation.progress import Progress
from okinst.generation.rates import Rates
from okinst.generation.troubles import Busy, Halt, Stopped, Unanswerable
from okinst.generation.writing import Outcomes, Written

logger = logging.getLogger("okinst")

#: attempts of one request that bring no answer, before its item is set aside
ATTEMPTS = 8
#: and of one that no server took, before any was answered
ATTEMPTS_FIRST = 4
TOO_MANY = 429
#: seconds of the first wait, and of the longest; each is shortened by chance, down to nothing (full jitter)
FIRST, LONGEST = 1.0, 60.0
#: seconds that a server may ask to wait, before a person is asked instead
MOST = 600.0
#: seconds of a wait that are said
LONG = 5.0
BUDGET, INTERRUPTED, HALTED = "budget", "interrupted", "halted"


@dataclass(frozen=True)
class Plan:
    """What a run does, and how."""

    job: Job
    backend: Backend
    #: the output; its ledger and what was set aside stand beside it
    file: Path
    concurrency: int = 8
    tries: int = 3
    max_items: int | None = None
    budget: Budget = field(default_factory=Budget)
    prices: Prices = field(default_factory=Prices)

    def __post_init__(self) -> None:
        if self.budget.usd is not None and not self.prices.known(self.backend.translator):
            named = "--usd-per-million-characters" if self.backend.translator else "--usd-in and --usd-out"
            raise WrongCall(
                f"--budget-usd {self.budget.usd:g} needs prices: {named}, in dollars per million, from the page of the provider."
            )

    @property
    def head(self) -> dict[str, Any]:
        """What decides the answers."""
        return {"job": self.job.name, "settings": self.job.settings, "backend": self.backend.settings}

    def courses(self) -> Iterator[Course]:
        """Every item at its start."""
        return courses(self.job, self.tries, self.backend.settings, self.backend.steady, self.max_items)


@dataclass(frozen=True)
class Run:
    """What became of a run."""

    written: Written
    #: of all runs on this file
    spent: Cost
    #: of this one
    cost: Cost
    seconds: float
    #: budget, interrupted or halted, where it stopped before its end
    stopped: str | None = None
    #: why, and what to do
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """As --json prints it."""
        costs = {
            name: {
                "requests": cost.requests,
                "tokens_in": cost.tokens_in,
                "tokens_out": cost.tokens_out,
                "characters": cost.characters,
                "usd": None if cost.unpriced else round(cost.usd, 6),
            }
            for name, cost in (("this run", self.cost), ("all runs", self.spent))
        }
        stopped = {"stopped": self.stopped, "why": self.why}
        return {**self.written.as_json(), **costs, "seconds": round(self.seconds, 1), **stopped}


def run(plan: Plan) -> Run:
    """Run a job as far as it goes, and put its output down. Raises OkinstError where not even a file could be written."""
    ledger = Ledger(plan.file, plan.head)
    with ledger.opened():
        writing.check(plan.file, ledger)
        before, started = ledger.spent, time.monotonic()
        with Outcomes(plan.file, ledger) as outcomes:
            engine = _Engine(plan, ledger, outcomes)
            asyncio.run(engine.run())
            seconds = time.monotonic() - started
            if ledger.lost:
                engine.why += (
                    f" {ledger.lost:,} answers that came meanwhile could not be kept: they are asked, and paid, again."
                )
            try:
                written = outcomes.put_down(plan.job.file())
            except DiskFull as error:
                raise DiskFull(engine.why or str(error)) from error
        return Run(written, ledger.spent, ledger.spent - before, seconds, engine.stopped, engine.why)


@dataclass
class _Attempts:
    """What one request took: all its attempts, answered or not."""

    cost: Cost = field(default_factory=Cost)
    seconds: float = 0.0


class _Engine:
    def __init__(self, plan: Plan, ledger: Ledger, outcomes: Outcomes) -> None:
        self.plan, self.ledger, self.outcomes = plan, ledger, outcomes
        self.rates = Rates(plan.concurrency, self._waits)
        self._waits_until = 0.0
        self.purse = Purse(plan.budget, ledger.spent)
        self.estimates = Estimates(plan.prices, plan.backend.translator)
        self.stopped: str | None = None
        self.why = ""
        self._failure: Exception | None = None
        #: how many requests were answered in this run
        self._answers = 0
        self._stopping = asyncio.Event()
        self._workers: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """All items, or as many as there are before the run stops. Raises what is a fault of a source or of okinst."""
        total = sum(1 for _ in islice(self.plan.job.items(), self.plan.max_items))
        items = self.plan.courses()
        with Progress(self.plan.job.name, total, self.purse) as self.progress, self._interruptible():
            self._workers = [asyncio.create_task(self._work(items)) for _ in range(min(self.plan.concurrency, total))]
            try:
                await asyncio.gather(*self._workers, return_exceptions=True)
            finally:
                await self.ledger.settled()
                await self.plan.backend.close()
        if self._failure is not None:
            raise self._failure
        for course in items:  # that nobody came to: earlier runs may have
            course.replay(self.ledger)
            self.outcomes.add(course)

    def stop(self, how: str, why: str) -> None:
        """Make no new request; the first reason stands."""
        if self.stopped is None:
            self.stopped, self.why = how, why
            self._stopping.set()
            self.rates.close()
            self.purse.close()

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Ctrl-C lets what is on its way come back; a second one does not."""
        loop = asyncio.get_running_loop()
        signals = []

        def asked() -> None:
            if self.stopped == INTERRUPTED:
                for worker in self._workers:
                    worker.cancel()
            else:
                self.progress.say("stopping: what is on its way is awaited. Ctrl-C again does not wait for it.")
            self.stop(INTERRUPTED, "It was interrupted. The same command goes on from there.")

        for each in (signal.SIGINT, signal.SIGTERM):
            # not where a loop has no signals (Windows), or this is not the main thread
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(each, asked)
                signals.append(each)
        try:
            yield
        finally:
            for each in signals:
                loop.remove_signal_handler(each)

    async def _work(self, items: Iterator[Course]) -> None:
        """Take items until there are no more, or the run stops."""
        try:
            while not self._stopping.is_set() and (course := next(items, None)) is not None:
                asked = False
                try:
                    course.replay(self.ledger)
                    while course.ask is not None and await self._step(course):
                        asked = True
                        course.replay(self.ledger)
                except BaseException:
                    course = course.again()  # an answer that could not be kept is not used
                    course.replay(self.ledger)
                    raise
                finally:
                    self.outcomes.add(course)
                self.progress.item(aside=course.aside is not None or course.ask is not None, asked=asked)
                if not asked:
                    await asyncio.sleep(0)  # the others, and Ctrl-C, are heard while answers of earlier runs are read
        except Stopped:
            return
        except DiskFull as error:
            self.stop(HALTED, f"{error}")
        except (
            Exception
        ) as error:  # of the source, or a fault of okinst's own: what the others are answered is still kept
            self._failure = self._failure or error
            self.stop(HALTED, str(error))

    async def _step(self, course: Course) -> bool:
        """Ask once, and go on with what comes; False where nothing came but failures."""
        assert course.ask is not None
        line = partial(Entry, course.item.key, course.step, course.failed_tries, course.digest)
        took = _Attempts()
        try:
            got = await self._answered(course.ask, took)
        except Stopped:
            if took.cost.requests:
                await self.ledger.keep(line(STOPPED, cost=took.cost))
            raise
        if isinstance(got, Reply):
            ended = None
            try:
                outcome = course.take(got.answer)
            except Exception as error:  # a fault of okinst's own must not lose an answer that was paid for
                outcome, ended = UNREAD + type(error).__name__, error
            detail = course.tried[-1]["detail"] if outcome.startswith(REJECTED) else ""
            new = line(outcome, detail, got.answer, got.request_id, got.model, took.seconds, took.cost)
            await self.ledger.keep(new)
            if ended is not None:
                raise ended
            return True
        unanswerable = isinstance(got, Unanswerable)
        outcome = course.refuse(got.reason, got.said) if isinstance(got, Unanswerable) else f"{FAILED}no answer"
        await self.ledger.keep(line(outcome, got.said, cost=took.cost))
        return unanswerable

    async def _answered(self, ask: Ask, took: _Attempts) -> Reply | Unanswerable | Busy:
        """Attempts at a request until an answer comes, or no more are worth it. Raises Stopped."""
        failures, before = 0, self._answers
        while True:
            since = self._answers
            got = await self._attempt(ask, took)
            if not isinstance(got, Busy):
                return got
            if got.status == TOO_MANY and self._answers > since:
                failures = 0  # others are answered: it is a matter of waiting only
            failures += 1
            asked = retry_after(got.headers.get("retry-after"))
            if asked is not None and asked > MOST:
                self._wait_for_a_person(asked, f" ({got.said})")
                raise Stopped
            # an address that is wrong should not take minutes to be found so
            enough = ATTEMPTS if self._answers or got.status else ATTEMPTS_FIRST
            if failures >= enough:
                if self._answers == before:
                    self.stop(
                        HALTED,
                        f"{self.plan.backend.told} does not answer: {failures} attempts, the last: {got.said}. Look whether it runs, and at its "
                        f"address; then run the same again: what was answered is not asked again.",
                    )
                    raise Stopped
                return got
            logger.info("%s: %s; attempt %d of %d follows", self.plan.backend.told, got.said, failures + 1, enough)
            longest = FIRST if asked is not None else min(LONGEST, FIRST * 2.0 ** (failures - 1))
            await self._pause(random.uniform(0, longest))

    async def _attempt(self, ask: Ask, took: _Attempts) -> Reply | Unanswerable | Busy:
        """One request, when budget and rates let it go. Raises Stopped."""
        expected = self.estimates.of(ask)
        if (short := await self.purse.reserve(expected)) is not None:
            self.stop(
                BUDGET,
                f"The budget of {short} is used up, or too small for the next request. The same command with a larger one goes on from there.",
            )
            raise Stopped
        spent = Cost()
        try:
            flight = await self.rates.enter(expected.tokens)
            headers: Mapping[str, str] = {}
            started, refused, spent = time.monotonic(), False, Cost(requests=1)
            try:
                reply = await self.plan.backend.answer(ask)
                headers = reply.headers
                spent = self.plan.prices.cost(
                    reply.tokens_in, reply.tokens_out, reply.characters, translator=self.plan.backend.translator
                )
                self.estimates.learn(ask, spent)
                self._answers += 1
                return reply
            except Busy as busy:
                headers, refused = busy.headers, busy.status == TOO_MANY
                return busy
            except Unanswerable as trouble:
                self._answers += 1
                return trouble
            except Halt as halt:
                self.stop(HALTED, halt.said)
                raise Stopped from None
            finally:
                took.seconds = time.monotonic() - started
                took.cost += spent
                now = asyncio.get_running_loop().time()
                self.rates.back(flight, headers, now, time.time(), refused=refused)
        finally:
            self.purse.settle(expected, spent)

    def _waits(self, seconds: float) -> None:
        """A server's headers ask to wait: say so, or stop where it is for long."""
        if seconds > MOST:
            self._wait_for_a_person(seconds)
        elif seconds > LONG and (until := time.monotonic() + seconds) > self._waits_until + LONG:
            self._waits_until = until
            logger.warning("%s asks to wait %.0f s", self.plan.backend.told, seconds)

    def _wait_for_a_person(self, seconds: float, said: str = "") -> None:
        self.stop(
            HALTED,
            f"{self.plan.backend.told} asks to wait {seconds:,.0f} seconds{said}. Run the same again then: what was answered is not asked again.",
        )

    async def _pause(self, seconds: float) -> None:
        """Wait, unless the run stops meanwhile. Raises Stopped."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        if self._stopping.is_set():
            raise Stopped
