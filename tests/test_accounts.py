"""That what is told of a build is true: of a sample, of a recipe in a recipe, of what was chosen and what was not."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from okinst.builders import MissingFile, TooManyLost, WrongCall
from okinst.catalogue import SOURCES
from okinst.cli import contamination, overlapping
from okinst.cli.funnels import _why, print_steps
from okinst.curation.filters import Filter
from okinst.mixtures import Mixture, Part, recipe
from okinst.publishing import lots
from tests.conftest import ROOT
from tests.own_files import Made, asked, make, part
from tests.test_steps import TALKS


def test_a_sample_is_another_build(tmp_path: Path) -> None:
    """What the sample takes of too large an amount is not what a real build gives."""
    text = part("mine", f"take = {len(TALKS) + 1}")
    made = make(tmp_path, text, options={"sample": True}, mine=TALKS)
    assert len(made.rows) == len(TALKS)
    with pytest.raises(WrongCall, match="were asked for"):
        make(tmp_path, text, mine=TALKS)


def test_what_is_not_taken_is_in_the_funnel_without_any_other_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make(tmp_path, part("mine", "take = 4"), mine=TALKS)
    (line,) = made.builder.steps()
    assert (line["rows_in"], line["rows_out"]) == (len(TALKS), 4)
    assert line["sources"]["mine"]["reasons"] == {"not taken": len(TALKS) - 4}
    assert "characters_in" not in line
    print_steps([line])
    assert f"{len(TALKS) - 4} not taken" in capsys.readouterr().out


def test_without_amounts_there_is_no_line_of_them(tmp_path: Path) -> None:
    assert not make(tmp_path, part("mine"), mine=TALKS).builder.steps()


def test_what_a_sample_is_too_small_for_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "size = 9_000\nvalidation = 500\n" + part("mine")
    made = make(tmp_path, text, options={"sample": True}, mine=TALKS)
    print_steps(made.builder.steps())
    told = " ".join(capsys.readouterr().out.split())
    assert "size = 9,000 rows were asked for: the sample has no more" in told
    assert "500 were asked for: the sample has no more" in told


def test_a_warning_names_the_command_that_shows_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = 'dedup = "exact"\n' + part("mine") + part("again")
    make(tmp_path, text, options={"sample": True}, mine=TALKS, again=TALKS)
    assert f"okinst show {tmp_path / 'mine.toml'} --sample" in caplog.text
    assert "provenance.json" in caplog.text and "dropped.parquet" in caplog.text


# -- a recipe in a recipe -------------------------------------------------------------------------------------------------

SECRET = "ghp_" + "Z9y8X7w6V5u4T3s2R1q0P9o8N7m6L5k4J3i2"
INNER = 'validation = 3\nfilter = { secrets = "drop" }\n'


def nested(tmp_path: Path, outer: str, inner: str = INNER + part("mine")) -> Made:
    (tmp_path / "inner.toml").write_text(inner, encoding="utf-8")
    leaky = [("배포 열쇠를 적어 둔 곳이 있나요?", f"설정 파일에 {SECRET} 라고 적혀 있습니다."), *TALKS]
    return make(tmp_path, outer, mine=leaky)


def balanced(line: dict[str, Any]) -> bool:
    gone = sum(sum(line[kind].values()) for kind in ("left_out", "ruled_out", "dropped"))
    return bool(line["read"] - gone + sum(line.get("added", {}).values()) == line["kept"])


@pytest.mark.parametrize("split", ["train", "validation"])
@pytest.mark.parametrize("inner", [INNER, "size = 30\nvalidation = 3\n"])
def test_what_the_steps_of_an_inner_recipe_drop_is_told(split: str, inner: str, tmp_path: Path) -> None:
    more = "repeat = 3\n" if "size" in inner else ""
    made = nested(tmp_path, f'[[parts]]\nrecipe = "inner.toml"\nsplit = "{split}"\n', inner + part("mine", more))
    (line,) = made.builder.funnel()
    assert balanced(line) and line["read"] == len(TALKS) + 1
    if split == "train" and not more:
        assert _why(line) == "its own steps: 1 credential, 3 set aside for validation"


def test_two_splits_of_one_inner_recipe_are_read_once(tmp_path: Path) -> None:
    both = 'dedup = "exact"\n[[parts]]\nrecipe = "inner.toml"\n[[parts]]\nrecipe = "inner.toml"\nsplit = "validation"\n'
    made = nested(tmp_path, both)
    lines = made.builder.funnel()
    assert all(map(balanced, lines)) and sum(line["read"] for line in lines) == len(TALKS) + 1
    assert [row["reason"] for row in made.dropped] == ["credential"]


# -- filters that contradict each other -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whole", "of_part", "keys"),
    [
        ('code = "drop"', 'code = "only"', ("filter.code = 'only'", "filter.code = 'drop'")),
        ("max_answer = 20", "min_answer = 30", ("filter.min_answer = 30", "filter.max_answer = 20")),
        ("min_answer = 30", "max_length = 20", ("filter.max_length = 20", "filter.min_answer = 30")),
    ],
)
def test_filters_that_contradict_each_other_are_refused_at_once(
    whole: str, of_part: str, keys: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "mine.jsonl").write_text(asked(TALKS), encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(f"[filter]\n{whole}\n{part('mine')}[parts.filter]\n{of_part}\n", encoding="utf-8")
    with pytest.raises(WrongCall) as refused:
        recipe.read(path)
    told = str(refused.value)
    assert all(key in told for key in keys) and f"{path}, line 11" in told and f"{path}, line 2" in told
    path.write_text(f"[filter]\n{whole}\n{part('mine', 'may_be_empty = true')}[parts.filter]\n{of_part}\n")
    recipe.read(path)


def test_a_script_is_asked_for_beside_a_language() -> None:
    wanted = Filter(language=("zh",), script="traditional")
    with pytest.raises(WrongCall, match=r"filter\.script = traditional"):
        Mixture(name="two", parts=(Part(SOURCES["belle-seed"].builder),), filter=wanted)


def test_a_share_of_no_language_is_refused() -> None:
    with pytest.raises(WrongCall, match=r"language_share = 0\.9 is of a language"):
        Filter(language_share=0.9)
    assert Filter(language_share=0.9, script="simplified").language_share == 0.9


# -- files of one's own, and streams that are left ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"data": [{"instruction": "물은 왜 투명한가요?", "output": "빛이 지나가서요."}]}', "no 'instruction' in it"),
        ('{"instruction": null, "output": "빛이 지나가서요."}', "its 'instruction' is null"),
        ('{"text": "### 질문: 물은? ### 답변: 맑다"}', "it has text, which fits the layout koalpaca. "),
    ],
)
def test_a_file_of_ones_own_is_for_oneself_to_mend(line: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(TooManyLost) as refused:
        make(tmp_path, part("mine"))
    told = str(refused.value)
    assert reason in told and "mend it" in told and "layout = 'alpaca' now" in told
    assert ".." not in told and "--raw" not in told and "report" not in told


STREAM = """
import sys
from pathlib import Path
from okinst.mixtures import recipe
from okinst.mixtures.builder import builder_of_mixture
rows = builder_of_mixture(recipe.read(Path(sys.argv[1])), cache_dir=sys.argv[2]).as_streaming_dataset(split="train")
held = iter(rows)
print(next(held)["id"])
"""


def test_a_stream_that_is_left_early_ends_quietly(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text(asked(TALKS * 200), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(part("mine"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", STREAM, tmp_path / "mine.toml", tmp_path / "cache"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.startswith("mine/train/") and not done.stderr


# -- commands ---------------------------------------------------------------------------------------------------------------


def test_the_licence_of_a_recipe_is_of_what_its_gate_keeps(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('license = "commercial"\n[[parts]]\nsource = "kullm-v2"\n[[parts]]\nsource = "hrc"\n')
    told = lots.report(str(path), cache_dir=str(tmp_path / "cache"), sample=True)
    assert all(each["kept"] for each in told["lots"]) and {each["source"] for each in told["lots"]} == {"kullm-v2"}
    assert 'license = "commercial" of mine is counted in. It lets go: kullm-v2, apache-2.0: ' in told["told"]
    (gate,) = told["gates"]
    assert {each["source"] for each in gate["goes"]} == {"kullm-v2", "hrc"} and told["whole"]["commercial"] != "no"


@pytest.mark.parametrize("name", ["mine.jsonl", "p.parquet", "."])
def test_overlap_says_where_a_file_goes(name: str) -> None:
    with pytest.raises(WrongCall, match=r"overlap takes names .* and recipes\. Write a recipe"):
        overlapping.find(["hrc", name], "instruction", near=True, sample=True)


def test_an_evaluation_set_that_is_not_there_names_the_way_on(tmp_path: Path) -> None:
    with pytest.raises(MissingFile) as refused:
        contamination.index(["ai-ethics"], "--against NAME, once for each", mirror=str(tmp_path))
    told = str(refused.value)
    assert "name the others: --against NAME" in told and told.count("talksets-train-2.json") == 1
    assert "Looked for, and none is there: " in told
