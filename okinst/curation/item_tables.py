"""The tables of an index of evaluation items: which hash of an n-gram, or of a whole text, belongs to which item.

A *text* here is a number: one thing that is looked for. An item has one, and more where a part of it says enough alone.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from okinst.curation import grams
from okinst.curation.evaluation import Item
from okinst.curation.frames import FEW, Framed, weight, without_frame
from okinst.curation.grams import END, Numbers, Places
from okinst.curation.normal import normalise

#: items shorter than this are found in one piece; from the second length on, by longer n-grams
SHORT, LONG = 24, 64
#: the length of the stretch that a short item is looked up by; n-grams of the others
SEED, GRAM, LONG_GRAM = 6, 8, 10
#: the least that tells one text from another, in Korean or Chinese characters: with its frame, and without
LEAST, LEAST_BARE = 7.0, 8.0
#: an n-gram of more texts of a set than this belongs to its frame
FRAME = 10
#: fewer n-grams than this, once those of the frame are gone, are no evidence
ENOUGH = 8
#: the most n-grams of one text that are looked up: the ones of the smallest hash, so that every part of it is represented
MOST = 512
#: characters of evaluation text at a time, while an index is made
CHUNK = 1 << 22
#: how a text counts that was found: anywhere; as a whole sentence; as a whole line; anywhere, as it holds its frame or its answer
ANYWHERE, SENTENCE, LINE, FRAMED = range(4)
#: the least that a sentence or a line says, in Korean or Chinese characters, where it is looked for as such
LEAST_OF = {SENTENCE: 10.0, LINE: 6.0}
#: a sentence or line of more texts of a set than this is a commonplace
SHARED = 3


@dataclass(frozen=True)
class Table:
    """The n-grams of one length: each hash with the texts it belongs to."""

    length: int
    #: sorted
    hashes: Numbers
    #: where the texts of a hash begin in `texts`; one entry more than hashes
    starts: Places
    texts: Places
    #: of a seed: how far into its text it stands
    offsets: Places


class Maker:
    """Takes the items of one set after another, and makes the tables of them all."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.totals: list[int] = []
        self.hashes: list[int] = []
        #: the text that is reported where this one is found, and how it counts
        self.of: list[int] = []
        self.how: list[int] = []
        #: n-grams by length: hash, text
        self.found: dict[int, list[tuple[Numbers, Places]]] = {GRAM: [], LONG_GRAM: []}
        self.wholes: list[tuple[int, Numbers]] = []

    def add(self, items: Sequence[Item]) -> list[int]:
        """Take the items of one part of a set; the number of the text of each, -1 where it has none that can be searched."""
        texts = list(dict.fromkeys(item.text for item in items))
        framed = dict(zip(texts, without_frame(texts), strict=True))
        number_of: dict[str, int] = {}
        waiting: dict[int, dict[int, Framed]] = {GRAM: {}, LONG_GRAM: {}}
        text_of: dict[int, Framed] = {}
        answered: dict[str, int] = {}
        numbers = []
        for item in items:
            text, key = framed[item.text], framed[item.text].whole
            if weight(key[:SHORT]) < LEAST and item.answer:
                key = normalise(f"{item.text}\n{item.answer}")
            if key not in number_of:
                number = number_of[key] = self._number()
                text_of[number] = text
                length = sum(map(len, text.pieces))
                if key == text.whole and length >= SHORT:
                    waiting[LONG_GRAM if length >= LONG else GRAM][number] = text
                elif key == text.whole:
                    self._take_short(number, text)
                elif weight(key[:SHORT]) >= LEAST:
                    self._take_whole(number, key, FRAMED)
            if text.bare and item.answer and weight(text.bare[:SHORT]) < LEAST_BARE:
                answered.setdefault(normalise(f"{text.bare}\n{item.answer}"), number_of[key])
            numbers.append(number_of[key])
        # a set of a few texts has a frame, too: what most of them share
        limit = min(FRAME, max(1, len(number_of) // 2)) if len(number_of) >= FEW else FEW
        for gram, some in waiting.items():
            self._take_grams(gram, some, limit)
        for whole, number in answered.items():
            if whole not in number_of and weight(whole[:SHORT]) >= LEAST_BARE:
                self._take_whole(self._number(number), whole, FRAMED)
        self._take_parts(text_of)
        searched = {self.of[number] for number, length in enumerate(self.lengths) if length}
        return [number if number in searched else -1 for number in numbers]

    def _number(self, of: int | None = None) -> int:
        number = len(self.lengths)
        self.lengths.append(0)
        self.totals.append(1)
        self.hashes.append(0)
        self.of.append(number if of is None else of)
        self.how.append(FRAMED)
        return number

    def _take_short(self, number: int, text: Framed) -> None:
        """A text that is found in one piece: without its frame where that says enough."""
        if weight(text.bare[:SHORT]) >= LEAST_BARE:
            self._take_whole(number, text.bare, ANYWHERE)
        elif weight(text.whole[:SHORT]) >= LEAST:
            self._take_whole(number, text.whole, ANYWHERE if text.whole == text.bare else FRAMED)

    def _take_whole(self, number: int, whole: str, how: int) -> None:
        values = grams.normal([whole])
        buffer = grams.joined(values, np.zeros(1, np.int64), np.zeros(1, np.int64))
        length = len(values) - 1
        self.lengths[number], self.how[number] = length, how
        self.hashes[number] = int(buffer.stretches(np.zeros(1, np.int64), np.array([length]))[0])
        self.wholes.append((number, buffer.grams(SEED)[: length - SEED + 1]))

    def _take_parts(self, text_of: dict[int, Framed]) -> None:
        """What the frame cuts a text into, where that says enough on its own: found as a whole sentence or line."""
        owners: dict[str, list[int]] = {}
        for number, text in text_of.items():
            if self.how[number] == FRAMED or len(text.pieces) > 1:
                for piece in dict.fromkeys(text.pieces):
                    owners.setdefault(piece, []).append(number)
        for piece, numbers in owners.items():
            for number in numbers if len(numbers) <= SHARED else ():
                # a line of a few characters is only evidence where it is all that the item says
                kinds = (SENTENCE, LINE) if len(text_of[number].pieces) == 1 else (SENTENCE,)
                how = next((how for how in kinds if weight(piece[:LONG]) >= LEAST_OF[how]), None)
                if how is not None:
                    self._take_whole(self._number(number), piece, how)

    def _take_grams(self, gram: int, some: dict[int, Framed], limit: int) -> None:
        if not some:
            return
        parts, waiting, size = [], [], 0
        for number, text in some.items():
            waiting.append((number, grams.normal(text.pieces)))
            size += len(waiting[-1][1])
            if size > CHUNK:
                parts.append(_grams(waiting, gram))
                waiting, size = [], 0
        parts.append(_grams(waiting, gram))
        hashes, owners = _distinct(
            np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
        )
        counts = np.diff(np.append(runs(hashes), len(hashes)))
        telling = np.repeat(counts <= limit, counts)
        hashes, owners = _smallest(hashes[telling], owners[telling], MOST)
        count = np.bincount(owners, minlength=len(self.totals))
        for number, text in some.items():
            if count[number] >= ENOUGH:
                self.totals[number], self.how[number] = int(count[number]), ANYWHERE
                self.lengths[number] = len(text.whole)
            else:
                # nothing but frame and commonplaces: found as a whole, frame included
                self._take_whole(number, text.whole, ANYWHERE if text.whole == text.bare else FRAMED)
        enough = count[owners] >= ENOUGH
        self.found[gram].append((hashes[enough], owners[enough]))

    def made(self) -> tuple[dict[str, Any], list[Table]]:
        texts = {
            "length": np.array(self.lengths, np.int64),
            "total": np.array(self.totals, np.int64),
            "hash": np.array(self.hashes, np.uint64),
            "of": np.array(self.of, np.int64),
            "how": np.array(self.how, np.int64),
        }
        tables = [self._seeds()]
        for gram, parts in self.found.items():
            hashes = np.concatenate([np.zeros(0, np.uint64), *(part[0] for part in parts)])
            owners = np.concatenate([np.zeros(0, np.int64), *(part[1] for part in parts)])
            tables.append(_table(gram, hashes, owners, np.zeros(len(owners), np.int64)))
        return texts, tables

    def _seeds(self) -> Table:
        """One seed for each short text: the rarest of its stretches, so that few are looked at in vain."""
        often = Counter(chain.from_iterable(seeds.tolist() for _, seeds in self.wholes))
        chosen = [
            min(enumerate(seeds.tolist()), key=lambda seed: (often[seed[1]], seed[0])) for _, seeds in self.wholes
        ]
        numbers = np.array([number for number, _ in self.wholes], np.int64)
        hashes = np.array([seed for _, seed in chosen], np.uint64)
        return _table(SEED, hashes, numbers, np.array([offset for offset, _ in chosen], np.int64))


def runs(values: Any) -> Places:
    """Where each run of equal values begins."""
    new = np.ones(len(values), bool)
    new[1:] = values[1:] != values[:-1]
    return np.flatnonzero(new)


def _table(length: int, hashes: Numbers, texts: Places, offsets: Places) -> Table:
    order = np.lexsort((texts, hashes))
    hashes, texts, offsets = hashes[order], texts[order], offsets[order]
    unique, starts = np.unique(hashes, return_index=True)
    return Table(length, unique, np.concatenate([starts, [len(hashes)]]).astype(np.int64), texts, offsets)


def _distinct(hashes: Numbers, owners: Places) -> tuple[Numbers, Places]:
    """Each n-gram of a text once, sorted by hash and then by text."""
    order = np.lexsort((owners, hashes))
    hashes, owners = hashes[order], owners[order]
    new = np.ones(len(hashes), bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (owners[1:] != owners[:-1])
    return hashes[new], owners[new]


def _grams(texts: Sequence[tuple[int, Numbers]], length: int) -> tuple[Numbers, Places]:
    """The distinct n-grams of some texts, and whose they are; none over the end of a piece."""
    values = np.concatenate([np.zeros(0, np.uint64), *(values for _, values in texts)])
    owner = np.repeat([number for number, _ in texts], [len(values) for _, values in texts]).astype(np.int64)
    ends = np.append(0, np.cumsum(values == END))
    hashes = grams.joined(values, np.zeros(1, np.int64), np.zeros(1, np.int64)).grams(length)
    clear = ends[length : length + len(hashes)] == ends[: len(hashes)]
    # twice as many as are kept: some of them may turn out to be frame
    return _smallest(*_distinct(hashes[clear], owner[: len(hashes)][clear]), 2 * MOST)


def _smallest(hashes: Numbers, owners: Places, count: int) -> tuple[Numbers, Places]:
    """The smallest hashes of each text, at most so many; `hashes` is sorted."""
    order = np.argsort(owners, kind="stable")
    hashes, owners = hashes[order], owners[order]
    kept = np.arange(len(owners)) - np.searchsorted(owners, owners, side="left") < count
    return hashes[kept], owners[kept]
