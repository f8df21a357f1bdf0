"""What a selection chose: every row it could choose from as a point on a plane, and its clusters."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from okinst.mixtures.selecting import CLUSTERS
from okinst.publishing import distributions

Array = np.ndarray[Any, Any]
#: points of the map: more can neither be told apart nor drawn smoothly on a phone
POINTS = 4_000
#: clusters that are listed, and characters of an example
LISTED, EXAMPLE = 600, 200


@dataclass(frozen=True)
class Chosen:
    """A selection.parquet, and the points of it that are drawn."""

    table: pa.Table
    points: Array
    clusters: list[dict[str, Any]]

    @classmethod
    def at(cls, path: Path, seed: int, of_the_set: bool) -> "Chosen":
        """Read one, and draw the points: half of them chosen rows, where there are so many. With `of_the_set` clusters have no
        examples but chosen rows."""
        table = pq.read_table(path)
        taken = table["chosen"].to_numpy(zero_copy_only=False)
        random = np.random.default_rng(seed)
        inside, outside = (random.permutation(np.flatnonzero(each)) for each in (taken, ~taken))
        count = max(min(len(inside), POINTS // 2), POINTS - len(outside))
        points = np.concatenate([inside[:count], outside[: max(0, POINTS - count)]])
        hidden = set(table.filter(pc.invert(table["chosen"]))["id"].to_pylist()) if of_the_set else set[str]()
        return cls(table, np.sort(points), _clusters(path.with_name(CLUSTERS), hidden))

    def told(self, how: dict[str, Any]) -> dict[str, Any]:
        """The points as columns, and what was chosen of how many. `how` is what the funnel's line says of the measures."""
        drawn = self.table.take(pa.array(self.points))
        sources, source = distributions.codes(drawn["source"].to_pylist())
        return {
            "rows": len(self.table),
            "chosen": int(np.count_nonzero(self.table["chosen"].to_numpy(zero_copy_only=False))),
            "how": how,
            "mean": "score" if len(pc.unique(self.table["scorer"])) < 2 else "rank",
            "sources": sources,
            "source": source.tolist(),
            "drawn chosen": int(np.count_nonzero(drawn["chosen"].to_numpy(zero_copy_only=False))),
            "taken": [int(each) for each in drawn["chosen"].to_pylist()],
            **{axis: [round(float(each), 4) for each in drawn[axis].to_pylist()] for axis in ("x", "y")},
            **{name: drawn[name].to_pylist() for name in ("length", "group", "cluster")},
            "value": [None if each is None else round(float(each), 3) for each in drawn["value"].to_pylist()],
            **self._duplicates(),
        }

    def ids(self) -> list[str]:
        """Of the points, in their order."""
        return [str(id) for id in self.table["id"].take(pa.array(self.points)).to_pylist()]

    def scores(self) -> list[dict[str, Any]]:
        """A histogram of the scores of each scorer, for those of different models cannot be compared: of all rows there were to
        choose from, and of those chosen."""
        values = self.table["value"].to_numpy(zero_copy_only=False).astype(float)
        scorer = np.asarray(self.table["scorer"].to_pylist(), object)
        taken = self.table["chosen"].to_numpy(zero_copy_only=False).astype(np.int64)
        return [{**told, "scorer": name} for name, told in distributions.by_scorer(values, scorer, taken)]

    def _duplicates(self) -> dict[str, int]:
        if "duplicate_group" not in self.table.column_names:
            return {}
        _, sizes = np.unique(self.table["duplicate_group"].to_numpy(), return_counts=True)
        return {"duplicate groups": int((sizes > 1).sum()), "in duplicate groups": int(sizes[sizes > 1].sum())}


def _clusters(path: Path, hidden: Collection[str]) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    found = pq.read_table(path).to_pylist()
    found.sort(key=lambda each: -each["size"])
    # ranks, where the scores of several scorers have no mean
    mean = "mean_value" if any(each["mean_value"] is not None for each in found) else "mean_order"
    return [
        {
            **{name: each[name] for name in ("cluster", "group", "size", "chosen")},
            "mean": None if each[mean] is None or np.isnan(each[mean]) else round(each[mean], 3),
            "examples": [
                [one["id"], one["instruction"][:EXAMPLE]] for one in each["examples"] if one["id"] not in hidden
            ],
        }
        for each in found[:LISTED]
    ]
