"""How many requests may be on their way, and when: what the server's headers allow.

Retry-After holds all requests back, and so does an x-ratelimit-remaining-* that is used up, until its x-ratelimit-reset-*. A 429 halves
the number on their way; answers let it creep up again, by one for each round of them.
"""

import asyncio
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from okinst.builders.waiting import retry_after
from okinst.generation.gates import Gate

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
#: numbers above are milliseconds since 1970, not seconds
MILLISECONDS = 1e11
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")


def seconds_until(value: str | None, now: float) -> float | None:
    """The seconds in a reset header: 1s, 6m0s, 120ms; a number of seconds; a moment, by its date or as seconds or milliseconds since
    1970 (`now`).

    >>> [seconds_until(value, 1_000_000_000) for value in ("6m0s", "120ms", "2.5", "1000000030", "soon", None)]
    [360.0, 0.12, 2.5, 30.0, None, None]
    >>> seconds_until("1000000030000", 1_000_000_000), seconds_until("inf", 1_000_000_000)
    (30.0, None)
    >>> seconds_until("2001-09-09T01:46:50Z", 1_000_000_000)
    10.0
    """
    value = (value or "").strip()
    if parts := _DURATION.findall(value):
        return sum(float(number) * UNITS[unit] for number, unit in parts) if _DURATION.sub("", value) == "" else None
    try:
        number = float(value)
        if not math.isfinite(number):
            return None
        if number > MILLISECONDS:
            number /= 1000
        return max(0.0, number - now) if number > 1e9 else max(0.0, number)
    except ValueError:
        pass
    try:
        return max(0.0, datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() - now)
    except ValueError:
        return None


@dataclass(frozen=True)
class Flight:
    """A request on its way: the how many-th it is, and what all before it were thought to need of tokens."""

    number: int
    tokens: int


@dataclass
class Window:
    """What is left of a kind (requests, tokens) until a moment of the clock."""

    left: float
    until: float


class Rates:
    """The gate that every request goes through. Times are seconds of a clock, which the caller reads."""

    def __init__(self, most: int, told: Callable[[float], None] = lambda wait: None) -> None:
        """`told` hears of each wait before it begins, in seconds; it may close the gate."""
        self.most, self._told = most, told
        #: how many may be on their way now
        self.allowed = most
        self.flying = 0
        self._held = 0.0
        self._windows: dict[str, Window] = {}
        self._sent = self._sent_tokens = 0
        self._heard = self._halved = -1
        self._answers = 0
        self.gate = Gate()

    async def enter(self, tokens: int) -> Flight:
        """Wait until a request of so many tokens may go. Raises Stopped where it may not any more."""
        loop = asyncio.get_running_loop()
        self.gate.open()
        while wait := self.wait(tokens, loop.time()):
            if math.isfinite(wait):
                self._told(wait)
            await self.gate.changed(wait if math.isfinite(wait) else None)
        return self.send(tokens)

    def wait(self, tokens: int, now: float) -> float:
        """The seconds until a request may go; infinite, until another one has come back."""
        if now < self._held:
            return self._held - now
        if self.flying >= self.allowed:
            return math.inf
        self._windows = {kind: window for kind, window in self._windows.items() if now < window.until}
        need = {"requests": 1, "tokens": tokens}
        return max((w.until - now for kind, w in self._windows.items() if w.left < need[kind]), default=0.0)

    def send(self, tokens: int) -> Flight:
        """Count a request that goes."""
        self.flying += 1
        for kind, need in (("requests", 1), ("tokens", tokens)):
            if kind in self._windows:
                self._windows[kind].left -= need
        self._sent += 1
        self._sent_tokens += tokens
        return Flight(self._sent, self._sent_tokens)

    def back(self, flight: Flight, headers: Mapping[str, str], now: float, wall: float, *, refused: bool) -> None:
        """Count a request that has come back, with the headers of its answer; `refused`: the server said there are too many.

        `wall` is the time since 1970, for headers that name a moment.
        """
        self.flying -= 1
        asked = retry_after(headers.get("retry-after"))
        if asked is not None:
            self._held = max(self._held, now + asked)
        if flight.number > self._heard:  # what an older request heard is stale
            self._heard = flight.number
            since = {"requests": self._sent - flight.number, "tokens": self._sent_tokens - flight.tokens}
            for kind in since:
                left = _number(headers.get(f"x-ratelimit-remaining-{kind}"))
                reset = seconds_until(headers.get(f"x-ratelimit-reset-{kind}"), wall)
                if left is not None and reset is not None:
                    self._windows[kind] = Window(left - since[kind], now + reset)
        if refused:
            if flight.number > self._halved:  # all that were sent before it are of the same crowd
                self._halved = self._sent
                self.allowed = max(1, self.allowed // 2)
            self._answers = 0
        else:
            self._answers += 1
            if self._answers >= self.allowed and self.allowed < self.most:
                self.allowed += 1
                self._answers = 0
        self.gate.change()


def _number(value: str | None) -> float | None:
    try:
        return float(value or "")
    except ValueError:
        return None
