"""HAE-RAE Bench 1.0: six tasks, each a CSV file whose columns are known in two versions. No harness shows it: it is asked as 1.1 is."""

from dataclasses import replace

from okinst.builders import Hub, Row, SourceBuilder, Unmapped, Variant, choose
from okinst.eval_sets.haerae import HAERAE, LETTERS, place

REPO = Hub("HAERAE-HUB/HAE_RAE_BENCH_1.0", "0706b8253c1b3daa38dd1e7811d5b0d12d92133d")
#: question, options and answer: the older version and the newer
LAYOUTS = (("query", ("o1", "o2", "o3", "o4", "o5"), "gold"), ("question", ("a", "b", "c", "d", "e"), "answer"))


def query(question: str, options: tuple[str, ...]) -> str:
    """The prompt, in the sections of 1.1.

    >>> print(query("뜨는 것은?", ("달", "돌")))
    ### 질문: 뜨는 것은?
    ### 선택지:
    (A) 달
    (B) 돌
    ### 정답:
    """
    listed = "\n".join(f"{letter} {option}" for letter, option in zip(LETTERS, options, strict=False))
    return f"### 질문: {question}\n### 선택지:\n{listed}\n### 정답:"


def answer(gold: str, options: tuple[str, ...]) -> int:
    """Which option is right: gold is a letter, or the option itself. Whether a number counts from 0 or 1 nobody can tell.

    >>> answer("b", ("달", "별")), answer("별", ("달", "별"))
    (1, 1)
    """
    if len(gold.strip()) == 1 and gold.strip().isdecimal():
        raise ValueError(f"the right answer is {gold!r}: a letter is known, and a number may count from 0 or from 1")
    found = {number for number, option in enumerate(options) if option == gold}
    try:
        found.add(place(gold, len(options)))
    except Unmapped:
        if not found:
            raise
    if len(found) != 1:
        raise Unmapped("an answer that may be one option or another")
    return found.pop()


def variant(task: str, file: str, description: str, rows: int) -> Variant:
    """The name of one task."""
    return Variant(
        name=f"haerae-1.0-{task}",
        description=description,
        files={"test": (REPO / f"data/HAERAE-Bench-v1-{file}.csv",)},
        rows={"test": rows},
        overlaps=(f"haerae-{task}",),
    )


class HAERAEv1(SourceBuilder):
    """One question with five options."""

    CARD = replace(
        HAERAE.CARD,
        title="HAE-RAE Bench 1.0",
        homepage="https://huggingface.co/datasets/HAERAE-HUB/HAE_RAE_BENCH_1.0",
        license_note="That of 1.1; the page of 1.0 itself shows none. It was reported to ask for consent first.",
        quirks=(
            "Columns are known in two versions: query, o1 to o5, gold; and question, a to e, answer (a small letter). Both are "
            "read, a third is refused by name. raw=True has the columns of both, and nulls in those of the other.",
            "A right answer that is a number stops the build: nobody has said whether it counts from 0 or from 1.",
            "split is a column: all its rows are our test split, and raw=True has it. Upstream's counts are of all rows.",
            "lm-evaluation-harness has 1.1 only. query is put together by okinst in the sections of 1.1 (### 질문:, ### 선택지:, "
            "### 정답:), the choices are (A) to (E), and task is haerae_1.0_<task>.",
            "Upstream's names of the tasks have spaces, as in General Knowledge; its GitHub repository holds no data.",
        ),
    )
    SHAPE = "choice"
    FORMAT = "CSV"
    COLUMNS = {column: "string" for text, options, gold in LAYOUTS for column in (text, *options, gold)} | {
        "split": "string"
    }
    BUILDER_CONFIGS = [
        variant("general-knowledge", "KGK", "General knowledge of Korea.", 176),
        variant("history", "HI", "Korean history.", 188),
        variant("loan-words", "LW", "Korean words in place of loan words.", 169),
        variant("rare-words", "RW", "What rare words mean.", 405),
        variant("reading-comprehension", "RC", "Questions about a passage.", 447),
        variant("standard-nomenclature", "SN", "Standard terms of a field.", 153),
    ]

    def example(self, row: Row) -> Row:
        for text, columns, gold in LAYOUTS:
            if {text, *columns, gold} <= row.keys():
                break
        else:
            known = " or ".join(", ".join((text, *columns, gold)) for text, columns, gold in LAYOUTS)
            raise ValueError(f"it has the columns {', '.join(row)}, where {known} are known")
        options = tuple(row[column] for column in columns)
        if not all(map(str.strip, options)):
            raise Unmapped("an empty option")
        if not row[text].strip():
            raise Unmapped("empty query")
        task = self.config.name.removeprefix("haerae-1.0-").replace("-", "_")
        return choose(query(row[text], options), LETTERS, answer(row[gold], options), f"haerae_1.0_{task}")
