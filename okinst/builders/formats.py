"""Parsers that two or more sources share. Each yields rows, and names the row where a file is not what it should be; for
one row that cannot be used, and does not spoil the rest, it yields the Unmapped it will be counted under.

A file is handed over as an open binary stream, so that rows are read the same from disk and from the network; nothing
here holds more than one row (or one Parquet batch) at a time.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Literal, NoReturn

import orjson
import pyarrow as pa

from okinst.builders.errors import DamagedFile, Unmapped
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


def json_array(file: IO[bytes], name: str, *, trailing_comma: bool = False) -> Iterator[Row | Unmapped]:
    """The objects of one JSON array, however large, one at a time.

    The standard library's decoder reads one element after another from a buffer; where it fails for want of text the buffer
    grows, where it fails for another reason that is the error. `trailing_comma` allows one before the closing bracket.
    """
    decoder, text = json.JSONDecoder(), _Text(file)
    while not text.buffer.strip() and text.more():
        pass
    at = _blank(text.buffer, 0)
    if text.buffer[at : at + 1] != "[":
        found = f"it begins with {text.buffer[at]!r}" if at < len(text.buffer) else "it is empty"
        hint = " Is it JSON Lines?" if text.buffer[at : at + 1] == "{" else ""
        raise DamagedFile(f"{name} should be one JSON array, but {found}.{hint}")
    at, index, wanted = at + 1, 0, ""
    while True:
        at = _blank(text.buffer, at)
        mark = text.buffer[at : at + 1]
        if not mark and text.more(keep=at):
            at = 0
        elif mark == "]" and (wanted != "value" or trailing_comma):
            break
        elif mark == "," and wanted == "comma":
            at, wanted = at + 1, "value"
        elif not mark or wanted == "comma" or mark in ",]":
            _damaged(name, index, f"there is {mark!r} where a comma or the end should be" if mark else ENDS)
        else:
            try:
                value, end = decoder.raw_decode(text.buffer, at)
            except json.JSONDecodeError as error:
                if _wants_more(error, text.buffer) and text.more(keep=at):
                    at = 0
                    continue
                cut = _wants_more(error, text.buffer) and not text.buffer.rstrip().endswith("]")
                _damaged(name, index, ENDS if cut else f"{error.msg} at character {error.pos - at} of the row", error)
            except RecursionError as error:
                _damaged(name, index, "it is nested too deeply", error)
            except ValueError as error:  # an integer of thousands of digits
                _damaged(name, index, _one_line(error), error)
            if end == len(text.buffer) and text.more(keep=at):
                at = 0  # a number at the very end of the buffer may go on
                continue
            if text.bad(at, end):
                _damaged(name, index, "a byte of it is not UTF-8")
            row = _object(value, f"row {index} of {name}")
            yield _whole_characters(row) if _SURROGATE.search(text.buffer, at, end) else row
            at, index, wanted = end, index + 1, "comma"
    rest = text.buffer[at + 1 :]
    while not rest.strip() and text.more(keep=len(text.buffer)):
        rest = text.buffer
    if rest.strip():
        _damaged(name, index, "there is more behind the end of the array")


ENDS = "it ends in the middle"
_BLANK = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
#: characters read at a time, and more of them the longer a row is
_PIECE = 1 << 16


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


class _Text:
    """A stream of UTF-8 as a growing buffer of text. Bytes that are not UTF-8 become lone surrogates, to be named later."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.buffer, self.size = file, "", _PIECE
        self.decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
        self.suspect = False

    def more(self, keep: int = 0) -> bool:
        """Drop the text before `keep` and read on; False where the file has no more."""
        rest = self.buffer[keep:]
        # a row that did not fit is decoded anew each time: twice as much each time keeps that linear
        data = self.file.read(max(_PIECE, len(rest)))
        piece = self.decode(data, final=not data)
        self.suspect = self.suspect or (not piece.isascii() and _UNDECODED.search(piece) is not None)
        self.buffer = rest + piece
        return bool(data)

    def bad(self, start: int, end: int) -> bool:
        """Whether a byte between two places was not UTF-8."""
        return self.suspect and _UNDECODED.search(self.buffer, start, end) is not None


_UNDECODED = re.compile("[\udc80-\udcff]")


def _wants_more(error: json.JSONDecodeError, buffer: str) -> bool:
    """Whether a decoder failed because the text stopped, not because it is wrong: \\u12, tru and -1. are short enough."""
    return error.msg.startswith("Unterminated string") or len(buffer) - error.pos < 16


def _damaged(name: str, index: int, cause: str, error: Exception | None = None) -> NoReturn:
    raise DamagedFile(f"{name} is damaged at row {index}: {cause}.") from error


def _whole_characters(row: Row) -> Row | Unmapped:
    try:
        orjson.dumps(row)
    except orjson.JSONEncodeError as error:
        return Unmapped("half a character (a lone surrogate)") if "surrogate" in str(error) else row
    return row


def tsv(file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
    """The rows of a tab-separated file with a header and csv quoting, by column name: the order may differ by split."""
    lines: list[str] = []

    def remembered() -> Iterator[str]:
        for line in io.TextIOWrapper(file, encoding="utf-8-sig", newline=""):
            lines.append(line)
            yield line

    reader = csv.DictReader(remembered(), delimiter="\t")
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
        _damaged(name, index, _one_line(error), error)


def parquet(file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
    """The rows of a Parquet file, batch by batch."""
    import pyarrow.parquet

    try:
        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(batch_size=1024):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DamagedFile(f"{name} is not a whole Parquet file ({_one_line(error)}).") from error


Format = Literal["JSON Lines", "JSON array", "TSV", "Parquet"]
READERS: dict[Format, Callable[[IO[bytes], str], Iterator[Row | Unmapped]]] = {
    "JSON Lines": json_lines,
    "JSON array": json_array,
    "TSV": tsv,
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
