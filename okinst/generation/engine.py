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
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from okinst.builders import WrongCall
from okinst.builders.errors import DiskFull
from okinst.builders.waiting import retry_after
from okinst.generation import halting, writing
from okinst.generation.backends import Backend, Reply
from okinst.generation.budget import LARGEST, Budget, Cost, Estimates, Prices, Purse
from okinst.generation.course import Course, courses
from okinst.generation.halting import Patience
from okinst.generation.job import Ask, Job
from okinst.generation.ledger import FAILED, REJECTED, STOPPED, UNREAD, Entry, Ledger, Sent
from okinst.generation.progress import Progress
from okinst.generation.rates import Rates
from okinst.generation.troubles import (
    REFUSED,
    TOO_LONG,
    Busy,
    Halt,
    Learnt,
    Refused,
    Stopped,
    Trouble,
    Unanswerable,
)
from okinst.generation.writing import Outcomes, Written

logger = logging.getLogger("okinst")

#: tokens that an answer is left, where less than was put by fits beside a long request
LEAST = 128
TOO_MANY = 429
#: seconds of the first wait, and of the longest; each is shortened by chance, down to nothing (full jitter)
FIRST, LONGEST = 1.0, 60.0
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
        if self.budget.tokens is not None and self.backend.translator:
            raise WrongCall(
                f"--budget-tokens {self.budget.tokens:,}: {self.backend.told} counts characters, and no tokens. Limit --budget-requests, or "
                f"--budget-usd with --usd-per-million-characters."
            )
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
        return courses(self.job, self.tries, self.backend, self.max_items)


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
    #: of `spent`, what earlier runs knew no price of: it is charged at the prices of this one
    priced_later: Cost = field(default_factory=Cost)

    def as_json(self) -> dict[str, Any]:
        """As --json prints it."""
        costs = {
            name: {
                "requests": cost.requests,
                "tokens_in": cost.tokens_in,
                "tokens_out": cost.tokens_out,
                "characters": cost.characters,
                "usd": round(cost.usd, 6) if cost.usd or not cost.unpriced else None,
                "unpriced": cost.unpriced,
                "guessed": cost.guessed,
            }
            for name, cost in (("this run", self.cost), ("all runs", self.spent))
        }
        stopped = {"stopped": self.stopped, "why": self.why}
        return {**self.written.as_json(), **costs, "seconds": round(self.seconds, 1), **stopped}


def run(plan: Plan) -> Run:
    """Run a job as far as it goes, and put its output down. Raises OkinstError where not even a file could be written."""
    ledger = Ledger(plan.file, plan.head, partial(plan.prices.again, translator=plan.backend.translator))
    if not ledger.path.exists():
        writing.check(plan.file, ())  # before anything is put beside what is refused
    with ledger.opened():
        writing.check(plan.file, ledger.written)
        before, later, started = ledger.spent, ledger.priced_later, time.monotonic()
        with Outcomes(plan.file, ledger, plan.backend.machine) as outcomes:
            engine = _Engine(plan, ledger, outcomes)
            asyncio.run(engine.run())
            seconds = time.monotonic() - started
            if engine.given_up:
                engine.why += (
                    f" Given up on their way: {engine.given_up:,} of the requests. They are charged what was put by for them, as they may be "
                    f"billed; the next run asks them again."
                )
            if ledger.lost:
                engine.why += (
                    f" {ledger.lost:,} answers that came meanwhile could not be kept: they are asked, and paid, again."
                )
            try:
                written = outcomes.put_down(plan.job)
            except DiskFull as error:
                raise DiskFull(engine.why or str(error)) from error
        return Run(written, ledger.spent, ledger.spent - before, seconds, engine.stopped, engine.why, later)


@dataclass
class _Attempts:
    """What one request took: all its attempts, answered or not."""

    key: str
    step: int
    digest: str
    #: whether the ledger says that one was about to be made
    sent: bool = False
    cost: Cost = field(default_factory=Cost)
    seconds: float = 0.0
    #: tokens that the answer could have, where a budget says so
    room: int | None = None
    #: and that fit beside the request, where that was too many
    most: int | None = None


class _Engine:
    def __init__(self, plan: Plan, ledger: Ledger, outcomes: Outcomes) -> None:
        self.plan, self.ledger, self.outcomes = plan, ledger, outcomes
        self.patience = Patience(plan.backend.told, partial(self.stop, HALTED))
        self.rates = Rates(plan.concurrency, self.patience.waits)
        self._limit_told = False
        self.purse = Purse(plan.budget, ledger.spent)
        limiting = plan.budget.of_length and not plan.backend.translator
        self.estimates = Estimates(plan.prices, plan.backend.translator, limiting)
        self.stopped: str | None = None
        self.why = ""
        #: requests that were on their way, and were not awaited
        self.given_up = 0
        self._failure: Exception | None = None
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
        self.patience.end(self.ledger.begun)
        for course in items:  # that nobody came to: earlier runs may have
            course.replay(self.ledger)
            self.outcomes.add(course)

    def stop(self, how: str, why: str) -> None:
        """Make no new request; the first reason stands."""
        if self.stopped is None:
            self.stopped, self.why = how, why
            self._stopping.set()
            self.rates.gate.close()
            self.purse.gate.close()

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Ctrl-C lets what is on its way come back; a second one does not."""
        loop = asyncio.get_running_loop()
        signals, before = [], False

        def asked() -> None:
            nonlocal before
            if before:
                for worker in self._workers:
                    worker.cancel()
            else:
                self.progress.say("stopping: what is on its way is awaited. Ctrl-C again does not wait for it.")
            before = True
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
                except BaseException:  # Ctrl-C, too: it is raised again below
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
        took, known = _Attempts(course.item.key, course.step, course.digest), course.before is not None
        try:
            got = await self._answered(replace(course.ask, again=course.times), took)
        except (Stopped, asyncio.CancelledError):
            if took.sent:
                await self.ledger.keep(line(STOPPED, cost=took.cost))
            raise
        except Exception as error:  # a fault of a backend's: what was asked may be billed all the same
            await self.ledger.keep(line(FAILED + type(error).__name__, cost=took.cost))
            raise
        if isinstance(got, Reply):
            ended = None
            try:
                outcome = course.take(got.answer)
            except Exception as error:  # a fault of okinst's own must not lose an answer that was paid for
                outcome, ended = UNREAD + type(error).__name__, error
            detail = course.tried[-1]["detail"] if outcome.startswith(REJECTED) else ""
            new = line(outcome, detail, got.answer, got.request_id, got.model, took.seconds, took.cost, got.varied)
            await self.ledger.keep(new)
            if ended is not None:
                raise ended
            return True
        if isinstance(got, Unanswerable):
            outcome = course.refuse(got.reason, got.said)
        elif isinstance(got, Refused) and (self.patience.answers or known):
            outcome = course.refuse(REFUSED, got.said)
        else:  # nobody knows yet whether it is the item: the next run asks again
            outcome = f"{FAILED}no answer"
        await self.ledger.keep(line(outcome, got.said, cost=took.cost))
        if isinstance(got, Refused) and not known:
            self.patience.in_vain(course.item.key, got.halt)
        elif isinstance(got, Busy):
            self.patience.in_vain(course.item.key, self.patience.dead(got))
        return outcome.startswith(REJECTED)

    async def _answered(self, ask: Ask, took: _Attempts) -> Reply | Unanswerable | Refused | Busy:
        """Attempts at a request until an answer comes, or no more are worth it. Raises Stopped."""
        failures, waits, patience = 0, 0, self.patience
        before = since = patience.answers
        while True:
            got = await self._attempt(ask, took)
            if isinstance(got, Learnt) or self._room_was_wrong(got, took):
                continue
            if isinstance(got, Refused) and got.at_once and not patience.answers:
                self.stop(HALTED, got.halt)
                raise Stopped
            if not isinstance(got, Busy):
                return got
            if got.status == TOO_MANY and patience.answers > since and waits < halting.WAITS:
                failures, waits = 0, waits + 1  # others were answered meanwhile: it is a matter of waiting only
            failures, since = failures + 1, patience.answers
            asked = retry_after(got.headers.get("retry-after"))
            if asked is not None and asked > halting.MOST:
                patience.halt_until(asked, f" ({got.said})")
                raise Stopped
            if failures >= (enough := patience.attempts(got)):
                if not got.there and patience.answers == before:
                    self.stop(HALTED, patience.dead(got))
                    raise Stopped
                return got
            logger.info("%s: %s; attempt %d of %d follows", self.plan.backend.told, got.said, failures + 1, enough)
            longest = FIRST if asked is not None else min(LONGEST, FIRST * 2.0 ** (failures - 1))
            await self._pause(random.uniform(0, longest))

    def _room_was_wrong(self, got: Reply | Trouble, took: _Attempts) -> bool:
        """Whether the room that a budget left the answer was too small for it, or too much beside the request: another is tried."""
        if took.room is None:
            return False
        if isinstance(got, Unanswerable) and got.reason == TOO_LONG and took.room > LEAST:
            took.most = max(LEAST, took.room // 2)
            return True
        cut = isinstance(got, Reply) and got.answer.finish == "length" and took.most is None
        return cut and took.room < LARGEST and (not got.counted or got.tokens_out >= took.room)  # type: ignore[union-attr]

    async def _attempt(self, ask: Ask, took: _Attempts) -> Reply | Unanswerable | Refused | Learnt | Busy:
        """One request, when budget and rates let it go. Raises Stopped."""
        backend = self.plan.backend
        expected = self.estimates.of(ask, backend.requests(ask), took.most)
        if (short := await self.purse.reserve(expected)) is not None:
            self.stop(
                BUDGET,
                f"The budget of {short} is used up, or too small for the next request. The same command with a larger one goes on from there.",
            )
            raise Stopped
        if self.estimates.limiting and ask.max_tokens is None:
            took.room = expected.tokens_out
            ask = replace(ask, max_tokens=took.room)
        spent = Cost()
        try:
            flight = await self.rates.enter(expected.tokens)
            headers: Mapping[str, str] = {}
            started, refused = time.monotonic(), False
            try:
                took.sent = True
                await self.ledger.send(Sent(took.key, took.step, took.digest, expected))
                spent = Cost(requests=1)
                reply = await backend.answer(ask)
                headers = reply.headers
                spent = self._cost(reply, expected)
                cut = reply.answer.finish == "length"
                if reply.counted or cut:
                    counted = spent if reply.counted else replace(spent, tokens_in=0)
                    self.estimates.learn(ask, counted, cut=cut)
                self.patience.heard()
                if took.room is not None and reply.tokens_out > took.room:
                    self._does_not_limit(reply.tokens_out, took.room)
                return reply
            except Trouble as trouble:
                spent = self._paid(trouble, expected)
                if isinstance(trouble, Halt):
                    self.stop(HALTED, trouble.said)
                    raise Stopped from None
                if isinstance(trouble, Busy):
                    headers, refused = trouble.headers, trouble.status == TOO_MANY
                elif isinstance(trouble, Unanswerable):
                    self.patience.heard()
                assert isinstance(trouble, Unanswerable | Refused | Learnt | Busy)
                return trouble
            except asyncio.CancelledError:  # the second Ctrl-C: whoever was asked may do the work all the same
                if not spent.requests:
                    raise  # nobody was asked yet
                spent = replace(expected, guessed=expected.requests)
                self.given_up += expected.requests
                raise
            except Exception:  # a fault of the backend's own, which nobody can tell the time of
                if not spent.requests:
                    raise  # the ledger's: nobody was asked
                spent = replace(expected, guessed=expected.requests)
                raise
            finally:
                took.seconds = time.monotonic() - started
                took.cost += spent
                now = asyncio.get_running_loop().time()
                self.rates.back(flight, headers, now, time.time(), refused=refused)
        finally:
            self.purse.settle(expected, spent)

    def _does_not_limit(self, tokens: int, room: int) -> None:
        if not self._limit_told:
            self._limit_told = True
            logger.warning(
                "%s wrote %s tokens where %s were asked for at most: what is on its way just now may pass the budget. A lower --concurrency "
                "passes it by less",
                *(self.plan.backend.told, f"{tokens:,}", f"{room:,}"),
            )

    def _cost(self, reply: Reply, expected: Cost) -> Cost:
        """What an answer costs: where the server does not count, what was put by for it."""
        translator = self.plan.backend.translator
        if not reply.counted:
            return replace(expected, guessed=1)
        cost = self.plan.prices.cost(reply.tokens_in, reply.tokens_out, reply.characters, translator=translator)
        return replace(cost, requests=reply.requests)

    def _paid(self, trouble: Trouble, expected: Cost) -> Cost:
        """What a request without an answer costs: what was put by for it, where the server may have worked; else the chunks that came."""
        if isinstance(trouble, Busy) and trouble.worked:
            return replace(expected, requests=trouble.requests, guessed=1)
        if trouble.characters:
            cost = self.plan.prices.cost(characters=trouble.characters, translator=True)
            return replace(cost, requests=trouble.requests)
        return Cost(requests=trouble.requests)

    async def _pause(self, seconds: float) -> None:
        """Wait, unless the run stops meanwhile. Raises Stopped."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        if self._stopping.is_set():
            raise Stopped
