"""Parsers that two or more sources share. Each yields rows, and names the row where a file is not what it should be; for
one row that cannot be used, and does not spoil the rest, it yields the Unmapped it will be counted under.

A file is handed over as an open binary stream, so that rows are read the same from disk and from the network; nothing
here holds more than one row (or one Parquet batch) at a time.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import IO, Literal

import orjson
import pyarrow as pa

from okinst.builders.archives import seekable
from okinst.builders.errors import DamagedFile, Unmapped
from okinst.builders.json_document import Document
from okinst.builders.schema import Row

csv.field_size_limit(1 << 30)
BOM = b"\xef\xbb\xbf"


def _object(value: object, where: str) -> Row:
    if isinstance(value, dict):
        return value
    raise DamagedFile(f"{where} is a {_json_kind(value)}, not an object with named columns.")


def _json_kind(value: object) -> str:
    return {list: "list", str: "string", type(None): "null", bool: "boolean"}.get(type(value), "number")


def json_lines(file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
    """The objects of a JSON Lines file; empty lines are passed over."""
    for number, line in enumerate(file, 1):
        if number == 1:
            line = line.removeprefix(BOM)
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if not line.strip():
                continue
            yield _second_opinion(line, error, number, name)
            continue
        if type(value) is not dict:
            _object(value, f"line {number} of {name}")
        yield value


def _second_opinion(line: bytes, error: Exception, number: int, name: str) -> Row | Unmapped:
    """What the standard library makes of a line that is too loose for orjson: lone surrogates and NaN."""
    try:
        value = _object(json.loads(line), f"line {number} of {name}")
    except (ValueError, RecursionError):
        raise DamagedFile(
            f"line {number} of {name} is not JSON ({_cause(line, error)}).{_looks_like(line, number)}"
        ) from error
    return _whole_characters(value)


def json_array(
    file: IO[bytes], name: str, *, within: str | None = None, trailing_comma: bool = False
) -> Iterator[Row | Unmapped]:
    """The objects of one JSON array, however large, one at a time.

    `within` names the key of an outer object that holds the array, as SQuAD's `data`; what stands beside it is passed over.
    `trailing_comma` allows one before the closing bracket.
    """
    document = Document(file, name)
    if within is None:
        document.open("[")
        yield from _objects(document, trailing_comma)
    else:
        document.open("{")
        found = False
        for key in document.named():
            if key == within:
                if found:
                    document.damaged(f"it has {within!r} twice")
                found = True
                document.open("[")
                yield from _objects(document, trailing_comma)
            else:
                document.value()
        if not found:
            raise DamagedFile(f"{name} has no array {within!r} in its outer object.")
    document.close()


def _objects(document: Document, trailing_comma: bool) -> Iterator[Row | Unmapped]:
    for _ in document.items("]", trailing_comma):
        row = _object(document.value(), f"row {document.row} of {document.name}")
        document.row += 1
        yield _whole_characters(row) if document.escaped else row


def json_table(file: IO[bytes], name: str, *, key: str) -> Iterator[Row | Unmapped]:
    """The objects of one JSON object whose keys are their ids: each id becomes the column `key`. An id may come twice."""
    document = Document(file, name)
    document.open("{")
    for id in document.named():
        row = {key: id, **_object(document.value(), f"{id!r} of {name}")}
        if row[key] != id:
            document.damaged(f"{id!r} has a column {key!r} of its own")
        document.row += 1
        yield _whole_characters(row) if document.escaped else row
    document.close()


def json_rows(file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
    """The objects of a file that is one JSON array or JSON Lines: its first character tells."""
    buffered = io.BufferedReader(file)  # type: ignore[type-var]
    array = buffered.peek(1).removeprefix(BOM).lstrip()[:1] == b"["
    return (json_array if array else json_lines)(buffered, name)


def _whole_characters(row: Row) -> Row | Unmapped:
    try:
        orjson.dumps(row)
    except orjson.JSONEncodeError as error:
        return Unmapped("half a character (a lone surrogate)") if "surrogate" in str(error) else row
    return row


def csv_rows(file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
    """The rows of a comma-separated file with a header, by column name."""
    return _separated(file, name, ",")


def tsv(file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
    """The rows of a tab-separated file with a header and csv quoting, by column name: the order may differ by split."""
    return _separated(file, name, "\t")


def _separated(file: IO[bytes], name: str, delimiter: str) -> Iterator[Row | Unmapped]:
    lines: list[str] = []

    def remembered() -> Iterator[str]:
        for line in io.TextIOWrapper(file, encoding="utf-8-sig", newline=""):
            lines.append(line)
            yield line

    reader = csv.DictReader(remembered(), delimiter=delimiter)
    index = 0
    try:
        for row in reader:
            if None in row:
                raise DamagedFile(f"row {index} of {name} has more fields than the header has columns.")
            if None in row.values():
                raise DamagedFile(f"row {index} of {name} has fewer fields than the header has columns.")
            # Not csv's strict mode, which also refuses the stray quotes of real files: a quote that is never closed is
            # one of an odd number, in a row that swallowed the lines below it.
            if len(lines) > 1 + (index == 0) and sum(line.count('"') for line in lines) % 2:
                raise DamagedFile(f"row {index} of {name} has a quote that is never closed.")
            lines.clear()
            yield row
            index += 1
    except (csv.Error, UnicodeDecodeError) as error:
        raise DamagedFile(f"{name} is damaged at row {index}: {_one_line(error)}.") from error


def xlsx(file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
    """The rows of a workbook's first sheet, by the names in its first row.

    Empty rows are passed over; a cell under no name is under "(column 3)", for the source to refuse.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    with seekable(file) as book:
        try:
            # read-only: row by row, and no formula is run
            sheet = openpyxl.load_workbook(book, read_only=True, data_only=True).worksheets[0]
            lines = sheet.iter_rows(values_only=True)
            header = [None if cell is None else str(cell).strip() for cell in next(lines, ())]
            for line in lines:
                if any(cell is not None for cell in line):
                    yield {
                        column or f"(column {number})": cell
                        for number, (column, cell) in enumerate(zip_longest(header, line), 1)
                        if column or cell is not None
                    }
        except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, SyntaxError) as error:
            raise DamagedFile(f"{name} is not a whole xlsx workbook ({_one_line(error)}).") from error


def parquet(file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
    """The rows of a Parquet file, batch by batch."""
    import pyarrow.parquet

    try:
        with seekable(file) as whole:
            for batch in pyarrow.parquet.ParquetFile(whole).iter_batches(batch_size=1024):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DamagedFile(f"{name} is not a whole Parquet file ({_one_line(error)}).") from error


Format = Literal["JSON Lines", "JSON array", "JSON array or Lines", "CSV", "TSV", "XLSX", "Parquet"]
READERS: dict[Format, Callable[[IO[bytes], str], Iterator[Row | Unmapped]]] = {
    "JSON Lines": json_lines,
    "JSON array": json_array,
    "JSON array or Lines": json_rows,
    "CSV": csv_rows,
    "TSV": tsv,
    "XLSX": xlsx,
    "Parquet": parquet,
}


def marked_turns(text: str, markers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Cut a text at the markers that begin a line; every other line belongs to the turn before. Nothing is stripped.

    The longest marker wins. What stands before the first marker comes back under the name "".

    >>> marked_turns("<usr> 안녕\\n하세요\\n<bot> 네", {"<usr> ": "user", "<bot> ": "assistant"})
    [('user', '안녕\\n하세요'), ('assistant', '네')]
    """
    pattern = "|".join(re.escape(marker) for marker in sorted(markers, key=len, reverse=True))
    marks = list(re.finditer(rf"(?:\A|(?<=\n))(?:{pattern})", text))
    if not marks:
        return [("", text)]
    turns = [("", text[: marks[0].start() - 1])] if marks[0].start() else []
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        # the line break in front of the next marker belongs to neither turn
        turns.append((markers[mark[0]], text[mark.end() : after.start() - 1 if after else None]))
    return turns


def cut(text: str, marker: re.Pattern[str]) -> list[tuple[str, str]]:
    """The markers of a text, each with the words behind it: every character but blanks in front of the first comes back.

    >>> cut("A: 你好 B: 你好。", re.compile("[AB]:"))
    [('A:', ' 你好 '), ('B:', ' 你好。')]
    """
    marks = list(marker.finditer(text))
    begin = marks[0].start() if marks else len(text)
    if text[:begin].strip():
        raise Unmapped("text before the first speaker")
    return [
        (mark[0], text[mark.end() : after.start() if after else None])
        for mark, after in zip(marks, [*marks[1:], None], strict=False)
    ]


def by_turns(turns: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The turns, once it is sure that user and assistant alternate and the user begins.

    Where they do not, a marker that belongs to what somebody said was taken for a turn, or one was lost: nobody can tell.
    """
    heard = list(turns)
    if any(speaker != ("user", "assistant")[number % 2] for number, (speaker, _) in enumerate(heard)):
        raise Unmapped("speakers that do not take turns")
    return heard


HUMAN_ASSISTANT = re.compile("### (?:Human|Assistant):")


def human_assistant(text: object) -> list[tuple[str, str]]:
    """The turns of one string that is cut at `### Human:` and `### Assistant:` exactly: a heading begins with ### too.

    >>> human_assistant("### Human: 국은?### Assistant: ### 재료\\n무")
    [('user', ' 국은?'), ('assistant', ' ### 재료\\n무')]
    """
    if not isinstance(text, str):
        raise Unmapped(f"{type(text).__name__} instead of text")
    return [("user" if marker == "### Human:" else "assistant", words) for marker, words in cut(text, HUMAN_ASSISTANT)]


def speakers(conversations: object) -> Iterator[tuple[str, object]]:
    """The turns of ShareGPT's `[{"from", "value"}]`. Raises Unmapped for what is not laid out so."""
    if not isinstance(conversations, list):
        raise Unmapped("conversations that are no list")
    for turn in conversations:
        if not isinstance(turn, dict) or not isinstance(turn.get("from"), str) or "value" not in turn:
            raise Unmapped("a turn without from and value")
        yield turn["from"].strip(), turn["value"]


def _one_line(error: Exception) -> str:
    return str(error).splitlines()[0].strip().rstrip(".") if str(error) else type(error).__name__


def _cause(line: bytes, error: Exception) -> str:
    try:
        line.decode()
    except UnicodeDecodeError as bad:
        return f"byte {bad.start} is not UTF-8"
    return _one_line(error)


def _looks_like(line: bytes, number: int) -> str:
    if number == 1 and line.lstrip()[:1] == b"[":
        return " The file looks like one JSON array, not like JSON Lines."
    if number == 1 and line[:4] in (b"PAR1", b"PK\x03\x04"):
        return " The file is binary, not text."
    return ""
