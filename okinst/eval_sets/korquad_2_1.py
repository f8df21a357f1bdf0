"""KorQuAD 2.1, from LG CNS: questions about whole pages of the Korean Wikipedia, HTML and all. Zip archives of large JSON."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO

from okinst.builders import Row, SourceBuilder, Unmapped, Variant, archives
from okinst.eval_sets import squad
from okinst.eval_sets.korquad_1_0 import REPO, KorQuAD10

FOLDER = "dataset/KorQuAD_2.1"


class KorQuAD21(SourceBuilder):
    """One question, and where in a page its answer stands: a word, or a whole table."""

    CARD = replace(
        KorQuAD10.CARD,
        title="KorQuAD 2.1",
        homepage="https://korquad.github.io",
        quirks=(
            "A row upstream is a page; a row here is a question, under upstream's id, and repeats its page. raw=True has "
            "the pages.",
            "context is HTML without the attributes of its tags; an answer may be a whole table or list, tags included.",
            "raw_html, html_answer_text and html_answer_start say the same of the page with its attributes: in raw=True only.",
            "2.1 is 2.0 mended: 2.0 left attributes in. The 102,960 questions of the paper count the hidden test set.",
            "A question has one answer, not a list. Its id is a number in some copies: read as text.",
            "Each archive holds some JSON files of hundreds of megabytes: read in place, a page at a time.",
        ),
        citations=("korquad2",),
    )
    SHAPE = "span"
    #: a page has a hundred thousand characters, and a row repeats it
    BATCH = 20
    COLUMNS = {
        "title": "string",
        "url": "string",
        "context": "string",
        "raw_html": "string",
        "qas": [
            {
                "id": "string",
                "question": "string",
                "answer": {
                    "text": "string",
                    "answer_start": "int64",
                    "html_answer_text": "string",
                    "html_answer_start": "int64",
                },
            }
        ],
    }
    BUILDER_CONFIGS = [
        Variant(
            name="korquad-2.1",
            description="Questions about whole pages of the Korean Wikipedia, in HTML.",
            files={
                "train": tuple(REPO / f"{FOLDER}/train/KorQuAD_2.1_train_{part:02}.zip" for part in range(13)),
                "validation": tuple(REPO / f"{FOLDER}/dev/KorQuAD_2.1_dev_{part:02}.zip" for part in range(2)),
            },
            rows={"train": 83_486, "validation": 10_165},
        )
    ]

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        for member, content in archives.members(file, name, ".json"):
            yield from squad.documents(content, f"{member} in {name}")

    def examples(self, row: Row) -> Iterable[Row | Unmapped]:
        return squad.questions(row["title"], {name: row[name] for name in ("context", "qas")}, "answer")
