"""The Korean parsers of marked text: what goes in comes out, whatever it is, or the reason is named."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from okinst.builders import Unmapped
from okinst.builders.formats import human_assistant
from okinst.builders.schema import clean
from okinst.korean_instructions import hh_rlhf_ko, kowow

text = st.text(max_size=12)
MARKERS = [
    "### Human:",
    "### Assistant:",
    "### Human",
    "###Human:",
    "### 재료",
    "Human:",
    "Assistant:",
    "인간:",
    "어시스턴트:",
    "조수:",
]
HOSTILE = [
    *MARKERS,
    "\n",
    "\r\n",
    "\n\n",
    "\x00",
    "\u2028",
    "\ud800",
    "\u200b",
    " ",
    "#",
    ":",
    "안녕하세요",
    "no_passages_used",
]
hostile = st.lists(st.one_of(st.sampled_from(HOSTILE), text), max_size=14).map("".join)
#: enough to show a parser that is quadratic, or recursive
MANY = 10_000


NAMES = {"user": "Human", "assistant": "Assistant"}


@given(hostile)
@example("### Human: 질문" * MANY + "### Assistant: 답")
@example("### Human:### Assistant:")
def test_human_assistant_loses_nothing(whole: str) -> None:
    try:
        turns = human_assistant(whole)
    except Unmapped as why:
        assert str(why)
        assert not whole.lstrip().startswith(("### Human:", "### Assistant:"))
        return
    joined = "".join(f"### {NAMES[speaker]}:{said}" for speaker, said in turns)
    assert whole.endswith(joined)
    assert not whole[: len(whole) - len(joined)].strip()


@given(st.lists(st.tuples(st.sampled_from(sorted(NAMES)), text.filter(lambda said: "###" not in said)), min_size=1))
def test_human_assistant_finds_every_turn(turns: list[tuple[str, str]]) -> None:
    whole = "".join(f"### {NAMES[speaker]}:{said}" for speaker, said in turns)
    assert human_assistant(whole) == turns


@given(hostile)
@example("\n\n".join(["Human: 질문", "Assistant: 답"] * MANY))
@example("인간:\r\n어시스턴트:")
def test_hh_rlhf_ko_loses_nothing(whole: str) -> None:
    try:
        turns = hh_rlhf_ko.dialogue(whole)
    except (Unmapped, ValueError) as why:
        assert str(why)
        return
    assert {speaker for speaker, _ in turns} <= {"user", "assistant"}
    rest = whole.lstrip()
    for number, (speaker, said) in enumerate(turns):
        if number:
            assert rest.startswith("\n")
            rest = rest[1:]
        label = next(
            label for label, name in hh_rlhf_ko.LABELS.items() if name == speaker and rest.startswith(label + said)
        )
        rest = rest[len(label + said) :]
    assert rest == ""


@pytest.mark.parametrize(("human", "bot"), [("Human", "Assistant"), ("인간", "어시스턴트"), ("Human", "어시스턴트")])
def test_hh_rlhf_ko_reads_both_spellings(human: str, bot: str) -> None:
    whole = f"\n\n{human}: 예를 들면?\n\n{bot}: 예: 사과\n\n참고: 배도 있습니다."
    assert [(who, said.strip()) for who, said in hh_rlhf_ko.dialogue(whole)] == [
        ("user", "예를 들면?"),
        ("assistant", "예: 사과\n\n참고: 배도 있습니다."),
    ]


@pytest.mark.parametrize(
    ("whole", "named"),
    [
        ("\n\n사용자: 왜?\n\n조수: 그냥.", "사용자:"),
        ("Human: 왜?\n\n조수: 그냥.", "조수:"),
        ("인간: 왜?\n\n보조자 : 그냥.\n\n인간: 네.", "보조자:"),
        ("H: 왜?\n\nA: 그냥.", "H:"),
    ],
)
def test_hh_rlhf_ko_stops_at_a_third_spelling(whole: str, named: str) -> None:
    with pytest.raises(ValueError, match=re.escape(named)) as stop:
        hh_rlhf_ko.dialogue(whole)
    assert all(label in str(stop.value) for label in hh_rlhf_ko.LABELS)


message = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant"]), "content": st.sampled_from(["가", "나"])}
)


@given(*[st.lists(message, max_size=5)] * 3)
def test_hh_rlhf_ko_parts_where_the_dialogues_part(
    shared: list[dict[str, str]], chosen: list[dict[str, str]], rejected: list[dict[str, str]]
) -> None:
    try:
        row = hh_rlhf_ko.parted(shared + chosen, shared + rejected)
    except Unmapped as why:
        assert str(why) in ("chosen equals rejected", "the two dialogues ask different things", "no answer")
        return
    assert row["prompt"] + row["chosen"] == shared + chosen
    assert row["prompt"] + row["rejected"] == shared + rejected
    assert row["prompt"][: len(shared)] == shared
    assert row["chosen"][0] != row["rejected"][0]
    assert {answer[-1]["role"] for answer in (row["chosen"], row["rejected"])} == {"assistant"}


wow_text = st.one_of(hostile, st.sampled_from(["no_passages_used", ""]))
wow_turn = st.fixed_dictionaries(
    {"speaker": st.sampled_from([*kowow.SPEAKERS, "2_Narrator"]), "text": wow_text},
    optional={"checked_sentence": st.dictionaries(text, wow_text, max_size=2)},
)


@given(st.lists(wow_turn, max_size=8))
@example([{"speaker": "0_Wizard", "text": "네.", "checked_sentence": {"a": "눈."}}] * MANY)
def test_kowow_loses_nothing(turns: list[dict[str, Any]]) -> None:
    """Every turn comes through in its order; every sentence stands right before the turn that its own turn follows."""
    row = kowow.flat({"dialog": turns})
    told = kowow.told(row["dialog"])
    kept = [turn for turn in turns if turn["text"] != kowow.NOTHING]
    assert [said for role, said in told if role != "system"] == [turn["text"] for turn in kept]
    checked = [clean(next(iter(turn.get("checked_sentence", {}).values()), "")) for turn in kept]
    wanted = [sentence for sentence in checked if sentence not in ("", kowow.NOTHING)]
    assert sorted(said for role, said in told if role == "system") == sorted(wanted)
    for turn, flat in zip(turns, row["dialog"], strict=True):
        assert json.loads(flat["checked_sentence"] or "null") == turn.get("checked_sentence")


@pytest.mark.parametrize("dialog", [None, "없음", [1], {"speaker": "0_Wizard"}])
def test_kowow_names_a_dialog_that_is_none(dialog: object) -> None:
    with pytest.raises(Unmapped, match="no list of turns"):
        kowow.flat({"dialog": dialog})
