"""An item on its way through a job. Live answers and those of the ledger take the same steps: so a run goes on where another stopped."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any, Literal

from okinst.builders import Row
from okinst.generation.backends import Backend
from okinst.generation.job import NO_ROOM, TRIED, Answer, Ask, Item, Job, Rejected, State, advance
from okinst.generation.ledger import ACCEPTED, REJECTED, Ledger, digest

TWICE = "the same key as an item before"


@dataclass
class Aside:
    """Why an item is set aside: the last reason, and every answer that was rejected on the way."""

    reason: str
    detail: str = ""
    tried: list[dict[str, Any]] = field(default_factory=list)
    #: "tries": more of them would ask again. "run": the next run does, as this came of no answer
    helps: Literal["tries", "run"] | None = None


class Course:
    """Where an item stands: `ask` is what is asked next, None when it is done or set aside."""

    def __init__(
        self,
        job: Job,
        item: Item,
        tries: int,
        settings: dict[str, Any],
        steady: bool,
        place: int = 0,
        translator: bool = False,
    ) -> None:
        """`settings`, `steady` and `translator` are those of the backend."""
        self.job, self.item, self.tries, self.place = job, item, tries, place
        self.settings, self.steady, self.translator = settings, steady, translator
        self.aside: Aside | None = None
        self.ask: Ask | None = None
        #: why an earlier run set it aside, where nothing was answered: it is asked once more
        self.before: Aside | None = None
        #: of what is asked; and of what goes out, which of a translator is the texts alone
        self.digest = self.sent = ""
        self.step = self.failed_tries = 0
        self.tried: list[dict[str, Any]] = []
        #: how often each was answered; and what came last of each that went out
        self._asked: dict[str, int] = {}
        self._said: dict[str, Answer] = {}
        self.state: State = {}
        try:
            self.state = job.start(item)
        except Rejected as rejected:
            self.aside = Aside(rejected.reason, rejected.detail)
        else:
            self._next()

    def again(self) -> "Course":
        """The same item, at its start."""
        return Course(self.job, self.item, self.tries, self.settings, self.steady, self.place, self.translator)

    @property
    def times(self) -> int:
        """How often this very request was answered before."""
        return self._asked.get(self.digest, 0)

    def take(self, answer: Answer) -> str:
        """Go on with an answer; gives the outcome, as the ledger has it."""
        self.before = None
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
        self.before = None
        self._asked[self.digest] = self.times + 1
        self.state = {**self.state, TRIED: [*self.state.get(TRIED, ()), reason]}
        self._reject(reason, detail, None)
        return REJECTED + reason

    def _reject(self, reason: str, detail: str, answer: Answer | None) -> None:
        told = {"step": self.step, "reason": reason, "detail": detail}
        self.tried.append({**told, "answer": None if answer is None else asdict(answer)})
        before, asked = self.sent, self.ask
        self._next()
        smaller = reason in NO_ROOM and self.ask and asked and len(self.ask.texts) < len(asked.texts)
        self.failed_tries += not smaller
        # another answer may only come of another request, where the server would not read it, or who answers is steady; or is a translator
        # that said the same twice: a chat model is asked with more temperature
        same = answer is not None and bool(answer.texts or answer.text) and self._said.get(before) == answer
        steady = self.steady or answer is None or (self.translator and same)
        if answer is not None:
            self._said[before] = answer
        fruitless = self.ask is not None and self.sent == before and steady
        if self.failed_tries < self.tries and not fruitless:
            return
        self.ask = None
        helps: Literal["tries", "run"] | None = None if fruitless else "tries"
        self.aside = Aside(reason, detail, self.tried, "run" if answer is None else helps)

    def _next(self) -> None:
        self.ask = self.job.ask(self.item, self.state)
        self.digest = self.sent = ""
        if self.ask is not None:
            self.digest = self.sent = digest(self.ask, self.settings)
            if self.translator:
                self.sent = digest(replace(self.ask, messages=()), {})

    def replay(self, ledger: Ledger) -> None:
        """Take every answer that the ledger has, up to the first that is missing; or up to the first request that was rejected without
        an answer, where none came after it: what a server would not read it may read now.
        """
        back: dict[str, Any] | None = None
        while self.ask is not None:
            known = ledger.answered(self.item.key, self.digest, self.times)
            if known is None:
                break
            if known.answer is None:
                back = back or {**self.__dict__, "tried": list(self.tried), "_asked": dict(self._asked)}
                self.refuse(known.outcome.removeprefix(REJECTED), known.detail)
            else:
                back = None
                self.take(known.answer)
        if back is not None:
            aside = self.aside
            self.__dict__.update(back)
            self.before = aside

    def row(self) -> Row:
        """What came of an item that is done."""
        return self.job.row(self.item, self.state)


def courses(job: Job, tries: int, backend: Backend, most: int | None = None) -> Iterator[Course]:
    """The items of a job, in order, each at its start. An item whose key was there before is set aside: answers are found by it."""
    seen = set[str]()
    for place, item in enumerate(islice(job.items(), most)):
        course = Course(job, item, tries, backend.settings, backend.steady, place, backend.translator)
        if item.key in seen:
            course.ask, course.aside = None, Aside(TWICE, item.key)
        seen.add(item.key)
        yield course
