"""The normal form: what is the same text, and what is not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.curation.normal import normalise, normalise_all

#: letters whose forms differ, and what comes between them
TRICKY = st.text(
    alphabet="가각한ㄱㅏᄀᄁ하ᅡᅢᆨᆩﾡￂ漢语１²₂㎡①½一ＡaÉé\u0301ß¨… \u3000\n\t\u200b\u00ad\u3164!,.。，「」-+=", max_size=30
)
ANY = st.one_of(st.text(max_size=30), TRICKY)


@given(ANY, st.booleans())
def test_idempotent(text: str, blind: bool) -> None:
    once = normalise(text, blind)
    assert normalise(once, blind) == once


@given(st.lists(ANY, max_size=8), st.booleans())
def test_many_at_once_are_the_same_one_by_one(texts: list[str], blind: bool) -> None:
    assert normalise_all(texts, blind) == [normalise(text, blind) for text in texts]


@given(ANY)
def test_blind_sees_less(text: str) -> None:
    assert normalise(normalise(text, blind=False)) == normalise(text)


@given(st.text(alphabet="우리나라의수도는어디인가요什么是机器学习abc ", min_size=1), st.data())
def test_a_text_is_itself_in_other_clothes(text: str, data: st.DataObject) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert normalise(unicodedata.normalize(form, text), blind=False) == normalise(text, blind=False)
    assert normalise(text.upper()) == normalise(text)
    wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)
    assert normalise(wide, blind=False) == normalise(text, blind=False)
    at = data.draw(st.integers(0, len(text)))
    assert normalise(text[:at] + data.draw(st.sampled_from(" \u3000,，。!?\u200b")) + text[at:]) == normalise(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1+1", "1-1"),
        ("가", "각"),
        ("ㅋㅋ", "ㅎㅎ"),
        ("国", "國"),  # simplified and traditional are two spellings, and two texts
        ("C", "C++"),
        ("10² 의 값은?", "102 의 값은?"),
        ("2ⁿ", "2n"),
        ("넓이 3㎡", "넓이 3m 2"),
    ],
)
def test_what_differs_still_differs(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_sighted_keeps_words_and_marks() -> None:
    assert normalise(" 네,\u3000알겠습니다！\n", blind=False) == "네, 알겠습니다!"
    assert normalise("네 알겠습니다", blind=False) != normalise("네알겠습니다", blind=False)
    assert normalise("...", blind=False) == "..." and normalise("...") == ""


def test_raised_and_lowered_digits_keep_their_place() -> None:
    assert normalise("10²", blind=False) == "10^2" and normalise("３㎡") == normalise("3m²") == "3m^2"
    assert normalise("이진수 10₂", blind=False) != normalise("이진수 102", blind=False)
    assert normalise_all(["10²", "h₂o", "①"], blind=False) == ["10^2", "h_2o", "1"]


def test_half_width_and_compatibility_jamo() -> None:
    assert normalise("ﾡ") == normalise("ㄱ") == "ᄀ"
    assert normalise("\u1112\u1161\u11ab글") == "한글"
    assert normalise("ᄒ\u200bᅡ") == "하", "what only an invisible character kept apart is composed"
