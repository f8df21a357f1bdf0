"""One test body over every source and config, fed by invented fixtures of a few rows that contain the quirk.

`fixtures/<room>/<module>/` holds the upstream files under their upstream names, and `expected-<config>.jsonl`: one row a
line, as built, with `split` in front. A new source adds data here, not code.
"""

import json
from pathlib import Path

import datasets
import pytest

from okinst.builders import ByHand, bibliography, schema
from okinst.catalogue import ROOMS, SOURCES, Entry

FIXTURES = Path(__file__).parent / "fixtures"
every_source = pytest.mark.parametrize("entry", SOURCES.values(), ids=SOURCES)


def fixture(entry: Entry) -> Path:
    return FIXTURES / entry.room / entry.builder.__module__.rpartition(".")[2]


def built(entry: Entry, cache: Path, **options: object) -> dict[str, list[dict[str, object]]]:
    # The fixtures stand in for files that were measured, and differ from them on purpose.
    builder = entry.builder(config_name=entry.name, cache_dir=str(cache), accept_drift=True, **options)
    builder.download_and_prepare()
    return {split: list(rows) for split, rows in builder.as_dataset().items()}


@every_source
def test_builds_what_is_expected(entry: Entry, tmp_path: Path) -> None:
    lines = (fixture(entry) / f"expected-{entry.name}.jsonl").read_text(encoding="utf-8").splitlines()
    wanted: dict[str, list[dict[str, object]]] = {}
    for line in map(json.loads, lines):
        wanted.setdefault(line.pop("split"), []).append(line)
    assert built(entry, tmp_path, data_dir=str(fixture(entry))) == wanted


@every_source
def test_streams_the_same_rows(entry: Entry, tmp_path: Path) -> None:
    rows = built(entry, tmp_path, sample=True)
    stream = entry.builder(config_name=entry.name, cache_dir=str(tmp_path), sample=True).as_streaming_dataset()
    assert {split: list(stream[split]) for split in stream} == rows
    ids = [row["id"] for split in rows.values() for row in split]
    assert len(set(ids)) == len(ids)


@every_source
def test_the_generator_contract_gives_the_same_rows(entry: Entry, tmp_path: Path) -> None:
    """`_generate_tables` is only a faster way to say what `_generate_examples` says."""
    rows = built(entry, tmp_path, sample=True)
    builder = entry.builder(config_name=entry.name, cache_dir=str(tmp_path / "other"), sample=True)
    for split, upstream in builder.config.files.items():
        made = [
            builder.info.features.encode_example(row) for _, row in builder._generate_examples(list(upstream), split)
        ]
        assert made == rows[split]


@every_source
def test_raw_is_upstream_untouched(entry: Entry, tmp_path: Path) -> None:
    builder = entry.builder(config_name=entry.name, cache_dir=str(tmp_path), sample=True, raw=True)
    builder.download_and_prepare()
    rows = builder.as_dataset()
    for split, files in builder.config.files.items():
        upstream = []
        for located in builder.locate(files):
            with Path(located.place).open("rb") as file:
                upstream += list(builder.read(file, located.place))
        columns = entry.builder.COLUMNS
        assert [{column: row.get(column) for column in columns} for row in upstream] == list(rows[split])


@every_source
def test_shape_and_common_columns(entry: Entry, tmp_path: Path) -> None:
    builder = entry.builder(config_name=entry.name, cache_dir=str(tmp_path), sample=True)
    shape, features = schema.features(entry.builder.SHAPE), builder.info.features
    assert list(features)[: len(shape)] == list(shape)
    assert all(features[name] == shape[name] for name in shape if (entry.builder.SHAPE, name) != ("labelled", "labels"))
    assert len(features) == len(shape) or entry.builder.SHAPE == "rated"
    assert list(features)[:5] == ["id", "source", "language", "license", "making"]
    for rows in built(entry, tmp_path, sample=True).values():
        for row in rows:
            assert row["source"] == entry.name
            assert row["language"] in entry.builder.CARD.languages
            assert row["id"].startswith(f"{entry.name}/")


@every_source
def test_card_is_complete(entry: Entry) -> None:
    card = entry.builder.CARD
    assert card.title and card.homepage.startswith("https://") and card.license_note and card.languages
    assert entry.variant.description and entry.variant.rows and entry.builder.__doc__
    assert set(card.citations) <= bibliography.entries().keys() and card.citations
    assert not set(card.overlaps) & {entry.name}


@every_source
def test_upstream_is_pinned(entry: Entry) -> None:
    # A debt, not a pattern: of these no commit is known, so "main" is read. It was one name, grew by six when the rest of the
    # Korean and the Chinese list came in, and by the thirteen tasks of HAE-RAE Bench 1.1, which are one repository; each goes as
    # soon as somebody with the Hub in reach looks its commit up.
    unpinned = {
        "belle-generated-chat",
        "dolly-ko",
        "guanaco",
        "guanaco-chat",
        "koinstruct-base",
        "koinstruct-qa",
        "kowow",
    }
    for files in entry.variant.files.values():
        for file in files:
            if isinstance(file.repo, ByHand):
                assert file.repo.revision, "the version its page names, or unstated"
                continue
            pinned = len(file.repo.revision) >= 7 and set(file.repo.revision) <= set("0123456789abcdef")
            moving = entry.name in unpinned or file.repo.id == "HAERAE-HUB/HAE_RAE_BENCH_1.1"
            assert pinned != moving, file


def test_every_citation_is_used() -> None:
    from okinst.mixtures import MIXTURES

    used = {key for entry in SOURCES.values() for key in entry.builder.CARD.citations}
    used |= {key for mixture in MIXTURES.values() for key in mixture.citations}
    assert used == bibliography.entries().keys()


@pytest.mark.parametrize("room", ROOMS)
def test_sources_stand_in_order(room: str) -> None:
    modules = [builder.__module__ for builder in ROOMS[room]]
    assert modules == sorted(modules)


def test_module_names_are_unique() -> None:
    """`datasets` names a builder, and so its lock files, after the last part of its module."""
    names = [builder.__module__.rpartition(".")[2] for builders in ROOMS.values() for builder in builders]
    assert len(set(names)) == len(names)


def test_features_are_alike_for_every_conversation(tmp_path: Path) -> None:
    conversations = [entry for entry in SOURCES.values() if entry.builder.SHAPE == "conversation"]
    whole = datasets.concatenate_datasets(
        [
            entry.builder(config_name=entry.name, cache_dir=str(tmp_path), sample=True).as_streaming_dataset()[split]
            for entry in conversations
            for split in entry.variant.files
        ]
    )
    assert len({row["source"] for row in whole}) == len(conversations)
