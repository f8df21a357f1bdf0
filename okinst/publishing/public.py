"""What of a built folder may leave the machine it was made on.

Text of rows that are not in the set stays: such a row was often dropped because its licence or somebody's privacy forbids to pass it
on. So do the names of folders, which often say who made it.
"""

from pathlib import Path, PurePath, PureWindowsPath
from typing import Any

from okinst.mixtures.aside import DROPPED
from okinst.mixtures.selecting import CLUSTERS
from okinst.publishing.place import SET_ASIDE

#: files that may hold text of rows that are not in the set; of clusters, the examples
KEPT_BACK = (DROPPED, SET_ASIDE, CLUSTERS)
#: what the head of a report says that shows rows of the set alone
OF_THE_SET = "of the set"
_MARK = f'<meta name="okinst-rows" content="{OF_THE_SET}">'.encode()


def is_of_the_set(report: Path) -> bool:
    """Whether a report shows rows of the set alone, as its head says."""
    with report.open("rb") as file:
        return _MARK in file.read(1 << 14)


def without_folders(told: Any) -> Any:
    """Plain values with every path of this machine shortened to its last name: a public file need not know where it was made.

    >>> without_folders({"file": "/home/me/own.jsonl", "repo": "owner/name", "take": 3, "on": ["C:\\\\Users\\\\me\\\\a.toml"]})
    {'file': 'own.jsonl', 'repo': 'owner/name', 'take': 3, 'on': ['a.toml']}
    """
    if isinstance(told, dict):
        return {key: without_folders(value) for key, value in told.items()}
    if isinstance(told, list):
        return [without_folders(each) for each in told]
    if not isinstance(told, str) or "\n" in told:
        return told
    for kind in (PurePath, PureWindowsPath):
        if kind(told).is_absolute():
            return kind(told).name
    return told
