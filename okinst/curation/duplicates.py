"""Duplicates: which rows say the same, and which one of them stays.

    groups = find(texts)                                  # texts of rows, from okinst.curation.passages
    stays = keep(groups, "source", priority=sources)      # one bool a row

Exact duplicates are equal in normal form (`normal.normalise(text, blind=False)`). Near-duplicates are found by MinHash and
edit-proof keys (`fingerprints`), and each pair is verified (`verification`): what is dropped has been compared with the very
row that stays for it, never with a third one in between. Texts that are equal but for spacing and punctuation are near, too,
unless their numbers or signs are written differently (1.5 is not 15, nor 5-3; -10 is not 10, nor a[1:] a[:1]).

The result depends on the texts alone: not on their order (but for the labels of the groups, and which of equal rows is
first), the number of processes, or what was compared before.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa

from okinst.builders import WrongCall
from okinst.builders.tables import uncollected
from okinst.curation import fingerprints
from okinst.curation.attestation import neighbours_in
from okinst.curation.normal import normalise_all
from okinst.curation.verification import LONG, needed, similarity_of_long, similarity_of_short
from okinst.curation.wording import signs, tell_apart

Array = np.ndarray[Any, Any]
Rule = Literal["first", "longest", "source"]
RULES: tuple[Rule, ...] = get_args(Rule)

#: a group of one, the row that stays, an exact copy of it, a near one
ALONE, KEPT, EXACT, NEAR = range(4)
KINDS = ("alone", "kept", "exact", "near")
#: the least Jaccard similarity of two long texts that are the same
THRESHOLD = 0.5
#: a little past where long texts begin, so that a pair with one foot on either side is found
_OVERLAP = 2
#: up to here long texts, too, are looked for by the keys of short ones: a MinHash may miss those with few shingles
_SURE = 30

#: a number as it is written (a comma is part of it before three digits, and else stands between two numbers), or a name such as C#
_NUMBERS = re.compile(r"\d+(?:[.:/*^-]\d+|,\d{3}(?!\d))*|(?<![a-z])[a-z]#")


@dataclass(frozen=True)
class Groups:
    """Which rows are the same. All arrays have one entry a row, but for the last two.

    `group` numbers the groups by their first row; `kind` is ALONE, KEPT, EXACT or NEAR; `kept` is the row that stays for it (itself
    where it stays); `similarity` is that to the kept row, 1.0 for exact copies. `text` numbers the distinct texts in normal
    form; `pairs` (n, 2) are distinct texts verified to be the same, `similarities` (n,) how much.
    """

    group: Array
    kind: Array
    kept: Array
    similarity: Array
    text: Array
    pairs: Array
    similarities: Array

    def __len__(self) -> int:
        return len(self.group)


def find(
    texts: Sequence[str],
    *,
    near: bool = True,
    threshold: float = THRESHOLD,
    seed: int = 0,
    rule: Rule = "longest",
    priority: Sequence[int] | None = None,
) -> Groups:
    """Group the rows that say the same.

    `threshold` is for long texts (0 < threshold <= 1); `seed` chooses the permutations of the MinHash. The groups are settled
    under `rule`, see `settle`. Memory: about 4 GB for a million rows of 100 characters beside the texts, most of it rensa's index. Raises WrongCall
    for a threshold out of range or an unknown rule.

    >>> groups = find(["수도는 어디인가요?", "수도는　어디인가요？", "수도는어디인가요", "왜?", "왜?", "네?"])
    >>> [KINDS[kind] for kind in groups.kind]
    ['kept', 'exact', 'near', 'kept', 'exact', 'alone']
    """
    if not 0 < threshold <= 1:
        raise WrongCall(f"threshold={threshold}: a Jaccard similarity is above 0 and at most 1.")
    numbers: dict[str, int] = {}
    text = np.fromiter(
        (numbers.setdefault(each, len(numbers)) for each in normalise_all(texts, blind=False)), np.int64, len(texts)
    )
    distinct = list(numbers)
    pairs, similarities = np.empty((0, 2), np.int64), np.empty(0)
    if near:
        with uncollected():
            pairs, similarities = _near(distinct, threshold, seed)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    return _settle(text, pairs, similarities, _order(rule, text, priority, lengths, distinct))


def settle(
    groups: Groups, rule: Rule = "longest", priority: Sequence[int] | None = None, lengths: Sequence[int] | None = None
) -> Groups:
    """The same findings, with the rows that stay chosen by another rule.

    "first": the row that comes first. "longest": the longest of `lengths`, then the first. "source": the smallest `priority`
    (0 is the source to keep), then the longest if there are `lengths`, then the first. Rows are taken in that order; a
    row stays unless it is the same as one that stays already, and joins the most similar of those.
    """
    return _settle(groups.text, groups.pairs, groups.similarities, _order(rule, groups.text, priority, lengths, None))


def keep(
    groups: Groups, rule: Rule = "longest", priority: Sequence[int] | None = None, lengths: Sequence[int] | None = None
) -> Array:
    """Which rows stay, one bool a row, under a rule of `settle`."""
    kind = settle(groups, rule, priority, lengths).kind
    stays: Array = (kind == ALONE) | (kind == KEPT)
    return stays


def records(groups: Groups, ids: Sequence[str]) -> pa.Table:
    """The groups of two and more, for writing out: group, id, kept_id, kind, similarity; the kept row first."""
    rows = np.flatnonzero(groups.kind != ALONE)
    rows = rows[np.lexsort((rows, groups.kind[rows] != KEPT, groups.group[rows]))]
    names = pa.array(ids, pa.string())
    return pa.table(
        {
            "group": pa.array(groups.group[rows], pa.int64()),
            "id": names.take(pa.array(rows)),
            "kept_id": names.take(pa.array(groups.kept[rows])),
            "kind": pa.array([KINDS[kind] for kind in groups.kind[rows]], pa.string()),
            "similarity": pa.array(groups.similarity[rows], pa.float64()),
        }
    )


def links(groups: Groups, places: Array) -> Array:
    """Pairs (n, 2) of rows that are the same or nearly, each row by its place."""
    _, first = np.unique(groups.text, return_index=True)
    same = np.column_stack([np.arange(len(groups)), first[groups.text]])
    return np.asarray(places[np.concatenate([same, first[groups.pairs]])], np.int64)


def joined(count: int, links: Array) -> Array:
    """A number for each of so many rows, the same for those that a chain of links (n, 2) joins.

    >>> joined(5, np.array([[3, 1], [4, 3]])).tolist()
    [0, 1, 2, 1, 1]
    """
    label = np.arange(count)
    while True:
        before, (one, other) = label.copy(), links.T
        least = np.minimum(label[one], label[other])
        for row in (one, other, before[one], before[other]):
            np.minimum.at(label, row, least)
        label = label[label]
        if (label == before).all():
            break
    _, numbers = np.unique(label, return_inverse=True)
    return np.asarray(numbers, np.int64)


def _order(
    rule: Rule,
    text: Array,
    priority: Sequence[int] | None,
    lengths: Sequence[int] | Array | None,
    distinct: list[str] | None,
) -> Array:
    """The rows, best first."""
    rows = np.arange(len(text))
    if rule == "first":
        return rows
    longest = np.zeros(len(text), np.int64) if lengths is None else -np.asarray(lengths, np.int64)
    if rule == "longest" and lengths is not None:
        # among texts of one length the one that sorts first, so that groups do not depend on the order of the rows
        tie = rows if distinct is None else np.argsort(np.argsort(np.array(distinct, dtype=object)))[text]
        return np.lexsort((rows, tie, longest))
    if rule == "source" and priority is not None:
        return np.lexsort((rows, longest, np.asarray(priority)))
    if rule not in RULES:
        raise WrongCall(f"rule={rule!r}: there is no such rule. There are {', '.join(RULES)}.")
    raise WrongCall(f"the rule {rule!r} needs {'lengths=' if rule == 'longest' else 'priority='}, one number a row.")


def _settle(text: Array, pairs: Array, similarities: Array, order: Array) -> Groups:
    count = len(text)
    alike: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
    for (one, other), similarity in zip(pairs.tolist(), similarities.tolist(), strict=True):
        alike[one].append((other, similarity))
        alike[other].append((one, similarity))
    _, firsts = np.unique(text[order], return_index=True)
    best = np.empty(len(firsts), np.int64)  # the best row of each distinct text
    best[text[order[firsts]]] = order[firsts]
    stays_for = np.arange(len(firsts))
    likeness = np.ones(len(firsts))
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    if alike:
        settled = set()
        for each in sorted(alike, key=lambda number: int(rank[best[number]])):
            there = [
                (similarity, -int(rank[best[other]]), other) for other, similarity in alike[each] if other in settled
            ]
            if there:
                likeness[each], _, stays_for[each] = max(there)
            else:
                settled.add(each)
    kept = best[stays_for[text]]
    kind = np.where(stays_for[text] == text, EXACT, NEAR).astype(np.int8)
    sizes = np.bincount(kept, minlength=count)
    itself = kept == np.arange(count)
    kind[itself] = np.where(sizes[itself] > 1, KEPT, ALONE)
    _, seen, group = np.unique(kept, return_index=True, return_inverse=True)
    labels = np.empty(len(seen), np.int64)
    labels[np.argsort(seen)] = np.arange(len(seen))
    return Groups(labels[group], kind, kept, likeness[text], text, pairs, similarities)


def _near(distinct: list[str], threshold: float, seed: int) -> tuple[Array, Array]:
    """Verified pairs of texts in sighted normal form, and their similarities."""
    blind = normalise_all(distinct)
    # Worked on in an order that the rows have no say in.
    order = sorted(range(len(distinct)), key=blind.__getitem__)
    equal, ours = _equal_but_for_spacing(distinct, blind, order)
    texts, spoken = [blind[number] for number in ours], [distinct[number] for number in ours]
    pairs, similarities = _verified(texts, spoken, threshold, seed)
    found = np.array(ours, np.int64)[pairs]
    # A text that is equal to another but for spacing has all the neighbours that the other has.
    twins: defaultdict[int, list[int]] = defaultdict(list)
    for one, other in equal:
        twins[one].append(other)
    more: list[tuple[int, int, float]] = []
    if twins:
        for (one, other), similarity in zip(found.tolist(), similarities.tolist(), strict=True):
            these, those = [one, *twins.get(one, ())], [other, *twins.get(other, ())]
            more += [(a, b, similarity) for a in these for b in those if (a, b) != (one, other)]
        for one, others in twins.items():
            same = [one, *others]
            more += [(a, b, 1.0) for at, a in enumerate(same) for b in same[at + 1 :]]
    if more:
        found = np.concatenate((found, np.array([(a, b) for a, b, _ in more], np.int64)))
        similarities = np.concatenate((similarities, np.array([similarity for *_, similarity in more])))
    return found, similarities


def _equal_but_for_spacing(
    distinct: list[str], blind: list[str], order: list[int]
) -> tuple[list[tuple[int, int]], list[int]]:
    """Pairs (first, other) of texts with one blind form and the same numbers and signs, and the texts that are first of theirs."""
    by_form: defaultdict[str, list[int]] = defaultdict(list)
    for number in order:
        by_form[blind[number]].append(number)
    equal, first = [], []
    for form, same in by_form.items():
        if len(same) == 1:
            if form:  # nothing but punctuation: exact or not at all
                first.append(same[0])
            continue
        leaders: dict[tuple[str, ...], int] = {}
        for number in sorted(same, key=distinct.__getitem__) if form else ():
            leader = leaders.setdefault((*_NUMBERS.findall(distinct[number]), *signs(distinct[number])), number)
            if leader != number:
                equal.append((leader, number))
        first += leaders.values()
    return equal, first


def _verified(texts: list[str], spoken: list[str], threshold: float, seed: int) -> tuple[Array, Array]:
    weights = fingerprints.weights(texts).tolist()
    long = [number for number, heavy in enumerate(weights) if heavy >= LONG]
    short = [number for number, heavy in enumerate(weights) if heavy < max(_SURE, LONG + _OVERLAP)]
    found = {
        *_numbered(fingerprints.long_pairs([texts[number] for number in long], seed), long),
        *_numbered(fingerprints.short_pairs([texts[number] for number in short]), short),
    }
    # those with equal texts have different numbers or signs, or they would be one
    candidates = sorted((one, other) for one, other in found if texts[one] != texts[other])
    light = [pair for pair in candidates if min(weights[pair[0]], weights[pair[1]]) < LONG]
    attested = neighbours_in(texts, (pair for one, other in light for pair in needed(texts[one], texts[other])))
    pairs: list[tuple[int, int]] = []
    similarities: list[float] = []
    for one, other in candidates:
        a, b = texts[one], texts[other]
        if min(weights[one], weights[other]) < LONG:
            similarity = similarity_of_short(a, b, attested, (spoken[one], spoken[other]))
        else:
            similarity = similarity_of_long(a, b, threshold)
        if similarity:
            pairs.append((one, other))
            similarities.append(similarity)
    same = ~np.array(tell_apart(pairs, texts, spoken, weights), bool)
    return np.array(pairs, np.int64).reshape(-1, 2)[same], np.array(similarities)[same]


def _numbered(pairs: Array, numbers: list[int]) -> Iterator[tuple[int, int]]:
    for one, other in pairs.tolist():
        yield numbers[one], numbers[other]
