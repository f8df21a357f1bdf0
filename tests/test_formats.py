"""The shared parsers: what goes in comes out, and what is damaged is named by its row."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import DamagedFile, Unmapped, json_document
from okinst.builders.formats import csv_rows, json_array, json_lines, json_rows, marked_turns, parquet, tsv, xlsx

text = st.text(st.characters(codec="utf-8"), max_size=12)
some_rows = st.lists(
    st.dictionaries(text, st.one_of(text, st.none(), st.booleans(), st.integers(-9, 9)), max_size=3), max_size=5
)
bom = st.sampled_from([b"", b"\xef\xbb\xbf"])


@given(some_rows, bom, st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_json_lines_round_trip(rows: list[dict[str, object]], bom: bytes, end: str) -> None:
    data = bom + "".join(json.dumps(row, ensure_ascii=False) + end for row in rows).encode()
    assert list(json_lines(io.BytesIO(data), "x")) == rows


@given(some_rows, bom, st.sampled_from([None, 2]), st.booleans())
def test_json_array_round_trip(rows: list[dict[str, object]], bom: bytes, indent: int | None, ascii: bool) -> None:
    data = bom + json.dumps(rows, ensure_ascii=ascii, indent=indent).encode()
    assert list(json_array(io.BytesIO(data), "x")) == rows


@given(st.lists(st.lists(text.filter(lambda cell: "\x00" not in cell), min_size=2, max_size=2), max_size=5), bom)
def test_tsv_round_trip(cells: list[list[str]], bom: bytes) -> None:
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter="\t", quoting=csv.QUOTE_ALL)
    writer.writerows([["one", "two"], *cells])
    rows = list(tsv(io.BytesIO(bom + made.getvalue().encode()), "x"))
    assert rows == [{"one": one, "two": two} for one, two in cells]


def test_tsv_reads_by_name_and_knows_quotes() -> None:
    data = b'ID\tLabel\tText\r\n1\t0\t"he said ""no"""\r\n2\t1\tyes'
    assert [row["Text"] for row in tsv(io.BytesIO(data), "x")] == ['he said "no"', "yes"]


MARKERS = {"<usr>": "user", "<usr> ": "user", "<bot>": "assistant", "<sys>": "system"}
pieces = st.lists(st.one_of(st.sampled_from([*MARKERS, "\n", "\r\n", "\n<usr> ", "\x00", "\u2028"]), text), max_size=12)


@given(pieces.map("".join))
def test_marked_turns_lose_nothing(whole: str) -> None:
    """Put back together, with the marker each turn was cut at, they are the text."""
    turns = marked_turns(whole, MARKERS)
    rest = whole
    for number, (who, said) in enumerate(turns):
        if number:
            assert rest.startswith("\n")
            rest = rest[1:]
        marker = max(
            (mark for mark, name in MARKERS.items() if name == who and rest.startswith(mark)), key=len, default=""
        )
        assert marker or who == ""
        assert rest[len(marker) :].startswith(said)
        rest = rest[len(marker) + len(said) :]
    assert rest == ""
    # a line that begins with a marker is never inside a turn
    assert not any(f"\n{marker}" in said for _, said in turns for marker in MARKERS)


@pytest.mark.parametrize(
    ("parser", "data", "words"),
    [
        (json_lines, b'{"a": 1}\n{"a": \n', ("line 2", "not JSON")),
        (json_lines, b'{"a": 1}\n[1, 2]\n', ("line 2", "list", "object")),
        (json_lines, b'"text"\n', ("line 1", "string")),
        (json_lines, b"3\n", ("line 1", "number")),
        (json_lines, b'{"a": "\xff"}\n', ("line 1", "byte 7 is not UTF-8")),
        (json_lines, b'[\n{"a": 1}\n]\n', ("line 1", "looks like one JSON array")),
        (json_lines, b"PAR1\x00\x00", ("line 1", "binary")),
        (json_array, b'[{"a": 1}, {"a": 2', ("row 1", "ends in the middle")),
        (json_array, b'[{"a": 1}, {"a": 2}', ("ends in the middle",)),
        (json_array, b'[{"a": 1}, 3]', ("row 1", "number")),
        (json_array, b'[{"a": 1}, {"a": "\xff"}]', ("row 1", "not UTF-8")),
        (json_array, b'[{"a": 1}, {"a": 2},]', ("row 2", "comma")),
        (json_array, b'[{"a": 1} {"a": 2}]', ("row 1", "comma")),
        (json_array, b'[{"a": 1}][{"a": 2}]', ("more behind the end",)),
        (json_array, b'[{"a": 1}, {"a": 2x}]', ("row 1", "character 7")),
        (json_array, b"[" + b'{"a":' * 100_000, ("row 0", "nested too deeply")),
        (json_array, b"[3", ("row 0", "number")),
        (json_array, b'[{"a": ' + b"1" * 5000 + b"}]", ("row 0", "digit")),
        (json_array, b'[{"a": 1}] trailing', ("row 1",)),
        (json_array, b'{"a": 1}\n{"a": 2}\n', ("begins with '{'", "JSON Lines?")),
        (json_array, b"", ("empty",)),
        (tsv, b"one\ttwo\n1\t2\n1\n", ("row 1", "fewer")),
        (tsv, b"one\ttwo\n1\t2\t3\n", ("row 0", "more")),
        (tsv, b"one\ttwo\n1\t\xff\n", ("row 0",)),
        (tsv, b'one\ttwo\n1\t"open\n2\tb\n3\tc\n', ("row 0", "never closed")),
        (parquet, b"PAR1 but no more", ("Parquet",)),
    ],
)  # fmt: skip
def test_damage_is_named_with_its_row(parser: object, data: bytes, words: tuple[str, ...]) -> None:
    with pytest.raises(DamagedFile) as error:
        list(parser(io.BytesIO(data), "place/file"))  # type: ignore[operator]
    for word in ("place/file", *words):
        assert word in str(error.value)


def test_parquet_rows() -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"a": ["x", None]}), file)
    assert list(parquet(file, "x")) == [{"a": "x"}, {"a": None}]


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_a_json_array_of_any_size_and_any_piece(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_document, "_PIECE", size)
    rows = [
        {"number": number, "text": '가나다\\"\n' * (number % 50), "e": -1.5e-3, "t": True, "n": None}
        for number in range(99)
    ]
    for ascii in (True, False):
        data = json.dumps(rows, ensure_ascii=ascii).encode()
        assert list(json_array(io.BytesIO(data), "x")) == rows
        assert list(json_array(io.BytesIO(b" \n" * 50 + data + b"\n" * 3), "x")) == rows
        for cut in range(1, 200, 7):
            with pytest.raises(DamagedFile, match="ends in the middle"):
                list(json_array(io.BytesIO(data[:-cut]), "x"))


@pytest.mark.parametrize(
    ("parser", "data"), [(json_lines, b'{"a": "\\ud800"}\n{"a": 1}\n'), (json_array, b'[{"a": "\\uD83D"}, {"a": 1}]')]
)
def test_half_a_character_spoils_its_row_alone(parser: object, data: bytes) -> None:
    bad, good = parser(io.BytesIO(data), "x")  # type: ignore[operator]
    assert isinstance(bad, Unmapped) and "surrogate" in str(bad) and good == {"a": 1}
    (pair,) = json_array(io.BytesIO(b'[{"a": "\\ud83d\\ude00"}]'), "x")
    assert pair == {"a": "\U0001f600"}


@given(some_rows, bom, st.sampled_from(["", " ", "\n\r\n\t"]))
def test_an_array_or_lines_are_told_apart(rows: list[dict[str, object]], bom: bytes, blank: str) -> None:
    data = json.dumps(rows).encode()
    assert list(json_rows(io.BytesIO(bom + blank.encode() + data), "x")) == rows
    lines = "\n".join(map(json.dumps, rows)).encode()
    assert list(json_rows(io.BytesIO(bom + lines), "x")) == rows


@given(st.lists(st.lists(text.filter(lambda cell: "\x00" not in cell), min_size=2, max_size=2), max_size=5), bom)
def test_csv_round_trip(cells: list[list[str]], bom: bytes) -> None:
    made = io.StringIO(newline="")
    csv.writer(made, quoting=csv.QUOTE_ALL).writerows([["one", "two"], *cells])
    rows = list(csv_rows(io.BytesIO(bom + made.getvalue().encode()), "x"))
    assert rows == [{"one": one, "two": two} for one, two in cells]


def workbook(*sheets: list[list[object]]) -> io.BytesIO:
    import openpyxl

    book, file = openpyxl.Workbook(write_only=True), io.BytesIO()
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(file)
    file.seek(0)
    return file


def test_xlsx_reads_the_first_sheet_by_name() -> None:
    first = [
        [" Turn", "Text", None, "Score"],
        [1, "가", None, 0.5],
        [None, None, None, None],
        [2, "나\n다", "stray", None],
    ]
    rows = list(xlsx(workbook(first, [["notes"], ["QC"]]), "x"))
    assert rows == [
        {"Turn": 1, "Text": "가", "Score": 0.5},
        {"Turn": 2, "Text": "나\n다", "(column 3)": "stray", "Score": None},
    ]


@pytest.mark.parametrize("data", [b"", b"no workbook", b"PK\x03\x04 cut off", "whole"])
def test_a_damaged_workbook_is_named(data: bytes | str) -> None:
    whole = workbook([["a"], [1]]).getvalue()
    damaged = whole[: len(whole) // 2] if data == "whole" else data
    assert isinstance(damaged, bytes)
    with pytest.raises(DamagedFile, match=r"place/file is not a whole xlsx workbook"):
        list(xlsx(io.BytesIO(damaged), "place/file"))


def test_two_stray_quotes_do_not_swallow_the_rows_between_them() -> None:
    lines = ["one,two", 'a,"never closed', "b,2", 'c,he said "no" twice', "d,4"]
    with pytest.raises(DamagedFile, match=r"row 0 of x has a quote that is never closed"):
        list(csv_rows(io.BytesIO("\n".join(lines).encode()), "x"))


def test_a_stray_quote_in_one_line_and_blank_lines_are_no_damage() -> None:
    rows = list(csv_rows(io.BytesIO(b'one,two\n1,x\n\n2,5" y\n\n\n3,"a\nb"\n'), "x"))
    assert [row["two"] for row in rows] == ["x", '5" y', "a\nb"]


@pytest.mark.parametrize("reader", [csv_rows, xlsx])
def test_a_column_that_is_there_twice(reader: Any) -> None:
    data = io.BytesIO(b"a,b,a\n1,2,3\n") if reader is csv_rows else workbook([["a", "b", "a"], [1, 2, 3]])
    with pytest.raises(DamagedFile, match="column 'a' twice"):
        list(reader(data, "x"))


def rewritten(book: io.BytesIO, change: Callable[[bytes], bytes]) -> io.BytesIO:
    """A workbook whose first sheet is another."""
    made = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data) if info.filename.endswith("sheet1.xml") else data)
    made.seek(0)
    return made


def test_a_sheet_that_lies_about_its_size_is_read_whole() -> None:
    rows: list[list[object]] = [["a"], *([number] for number in range(100))]
    book = rewritten(workbook(rows), lambda xml: xml.replace(b"<sheetData>", b'<dimension ref="A1:A3"/><sheetData>'))
    assert len(list(xlsx(book, "x"))) == 100


def test_a_workbook_that_is_a_bomb_is_not_opened() -> None:
    book = rewritten(
        workbook([["a"], [1]]), lambda xml: xml.replace(b"</sheetData>", b" " * 50_000_000 + b"</sheetData>")
    )
    with pytest.raises(DamagedFile, match="claims to grow"):
        list(xlsx(book, "x"))


def test_a_cell_that_is_no_number_is_damage() -> None:
    book = rewritten(workbook([["a"], [1]]), lambda xml: xml.replace(b"<v>1</v>", b"<v>1x</v>"))
    with pytest.raises(DamagedFile, match="not a whole xlsx workbook"):
        list(xlsx(book, "x"))
