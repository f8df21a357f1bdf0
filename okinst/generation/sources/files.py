"""The rows of a file of one's own."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from okinst.builders import DamagedFile, MissingFile, Row, Unmapped, WrongCall, ask, clean, formats, origin, schema
from okinst.generation.sources import encodings
from okinst.generation.sources.reading import Reading, Wanted, first_question, read, text_of
from okinst.generation.sources.source import Found, Source, Unread
from okinst.mixtures import own

#: how a file of one's own is laid out, by the end of its name
FORMATS: dict[str, formats.Format] = {**own.FORMATS, ".csv": "CSV", ".tsv": "TSV", ".xlsx": "XLSX"}
#: columns that are taken where a file does not say otherwise: a question and its answer, a passage, an instruction
EXCHANGES = (("user", "chip2"), ("prompt", "completion"), ("question", "answer"), ("input", "output"))
PASSAGES = ("context", "passage", "paragraph", "document", "text")
INSTRUCTIONS = ("instruction", "prompt", "question", "input", "user")
#: of a line of a file
NO_JSON = "a line that is no JSON object"
#: how a parser of one line says where
_PLACE = re.compile(r": line 1 column (\d+) \(char \d+\)")


def of_file(
    path: Path, wanted: Wanted, layout: str | None, columns: tuple[str, ...], license: str, making: str
) -> Source:
    if not path.is_file():
        raise MissingFile(
            f"there is no file {path}. Name one that ends in {', '.join(FORMATS)}, or a set of okinst list."
        )
    if path.suffix.lower() not in FORMATS:
        raise WrongCall(f"{path} is none of {', '.join(FORMATS)}: which of them is it? Rename it, or convert it.")
    first = _first_row(path)
    made = origin.beside(path)
    if made and not layout and not columns and wanted != "passage":
        layout = made.layout
    reading, taken = _reading_of_file(path, wanted, layout, columns, first)

    def rows() -> Iterator[Found]:
        for row in _lines(path):
            if isinstance(row, Unmapped):
                yield Found(None, row, license, making)
                continue
            own = {**row, **origin.said(row)}
            declared = {"license": license, "making": making}
            says = {
                name: own[name] if isinstance(own.get(name), str) and own[name] else declared[name] for name in declared
            }
            yield Found(None, read(reading, row), **says)

    name, stem = (each.encode("utf-8", "backslashreplace").decode() for each in (path.name, path.stem))
    settings = {"source": name, "taken": taken}
    if made is None:
        return Source(stem, "train", settings, rows, f"That of {name}, as its rows or its owner say.")
    whose = (made.generators, made.translators, (made.name,), made.research_only, made.not_passed_on)
    # the keys are those of the file: they stay what they are without its origin beside it
    return Source(stem, "train", settings, rows, made.license_note, *whose, called=made.name)


def _first_row(path: Path) -> Row:
    """The first row that can be read. Raises DamagedFile where there is none, with what the reader says of the whole file."""
    for row in _lines(path):
        if isinstance(row, dict):
            return row
    with path.open("rb") as file, encodings.named(path):
        for _ in formats.READERS[FORMATS[path.suffix.lower()]](file, str(path)):
            pass
    raise DamagedFile(f"{path} holds no rows.")


def _lines(path: Path) -> Iterator[Row | Unmapped]:
    """The rows of a file. One line of JSON Lines that is broken costs itself alone; in other formats nobody knows where the next row is."""
    kind = FORMATS[path.suffix.lower()]
    with path.open("rb") as file, encodings.named(path):
        if kind == "JSON Lines" or (kind == "JSON array or Lines" and _begins(file) != b"["):
            for number, line in enumerate(file, 1):
                if line.removeprefix(formats.BOM).strip():
                    yield _of_line(line, number)
        else:
            yield from formats.READERS[kind](file, str(path))


def _begins(file: IO[bytes]) -> bytes:
    begin = file.read(1 << 12).removeprefix(formats.BOM).lstrip()[:1]
    file.seek(0)
    return begin


def _of_line(line: bytes, number: int) -> Row | Unmapped:
    why, detail = NO_JSON, f"line {number} "
    try:
        (row,) = formats.json_lines(io.BytesIO(line), "it")
        if not isinstance(row, Unmapped):
            return row
        why, detail = str(row), detail.rstrip()
    except DamagedFile as error:
        detail += _PLACE.sub(r" at character \1", str(error).removeprefix("line 1 of it ").rstrip("."))
    return Unread(why, line.rstrip(b"\r\n").decode("utf-8", "backslashreplace"), detail)


def _reading_of_file(
    path: Path, wanted: Wanted, layout: str | None, columns: tuple[str, ...], first: Row
) -> tuple[Reading, str]:
    """How the rows of a file are read, and that in words."""
    if layout and columns:
        raise WrongCall(f"{path}: --layout and --column exclude each other: name one.")
    if layout is not None:
        own.check_layout(layout, f"--layout {layout}")
    if unknown := [column for column in columns if column not in first]:
        raise WrongCall(f"{path} has no column {unknown[0]!r}; it has {', '.join(map(str, first))}.")
    if columns:
        return _reading_of_columns(path, wanted, columns, first)
    if wanted == "passage":
        found = next((column for column in PASSAGES if isinstance(first.get(column), str)), None)
        if found:
            return _reading_of_columns(path, wanted, (found,), first)
    else:
        known = layout or _layout(first)
        if known:
            return (_conversation if wanted == "conversation" else _asked)(own.reading(known)), known
        guesses = EXCHANGES if wanted == "conversation" else tuple((column,) for column in INSTRUCTIONS)
        if wanted == "instruction" and {"instruction", "input"} <= first.keys():  # Alpaca's, before anybody answered
            return _joined, "instruction and input"
        for guess in guesses:
            if all(isinstance(first.get(column), str) for column in guess):
                return _reading_of_columns(path, wanted, guess, first)
    raise WrongCall(
        f"{path}: nobody can tell which of its columns hold the {wanted}s: {', '.join(map(str, first))}. Name "
        + (
            "two with --column, the question's and the answer's, or a --layout."
            if wanted == "conversation"
            else "one with --column."
        )
    )


def _layout(row: Row) -> str | None:
    for layout in own.LAYOUTS:
        if all(row.get(column) is not None for column in own.NEEDED[layout]):
            try:
                own.EXAMPLES[layout](row)
            except Unmapped:
                continue
            return layout
    return None


def _reading_of_columns(path: Path, wanted: Wanted, columns: tuple[str, ...], first: Row) -> tuple[Reading, str]:
    needed = 2 if wanted == "conversation" else 1
    if len(columns) != needed:
        raise WrongCall(
            f"{path}: --column should be given "
            + ("twice, for the question's column and the answer's." if needed == 2 else "once.")
        )
    told = " and ".join(columns)
    if wanted == "conversation":
        asked, answered = columns
        return _conversation(lambda row: ask(row[asked], row[answered])), told
    (column,) = columns
    if wanted == "passage":
        return lambda row: {"title": clean(row.get("title")), "context": text_of(row[column], "passage")}, told
    return lambda row: {"instruction": text_of(row[column], "instruction")}, told


def _conversation(example: Reading) -> Reading:
    def reading(row: Row) -> Row:
        made = example(row)
        if flaw := schema.flaw("conversation", made):
            raise Unmapped(flaw)
        return {"messages": made["messages"]}

    return reading


def _asked(example: Reading) -> Reading:
    return lambda row: {"instruction": first_question(example(row)["messages"])}


def _joined(row: Row) -> Row:
    return {"instruction": text_of(schema.join(clean(row["instruction"]), clean(row["input"])), "instruction")}
