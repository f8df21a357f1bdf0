"""Texts in the chunks that a translator takes, each sent in a thread, as the clients of translators wait for their answers."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from okinst.generation.troubles import TOO_LONG, Busy, Trouble, Unanswerable


@dataclass(frozen=True)
class Translated:
    """A chunk as it came back."""

    texts: tuple[str, ...]
    characters: int  # that are billed


Send = Callable[[Sequence[str]], Translated]


def chunks(texts: Mapping[str, str], most: int, size: int, measure: Callable[[str], int]) -> Iterator[tuple[str, ...]]:
    """Keys in chunks of at most `most` texts that measure at most `size` together. Raises Unanswerable for a text longer than that.

    >>> list(chunks({"a": "xx", "b": "x", "c": "x"}, 2, 3, len)), list(chunks({"a": "xx", "b": "xx"}, 2, 3, len))
    ([('a', 'b'), ('c',)], [('a',), ('b',)])
    """
    chunk, filled = list[str](), 0
    for key, text in texts.items():
        length = measure(text)
        if length > size:
            raise Unanswerable(TOO_LONG, f"one text is {length:,} long, and {size:,} is what the translator takes")
        if chunk and (len(chunk) == most or filled + length > size):
            yield tuple(chunk)
            chunk, filled = [], 0
        chunk.append(key)
        filled += length
    if chunk:
        yield tuple(chunk)


@dataclass(frozen=True)
class Sent:
    """What came of all chunks of a request."""

    texts: dict[str, str]  # by key
    odd: str  # what came back where that was another number of texts
    characters: int  # that are billed, of the chunks that were sent now
    requests: int


class Sender:
    """Sends chunks. What came of one is kept until all of its request have come: none is paid twice when another fails."""

    def __init__(self, timeout: float, most: int, size: int, measure: Callable[[str], int]) -> None:
        """`timeout` is of a chunk, in seconds: clients of translators know none for an answer that comes drop by drop."""
        self._timeout = timeout
        self._limits = (most, size, measure)
        self._came: dict[tuple[str, ...], Translated] = {}

    def requests(self, texts: Mapping[str, str]) -> int:
        """How many chunks these are."""
        try:
            return sum(1 for _ in chunks(texts, *self._limits))
        except Unanswerable:
            return 1

    async def send(self, texts: Mapping[str, str], send: Send) -> Sent:
        """Send all chunks. Raises the Trouble that one meets, with what those before it are billed.

        A chunk that comes back with another number of texts than was sent gives none: nobody can tell which is which.
        """
        found, odd, sent = dict[str, str](), list[str](), list[tuple[str, ...]]()
        characters = requests = 0
        try:
            for keys in chunks(texts, *self._limits):
                words = tuple(texts[key] for key in keys)
                if (came := self._came.get(words)) is None:
                    requests += 1
                    came = self._came[words] = await self._one(words, send)
                    characters += came.characters
                sent.append(words)
                if len(came.texts) == len(keys):
                    found.update(zip(keys, came.texts, strict=True))
                else:
                    odd += came.texts
        except Trouble as trouble:
            trouble.requests, trouble.characters = requests, characters
            raise
        for words in sent:
            self._came.pop(words, None)
        return Sent(found, "\n".join(odd), characters, requests)

    async def _one(self, words: Sequence[str], send: Send) -> Translated:
        """A chunk, in a thread that nobody has to wait for."""
        loop = asyncio.get_running_loop()
        came: asyncio.Future[Translated] = loop.create_future()

        def hand(give: Callable[[Any], None], what: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the run has ended
                loop.call_soon_threadsafe(lambda: None if came.done() else give(what))

        def work() -> None:
            try:
                hand(came.set_result, send(words))
            except BaseException as error:  # whoever waits has to hear of it
                hand(came.set_exception, error)

        threading.Thread(target=work, name="translator", daemon=True).start()
        try:
            return await asyncio.wait_for(came, self._timeout)
        except asyncio.TimeoutError:
            raise Busy(f"no answer within {self._timeout:g} s (--timeout)", worked=True) from None
