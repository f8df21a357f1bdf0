"""Many selections of one recipe side by side: KoQuality's grid of length groups (L), clusters (K) and shares (N), and rules.

    found = lay(name, Axes(groups=(1, 5), clusters=(10, 100), shares=(0.1, 0.01)), sample=True)
    found.write(folder)

The steps before the selection are done once, the rows are measured once, and clusters are made once for each L and K: what is left
for a choice is to choose. Beside each choice stands a baseline of the same size, drawn by lot from the same rows.

    grid.parquet       a row for each choice, with its metrics
    choices.parquet    id, and the numbers of the choices that took it; rows that no choice took are left out
    grid.json          all of that but the ids, the overlap of each two choices, and how everything was measured
    grid.md            a table to read
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasets.utils import tqdm

from okinst.builders import WrongCall
from okinst.catalogue import nearest
from okinst.curation.selection import compare
from okinst.curation.selection.choice import Choice, Clustering, choose, clustering
from okinst.curation.selection.measures import Measures
from okinst.curation.selection.rules import RULES, Rule
from okinst.curation.values import share as check_share
from okinst.mixtures import MIXTURES, Mixture, MixtureBuilder
from okinst.mixtures.meta import CUSTOM, builder_for
from okinst.mixtures.rows import Indices
from okinst.mixtures.selecting import SAMPLE_CLUSTER, Select, duplicate_groups
from okinst.version import VERSION

#: the baseline's name among the rules
UNIFORM = "uniform"
GRID, CHOICES, TABLE, TOLD = "grid.parquet", "choices.parquet", "grid.md", "grid.json"
#: what a choice is, in grid.parquet: the recipe's own, one of the grid, or a baseline
OWN, OF_GRID, BASELINE = "recipe", "grid", "baseline"
#: columns of the table: head, key, how it is written
COLUMNS: tuple[tuple[str, str, str], ...] = (
    (">rows", "rows", "{:,}"),
    (">near-dup.", "near_duplicates", "{:,}"),
    (">Hangul, instr.", "hangul_instruction", "{:.3f}"),
    (">Hangul, answer", "hangul_answer", "{:.3f}"),
    (">none, instr.", "no_hangul_instruction", "{:,}"),
    (">none, answer", "no_hangul_answer", "{:,}"),
    (">length, instr.", "length_instruction", "{:.1f}"),
    (">length, answer", "length_answer", "{:.1f}"),
    (">clusters", "coverage", "{:.1%}"),
    (">score", "score", "{:.2f}"),
    (">rank", "rank", "{:.3f}"),
    (">in recipe's", "overlap", "{:.1%}"),
)


@dataclass(frozen=True)
class Axes:
    """What is tried: L, K, N, and rules (none: the recipe's own). The defaults are those of KoQuality's paper."""

    groups: tuple[int, ...] = (1, 5, 10, 20)
    clusters: tuple[int, ...] = (10, 20, 50, 100)
    shares: tuple[float, ...] = (0.1, 0.05, 0.01)
    rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, option in (("groups", "--groups"), ("clusters", "--clusters"), ("shares", "--share")):
            values = tuple(dict.fromkeys(getattr(self, name)))
            object.__setattr__(self, name, values)
            if not values:
                raise WrongCall(f"{option}: name one value at least.")
            for value in values:
                if name == "shares":
                    check_share(value, f"{option}: {value!r}")
                elif isinstance(value, bool) or not isinstance(value, int) or value < 1:
                    raise WrongCall(f"{option}: {value!r} should be a whole number, 1 or more.")
        object.__setattr__(self, "rules", tuple(dict.fromkeys(self.rules)))
        for rule in self.rules:
            if rule not in RULES:
                near = nearest(rule, RULES)[0]
                raise WrongCall(
                    f"--rule: there is no rule {rule!r}. Did you mean {near!r}? There are {', '.join(RULES)}."
                )

    def choices(self, select: Select, count: int) -> Iterator[Choice]:
        """Each choice once; of the sample, such as its few rows can give. Raises WrongCall for more groups or clusters than rows."""
        for option, most in (("--groups", max(self.groups)), ("--clusters", max(self.clusters))):
            if most > count and not select.sampled:
                raise WrongCall(
                    f"{option}: {most:,} is more than the {count:,} rows there are to choose from. Leave such values out."
                )
        rules: tuple[Rule, ...] = self.rules or (select.choice.rule,)  # type: ignore[assignment]
        found: dict[Choice, None] = {}
        for groups in self.groups:
            if select.sampled:
                groups = min(groups, max(1, count // SAMPLE_CLUSTER))
            for clusters in self.clusters:
                for share in self.shares:
                    for rule in rules:
                        choice = dataclasses.replace(
                            select.choice, rule=rule, share=share, rows=None, groups=groups, clusters=clusters
                        )
                        found[select.fitting(choice, count)] = None
        yield from found


@dataclass(frozen=True, eq=False)
class Grid:
    """What came out: `lines` are the choices with their metrics, by number; `taken` the rows of each."""

    name: str
    lines: list[dict[str, Any]]
    taken: list[Indices]
    #: of all rows there were to choose from
    ids: list[str]
    #: metrics of all of them
    all_rows: dict[str, Any]
    #: rows in both as a share of the rows of the smaller
    overlaps: list[list[float | None]]
    #: how it was measured, and what to know before reading
    told: dict[str, Any]
    notes: list[str]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "okinst": VERSION,
            **self.told,
            "metrics": {**compare.METRICS, "overlap": "rows that the recipe's own choice took too, by the smaller"},
            "notes": self.notes,
            "all": self.all_rows,
            "choices": self.lines,
            "overlaps": self.overlaps,
        }

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The lines of a table under `heads`; the first is that of all rows there were."""
        yield ("all rows", "", "", "", *_written(self.all_rows))
        for line in self.lines:
            rule = line["rule"] + (", the recipe's" if line["kind"] == OWN else "")
            share = "" if line["share"] is None else f"{line['share']:.3g}"
            yield (rule, str(line["groups"]), str(line["clusters"]), share, *_written(line))

    heads = ("rule", ">L", ">K", ">N", *(head for head, _, _ in COLUMNS))

    def write(self, folder: Path) -> None:
        """Write the four files. They depend on the rows, the recipe and the axes alone."""
        pq.write_table(pa.Table.from_pylist(self.lines, schema=_SCHEMA), folder / GRID, compression="zstd")
        pq.write_table(self._choices(), folder / CHOICES, compression="zstd")
        told = json.dumps(self.as_json(), ensure_ascii=False)  # the overlaps alone would be 10,000 lines
        (folder / TOLD).write_text(told + "\n", encoding="utf-8")
        (folder / TABLE).write_text(self._table(), encoding="utf-8")

    def _choices(self) -> pa.Table:
        number = np.concatenate([np.full(len(rows), at, np.int32) for at, rows in enumerate(self.taken)])
        row = np.concatenate(self.taken).astype(np.int64)
        order = np.lexsort((number, row))
        there, count = np.unique(row, return_counts=True)
        offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
        return pa.table(
            {
                "id": pa.array(self.ids, pa.string()).take(pa.array(there)),
                "choices": pa.ListArray.from_arrays(pa.array(offsets), pa.array(number[order])),
            }
        )

    def _table(self) -> str:
        heads = [head.lstrip(">") for head in self.heads]
        rule = ["---:" if head.startswith(">") else "---" for head in self.heads]
        lines = (f"| {' | '.join(cells)} |" for cells in self.rows())
        return "\n".join(
            [
                f"# {self.name}: choices side by side",
                "",
                f"Of {len(self.ids):,} rows. L is length groups, K clusters in each, N the share that is taken.",
                *("", *(f"- {note}" for note in self.notes)),
                "",
                f"| {' | '.join(heads)} |",
                f"|{'|'.join(rule)}|",
                *lines,
                "",
                *(f"- {head.lstrip('>')}: {what}" for head, what in self._meanings()),
                "",
            ]
        )

    def _meanings(self) -> Iterator[tuple[str, str]]:
        meant = self.as_json()["metrics"]
        for head, key, _ in COLUMNS[1:]:
            yield head, meant[key]


#: of grid.parquet
_SCHEMA = pa.schema(
    [
        ("choice", pa.int32()),
        ("kind", pa.string()),
        ("rule", pa.string()),
        ("groups", pa.int32()),
        ("clusters", pa.int32()),
        ("share", pa.float64()),
        ("clusters_made", pa.int32()),
        ("short", pa.int32()),
        *(
            (name, pa.int64() if name.startswith("no_") or name in ("rows", "near_duplicates") else pa.float64())
            for name in compare.METRICS
        ),
        ("overlap", pa.float64()),
    ]
)


def selecting(name_or_recipe: str | Mixture, **options: Any) -> tuple[MixtureBuilder, Select]:
    """The builder of a recipe, and its selection. Raises WrongCall for what has none."""
    own = isinstance(name_or_recipe, Mixture)
    builder = builder_for(CUSTOM, recipe=name_or_recipe, **options) if own else builder_for(name_or_recipe, **options)
    select = builder.config.chosen if isinstance(builder, MixtureBuilder) else None
    if not isinstance(builder, MixtureBuilder) or select is None:
        what = "a mixture without" if isinstance(builder, MixtureBuilder) else "a source: it has no"
        raise WrongCall(
            f"{builder.config.name} is {what} [select], so there is nothing to try. Write a recipe with a table [select] (share = 0.01), "
            f"or take one of {', '.join(name for name, each in MIXTURES.items() if each.select)}."
        )
    return builder, select


def lay(name_or_recipe: str, axes: Axes, *, num_proc: int | None = None, **options: Any) -> Grid:
    """Try all choices of some axes on the rows of a recipe.

    `options` are the builder's: mirror, sample, data_dir, accept_drift, cache_dir, compute. Raises WrongCall, and what preparing and
    scoring raise.
    """
    builder, select = selecting(name_or_recipe, **options)
    rows, steps = builder.candidates(num_proc)
    if not len(rows):
        raise WrongCall(
            f"{builder.config.name}: the steps before [select] left no row to choose from: "
            f"okinst build {name_or_recipe} -o DIR says which took them."
        )
    own = select.fitting(select.choice, len(rows))
    # the recipe's own is the first, and is not there twice
    choices = list(dict.fromkeys([own, *axes.choices(select, len(rows))]))
    ids, instructions, answers, measures = select.measured(rows, builder.config.compute, num_proc or 1)
    alike = duplicate_groups(instructions)
    said = compare.Described.of(instructions, answers, measures.values, measures.order, alike)
    notes = [_OF_SAMPLE] if select.sampled else []
    lines: list[dict[str, Any]] = []
    taken: list[Indices] = []
    for tried in _tried(choices, measures, alike, select.seed, notes):
        number = len(lines)
        what = {"choice": number, "kind": tried.kind if number else OWN}
        lines.append({**what, **tried.told(), **compare.summary(said, tried.rows, tried.found.labels)})
        taken.append(tried.rows)
    overlaps = compare.overlaps(compare.in_common(taken, len(rows)))
    for line, overlap in zip(lines, overlaps[0], strict=True):
        line["overlap"] = overlap
    return Grid(
        name=builder.config.name,
        lines=lines,
        taken=taken,
        ids=ids,
        all_rows=compare.summary(said, np.arange(len(rows))),
        overlaps=overlaps,
        told={
            "select": select.values(),
            "axes": {**dataclasses.asdict(axes), "rules": axes.rules or (select.choice.rule,)},
            "rows": len(rows),
            "scored by": dict(Counter(measures.scorers)),
            "flags": dict(Counter(filter(None, measures.flags))),
            "steps": steps,
        },
        notes=notes,
    )


@dataclass(frozen=True, eq=False)
class _Tried:
    """A choice that was made, or a baseline of its size."""

    choice: Choice
    kind: str
    found: Clustering
    rows: Indices
    #: rows that were asked for, and could not be had without taking a duplicate group twice
    short: int = 0

    def told(self) -> dict[str, Any]:
        return {
            "rule": UNIFORM if self.kind == BASELINE else self.choice.rule,
            "groups": self.choice.groups,
            "clusters": self.choice.clusters,
            "share": self.choice.share,
            "clusters_made": len(self.found.clusters.sizes),
            "short": self.short,
        }


def _tried(
    choices: Sequence[Choice], measures: Measures, alike: Indices, seed: int, notes: list[str]
) -> Iterator[_Tried]:
    """Each choice, and after those of one L, K and N a baseline of each size that came out."""
    by_clusters: dict[tuple[int, int], dict[float | None, list[Choice]]] = {}
    for choice in choices:
        of_clusters = by_clusters.setdefault((choice.groups, choice.clusters), {})
        of_clusters.setdefault(choice.share, []).append(choice)
    for (groups, _), by_share in tqdm(by_clusters.items(), unit=" clusterings", desc="Grid"):
        found = clustering(measures, next(iter(by_share.values()))[0], seed)
        notes += [f"L = {groups}, {cut}" for cut in found.clusters.cut]
        eligible = np.flatnonzero(found.labels >= 0)
        for same in by_share.values():
            sizes = {}
            for choice in same:
                got = choose(measures, found, choice, seed, alike)
                sizes[len(got.rows)] = choice
                yield _Tried(choice, OF_GRID, found, got.rows, got.short)
            for size, choice in sizes.items():
                yield _Tried(choice, BASELINE, found, compare.uniform(eligible, size, seed))


_OF_SAMPLE = (
    f"The sample is small: L and K are cut so that {SAMPLE_CLUSTER} rows stand in a cluster, N is raised so that each cluster can give one "
    f"(not under stride), and choices that come to the same are there once."
)


def _written(line: dict[str, Any]) -> Iterator[str]:
    for _, key, how in COLUMNS:
        yield "" if line.get(key) is None else how.format(line[key])
