"""A folder that `okinst build` wrote, read again: its provenance, the files of its splits, the rows that did not come through."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from okinst.builders import DamagedFile, WrongCall
from okinst.builders.doors import sha256
from okinst.builders.origin import Origin
from okinst.licences import Facts, facts_of_origin, joined
from okinst.mixtures.aside import DROPPED
from okinst.mixtures.builder import facts_told
from okinst.mixtures.selecting import CLUSTERS, NOT_CHOSEN, SELECTION
from okinst.publishing.place import PROVENANCE, README

#: rows of a table while a file is read
BATCH = 10_000
#: Parquet files that hold no rows of the set
BESIDE = frozenset((DROPPED, SELECTION, CLUSTERS))
#: what provenance.json says beside the versions of the libraries that made the rows
_NO_VERSIONS = frozenset((
    "name", "description", "citation", "okinst", "published", "recipe", "written", "view", "door", "rows", "composition", "inputs",
    "funnel", "steps", "set_aside", "files", "measured", "card_language", "card_to_be", "kept_back",
))  # fmt: skip


@dataclass(frozen=True)
class BuiltFolder:
    """A folder of Parquet files, and what its provenance.json says of them."""

    path: Path
    #: nothing where okinst did not build it
    provenance: dict[str, Any]

    @classmethod
    def at(cls, path: Path) -> "BuiltFolder":
        """The folder at a path. Raises DamagedFile for a provenance.json that okinst did not write."""
        path = path.expanduser()
        if not (path / PROVENANCE).is_file():
            return cls(path, {})
        try:
            told = json.loads((path / PROVENANCE).read_text(encoding="utf-8"))
            return cls(path, {**told, "name": told["name"], "rows": told["rows"]})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DamagedFile(
                f"{path} cannot be read as a folder of okinst build ({PROVENANCE}: {error}). Build it again."
            ) from error

    @property
    def name(self) -> str:
        """Of the set; of the folder, where okinst did not build it."""
        return str(self.provenance.get("name", self.path.name))

    @property
    def files(self) -> list[Path]:
        """The Parquet files that hold its rows; those that did not come through are no rows of it."""
        return [path for path in sorted(self.path.rglob("*.parquet")) if path.name not in BESIDE]

    @cached_property
    def splits(self) -> dict[str, list[Path]]:
        """The files of each split, in the order of the rows."""
        target, rows = self.path / self.name, self.provenance.get("rows", ())
        return {split: sorted(target.glob(f"{split}-*.parquet")) for split in rows}

    def batches(self, columns: list[str] | None = None) -> Iterator[tuple[str, pa.Table]]:
        """The rows of all splits in order, some at a time. Raises WrongCall for a split without its files."""
        for split, files in self.splits.items():
            if not files and self.provenance["rows"][split]:
                raise WrongCall(
                    f"{self.path} lacks the Parquet files of its split {split}: {self.name}/{split}-*.parquet. Build it again."
                )
            for path in files:
                file = pq.ParquetFile(path)
                wanted = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
                for batch in file.iter_batches(BATCH, columns=wanted):
                    yield split, pa.Table.from_batches([batch])

    @property
    def facts(self) -> dict[str, Facts]:
        """What the recipe declares of files of one's own, those of parts that are mixtures included, and what generated rows say."""
        return joined(_facts(self.provenance.get("recipe", {})), facts_told(self.funnel))

    @property
    def told_rows(self) -> str:
        """How many rows each split has, in words."""
        return ", ".join(f"{split} {count:,} rows" for split, count in self.provenance.get("rows", {}).items())

    @property
    def card_by_hand(self) -> bool:
        """Whether README.md is another than the one that okinst wrote."""
        own = self.path / README
        known = [file["sha256"] for file in self.provenance.get("files", ()) if file["path"] == README]
        return bool(known) and own.is_file() and sha256(own) not in (*known, self.provenance.get("card_to_be"))

    @property
    def versions(self) -> dict[str, Any]:
        """Of the libraries that made the rows, by name."""
        return {key: value for key, value in self.provenance.items() if key not in _NO_VERSIONS}

    @property
    def funnel(self) -> list[dict[str, Any]]:
        """What went in and came out, part by part."""
        return list(self.provenance.get("funnel", ()))

    @property
    def dropped(self) -> Path | None:
        """The rows that did not come through, if there are any."""
        path = self.path / DROPPED
        return path if path.is_file() else None

    @property
    def selection(self) -> Path | None:
        """What was measured of the rows that a selection chose from, if there was one."""
        path = self.path / SELECTION
        return path if path.is_file() else None

    def why_absent(self) -> dict[str, tuple[str, str]]:
        """By id, the step that dropped a row, and its reason."""
        found: dict[str, tuple[str, str]] = {}
        if self.selection:
            table = pq.read_table(self.selection, columns=["id"], filters=[("chosen", "=", False)])
            found = dict.fromkeys(table["id"].to_pylist(), ("select", NOT_CHOSEN))
        if self.dropped:
            rows = pq.read_table(self.dropped, columns=["id", "step", "reason"]).to_pylist()
            found |= {row["id"]: (row["step"], row["reason"]) for row in rows}
        return found


def _facts(recipe: dict[str, Any]) -> dict[str, Facts]:
    found = list[dict[str, Facts]]()
    for part in recipe.get("parts", ()):
        name = part["source"]
        if isinstance(name, dict):
            found.append(_facts(name))
        elif "file" in part:
            found.append({name: Facts(name, "", tuple(part.get("generators", ())), tuple(part.get("translators", ())))})
            if "origin" in part:
                found.append({name: facts_of_origin(Origin.of(part["origin"]))})
    return joined(*found)
