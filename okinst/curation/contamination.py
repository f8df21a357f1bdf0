"""Whether evaluation items stand in training texts: an index of the items, and one pass over the texts.

Both sides are compared in normal form (`okinst.curation.normal`), so spacing, punctuation, width and jamo do not matter. How
an item is searched follows its length, counted in characters of the normal form:

| an item of | is found by |
|---|---|
| 64 and more | the share of its 10-grams in one window of the text |
| 24 to 63 | the share of its 8-grams in one window of the text |
| fewer | all of it, in one piece |
| less than 8 Korean or Chinese characters (others count half) | all of it with its frame, or with its answer behind it |

The **score** of a long item is its containment: the share of its distinct n-grams that stand in a window twice as long as the
item, so that a long text does not collect them by chance. A prompt keeps its score when it is wrapped in a template, when
options stand behind it and when it is answered.

The **frame** of a set, what its items have in common only because they are asked the same way, says nothing about a text and is
left out: labels (`질문:`) that a quarter of the items have, what a quarter begin or end with, and n-grams of more than ten items.
An item that is nothing but frame and commonplaces is found as a whole, frame included.

What the labels cut an item into is found alone, too, if it says enough: each piece of 10 characters and more (the question of a
paragraph) as a whole sentence, an item of 6 to 9 as a whole line, with nothing else on it. So are items that would need their
frame. What stands in more than three items is a commonplace. `Index.coverage` counts what cannot be told from other texts.

The index holds hashes, never the texts of an evaluation set, and can be shared.
"""

import hashlib
import io
import json
import math
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from functools import lru_cache
from itertools import chain
from multiprocessing import get_all_start_methods
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, overload

import numpy as np

from okinst.builders import DamagedFile, MissingFile, WrongCall
from okinst.curation import grams
from okinst.curation.boundaries import is_line, is_sentence
from okinst.curation.evaluation import Item
from okinst.curation.grams import Numbers, Places, Texts
from okinst.curation.item_tables import FRAMED, GRAM, LINE, LONG_GRAM, SEED, SENTENCE, Maker, Table, runs
from okinst.curation.processes import pool
from okinst.curation.values import share
from okinst.version import VERSION

#: The share of an item's n-grams that makes a hit. A planted prompt scores 1, and mostly 0.6 or more where 2 % of its characters
#: were changed. Of 35,881 Korean and Chinese rows that hold no item, two score more (0.61, 0.71: a function that every course has,
#: a famous quotation), nine more than 0.5 (stock code), and no prose that is not quoted reaches 0.4.
THRESHOLD = 0.6
#: the window of a text that an item is looked for in, in lengths of the item
WINDOW = 2
#: characters of training text at a time: the arrays stay within a core's cache
BATCH = 1 << 17
#: rows that one process takes at a time
TASK = 10_000

#: of a saved index; in 2, the text of each item was lost where a text has parts that are looked for alone
FORMAT = 3


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


class Index:
    """Evaluation items, ready to be searched for. Make one with `Index.of` or `Index.load`."""

    def __init__(self, items: Sequence[Item], text_of: Places, texts: dict[str, Any], tables: Sequence[Table]) -> None:
        #: every item that was given; those of an index from a file have no text
        self.items = tuple(items)
        self._text_of, self._texts, self._tables = text_of, texts, tuple(tables)
        self._sieves = [_Sieve(table.hashes) for table in self._tables]
        #: the texts that are found whatever stands around them
        self._alone = set(texts["of"][texts["how"] != FRAMED].tolist())
        self._items_of: dict[int, list[Item]] = {}
        for item, text in zip(self.items, text_of.tolist(), strict=True):
            self._items_of.setdefault(text, []).append(item)

    # -- making one -----------------------------------------------------------------------------------------------

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Index":
        """The index of some items. Equal texts of one part of a set are searched once and reported for each item."""
        given = list(items)
        maker = Maker()
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
        """For each set, how many items it has; how many of them are searched for, are found only with the words that the set
        puts around them or with their answer, as they are too short alone, and cannot be searched for at all.

        >>> asked = ["왜?", "왜 그래?", "하늘이 파란 이유를 물리로 설명해 줘."]
        >>> made = Index.of(Item("mine", "test", text, "prompt", text, "배가 아파서") for text in asked)
        >>> made.coverage()
        {'mine': {'items': 3, 'searchable': 1, 'only framed': 1, 'not searchable': 1}}
        """
        counts: dict[str, dict[str, int]] = {}
        for item, text in zip(self.items, self._text_of.tolist(), strict=True):
            count = counts.setdefault(item.set, {"items": 0, "searchable": 0, "only framed": 0, "not searchable": 0})
            count["items"] += 1
            count["searchable" if text in self._alone else "only framed" if text >= 0 else "not searchable"] += 1
        return counts

    # -- searching ------------------------------------------------------------------------------------------------

    def search(
        self,
        texts: Sequence[str],
        *,
        threshold: float = THRESHOLD,
        processes: int = 1,
        advance: Callable[[int], None] | None = None,
    ) -> Hits:
        """The items that stand in these texts.

        `threshold` is the least score of a hit, above 0 and at most 1. `advance` is told how many more texts were searched. The
        hits are the same for any number of processes, and the hits of a text do not depend on the other texts. Raises WrongCall
        for another threshold, LostProcess where a process was killed.
        """
        share(threshold, f"threshold = {threshold}")
        if processes < 1:
            raise WrongCall(f"processes={processes}: it should be 1 or more.")
        starts = range(0, len(texts), TASK)
        found: list[_Found] = []
        with ExitStack() as stack:
            some: Iterable[list[_Found]]
            if min(processes, len(starts)) < 2 or "fork" not in get_all_start_methods():
                some = (self._search(texts[start : start + TASK], start, threshold) for start in starts)
            else:
                # Forked: the index and the texts are there already, and only hits travel. Threads gain nothing here.
                stack.enter_context(_FORKING)
                stack.callback(_task.clear)
                _task[:] = [self, texts, threshold]
                doing = "searching for evaluation items"
                some = stack.enter_context(pool(min(processes, len(starts)), doing, method="fork")).map(_work, starts)
            for start, each in zip(starts, some, strict=True):
                found += each
                if advance is not None:
                    advance(min(TASK, len(texts) - start))
        found.sort(key=lambda each: (each.row, -each.score, each.text, -len(each.evidence)))
        hits, seen = [], set[tuple[int, int]]()
        for hit in found:
            if (hit.row, hit.text) not in seen:  # of a text that was found whole and in part, the whole
                seen.add((hit.row, hit.text))
                hits += [Hit(hit.row, item, hit.score, hit.evidence) for item in self._items_of[hit.text]]
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
                        evidence = self._evidence(batch[text], number, begin, stop)
                        if evidence:
                            found.append(_Found(first + start + text, int(self._texts["of"][number]), score, evidence))
            start = end
        return found

    def _evidence(self, text: str, number: int, begin: int, stop: int) -> str:
        """The stretch of a text that a hit stands on; "" where it should be a sentence or a line, and is none."""
        first, last = grams.span(text, begin, stop)
        how = self._texts["how"][number]
        if (how == SENTENCE and not is_sentence(text, first, last)) or (how == LINE and not is_line(text, first, last)):
            return ""
        return text[first:last]

    def _wholes(
        self, buffer: Texts, table: Table, places: Places, at: Places, need: Places
    ) -> Iterator[tuple[int, int, float, int, int]]:
        """The short texts whose seeds were met, and which stand there from end to end; sentences and lines at every place."""
        places, slots = _spread(table, places, at)
        numbers = table.texts[slots]
        begins = places - table.offsets[slots]
        lengths = self._texts["length"][numbers]
        inside = (begins >= 0) & (begins + lengths < len(buffer.values))
        begins, lengths, numbers = begins[inside], lengths[inside], numbers[inside]
        same = buffer.stretches(begins, lengths) == self._texts["hash"][numbers]
        begins, lengths, numbers = begins[same], lengths[same], numbers[same]
        among = buffer.text_at(begins)
        anywhere = ~np.isin(self._texts["how"], (SENTENCE, LINE))
        seen = set()
        for text, number, begin, length in zip(
            *(each.tolist() for each in (among, numbers, begins, lengths)), strict=True
        ):
            if (text, number) not in seen:
                if anywhere[number]:
                    seen.add((text, number))
                here = begin - int(buffer.starts[text])
                yield int(buffer.which[text]), number, 1.0, here, here + length

    def _shares(
        self, buffer: Texts, table: Table, places: Places, at: Places, need: Places
    ) -> Iterator[tuple[int, int, float, int, int]]:
        """The texts with enough of their n-grams in one window."""
        origin = at
        places, slots = _spread(table, places, at)
        numbers = table.texts[slots]
        hashes = np.repeat(origin, table.starts[origin + 1] - table.starts[origin])
        key = buffer.text_at(places) * len(need) + numbers
        order = np.argsort(key, kind="stable")
        key, places, hashes = key[order], places[order], hashes[order]
        begins = runs(key)
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
            # no "text_...": what the tables of texts are called begins so
            "item_text": self._text_of,
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
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile, RuntimeError) as error:
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
            texts = {key: found[f"text_{key}"] for key in ("length", "total", "hash", "of", "how")}
            tables = [
                Table(length, *(found[f"{key}_{length}"] for key in ("hashes", "starts", "texts", "offsets")))
                for length in (SEED, GRAM, LONG_GRAM)
            ]
            _check(items, found["item_text"], texts, tables)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise _damaged(name, str(error)) from error
        return cls(items, found["item_text"], texts, tables)


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


def _matches(buffer: Texts, table: Table, sieve: _Sieve) -> tuple[Places, Places]:
    """Where in the buffer an n-gram of the table stands, and which."""
    hashes = buffer.grams(table.length)
    places = sieve.through(hashes)
    if not len(places) or not len(table.hashes):
        return places[:0], places[:0]
    hashes = hashes[places]
    at = np.minimum(np.searchsorted(table.hashes, hashes), len(table.hashes) - 1)
    there = table.hashes[at] == hashes
    return places[there], at[there]


def _spread(table: Table, places: Places, at: Places) -> tuple[Places, Places]:
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


def _check(items: list[Item], text_of: Places, texts: dict[str, Any], tables: list[Table]) -> None:
    """Raise ValueError where the arrays do not fit together: a search trusts them."""
    count = len(texts["total"])
    whole = [
        text_of,
        texts["length"],
        texts["total"],
        texts["of"],
        texts["how"],
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
        and _within(texts["of"], 0, count)
        and _within(texts["how"], 0, FRAMED + 1)
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
