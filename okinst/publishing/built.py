"""A folder that `okinst build` wrote, read again: its provenance, the files of its splits, the rows that did not come through."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from okinst.builders import DamagedFile
from okinst.mixtures.aside import DROPPED
from okinst.mixtures.selecting import CLUSTERS, NOT_CHOSEN, SELECTION
from okinst.publishing.place import PROVENANCE

#: Parquet files that hold no rows of the set
BESIDE = frozenset((DROPPED, SELECTION, CLUSTERS))


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

    @property
    def splits(self) -> dict[str, list[Path]]:
        """The files of each split, in the order of the rows."""
        target, rows = self.path / self.name, self.provenance.get("rows", ())
        return {split: sorted(target.glob(f"{split}-*.parquet")) for split in rows}

    @property
    def told_rows(self) -> str:
        """How many rows each split has, in words."""
        return ", ".join(f"{split} {count:,} rows" for split, count in self.provenance.get("rows", {}).items())

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
