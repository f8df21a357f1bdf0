"""Waiting for the Hub: huggingface_hub tries reads and uploads again by itself, but neither commits nor what a commit is based on."""

import logging
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from okinst.builders import NoNetwork, waiting
from okinst.builders.network import is_of_the_network

logger = logging.getLogger("okinst")
T = TypeVar("T")

#: answers that another attempt may not meet: another commit is being made, or came between; too many requests; trouble over there
PASSING = {
    409: "another change is being made",
    412: "another commit came between",
    429: "too many requests",
    500: "an error over there",
    502: "an error over there",
    503: "it is busy",
    504: "it took too long",
}
TRIES = 7
#: seconds, at least, if the Hub does not ask for more: 1, 2, 4, ..., each shortened by chance so that several do not meet again
LONGEST = 30.0
#: seconds that the Hub may ask for before a person is asked instead
MOST = 300


def patiently(what: str, attempt: Callable[[], T]) -> T:
    """What an attempt gives, made again after a wait while the Hub's answer is one of PASSING, or the connection broke off.

    An attempt should look at the repository anew: after a lost answer, what it wanted may be there already. Raises the last
    error after TRIES attempts; NoNetwork where the Hub asks to wait longer than MOST.
    """
    for number in range(1, TRIES + 1):
        try:
            return attempt()
        except Exception as error:  # what waiting does not mend is raised again
            found = status(error)
            if number == TRIES or (found not in PASSING if found else not is_of_the_network(error)):
                raise
            # a Hub that says 0 is no less busy for it
            seconds = max(asked_to_wait(error) or 0.0, min(LONGEST, 2.0 ** (number - 1)) * random.uniform(0.5, 1))
            why = f"answered {found} ({PASSING[found]})" if found else "broke the connection off"
            if seconds > MOST:
                raise NoNetwork(
                    f"{what}: the Hub {why} and asks to wait {seconds:,.0f} seconds. Run the same again then: what has arrived is "
                    f"not sent again."
                ) from error
            logger.warning("%s: the Hub %s; attempt %d of %d follows in %.1f s", what, why, number + 1, TRIES, seconds)
            time.sleep(seconds)
    raise AssertionError("unreachable")


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from: the client wraps what the Hub answered."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def status(error: BaseException) -> int | None:
    """What the Hub answered, if it did."""
    for each in chain(error):
        if (code := getattr(getattr(each, "response", None), "status_code", None)) is not None:
            return int(code)
    return None


def asked_to_wait(error: BaseException) -> float | None:
    """The seconds that an answer asks to wait."""
    for each in chain(error):
        headers: Mapping[str, str] | None = getattr(getattr(each, "response", None), "headers", None)
        if headers is not None:
            return seconds_of(headers.get("retry-after"), headers.get("ratelimit"))
    return None


def seconds_of(retry_after: str | None, ratelimit: str | None = None) -> float | None:
    """The seconds in a Retry-After header (a number or a date), or in the Hub's RateLimit header.

    >>> seconds_of("7"), seconds_of(None, '"api";r=0;t=55'), seconds_of(None, '"api";r=3;t=55'), seconds_of("soon")
    (7.0, 55.0, None, None)
    >>> seconds_of("Mon, 01 Jan 2024 00:00:00 GMT")
    0.0
    """
    if retry_after:
        return waiting.retry_after(retry_after)
    found = re.search(r"\br=0\s*;\s*t=(\d+)", ratelimit or "")
    return float(found[1]) if found else None
