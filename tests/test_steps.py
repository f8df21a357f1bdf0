"""What the steps of a recipe do to rows, what they keep aside, and that the funnel adds up."""

import json
import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from tqdm import tqdm

from okinst.builders import LostProcess, MissingFile, NoNetwork, WrongCall, ask
from okinst.catalogue import SOURCES
from okinst.curation import duplicates, passages
from okinst.curation.filters import Filter
from okinst.mixtures import Mixture, Part
from okinst.mixtures.builder import builder_of_mixture
from okinst.mixtures.rows import Rows
from okinst.mixtures.steps import Decontaminate, Dedup, Doing, Filtering, Gate
from tests.conftest import okinst
from tests.own_files import Made, make, part

#: fifteen rows, none like another
TALKS = [
    (
        "자전거를 빌리려면 어떻게 하나요?",
        "앱에서 이용권을 산 다음 대여소에 서 있는 자전거의 코드를 찍으면 잠금이 풀립니다.",
    ),
    ("김치가 너무 시어졌어요.", "찌개로 끓이면 신맛이 오히려 어울립니다. 설탕을 한 숟갈 넣어 보세요."),
    ("장마철 빨래 냄새가 고민입니다.", "세탁이 끝나면 바로 널고, 선풍기를 틀어 빨리 말리는 것이 가장 낫습니다."),
    ("주민센터가 주말에도 문을 여나요?", "평일에만 엽니다. 급한 서류는 무인 발급기를 쓰세요."),
    ("고양이가 새벽마다 웁니다.", "낮잠이 길어서 그럴 수 있으니 저녁에 충분히 놀아 주는 편이 좋겠습니다."),
    ("비 오는 제주에서 갈 곳은?", "박물관과 숲길을 권합니다. 우산보다 비옷이 편해요."),
    ("첫 출근 준비물이 궁금해요.", "신분증, 통장 사본, 필기구면 됩니다. 길을 미리 확인해 두면 마음이 놓이죠."),
    ("화분에 물 주는 때를 모르겠어요.", "손가락으로 흙을 눌러 한 마디까지 말라 있으면 듬뿍 주세요."),
    ("기타 줄은 언제 갈아야 해요?", "소리가 둔해지거나 녹이 슬면 바꿉니다. 보통 석 달에 한 번쯤이지요."),
    ("라면을 덜 짜게 먹는 법?", "스프를 반만 넣고 양파와 버섯으로 맛을 채우면 국물이 한결 순합니다."),
    ("눈이 쉽게 피로해집니다.", "스무 번 깜빡이고 먼 산을 바라보는 습관을 들이면 도움이 됩니다."),
    ("중고차 살 때 무엇을 보나요?", "정비 이력과 하부 부식을 확인하고, 반드시 시운전을 해 본 뒤에 계약하십시오."),
    ("한자를 외우기 어렵습니다.", "부수별로 묶어 이야기를 만들면 오래 기억에 남아요."),
    ("달리기를 하면 무릎이 아픕니다.", "보폭을 줄이고 흙길을 고르세요. 통증이 이어지면 진료부터 받으셔야 합니다."),
    ("도서관 책을 잃어버렸어요.", "같은 판본을 사서 내거나 정가를 물어 주면 처리됩니다."),
]

PHONE, KEY = "010-8274-3915", "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def sums(lines: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The sums of some lines of a funnel, reason by reason."""
    lines = list(lines)
    reasons = sum((Counter(line["reasons"]) for line in lines), Counter[str]())
    return {**{key: sum(line[key] for line in lines) for key in ("rows_in", "rows_out")}, "reasons": dict(reasons)}


def adds_up(made: Made) -> None:
    """Each step begins with what the one before left, by source and in all; what a step took is what it kept aside."""
    lines, aside = made.builder.steps(), Counter((row["step"], row["reason"]) for row in made.dropped)
    for unit in ("rows", next(key for key in lines[0] if key.endswith("_in") and key != "rows_in").removesuffix("_in")):
        for before, after in pairwise(lines):
            assert before[f"{unit}_out"] == after[f"{unit}_in"]
            for source, line in before["sources"].items():
                assert line[f"{unit}_out"] == after["sources"][source][f"{unit}_in"]
        for line in lines:
            for end in ("in", "out"):
                assert line[f"{unit}_{end}"] == sum(each[f"{unit}_{end}"] for each in line["sources"].values())
    for line in lines:
        told = [Counter(each["reasons"]) for each in line["sources"].values()]
        reasons = sum(told, Counter[str]())
        added = sum((Counter(each.get("added", {})) for each in line["sources"].values()), Counter[str]())
        assert line["rows_in"] - line["rows_out"] == reasons.total() - added.total()
        if line["step"] not in (
            "take",
            "validation",
            "select",
        ):  # which keep nothing aside; selection.parquet has all rows
            assert not added
            assert reasons == {reason: count for (step, reason), count in aside.items() if step == line["step"]}
        for each in line["sources"].values():
            whole = sum(each["reasons"].values()) - sum(each.get("added", {}).values())
            assert each["rows_in"] - each["rows_out"] == whole
            if "sources" in each:  # of a part that is a mixture
                assert sums(each["sources"].values()) == {key: each[key] for key in ("rows_in", "rows_out", "reasons")}
    assert lines[0]["rows_in"] == sum(step["kept"] for step in made.builder.funnel())
    assert lines[-1]["rows_out"] == len(made.rows)
    taken = next(line for line in lines if line["step"] == "take")
    assert {step["source"]: step["taken"] for step in made.builder.funnel()} == {
        source: each["rows_out"] for source, each in taken["sources"].items()
    }


EVERYTHING = """
seed = 5
license = "open"
dedup = true
decontaminate = ["kobest-copa", "kobest-boolq"]
validation = 3
size = 60
[filter]
empty = "drop"
refusals = "drop"
cut_off = "drop"
pii = "mask"
secrets = "drop"
[[parts]]
source = "koalpaca-v1.0"
[[parts]]
source = "koalpaca-v1.1"
filter = { code = "drop", min_answer = 12 }
[[parts]]
source = "vaiv-sft"
[[parts]]
source = "hrc"
"""


def test_the_funnel_adds_up_on_the_sample(tmp_path: Path) -> None:
    made = make(tmp_path, EVERYTHING, options={"sample": True})
    adds_up(made)
    assert list(made.steps) == [
        "leaks",
        "filter of koalpaca-v1.1",
        "license",
        "filter",
        "dedup",
        "decontaminate",
        "take",
        "validation",
    ]
    kept = {*made.ids, *made.builder.as_dataset(split="validation")["id"]}
    gone = [row["id"] for row in made.dropped]
    assert len(gone) == len(set(gone)) and not kept & set(gone)
    assert all(row["step"] and row["reason"] for row in made.dropped)
    # no row of a source whose licence nobody stated
    assert made.steps["license"]["sources"]["vaiv-sft"]["rows_out"] == 0


def test_dropped_rows_are_the_rows_that_went(tmp_path: Path) -> None:
    rows = [
        *TALKS,
        ("이것은?", ""),
        ("도와주세요. 어떻게 하면 될까요?", "죄송하지만 저는 AI 언어 모델이라서 도와드릴 수 없습니다."),
    ]
    text = 'filter = { refusals = "drop" }\n' + part("mine")
    made = make(tmp_path, text, mine=rows)
    unread, gone = made.dropped
    assert (gone["id"], gone["step"], gone["reason"]) == ("mine/train/16", "filter", "refusal")
    assert (
        gone["messages"][1]["content"].startswith("죄송하지만") and gone["evidence"] in gone["messages"][1]["content"]
    )
    assert made.builder.funnel()[0]["left_out"] == {"empty output": 1}
    assert {key: unread[key] for key in ("step", "reason", "part", "id", "source", "messages")} == {
        "step": "read",
        "reason": "empty output",
        "part": "mine",
        "id": "mine/train/15",
        "source": "mine",
        "messages": None,
    }
    assert json.loads(unread["evidence"]) == {"instruction": "이것은?", "input": "", "output": ""}
    adds_up(made)


@pytest.mark.parametrize("action", ["mask", "drop"])
def test_what_is_masked_stands_nowhere(action: str, tmp_path: Path) -> None:
    """Not in what stays, and not in what is kept aside, whichever step dropped it."""
    leaky = [
        ("연락처를 알려 주세요.", f"담당자 전화는 {PHONE}이고 토큰은 {KEY}입니다. 평일에 전화해 주세요."),
        ("도와주세요.", f"죄송하지만 AI 언어 모델이라 {PHONE}에 전화할 수 없습니다."),
        ("토큰이 무엇인가요?", f"열쇠 같은 것입니다. 예를 들어 {KEY}처럼 생겼고, 남에게 보이면 안 됩니다."),
    ]
    text = f"""
        license = "open"
        dedup = true
        [filter]
        refusals = "drop"
        pii = "{action}"
        secrets = "{action}"
        """
    text += part("mine") + part("closed", license="unstated") + part("again")
    made = make(tmp_path, text, mine=[*leaky, *TALKS], closed=[*leaky, *TALKS[3:5]], again=[*leaky[:1], *TALKS[:1]])
    told = json.dumps([made.rows, made.dropped], ensure_ascii=False)
    assert PHONE not in told and KEY not in told
    adds_up(made)
    if action == "mask":
        assert sum(made.steps["leaks"]["changed"].values()) == 10
        assert {row["step"] for row in made.dropped} == {"license", "filter", "dedup"}


def test_the_filter_of_a_part_is_for_its_rows_only(tmp_path: Path) -> None:
    text = part("one", "filter = { max_answer = 5 }") + part("two")
    made = make(tmp_path, text, one=[("짧게?", "네."), ("길게?", "아주 길게 대답해 드리겠습니다.")], two=TALKS)
    assert {row["id"] for row in made.rows if row["source"] == "one"} == {"one/train/0"}
    assert Counter(row["source"] for row in made.rows)["two"] == len(TALKS)
    assert made.steps["filter of one"]["sources"]["two"]["reasons"] == {}
    adds_up(made)


def test_a_part_that_is_empty_after_filtering_is_refused(tmp_path: Path) -> None:
    for text, line in (
        (part("two") + part("one", "filter = { min_answer = 50000 }"), 8),
        ("filter = { min_answer = 50000 }\n" + part("one") + part("two", "may_be_empty = true"), 2),
    ):
        told = rf"mine\.toml, line {line}, part \d: one: its filter leaves nothing of its 15 rows: 15 .*\(step filter.*may_be_empty"
        with pytest.raises(WrongCall, match=told):
            make(tmp_path, text, one=TALKS, two=TALKS[:3])


def test_a_part_that_may_be_empty_is_left_empty(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = part("one", "filter = { min_answer = 50000 }\nmay_be_empty = true") + part("two")
    made = make(tmp_path, text, one=TALKS, two=TALKS[:3])
    assert {row["source"] for row in made.rows} == {"two"} and len(made.rows) == 3
    assert "mine.toml, line 1, part 1" in caplog.text and "of the part one" in caplog.text
    assert made.steps["filter of one"]["rows_out"] == 3
    adds_up(made)


def test_a_part_that_others_empty_is_told_and_not_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = make(tmp_path, 'dedup = "exact"\n' + part("one") + part("two"), one=TALKS, two=TALKS[:3])
    assert {row["source"] for row in made.rows} == {"one"} and "of the part two" in caplog.text
    text = 'license = "commercial"\n' + part("one") + part("two", license="cc-by-nc-4.0")
    made = make(tmp_path, text, one=TALKS, two=TALKS[:3])
    assert {row["source"] for row in made.rows} == {"one"}


def test_the_licence_gate_decides_row_by_row(tmp_path: Path) -> None:
    """KULLM's rows from Dolly are people's; its others were generated by OpenAI's models."""
    mixture = Mixture(
        name="mine", parts=(Part(SOURCES["kullm-v2"].builder), Part(SOURCES["hrc"].builder)), license=Gate("commercial")
    )
    builder = builder_of_mixture(mixture, sample=True, cache_dir=str(tmp_path))
    builder.download_and_prepare()
    made = Made(builder)
    assert {row["license"] for row in made.rows} == {"cc-by-sa-3.0"} and {row["source"] for row in made.rows} == {
        "kullm-v2"
    }
    (line,) = [step for step in builder.steps() if step["step"] == "license"]
    assert line["sources"]["hrc"]["rows_out"] == 0 and any(
        "OpenAI" in reason for reason in line["sources"]["hrc"]["reasons"]
    )
    kullm = line["sources"]["kullm-v2"]
    assert 0 < kullm["rows_out"] < kullm["rows_in"] and all("commercial" in reason for reason in kullm["reasons"])
    adds_up(made)


def test_of_equal_rows_the_earlier_parts_stays(tmp_path: Path) -> None:
    near = [(question, f"{answer[:-1]}!!") for question, answer in TALKS[5:8]]
    made = make(
        tmp_path,
        "dedup = true\n" + part("one") + part("two"),
        one=TALKS,
        two=[*TALKS[:4], *near, ("새 질문?", "새 대답.")],
    )
    assert [row["id"] for row in made.rows if row["source"] == "two"] == ["two/train/7"]
    gone = {row["id"]: (row["reason"], row["evidence"]) for row in made.dropped}
    assert gone["two/train/0"] == ("exact duplicate", "one/train/0")
    assert gone["two/train/4"][0] == "near-duplicate" and gone["two/train/4"][1].startswith("one/train/5 (")
    adds_up(made)
    turned = make(tmp_path, "dedup = true\n" + part("two") + part("one"))
    assert Counter(row["source"] for row in turned.rows) == {"two": 8, "one": 8}
    exact = make(tmp_path, 'dedup = "exact"\n' + part("one") + part("two"))
    assert Counter(row["source"] for row in exact.rows) == {"one": 15, "two": 4}


def test_the_longest_stays_where_that_is_the_rule(tmp_path: Path) -> None:
    longer = [(question, answer + " 더 물어보실 것이 있으면 편하게 말씀하세요.") for question, answer in TALKS]
    rule = 'dedup = { kind = "exact", on = "instruction", keep = "longest" }\n'
    made = make(tmp_path, rule + part("one") + part("two"), one=TALKS, two=longer)
    assert {row["source"] for row in made.rows} == {"two"} and len(made.rows) == 15


def test_a_planted_evaluation_item_is_taken_out(tmp_path: Path) -> None:
    copa = SOURCES["kobest-copa"].builder(config_name="kobest-copa", sample=True, cache_dir=str(tmp_path / "eval"))
    copa.download_and_prepare()
    items = copa.as_dataset(split="test")
    planted = next(row for row in items if len(row["query"]) > 12)
    text = f"다음 문제를 풀어 보세요.\n\n{planted['query']}\n{' / '.join(planted['choices'])}\n\n답은 무엇인가요?"
    recipe_text = 'decontaminate = ["kobest-copa"]\n' + part("mine")
    made = make(
        tmp_path, recipe_text, mine=[*TALKS, (text, planted["choices"][planted["answer"]])], options={"sample": True}
    )
    (gone,) = made.dropped
    assert gone["id"] == "mine/train/15" and gone["reason"] == "in kobest-copa" and planted["id"] in gone["evidence"]
    adds_up(made)


def test_an_index_in_place_of_the_sets(tmp_path: Path) -> None:
    done = okinst("index", "kobest-copa", "--sample", "-o", tmp_path / "eval.index")
    assert done.returncode == 0, done.stderr
    made = make(tmp_path, 'decontaminate = { index = "eval.index", threshold = 0.9 }\n' + part("mine"), mine=TALKS)
    line = made.steps["decontaminate"]
    assert line["rows_out"] == 15
    (count,) = line["searched for"].values()
    assert count["items"] == count["searchable"] + count["only framed"] + count["not searchable"] > 0


@pytest.mark.parametrize("processes", [1, 2])
def test_the_bar_is_at_its_end_when_the_search_is(tmp_path: Path, processes: int) -> None:
    part = Dataset.from_list([{"id": f"mine/train/{n}", **ask(*turn)} for n, turn in enumerate(TALKS)])
    rows = Rows([part])
    for step in (Dedup(), Dedup(keep="longest"), Decontaminate(("kobest-copa",))):
        with tqdm(total=len(rows)) as rows.bar:
            step.work(rows, Doing(processes, {"sample": True, "cache_dir": str(tmp_path)}, ["mine"]))
            assert rows.bar.n == len(rows) == 15


class Deadly(Filter):
    """A filter whose worker process the system kills."""

    def apply(self, table: pa.Table) -> Any:
        if multiprocessing.parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().apply(table)


def test_a_worker_of_a_filter_that_is_killed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("okinst.mixtures.steps.BATCH", 5)
    part = Dataset.from_list([{"id": f"mine/train/{n}", **ask(*turn)} for n, turn in enumerate(TALKS)])
    with pytest.raises(LostProcess, match="filter: one of 2 worker processes was killed"):
        Filtering(Deadly(min_answer=1)).work(Rows([part]), Doing(2, {}, ["mine"]))


def test_an_evaluation_set_that_cannot_be_had_is_an_error_before_any_work(tmp_path: Path) -> None:
    with pytest.raises((MissingFile, NoNetwork), match=r"decontaminate: .*No set is passed over"):
        make(
            tmp_path, 'decontaminate = ["kobest-copa"]\n' + part("mine"), mine=TALKS, options={"mirror": str(tmp_path)}
        )
    assert not list((tmp_path / "cache").rglob("*mine*.arrow"))


def test_a_tokenizer_that_cannot_be_read_is_an_error_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    text = 'tokenizer = "tokenizer.json"\nsize = { tokens = 100 }\n' + part("mine")
    with pytest.raises(WrongCall, match=r"tokenizer\.json cannot be read as a tokenizer"):
        make(tmp_path, text, mine=TALKS)
    assert not list((tmp_path / "cache").rglob("*.arrow"))


def test_validation_shares_nothing_with_train(tmp_path: Path) -> None:
    rows = [*TALKS, *((question, answer.replace(" ", "  ").replace(".", "!")) for question, answer in TALKS[:6])]
    made = make(tmp_path, "validation = 5\nseed = 3\n" + part("mine"), mine=rows)
    splits = made.builder.as_dataset()
    assert len(splits["validation"]) == 5 and len(splits["train"]) == 16
    texts = [text for split in ("train", "validation") for text in passages.both(splits[split].data.table)]
    found = duplicates.find(texts)
    label = found.text
    assert not {int(each) for each in label[:16]} & {int(each) for each in label[16:]}
    assert all((a < 16) == (b < 16) for a, b in _rows_of_pairs(found))
    assert made.steps["validation"]["set aside"] == 5
    adds_up(made)


def _rows_of_pairs(found: duplicates.Groups) -> list[tuple[int, int]]:
    first = {int(label): row for row, label in reversed(list(enumerate(found.text)))}
    return [(first[int(a)], first[int(b)]) for a, b in found.pairs]


@pytest.mark.parametrize(
    ("validation", "words"),
    [("15", "nothing is left to train on"), ("40", "nothing is left"), ("0.01", "0.01 of 15 rows is none")],
)
def test_a_validation_that_cannot_be(validation: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match=words):
        make(tmp_path, f"validation = {validation}\n" + part("mine"), mine=TALKS)


def test_rows_too_much_alike_to_be_parted(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="too much alike"):
        make(tmp_path, "validation = 2\n" + part("mine"), mine=TALKS[:1] * 9)


def test_a_row_that_is_repeated_has_another_id(tmp_path: Path) -> None:
    made = make(tmp_path, "shuffle = false\n" + part("mine", "repeat = 3"), mine=TALKS[:2])
    assert made.ids == [f"mine/train/{row}{copy}" for copy in ("", "#2", "#3") for row in (0, 1)]
    assert made.rows[0]["messages"] == made.rows[2]["messages"]
    adds_up(made)
    held = make(tmp_path, "validation = 1\n" + part("mine", "repeat = 3"), mine=TALKS[:2])
    assert len(held.builder.as_dataset(split="validation")) == 1 and len(held.rows) == 3
    adds_up(held)


def test_shares_of_a_size(tmp_path: Path) -> None:
    text = "size = 20\n" + part("one", "share = 0.7") + part("two", "share = 0.3\nrepeat = 2")
    made = make(tmp_path, text, one=TALKS, two=TALKS[:4])
    assert Counter(row["source"] for row in made.rows) == {"one": 14, "two": 6}
    assert Counter("#" in id for id in made.ids) == {False: 18, True: 2}
    with pytest.raises(WrongCall, match=r"one: 28 rows are its share of 0\.7 of 40, and it has 15: .* repeat = 2"):
        make(tmp_path, text.replace("20", "40"))


def tokenizer(folder: Path) -> Tokenizer:
    made = Tokenizer(models.BPE(unk_token="?"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.train_from_iterator([answer for _, answer in TALKS], trainers.BpeTrainer(vocab_size=200, special_tokens=["?"]))
    made.enable_truncation(3)  # of which nothing may be left when tokens are counted
    made.save(str(folder / "tokenizer.json"))
    made.no_truncation()
    return made


def test_sizes_in_tokens(tmp_path: Path) -> None:
    encode = tokenizer(tmp_path)
    text = (
        'tokenizer = "tokenizer.json"\nsize = { tokens = 900 }\n'
        + part("one", "share = 0.5")
        + part("two", "share = 0.5\nrepeat = 9")
    )
    made = make(tmp_path, text, one=TALKS, two=TALKS[:3])
    weights: Counter[str] = Counter()
    longest = 0
    for row in made.rows:
        weight = len(encode.encode(passages.both(_table(row))[0], add_special_tokens=False).ids)
        weights[row["source"]] += weight
        longest = max(longest, weight)
    assert all(450 - longest < weight <= 450 for weight in weights.values())
    assert made.steps["take"]["tokens_out"] == weights.total()
    adds_up(made)
    taken = make(tmp_path, 'tokenizer = "."\n' + part("one", "take = { tokens = 200 }"))
    assert 200 - longest < taken.steps["take"]["tokens_out"] <= 200
    with pytest.raises(WrongCall, match=r"one: 200,000 tokens were asked for, and there are"):
        make(tmp_path, 'tokenizer = "."\n' + part("one", "take = { tokens = 200_000 }"))


def _table(row: dict[str, Any]) -> Any:
    import pyarrow as pa

    return pa.Table.from_pylist([row])


def test_characters_need_no_tokenizer(tmp_path: Path) -> None:
    made = make(tmp_path, 'tokenizer = "characters"\nsize = { tokens = 500 }\n' + part("mine"), mine=TALKS)
    assert 350 < made.steps["take"]["characters_out"] <= 500


def test_a_mixture_in_a_mixture(tmp_path: Path) -> None:
    (tmp_path / "inner.toml").write_text(
        part("one", "filter = { max_answer = 5 }") + '[[parts]]\nsource = "hrc"\ntake = 2\n'
    )
    text = 'dedup = true\n[[parts]]\nrecipe = "inner.toml"\nrepeat = 2\n' + part("two")
    made = make(
        tmp_path, text, one=[("짧게?", "네."), *TALKS], two=[("짧게?", "네."), TALKS[3]], options={"sample": True}
    )
    assert Counter(row["source"] for row in made.rows) == {"one": 2, "hrc": 4, "two": 1}
    (inner, _) = made.builder.funnel()
    assert inner["source"] == "inner" and inner["steps"][0]["step"] == "filter of one" and len(inner["parts"]) == 2
    adds_up(made)


def test_steps_in_python_are_checked_too() -> None:
    with pytest.raises(WrongCall, match="comercial"):
        Gate("comercial")
    parts = (Part(SOURCES["hrc"].builder),)
    assert Mixture(name="mine", parts=parts, dedup=Dedup(), decontaminate=Decontaminate()).steps == [
        Dedup(),
        Decontaminate(),
    ]


def test_a_pair_with_another_rejected_answer_is_another_row(tmp_path: Path) -> None:
    parts = (Part(SOURCES["kochatgpt-rm"].builder, "kochatgpt-rm"),)
    plain, dedup = (
        builder_of_mixture(
            Mixture(name="pairs", parts=parts, shuffle=False, dedup=step), sample=True, cache_dir=str(tmp_path)
        )
        for step in (None, Dedup(near=False))
    )
    for builder in (plain, dedup):
        builder.download_and_prepare()
    said = [str((row["prompt"], row["chosen"], row["rejected"])) for row in plain.as_dataset(split="train")]
    assert len(dedup.as_dataset(split="train")) == len(set(said))


def own(tmp_path: Path, rows: list[dict[str, Any]], head: str) -> list[dict[str, Any]]:
    """The rows that come of some rows in the layout messages."""
    from okinst.publishing.naming import builder_of

    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "mine.jsonl").write_text(lines, encoding="utf-8")
    told = '[[parts]]\nfile = "mine.jsonl"\nlayout = "messages"\nlicense = "mit"\nlanguage = "ko"\nmaking = "human"\n'
    (tmp_path / "recipe.toml").write_text(f"{head}\n{told}", encoding="utf-8")
    builder = builder_of(str(tmp_path / "recipe.toml"), cache_dir=str(tmp_path / "cache"), sample=True)
    builder.download_and_prepare()
    return list(builder.as_dataset(split="train"))


ASKED = [{"role": "user", "content": "무엇을 도와 드릴까요?"}, {"role": "assistant", "content": "길을 알려 주세요."}]


def test_another_system_turn_makes_another_row(tmp_path: Path) -> None:
    systems = ["너는 해적처럼 말한다.", "너는 왕처럼 말한다.", "너는 해적처럼 말한다."]
    rows = [{"messages": [{"role": "system", "content": system}, *ASKED]} for system in systems]
    assert sorted(row["messages"][0]["content"] for row in own(tmp_path, rows, "dedup = true")) == sorted(set(systems))


def test_an_evaluation_item_in_a_system_turn_is_found(tmp_path: Path) -> None:
    builder = SOURCES["kobest-boolq"].builder(config_name="kobest-boolq", sample=True, cache_dir=str(tmp_path / "c"))
    builder.download_and_prepare()
    item = builder.as_dataset(split="test")[0]["query"]
    rows = [{"messages": [{"role": "system", "content": item}, *ASKED]}, {"messages": ASKED}]
    assert len(own(tmp_path, rows, 'decontaminate = ["kobest-boolq"]')) == 1


def test_a_row_keeps_the_licence_it_says_itself(tmp_path: Path) -> None:
    rows = [{"messages": ASKED, "license": "cc-by-nc-4.0"}, {"messages": ASKED}]
    assert [row["license"] for row in own(tmp_path, rows, "shuffle = false")] == ["cc-by-nc-4.0", "mit"]
    assert [row["license"] for row in own(tmp_path, rows, 'license = "commercial"')] == ["mit"]


def test_two_splits_of_one_source_are_two_parts_of_the_funnel(tmp_path: Path) -> None:
    boolq = SOURCES["kobest-boolq"].builder
    parts = (Part(boolq, "kobest-boolq"), Part(boolq, "kobest-boolq", split="test"))
    mixture = Mixture(name="two", parts=parts, dedup=Dedup(near=False))
    builder = builder_of_mixture(mixture, sample=True, cache_dir=str(tmp_path))
    builder.download_and_prepare()
    (line, *_) = builder.steps()
    assert set(line["sources"]) == {"kobest-boolq", "kobest-boolq/test"}
    assert line["rows_in"] == sum(step["kept"] for step in builder.funnel())


@pytest.mark.parametrize("seed", range(4))
def test_a_row_that_is_too_long_for_what_is_left_is_passed_over(seed: int, tmp_path: Path) -> None:
    long = [("긴 이야기를 해 주세요.", "옛날 옛적에 " * 80)] * 3
    text = f'seed = {seed}\ntokenizer = "characters"\n' + part("mine", "take = { tokens = 300 }")
    made = make(tmp_path, text, mine=[*long, *TALKS])
    assert 200 < sum(len(message["content"]) for row in made.rows for message in row["messages"]) <= 300


def test_a_crowd_of_near_copies_leaves_one(tmp_path: Path) -> None:
    text = "바다와 산과 강과 들판에 사는 동물들이 겨울을 나는 여러 가지 방법을 아이들에게 들려주듯이 풀어 주세요"
    letters = "가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허"
    crowd = [
        (text[:place] + letters[place % 28] + text[place + 1 :], "네, 들려 드리겠습니다.") for place in range(len(text))
    ]
    made = make(tmp_path, 'dedup = "near"\n' + part("mine"), mine=crowd)
    assert (
        len(made.rows) <= 6
    )  # of 54, some slips being words of their own; what a search with few neighbours leaves of a crowd is searched again


def test_a_licence_that_nobody_knows_is_other_on_the_card(tmp_path: Path) -> None:
    row = {"messages": ASKED, "license": "my-own-1.0"}
    assert own(tmp_path, [row], "seed = 1")[0]["license"] == "my-own-1.0"
    done = okinst("build", tmp_path / "recipe.toml", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "\nlicense: other\n" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
