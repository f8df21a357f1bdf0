"""The parsers of dialogues that are one string: every turn comes back, or an Unmapped says why not."""

import io
import json
import re
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import DamagedFile, Row, SourceBuilder, Unmapped, clean
from okinst.builders.formats import by_turns, cut, human_assistant, json_array
from okinst.builders.schema import FLAWS, join
from okinst.builders.scripts import language_of
from okinst.catalogue import SOURCES
from okinst.chinese_instructions import belle_multiturn, guanaco_chat
from okinst.chinese_instructions.gpt4_comparison import unwrapped, with_numbers

LABELS = {
    "guanaco-chat": [
        f"{label}{colon}"
        for label in ("User", "System", "Assistant", "Asssistent", "Assistent", "Assistenz")
        for colon in ":："
    ],
    "belle-multiturn": ["Human:", "Assistant:"],
    "openassistant-guanaco": ["### Human:", "### Assistant:"],
}
text = st.text(max_size=10)  # lone surrogates and NUL included


def with_labels(labels: list[str]) -> st.SearchStrategy[str]:
    between = st.sampled_from([" ", "\n", "\r\n", "\x00", "\u3000", "\u2028", "###", "### ", "user:", ":", "：", ""])
    return st.lists(st.one_of(st.sampled_from(labels), between, text), max_size=14).map("".join)


def row_of(name: str, text: str) -> Row:
    if name == "openassistant-guanaco":
        return {"text": text}
    return {"instruction": text, "input": "User:好吗？" if name == "guanaco-chat" else "", "output": "好。"}


def builder(name: str) -> SourceBuilder:
    return SOURCES[name].builder(config_name=name, sample=True)


@given(with_labels(LABELS["guanaco-chat"]))
def test_guanaco_loses_nothing(text: str) -> None:
    try:
        turns = cut(text, guanaco_chat.MARKER)
    except Unmapped as why:
        assert str(why) == "text before the first speaker"
        return
    assert "".join(label + words for label, words in turns) == (text.lstrip() if turns else "")
    assert turns or not text.strip()
    assert [words for _, words in turns] == [words for _, words in guanaco_chat.turns_of(text)]


@given(with_labels(LABELS["openassistant-guanaco"]))
def test_openassistant_loses_nothing(text: str) -> None:
    try:
        turns = human_assistant(text)
    except Unmapped as why:
        assert str(why) == "text before the first speaker"
        return
    assert "".join(("### Human:" if speaker == "user" else "### Assistant:") + words for speaker, words in turns) == (
        text.lstrip() if turns else ""
    )
    assert text.count("### Human:") + text.count("### Assistant:") == len(turns)


@given(with_labels(LABELS["belle-multiturn"]))
def test_belle_loses_nothing(text: str) -> None:
    try:
        turns = belle_multiturn.history(text)
    except Unmapped as why:
        reasons = {"text before the first speaker", "a reply before the output", "speakers that do not take turns"}
        assert str(why) in reasons
        return
    labels = {"user": "Human:", "assistant": "Assistant:"}
    whole = "\n".join(labels[speaker] + words for speaker, words in turns)
    assert text.startswith(whole)
    rest = text[len(whole) :]
    assert not rest or (rest.startswith("\nAssistant:") if turns else rest.startswith("Assistant:"))


def talks(labels: tuple[str, str]) -> st.SearchStrategy[list[tuple[str, str]]]:
    words = st.text(st.characters(exclude_characters="#:：", codec="utf-8"), max_size=8)
    return st.lists(words, min_size=1, max_size=9).map(lambda said: list(zip(cycle(labels), said, strict=False)))


@given(talks(("### Human:", "### Assistant:")))
def test_what_was_written_is_read_openassistant(talk: list[tuple[str, str]]) -> None:
    whole = "".join(label + words for label, words in talk)
    turns = human_assistant(whole)
    labels = {"user": "### Human:", "assistant": "### Assistant:"}
    assert [(labels[speaker], words) for speaker, words in turns] == talk


@given(talks(("Human:", "Assistant:")))
def test_what_was_written_is_read_belle(talk: list[tuple[str, str]]) -> None:
    turns = talk if talk[-1][0] == "Human:" else talk[:-1]
    whole = "\n".join(label + words for label, words in turns)
    heard = belle_multiturn.history(f"{whole}\nAssistant:")
    assert [({"user": "Human:", "assistant": "Assistant:"}[speaker], words) for speaker, words in heard] == turns


@given(talks(("User:", "Assistent：")), st.sampled_from(" \n"))
def test_what_was_written_is_read_guanaco(talk: list[tuple[str, str]], between: str) -> None:
    whole = between.join(label + words for label, words in talk)
    turns = cut(whole, guanaco_chat.MARKER)
    assert [label for label, _ in turns] == [label for label, _ in talk]
    assert [words for _, words in turns[:-1]] == [words + between for _, words in talk[:-1]]


@pytest.mark.parametrize("name", LABELS)
@given(data=st.data())
def test_a_row_comes_through_or_says_why_not(name: str, data: st.DataObject) -> None:
    row = row_of(name, data.draw(with_labels(LABELS[name])))
    made = EXAMPLES[name]
    try:
        example = made(row)
    except Unmapped as why:
        assert str(why)
        return
    judge = FLAWS["conversation"]
    assert judge is not None
    if judge(example) is None:
        speakers = [message["role"] for message in example["messages"] if message["role"] != "system"]
        assert by_turns((speaker, "") for speaker in speakers)


EXAMPLES = {name: builder(name).example for name in LABELS}


@pytest.mark.parametrize("name", LABELS)
def test_ten_thousand_turns(name: str) -> None:
    ask, answer = (LABELS[name][0], LABELS[name][4 if name == "guanaco-chat" else 1])
    whole = "\n".join(f"{ask}问\n{answer}答" for _ in range(5_000))
    tail = "\nHuman:再问\nAssistant:" if name == "belle-multiturn" else ""
    messages = EXAMPLES[name](row_of(name, whole + tail))["messages"]
    assert len(messages) == (10_000 if name == "openassistant-guanaco" else 10_002)
    assert [message["content"] for message in messages[:3]] == ["问", "答", "问"]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("guanaco-chat", "从前 User:你好 Assistant:你好", "text before the first speaker"),
        ("guanaco-chat", "User:甲 User:乙 Assistant:丙", "speakers that do not take turns"),
        ("guanaco-chat", "Assistant:你好", "speakers that do not take turns"),
        ("belle-multiturn", "前言\nHuman:甲\nAssistant:", "text before the first speaker"),
        ("belle-multiturn", "Human:甲\nAssistant:乙", "a reply before the output"),
        ("belle-multiturn", "Human:甲\nHuman:乙\nAssistant:", "speakers that do not take turns"),
        ("openassistant-guanaco", "### 标题### Human: 甲", "text before the first speaker"),
        ("openassistant-guanaco", "### Human: 甲### Human: 乙### Assistant: 丙", "speakers that do not take turns"),
    ],
)
def test_reasons(name: str, text: str, why: str) -> None:
    with pytest.raises(Unmapped, match=re.escape(why)):
        EXAMPLES[name](row_of(name, text))


def test_empty_turns_are_flaws() -> None:
    assert (
        FLAWS["conversation"](EXAMPLES["guanaco-chat"](row_of("guanaco-chat", "User: Assistant:好"))) == "empty prompt"
    )
    row = row_of("belle-multiturn", "Human:甲\nAssistant:\nHuman:乙\nAssistant:")
    assert FLAWS["conversation"](EXAMPLES["belle-multiturn"](row)) == "empty output"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("今天天气怎么样？", "zh-Hans"),
        ("今天天氣怎麼樣？", "zh-Hant"),
        ("山水", "zh-Hans"),  # in both charsets
        ("列奥纳多・达・芬奇是谁？", "zh-Hans"),  # a middle dot is no kana
        ("日本語の「の」は何を表しますか。", "ja"),
        ("请解释日语里的「の」这个助词是什么意思，并且举出几个例子来说明。", "mul"),
        ("한국어로 대답해 주세요.", "mul"),
        ("请用韩语说：안녕하세요, 오늘도 좋은 하루 보내세요", "mul"),
        ("What are the colours of the rainbow?", "en"),
        ("Welche Farben hat der Regenbogen und wie heißen sie?", "de"),
        ("Quelles sont les couleurs ?", "mul"),
        ("请把 Python 的 list 和 tuple 比较一下，说明它们各自的用途。", "zh-Hans"),
        ("Посоветуй мне книгу", "mul"),
        ("12345 !?", "mul"),
        ("", "mul"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert language_of(text) == language


@given(st.text(max_size=60))
def test_every_language_is_one_of_the_card(text: str) -> None:
    assert language_of(text) in SOURCES["guanaco"].builder.CARD.languages


@given(st.text(st.characters(exclude_characters="#")), st.text(st.characters(exclude_characters="#")))
def test_the_template_comes_off(instruction: str, context: str) -> None:
    intro = "Below is an instruction that describes a task."
    told = unwrapped(f"{intro}\n\n### Instruction:\n{instruction}\n\n### Input:\n{context}\n\n")
    assert told == join(clean(instruction), clean(context))


@pytest.mark.parametrize("score", [None, "", "good", float("nan"), "inf", [], 10**400])
def test_a_score_that_is_none(score: object) -> None:
    row = {"user_input": "a", "responses_and_scores": [{"response": "b", "source": "gpt4", "score": score}]}
    assert isinstance(with_numbers(row), Unmapped)


@given(
    st.lists(st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))),
    st.booleans(),
)
def test_a_comma_before_the_closing_bracket(rows: list[dict[str, str]], spaced: bool) -> None:
    body = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    data = f"[{body}{',' if rows else ''}{chr(10) if spaced else ''}]".encode()
    assert list(json_array(io.BytesIO(data), "x", trailing_comma=True)) == rows
    if rows:
        with pytest.raises(DamagedFile, match=f"row {len(rows)}"):
            list(json_array(io.BytesIO(data), "x"))


@pytest.mark.parametrize("data", [b"[,]", b'[{"a": 1},,]', b'[{"a": 1},', b'[{"a": 1},] 1'])
def test_no_other_comma(data: bytes) -> None:
    with pytest.raises(DamagedFile):
        list(json_array(io.BytesIO(data), "x", trailing_comma=True))
