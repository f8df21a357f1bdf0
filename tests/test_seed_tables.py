"""Everything that three published tables list is in okinst, and no other source without a reason.

`seed_tables.tsv` has the tables: the list of the repository open-korean-instructions, the survey of 2023 (LLM Fine-tuning
학습 데이터 조사) and the list of Chinese sets; for each entry the names okinst loads it by. A * stands for the tasks of a benchmark. A source that no table
lists stands under `elsewhere`, with a remark that says why it is here.
"""

import csv
import json
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.conftest import okinst

with (Path(__file__).parent / "seed_tables.tsv").open(encoding="utf-8", newline="") as _file:
    ENTRIES = list(csv.DictReader(_file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def listed() -> dict[str, str]:
    """The room of every name."""
    return {entry["name"]: entry["room"] for entry in json.loads(okinst("list", "--json").stdout)}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry['table']}: {entry['entry']}")
def test_every_entry_can_be_loaded(entry: dict[str, str], listed: dict[str, str]) -> None:
    names = entry["names"].split()
    assert names, "an entry has at least one name"
    missing = [wanted for wanted in names if not any(fnmatchcase(name, wanted) for name in listed)]
    assert not missing, f"{entry['entry']} ({entry['url']}): okinst list has no {', '.join(missing)}"


def test_every_source_belongs_to_an_entry(listed: dict[str, str]) -> None:
    wanted = [name for entry in ENTRIES for name in entry["names"].split()]
    sources = [name for name, room in listed.items() if room != "mixtures"]
    astray = [name for name in sources if not any(fnmatchcase(name, pattern) for pattern in wanted)]
    assert not astray, f"in no table of tests/seed_tables.tsv: {', '.join(astray)}"


def test_the_tables_are_whole() -> None:
    assert all(None not in entry.values() and entry["url"].startswith("https://") for entry in ENTRIES)
    assert max(Counter((entry["table"], entry["entry"]) for entry in ENTRIES).values()) == 1
    tables = {entry["table"] for entry in ENTRIES}
    assert tables - {"elsewhere"} == {"open-korean-instructions", "survey-2023", "chinese"}
    assert all(entry["remark"] for entry in ENTRIES if entry["table"] == "elsewhere")
