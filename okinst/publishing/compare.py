"""What `okinst diff` says: which rows came and went between two built folders, from which source and why, and what of their
recipes and inputs differs."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from okinst.builders import DamagedFile, WrongCall
from okinst.publishing.built import BuiltFolder
from okinst.publishing.place import PROVENANCE

#: rows of each kind of difference that are listed
LISTED = 20
BATCH = 10_000


@dataclass(frozen=True)
class Folder:
    """A folder that okinst built, as far as it is compared."""

    path: Path
    provenance: dict[str, Any]
    #: by id: split, source, and a hash of the row
    rows: dict[str, tuple[str, str, bytes]]
    #: by id: the step that dropped it, and its reason
    dropped: dict[str, tuple[str, str]]
    #: by split: a hash of the ids in their order
    orders: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> "Folder":
        """Read one. Raises WrongCall for a folder that okinst did not build, DamagedFile for a file that cannot be read."""
        built = BuiltFolder.at(path)
        if not built.provenance:
            raise WrongCall(f"{path} has no {PROVENANCE}: okinst diff compares two folders that okinst build wrote.")
        try:
            rows: dict[str, tuple[str, str, bytes]] = {}
            orders: dict[str, str] = {}
            for split, files in built.splits.items():
                order = hashlib.sha256()
                for id, source, row in _rows(files, split):
                    rows[id] = (split, source, row)
                    order.update(id.encode() + b"\0")
                orders[split] = order.hexdigest()
            dropped = built.why_absent()
        except (ValueError, KeyError, TypeError, pa.ArrowException, OSError) as error:
            raise DamagedFile(
                f"{path} cannot be read as a folder of okinst build ({error}). Build it again."
            ) from error
        return cls(built.path, built.provenance, rows, dropped, orders)


@dataclass
class Diff:
    """What differs between two folders."""

    one: Folder
    other: Folder
    came: dict[str, str] = field(default_factory=dict)
    went: dict[str, str] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    #: splits whose rows stand in another order
    reordered: list[str] = field(default_factory=list)
    recipe: list[dict[str, Any]] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def same_rows(self) -> bool:
        """Whether both hold the same rows in the same order."""
        return not (self.came or self.went or self.changed or self.moved or self.reordered)

    @property
    def same(self) -> bool:
        """Whether they differ in nothing that is compared."""
        return self.same_rows and not (self.recipe or self.inputs or self.versions)

    def by_source(self) -> list[tuple[str, str, str, int]]:
        """How many rows came, went, changed and moved, by source and why."""
        counts: Counter[tuple[str, str, str]] = Counter()
        for kind, whys, rows in (("came", self.came, self.other.rows), ("went", self.went, self.one.rows)):
            counts.update((rows[id][1], kind, why) for id, why in whys.items())
        counts.update((self.other.rows[id][1], "changed", "the same id, another row") for id in self.changed)
        counts.update((self.other.rows[id][1], "moved", why) for id, why in self.moved.items())
        return [(*key, count) for key, count in sorted(counts.items())]

    def as_json(self) -> dict[str, Any]:
        return {
            "one": str(self.one.path),
            "other": str(self.other.path),
            "same": self.same,
            "same_rows": self.same_rows,
            "rows": [len(self.one.rows), len(self.other.rows)],
            "by_source": [
                {"source": source, "what": kind, "why": why, "rows": count}
                for source, kind, why, count in self.by_source()
            ],
            "came": [{"id": id, "source": self.other.rows[id][1], "why": why} for id, why in self.came.items()],
            "went": [{"id": id, "source": self.one.rows[id][1], "why": why} for id, why in self.went.items()],
            "changed": self.changed,
            "moved": [{"id": id, "why": why} for id, why in self.moved.items()],
            "reordered": self.reordered,
            "recipe": self.recipe,
            "inputs": self.inputs,
            "versions": self.versions,
        }


def compare(one: Path, other: Path) -> Diff:
    """Compare two folders that okinst built."""
    diff = Diff(Folder.read(one), Folder.read(other))
    before, after = diff.one.rows, diff.other.rows
    diff.went = {id: _why(diff.other, id, before[id][1]) for id in before if id not in after}
    diff.came = {id: _why(diff.one, id, after[id][1]) for id in after if id not in before}
    for id in before:
        if id in after and before[id] != after[id]:
            if before[id][2] != after[id][2]:
                diff.changed.append(id)
            else:
                diff.moved[id] = f"from {before[id][0]} to {after[id][0]}"
    if not (diff.came or diff.went or diff.moved):
        diff.reordered = [split for split in diff.one.orders if diff.one.orders[split] != diff.other.orders.get(split)]
    old, new = diff.one.provenance, diff.other.provenance
    diff.recipe = _changes(_flat(old.get("recipe")), _flat(new.get("recipe")), "key")
    diff.inputs = _changes(_hashes(old), _hashes(new), "file")
    diff.versions = _changes(_versions(old), _versions(new), "library")
    return diff


def _why(absent: Folder, id: str, source: str) -> str:
    """Why a row is not in a folder."""
    for known in (id, id.partition("#")[0]):
        if known in absent.dropped:
            return ": ".join(absent.dropped[known])
    if "#" in id and id.rpartition("#")[0] in absent.rows:
        return "repeated less often"
    if source not in _sources(absent.provenance.get("funnel", [])):
        return "its source is no part of it"
    return "not taken: take, share or size, or not in its file"


def _sources(funnel: list[dict[str, Any]]) -> set[str]:
    return {step["source"] for step in funnel}.union(*(_sources(step.get("parts", [])) for step in funnel))


def _rows(files: list[Path], split: str) -> Iterator[tuple[str, str, bytes]]:
    number = 0
    for path in files:
        for batch in pq.ParquetFile(path).iter_batches(BATCH):
            for row in batch.to_pylist():
                # raw rows have upstream's columns only: they are known by their place
                id = row.pop("id", None) or f"{split}/{number}"
                told = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
                yield str(id), str(row.get("source", "")), hashlib.sha256(told).digest()
                number += 1


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """A recipe as one value a key: parts go by their source, so that their order changes no key."""
    if isinstance(value, dict):
        return {key: each for name, inner in value.items() for key, each in _flat(inner, f"{path}.{name}").items()}
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        found: dict[str, Any] = {}
        for number, each in enumerate(value):
            source = each.get("source", number)
            name = source.get("name") if isinstance(source, dict) else source
            split = each.get("split", "train")
            found |= _flat(each, f"{path}[{name}{'' if split == 'train' else '/' + split}]")
        return found
    return {path.lstrip("."): value}


def _hashes(provenance: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for file in provenance.get("inputs", []):
        name = " ".join(str(file[key]) for key in ("for", "repo", "path") if key in file)
        found[name] = file.get("sha256") or file.get("revision")
    return found


def _versions(provenance: dict[str, Any]) -> dict[str, Any]:
    named = ("okinst", "datasets", "pyarrow", "numpy", "rensa", "tokenizers", "detect-secrets")
    return {library: provenance[library] for library in named if library in provenance}


def _changes(one: dict[str, Any], other: dict[str, Any], what: str) -> list[dict[str, Any]]:
    return [
        {what: key, "one": one.get(key), "other": other.get(key)}
        for key in dict.fromkeys([*one, *other])
        if one.get(key) != other.get(key)
    ]
