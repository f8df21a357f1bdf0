"""What may be spent, and what is: requests, tokens, characters, money. What is on its way is reserved at its estimate."""

from dataclasses import dataclass, fields, replace

from okinst.builders import WrongCall
from okinst.generation.gates import Gate
from okinst.generation.job import Ask

MILLION = 1_000_000
#: what sums of prices may be off by
DUST = 1e-9
#: tokens around each message of a chat
AROUND = 8
#: tokens of an answer, before the first has come; and the least that one may have where a budget limits it
SOME = 512
#: tokens that an answer may have at most, where a budget limits it and shorter ones were cut off
LARGEST = 16_384


@dataclass(frozen=True)
class Cost:
    """What requests cost; `usd` of those whose price is known, `unpriced` counts the answers whose price is not.

    `guessed` counts the requests that nobody counted: they are charged what was put by for them.
    """

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    characters: int = 0
    usd: float = 0.0
    unpriced: int = 0
    guessed: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Cost)))

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(*(getattr(self, each.name) - getattr(other, each.name) for each in fields(Cost)))

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True)
class Prices:
    """In US dollars per million; None where nobody has named one."""

    tokens_in: float | None = None
    tokens_out: float | None = None
    characters: float | None = None

    def __post_init__(self) -> None:
        for name, price in (
            ("--usd-in", self.tokens_in),
            ("--usd-out", self.tokens_out),
            ("--usd-per-million-characters", self.characters),
        ):
            if price is not None and not 0 <= price < float("inf"):
                raise WrongCall(f"{name} {price}: it should be dollars per million, 0 or more.")

    def known(self, translator: bool) -> bool:
        """Whether what a translator, or a model, does has a price."""
        return self.characters is not None if translator else None not in (self.tokens_in, self.tokens_out)

    def cost(self, tokens_in: int = 0, tokens_out: int = 0, characters: int = 0, *, translator: bool = False) -> Cost:
        """Of one request that was answered.

        >>> Prices(0.15, 0.6).cost(1_000_000, 500_000).usd
        0.45
        """
        if not self.known(translator):
            return Cost(1, tokens_in, tokens_out, characters, unpriced=1)
        if translator:
            usd = characters * (self.characters or 0) / MILLION
        else:
            usd = (tokens_in * (self.tokens_in or 0) + tokens_out * (self.tokens_out or 0)) / MILLION
        return Cost(1, tokens_in, tokens_out, characters, usd)

    def again(self, cost: Cost, *, translator: bool = False) -> Cost:
        """A cost of an earlier run; where nobody had named a price, at these prices, if they are known.

        >>> Prices(0.15, 0.6).again(Prices().cost(1_000_000, 500_000)).usd
        0.45
        """
        if not cost.unpriced or not self.known(translator):
            return cost
        usd = self.cost(cost.tokens_in, cost.tokens_out, cost.characters, translator=translator).usd
        return replace(cost, usd=cost.usd + usd, unpriced=0)


@dataclass(frozen=True)
class Budget:
    """The most that the runs on one file may spend together; None is without end."""

    requests: int | None = None
    tokens: int | None = None
    usd: float | None = None

    @property
    def of_length(self) -> bool:
        """Whether the length of an answer counts."""
        return self.tokens is not None or self.usd is not None

    def short_of(self, cost: Cost) -> str | None:
        """What a cost is above, in words; None where it fits.

        >>> Budget(requests=10).short_of(Cost(11))
        '10 requests (--budget-requests)'
        """
        if self.requests is not None and cost.requests > self.requests:
            return f"{self.requests:,} requests (--budget-requests)"
        if self.tokens is not None and cost.tokens > self.tokens:
            return f"{self.tokens:,} tokens (--budget-tokens)"
        if self.usd is not None and cost.usd > self.usd + DUST:
            return f"${self.usd:,.2f} (--budget-usd)"
        return None


def guessed_tokens(text: str) -> int:
    """How many tokens a text may have: a quarter of ASCII characters, and every other character one. Few tokenizers need more.

    >>> guessed_tokens("four words of English"), guessed_tokens("한국어")
    (6, 3)
    """
    plain = len(text.encode("ascii", "ignore"))
    return len(text) - plain + (plain + 3) // 4


class Estimates:
    """What a request will cost, learnt from those that were answered."""

    def __init__(self, prices: Prices, translator: bool, limiting: bool = False) -> None:
        """`limiting`: answers may not be longer than is estimated, so an estimate should leave room."""
        self.prices = prices
        self.translator = translator
        self.limiting = limiting
        self._factor = 1.0
        self._longest = 0

    def of(self, ask: Ask, requests: int = 1, most: int | None = None) -> Cost:
        """At least what such a request has cost so far; `most` is what its answer may have of tokens, where less is known to fit."""
        if self.translator:
            cost = self.prices.cost(characters=sum(map(len, ask.texts.values())), translator=True)
            return replace(cost, requests=requests)
        tokens_in = int(self._guess(ask) * self._factor) + 1
        expected = self._longest
        if self.limiting or not expected:
            expected = max(expected, SOME, 2 * tokens_in)
        return self.prices.cost(tokens_in, ask.max_tokens or min(expected, most or expected))

    def learn(self, ask: Ask, cost: Cost, *, cut: bool = False) -> None:
        """What a request did cost. A guess that was too low is never made again; an answer that it has `cut` off had half the room."""
        if not self.translator:
            self._factor = max(self._factor, cost.tokens_in / self._guess(ask))
            longest = max(cost.tokens_out, min(2 * cost.tokens_out, LARGEST)) if cut else cost.tokens_out
            self._longest = max(self._longest, longest)

    def _guess(self, ask: Ask) -> int:
        return sum(guessed_tokens(message["content"]) + AROUND for message in ask.messages) or 1


class Purse:
    """What is spent and what is reserved, against a budget."""

    def __init__(self, budget: Budget, spent: Cost) -> None:
        self.budget = budget
        self.spent = spent
        self.reserved = Cost()
        self.gate = Gate()

    async def reserve(self, cost: Cost) -> str | None:
        """Put a cost by, when it fits; until then, wait for what is on its way. What it is short of, where it never will fit.

        Raises Stopped where the run ends meanwhile.
        """
        self.gate.open()
        while (short := self.budget.short_of(self.spent + self.reserved + cost)) is not None:
            if not self.reserved.requests:
                return short
            await self.gate.changed()
        self.reserved += cost
        return None

    def settle(self, reserved: Cost, spent: Cost) -> None:
        """What was reserved has cost so much."""
        self.reserved -= reserved
        self.spent += spent
        self.gate.change()
