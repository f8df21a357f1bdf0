"""AI-Hub 일반상식 (106): questions about Wikipedia's paragraphs, in SQuAD v1's layout. Its files are placed by hand."""

from collections.abc import Iterable, Iterator
from typing import IO

from okinst.builders import ByHand, Card, Row, SourceBuilder, Unmapped, Variant
from okinst.eval_sets import squad

REPO = ByHand(
    "aihub/106",
    "unstated",
    page="https://aihub.or.kr/aihubdata/data/view.do?dataSetSn=106",
    download="일반상식 (after a login and an approval; it holds ko_wiki_v1_squad.json)",
)


class AIHubCommonsense(SourceBuilder):
    """One question, and where in a paragraph its answer stands."""

    CARD = Card(
        title="AI-Hub 일반상식",
        homepage=REPO.page,
        license="other",
        license_note="AI-Hub terms: for Korean nationals, after a login and an approval; nothing of it may be passed on.",
        languages=("ko",),
        making="human",
        generators=(),
        translators=(),
        derived_from=("Korean Wikipedia",),
        overlaps=(),
        warning="An evaluation set: rows in a training mixture make its score worthless.",
        quirks=(
            "Placed by hand: no network has it. The number 106 is recalled; an old link is aihub.or.kr/aidata/84.",
            "One file without splits: all of it is called train.",
            "A row upstream is a document, most with one paragraph and one question; a row here is a question. Upstream's ids "
            "(raw=True) were never seen, so that none is relied on: rows are numbered.",
            "answer_start may be a string: read as a number, in raw=True too.",
            "Of the set's 150,000 questions in five kinds of data this is the file in SQuAD's layout. It is recalled to hold some "
            "100,000 questions, and was never seen.",
        ),
        citations=("aihubcommonsense",),
    )
    SHAPE = "span"
    COLUMNS = squad.DOCUMENT
    BUILDER_CONFIGS = [
        Variant(
            name="aihub-commonsense",
            description="Questions about paragraphs of the Korean Wikipedia, from AI-Hub.",
            files={"train": (REPO / "ko_wiki_v1_squad.json",)},
            rows={"train": 100_268},
            rows_exact=False,
        )
    ]

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        return squad.documents(file, name)

    def examples(self, row: Row) -> Iterable[Row | Unmapped]:
        for question in squad.paragraphs(row):
            if isinstance(question, dict):
                question.pop("id", None)
            yield question
