"""What `okinst contamination` and `okinst index` print: from names to an index, and from hits to a report."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from okinst import catalogue
from okinst.curation.contamination import Hits, Index
from okinst.mixtures.evaluation_sets import index_of, none_passed_over
from okinst.publishing.reading import tables


def index(names: Sequence[str], way_on: str = "NAME...", **door: Any) -> Index:
    """The index of some evaluation sets: names of the catalogue, or files; without any, every set of the room eval_sets.

    A set that cannot be had is an error; `way_on` is how the command line names sets, for that.
    """
    with none_passed_over(f"{way_on} (okinst list --room eval_sets)"):
        return index_of((name, tables(name, **door)) for name in names or catalogue.evaluation_sets())


def report(name: str, split: str, rows: pa.Table, hits: Hits) -> dict[str, Any]:
    """What was found in one split of a set, for people and machines."""
    flagged = hits.rows()
    ids = rows["id"].take(pa.array(flagged, pa.int64())).to_pylist() if "id" in rows.column_names else flagged
    id_of = dict(zip(flagged, ids, strict=True))
    rows_by_set = Counter(name for _, name in {(hit.row, hit.item.set) for hit in hits})
    return {
        "name": name,
        "split": split,
        "rows": hits.searched,
        "flagged": len(flagged),
        "rows by evaluation set": dict(sorted(rows_by_set.items())),
        "hits": [
            {
                "row": hit.row,
                "id": str(id_of[hit.row]),
                "set": hit.item.set,
                "split": hit.item.split,
                "item": hit.item.id,
                "part": hit.item.part,
                "score": round(hit.score, 4),
                "evidence": hit.evidence,
            }
            for hit in hits
        ],
    }
