"""The rows that did not come through, beside the built ones: dropped.parquet.

| column | |
|---|---|
| step | the step of the recipe that dropped the row (`inner: dedup`, of a part that is a mixture), or READ: it was left out while its source was read |
| reason | as the funnel counts it |
| evidence | what shows it; of a row left out while reading, the upstream row as JSON, long texts cut off |
| part | the part it was in, down through parts that are mixtures: `inner/hrc` |
| id, source, ... | the row; of one left out while reading, its id and source |

Of the rows left out while reading a source, the first MOST under each reason are there: the funnel has their number. Credentials
are masked whether the recipe asks for it or not, personal data where it does: the folder may be published.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from okinst.builders import SourceBuilder
from okinst.builders.schema import Shape
from okinst.builders.tally import MOST, Aside
from okinst.mixtures.masking import hidden, masked
from okinst.mixtures.mixture import Mixture, Part
from okinst.mixtures.rows import Outcome, Rows

if TYPE_CHECKING:
    from okinst.mixtures.builder import MixtureBuilder

__all__ = ["DROPPED", "MOST", "READ", "of_parts", "of_source", "of_steps", "write"]

DROPPED = "dropped.parquet"
READ = "read"
#: rows of a table
RANGE = 2_000
_FIRST = ("step", "reason", "evidence", "part")


def write(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write some tables as one file, or none where there are no rows."""
    with ExitStack() as stack:
        writer = None
        for table in tables:
            writer = writer or stack.enter_context(pq.ParquetWriter(path, table.schema, compression="zstd"))
            writer.write_table(table)


def of_source(
    builder: SourceBuilder, split: str, part: str, schema: pa.Schema, personal: bool = False
) -> Iterator[pa.Table]:
    """The rows of a source that were left out while it was read. `schema` has the columns of a row."""
    rows: list[Aside] = []
    for aside in builder.aside(split):
        rows.append(aside)
        if len(rows) == RANGE:
            yield _read(rows, builder.config.name, part, schema, personal)
            rows = []
    if rows:
        yield _read(rows, builder.config.name, part, schema, personal)


def _read(rows: Sequence[Aside], source: str, part: str, schema: pa.Schema, personal: bool) -> pa.Table:
    clean = iter(hidden([text for each in rows for text in _texts([each.reason, each.row])], personal))
    told = [_with_texts([each.reason, each.row], clean) for each in rows]
    known = {
        "id": pa.array([each.id for each in rows], pa.string()),
        "source": pa.array([source] * len(rows), pa.string()),
    }
    columns = [known.get(field.name, pa.nulls(len(rows), field.type)) for field in schema]
    return _with_first(
        pa.Table.from_arrays(columns, schema=schema),
        step=[READ] * len(rows),
        reason=[reason for reason, _ in told],
        evidence=["" if row is None else json.dumps(row, ensure_ascii=False) for _, row in told],
        part=[part] * len(rows),
    )


def of_parts(
    mixture: Mixture, builders: "Sequence[SourceBuilder | MixtureBuilder]", schema: pa.Schema
) -> Iterator[pa.Table]:
    """What was left out while the parts were read, and what the steps of those that are mixtures dropped."""
    told = set[str]()  # a mixture of which two splits are parts has one file of both
    for part, builder in zip(mixture.parts, builders, strict=True):
        personal = _asks_for_pii(mixture, part)
        if isinstance(builder, SourceBuilder):
            yield from of_source(builder, part.split, part.name, schema, personal)
        elif part.config not in told and (inner := builder.dropped()):
            told.add(part.config)
            for batch in pq.ParquetFile(inner).iter_batches(RANGE):
                table = pa.Table.from_batches([batch])
                first = {name: table[name].to_pylist() for name in _FIRST}
                first["part"] = [f"{part.name}/{place}" for place in first["part"]]
                first["step"] = [step if step == READ else f"{part.name}: {step}" for step in first["step"]]
                first["evidence"] = hidden(first["evidence"], personal)
                yield _with_first(masked(table.select(schema.names), mixture.shape, personal), **first)


def of_steps(
    dropped: Iterable[tuple[str, Outcome]], rows: Rows, place_of: Callable[[Any], list[str]], shape: Shape
) -> Iterator[pa.Table]:
    """What each step dropped; `place_of` some rows says where each is from."""
    for step, outcome in dropped:
        for start in range(0, len(outcome.dropped), RANGE):
            chosen = outcome.dropped[start : start + RANGE]
            yield _with_first(
                masked(rows.take(chosen), shape),  # personal data were masked by the first step, where they are to be
                step=[step] * len(chosen),
                reason=outcome.reasons[start : start + RANGE],
                evidence=hidden(outcome.evidence[start : start + RANGE]),  # a stretch of the row may be among it
                part=place_of(chosen),
            )


def _with_first(table: pa.Table, **columns: list[str]) -> pa.Table:
    for name in reversed(_FIRST):
        table = table.add_column(0, name, pa.array(columns[name], pa.string()))
    return table


def _asks_for_pii(mixture: Mixture, part: Part) -> bool:
    return any(each and each.pii for each in (mixture.filter, part.filter))


def _texts(value: Any) -> Iterator[str]:
    """All texts in a plain value, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _with_texts(value: Any, texts: Iterator[str]) -> Any:
    """A plain value with other texts in the place of its own.

    >>> _with_texts({"a": ["b", 1]}, iter("xy"))
    {'x': ['y', 1]}
    """
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, dict):
        return {next(texts): _with_texts(each, texts) for each in value.values()}
    if isinstance(value, list):
        return [_with_texts(each, texts) for each in value]
    return value
