"""What evaluation sets show a model, held against the harness's templates written out here; and the parsers of their options:
either the options come back exactly, or an Unmapped says why not."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from okinst.builders import DamagedFile, Row, SourceBuilder, Unmapped
from okinst.catalogue import SOURCES
from okinst.eval_sets import csat_qa, haerae, haerae_v1
from tests.conftest import SAMPLE

HAERAE = [name for name, entry in SOURCES.items() if entry.builder is haerae.HAERAE]
CATEGORIES = ["wr", "gr", "rcs", "rcss", "rch", "li"]
FIVE = ["(A)", "(B)", "(C)", "(D)", "(E)"]
REASONS = {
    "an empty option",
    "an option that is no text",
    "options that do not parse",
    "no options",
    "more options than letters",
    "an answer that is no letter",
    "answer outside the options",
}
text = st.text(max_size=8)  # lone surrogates and NUL included
piece = st.one_of(
    text,
    st.sampled_from(["|", "'", '"', "[", "]", "',", "', '", "\\", "\\x", "\r\n", "\0", "\ud800", "nan", "(A)", " "]),
)
mixed = st.lists(piece, max_size=10).map("".join)
option = mixed.filter(str.strip)


def built(name: str, cache: Path, **options: object) -> SourceBuilder:
    builder = SOURCES[name].builder(config_name=name, cache_dir=str(cache), **options)
    builder.download_and_prepare()
    return builder


def both(name: str, cache: Path) -> Iterator[tuple[Row, Row]]:
    """The rows of the sample beside upstream's."""
    (file,) = SOURCES[name].variant.files["test"]
    builder = SOURCES[name].builder(config_name=name, sample=True)
    (path,) = (SAMPLE / file.repo.id).glob(file.path)
    with path.open("rb") as stream:
        upstream = list(builder.read(stream, path.name))
    for row in built(name, cache, sample=True).as_dataset(split="test"):
        yield row, upstream[int(row["id"].rpartition("/")[2].rpartition("-")[2])]


# -- what a model is shown ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("haerae-general-knowledge", "haerae_general_knowledge"),
        ("haerae-history", "haerae_history"),
        ("haerae-loan-words", "haerae_loan_word"),
        ("haerae-rare-words", "haerae_rare_word"),
        ("haerae-standard-nomenclature", "haerae_standard_nomenclature"),
    ],
)
def test_haerae_is_shown_as_the_harness_shows_it(name: str, task: str, tmp_path: Path) -> None:
    rows = list(both(name, tmp_path))
    assert len(rows) > 1
    for row, upstream in rows:
        assert row["query"] == upstream["query"]  # doc_to_text: {{query}}
        assert row["choices"] == FIVE
        assert row["choices"][row["answer"]] == upstream["answer"]  # doc_to_target: {{answer}}
        assert row["task"] == task


@pytest.mark.parametrize("category", CATEGORIES)
def test_csat_qa_is_shown_as_the_harness_shows_it(category: str, tmp_path: Path) -> None:
    rows = list(both(f"csat-qa-{category}", tmp_path))
    assert len(rows) > 1
    for row, doc in rows:
        assert doc["Category"] == category.upper()
        lines = [
            "다음을 읽고 정답으로 알맞은 것을 고르시요.",
            "### Context: " + ("None" if doc["context"] is None else doc["context"]),
            "### Question: " + doc["question"],
            "### Options:",
            "(1) " + doc["option#1"],
            "(2) " + doc["option#2"],
            "(3) " + doc["option#3"],
            "(4) " + doc["option#4"],
            "(5) " + doc["option#5"],
            "### Answer: 주어진 문제의 정답은",
        ]
        assert row["query"] == "\n".join(lines)
        assert row["choices"] == ["(1)", "(2)", "(3)", "(4)", "(5)"]
        assert row["answer"] == doc["gold"] - 1
        assert row["task"] == f"csatqa_{category}"


def test_the_rows_of_other_categories_are_no_loss(tmp_path: Path) -> None:
    (tally,) = built("csat-qa-wr", tmp_path, sample=True).tallies()
    assert (tally.read, tally.kept, tally.lost) == (12, 2, 0)
    assert tally.ruled_out == {"another category": 10}


def test_the_names_are_those_of_the_tasks() -> None:
    assert len(HAERAE) == 11
    assert set(haerae.HARNESS) <= {name.removeprefix("haerae-").replace("-", "_") for name in HAERAE}
    whole = [name for name in SOURCES if name.startswith("haerae-") and not name.startswith("haerae-1.0-")]
    assert sum(SOURCES[name].variant.rows["test"] for name in whole) == 4_900
    assert sum(entry.variant.rows["test"] for name, entry in SOURCES.items() if name.startswith("haerae-1.0-")) == 1_538
    assert sum(SOURCES[f"csat-qa-{category}"].variant.rows["test"] for category in CATEGORIES) == 187


def test_1_0_names_what_it_shares_rows_with() -> None:
    for name, entry in SOURCES.items():
        if name.startswith("haerae-1.0-"):
            assert entry.overlaps == (name.replace("-1.0", ""),)


# -- options --------------------------------------------------------------------------------------------------------------


@given(st.lists(option, min_size=2, max_size=6))
def test_options_come_back_from_a_list(wanted: list[str]) -> None:
    assert haerae.options(repr(wanted)) == wanted == haerae.options(wanted)


@given(st.lists(option.filter(lambda words: "|" not in words), min_size=2, max_size=6))
def test_options_come_back_from_between_bars(wanted: list[str]) -> None:
    joined = "|".join(wanted)
    assume(not re.match(r"\s*\[\s*['\"\]]", joined))  # it begins as a list does, and must be one
    assert haerae.options(joined) == wanted


@given(mixed)
def test_no_options_are_made_up(text: str) -> None:
    try:
        found = haerae.options(text)
    except Unmapped as why:
        assert str(why) in REASONS
        return
    if not found:
        assert text == "nan" or text.split() in ([], ["[]"], ["[", "]"])
    elif found != text.split("|"):
        assert eval_free(text) == found


def eval_free(text: str) -> list[str]:
    """The strings of a list without any parser of Python: character by character."""
    found, quote, inside = [], "", []
    characters = iter(text.strip()[1:-1])
    for character in characters:
        if quote and character == "\\":
            escape = next(characters)
            known = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
            size = {"x": 2, "u": 4, "U": 8}.get(escape)
            inside.append(
                chr(int("".join(next(characters) for _ in range(size)), 16)) if size else known.get(escape, escape)
            )
        elif quote and character == quote:
            found.append("".join(inside))
            quote, inside = "", []
        elif quote:
            inside.append(character)
        elif character in "'\"":
            quote = character
        else:
            assert character.isspace() or character == ","
    assert not quote
    return found


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        "['" + "[" * 100_000,
        "[" + "'가', " * 100_000,
        "['가', " + "(" * 100_000,
        "['" + "\\" * 99_999,
        "['가' '나', '다']",
        "['가', '나'",
        "['가', '나']]",
        "['가', ['나']]",
        "['가', '나'] + ['다']",
        "['''가''', '나']",
        "['\\q', '나']",
        "['\\U00110000', '나']",
        "['가\n', '나']",
        "['가\0', '나']",
        "['\ud800', '나']",
        "하나뿐",
        "가|",
        "|",
        "",
        "['', '나']",
        "['가']",
    ],
    ids=lambda text: repr(text[:24]),
)
def test_what_is_no_list_of_options_is_said(text: str) -> None:
    with pytest.raises(Unmapped) as why:
        haerae.options(text)
    assert str(why.value) in REASONS


@pytest.mark.parametrize("value", [None, "nan", float("nan"), [], "[]", " [ ] "])
def test_no_options(value: object) -> None:
    assert haerae.options(value) == []


@pytest.mark.parametrize("value", [3, {"a": "가"}, ["가", None], ["가", ["나"]]])
def test_options_of_another_kind_are_said(value: object) -> None:
    with pytest.raises(Unmapped, match="option"):
        haerae.options(value)


def test_thousands_of_options_are_read_and_refused() -> None:
    many = [f"보기 {number}" for number in range(20_000)]
    assert haerae.options(repr(many)) == haerae.options("|".join(many)) == many
    with pytest.raises(Unmapped, match="more options than letters"):
        haerae.letters(many)


# -- answers --------------------------------------------------------------------------------------------------------------


@given(st.one_of(mixed, st.none(), st.integers(), st.floats()), st.integers(0, 5))
def test_an_answer_is_one_of_the_options_or_none(answer: object, count: int) -> None:
    try:
        found = haerae.place(answer, count)
    except Unmapped as why:
        assert str(why) in REASONS
        return
    assert 0 <= found < count and isinstance(answer, str)


@pytest.mark.parametrize("written", ["(C)", "C", "c", "(c)", " (C)\n", "（Ｃ）", "Ｃ", "C.", "C)", "⒞"])
def test_spellings_of_an_answer(written: str) -> None:
    assert haerae.place(written, 5) == 2
    with pytest.raises(Unmapped, match="outside"):
        haerae.place(written, 2)


@pytest.mark.parametrize("written", ["", "(C", "(CC)", "3", "(3)", "(C) 별", "다", None, 3])
def test_what_is_no_answer(written: object) -> None:
    with pytest.raises(Unmapped, match="no letter"):
        haerae.place(written, 5)


@given(st.one_of(mixed, st.none(), st.integers(), st.floats(), st.booleans()))
def test_a_number_is_an_answer_from_one_to_five(gold: object) -> None:
    try:
        found = csat_qa.answer(gold)
    except Unmapped:
        return
    assert float(str(gold)) == found + 1 and 0 <= found < 5


@pytest.mark.parametrize("gold", [0, 6, -1, "0", "9" * 10_000, 1.5, True, None, "", "정답 3"])
def test_what_is_no_number_of_a_choice(gold: object) -> None:
    with pytest.raises(Unmapped):
        csat_qa.answer(gold)


def test_an_answer_of_1_0() -> None:
    options = ("달", "별", "b", "1392", "달")
    assert [haerae_v1.answer(gold, options) for gold in ("a", "(E)", "별", "1392")] == [0, 4, 1, 3]
    for gold, why in (("b", "may be one option or another"), ("달", "may be"), ("해", "no letter"), ("f", "outside")):
        with pytest.raises(Unmapped, match=why):
            haerae_v1.answer(gold, options)
    with pytest.raises(ValueError, match=r"'1'.*from 0 or from 1"):
        haerae_v1.answer("1", options)


# -- whole files ----------------------------------------------------------------------------------------------------------


def test_rows_that_do_not_come_through_are_counted(tmp_path: Path) -> None:
    good, listed = "### 질문: 달은?\n### 정답:", "['가', '나', '다', '라', '마']"
    rows = [
        *[(good, listed, "(A)")] * 2,
        (good, "['가', '나'", "(A)"),
        (good, "nan", "(A)"),
        (good, listed, "가"),
        (good, "가|나", "(C)"),
        (good, "가|나|다|라|마|바", "(A)"),
        (None, listed, "(A)"),
        (" \n", listed, "(A)"),
    ]
    table = {column: [row[place] for row in rows] for place, column in enumerate(("query", "options", "answer"))}
    pyarrow.parquet.write_table(pa.table(table), tmp_path / "history-0.parquet")
    (tally,) = built("haerae-history", tmp_path / "cache", data_dir=str(tmp_path), accept_drift=True).tallies()
    assert tally.kept == 2
    assert tally.left_out == {
        "options that do not parse": 1,
        "no options": 1,
        "an answer that is no letter": 1,
        "answer outside the options": 1,
        "more options than letters": 1,
        "a query that is no text": 1,
        "empty query": 1,
    }


def test_a_real_list_of_options_is_read(tmp_path: Path) -> None:
    table = pa.table({"query": ["달은?"], "options": [["가", "나"]], "answer": ["B"]})
    pyarrow.parquet.write_table(table, tmp_path / "csat_geo-0.parquet")
    rows = built("haerae-csat-geo", tmp_path / "cache", data_dir=str(tmp_path)).as_dataset(split="test")
    assert (rows[0]["choices"], rows[0]["answer"]) == (["(A)", "(B)"], 1)


@pytest.mark.parametrize(
    ("name", "file", "content", "words"),
    [
        (
            "haerae-1.0-history",
            "HAERAE-Bench-v1-HI.csv",
            "question,1,2,3,4,5,answer\n달은?,가,나,다,라,마,a\n",
            r"has the columns question, 1, 2, .* where query, o1, .* or question, a, b, .* are known",
        ),
        (
            "haerae-1.0-history",
            "HAERAE-Bench-v1-HI.csv",
            "query,o1,o2,o3,o4,o5,gold\n달은?,가,나,다,라,마,3\n",
            r"row 0 .* right answer is '3'",
        ),
        (
            "csat-qa-li",
            "csatqa_eval.json",
            json.dumps([{"question": "달은?", "Category": "Literature"}]),
            r"Category is 'Literature', where WR, GR, RCS, RCSS, RCH, LI are known",
        ),
        (
            "csat-qa-li",
            "csatqa_eval.json",
            json.dumps([{"question": "달은?"}]),
            r"columns question, and Category is not",
        ),
        (
            "csat-qa-full",
            "csatqa.json",
            json.dumps([{"question": "달은?", "options": []}]),
            r"no column 'option#1'; it has question, options,",
        ),
    ],
)
def test_a_file_laid_out_in_another_way_is_refused(
    name: str, file: str, content: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(content, encoding="utf-8")
    with pytest.raises(DamagedFile, match=words):
        built(name, tmp_path / "cache", data_dir=str(tmp_path))
