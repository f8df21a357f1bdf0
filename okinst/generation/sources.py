"""What a job works on: conversations, passages or instructions, from a name of `okinst list` or a file of one's own.

Rows come in order, lazily, each under a key that a run goes on by. A row of a set has its id and what it says in it; a row of a file what
it says, and how many said the same before it: rows put in front of it, or sorted another way, change nothing. A row that was changed is
another row. A row that cannot be read is an item too, so that it is set aside with its reason.
"""

import hashlib
import io
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple, get_args

from okinst.builders import (
    DamagedFile,
    License,
    Making,
    MissingFile,
    Row,
    SourceBuilder,
    Unmapped,
    WrongCall,
    ask,
    clean,
    formats,
    origin,
    schema,
)
from okinst.generation import encodings
from okinst.generation.job import Item, Rejected
from okinst.licences import known_facts
from okinst.mixtures import own
from okinst.mixtures.builder import facts
from okinst.mixtures.meta import NAMES, builder_for
from okinst.mixtures.recipe import is_recipe

#: what a job asks of a row: `messages`; `title` and `context`; `instruction`
Wanted = Literal["conversation", "passage", "instruction"]
#: how a file of one's own is laid out, by the end of its name
FORMATS: dict[str, formats.Format] = {**own.FORMATS, ".csv": "CSV", ".tsv": "TSV", ".xlsx": "XLSX"}
#: columns that are taken where a file does not say otherwise: a question and its answer, a passage, an instruction
EXCHANGES = (("user", "chip2"), ("prompt", "completion"), ("question", "answer"), ("input", "output"))
PASSAGES = ("context", "passage", "paragraph", "document", "text")
INSTRUCTIONS = ("instruction", "prompt", "question", "input", "user")
#: under these keys stands why a row cannot be worked on, where and how exactly, and what was read of it
UNREADABLE, DETAIL, READ = "unreadable", "detail", "read"
#: of a line of a file
NO_JSON = "a line that is no JSON object"
#: how a parser of one line says where
_PLACE = re.compile(r": line 1 column (\d+) \(char \d+\)")
#: the licence, or the making, of what nobody said it of
UNSTATED = "unstated"
Reading = Callable[[Row], Row]


class Unread(Unmapped):
    """A row that cannot be worked on, with what was read of it."""

    def __init__(self, why: str, read: object, detail: str = "") -> None:
        super().__init__(why)
        self.read, self.detail = read, detail


@dataclass(frozen=True)
class Source:
    """Rows to work on."""

    name: str  # of the set, or of the file without its ending
    split: str
    settings: dict[str, Any]  # how it is read: a run goes on only with the same
    rows: Callable[[], Iterator["Found"]]
    license_note: str
    generators: tuple[str, ...] = ()  # models that wrote text of it, machines that translated it
    translators: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()  # the sets that its rows are from
    research_only: bool = False
    not_passed_on: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)  # rows that the set's own builder left out, by reason

    def items(self) -> Iterator[Item]:
        """Every row, in order."""
        before = Counter[str]()
        for number, found in enumerate(self.rows()):
            row, place = _unreadable(found.row) if isinstance(found.row, Unmapped) else found.row, found.place
            said = digest(row)
            if place is None:
                place = str(before[said])
                before[said] += 1
            yield Item(number, f"{self.name}/{self.split}/{place}#{said}", row, found.license, found.making)


class Found(NamedTuple):
    """One row of a source."""

    place: str | None  # the end of its id, None for one of a file
    row: Row | Unmapped  # what is worked on
    license: str
    making: str


def _unreadable(why: Unmapped) -> Row:
    told: Row = {UNREADABLE: str(why)}
    if isinstance(why, Unread):
        told |= ({DETAIL: why.detail} if why.detail else {}) | {READ: why.read}
    return told


def digest(row: Row) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a row's JSON."""
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def readable(item: Item) -> Row:
    """The row of an item. Raises Rejected, with the reason, where it could not be read."""
    if UNREADABLE in item.row:
        raise Rejected(item.row[UNREADABLE], item.row.get(DETAIL, ""))
    return item.row


def once(items: Iterable[Item], reason: str) -> Iterator[Item]:
    """The items, those that say what an earlier one said with the reason in place of their row: nobody pays twice for one answer."""
    seen: set[str] = set()
    for item in items:
        said = item.key.rpartition("#")[2]
        again = said in seen and UNREADABLE not in item.row
        yield replace(item, row={UNREADABLE: reason, READ: item.row}) if again else item
        seen.add(said)


def opened(
    place: str,
    wanted: Wanted,
    *,
    split: str | None = None,
    layout: str | None = None,
    columns: tuple[str, ...] = (),
    data_dir: str | None = None,
    mirror: str | None = None,
    sample: bool = False,
    license: str | None = None,
    making: str | None = None,
) -> Source:
    """The rows of a name of `okinst list` (its split "train", or the only one there is), or of a file.

    `layout` (messages, alpaca, sharegpt, koalpaca) and `columns` are for a file that does not say by its columns what it is:
    a question's and an answer's where conversations are wanted, else one. `license` and `making` are of rows of a file that do not
    say them. Raises WrongCall for what cannot be read so.
    """
    path = Path(place).expanduser()
    if place in NAMES or is_recipe(place):
        if layout or columns:
            raise WrongCall(
                f"{place}: --layout and --column are for files of your own; okinst knows how this set is laid out."
            )
        if license or making:
            raise WrongCall(
                f"{place}: --license and --making are for files of your own; the rows of this set say both themselves."
            )
        return _of_set(place, wanted, split, {"data_dir": data_dir, "mirror": mirror, "sample": sample})
    if path.suffix.lower() not in FORMATS and not path.exists():
        raise WrongCall(
            f"{place} is no name of okinst list, and no file ({', '.join(FORMATS)}). All names: okinst list"
        )
    if split or data_dir or mirror or sample:
        raise WrongCall(f"{place} is a file: --split, --data-dir, --mirror and --sample are for names of okinst list.")
    for option, value, known in (
        ("--license", license, get_args(License)),
        ("--making", making, (*get_args(Making), UNSTATED)),
    ):
        if value is not None and value not in known:
            raise WrongCall(f"{option} {value} should be one of {', '.join(known)}.")
    return _of_file(path, wanted, layout, columns, license or UNSTATED, making or UNSTATED)


# -- sets ---------------------------------------------------------------------------------------------------------------


def _of_set(name: str, wanted: Wanted, split: str | None, door: dict[str, Any]) -> Source:
    builder = builder_for(name, **{key: value for key, value in door.items() if value})
    reading = _reading_of_set(name, wanted, set(builder.info.features))
    builder.download_and_prepare()
    there = list(builder.info.splits)
    chosen = split or ("train" if "train" in there or len(there) > 1 else there[0])
    if chosen not in there:
        raise WrongCall(f"{name} has no split {chosen!r}; it has {', '.join(there)}. Name one with --split.")
    called = str(builder.config.name)

    def rows() -> Iterator[Found]:
        for row in builder.as_dataset(split=chosen):
            # a row of a mixture has the id of the set that it came from: all of it is kept
            place = row["id"].removeprefix(f"{called}/{chosen}/")
            yield Found(place, _read(reading, row), row["license"], row["making"])

    if wanted == "passage" and all(isinstance(found.row, Unmapped) for found in rows()):
        raise WrongCall(
            f"{name} has no passages: context is empty in all rows of {chosen}. okinst list shows the sets."
        )
    left_out: dict[str, int] = {}
    for count in builder.tallies() if isinstance(builder, SourceBuilder) else ():
        if count.split == chosen:
            for reason, number in count.left_out.items():
                left_out[reason] = left_out.get(reason, 0) + number
    of_each = {**known_facts(), **facts(builder)}
    from_ = sorted(builder.as_dataset(split=chosen).unique("source"))
    known = [of_each[name] for name in from_ if name in of_each]
    return Source(
        called,
        chosen,
        {"source": called, "split": chosen},
        rows,
        f"That of {called}: {builder.card.license_note}"
        if isinstance(builder, SourceBuilder)
        else f"That of each row of {called}.",
        tuple(name for each in known for name in each.generators),
        tuple(name for each in known for name in each.translators),
        tuple(from_),
        any(each.research_only for each in known),
        any(each.not_passed_on for each in known),
        left_out,
    )


def _reading_of_set(name: str, wanted: Wanted, columns: set[str]) -> Reading:
    if wanted == "conversation" and "messages" in columns:
        return lambda row: {"messages": row["messages"]}
    if wanted == "passage" and "context" in columns:
        return lambda row: {"title": row.get("title", ""), "context": _text(row["context"], "passage")}
    if wanted == "instruction" and "messages" in columns:
        return lambda row: {"instruction": _first_question(row["messages"])}
    if wanted == "instruction" and "prompt" in columns:
        return lambda row: {"instruction": _first_question(row["prompt"])}
    if wanted == "instruction" and "question" in columns:
        return lambda row: {"instruction": _text(row["question"], "instruction")}
    raise WrongCall(
        f"{name} has no {wanted}s: its columns are {', '.join(sorted(columns))}. okinst list shows what each set holds."
    )


# -- files --------------------------------------------------------------------------------------------------------------


def _of_file(
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
            yield Found(None, _read(reading, row), **says)

    settings = {"source": path.name, "taken": taken}
    if made is None:
        return Source(path.stem, "train", settings, rows, f"That of {path.name}, as its rows or its owner say.")
    whose = (made.generators, made.translators, (made.name,), made.research_only, made.not_passed_on)
    return Source(made.name, "train", settings, rows, made.license_note, *whose)


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
        return lambda row: {"title": clean(row.get("title")), "context": _text(row[column], "passage")}, told
    return lambda row: {"instruction": _text(row[column], "instruction")}, told


def _conversation(example: Reading) -> Reading:
    def reading(row: Row) -> Row:
        made = example(row)
        if flaw := schema.flaw("conversation", made):
            raise Unmapped(flaw)
        return {"messages": made["messages"]}

    return reading


def _asked(example: Reading) -> Reading:
    return lambda row: {"instruction": _first_question(example(row)["messages"])}


def _first_question(messages: list[dict[str, str]]) -> str:
    # a document before it belongs to it
    head = itertools.takewhile(lambda turn: turn["role"] != "assistant", messages)
    return _text("\n\n".join(turn["content"] for turn in head), "instruction")


def _joined(row: Row) -> Row:
    return {"instruction": _text(schema.join(clean(row["instruction"]), clean(row["input"])), "instruction")}


def _text(value: object, what: str) -> str:
    text = clean(value)
    if not text:
        raise Unmapped(f"empty {what}")
    return text


def _read(reading: Reading, row: Row) -> Row | Unmapped:
    try:
        return reading(row)
    except Unmapped as why:
        return Unread(str(why), row)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, KeyError):
            return Unread(f"no {error} in it", row)
        return Unread(f"not laid out as it should be ({error})", row)
