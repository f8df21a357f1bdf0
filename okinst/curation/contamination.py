"""Whether evaluation items stand in training texts: an index of the items, and one pass over the texts.

Both sides are compared in normal form (`okinst.curation.normal`), so spacing, punctuation, width and jamo do not matter. How
an item is searched follows its length, counted in characters of the normal form:

| an item of | is found by |
|---|---|
| 64 and more | the share of its 10-grams in one window of the text |
| 24 to 63 | the share of its 8-grams in one window of the text |
| fewer | all of it, in one piece |
| less than 7 Korean or Chinese characters (others count half) | its text with its answer right behind it; without one, *not searchable* |

The **score** of a long item is its containment: the share of its distinct n-grams that stand in a window twice as long as the
item, so that a long text does not collect them by chance. A prompt keeps its score when it is wrapped in a template, when
options stand behind it and when it is answered.

The **frame** of a set, what its items have in common only because they are asked the same way, says nothing about a text and is
left out: labels (`질문:`) that a quarter of the items have, what a quarter begin or end with, and n-grams of more than ten items.
An item that is nothing but frame and commonplaces is found as a whole, frame included.

The index holds hashes, never the texts of an evaluation set, and can be shared.
"""

import hashlib
import io
import json
import math
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from itertools import chain
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, overload

import numpy as np

from okinst.builders import DamagedFile, MissingFile, WrongCall
from okinst.curation import grams, normal
from okinst.curation.evaluation import Item
from okinst.curation.grams import END, Numbers, Places, Texts
from okinst.version import VERSION

#: The share of an item's n-grams that makes a hit. A planted prompt scores 1, and mostly 0.6 or more where 2 % of its characters
#: were changed. Of 35,881 Korean and Chinese rows that hold no item, two score more (0.61, 0.71: a function that every course has,
#: a famous quotation), nine more than 0.5 (stock code), and no prose that is not quoted reaches 0.4.
THRESHOLD = 0.6
#: items shorter than this are found in one piece; from the second length on, by longer n-grams
SHORT, LONG = 24, 64
#: the length of the stretch that a short item is looked up by; n-grams of the others
SEED, GRAM, LONG_GRAM = 6, 8, 10
#: the least that tells one text from another, in Korean or Chinese characters: with its frame, and without
LEAST, LEAST_BARE = 7.0, 8.0
#: an n-gram of more texts of a set than this belongs to its frame
FRAME = 10
#: a label, beginning or end belongs to the frame of a set when this share of its texts have it, and at least so many
COMMON, FEW = 0.25, 4
#: fewer n-grams than this, once those of the frame are gone, are no evidence
ENOUGH = 8
#: the most n-grams of one text that are looked up: the ones of the smallest hash, so that every part of it is represented
MOST = 512
#: the window of a text that an item is looked for in, in lengths of the item
WINDOW = 2
#: characters of evaluation text at a time, while an index is made
CHUNK = 1 << 22
#: characters of training text at a time: the arrays stay within a core's cache
BATCH = 1 << 17
#: rows that one process takes at a time
TASK = 10_000

FORMAT = 1
_LABEL = re.compile(r"[^\s:：]{1,12} ?[:：]")
_BEGINNING = 200


class Hit(NamedTuple):
    """One training text that an evaluation item was found in."""

    row: int
    item: Item
    #: the share of the item's n-grams in the text: from the threshold to 1
    score: float
    #: the stretch of the training text, as it stands there
    evidence: str


@dataclass(frozen=True)
class Hits(Sequence[Hit]):
    """What a search found, in the order of the rows, and in each the highest scores first."""

    hits: tuple[Hit, ...]
    #: how many texts were searched
    searched: int

    @overload
    def __getitem__(self, place: int) -> Hit: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Hit]: ...
    def __getitem__(self, place: int | slice) -> Hit | Sequence[Hit]:
        return self.hits[place]

    def __len__(self) -> int:
        return len(self.hits)

    def rows(self) -> list[int]:
        """The rows with a hit, each once."""
        return sorted({hit.row for hit in self.hits})


class _Found(NamedTuple):
    """A hit inside a process: numbers only."""

    row: int
    text: int
    score: float
    evidence: str


@dataclass(frozen=True)
class _Table:
    """The n-grams of one length: each hash with the texts it belongs to."""

    length: int
    #: sorted
    hashes: Numbers
    #: where the texts of a hash begin in `texts`; one entry more than hashes
    starts: Places
    texts: Places
    #: of a seed: how far into its text it stands
    offsets: Places


class Index:
    """Evaluation items, ready to be searched for. Make one with `Index.of` or `Index.load`."""

    def __init__(self, items: Sequence[Item], text_of: Places, texts: dict[str, Any], tables: Sequence[_Table]) -> None:
        #: every item that was given; those of an index from a file have no text
        self.items = tuple(items)
        self._text_of, self._texts, self._tables = text_of, texts, tuple(tables)
        self._sieves = [_Sieve(table.hashes) for table in self._tables]
        self._items_of: dict[int, list[Item]] = {}
        for item, text in zip(self.items, text_of.tolist(), strict=True):
            self._items_of.setdefault(text, []).append(item)

    # -- making one -----------------------------------------------------------------------------------------------

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Index":
        """The index of some items. Equal texts of one part of a set are searched once and reported for each item."""
        given = list(items)
        maker = _Maker()
        text_of = np.full(len(given), -1, np.int64)
        alike: dict[tuple[str, str], list[int]] = {}
        for number, item in enumerate(given):
            alike.setdefault((item.set, item.part), []).append(number)
        for numbers in alike.values():
            text_of[numbers] = maker.add([given[number] for number in numbers])
        return cls(given, text_of, *maker.made())

    @property
    def unsearchable(self) -> list[Item]:
        """The items that are too short to tell one text from another, alone and with their answers: no search finds them."""
        return self._items_of.get(-1, [])

    def coverage(self) -> dict[str, dict[str, int]]:
        """For each set, how many of its items are searched for and how many cannot be.

        >>> short = Item("mine", "test", "1", "prompt", "왜?")
        >>> Index.of([short, Item("mine", "test", "2", "prompt", "하늘이 파란 이유를 물리로 설명해 줘.")]).coverage()
        {'mine': {'items': 2, 'searchable': 1, 'not searchable': 1}}
        """
        counts: dict[str, dict[str, int]] = {}
        for item, text in zip(self.items, self._text_of.tolist(), strict=True):
            count = counts.setdefault(item.set, {"items": 0, "searchable": 0, "not searchable": 0})
            count["items"] += 1
            count["searchable" if text >= 0 else "not searchable"] += 1
        return counts

    # -- searching ------------------------------------------------------------------------------------------------

    def search(self, texts: Sequence[str], *, threshold: float = THRESHOLD, processes: int = 1) -> Hits:
        """The items that stand in these texts.

        `threshold` is the least score of a hit, above 0 and at most 1. The hits are the same for any number of processes,
        and the hits of a text do not depend on the other texts. Raises WrongCall for another threshold.
        """
        if not 0 < threshold <= 1:
            raise WrongCall(f"threshold={threshold}: it is a share of n-grams, above 0 and at most 1.")
        if processes < 1:
            raise WrongCall(f"processes={processes}: it should be 1 or more.")
        found: Iterable[list[_Found]]
        starts = range(0, len(texts), TASK)
        if min(processes, len(starts)) < 2 or "fork" not in get_all_start_methods():
            found = [self._search(texts, 0, threshold)]
        else:
            # Forked: the index and the texts are there already, and only hits travel. Threads gain nothing here.
            with _FORKING:
                _task[:] = [self, texts, threshold]
                try:
                    with get_context("fork").Pool(min(processes, len(starts))) as pool:
                        found = pool.map(_work, starts, chunksize=1)
                finally:
                    _task.clear()
        hits = [
            Hit(each.row, item, each.score, each.evidence)
            for each in sorted(chain.from_iterable(found), key=lambda each: (each.row, -each.score, each.text))
            for item in self._items_of[each.text]
        ]
        return Hits(tuple(hits), len(texts))

    def _search(self, texts: Sequence[str], first: int, threshold: float) -> list[_Found]:
        need = np.ceil(self._texts["total"] * threshold - 1e-9).astype(np.int64)
        found: list[_Found] = []
        start = 0
        while start < len(texts):
            end, size = start, 0
            while end < len(texts) and (end == start or size + len(texts[end]) <= BATCH):
                size += len(texts[end])
                end += 1
            batch = texts[start:end]
            buffer = grams.of(batch)
            for table, sieve in zip(self._tables, self._sieves, strict=True):
                places, at = _matches(buffer, table, sieve)
                if len(places):
                    judge = self._wholes if table.length == SEED else self._shares
                    for text, number, score, begin, stop in judge(buffer, table, places, at, need):
                        evidence = grams.stretch(batch[text], begin, stop)
                        found.append(_Found(first + start + text, number, score, evidence))
            start = end
        return found

    def _wholes(
        self, buffer: Texts, table: _Table, places: Places, at: Places, need: Places
    ) -> Iterator[tuple[int, int, float, int, int]]:
        """The short texts whose seeds were met, and which stand there from end to end."""
        places, slots = _spread(table, places, at)
        numbers = table.texts[slots]
        begins = places - table.offsets[slots]
        lengths = self._texts["length"][numbers]
        inside = (begins >= 0) & (begins + lengths < len(buffer.values))
        begins, lengths, numbers = begins[inside], lengths[inside], numbers[inside]
        same = buffer.stretches(begins, lengths) == self._texts["hash"][numbers]
        begins, lengths, numbers = begins[same], lengths[same], numbers[same]
        among = buffer.text_at(begins)
        seen = set()
        for text, number, begin, length in zip(
            *(each.tolist() for each in (among, numbers, begins, lengths)), strict=True
        ):
            if (text, number) not in seen:
                seen.add((text, number))
                here = begin - int(buffer.starts[text])
                yield int(buffer.which[text]), number, 1.0, here, here + length

    def _shares(
        self, buffer: Texts, table: _Table, places: Places, at: Places, need: Places
    ) -> Iterator[tuple[int, int, float, int, int]]:
        """The texts with enough of their n-grams in one window."""
        origin = at
        places, slots = _spread(table, places, at)
        numbers = table.texts[slots]
        hashes = np.repeat(origin, table.starts[origin + 1] - table.starts[origin])
        key = buffer.text_at(places) * len(need) + numbers
        order = np.argsort(key, kind="stable")
        key, places, hashes = key[order], places[order], hashes[order]
        begins = _runs(key)
        counts = np.diff(np.append(begins, len(key)))
        enough = counts >= need[key[begins] % len(need)]
        for begin, count in zip(begins[enough].tolist(), counts[enough].tolist(), strict=True):
            text, number = divmod(int(key[begin]), len(need))
            here = slice(begin, begin + count)
            window = WINDOW * int(self._texts["length"][number])
            best, first, last = _densest(places[here].tolist(), hashes[here].tolist(), window)
            if best >= need[number]:
                start = int(buffer.starts[text])
                share = best / int(self._texts["total"][number])
                yield int(buffer.which[text]), number, share, first - start, last - start + table.length

    # -- keeping it -----------------------------------------------------------------------------------------------

    def save(self, file: Path | str) -> None:
        """Write the index to one file: hashes and ids, no texts. The same index makes the same bytes."""
        from okinst.builders.tables import plain_disk_errors

        path = Path(file).expanduser()
        partial = path.with_name(f".{path.name}.incomplete")
        with plain_disk_errors(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                partial.write_bytes(self.to_bytes())
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)

    def to_bytes(self) -> bytes:
        """What `save` writes: an npz archive that needs no pickle."""
        head = {
            "format": FORMAT,
            "okinst": VERSION,
            "normal form": _normal_form(),
            "items": [astuple(item)[:4] for item in self.items],
        }
        arrays: dict[str, Any] = {
            "head": np.frombuffer(json.dumps(head, ensure_ascii=False).encode("utf-8", "surrogatepass"), np.uint8),
            "text_of": self._text_of,
            **{f"text_{name}": values for name, values in self._texts.items()},
        }
        for table in self._tables:
            for name in ("hashes", "starts", "texts", "offsets"):
                arrays[f"{name}_{table.length}"] = getattr(table, name)
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)
        return file.getvalue()

    @classmethod
    def load(cls, file: Path | str) -> "Index":
        """Read what `save` wrote. Raises MissingFile, DamagedFile, or WrongCall where another okinst made it otherwise."""
        path = Path(file).expanduser()
        if not path.is_file():
            raise MissingFile(f"there is no index {path}. Build it: okinst index -o {path}")
        return cls.from_bytes(path.read_bytes(), str(path))

    @classmethod
    def from_bytes(cls, content: bytes, name: str = "index") -> "Index":
        """What `load` does; `name` is for messages."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                found = {key: arrays[key] for key in arrays.files}
            head = json.loads(found["head"].tobytes().decode("utf-8", "surrogatepass"))
            made = (head["format"], head["normal form"])
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError) as error:
            raise _damaged(name, str(error)) from error
        except Exception as error:  # zlib's own, which derives from Exception alone
            if type(error).__name__ != "error":
                raise
            raise _damaged(name, str(error)) from error
        if made != (FORMAT, _normal_form()):
            raise WrongCall(
                f"{name} was made by okinst {head.get('okinst')}, which brings texts into another normal form than this one "
                f"({VERSION}): what it holds cannot be compared. Build it again: okinst index -o FILE"
            )
        try:
            items = [Item(*map(str, (*item, ""))) for item in head["items"]]
            texts = {key: found[f"text_{key}"] for key in ("length", "total", "hash")}
            tables = [
                _Table(length, *(found[f"{key}_{length}"] for key in ("hashes", "starts", "texts", "offsets")))
                for length in (SEED, GRAM, LONG_GRAM)
            ]
            _check(items, found["text_of"], texts, tables)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise _damaged(name, str(error)) from error
        return cls(items, found["text_of"], texts, tables)


# -- the parts of a search ------------------------------------------------------------------------------------------


class _Sieve:
    """Which leading bits, and which bits behind these, any hash has.

    Most n-grams of a text fall through one or the other, and never reach the sorted list: to look there costs more than all else.
    """

    def __init__(self, hashes: Numbers) -> None:
        bits = min(26, max(16, int(math.log2(len(hashes) + 1)) + 4))
        self.lead, self.behind = np.uint64(64 - bits), np.uint64(bits)
        self.coarse, self.fine = np.zeros(1 << bits, bool), np.zeros(1 << bits, bool)
        self.coarse[hashes >> self.lead] = True
        self.fine[(hashes << self.behind) >> self.lead] = True

    def through(self, hashes: Numbers) -> Places:
        """The places of the hashes that may be known."""
        places = np.flatnonzero(self.coarse[hashes >> self.lead])
        fine: Places = places[self.fine[(hashes[places] << self.behind) >> self.lead]]
        return fine


def _matches(buffer: Texts, table: _Table, sieve: _Sieve) -> tuple[Places, Places]:
    """Where in the buffer an n-gram of the table stands, and which."""
    hashes = buffer.grams(table.length)
    places = sieve.through(hashes)
    if not len(places) or not len(table.hashes):
        return places[:0], places[:0]
    hashes = hashes[places]
    at = np.minimum(np.searchsorted(table.hashes, hashes), len(table.hashes) - 1)
    there = table.hashes[at] == hashes
    return places[there], at[there]


def _runs(values: Any) -> Places:
    """Where each run of equal values begins."""
    new = np.ones(len(values), bool)
    new[1:] = values[1:] != values[:-1]
    return np.flatnonzero(new)


def _spread(table: _Table, places: Places, at: Places) -> tuple[Places, Places]:
    """Each place once for each text of its n-gram, and the slot of that text."""
    counts = table.starts[at + 1] - table.starts[at]
    ends = np.cumsum(counts)
    slots = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts - table.starts[at], counts)
    return np.repeat(places, counts), slots


def _densest(places: list[int], hashes: list[int], window: int) -> tuple[int, int, int]:
    """The most distinct n-grams that begin within a window, and its first and last place.

    >>> _densest([3, 90, 91, 92], [1, 1, 2, 1], 10)
    (2, 90, 91)
    """
    best, bounds, inside, start = 0, (0, 0), Counter[int](), 0
    for end, place in enumerate(places):
        inside[hashes[end]] += 1
        while place - places[start] >= window:
            inside[hashes[start]] -= 1
            if not inside[hashes[start]]:
                del inside[hashes[start]]
            start += 1
        if len(inside) > best:
            best, bounds = len(inside), (places[start], place)
    return best, *bounds


_FORKING = Lock()
#: what a forked process finds: the index, all texts, and the threshold
_task: list[Any] = []


def _work(start: int) -> list[_Found]:
    index, texts, threshold = _task
    return list(index._search(texts[start : start + TASK], start, threshold))


#: characters that tell one normal form from another: Latin, jamo, punctuation, Korean and Chinese signs, the widths
_PROBE = ((0x20, 0x400), (0x1100, 0x1200), (0x2000, 0x2070), (0x3000, 0x3190), (0xAC00, 0xAC40), (0xFF00, 0xFFF0))


@lru_cache(maxsize=1)
def _normal_form() -> str:
    """A name for how texts become numbers: an index and a search must agree on it.

    What the normal form does, not how it is written; of characters as old as Unicode 3.2, so that Python's version is no matter.
    """
    known = unicodedata.ucd_3_2_0.category
    probe = [chr(code) for first, end in _PROBE for code in range(first, end) if known(chr(code)) != "Cn"]
    values = grams.of([f"가{char}나 {char}" for char in probe]).values
    return hashlib.sha256(values.astype("<u8").tobytes()).hexdigest()[:16]


def _damaged(name: str, why: str) -> DamagedFile:
    return DamagedFile(
        f"{name} is no index of okinst, or was damaged on its way ({why}). Build it again: okinst index -o FILE"
    )


def _check(items: list[Item], text_of: Places, texts: dict[str, Any], tables: list[_Table]) -> None:
    """Raise ValueError where the arrays do not fit together: a search trusts them."""
    count = len(texts["total"])
    whole = [
        text_of,
        texts["length"],
        texts["total"],
        *chain.from_iterable((t.starts, t.texts, t.offsets) for t in tables),
    ]
    fit = all(values.dtype == np.int64 and values.ndim == 1 for values in whole)
    fit = fit and all(
        values.dtype == np.uint64 and values.ndim == 1 for values in (texts["hash"], *(t.hashes for t in tables))
    )
    fit = fit and len(items) == len(text_of) and all(len(values) == count for values in texts.values())
    fit = (
        fit
        and _within(text_of, -1, count)
        and _within(texts["length"], 0, 1 << 40)
        and _within(texts["total"], 1, 1 << 40)
    )
    for table in tables:
        slots = len(table.texts)
        fit = fit and len(table.starts) == len(table.hashes) + 1 and len(table.offsets) == slots
        fit = fit and table.starts[0] == 0 and table.starts[-1] == slots and bool(np.all(np.diff(table.starts) > 0))
        fit = fit and _within(table.texts, 0, count) and bool(np.all(table.hashes[1:] > table.hashes[:-1]))
    if not fit:
        raise ValueError("its tables do not fit together")


def _within(values: Places, low: int, high: int) -> bool:
    return not len(values) or bool(low <= values.min() and values.max() < high)


# -- the making of an index -----------------------------------------------------------------------------------------


@dataclass
class _Text:
    """One text on its way into the index."""

    #: its normal form, in the pieces between the labels of its set
    pieces: list[str]
    whole: str


class _Maker:
    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.totals: list[int] = []
        self.hashes: list[int] = []
        #: n-grams by length: hash, text
        self.found: dict[int, list[tuple[Numbers, Places]]] = {GRAM: [], LONG_GRAM: []}
        self.wholes: list[tuple[int, Numbers]] = []

    def add(self, items: Sequence[Item]) -> list[int]:
        """Take the items of one set; the number of the text of each, -1 where it has none that can be searched."""
        texts = list(dict.fromkeys(item.text for item in items))
        parts = dict(zip(texts, _without_frame(texts), strict=True))
        number_of: dict[str, int] = {}
        waiting: dict[int, dict[int, _Text]] = {GRAM: {}, LONG_GRAM: {}}
        numbers = []
        for item in items:
            text = parts[item.text]
            if weight(text.whole[:SHORT]) < LEAST and item.answer:
                whole = normal.normalise(f"{item.text}\n{item.answer}")
                text = _Text([whole], whole)
            if weight(text.whole[:SHORT]) < LEAST:
                numbers.append(-1)
                continue
            if text.whole not in number_of:
                number = number_of[text.whole] = self._number(len(text.whole))
                length = sum(map(len, text.pieces))
                if length >= SHORT:
                    waiting[LONG_GRAM if length >= LONG else GRAM][number] = text
                else:
                    self._take_whole(number, text)
            numbers.append(number_of[text.whole])
        # a set of a few texts has a frame, too: what most of them share
        limit = min(FRAME, max(1, len(number_of) // 2)) if len(number_of) >= FEW else FEW
        for gram, some in waiting.items():
            self._take_grams(gram, some, limit)
        return numbers

    def _number(self, length: int) -> int:
        self.lengths.append(length)
        self.totals.append(1)
        self.hashes.append(0)
        return len(self.lengths) - 1

    def _take_whole(self, number: int, text: _Text) -> None:
        bare = text.pieces[0] if len(text.pieces) == 1 else ""
        values = grams.normal([bare if weight(bare) >= LEAST_BARE else text.whole])
        buffer = grams.joined(values, np.zeros(1, np.int64), np.zeros(1, np.int64))
        length = len(values) - 1
        self.lengths[number], self.totals[number] = length, 1
        self.hashes[number] = int(buffer.stretches(np.zeros(1, np.int64), np.array([length]))[0])
        self.wholes.append((number, buffer.grams(SEED)[: length - SEED + 1]))

    def _take_grams(self, gram: int, some: dict[int, _Text], limit: int) -> None:
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
        counts = np.diff(np.append(_runs(hashes), len(hashes)))
        telling = np.repeat(counts <= limit, counts)
        hashes, owners = _smallest(hashes[telling], owners[telling], MOST)
        count = np.bincount(owners, minlength=len(self.totals))
        for number, text in some.items():
            if count[number] >= ENOUGH:
                self.totals[number] = int(count[number])
            else:
                self._take_whole(number, _Text([], text.whole))
        enough = count[owners] >= ENOUGH
        self.found[gram].append((hashes[enough], owners[enough]))

    def made(self) -> tuple[dict[str, Any], list[_Table]]:
        texts = {
            "length": np.array(self.lengths, np.int64),
            "total": np.array(self.totals, np.int64),
            "hash": np.array(self.hashes, np.uint64),
        }
        tables = [self._seeds()]
        for gram, parts in self.found.items():
            hashes = np.concatenate([np.zeros(0, np.uint64), *(part[0] for part in parts)])
            owners = np.concatenate([np.zeros(0, np.int64), *(part[1] for part in parts)])
            tables.append(_table(gram, hashes, owners, np.zeros(len(owners), np.int64)))
        return texts, tables

    def _seeds(self) -> _Table:
        """One seed for each short text: the rarest of its stretches, so that few are looked at in vain."""
        often = Counter(chain.from_iterable(seeds.tolist() for _, seeds in self.wholes))
        chosen = [
            min(enumerate(seeds.tolist()), key=lambda seed: (often[seed[1]], seed[0])) for _, seeds in self.wholes
        ]
        numbers = np.array([number for number, _ in self.wholes], np.int64)
        hashes = np.array([seed for _, seed in chosen], np.uint64)
        return _table(SEED, hashes, numbers, np.array([offset for offset, _ in chosen], np.int64))


def _table(length: int, hashes: Numbers, texts: Places, offsets: Places) -> _Table:
    order = np.lexsort((texts, hashes))
    hashes, texts, offsets = hashes[order], texts[order], offsets[order]
    unique, starts = np.unique(hashes, return_index=True)
    return _Table(length, unique, np.concatenate([starts, [len(hashes)]]).astype(np.int64), texts, offsets)


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


def weight(text: str) -> float:
    """How much a normal form says, in Korean or Chinese characters: those of other scripts count half.

    >>> weight("맛있어요"), weight("ok3")
    (4.0, 1.5)
    """
    return sum(
        1.0 if "\u1100" <= char <= "\u11ff" or "\u2e80" <= char <= "\ud7ff" or char >= "\U00020000" else 0.5
        for char in text
    )


def _without_frame(texts: Sequence[str]) -> list[_Text]:
    """The texts of one set in normal form, whole, and in pieces without its labels, common beginning and common end."""
    cut = [[piece for piece in map(str.strip, parts) if piece] for parts in _cut_labels(texts)]
    few = max(FEW, math.ceil(COMMON * len(texts)))
    firsts = _common([each[0] if each else "" for each in cut], few)
    lasts = _common([each[-1][::-1] if each else "" for each in cut], few)
    made = []
    for text, each, first, last in zip(texts, cut, firsts, lasts, strict=True):
        if each:
            each[0] = each[0][first:]
            each[-1] = each[-1][: max(0, len(each[-1]) - last)]
        made.append(_Text([piece for piece in map(normal.normalise, each) if piece], normal.normalise(text)))
    return made


def _cut_labels(texts: Sequence[str]) -> list[list[str]]:
    """The texts cut where a label of their set stands.

    >>> _cut_labels([f"문장: {word} 긍부정:" for word in ("좋다", "싫다", "그저 그렇다", "아주 좋다")])[2]
    ['', ' 그저 그렇다 ', '']
    """
    often = Counter(chain.from_iterable(set(_LABEL.findall(text)) for text in texts))
    labels = [label for label, count in often.items() if count >= max(FEW, COMMON * len(texts))]
    if not labels:
        return [[text] for text in texts]
    cut = re.compile("|".join(map(re.escape, sorted(labels, key=len, reverse=True))))
    return [cut.split(text) for text in texts]


def _common(texts: Sequence[str], few: int) -> list[int]:
    """For each text, the length of the longest beginning that so many texts have; no word is cut in two.

    >>> _common(["배가 고프다", "배가 아프다", "배를 탔다"], 2)
    [3, 3, 0]
    """
    longest = [0] * len(texts)
    alive: Iterable[int] = range(len(texts))
    for length in range(1, _BEGINNING + 1):
        beginnings = {number: texts[number][:length] for number in alive if len(texts[number]) >= length}
        often = Counter(beginnings.values())
        alive = [number for number, beginning in beginnings.items() if often[beginning] >= few]
        if not alive:
            break
        for number in alive:
            if not _inside_word(texts[number], length):
                longest[number] = length
    return longest


def _inside_word(text: str, place: int) -> bool:
    """Whether a word goes on over this place. Chinese characters are words of their own."""
    around = text[place - 1 : place + 1]
    return len(around) == 2 and around.isalnum() and not any("\u3400" <= char <= "\u9fff" for char in around)
