"""Figures in a translation: written another way they are the same, and another figure is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.generation import checks
from okinst.generation.figures import changed
from okinst.generation.job import Rejected

SAME = [
    ("It costs 1,200 won.", "1200원입니다."),
    ("3 million people", "300만 명"),
    ("12/25", "12월 25일"),
    ("twelve men came", "12명이 왔다"),
    ("May 5", "5월 5일"),
    ("1.5 million", "150만"),
    ("the '90s, and 3 men", "1990년대와 세 명"),
    ("at 6:30 pm", "18시 30분에"),
    ("18:00", "오후 6시"),
    ("two hundred and six bones, 3 of them", "206개 중 3개"),
    ("35,000 people", "3만 5천 명"),
    ("1.200 Euro, 3,5 mal", "1,200유로, 3.5배"),
    ("10² and ½ a cup", "10^2, 1/2컵"),
    ("twenty-five of 30", "30명 중 25명"),
    ("$3M in 5k steps", "5천 단계로 300만 달러"),
    ("World War II, 1945", "1945년 제2차 세계 대전"),
    ("三万五千人, 2020年3月", "35,000 people in March 2020"),
    ("300만 명", "3 million people"),
    ("1억 2천만 원", "120 million won"),
    ("1,2,3", "1, 2, 3"),
    ("version 2.0.1", "2.0.1 버전"),
    ("2 dozen", "24개"),
    ("第１２章", "12장"),
    ("1 200 000", "120만"),
    ("10.5.2023", "2023년 5월 10일"),
    ("article 9, 500 pieces", "제9조, 500조각"),
    ("through 2 backends", "2 백엔드로"),
    ("first 10, or 4-5 hours", "처음 10개, 아니면 네댓 시간"),
    ("a dozen eggs and one hundred spoons", "달걀 12개와 숟가락 100개"),
    ("100%", "모두"),
    ("in the 18th century", "1700년대에"),
    ("half an hour", "30분"),
    ("hexadecimal", "16진수"),
    ("an X11 window, i18n", "X 윈도, 국제화"),
    ("teenagers, the primary source", "10대, 1차 출처"),
    ("wait a second for me", "1초만 기다려"),
    ("-5 °C", "영하 5도"),
    ("-3, 4", "−3, 4"),
    ("5 -10 people", "5~10명"),
    ("30.4.2021", "2021년 4월 30일"),
]


@pytest.mark.parametrize(("source", "text"), SAME)
def test_a_figure_may_be_written_another_way(source: str, text: str) -> None:
    assert changed(source, text) == ([], [])
    assert changed(text, source) == ([], [])


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("1,200", "2005"),
        ("1950", "1960년"),
        ("3 million", "3만 명"),
        ("3 cups", "4컵"),
        ("12/25", "12월 24일"),
        ("3.5", "35"),
        ("35,000", "3,500"),
        ("1억 원", "10 million won"),
    ],
)
def test_another_figure_is_found(source: str, text: str) -> None:
    lost, made = changed(source, text)
    assert lost and made


@pytest.mark.parametrize(
    ("source", "text", "figures"),
    [
        ("The tower is 50 metres tall and was built in 1990.", "그 탑은 매우 높고 오래전에 지어졌습니다.", "50, 1990"),
        ("塔高50米，建于1990年。", "그 탑은 높고 오래되었습니다.", "50, 1990"),
        ("The answer is 42.", "정답은 알 수 없습니다.", "42"),
        ("5 apples, 7 pears", "사과와 배", "5, 7"),
        ("Use version 2.1.0.", "2.2.0 버전을 쓰세요.", "2.1.0"),
        ("torch==2.1.2", "torch==2.2.1", "2.1.2"),
        ("-3 points", "3점", "-3"),
        ("x = -3", "x = 3", "-3"),
        ("seven days", "8일", "seven"),
        ("Second place", "1위", "second"),
        ("세 명", "4 people", "세"),
        ("50 metres in general", "일반적으로 높은", "50"),
    ],
)
def test_a_figure_that_is_gone_is_found(source: str, text: str, figures: str) -> None:
    assert ", ".join(changed(source, text)[0]) == figures


@pytest.mark.parametrize(
    ("source", "text", "figure"),
    [
        ("Water boils at 100 C, 212 F.", "물은 100도, 212도, 373도에서 끓는다.", "373"),
        ("an old tower", "50년 된 탑", "50"),
    ],
)
def test_a_figure_that_was_added_is_found(source: str, text: str, figure: str) -> None:
    assert changed(source, text) == ([], [figure])


def test_a_small_number_may_be_a_word_that_nobody_reads() -> None:
    assert changed("12 puzzles of 25 pieces", "douze puzzles de vingt-cinq pièces", read=False) == ([], [])
    assert changed("built in 1990", "construit il y a longtemps", read=False) == (["1990"], [])


def test_a_translation_with_another_figure_is_rejected() -> None:
    with pytest.raises(Rejected, match="figures changed: 1,200 -> 2005"):
        checks.translation("The old bridge has 1,200 lamps.", "그 오래된 다리에는 등이 2005개 있습니다.", to="ko")


@given(st.text("0123456789.,' /:²½③만천一二pmk$-", max_size=30))
def test_a_text_has_its_own_figures(text: str) -> None:
    assert changed(text, text) == ([], [])
