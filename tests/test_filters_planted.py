"""The rows planted in the sample corpus are found in the rows that sources build from it, and few others are."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from okinst.builders import SourceBuilder
from okinst.catalogue import SOURCES
from okinst.cli.fetching import wanted
from okinst.curation.filters import Filter
from tests.test_sample import planted, rows_of

KEYS: dict[str, dict[str, Any]] = {
    "refusal": {"refusals": "drop", "self_reference": "drop"},
    "cut-off": {"cut_off": "drop"},
    "code": {"code": "drop"},
    "untranslated": {"residue": ["untranslated"]},
}
REASONS = {
    "refusal": {"refusal", "self-reference"},
    "cut-off": {"cut-off answer"},
    "code": {"code"},
    "untranslated": {"untranslated span"},
}
#: English as a whole: the language filter's
NOT_BY_THIS_FILTER = {"hikariming/alpaca_chinese_dataset/history/翻译后的中文数据/alpaca_data-12345-15323-中文.json:0"}
PLANTED = [row for row in planted() if row["kind"] in KEYS and f"{row['file']}:{row['row']}" not in NOT_BY_THIS_FILTER]


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("built"))


def built(path: str, cache_dir: str) -> Iterator[tuple[SourceBuilder, pa.Table]]:
    """The sources that read a file, and the rows they build from the sample."""
    for entry in SOURCES.values():
        if any(path == f"{upstream.repo.id}/{upstream.path}" for _, upstream in wanted(entry)):
            builder = entry.builder(config_name=entry.name, sample=True, cache_dir=cache_dir)
            builder.download_and_prepare()
            yield builder, pa.concat_tables([split.data.table for split in builder.as_dataset().values()])


@pytest.mark.parametrize("row", PLANTED, ids=lambda row: f"{row['kind']}: {row['file']}:{row['row']}")
def test_planted_rows_are_found(row: dict[str, str], cache_dir: str) -> None:
    upstream = rows_of(row["file"])[int(row["row"])]
    for builder, table in built(row["file"], cache_dir):
        messages = builder.example(upstream)["messages"]
        done = Filter.from_values(KEYS[row["kind"]], "here").apply(table)
        places = [place for place, each in enumerate(table["messages"].to_pylist()) if each == messages[: len(each)]]
        # a question that nobody answers is cut off the end
        assert places
        reasons = dict(zip(done.dropped["index"].to_pylist(), done.dropped["reason"].to_pylist(), strict=True))
        assert {reasons.get(place) for place in places} <= REASONS[row["kind"]]


def test_few_others_are(cache_dir: str) -> None:
    meant, tables = set(), {}
    for row in planted():
        for builder, table in built(row["file"], cache_dir):
            tables[builder.config.name] = table
            if row in PLANTED:
                messages = builder.example(rows_of(row["file"])[int(row["row"])])["messages"]
                meant.add(messages[-1]["content"])
    kept = Filter.from_values(KEYS["refusal"] | KEYS["cut-off"] | KEYS["untranslated"], "here")
    wrong, rows = [], 0
    for table in tables.values():
        if "messages" in table.column_names:
            done = kept.apply(table)
            rows += table.num_rows
            for row, drop in zip(done.aside.to_pylist(), done.dropped.to_pylist(), strict=True):
                if not meant & {message["content"] for message in row["messages"]}:
                    wrong.append((row["id"], drop["reason"], drop["evidence"]))
    assert rows > 400
    assert len(wrong) <= 0.01 * rows, wrong
