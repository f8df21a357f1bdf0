"""Texts in the chunks that a translator takes, each sent in a thread, as the clients of translators wait for their answers."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from okinst.generation.troubles import TOO_LONG, Unanswerable


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


class Sender:
    """Sends chunks. What came of one is kept until all of its request have come: none is paid twice when another fails."""

    def __init__(self, threads: int, most: int, size: int, measure: Callable[[str], int]) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="translator")
        self._limits = (most, size, measure)
        self._came: dict[tuple[str, ...], Translated] = {}

    async def send(self, texts: Mapping[str, str], send: Send) -> tuple[dict[str, str], int, str]:
        """The translations by key, the characters that are billed, and what came back where that was another number of texts.

        A chunk with another number of texts than was sent gives none: nobody can tell which is which.
        """
        loop = asyncio.get_running_loop()
        found, characters, odd, sent = dict[str, str](), 0, list[str](), list[tuple[str, ...]]()
        for keys in chunks(texts, *self._limits):
            words = tuple(texts[key] for key in keys)
            if (came := self._came.get(words)) is None:
                came = self._came[words] = await loop.run_in_executor(self._pool, send, words)
            sent.append(words)
            characters += came.characters
            if len(came.texts) == len(keys):
                found.update(zip(keys, came.texts, strict=True))
            else:
                odd += came.texts
        for words in sent:
            self._came.pop(words, None)
        return found, characters, "\n".join(odd)

    def close(self) -> None:
        """Let the threads go; one that still waits is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
