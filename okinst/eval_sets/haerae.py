"""HAE-RAE Bench 1.1: the eleven tasks with options. The query is the whole prompt; the options stand in it, and once more in a string.

lm-evaluation-harness has five of the tasks: it shows `query` as it is, and (A) to (E) as the choices. The other six are asked the
same way, with as many letters as there are options, and named haerae_<task>.
"""

import ast
import re
import unicodedata
from collections.abc import Sequence

from okinst.builders import Card, Hub, Row, SourceBuilder, Unmapped, Upstream, Variant, choose

# No revision is known of it. The harness reads HAE_RAE_BENCH, whose tasks may be fewer.
REPO = Hub("HAERAE-HUB/HAE_RAE_BENCH_1.1", "main", copies=("HAERAE-HUB/HAE_RAE_BENCH",))
LETTERS = ("(A)", "(B)", "(C)", "(D)", "(E)")
#: upstream's name of a task, and the harness's
HARNESS = {
    "general_knowledge": "haerae_general_knowledge",
    "history": "haerae_history",
    "loan_words": "haerae_loan_word",
    "rare_words": "haerae_rare_word",
    "standard_nomenclature": "haerae_standard_nomenclature",
}
#: what pandas leaves where a cell was empty
MISSING = "nan"

_ESCAPE = r"""\\(?:[\\'"abfnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"""
#: one string of a list as Python prints it, and the comma behind it
_QUOTED = re.compile(
    r"""\s*('[^'\\\r\n\0]*(?:ESC[^'\\\r\n\0]*)*'|"[^"\\\r\n\0]*(?:ESC[^"\\\r\n\0]*)*")\s*(,?)""".replace("ESC", _ESCAPE)
)
_LIST = re.compile(r"""\s*\[\s*(?:['"]|\]\s*\Z)""")
_LETTER = re.compile(r"\(([A-Z])\)|([A-Z])[).]?")


def options(value: object) -> list[str]:
    """The options of a question, from the ways upstream writes them; [] where it has none. Raises Unmapped for any other way.

    Strings of a list are read one by one: however deep something is nested, it costs nothing.

    >>> options("['달', '별']"), options("달|별"), options("nan")
    (['달', '별'], ['달', '별'], [])
    """
    if value is None or value == MISSING or value != value:
        return []
    if isinstance(value, list):
        found = value
    elif not isinstance(value, str):
        raise Unmapped(f"options that are a {type(value).__name__}")
    elif _LIST.match(value):
        found = _listed(value)
    else:
        found = value.split("|")
    if len(found) == 1:
        raise Unmapped("options that do not parse")
    if not all(isinstance(option, str) for option in found):
        raise Unmapped("an option that is no text")
    if not all(map(str.strip, found)):
        raise Unmapped("an empty option")
    return found


def _listed(text: str) -> list[str]:
    found, at = [], text.index("[") + 1
    while quoted := _QUOTED.match(text, at):
        try:
            found.append(ast.literal_eval(quoted[1]))
        except (SyntaxError, ValueError):  # half a character, or one beyond Unicode
            break
        at = quoted.end()
        if not quoted[2]:
            break
    if text[at:].strip() != "]":
        raise Unmapped("options that do not parse")
    return found


def place(answer: object, count: int) -> int:
    """Which of so many options a letter means, from 0.

    >>> place("(B)", 5), place("b", 5), place("（Ｂ）", 5)
    (1, 1, 1)
    """
    found = (
        _LETTER.fullmatch(unicodedata.normalize("NFKC", answer).strip().upper()) if isinstance(answer, str) else None
    )
    if found is None:
        raise Unmapped("an answer that is no letter")
    number = ord(found[1] or found[2]) - ord("A")
    if number >= count:
        raise Unmapped("answer outside the options")
    return number


def letters(found: Sequence[str]) -> tuple[str, ...]:
    """A letter for each option. Raises Unmapped where there are none, or more than letters."""
    if not found:
        raise Unmapped("no options")
    if len(found) > len(LETTERS):
        raise Unmapped("more options than letters")
    return LETTERS[: len(found)]


def file(task: str) -> dict[str, tuple[Upstream, ...]]:
    """The one file of a task; its name ends with a hash nobody knows."""
    return {"test": (REPO / f"data/{task}-*.parquet",)}


def variant(task: str, description: str, rows: int) -> Variant:
    """The name of one task."""
    name = f"haerae-{task.replace('_', '-')}"
    return Variant(name=name, description=description, files=file(task), rows={"test": rows})


class HAERAE(SourceBuilder):
    """One question with its options."""

    CARD = Card(
        title="HAE-RAE Bench 1.1",
        homepage="https://huggingface.co/datasets/HAERAE-HUB/HAE_RAE_BENCH_1.1",
        license="cc-by-nc-nd-4.0",
        license_note="The Hub card; the page was reported to ask for consent first. Songs and exams have owners of their own.",
        languages=("ko",),
        making="human",
        generators=(),
        translators=(),
        derived_from=(),
        overlaps=(),
        warning="An evaluation set: rows in a training mixture make its score worthless.",
        quirks=(
            "query is the whole prompt, options and the last line ### 정답: included: it is kept character for character.",
            "options is a string: a list as Python prints it, or options with | between them, or nan. They are read to check the "
            "answer against them; what does not parse is counted.",
            "The choices are letters, as in lm-evaluation-harness: always (A) to (E) in its five tasks, in the others as many as "
            "there are options. Only those five have a task name from the harness.",
            "lyrics-denoising and proverbs-denoising have no options: they are conversations of one exchange.",
            "Reading comprehension has more than twice the rows it has in 1.0, and is not in the harness.",
            "No revision is known: the newest is read, and provenance.json records which it was. Row numbers and columns are "
            "known at second hand.",
        ),
        citations=("haerae",),
    )
    SHAPE = "choice"
    FORMAT = "Parquet"
    COLUMNS = {"query": "string", "options": "string", "answer": "string"}
    BUILDER_CONFIGS = [
        variant("correct_definition_matching", "Words and their definitions.", 439),
        variant("csat_geo", "Geography questions of the college entrance exam.", 150),
        variant("csat_law", "Law questions of the college entrance exam.", 217),
        variant("csat_socio", "Social studies questions of the college entrance exam.", 298),
        variant("date_understanding", "Dates that follow from others.", 475),
        variant("general_knowledge", "General knowledge of Korea.", 176),
        variant("history", "Korean history.", 188),
        variant("loan_words", "Korean words in place of loan words.", 169),
        variant("rare_words", "What rare words mean.", 405),
        variant("reading_comprehension", "Questions about a passage.", 936),
        variant("standard_nomenclature", "Standard terms of a field.", 153),
    ]

    def example(self, row: Row) -> Row:
        if not isinstance(row["query"], str):
            raise Unmapped("a query that is no text")
        shown = letters(options(row["options"]))
        answer = place(row["answer"], len(shown))
        task = self.config.name.removeprefix("haerae-").replace("-", "_")
        if task in HARNESS:
            return choose(row["query"], LETTERS, answer, HARNESS[task])
        return choose(row["query"], shown, answer, f"haerae_{task}")
