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
#: what provenance.json says in sentences, which may begin with a slash
_PROSE = frozenset(("description", "citation", "license_note", "warning", "explanation"))
_MARK = f'<meta name="okinst-rows" content="{OF_THE_SET}">'.encode()


def is_of_the_set(report: Path) -> bool:
    """Whether a report shows rows of the set alone, as its head says."""
    with report.open("rb") as file:
        return _MARK in file.read(1 << 14)


def without_folders(told: Any) -> Any:
    """Plain values with every path of this machine shortened to its last name: a public file need not know where it was made. The
    `repo` of a file of one's own is the folder it lies in, and goes.

    >>> without_folders({"file": "/home/me/own.jsonl", "repo": "owner/name", "take": 3, "on": ["C:\\\\Users\\\\me\\\\a.toml"]})
    {'file': 'own.jsonl', 'repo': 'owner/name', 'take': 3, 'on': ['a.toml']}
    >>> without_folders({"repo": "/home/me", "path": "own.jsonl", "description": "/imagine, and other prompts"})
    {'path': 'own.jsonl', 'description': '/imagine, and other prompts'}
    """
    if isinstance(told, dict):
        return {
            key: value if key in _PROSE else without_folders(value)
            for key, value in told.items()
            if not (key == "repo" and _name(value))
        }
    if isinstance(told, list):
        return [without_folders(each) for each in told]
    return _name(told) or told


def _name(value: Any) -> str:
    """The last name of an absolute path; nothing of anything else."""
    if not isinstance(value, str) or "\n" in value:
        return ""
    return next((kind(value).name for kind in (PurePath, PureWindowsPath) if kind(value).is_absolute()), "")
