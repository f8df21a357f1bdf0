"""Real upstream files, where a machine has them: every count is the one that was measured or announced."""

from pathlib import Path
from typing import Any

import pytest

from okinst.builders.source import SourceBuilder
from okinst.catalogue import SOURCES
from tests.conftest import python


def built(name: str, mirror: Path, cache: Path) -> SourceBuilder:
    builder = SOURCES[name].builder(config_name=name, mirror=str(mirror), cache_dir=str(cache))
    builder.download_and_prepare()
    return builder


@pytest.mark.parametrize(
    ("name", "rows", "left_out"),
    [
        ("koalpaca-v1.0", {"train": 11_420}, {"empty output": 1}),
        ("koalpaca-v1.1", {"train": 200}, {}),
        ("hrc", {"train": 1_549}, {}),
        ("hrc-preference", {"train": 1_549}, {}),
        ("kochatgpt-talk", {"train": 439}, {}),
        ("kochatgpt-ppo", {"train": 11_997}, {"empty prompt": 3}),
        ("alpaca-zh-carbonz0", {"train": 20_454}, {"empty output": 11}),
        ("vaiv-sft", {"train": 2_458}, {"empty output": 3}),
        ("vaiv-ppo", {"train": 3_608}, {}),
        ("kobest-boolq", {"train": 3_665, "validation": 700, "test": 1_404}, {}),
        ("kobest-copa", {"train": 3_076, "validation": 500, "test": 1_000}, {}),
        ("kobest-sentineg", {"train": 3_649, "validation": 400, "test": 397}, {}),
    ],
)
def test_counts(name: str, rows: dict[str, int], left_out: dict[str, int], real_mirror: Path, tmp_path: Path) -> None:
    builder = built(name, real_mirror, tmp_path)
    assert {split: info.num_examples for split, info in builder.info.splits.items()} == rows
    reasons: dict[str, int] = {}
    for tally in builder.tallies():
        for reason, count in tally.left_out.items():
            reasons[reason] = reasons.get(reason, 0) + count
    assert reasons == left_out


def test_what_measured_tsv_says_is_still_so(real_mirror: Path, tmp_path: Path) -> None:
    for name, entry in SOURCES.items():
        lines = {(line.split, line.file): line for line in entry.builder.measures() if line.config == name}
        if not lines:
            continue
        for tally in built(name, real_mirror, tmp_path).tallies():
            line = lines[tally.split, f"{tally.file['repo']}/{tally.file['path']}"]
            assert (line.rows, line.kept, line.reasons()) == (tally.read, tally.kept, tally.left_out)


def test_the_reward_pairs_that_are_there(real_mirror: Path, tmp_path: Path) -> None:
    """The mirror has two of VAIV's three kinds; an empty third one stands in."""
    kinds = "VAIV-2023/RLHF-Korean-Friendly-LLM/RewardModel/data_final"
    (tmp_path / "data").mkdir()
    for path in (real_mirror / kinds).glob("*.json"):
        (tmp_path / "data" / path.name).symlink_to(path)
    for split in ("train", "test"):
        row = '[{"id": "translation_0", "prompt": "질문", "chosen": "좋은 답", "rejected": "나쁜 답"}]'
        (tmp_path / "data" / f"translation_{split}.json").write_text(row, encoding="utf-8")
    builder = SOURCES["vaiv-rm"].builder(data_dir=str(tmp_path / "data"), cache_dir=str(tmp_path))
    builder.download_and_prepare()
    counts: dict[str, Any] = {tally.file["path"].rpartition("/")[2]: tally for tally in builder.tallies()}
    assert counts["conversation_train.json"].kept == 1_037 - 14
    assert counts["hatespeech_train.json"].left_out == {"empty rejected": 13}
    rows = builder.as_dataset(split="train")
    assert not any("<|endoftext|>" in side[0]["content"] for row in rows for side in (row["chosen"], row["rejected"]))


def test_the_environment_variable_is_all_it_takes(real_mirror: Path, tmp_path: Path) -> None:
    code = "import okinst; print(okinst.load('hrc', split='train').num_rows)"
    told = python(code, OKINST_MIRROR=str(real_mirror), HF_HOME=str(tmp_path / "hf"))
    assert told.splitlines()[-1] == "1549"
