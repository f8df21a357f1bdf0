"""KorQuAD 1.0, from LG CNS: questions about paragraphs of the Korean Wikipedia, in SQuAD v1.1's layout."""

from collections.abc import Iterable, Iterator
from typing import IO

from okinst.builders import Card, GitHub, Row, SourceBuilder, Unmapped, Variant
from okinst.eval_sets import squad

REPO = GitHub("korquad/korquad.github.io", "61d7d6682948375dd8f06ef27e788fd19982af38")


class KorQuAD10(SourceBuilder):
    """One question, and where in a paragraph its answer stands."""

    CARD = Card(
        title="KorQuAD 1.0",
        homepage="https://korquad.github.io/KorQuad%201.0/",
        license="cc-by-nd-2.0",
        license_note="The project's page: CC BY-ND 2.0 KR, so no changed copies may be passed on; the text is Wikipedia's.",
        languages=("ko",),
        making="human",
        generators=(),
        translators=(),
        derived_from=("Korean Wikipedia",),
        overlaps=(),
        warning="An evaluation set: rows in a training mixture make its score worthless.",
        quirks=(
            "A row upstream is a document; a row here is a question, under upstream's id. raw=True has the documents.",
            "The dev file is the validation split, as in KorQuAD/squad_kor_v1. The test set is hidden.",
            "One answer a question. The official F1 counts characters, once quotation marks and punctuation are gone.",
            "The order of the keys varies (qas before context): they are read by name.",
        ),
        citations=("korquad",),
    )
    SHAPE = "span"
    COLUMNS = squad.DOCUMENT
    BUILDER_CONFIGS = [
        Variant(
            name="korquad-1.0",
            description="Questions about paragraphs of the Korean Wikipedia.",
            files={
                "train": (REPO / "dataset/KorQuAD_v1.0_train.json",),
                "validation": (REPO / "dataset/KorQuAD_v1.0_dev.json",),
            },
            rows={"train": 60_407, "validation": 5_774},
        )
    ]

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        return squad.documents(file, name)

    def examples(self, row: Row) -> Iterable[Row | Unmapped]:
        return squad.paragraphs(row)
