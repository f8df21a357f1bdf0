"""An item on its way through a job. Live answers and those of the ledger take the same steps: so a run goes on where another stopped."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from okinst.builders import Row
from okinst.generation.job import NO_ROOM, TRIED, Answer, Ask, Item, Job, Rejected, State, advance
from okinst.generation.ledger import ACCEPTED, REJECTED, Ledger, digest

TWICE = "the same key as an item before"


@dataclass
class Aside:
    """Why an item is set aside: the last reason, and every answer that was rejected on the way."""

    reason: str
    detail: str = ""
    tried: list[dict[str, Any]] = field(default_factory=list)


class Course:
    """Where an item stands: `ask` is what is asked next, None when it is done or set aside."""

    def __init__(
        self, job: Job, item: Item, tries: int, settings: dict[str, Any], steady: bool, place: int = 0
    ) -> None:
        self.job, self.item, self.tries, self.place = job, item, tries, place
        self.settings, self.steady = settings, steady
        self.aside: Aside | None = None
        self.ask: Ask | None = None
        self.digest = ""
        self.step = self.failed_tries = 0
        self.tried: list[dict[str, Any]] = []
        self._asked: dict[str, int] = {}
        self.state: State = {}
        try:
            self.state = job.start(item)
        except Rejected as rejected:
            self.aside = Aside(rejected.reason, rejected.detail)
        else:
            self._next()

    def again(self) -> "Course":
        """The same item, at its start."""
        return Course(self.job, self.item, self.tries, self.settings, self.steady, self.place)

    @property
    def times(self) -> int:
        """How often this very request was answered before."""
        return self._asked.get(self.digest, 0)

    def take(self, answer: Answer) -> str:
        """Go on with an answer; gives the outcome, as the ledger has it."""
        self._asked[self.digest] = self.times + 1
        self.state, rejected = advance(self.job, self.item, self.state, answer)
        if rejected is None:
            self.step += 1
            self.failed_tries = 0
            self._next()
            return ACCEPTED
        self._reject(rejected.reason, rejected.detail, answer)
        return REJECTED + rejected.reason

    def refuse(self, reason: str, detail: str) -> str:
        """Go on without an answer: the server would not read the request, whatever the attempt."""
        self._asked[self.digest] = self.times + 1
        self.state = {**self.state, TRIED: [*self.state.get(TRIED, ()), reason]}
        self._reject(reason, detail, None)
        return REJECTED + reason

    def _reject(self, reason: str, detail: str, answer: Answer | None) -> None:
        told = {"step": self.step, "reason": reason, "detail": detail}
        self.tried.append({**told, "answer": None if answer is None else asdict(answer)})
        before, asked = self.digest, self.ask
        self._next()
        smaller = reason in NO_ROOM and self.ask and asked and len(self.ask.texts) < len(asked.texts)
        self.failed_tries += not smaller
        if self.failed_tries < self.tries:
            # another answer may only come of another request, where the model is steady or the server would not read it
            if self.ask is not None and (self.digest != before or (answer is not None and not self.steady)):
                return
            if self.ask is None:
                return
        self.ask = None
        self.aside = Aside(reason, detail, self.tried)

    def _next(self) -> None:
        self.ask = self.job.ask(self.item, self.state)
        self.digest = "" if self.ask is None else digest(self.ask, self.settings)

    def replay(self, ledger: Ledger) -> None:
        """Take every answer that the ledger has, up to the first that is missing."""
        while self.ask is not None:
            known = ledger.answered(self.item.key, self.digest, self.times)
            if known is None:
                return
            if known.answer is None:
                self.refuse(known.outcome.removeprefix(REJECTED), known.detail)
            else:
                self.take(known.answer)

    def row(self) -> Row:
        """What came of an item that is done."""
        return self.job.row(self.item, self.state)


def courses(job: Job, tries: int, settings: dict[str, Any], steady: bool, most: int | None = None) -> Iterator[Course]:
    """The items of a job, in order, each at its start. An item whose key was there before is set aside: answers are found by it."""
    seen = set[str]()
    for place, item in enumerate(islice(job.items(), most)):
        course = Course(job, item, tries, settings, steady, place)
        if item.key in seen:
            course.ask, course.aside = None, Aside(TWICE, item.key)
        seen.add(item.key)
        yield course
