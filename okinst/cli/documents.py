"""What `okinst document` writes: docs/SOURCES.md and the table of sources in both READMEs, from the Cards alone; and from the
keys of recipes docs/recipe.schema.json and their table."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from okinst import lineage
from okinst.builders import WORKS, GitHub, Hub, SourceBuilder, WrongCall
from okinst.builders.upstream import Repo
from okinst.catalogue import SOURCES, Entry
from okinst.mixtures import MIXTURES, Mixture
from okinst.mixtures.keys import KEYS, PART_KEYS, schema

PAGE = "docs/SOURCES.md"
SCHEMA = "docs/recipe.schema.json"
END = "<!-- end -->"
#: what stands before a table that is written here, by what it is of
BEGIN = "<!-- table: sources -->"
BEGIN_KEYS = "<!-- table: recipe -->"
#: how a commit looks; any other revision moves
COMMIT = re.compile(r"[0-9a-f]{7,40}")
#: a family of more than this is told in short: the ends of its names, its rows in all
FEW = 4

ROOMS = {
    "korean_instructions": "Korean instructions",
    "chinese_instructions": "Chinese instructions",
    "eval_sets": "Evaluation sets",
}


@dataclass(frozen=True)
class Wording:
    """What the table of a README says besides names and numbers."""

    heads: tuple[str, ...]
    #: a shape for a reader; as it is where it is not here
    shapes: dict[str, str]
    about: str
    unknown: str
    in_all: str
    mixture: str
    of_its_parts: str


#: the READMEs and their languages
READMES = {
    "README.md": Wording(
        heads=("name", "shape", "language", "rows upstream", "licence"),
        shapes={},
        about="~{}",
        unknown="unknown",
        in_all="{} in all",
        mixture="mixture of {} sources",
        of_its_parts="of its parts",
    ),
    "README.ko.md": Wording(
        heads=("이름", "형태", "언어", "원본 행 수", "라이선스"),
        shapes={
            "conversation": "대화(conversation)",
            "preference": "선호(preference)",
            "prompt": "프롬프트(prompt)",
            "choice": "객관식(choice)",
            "span": "구간 추출(span)",
            "labelled": "분류(labelled)",
            "rated": "평가(rated)",
        },
        about="약 {}",
        unknown="알 수 없음",
        in_all="모두 {}",
        mixture="데이터 {}개의 혼합",
        of_its_parts="구성 데이터에 따름",
    ),
}


def documents(root: Path) -> dict[str, str]:
    """The documents of a clone as they should be, by path. Raises WrongCall where `root` is no clone."""
    made = {PAGE: page(), SCHEMA: json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"}
    for name, wording in READMES.items():
        try:
            text = (root / name).read_text(encoding="utf-8")
        except OSError as error:
            raise WrongCall(f"{root / name} cannot be read ({error.strerror}): run it in a clone of okinst.") from error
        text = between_marks(text, keys_table(), name, BEGIN_KEYS)
        made[name] = between_marks(text, readme_table(wording), name)
    return made


def write(root: Path) -> list[str]:
    """Write the documents that are not current; gives back which."""
    written = []
    for name, text in documents(root).items():
        path = root / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(name)
    return written


def between_marks(text: str, lines: Iterable[str], name: str, mark: str = BEGIN) -> str:
    r"""A text with other lines between the two marks.

    >>> between_marks("a\n<!-- table: sources -->\nold\n<!-- end -->\nb\n", ["new"], "README.md")
    'a\n<!-- table: sources -->\nnew\n<!-- end -->\nb\n'
    """
    before, begin, rest = text.partition(f"{mark}\n")
    _, end, after = rest.partition(f"{END}\n")
    if not (begin and end):
        raise WrongCall(f"{name} has no line {mark} with a line {END} behind it: put both around the table.")
    return "".join([before, begin, *(f"{line}\n" for line in lines), end, after])


# -- the table of a README ------------------------------------------------------------------------------------------------


def readme_table(wording: Wording) -> Iterator[str]:
    """One line a family of sources, and one a mixture."""
    yield from _table(wording.heads, (_readme_row(family, wording) for family in families()), numbers={3})
    for mixture in MIXTURES.values():
        languages = [language for part in mixture.parts for language in part.source.CARD.languages]
        rows = {"train": mixture.rows} if mixture.rows else {}
        yield _line(
            (
                _code(mixture.name),
                wording.mixture.format(len(mixture.parts)),
                _joined(languages),
                _total([(rows, mixture.rows_exact)], wording),
                wording.of_its_parts,
            )
        )


def families() -> list[list[Entry]]:
    """The sources, those of one family together: they share a repository upstream, or a class below SourceBuilder."""
    found: list[tuple[set[object], list[Entry]]] = []
    for entry in SOURCES.values():
        marks: set[object] = {entry.room + repo.id for repo in _repos(entry)}
        marks |= {cls for cls in entry.builder.__mro__ if _of_a_room(cls)}
        for known, family in found:
            if known & marks:
                known |= marks
                family.append(entry)
                break
        else:
            found.append((marks, [entry]))
    return [family for _, family in found]


def _of_a_room(cls: type) -> bool:
    return issubclass(cls, SourceBuilder) and cls.__module__.split(".")[1:2] != ["builders"]


def _readme_row(family: list[Entry], wording: Wording) -> tuple[str, ...]:
    names = [entry.name for entry in family]
    counts = [(entry.variant.rows, entry.variant.rows_exact) for entry in family]
    short = len(family) > FEW
    return (
        ", ".join(map(_code, _in_short(names) if short else names)),
        _joined(wording.shapes.get(entry.builder.SHAPE, entry.builder.SHAPE) for entry in family),
        _joined(language for entry in family for language in entry.builder.CARD.languages),
        wording.in_all.format(_total(counts, wording))
        if short
        else "; ".join(_total([count], wording) for count in counts),
        _joined(license for entry in family for license in entry.builder.licenses()),
    )


def _in_short(names: list[str]) -> list[str]:
    """Names, of which all but the first leave out the beginning that all have.

    >>> _in_short(["belle-0.5m", "belle-1m", "belle-multiturn"]), _in_short(["hrc", "kowow"])
    (['belle-0.5m', '-1m', '-multiturn'], ['hrc', 'kowow'])
    """
    common = 0
    for letters in zip(*names, strict=False):
        if len(set(letters)) > 1:
            break
        common += 1
    begin = names[0][:common].rpartition("-")[0]
    return [names[0], *(name.removeprefix(begin) for name in names[1:])]


def _total(counts: list[tuple[dict[str, int], bool]], wording: Wording) -> str:
    """All rows of some sources. A source of unknown size makes the sum a guess."""
    known = [sum(rows.values()) for rows, _ in counts if rows]
    if not known:
        return wording.unknown
    exact = len(known) == len(counts) and all(exact for _, exact in counts)
    return ("{}" if exact else wording.about).format(f"{sum(known):,}")


# -- the table of a recipe's keys ---------------------------------------------------------------------------------------


def keys_table() -> Iterator[str]:
    """Every key of a recipe, of its parts, and of a filter."""
    rows = [(name, "", key) for name, key in KEYS.items() if name != "parts"]
    rows += [(name, "[[parts]]", key) for name, key in PART_KEYS.items()]
    yield from _table(
        ("key", "of", "value", "what it means"),
        ((_code(name), of and _code(of), key.told.replace("|", "\\|"), key.means) for name, of, key in rows),
    )
    properties = KEYS["filter"].schema["properties"]
    yield ""
    yield f"A filter: {', '.join(f'{_code(name)}{_values(told)}' for name, told in properties.items())}."


def _values(told: dict[str, Any]) -> str:
    """What a key of a filter takes, in short."""
    choices = told.get("enum") or next((each["enum"] for each in told.get("anyOf", ()) if "enum" in each), None)
    return f" ({', '.join(choices)})" if choices else ""


# -- docs/SOURCES.md ------------------------------------------------------------------------------------------------------


def page() -> str:
    """docs/SOURCES.md."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# Sources"
    yield ""
    yield "Written by `okinst document` from the Cards: to change it, change a Card and run that."
    yield "Rows are upstream's word; `~` marks a number that was inferred or rounded. Languages are BCP-47."
    for room, title in ROOMS.items():
        entries = [entry for entry in SOURCES.values() if entry.room == room]
        yield ""
        yield f"## {title}"
        yield ""
        heads = ("name", "rows", "shape", "languages", "licence", "making", "revision", "derived from")
        yield from _table(heads, map(_source_row, entries))
        # variants, and the tasks of one benchmark, share a Card
        for _, sharing in groupby(entries, key=lambda entry: entry.builder.CARD):
            yield from _section(list(sharing))
    yield ""
    yield "## Mixtures"
    for mixture in MIXTURES.values():
        yield from _mixture_section(mixture)
    yield ""
    yield "## Works outside okinst"
    yield ""
    yield "What sources were made from and okinst does not have."
    yield ""
    graph = lineage.whole()
    yield from _table(
        ("work", "licence", "went into"),
        (
            (
                f"[{_prose(work.name)}]({work.homepage})",
                work.license,
                ", ".join(map(_reference, graph.children(work.name))),
            )
            for work in WORKS.values()
        ),
    )
    yield ""
    yield "## Lineage"
    yield ""
    yield "Arrows go from what was there to what was made of it; dotted lines mean shared rows; works in a dashed line are outside"
    yield "okinst. `okinst lineage NAME` draws a part of it."
    yield ""
    yield "```mermaid"
    yield from lineage.as_mermaid(graph)
    yield "```"


def _source_row(entry: Entry) -> tuple[str, ...]:
    card, variant = entry.builder.CARD, entry.variant
    about = "" if variant.rows_exact else "~"
    rows = [f"{split} {about}{count:,}" for split, count in variant.rows.items()]
    return (
        _reference(entry.name),
        ", ".join(rows) or "unknown",
        entry.builder.SHAPE,
        _joined(card.languages),
        _joined(entry.builder.licenses()),
        card.making,
        _joined(map(revision, _repos(entry))),
        ", ".join(map(_reference, card.derived_from)),
    )


def revision(repo: Repo) -> str:
    """Which state of a repository is read.

    >>> revision(Hub("a/b", "5e28ece")), revision(GitHub("a/b", "main")), revision(Repo("a/b", ""))
    ('5e28ece', 'main (unpinned)', 'placed by hand')
    """
    if not isinstance(repo, GitHub | Hub):
        return "placed by hand"  # nothing can fetch it
    return repo.revision[:7] if COMMIT.fullmatch(repo.revision) else f"{repo.revision} (unpinned)"


def _section(entries: list[Entry]) -> Iterator[str]:
    card = entries[0].builder.CARD
    yield ""
    yield f"### [{_prose(card.title)}]({card.homepage})"
    yield ""
    for entry in entries:
        shared = ", ".join(map(_reference, entry.variant.overlaps))
        yield f'- <a id="{entry.name}"></a>{_code(entry.name)}: {_prose(entry.variant.description)}' + (
            f" Shares rows with {shared}." if shared else ""
        )
    yield f"- Licence: {_prose(card.license_note)}"
    if card.warning:
        yield f"- **Warning**: {_prose(card.warning)}"
    yield from (f"- {_prose(quirk)}" for quirk in card.quirks)
    if card.overlaps:
        yield f"- Shares rows with {', '.join(map(_reference, card.overlaps))}."
    yield f"- Cite: {', '.join(map(_code, card.citations))}"


def _mixture_section(mixture: Mixture) -> Iterator[str]:
    yield ""
    yield f"### {_code(mixture.name)}"
    yield ""
    yield f'<a id="{mixture.name}"></a>{_prose(mixture.description)}'
    rows = f"{'' if mixture.rows_exact else '~'}{mixture.rows:,}" if mixture.rows else "unknown"
    yield f"Rows: {rows}. Cite: {', '.join(map(_code, mixture.citations))}."
    yield ""
    yield from _table(
        ("part", "split", "rows", "licence"),
        (
            (
                _reference(part.config),
                part.split,
                ("" if part.rows_exact else "~") + f"{part.rows:,}" if part.rows else "unknown",
                _joined(part.source.licenses()),
            )
            for part in mixture.parts
        ),
        numbers={2},
    )


def _reference(name: str) -> str:
    """A name as a link: to its place on the page, or to the home of a work."""
    if name in WORKS:
        return f"[{_prose(name)}]({WORKS[name].homepage})"
    return f"[{_code(name)}](#{name})"


# -- Markdown -------------------------------------------------------------------------------------------------------------


def _repos(entry: Entry) -> list[Repo]:
    return list(dict.fromkeys(file.repo for files in entry.variant.files.values() for file in files))


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], numbers: Iterable[int] = ()) -> Iterator[str]:
    yield _line(heads)
    yield "|" + "|".join("---:" if place in numbers else "---" for place in range(len(heads))) + "|"
    yield from map(_line, rows)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _joined(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(values))


def _code(text: str) -> str:
    return f"`{text}`"


def _prose(text: str) -> str:
    r"""A text in which no character means anything to Markdown or HTML.

    >>> print(_prose("<|user|> is a_b &lt;"))
    \<\|user\|\> is a\_b \&lt;
    """
    return re.sub(r"([\\`*_\[\]<>|~&$])", r"\\\1", " ".join(text.split()))
