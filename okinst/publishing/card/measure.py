"""What is known to be weak in a set, measured on its own rows: duplicates, language, refusals, what leaks, overlap with evaluation sets.

The findings are plain values for provenance.json:

    okinst, rows, looked at, seed     by which version, of how many rows how many were looked at
    characters                        by source, of all rows: what is asked and answered
    checks                            by name: `rows` found, `of` so many
    evaluation sets                   `searched`: by set, its items and the rows that contain one; `not reached`: sets without files
    not measured                      by name: why
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from okinst import catalogue
from okinst.builders import MissingFile, NoNetwork, WrongCall
from okinst.curation import passages
from okinst.curation.contamination import Index
from okinst.curation.filters import Filter
from okinst.mixtures.evaluation_sets import index_of
from okinst.publishing import reading, repeated
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card.head import shape_of
from okinst.version import VERSION

#: rows that are looked at where there are more: about a minute's work
LOOKED_AT = 50_000
#: what each check asks of a row; rows that it would drop have the weakness
CHECKS = {
    "refusals": Filter(refusals="drop"),
    "self_reference": Filter(self_reference="drop"),
    "cut_off": Filter(cut_off="drop"),
    "residue": Filter.from_values({"residue": "drop"}, "card"),
    "empty": Filter(empty="drop"),
    "pii": Filter(pii="drop"),
    "secrets": Filter(secrets="drop"),
}
#: the languages that a filter can tell
LANGUAGES = ("ko", "zh-Hans", "zh-Hant", "ja", "en")


def measure(
    built: BuiltFolder,
    *,
    looked_at: int = LOOKED_AT,
    seed: int = 0,
    index: Path | None = None,
    door: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Measure a built set. Of more than `looked_at` rows so many are drawn by `seed`.

    Overlap is looked for with the evaluation sets of `index`, a file of `okinst index`, or those whose files are behind `door`
    (mirror, sample, data_dir); without either it is told as not measured.
    """
    total = sum(built.provenance["rows"].values())
    shape = shape_of(built)
    told = {
        "okinst": VERSION,
        "rows": total,
        "looked at": min(total, looked_at),
        "seed": seed,
        "checks": {},
        "not measured": {},
    }
    if shape in ("raw", "view"):
        return {**told, "looked at": 0, "not measured": {"shape": ""} if total else {}}
    characters, rows = _read(built, total, min(total, looked_at), seed)
    checks, unfit = _checks(rows, shape)
    told |= {"characters": characters, "checks": checks, "not measured": dict.fromkeys(unfit, "shape")}
    found = _overlap(rows, index, door)
    if isinstance(found, str):
        told["not measured"]["overlap"] = found
    else:
        told["evaluation sets"], checks["overlap"] = found
    return told


def _read(built: BuiltFolder, total: int, count: int, seed: int) -> tuple[dict[str, int], pa.Table]:
    """Characters by source, of all rows; and the rows that are looked at, in their order."""
    drawn = np.sort(np.random.default_rng(seed).permutation(total)[:count])
    characters, kept = Counter[str](), list[pa.Table]()
    start = 0
    for _, table in built.batches():
        lengths = pa.table({"source": table["source"], "length": passages.lengths(table, "both")})
        for line in lengths.group_by("source").aggregate([("length", "sum")]).to_pylist():
            characters[line["source"]] += line["length_sum"]
        inside = drawn[np.searchsorted(drawn, start) : np.searchsorted(drawn, start + len(table))] - start
        kept.append(table.take(pa.array(inside, pa.int64())))
        start += len(table)
    return dict(characters.most_common()), pa.concat_tables(kept) if kept else pa.table({})


def _checks(rows: pa.Table, shape: str) -> tuple[dict[str, dict[str, int]], list[str]]:
    """By check the rows found and looked at; and the checks that mean nothing for rows of a shape."""
    checks, unfit = {}, []
    if len(rows):
        same = repeated.find(passages.instructions(rows))
        checks = {kind: {"rows": same[kind], "of": same["compared"]} for kind in ("exact", "near")}
        if told := _languages(rows):
            checks["language"] = told
    for name, filter in CHECKS.items():
        try:
            filter.check(shape, "card")
        except WrongCall:
            unfit.append(name)
            continue
        if len(rows):
            checks[name] = {"rows": len(filter.apply(rows).dropped), "of": len(rows)}
    return checks, unfit


def _languages(rows: pa.Table) -> dict[str, int]:
    """Rows that are not in the language of their column; nothing where no filter can tell any of them."""
    found = of = 0
    for language in LANGUAGES:
        those = rows.filter(pc.equal(rows["language"], language))
        found += len(Filter(language=(language,)).apply(those).dropped)
        of += len(those)
    return {"rows": found, "of": of} if of else {}


def _overlap(
    rows: pa.Table, index: Path | None, door: dict[str, Any] | None
) -> tuple[dict[str, Any], dict[str, int]] | str:
    """What was searched for and found, or why nothing was."""
    unreached: list[str] = []
    if index is not None:
        searched = Index.load(index)
    elif door:
        searched = index_of(_reached(catalogue.evaluation_sets(), door, unreached))
        if not searched.items:
            return "out of reach"
    else:
        return "no index"
    hits = searched.search(passages.both(rows))
    by_set = Counter(name for _, name in {(hit.row, hit.item.set) for hit in hits})
    told = {name: {"rows": by_set[name], **count} for name, count in searched.coverage().items()}
    return {"searched": told, "not reached": unreached}, {"rows": len(hits.rows()), "of": hits.searched}


def _reached(
    names: Sequence[str], door: dict[str, Any], unreached: list[str]
) -> Iterator[tuple[str, dict[str, pa.Table]]]:
    """The sets whose files are there, with their rows by split; the others are put on the list."""
    for name in names:
        try:
            yield name, reading.tables(name, **door)
        except (MissingFile, NoNetwork):
            unreached.append(name)
