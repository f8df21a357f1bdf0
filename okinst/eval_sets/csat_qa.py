"""CSAT-QA, from HAE-RAE: Korean questions of Korea's college entrance exam; the whole, and a smaller file with six categories.

`query` and `choices` are what lm-evaluation-harness's csatqa tasks show a model, character for character; `task` is the harness's
name. It has none for the whole, which is asked the same way and called csatqa.
"""

import re

from okinst.builders import Card, Hub, Row, SourceBuilder, Unmapped, Unwanted, Variant, choose

REPO = Hub("HAERAE-HUB/csatqa", "7a5ec2e70df9d5416e7a65167380308acebb952c")
CATEGORIES = ("WR", "GR", "RCS", "RCSS", "RCH", "LI")
CHOICES = ("(1)", "(2)", "(3)", "(4)", "(5)")
_GOLD = re.compile(r"(\d+)(?:\.0)?")


def prompt(context: str | None, question: str, options: tuple[str, ...]) -> str:
    """What the harness shows: where there is no context, it prints None.

    >>> print(prompt(None, "뜨는 것은?", ("달", "돌", "쇠", "흙", "물")))
    다음을 읽고 정답으로 알맞은 것을 고르시요.
    ### Context: None
    ### Question: 뜨는 것은?
    ### Options:
    (1) 달
    (2) 돌
    (3) 쇠
    (4) 흙
    (5) 물
    ### Answer: 주어진 문제의 정답은
    """
    listed = "\n".join(f"{number} {option}" for number, option in zip(CHOICES, options, strict=True))
    return (
        f"다음을 읽고 정답으로 알맞은 것을 고르시요.\n### Context: {context}\n### Question: {question}\n"
        f"### Options:\n{listed}\n### Answer: 주어진 문제의 정답은"
    )


def answer(gold: object) -> int:
    """The right choice, from 0; upstream counts from 1.

    >>> answer(1), answer("5"), answer(3.0)
    (0, 4, 2)
    """
    found = _GOLD.fullmatch(str(gold).strip())
    if found is None:
        raise Unmapped("a right answer that is no number")
    if not (len(found[1]) < 3 and 1 <= int(found[1]) <= len(CHOICES)):
        raise Unmapped("answer outside the choices")
    return int(found[1]) - 1


def category(row: Row) -> str:
    """Which of the six categories a row is of. Raises ValueError for any other: left out, it would be lost in silence."""
    keys = [key for key in ("Category", "category") if key in row]
    if not keys:
        raise ValueError(f"it has the columns {', '.join(row)}, and Category is not among them")
    found = str(row[keys[0]]).strip().upper()
    if found not in CATEGORIES:
        raise ValueError(f"{keys[0]} is {row[keys[0]]!r}, where {', '.join(CATEGORIES)} are known")
    return found


def variant(name: str, file: str, description: str, rows: int) -> Variant:
    """One name."""
    return Variant(
        name=f"csat-qa-{name}",
        description=description,
        files={"test": (REPO / f"data/{file}.json",)},
        rows={"test": rows},
    )


class CSATQA(SourceBuilder):
    """One question, about a passage or not, with five choices."""

    CARD = Card(
        title="CSAT-QA",
        homepage="https://huggingface.co/datasets/HAERAE-HUB/csatqa",
        license="other",
        license_note="The Hub script says Proprietary; for research only. The exams are those of KICE, the passages of their authors.",
        languages=("ko",),
        making="human",
        generators=(),
        translators=(),
        derived_from=(),
        overlaps=(),
        warning="An evaluation set: rows in a training mixture make its score worthless.",
        quirks=(
            "Where context is null the passage is inside the question, and the harness prints the word None: so does query, to "
            "stay comparable.",
            "The right answer counts from 1 upstream, from 0 here.",
            "The six categories are Writing (WR), Grammar (GR), Reading Comprehension in science, social science and the "
            "humanities (RCS, RCSS, RCH) and Literature (LI): one file of 187 rows. Each name takes its own; the rows of the other "
            "five are counted as left out on purpose.",
            "The file of 187 is not a slice of the whole: whether they share questions is not known.",
            "Marks such as <word start> and <word end> stand for underlined and bold text: kept.",
            "How well pupils did (human_performance, also spelt Human_Peformance) is in raw=True; upstream's script gives 0 for the whole.",
            "JSON, as one array or as lines: both are read. How the rows divide among the categories is known at second hand.",
            "Later the harness took the categories from csatqa.json instead: its scores may then rest on other rows.",
        ),
        citations=("csatqa",),
    )
    SHAPE = "choice"
    FORMAT = "JSON array or Lines"
    COLUMNS = {
        "test_name": "string",
        "question_number": "int64",
        "context": "string",
        "question": "string",
        **{f"option#{number}": "string" for number in (1, 2, 3, 4, 5)},
        "gold": "int64",
        "Category": "string",
        "category": "string",
        "Human_Peformance": "float64",
        "human_performance": "float64",
    }
    BUILDER_CONFIGS = [
        variant("full", "csatqa", "All questions.", 936),
        variant("wr", "csatqa_eval", "Writing.", 11),
        variant("gr", "csatqa_eval", "Grammar.", 25),
        variant("rcs", "csatqa_eval", "Reading comprehension: science.", 37),
        variant("rcss", "csatqa_eval", "Reading comprehension: social science.", 42),
        variant("rch", "csatqa_eval", "Reading comprehension: the humanities.", 35),
        variant("li", "csatqa_eval", "Literature.", 37),
    ]

    def example(self, row: Row) -> Row:
        wanted = self.config.name.removeprefix("csat-qa-")
        if wanted != "full" and category(row) != wanted.upper():
            raise Unwanted("another category")
        context, question = row.get("context"), row["question"]
        options = tuple(row[f"option#{number}"] for number in (1, 2, 3, 4, 5))
        if not all(isinstance(text, str) for text in (question, *options)) or not isinstance(context, str | None):
            raise Unmapped("a question, context or option that is no text")
        task = "csatqa" if wanted == "full" else f"csatqa_{wanted}"
        return choose(prompt(context, question, options), CHOICES, answer(row["gold"]), task)
