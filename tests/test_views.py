"""Every layout gives a row back as it was, or says that it cannot hold it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import ask, talk
from okinst.builders.schema import Row
from okinst.views import VIEWS, CannotHold, parse, render

HOSTILE = [
    "", " ", "\n", "\n\n", "\r\n", "<usr>", "<usr> ", "<sys>", "<bot> 네", "\n<bot> ", "### 질문: ", "\n\n### 답변: ", "### 맥락:",
    "<|endoftext|>", "input", "nan", "A: ", "\x00", "\u200b", "\u2028", "안녕하세요", "你好", "a\n\nb", '{"from": "human"}',
]  # fmt: skip
text = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=6)), max_size=5).map("".join)
roles = st.sampled_from(["system", "user", "assistant", "chatgpt"])
plain_rows = st.builds(
    lambda turns, context: {"messages": [{"role": r, "content": c} for r, c in turns], "context": context},
    st.lists(st.tuples(roles, text), max_size=5),
    st.one_of(st.just(""), text),
)
made_rows = st.one_of(
    st.builds(ask, text, text, text),
    st.builds(talk, st.lists(st.tuples(roles, text), max_size=5), text),
)


@pytest.mark.parametrize("name", VIEWS)
@given(row=st.one_of(made_rows, plain_rows))
def test_round_trip_or_refusal(name: str, row: Row) -> None:
    try:
        rendered = render(row, name)
    except CannotHold:
        return
    assert parse(rendered, name) == row
    assert rendered.keys() == VIEWS[name].COLUMNS.keys()


@pytest.mark.parametrize("name", VIEWS)
@given(
    question=st.text(st.characters(codec="utf-8", exclude_characters="#<"), min_size=1),
    answer=st.text(st.characters(codec="utf-8", exclude_characters="#<"), min_size=1),
    context=st.text(st.characters(codec="utf-8", exclude_characters="#<")),
)
def test_one_exchange_is_never_refused(name: str, question: str, answer: str, context: str) -> None:
    """A layout that refused everything would pass the test above."""
    row = ask(question, answer, context)
    if row["messages"][0]["content"]:
        assert parse(render(row, name), name) == row


LONG = talk([("user", "하나?"), ("assistant", "둘."), ("user", "셋?"), ("assistant", "넷.")], document="문서")


@pytest.mark.parametrize(
    ("name", "row", "wanted"),
    [
        ("alpaca", ask("질문", "답", "입력"), {"instruction": "질문", "input": "입력", "output": "답"}),
        (
            "aulm",
            LONG,
            {
                "conversations": [
                    {"from": "input", "value": "문서"},
                    {"from": "human", "value": "하나?"},
                    {"from": "bot", "value": "둘."},
                    {"from": "human", "value": "셋?"},
                    {"from": "bot", "value": "넷."},
                ]
            },
        ),
        ("oki", ask("질문", "답", "입력"), {"text": "<usr> 질문\n<sys> 입력\n<bot> 답"}),
        ("oki", LONG, {"text": "<sys>문서\n<usr> 하나?\n<bot> 둘.\n<usr> 셋?\n<bot> 넷."}),
        (
            "koalpaca",
            ask("질문", "답", "맥락"),
            {"text": "### 질문: 질문\n\n### 맥락: 맥락\n\n### 답변: 답<|endoftext|>"},
        ),
        (
            "prompt-completion",
            ask("질문", "답"),
            {
                "prompt": [{"role": "user", "content": "질문"}],
                "completion": [{"role": "assistant", "content": "답"}],
                "context": "",
            },
        ),
        (
            "sharegpt",
            ask("질문", "답"),
            {"conversations": [{"from": "human", "value": "질문"}, {"from": "gpt", "value": "답"}], "context": ""},
        ),
    ],
)
def test_layouts_are_upstreams(name: str, row: Row, wanted: Row) -> None:
    assert render(row, name) == wanted


@pytest.mark.parametrize(
    ("name", "row", "why"),
    [
        ("oki", ask("질문", "첫 줄\n<bot> 둘째 줄"), "<bot>"),
        ("oki", talk([("system", "너는 친절하다."), ("user", "질문"), ("assistant", "답")]), "'system'"),
        ("koalpaca", ask("질문", "### 답변: 답"), "### 답변:"),
        ("alpaca", LONG, "one question and one answer"),
        ("aulm", talk([("user", "질문"), ("assistant", "답")], document="문서"), "single exchange"),
    ],
)
def test_refusals_say_why(name: str, row: Row, why: str) -> None:
    with pytest.raises(CannotHold, match=why):
        render(row, name)
