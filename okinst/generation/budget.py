"""What may be spent, and what is: requests, tokens, characters, money. What is on its way is reserved at its estimate."""

import asyncio
from dataclasses import dataclass

from okinst.builders import WrongCall
from okinst.generation.job import Ask
from okinst.generation.troubles import Stopped

MILLION = 1_000_000
#: what sums of prices may be off by
DUST = 1e-9
#: tokens around each message of a chat
AROUND = 8
#: tokens of an answer, before the first has come
SOME = 512


@dataclass(frozen=True)
class Cost:
    """What requests cost; `usd` of those whose price is known, `unpriced` counts the answers whose price is not."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    characters: int = 0
    usd: float = 0.0
    unpriced: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.requests + other.requests,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.characters + other.characters,
            self.usd + other.usd,
            self.unpriced + other.unpriced,
        )

    def __sub__(self, other: "Cost") -> "Cost":
        return self + Cost(
            -other.requests, -other.tokens_in, -other.tokens_out, -other.characters, -other.usd, -other.unpriced
        )

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


@dataclass(frozen=True)
class Budget:
    """The most that the runs on one file may spend together; None is without end."""

    requests: int | None = None
    tokens: int | None = None
    usd: float | None = None

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

    def __init__(self, prices: Prices, translator: bool) -> None:
        self.prices = prices
        self.translator = translator
        self._factor = 1.0
        self._longest = 0

    def of(self, ask: Ask) -> Cost:
        """At least what such a request has cost so far."""
        if self.translator:
            return self.prices.cost(characters=sum(map(len, ask.texts.values())), translator=True)
        tokens_in = int(self._guess(ask) * self._factor) + 1
        tokens_out = ask.max_tokens or self._longest or max(SOME, 2 * tokens_in)
        return self.prices.cost(tokens_in, tokens_out)

    def learn(self, ask: Ask, cost: Cost) -> None:
        """What a request did cost. A guess that was too low is never made again."""
        if not self.translator:
            self._factor = max(self._factor, cost.tokens_in / self._guess(ask))
            self._longest = max(self._longest, cost.tokens_out)

    def _guess(self, ask: Ask) -> int:
        return sum(guessed_tokens(message["content"]) + AROUND for message in ask.messages) or 1


class Purse:
    """What is spent and what is reserved, against a budget."""

    def __init__(self, budget: Budget, spent: Cost) -> None:
        self.budget = budget
        self.spent = spent
        self.reserved = Cost()
        self._waiters: set[asyncio.Future[None]] = set()
        self._closed = False

    async def reserve(self, cost: Cost) -> str | None:
        """Put a cost by, when it fits; until then, wait for what is on its way. What it is short of, where it never will fit.

        Raises Stopped where the run ends meanwhile.
        """
        while (short := self.budget.short_of(self.spent + self.reserved + cost)) is not None or self._closed:
            if self._closed:
                raise Stopped
            if not self.reserved.requests:
                return short
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)
        self.reserved += cost
        return None

    def settle(self, reserved: Cost, spent: Cost) -> None:
        """What was reserved has cost so much."""
        self.reserved -= reserved
        self.spent += spent
        self._wake()

    def close(self) -> None:
        """Give nothing away any more."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
