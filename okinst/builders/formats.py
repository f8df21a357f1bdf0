"""Parsers that two or more sources share. Each yields rows, and names the row where a file is not what it should be.

A file is handed over as an open binary stream, so that rows are read the same from disk and from the network; nothing
here holds more than one row (or one Parquet batch) at a time.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Literal

import orjson
import pyarrow as pa

from okinst.builders.errors import DamagedFile
from okinst.builders.schema import Row

BOM = b"\xef\xbb\xbf"


class _Prefixed:
    """A stream with bytes that were read already put back in front."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self.head, self.rest = head, rest

    def read(self, size: int) -> bytes:
        head, self.head = self.head[:size], self.head[size:]
        return head + self.rest.read(size - len(head))


def _object(value: object, where: str) -> Row:
    if isinstance(value, dict):
        return value
    raise DamagedFile(f"{where} is a {_json_kind(value)}, not an object with named columns.")


def _json_kind(value: object) -> str:
    return {list: "list", str: "string", type(None): "null", bool: "boolean"}.get(type(value), "number")


def json_lines(file: IO[bytes], name: str) -> Iterator[Row]:
    """The objects of a JSON Lines file; empty lines are passed over."""
    for number, line in enumerate(file, 1):
        if number == 1:
            line = line.removeprefix(BOM)
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if not line.strip():
                continue
            raise DamagedFile(
                f"line {number} of {name} is not JSON ({_cause(line, error)}).{_looks_like(line, number)}"
            ) from error
        if type(value) is not dict:
            _object(value, f"line {number} of {name}")
        yield value


def json_array(file: IO[bytes], name: str) -> Iterator[Row]:
    """The objects of one JSON array, however large, one at a time."""
    import ijson

    head = file.read(4096).removeprefix(BOM).lstrip()
    if head[:1] != b"[":
        found = f"it begins with {head[:1].decode(errors='replace')!r}" if head else "it is empty"
        hint = " Is it JSON Lines?" if head[:1] == b"{" else ""
        raise DamagedFile(f"{name} should be one JSON array, but {found}.{hint}")
    index = 0
    try:
        for value in ijson.items(_Prefixed(head, file), "item", use_float=True, buf_size=1 << 16):
            if type(value) is not dict:
                _object(value, f"row {index} of {name}")
            yield value
            index += 1
    except (ijson.JSONError, UnicodeDecodeError) as error:
        cause = "it ends in the middle" if isinstance(error, ijson.IncompleteJSONError) else _one_line(error)
        raise DamagedFile(f"{name} is damaged at row {index}: {cause}. Fetch the file again.") from error


def tsv(file: IO[bytes], name: str) -> Iterator[Row]:
    """The rows of a tab-separated file with a header and csv quoting, by column name: the order may differ by split."""
    csv.field_size_limit(1 << 30)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    reader = csv.DictReader(text, delimiter="\t")
    index = 0
    try:
        for row in reader:
            if None in row:
                raise DamagedFile(f"row {index} of {name} has more fields than the header has columns.")
            if None in row.values():
                raise DamagedFile(f"row {index} of {name} has fewer fields than the header has columns.")
            yield row
            index += 1
    except (csv.Error, UnicodeDecodeError) as error:
        raise DamagedFile(f"{name} is damaged at row {index}: {_one_line(error)}. Fetch the file again.") from error


def parquet(file: IO[bytes], name: str) -> Iterator[Row]:
    """The rows of a Parquet file, batch by batch."""
    import pyarrow.parquet

    try:
        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(batch_size=1024):
            yield from batch.to_pylist()
    except pa.ArrowInvalid as error:
        raise DamagedFile(f"{name} is not a whole Parquet file ({_one_line(error)}). Fetch the file again.") from error


Format = Literal["JSON Lines", "JSON array", "TSV", "Parquet"]
READERS: dict[Format, Callable[[IO[bytes], str], Iterator[Row]]] = {
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


def speakers(conversations: Iterable[Row]) -> Iterator[tuple[str, object]]:
    """The turns of ShareGPT's `[{"from", "value"}]`."""
    for turn in conversations:
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
