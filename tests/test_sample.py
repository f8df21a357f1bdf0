"""The sample corpus: there for every source, large enough, and its planted rows are where planted.tsv says."""

import csv
from pathlib import Path

import pytest

from okinst.builders.doors import Mirror
from okinst.catalogue import SOURCES, Entry
from okinst.cli.fetching import wanted
from tests.conftest import SAMPLE


def planted() -> list[dict[str, str]]:
    with (SAMPLE / "planted.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def rows_of(path: str) -> list[dict[str, object]]:
    for entry in SOURCES.values():
        for _, upstream in wanted(entry):
            if path == f"{upstream.repo.id}/{upstream.path}":
                with (SAMPLE / path).open("rb") as file:
                    return list(entry.builder(config_name=entry.name, sample=True).read(file, path))
    raise LookupError(path)


@pytest.mark.parametrize("entry", SOURCES.values(), ids=SOURCES)
def test_every_upstream_file_has_its_sample(entry: Entry) -> None:
    for _, upstream in wanted(entry):
        assert Mirror(SAMPLE).locate(upstream, entry.name)


def test_no_file_is_there_that_no_source_reads() -> None:
    door = Mirror(SAMPLE)
    read = {found.place for entry in SOURCES.values() for _, file in wanted(entry) for found in door.locate(file, "")}
    there = {str(path) for path in SAMPLE.rglob("*") if path.is_file() and path.parent != SAMPLE}
    assert there == read


def test_it_is_large_enough(tmp_path: Path) -> None:
    total = 0
    for entry in SOURCES.values():
        if entry.name == "hrc-preference" or entry.name.endswith("-cleaned"):
            continue  # rows that were counted before
        builder = entry.builder(config_name=entry.name, sample=True, cache_dir=str(tmp_path))
        builder.download_and_prepare()
        total += sum(tally.read for tally in builder.tallies())
    assert total >= 400


def test_planted_rows_are_what_they_are_said_to_be() -> None:
    kinds = {row["kind"] for row in planted()}
    assert {"near-duplicate", "refusal", "cut-off", "untranslated", "code"} <= kinds
    for row in planted():
        rows = rows_of(row["file"])
        text = str(rows[int(row["row"])])
        if row["kind"] == "code":
            assert "```" in text or "코드" in text or "def " in text, row
        if row["kind"] == "refusal":
            assert any(words in text for words in ("AI 언어 모델", "人工智能语言模型", "인공지능")), row
