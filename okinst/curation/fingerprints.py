"""Fingerprints of normalised texts, and which texts share one: the candidates that are then compared for good.

Numbers only, on NumPy arrays of all characters in a row: no text is cut into Python strings. A long text gets a MinHash
(rensa) of its character shingles; a short one, in which a single edit changes most shingles, gets keys that survive such
an edit. Candidates are cheap to find and may be wrong; nothing is a duplicate before `verification` said so.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from okinst.curation.scripts import FUNCTION, NARROW_WEIGHT, is_wide

Array = np.ndarray[Any, Any]

#: shingle lengths: a Hangul syllable or a Han character says as much as two or three Latin letters
WIDE, NARROW = 3, 6
#: a MinHash is cut into bands; two texts are candidates where a whole band agrees. At a Jaccard similarity of 0.5 96 pairs in
#: 100 do, at 0.6 all but three in a thousand, at 0.1 one in forty
BANDS, ROWS = 24, 3
PERMUTATIONS = BANDS * ROWS
#: characters at a time: some 60 bytes of working memory each
BATCH = 1_000_000
#: of a fingerprint that very many texts share, each text is compared with so many others: work grows with texts, not pairs
NEIGHBOURS = 24

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_KINDS = tuple(np.uint64(kind) for kind in (0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3))


def long_pairs(texts: Sequence[str], seed: int) -> Array:
    """Candidate pairs, shape (n, 2), of long texts, by MinHash. `seed` chooses the permutations."""
    import rensa

    if len(texts) < 2:
        return _no_pairs()
    index = rensa.RMinHashLSH(threshold=0.5, num_perm=PERMUTATIONS, num_bands=BANDS)
    sketches, start, flags = [], 0, list[bool]()
    for some in batches(texts):
        sketch = _sketch(*shingle_hashes(some), seed)
        if len(some) == len(texts):
            flags = index.insert_matrix_and_query_duplicate_flags(sketch)
            break
        index.insert_matrix(sketch, start)
        start += len(some)
        sketches.append(sketch)
    flags = flags or [flag for sketch in sketches for flag in index.query_duplicate_flags_matrix(sketch)]
    # Few rows share a band with another: only their sketches are worth reading out, which takes longer than making them.
    flagged = np.flatnonzero(flags)
    del sketches, index
    bands = [np.empty((0, BANDS), np.uint64)]
    for some in batches([texts[row] for row in flagged.tolist()]):
        rows = np.array(_sketch(*shingle_hashes(some), seed).to_rows(), dtype=np.uint64)
        bands.append(_band_hashes(rows))
    return _sharing(np.concatenate(bands), flagged)


def short_pairs(texts: Sequence[str]) -> Array:
    """Candidate pairs, shape (n, 2), of short texts: those that are an edit apart, in order or out of it."""
    keys, rows, start = [np.empty(0, np.uint64)], [np.empty(0, np.int64)], 0
    for some in batches(texts):
        key, row = _short_keys(some)
        keys.append(key)
        rows.append(row + start)
        start += len(some)
    return _pairs_of(np.concatenate(keys), np.concatenate(rows))


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Runs of texts that are together about `BATCH` characters."""
    start, size = 0, 0
    for end, text in enumerate(texts, 1):
        size += len(text)
        if size >= BATCH:
            yield texts[start:end]
            start, size = end, 0
    if start < len(texts):
        yield texts[start:] if start else texts


def shingle_hashes(texts: Sequence[str]) -> tuple[Array, Array]:
    """The hashed shingles of all texts in a row (uint64), and the offsets of the texts in it (n + 1).

    One shingle begins at every character that has enough after it: three characters where it is of a wide script, six
    elsewhere, so that mixed texts are cut the same way wherever they agree. A text too short for any gets none.
    """
    codes, offsets = characters(texts)
    mixed = _mix(codes.astype(np.uint64))
    ends = np.repeat(offsets[1:], np.diff(offsets))
    length = np.where(is_wide(codes), WIDE, NARROW)
    whole = np.arange(len(codes)) + length <= ends
    running = np.zeros(len(codes), np.uint64)
    short = running
    for step in range(NARROW):
        there = mixed[step:]
        running = running * np.uint64(_BASE)
        running[: len(there)] += there
        if step == WIDE - 1:
            short = running.copy()
    hashes = _mix(np.where(length == WIDE, short, running ^ _KINDS[0]))
    return hashes[whole], np.concatenate(([0], np.cumsum(whole)))[offsets]


def characters(texts: Sequence[str]) -> tuple[Array, Array]:
    """The characters of all texts in a row (uint32), and the offsets of the texts in it (n + 1)."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return codes, np.concatenate(([0], np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))))


def weights(texts: Sequence[str]) -> Array:
    """The lengths of the texts in wide characters: others count NARROW_WEIGHT."""
    found = [np.empty(0)]
    for some in batches(texts):
        codes, offsets = characters(some)
        wide = np.concatenate(([0], np.cumsum(is_wide(codes))))[offsets]
        found.append(NARROW_WEIGHT * np.diff(offsets) + (1 - NARROW_WEIGHT) * np.diff(wide))
    together: Array = np.concatenate(found)
    return together


def bigrams(codes: Array) -> Array:
    """Each character with the next one, as one number."""
    pairs: Array = (codes[:-1].astype(np.uint64) << np.uint64(32)) | codes[1:]
    return pairs


def _mix(values: Array) -> Array:
    """Scatter 64-bit numbers (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    scattered: Array = values ^ (values >> np.uint64(31))
    return scattered


def _powers(base: int, count: int) -> Array:
    powers = np.full(count, base, np.uint64)
    powers[0] = 1
    accumulated: Array = np.multiply.accumulate(powers)
    return accumulated


def _sums(values: Array) -> Array:
    return np.concatenate((np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)))


def _short_keys(texts: Sequence[str]) -> tuple[Array, Array]:
    """Keys (uint64) that near texts share, and the text each belongs to.

    Of each text: it without one of its characters, for every character, and it as it is (texts one edit apart share one);
    its characters in any order, but for those that words of grammar are made of, and those without one more of them.
    """
    codes, offsets = characters(texts)
    lengths = np.diff(offsets)
    rows = np.repeat(np.arange(len(texts)), lengths)
    mixed = _mix(codes.astype(np.uint64) + _KINDS[0])
    size = len(codes) + 1
    up, down = _powers(_BASE, size), _powers(_INVERSE, size)
    # A text is a polynomial in _BASE with its characters as coefficients, modulo 2**64; leaving one out is a shift by one.
    sums = _sums(mixed * up[:-1])
    starts, ends = offsets[:-1], offsets[1:]
    before = sums[:-1] - np.repeat(sums[starts], lengths)
    after = (np.repeat(sums[ends], lengths) - sums[1:]) * np.uint64(_INVERSE)
    without = (before + after) * np.repeat(down[starts], lengths)
    whole = (sums[ends] - sums[starts]) * down[starts]
    content = ~np.isin(codes, FUNCTION)
    bags = _sums(np.where(content, mixed, np.uint64(0)))
    bag = bags[ends] - bags[starts]
    number = np.arange(len(texts))
    keys = (
        _mix(without),
        _mix(whole),
        _mix(bag) ^ _KINDS[1],
        _mix(np.repeat(bag, lengths)[content] - mixed[content]) ^ _KINDS[1],
    )
    return np.concatenate(keys), np.concatenate((rows, number, number, rows[content]))


def _sketch(hashes: Array, offsets: Array, seed: int) -> Any:
    import rensa

    return rensa.RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets.astype(np.uint64), PERMUTATIONS, seed)


def _band_hashes(sketches: Array) -> Array:
    """One number a band: shape (n, BANDS) from (n, PERMUTATIONS)."""
    bands = sketches.reshape(len(sketches), BANDS, ROWS)
    hashes = np.zeros(bands.shape[:2], np.uint64)
    for step in range(ROWS):
        hashes = _mix(hashes * np.uint64(_BASE) + bands[:, :, step] + np.uint64(1))
    return hashes


def _sharing(bands: Array, rows: Array) -> Array:
    found = [_pairs_of(bands[:, band], rows) for band in range(BANDS)]
    return np.unique(np.concatenate(found), axis=0)


def _pairs_of(keys: Array, rows: Array) -> Array:
    """Pairs of rows that share a key, the smaller row first, each once."""
    # Most keys stand alone: they are ruled out by sorting the keys without their rows, which is several times as fast.
    alone = np.sort(keys)
    several = np.unique(alone[1:][alone[1:] == alone[:-1]])
    if not len(several):
        return _no_pairs()
    shared = several[np.minimum(np.searchsorted(several, keys), len(several) - 1)] == keys
    keys, rows = keys[shared], rows[shared]
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    found = [_no_pairs()]
    for step in range(1, min(NEIGHBOURS, max(len(keys) - 1, 0)) + 1):
        together = (keys[step:] == keys[:-step]) & (rows[step:] != rows[:-step])
        if not (keys[step:] == keys[:-step]).any():
            break
        found.append(np.stack((rows[:-step][together], rows[step:][together]), axis=1))
    return np.unique(np.concatenate(found), axis=0)


def _no_pairs() -> Array:
    return np.empty((0, 2), np.int64)
