"""Mixtures as streams: rows on the fly where a recipe allows it, and plain words where it does not."""

import itertools
import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import datasets
import pytest

from okinst.builders import WrongCall
from okinst.mixtures import Mixture, recipe
from okinst.mixtures.builder import builder_of_mixture
from tests.conftest import python

KULLM = '[[parts]]\nsource = "kullm-v2"\n'
V11 = '[[parts]]\nsource = "koalpaca-v1.1"\n'
CLEAN = 'filter = { min_answer = 20, pii = "mask" }\nlicense = "redistributable"\ndecontaminate = ["kobest-copa"]\n'


def mixture(text: str, tmp_path: Path) -> Mixture:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return recipe.read(path)


def stream(text: str, tmp_path: Path, split: str = "train") -> datasets.IterableDataset:
    builder = builder_of_mixture(mixture(text, tmp_path), sample=True, cache_dir=str(tmp_path / "cache"))
    return builder.as_streaming_dataset(split=split)


def built(text: str, tmp_path: Path) -> list[dict[str, Any]]:
    builder = builder_of_mixture(mixture(text, tmp_path), sample=True, cache_dir=str(tmp_path / "cache"))
    builder.download_and_prepare()
    return list(builder.as_dataset(split="train"))


def prepared(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "cache" / "okinst").glob("*") if path.is_dir()}


def test_part_after_part_it_gives_the_same_rows_and_prepares_none(tmp_path: Path) -> None:
    text = "shuffle = false\n" + CLEAN + KULLM + "repeat = 2\nfilter = { max_answer = 400 }\n" + V11
    rows = list(stream(text, tmp_path))
    assert prepared(tmp_path) == {"kobest-copa"}, "the evaluation set alone"
    assert rows == built(text, tmp_path)
    assert any(row["id"].endswith("#2") for row in rows) and len({row["id"] for row in rows}) == len(rows)
    plain = list(stream("shuffle = false\n" + KULLM + "repeat = 2\n" + V11, tmp_path))
    assert len(rows) < len(plain), "the steps had something to do"


def test_shares_are_interleaved_until_a_part_ends(tmp_path: Path) -> None:
    text = "seed = 3\n" + KULLM + "share = 0.25\n" + V11 + "share = 0.75\nrepeat = 50\n"
    rows = list(stream(text, tmp_path))
    assert not prepared(tmp_path)
    counts = Counter(row["source"] for row in rows)
    whole = len(list(stream("shuffle = false\n" + KULLM, tmp_path)))
    assert counts["kullm-v2"] == whole, "what is scarcest is used up"
    assert 0.65 < counts["koalpaca-v1.1"] / len(rows) < 0.85
    sources = [row["source"] for row in rows]
    assert len(list(itertools.groupby(sources))) > len(rows) / 10, "mixed, not one after the other"
    assert list(stream(text, tmp_path)) == rows, "the same again"
    other = list(stream(text.replace("seed = 3", "seed = 4"), tmp_path))
    assert [row["source"] for row in other] != sources


def test_all_of_known_parts_come_out_mixed(tmp_path: Path) -> None:
    rows = list(stream(KULLM + V11, tmp_path))
    assert not prepared(tmp_path)
    assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in built(KULLM + V11, tmp_path))
    assert [row["id"] for row in rows if row["source"] == "kullm-v2"] == [
        row["id"] for row in stream("shuffle = false\n" + KULLM, tmp_path)
    ]


@pytest.mark.parametrize(
    "text", ["shuffle = false\n" + CLEAN + KULLM + V11, CLEAN + KULLM + "share = 0.5\n" + V11 + "share = 0.5\n"]
)
def test_it_resumes_where_it_was_left(text: str, tmp_path: Path) -> None:
    rows = stream(text, tmp_path)
    wanted = [row["id"] for row in rows]
    for stop in (1, len(wanted) // 2, len(wanted) - 1):
        rows = stream(text, tmp_path)
        seen = [row["id"] for row in itertools.islice(rows, stop)]
        state = json.loads(json.dumps(rows.state_dict()))
        again = stream(text, tmp_path)
        again.load_state_dict(state)
        assert seen + [row["id"] for row in again] == wanted


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("dedup = true\n", "dedup"),
        ("validation = 0.2\n", "validation"),
        ("size = 20\n", "size"),
        ('rate = "temperature"\ntemperature = 2\n', "rate"),
    ],
)
def test_what_needs_all_rows_says_so_and_gives_the_same_as_without_streaming(
    key: str, told: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="okinst"):
        rows = list(stream(key + KULLM + V11, tmp_path))
    assert f"because of {told}" in caplog.text
    assert rows == built(key + KULLM + V11, tmp_path)


@pytest.mark.parametrize("take", ["1", "0.5", "3"])
def test_an_amount_needs_all_rows(take: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = list(stream(KULLM + f"take = {take}\n" + V11, tmp_path))
    assert "take of kullm-v2" in caplog.text
    assert rows == built(KULLM + f"take = {take}\n" + V11, tmp_path)


def test_rows_of_ones_own_are_not_counted_beforehand(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "own.jsonl").write_text('{"instruction": "왜?", "output": "그냥."}\n' * 7, encoding="utf-8")
    own = '[[parts]]\nfile = "own.jsonl"\nlayout = "alpaca"\nlicense = "mit"\nlanguage = "ko"\n'
    assert len(list(stream(own, tmp_path))) == 7
    assert len(list(stream("shuffle = false\n" + own + V11, tmp_path))) == 47
    assert not caplog.text and not prepared(tmp_path)
    assert len(list(stream(own + V11, tmp_path))) == 47
    assert "how many rows there are of own" in caplog.text


def test_a_share_of_nothing(tmp_path: Path) -> None:
    text = KULLM + "share = 0.5\nfilter = { min_answer = 100000 }\n" + V11 + "share = 0.5\n"
    with pytest.raises(WrongCall, match="nothing is left of kullm-v2"):
        list(stream(text, tmp_path))


MEMORY = """
import itertools, resource, sys
from pathlib import Path
import datasets
from okinst.publishing.naming import builder_of
datasets.disable_progress_bars()
rows = builder_of(sys.argv[1], cache_dir=sys.argv[2]).as_streaming_dataset(split="train")
list(itertools.islice(rows, 3_000))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(1 for _ in rows)
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """60 MB of rows go by, of which a few thousand are held at a time."""
    own = '[[parts]]\nfile = "{}.jsonl"\nlayout = "alpaca"\nlicense = "mit"\nlanguage = "ko"\nshare = 0.5\n'
    path = tmp_path / "mine.toml"
    path.write_text(own.format("one") + own.format("two"), encoding="utf-8")
    for name in ("one", "two"):
        with (tmp_path / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for number in range(20_000):
                row = {"instruction": f"{name} {number}?", "output": "가나다라 마바사 " * 60}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    count, grown = map(int, python(MEMORY, path, tmp_path / "cache").split())
    assert count > 35_000
    assert grown < 40
