"""The lots of a set, rows of one source, licence and making, and what may be done with them: of a source, a mixture, a recipe, or a
folder that was built."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

from okinst import catalogue
from okinst.builders import DamagedFile, SourceBuilder, WrongCall
from okinst.builders.origin import Origin
from okinst.licences import COLUMNS, NOT_ADVICE, Facts, Lot, attribution, gate, lot, stricter_origins, together
from okinst.licences.gate import COMMERCIAL, REDISTRIBUTABLE
from okinst.mixtures import MIXTURES, Mixture, MixtureBuilder, recipe
from okinst.mixtures.builder import facts as facts_known
from okinst.mixtures.mixture import Tokens
from okinst.publishing.built import BuiltFolder
from okinst.publishing.naming import builder_of
from okinst.publishing.place import PROVENANCE

COUNTED, CARDS = "counted", "cards"


class Known(NamedTuple):
    """The lots of a set, and how they are known."""

    name: str
    #: COUNTED in rows, or told by CARDS
    basis: str
    told: str
    lots: list[Lot]
    #: rows of a source of which the lots are not known one by one
    among: dict[str, int]
    #: sources whose number of rows somebody stated, and nobody counted
    stated: frozenset[str]
    #: what a recipe declares of files of one's own, by the name their rows bear
    facts: dict[str, Facts]
    #: the licence gates of the recipe that were counted in: `license` as written, `of` which mixture, and what `goes`
    gates: list[dict[str, Any]] = []
    #: texts that steps changed, by what was changed
    changed: Mapping[str, int] = MappingProxyType({})


def report(name: str, **door: Any) -> dict[str, Any]:
    """What may be done with the rows behind a name, as plain values; `okinst.cli.licensing` prints them."""
    return _report(_known(name, door))


def report_of(built: BuiltFolder) -> dict[str, Any]:
    """The same of a folder that was built. Raises WrongCall where nothing is known of its rows."""
    return _report(_of_folder(built))


def _report(known: Known) -> dict[str, Any]:
    whole = together(known.lots)
    if known.stated:  # what nobody has counted is not told as if somebody had
        whole = replace(whole, explanation=together(replace(each, rows=None) for each in known.lots).explanation)
    commercial, passed_on = gate(COMMERCIAL, known.facts), gate(REDISTRIBUTABLE, known.facts)
    lots = []
    for each in known.lots:
        at, whys = each.standing, commercial.whys(each.source, each.license, each.making)
        lots.append(
            {
                "source": each.source,
                "rows": each.rows,
                "among": known.among.get(each.source) if each.rows is None else None,
                "rows_exact": each.source not in known.stated,
                "license": each.license,
                "making": each.making,
                "generators": [machine.named for machine in at.generators],
                "translators": [machine.named for machine in at.translators],
                "terms": list(at.providers()),
                "commercial": at.commercial,
                "redistributable": at.redistributable,
                "share_alike": bool(at.license.share_alike),
                "no_derivatives": at.license.no_derivatives,
                "research_only": at.research_only,
                "why": whys,
                "not_passed_on": [
                    *passed_on.whys(each.source, each.license, each.making),
                    *(_unchanged_only(each, known.changed) if at.license.no_derivatives else ()),
                ],
                "kept": not whys,
                "reason": commercial.reason(each.source, each.license, each.making),
            }
        )
    origins = {
        source: stricter_origins(source, known.facts.get(source))
        for source in dict.fromkeys(each.source for each in known.lots)
    }
    return {
        "name": known.name,
        "basis": known.basis,
        "told": known.told,
        "gates": known.gates,
        "lots": lots,
        "whole": whole.as_json(),
        "origins": [
            {"source": source, "origin": origin, "license": license}
            for source, found in origins.items()
            for origin, license in found
        ],
        "attribution": attribution(known.lots, known.facts),
        "note": NOT_ADVICE,
    }


def _unchanged_only(at: Lot, changed: Mapping[str, int]) -> Iterator[str]:
    """Rows left out, and rows in other columns, are still the rows as they were; a masked text is another text."""
    if changed:
        told = ", ".join(f"{count:,} {what}" for what, count in changed.items())
        yield f"{at.license} permits passing on unchanged texts only, and steps of this set masked some ({told})"


# -- how the rows are known -------------------------------------------------------------------------------------------


def _known(name: str, door: dict[str, Any]) -> Known:
    is_name = name in MIXTURES or name in catalogue.SOURCES or recipe.is_recipe(name)
    folder = Path(name).expanduser()
    if not is_name and folder.is_dir():
        return _of_folder(BuiltFolder.at(folder))
    builder = builder_of(name, **door)
    if isinstance(builder, MixtureBuilder):
        built = bool(builder.funnel())
    else:
        built = bool(builder.tallies()) and not builder.config.raw
    if built:
        counts = _counts(table for rows in builder.as_dataset().values() for table in _tables(rows))
        facts = facts_known(builder)
        told = "Rows counted in what was built here."
        return Known(builder.config.name, COUNTED, told, _lots(counts, facts), {}, frozenset(), facts)
    return _of_cards(builder)


def _tables(rows: datasets.Dataset) -> Iterator[pa.Table]:
    yield from rows.select_columns(list(COLUMNS)).with_format("arrow").iter(100_000)


def _counts(tables: Iterable[pa.Table]) -> Counter[tuple[str, str, str]]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for table in tables:
        for row in table.select(list(COLUMNS)).group_by(list(COLUMNS)).aggregate([([], "count_all")]).to_pylist():
            source, license, making = (row[column] or "unstated" for column in COLUMNS)
            counts[source, license, making] += row["count_all"]
    return counts


def _lots(counts: Counter[tuple[str, str, str]], facts: dict[str, Facts]) -> list[Lot]:
    return [lot(*group, rows, facts) for group, rows in counts.items()]


def _of_folder(built: BuiltFolder) -> Known:
    """The rows of a folder of Parquet files, by their columns; of raw rows, by what provenance.json says they are. Of a folder that
    okinst built, only the files of its splits are the set."""
    folder, name = built.path, built.name
    files = [path for paths in built.splits.values() for path in paths] if built.provenance else built.files
    if not files:
        raise WrongCall(
            f"{folder} holds no Parquet files. Name a source or mixture (okinst list), or a folder that okinst build wrote."
        )
    try:
        with_columns = [path for path in files if set(COLUMNS) <= set(pq.read_schema(path).names)]
        if len(with_columns) == len(files):
            counts = _counts(
                pa.Table.from_batches([batch])
                for path in files
                for batch in pq.ParquetFile(path).iter_batches(100_000, columns=list(COLUMNS))
            )
            facts = built.facts
            counted = f"Rows counted in {folder}."
            changed = _changed([built.provenance.get("steps"), built.funnel])
            return Known(name, COUNTED, counted, _lots(counts, facts), {}, frozenset(), facts, [], changed)
    except pa.ArrowInvalid as error:
        raise DamagedFile(f"{folder} has a Parquet file that cannot be read: {error}. Build it again.") from error
    if not built.funnel:
        raise WrongCall(
            f"{folder} has rows without the columns {', '.join(COLUMNS)}, and no {PROVENANCE} that says where they are "
            f"from: nothing is known of their licence."
        )
    among = {step["source"]: step["taken"] for step in built.funnel}
    told = f"Upstream's own columns in {folder} name no licence: told from the cards."
    return Known(name, CARDS, told, of_cards(built.funnel, built.facts), among, frozenset(), built.facts)


def of_cards(funnel: Iterable[dict[str, Any]], facts: Mapping[str, Facts]) -> list[Lot]:
    """What the Cards say of the rows in a funnel, those of parts that are mixtures included. Their number belongs to one lot only
    where a source has one; of a source without a Card nothing is known."""
    found = []
    for line in funnel:
        if line.get("parts"):
            found += of_cards(line["parts"], facts)
            continue
        if generated := [Origin.of(each) for each in line.get("origins", ())]:
            found += [lot(each.name, *standing, None, facts) for each in generated for standing in each.standings]
            if {file["repo"] for file in line["files"]} <= {each.name for each in generated}:
                continue
        source, entry = line["source"], catalogue.SOURCES.get(line["source"])
        standings = entry.builder.standings() if entry else (("unstated", "unstated"),)
        rows = line["taken"] if len(standings) == 1 else None
        found += [lot(source, license, making, rows, facts) for license, making in standings]
    return found


def _changed(told: Any) -> Counter[str]:
    """Texts that steps changed, wherever a funnel tells of it."""
    if isinstance(told, dict):
        own = Counter(told["changed"]) if isinstance(told.get("changed"), dict) else Counter[str]()
        return sum((_changed(each) for each in told.values()), own)
    if isinstance(told, list):
        return sum(map(_changed, told), Counter[str]())
    return Counter()


def _of_cards(builder: SourceBuilder | MixtureBuilder) -> Known:
    gates, gated = list[dict[str, Any]](), ""
    if isinstance(builder, MixtureBuilder):
        parts = [*_of_mixture(builder.config)]
        gates = [*_told_of_gates(builder.config)]
    elif builder.origins:
        parts = [_Expected(each.name, None, True, each.standings) for each in builder.origins]
    else:
        name = builder.config.name
        splits = [_expected(name, split, None, None, True) for split in builder.config.files]
        rows = [count for count, _ in splits if count is not None]
        count = sum(rows) if len(rows) == len(splits) else None
        parts = [_Expected(name, count, all(exact for _, exact in splits), catalogue.SOURCES[name].builder.standings())]
    among = Counter[str]()  # a source may be there with two splits
    for part in parts:
        among[part.source] += part.rows or 0
    facts = facts_known(builder)
    for each in gates:
        goes = "; ".join(f"{gone['source']}, {gone['license']}: {gone['why']}" for gone in each["goes"]) or "nothing"
        gated += f" license = {json.dumps(each['license'])} of {each['of']} is counted in. It lets go: {goes}."
    told = "Not built here: from the cards, and rows as upstream or a measurement of its files states them." + gated
    return Known(
        builder.config.name,
        CARDS,
        told,
        [
            lot(part.source, license, making, part.rows if len(part.standings) == 1 else None, facts)
            for part in parts
            for license, making in part.standings
        ],
        {source: count for source, count in among.items() if count},
        frozenset(part.source for part in parts if not part.exact),
        facts,
        gates,
    )


class _Expected(NamedTuple):
    """What is known of one part before it is built."""

    source: str
    rows: int | None
    exact: bool
    standings: Sequence[tuple[str, str]]


def _told_of_gates(mixture: Mixture) -> Iterator[dict[str, Any]]:
    """The licence gates of a mixture and of those in it, the inner ones first, and what each lets go."""
    for part in mixture.parts:
        if part.mixture:
            yield from _told_of_gates(part.mixture)
    if gate := mixture.gate:
        goes = [
            {"source": part.source, "license": license, "making": making, "why": why}
            for part in _of_all(mixture)
            for license, making in part.standings
            if (why := gate.why(part.source, license, making))
        ]
        yield {"of": mixture.name, "license": gate.values(), "goes": goes}


def _gated(mixture: Mixture, part: _Expected) -> _Expected:
    """What a mixture's licence gate leaves of a part."""
    gate = mixture.gate
    if gate is None:
        return part
    return part._replace(standings=[each for each in part.standings if gate.keeps(part.source, *each)])


def _of_mixture(mixture: Mixture) -> Iterator[_Expected]:
    """Part by part, those of parts that are mixtures included, so far as its licence gate keeps rows of it. How many rows
    steps and shares leave nobody knows."""
    yield from (_gated(mixture, part) for part in _of_all(mixture))


def _of_all(mixture: Mixture) -> Iterator[_Expected]:
    worked_on = mixture.is_worked_on
    for part in mixture.parts:
        if part.mixture:
            known = part.take is None and not worked_on
            yield from (each if known else each._replace(rows=None) for each in _of_mixture(part.mixture))
            continue
        standings = list(dict.fromkeys((license, making) for _, license, making in part.lots))
        take = None if isinstance(part.take, Tokens) else part.take
        if part.variant is not None:
            count, exact = (take, True) if isinstance(take, int) else (None, True)
        else:
            count, exact = _expected(part.config, part.split, take, part.rows, part.rows_exact)
        unknown = worked_on or isinstance(part.take, Tokens)
        yield _Expected(part.config, None if unknown else count, exact, standings)


def _expected(
    source: str, split: str, take: int | float | None, published: int | None, published_exact: bool
) -> tuple[int | None, bool]:
    """How many rows a part will have, so far as anybody knows, and whether that is exact."""
    if isinstance(take, int):
        return take, True
    if published is not None:
        return published, published_exact
    entry = catalogue.SOURCES[source]
    files = len(entry.variant.files.get(split, ()))
    measured = [line for line in entry.builder.measures() if (line.config, line.split) == (source, split)]
    if files and len(measured) == files:
        rows, exact = sum(line.kept for line in measured), True
    elif split in entry.variant.rows:
        rows, exact = entry.variant.rows[split], False  # what will not come through nobody has counted
    else:
        return None, False
    return (round(take * rows), False) if take is not None else (rows, exact)
