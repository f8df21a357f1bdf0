"""Dialogues about a passage: parsed strictly, grounded in it, and read back by korquad-chat as they were written."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.generation import grounding, sources
from okinst.generation.dialogue import Dialogue, each_sentence, mentioned, turns
from okinst.generation.job import Answer, Item, Rejected, State, advance
from okinst.korean_instructions import korquad_chat

PASSAGE = (
    "달무리 등대는 1931년에 세워진 돌 등대이다. 높이는 23미터이고 나선 계단이 112개 있다. 처음에는 고래기름으로 불을 밝혔으나 1954년에 전기로 "
    "바뀌었다. 등대지기 세 명이 여덟 시간씩 돌아가며 지켰고, 지금은 작은 박물관으로 쓰여 해마다 3만 5천 명이 찾는다."
)
SPOKEN = """A: 안녕하세요, B씨. 달무리 등대에 가 보려고 하는데 어떤 곳이에요?
B: 안녕하세요, A씨. 1931년에 세워진 돌 등대예요. 지금은 작은 박물관으로 쓰여요.
A: 높이가 꽤 되나요?
B: 높이는 23미터이고 나선 계단이 112개 있어요. 천천히 올라가시면 돼요.
A: 옛날에는 불을 어떻게 밝혔어요?
B: 처음에는 고래기름으로 불을 밝혔어요. 1954년에 전기로 바뀌었지요.
A: 등대지기도 있었겠네요?
B: 네, 등대지기 세 명이 여덟 시간씩 돌아가며 지켰어요.
A: 찾는 사람이 많은가요?
B: 해마다 35,000명이 찾는답니다."""


def dialogue(folder: Path, *rows: dict[str, Any], **options: Any) -> Dialogue:
    path = folder / "passages.jsonl"
    given = rows or ({"title": "달무리 등대", "context": PASSAGE},)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in given), encoding="utf-8")
    return Dialogue(sources.opened(str(path), "passage"), **options)


def first(job: Dialogue) -> tuple[Item, State]:
    item = next(iter(job.items()))
    return item, job.start(item)


def test_a_dialogue_becomes_a_row_of_korquad_chat(tmp_path: Path) -> None:
    job = dialogue(tmp_path)
    item, state = first(job)
    ask = job.ask(item, state)
    assert ask is not None and PASSAGE in ask.messages[-1]["content"] and "A씨" in ask.messages[0]["content"]
    assert not ask.texts, "no translator can answer this"
    state = job.read(item, state, Answer(SPOKEN))
    assert job.ask(item, state) is None
    passage, spoken = korquad_chat.dialogue(job.row(item, state)["text"])
    assert passage == PASSAGE
    assert [speaker for speaker, _ in spoken] == ["user", "assistant"] * 5
    assert spoken[0][1] == " 안녕하세요, <|bot|>. 달무리 등대에 가 보려고 하는데 어떤 곳이에요?"
    assert job.file().name == "korquad-chat.json" and not job.file().array


LINES = SPOKEN.splitlines()


def changed(number: int, line: str) -> str:
    return "\n".join([*LINES[:number], line, *LINES[number + 1 :]])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("죄송하지만 그런 대화는 만들어 드릴 수 없습니다.", "refusal"),
        ("다음은 대화입니다.\n" + SPOKEN, "a line of neither speaker"),
        (SPOKEN + "\nC: 저도 갈래요.", "a line of neither speaker"),
        ("\n".join(LINES[1:]), "speakers that do not take turns"),
        ("\n".join([*LINES[:4], *LINES[3:]]), "speakers that do not take turns"),
        ("\n".join(LINES[:-1]), "A speaks last"),
        ("\n".join(LINES[:6]), "too few exchanges"),
        (SPOKEN + "\n" + "\n".join(LINES[2:4] * 8), "too many exchanges"),
        ("\n".join(["A: 왜요?", "B: 등대예요."] * 4), "too few words"),
        (changed(3, "B: " + "높이는 23미터이고 나선 계단이 " * 120 + "있어요."), "too many words"),
        (changed(3, "B: 23미터예요. 계단이 112개예요. 돌로 지었어요. 올라가 보세요."), "too many sentences"),
        (changed(3, "B: 본문에 따르면 높이는 23미터예요."), "the passage is mentioned"),
        (changed(2, "A: 이 글에서 높이가 나오나요?"), "the passage is mentioned"),
        (changed(3, "B: 위 내용에 따르면 높이는 23미터예요."), "the passage is mentioned"),
        (changed(3, "B: 제시된 내용을 보면 높이는 23미터예요."), "the passage is mentioned"),
        (changed(3, "B: 자료에 따르면 높이는 23미터예요."), "the passage is mentioned"),
        (changed(3, "B: 지문에 나온 높이는 23미터예요."), "the passage is mentioned"),
        (changed(3, "B: 이 글은 높이가 23미터인 등대를 소개해요."), "the passage is mentioned"),
        ("**안녕하세요, B씨!**\n" + SPOKEN, "a line of neither speaker"),
        ("**등대에 가고 싶어요**\n" + SPOKEN, "a line of neither speaker"),
        ("# 등대\n\n오늘은 날씨가 좋네요.\n" + SPOKEN, "a line of neither speaker"),
        (SPOKEN + "\n# 끝", "a line of neither speaker"),
        (f"```\n{SPOKEN}\n```\nA: 고마워요.", "a line of neither speaker"),
        (changed(3, "B: 높이는 25미터예요."), "a figure that is not in the passage"),
        (changed(7, "B: 네, 등대지기 네 명이 돌아가며 지켰어요."), "a figure that is not in the passage"),
        (changed(9, "B: 해마다 십이만 명이 찾는답니다."), "a figure that is not in the passage"),
        (
            "\n".join(
                [
                    "A: 요즘 살이 쪄서 걱정인데 무엇을 먹을까요?",
                    "B: 채소볶음밥은 어때요, 기름을 적게 쓰면 담백하답니다.",
                ]
                * 5
            ),
            "not grounded",
        ),
        (
            "\n".join(
                ["A: When was the lighthouse built, do you know?", "B: It was built in 1931, and it is made of stone."]
                * 5
            ),
            "wrong language",
        ),
    ],
)
def test_every_broken_rule_has_its_reason(tmp_path: Path, text: str, reason: str) -> None:
    job = dialogue(tmp_path)
    item, state = first(job)
    after, rejected = advance(job, item, state, Answer(text))
    assert rejected is not None and rejected.reason == reason
    again = job.ask(item, after)
    assert again is not None and reason in again.messages[-1]["content"]
    assert advance(job, item, after, Answer(SPOKEN))[1] is None


def test_a_passage_in_another_language_is_set_aside(tmp_path: Path) -> None:
    english = {"context": "The lighthouse of the bay is made of stone, and it was built before the war."}
    job = dialogue(tmp_path, english, {"context": "月亮灯塔是一座石头灯塔，建于一九三一年。"})
    for item in job.items():
        with pytest.raises(Rejected, match="passage in another language"):
            job.start(item)
    assert job.language == "ko"
    chinese = Dialogue(job.source, language="zh-Hans")
    assert chinese.start(list(chinese.items())[1]) == {}


def test_a_passage_in_the_letters_of_its_language_is_worked_on(tmp_path: Path) -> None:
    ukrainian = {"context": "Маяк стоїть на скелі біля затоки, його збудували з каменю ще до війни."}
    job = dialogue(tmp_path, ukrainian, language="uk")
    assert first(job)[1] == {}
    with pytest.raises(Rejected, match="passage in another language"):
        first(dialogue(tmp_path, ukrainian, language="de"))


def test_one_dialogue_a_distinct_passage(tmp_path: Path) -> None:
    rows = [
        {"title": "등대", "context": PASSAGE},
        {"title": "등대", "context": PASSAGE},
        {"title": "딴 등대", "context": PASSAGE},
        {"context": ""},
    ]
    items = list(dialogue(tmp_path, *rows).items())
    assert [item.number for item in items] == [0, 1], "another title is no reason to pay again"
    assert items[0].row["title"] == "등대"
    with pytest.raises(Rejected, match="empty passage"):
        dialogue(tmp_path, *rows).start(items[1])


def bold(colon: str) -> str:
    return "\n".join(colon.format(line[0]) + line[2:] for line in LINES)


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{SPOKEN}\n```",
        f"```text\n\n{SPOKEN}\n\n```\n",
        bold("**{}:**"),
        bold("**{}**:"),
        bold("__{}__ :"),
        "\n".join(f"**{line}**" for line in LINES),
        "# 달무리 등대\n\n" + SPOKEN,
        "**달무리 등대 이야기**\n" + SPOKEN,
        "[달무리 등대]\n" + SPOKEN,
        "제목: 등대에 가 볼까요?\n" + SPOKEN,
        "달무리 등대에 관한 대화\n" + SPOKEN,
        "달무리 등대\n" + SPOKEN,
        f"```\n# 등대\n{bold('**{}:**')}\n```",
    ],
)
def test_what_only_dresses_a_dialogue_is_laid_aside_and_no_word_is_lost(tmp_path: Path, text: str) -> None:
    job = dialogue(tmp_path)
    item, state = first(job)
    assert job.read(item, state, Answer(text)) == job.read(item, state, Answer(SPOKEN))


def test_what_a_speaker_puts_in_bold_stays() -> None:
    assert turns("**A:** **정말** 왜요?\n**B:** 네, **그냥**요.\n" * 4)[:2] == [
        ("user", "**정말** 왜요?"),
        ("assistant", "네, **그냥**요."),
    ]


@pytest.mark.parametrize(
    ("words", "passage"),
    [
        ("지문은 사람마다 달라요.", "손가락 끝의 무늬는 사람마다 다르다."),
        ("지문에서 나온 땀이 남아요.", "지문은 손가락 끝의 무늬이다."),
        ("이 기사는 왕을 모셨어요.", "그는 왕을 모셨다."),
        ("이 기사는 왕에 대한 충성을 맹세했어요.", "그는 왕의 기사였다."),
        ("이 문서는 1919년에 나왔어요.", "선언서는 1919년에 나왔다."),
        ("그 문서에 적혀 있던 이름이에요.", "문서에는 이름이 있었다."),
        ("통계청 자료에 따르면 줄었대요.", "통계청 자료에 따르면 줄었다."),
        ("위 내용물을 살펴요.", "의사는 위를 살핀다."),
        ("한글에서는 그렇게 써요.", "한글의 자모는 24개이다."),
        ("He sailed through the passage.", "It is a narrow passage."),
    ],
)
def test_a_thing_that_is_called_like_a_text_is_no_mention(words: str, passage: str) -> None:
    assert mentioned(words, passage) is None


MARKERS = st.sampled_from(
    ["<sys>", "<usr> ", "<bot>", "A: ", "B :", "C:", "\n", " ", "\t", "국수 ", "만두.", "\r", "A:B:"]
)


@given(st.lists(MARKERS, max_size=12).map("".join))
def test_a_passage_full_of_markers_reads_back_in_one_piece(
    tmp_path_factory: pytest.TempPathFactory, middle: str
) -> None:
    passage = f"{PASSAGE}\n{middle}\n끝이다."
    job = dialogue(tmp_path_factory.mktemp("p"), {"title": "달무리 등대", "context": passage})
    item, state = first(job)
    row = job.row(item, job.read(item, state, Answer(SPOKEN)))
    found, spoken = korquad_chat.dialogue(row["text"])
    assert found.split() == passage.split()
    assert len(spoken) == 10


def test_figures_are_the_same_however_they_are_spelt() -> None:
    same = ("삼만 오천 명", "3만 5천 명", "3만5000명", "35,000명", "35000 명", "３５０００명")
    for said in same:
        for passage in same:
            assert grounding.unfounded_figures(said, passage) == [], (said, passage)
        assert grounding.unfounded_figures(said, "3,500명") != []
    assert grounding.unfounded_figures("열두 사람이 왔어요.", "12명이 왔다.") == []
    assert grounding.unfounded_figures("둘이 한 번 만났어요. 이 층에서 만나요. 만일 그렇다면요.", "") == []
    assert grounding.unfounded_figures("3.5도까지요", "3.5도") == []
    assert grounding.unfounded_figures("1,2,3번이요", "1번, 2번, 3번") == []
    assert grounding.unfounded_figures("9" * 10_000, "9" * 10_000) == []
    assert grounding.unfounded_figures("3.5도까지요", "35도") == ["3.5"]


def test_before_what_is_counted_only_the_full_value_counts() -> None:
    for said in ("3만 명이요", "3만여 명이요", "3만 3천 명", "3억 원이에요", "3백 개", "3천만 원"):
        assert grounding.unfounded_figures(said, "3명, 3원, 3개") != [], said
    assert grounding.unfounded_figures("3명이요", "3만 명이 왔다") == ["3"]
    assert grounding.unfounded_figures("3만 남았어요", "3이 남았다") == [], "only 3"


def test_chinese_numerals_are_figures() -> None:
    passage = "灯塔建于1931年，高23米，有112级台阶，每年三万五千人参观。"
    assert grounding.unfounded_figures("一九三一年建成，高二十三米，有一百一十二级台阶，每年35000人来。", passage) == []
    assert grounding.unfounded_figures("一九三二年建成，高三十二米，每年五千人来，分两层。", passage) == [
        "一九三二",
        "三十二",
        "五千",
        "两",
    ]
    adverbs = "一个人十分高兴，万一星期三天气不好，千万别去，一起走吧。"
    assert grounding.unfounded_figures(adverbs, passage) == []


MADE_UP = "그 앞바다에서는 예전에 해적들이 싸우다가 배를 잃었답니다."


@pytest.mark.parametrize(
    ("number", "lines", "reason"),
    [
        (
            6,
            ["A: 그럼 1950년에 7000명이 다녀갔다는 말이지요?", "B: 네, 맞아요."],
            "a figure that is not in the passage",
        ),
        (
            6,
            ["A: 등대지기는 다섯 명이었나요?", "B: 맞습니다, 돌아가며 지켰어요."],
            "a figure that is not in the passage",
        ),
        (6, ["A: 등대지기는 다섯 명이었나요?", "B: 아니요, 세 명이 여덟 시간씩 지켰어요."], None),
        (6, ["A: 등대지기는 다섯 명이었나요?", "B: 세 명이 여덟 시간씩 돌아가며 지켰어요."], None),
        (6, ["A: 두 가지만 더 알려 주세요.", "B: 네, 등대지기 세 명이 돌아가며 지켰어요."], None),
        (6, ["A: 바다에 얽힌 이야기가 있나요?", f"B: {MADE_UP}"], "not grounded"),
        (
            8,
            ["A: 정말 잘 들었어요, 고마워요.", "B: 저도 반가웠어요. 궁금한 게 또 있으면 언제든 편하게 물어보세요!"],
            None,
        ),
    ],
)
def test_each_utterance_stands_on_the_passage(
    tmp_path: Path, number: int, lines: list[str], reason: str | None
) -> None:
    job = dialogue(tmp_path)
    item, state = first(job)
    text = "\n".join([*LINES[:number], *lines, *LINES[number + 2 :]])
    rejected = advance(job, item, state, Answer(text))[1]
    assert (rejected and rejected.reason) == reason, rejected


def test_sentences_are_counted_as_people_count_them() -> None:
    assert len(each_sentence("네. 그래요! 정말요?")) == 3
    assert len(each_sentence("높이가 3.5미터예요")) == 1
    assert len(each_sentence("음... 글쎄요.")) == 2
    assert len(each_sentence("是的。真的！")) == 2


def test_full_width_colons_are_read() -> None:
    assert turns("A：왜요?\nB : 그냥요.\n\n" * 4)[1] == ("assistant", "그냥요.")


def test_passages_that_are_there_again_are_counted(tmp_path: Path) -> None:
    job = dialogue(tmp_path, *({"title": title, "context": PASSAGE} for title in ("달무리 등대", "등대", "달무리")))
    assert len(list(job.items())) == 1 and job.left_out == {"a passage that is there before": 2}
    assert len(list(job.items())) == 1 and job.left_out == {"a passage that is there before": 2}
