"""All that the page says of a built folder. What is counted is counted in its files, in every row; provenance.json tells what became
of the others."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from okinst.builders import DamagedFile, WrongCall
from okinst.builders.schema import COMMON
from okinst.curation import passages
from okinst.mixtures.grid import TOLD as GRID
from okinst.publishing import distributions, funnel, lots, repeated
from okinst.publishing.built import BuiltFolder
from okinst.publishing.folder import BY
from okinst.publishing.report import rows
from okinst.publishing.report.chosen import Chosen
from okinst.publishing.report.rows import Block

Array = np.ndarray[Any, Any]
#: rows of a table while a file is read
BATCH = 10_000
#: sources that have a line of their own in the histograms; the others share one
LINES = 8
#: of the rows that can be read, so many dropped ones besides
DROPPED_SHARE = 5
#: what of a grid stands in the page
OF_GRID = ("name", "rows", "metrics", "notes", "all", "choices", "overlaps")
#: rows that asked the same are shown with the beginning of what they ask, points of the map with that and the answer
SHOWN_OF_REPEATED, SHOWN_OF_POINT = 400, 240


@dataclass
class _Read:
    """What one reading of all rows gives: by row the numbers that are counted, and the rows and texts that are shown."""

    instruction: Array
    answer: Array
    turns: Array | None
    #: whether rows have one of okinst's shapes; without one, a row's length is that of all its texts, and stands in `answer`
    shaped: bool
    shown: list[dict[str, Any]]
    #: instructions of the rows that are compared
    asked: list[str]
    #: by id, what is asked and answered in the rows of the map's points
    points: dict[str, list[str]]


@dataclass
class Contents:
    """A built folder, read."""

    built: BuiltFolder
    #: how many rows should be readable, and what draws them
    rows_asked: int
    seed: int
    #: by row: split and the columns of BY, as numbers of `names`; upstream's own columns have no more than the split
    names: dict[str, list[str]]
    codes: dict[str, Array]
    #: places of the rows that can be read in the page, and their rows as blocks
    shown: Array
    read: _Read
    laid: list[list[Block]]
    #: places of the rows whose instructions were compared
    compared: Array
    repeats: dict[str, Any] | None
    chosen: Chosen | None
    dropped_rows: int
    dropped: list[dict[str, Any]]
    laid_dropped: list[list[Block]]
    grid: dict[str, Any] | None
    #: what okinst licence says; nothing of a set without rows
    licences: dict[str, Any] | None

    @classmethod
    def of(cls, built: BuiltFolder, grid: dict[str, Any] | None, count: int, seed: int, of_the_set: bool) -> "Contents":
        """Read everything once. Raises DamagedFile where the files hold other rows than provenance.json says."""
        names, codes = _columns(built)
        total = len(codes["split"])
        told = sum(built.provenance["rows"].values())
        if total != told:
            raise DamagedFile(
                f"{built.path} holds {total:,} rows, and its provenance.json says {told:,}. Build it again."
            )
        by = codes.get("source", codes["split"])
        shown = rows.draw(by, count, seed)
        compared = rows.draw(by, repeated.COMPARED, seed) if total > repeated.COMPARED else np.arange(total)
        chosen = Chosen.at(built.selection, seed, of_the_set) if built.selection else None
        read = _rows(built, total, shown, compared, set(chosen.ids()) if chosen else set())
        dropped_rows, dropped = _dropped(built, 0 if of_the_set else max(1, count // DROPPED_SHARE), seed)
        return cls(
            built=built,
            rows_asked=count,
            seed=seed,
            names=names,
            codes=codes,
            shown=shown,
            read=read,
            laid=[rows.blocks(row) for row in read.shown],
            compared=compared,
            repeats=repeated.find(read.asked) if read.shaped else None,
            chosen=chosen,
            dropped_rows=dropped_rows,
            dropped=dropped,
            laid_dropped=[rows.of_dropped(row) for row in dropped],
            grid=grid,
            licences=lots.report_of(built) if total else None,
        )

    @property
    def rows(self) -> int:
        """Of the set."""
        return len(self.codes["split"])

    def fewer(self, count: int) -> "Contents":
        """The same, of which so many rows can be read, and as much fewer of the dropped ones."""
        by = self.codes.get("source", self.codes["split"])[self.shown]
        some = rows.draw(by, count, self.seed)
        reasons = [(row["step"], row["reason"]) for row in self.dropped]
        numbers = {reason: number for number, reason in enumerate(dict.fromkeys(reasons))}
        others = rows.draw(
            [numbers[reason] for reason in reasons], max(1, count // DROPPED_SHARE) if reasons else 0, self.seed
        )
        return replace(
            self,
            shown=self.shown[some],
            read=replace(self.read, shown=[self.read.shown[place] for place in some.tolist()]),
            laid=[self.laid[place] for place in some.tolist()],
            dropped=[self.dropped[place] for place in others.tolist()],
            laid_dropped=[self.laid_dropped[place] for place in others.tolist()],
        )

    def cut(self, cap: int) -> int:
        """How many texts of rows a cap cuts."""
        return rows.cut([*self.laid, *self.laid_dropped], cap)

    def told(self, cap: int) -> dict[str, Any]:
        """Everything but the texts of rows."""
        known = self.built.provenance
        return {
            "name": self.built.name,
            "options": {"rows": self.rows_asked, "seed": self.seed},
            "okinst": known.get("okinst", ""),
            "description": str(known.get("description") or ""),
            "door": known.get("door"),
            "view": known.get("view", "okinst"),
            "rows": {split: int(count) for split, count in known["rows"].items()},
            "total": self.rows,
            "shown": len(self.shown),
            "dropped": self.dropped_rows,
            "dropped shown": len(self.dropped),
            "cut at": cap,
            "cut": self.cut(cap),
            "names": self.names,
            "composition": self._composition(),
            "licences": _licences(self.licences) if self.licences else None,
            "funnel": [*funnel.parts(self.built.funnel)],
            "steps": [funnel.step(each) for each in known.get("steps", ())],
            "set aside": known.get("set_aside", {}),
            "distributions": self._distributions(),
            "selection": self.chosen.told(funnel.how_selected(known)) if self.chosen else None,
            "repeats": {**self.repeats, "of": self.rows, "listed": len(self.repeats["listed"])}
            if self.repeats
            else None,
            "grid": self.grid,
            "making": {
                "recipe": known.get("recipe"),
                "written": known.get("written"),
                "inputs": known.get("inputs", []),
                "versions": {
                    "okinst": known.get("okinst"),
                    **self.built.versions,
                },
                "files": known.get("files", []),
            },
        }

    def texts(self, cap: int) -> dict[str, Any]:
        """The texts of rows, each cut at `cap` characters."""
        return {
            "rows": [
                [
                    str(row.get("id") or ""),
                    int(place),
                    *(int(codes[place]) for codes in self.codes.values()),
                    [b.told(cap) for b in laid],
                ]
                for row, place, laid in zip(self.read.shown, self.shown.tolist(), self.laid, strict=True)
            ],
            "dropped": [
                [
                    str(row.get("id") or ""),
                    row["step"],
                    row["reason"],
                    row["part"],
                    str(row.get("source") or ""),
                    [b.told(cap) for b in laid],
                ]
                for row, laid in zip(self.dropped, self.laid_dropped, strict=True)
            ],
            "repeats": self._repeats(),
            "points": [self.read.points.get(id, []) for id in self.chosen.ids()] if self.chosen else [],
            "point ids": self.chosen.ids() if self.chosen else [],
            "clusters": self.chosen.clusters if self.chosen else [],
        }

    def _composition(self) -> dict[str, list[list[Any]]]:
        """By column: each value, with its rows in each split."""
        found = {}
        splits = len(self.names["split"])
        for column in BY:
            if column in self.codes:
                counts = np.zeros((len(self.names[column]), splits), np.int64)
                np.add.at(counts, (self.codes[column], self.codes["split"]), 1)
                found[column] = [
                    [name, *count] for name, count in zip(self.names[column], counts.tolist(), strict=True)
                ]
        return found

    def _distributions(self) -> dict[str, Any]:
        sources = self.names.get("source", [])
        lines = sources[:LINES] if len(sources) <= LINES else sources[: LINES - 1]
        of = np.minimum(self.codes["source"], len(lines)) if sources else np.zeros(self.rows, np.int64)
        groups = max(1, len(lines) + (len(sources) > len(lines)))
        read, found = self.read, []
        if read.shaped:
            found.append(distributions.of_lengths("instruction", read.instruction, of, groups))
        if not read.shaped or read.answer.any():
            found.append(distributions.of_lengths("answer" if read.shaped else "row", read.answer, of, groups))
        if read.turns is not None:
            found.append(distributions.of_turns(read.turns, of, groups))
        return {
            "lines": lines,
            "others": len(sources) - len(lines),
            "of rows": found,
            "scores": self.chosen.scores() if self.chosen else [],
        }

    def _repeats(self) -> list[dict[str, Any]]:
        """The groups, with the place of each row in the set and the beginning of what it asks."""
        if not self.repeats:
            return []
        source = self.codes.get("source")
        return [
            {
                **group,
                "rows": [
                    [
                        int(self.compared[place]),
                        int(source[self.compared[place]]) if source is not None else -1,
                        similarity,
                        kind,
                        self.read.asked[place][:SHOWN_OF_REPEATED],
                    ]
                    for place, similarity, kind in group["rows"]
                ],
            }
            for group in self.repeats["listed"]
        ]


def _columns(built: BuiltFolder) -> tuple[dict[str, list[str]], dict[str, Array]]:
    """By row the split and the columns of BY, as numbers; names by how frequent they are."""
    splits = list(built.splits)
    batches, values = list[tuple[int, int]](), {column: list[pa.Array]() for column in BY}
    for split, table in built.batches(list(BY)):
        batches.append((splits.index(split), len(table)))
        for column, parts in values.items():
            if column in table.column_names:
                parts += table[column].chunks
    numbers, lengths = np.array(batches, np.int64).reshape(-1, 2).T
    names, codes = {"split": splits}, {"split": np.repeat(numbers, lengths)}
    for column, parts in values.items():
        if parts and sum(map(len, parts)) == lengths.sum():
            names[column], codes[column] = distributions.codes(
                pc.fill_null(pa.chunked_array(parts, pa.string()), "unstated")
            )
    return names, codes


def _rows(built: BuiltFolder, total: int, shown: Array, compared: Array, points: set[str]) -> _Read:
    instruction, answer = np.zeros(total, np.int64), np.zeros(total, np.int64)
    turns: Array | None = np.zeros(total, np.int64)
    shaped = True
    kept, asked, spoken = list[dict[str, Any]](), list[str](), dict[str, list[str]]()
    start = 0
    for _, table in built.batches():
        here = slice(start, start + len(table))
        inside = [
            each[np.searchsorted(each, start) : np.searchsorted(each, here.stop)] - start for each in (shown, compared)
        ]
        kept += table.take(pa.array(inside[0])).to_pylist()
        try:
            instruction[here], answer[here] = passages.lengths(table, "instruction"), passages.lengths(table, "answer")
            asked += passages.instructions(table.take(pa.array(inside[1])))
            if points and "id" in table.column_names:
                wanted = table.filter(pc.is_in(table["id"], pa.array(sorted(points), pa.string())))
                spoken |= {
                    str(id): [asks[:SHOWN_OF_POINT], answers[:SHOWN_OF_POINT]]
                    for id, asks, answers in zip(
                        wanted["id"].to_pylist(), passages.instructions(wanted), passages.answers(wanted), strict=True
                    )
                }
        except (WrongCall, KeyError, TypeError, pa.ArrowException):
            # upstream's own columns, or another layout: how long a row is can be said, what is asked in it cannot
            shaped = False
            own = table.select([name for name in table.column_names if name not in COMMON])
            answer[here] = [len(text) for text in passages.said(own)]
        counted = distributions.turns(table) if turns is not None else None
        if turns is None or counted is None:
            turns = None
        else:
            turns[here] = counted
        start = here.stop
    return _Read(instruction, answer, turns if total else None, shaped, kept, asked, spoken)


def _dropped(built: BuiltFolder, count: int, seed: int) -> tuple[int, list[dict[str, Any]]]:
    """How many rows stand in dropped.parquet, and some of them, of every step and reason."""
    if not built.dropped:
        return 0, []
    total = pq.read_metadata(built.dropped).num_rows
    if not count:
        return total, []
    why = pq.read_table(built.dropped, columns=["step", "reason"])
    (_, step), (reasons, reason) = (distributions.codes(why[column]) for column in why.column_names)
    drawn = rows.draw(step * len(reasons) + reason, count, seed)
    found: list[dict[str, Any]] = []
    start = 0
    for batch in pq.ParquetFile(built.dropped).iter_batches(BATCH):
        inside = drawn[np.searchsorted(drawn, start) : np.searchsorted(drawn, start + len(batch))] - start
        found += batch.take(pa.array(inside)).to_pylist()
        start += len(batch)
    return total, found


def _licences(report: dict[str, Any]) -> dict[str, Any]:
    keys = ("source", "rows", "license", "making", "commercial", "redistributable", "share_alike", "terms", "why")
    whole = report["whole"]
    return {
        "basis": report["basis"],
        "commercial": whole["commercial"],
        "redistributable": whole["redistributable"],
        "share alike": whole["share_alike"],
        "providers": whole["providers"],
        "conflicts": [each["text"] for each in whole["conflicts"]],
        "lots": [{key: lot[key] for key in keys} for lot in report["lots"]],
        "attribution": report["attribution"],
    }


def grid_at(folder: Path) -> dict[str, Any]:
    """What okinst grid wrote. Raises WrongCall for a folder it did not write, DamagedFile for a file that cannot be read."""
    path = Path(folder).expanduser() / GRID
    if not path.is_file():
        raise WrongCall(f"--grid {folder}: there is no {GRID} in it. Name a folder that okinst grid wrote.")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return {key: told[key] for key in OF_GRID}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DamagedFile(f"{path} cannot be read as {GRID} of okinst grid ({error}). Make it again.") from error
