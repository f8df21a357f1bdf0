"""BELLE's evaluation set: a thousand Chinese instructions of ten classes. Open classes have no reference answer, on purpose."""

from okinst.builders import Card, GitHub, Row, SourceBuilder, Variant, request

REPO = GitHub("LianjiaTech/BELLE", "645084d36454cdeb4e7f1ce9b2f3426bac39f1f9")


class BELLEEval(SourceBuilder):
    """One instruction."""

    CARD = Card(
        title="BELLE's evaluation set",
        homepage="https://github.com/LianjiaTech/BELLE/tree/main/eval",
        license="odc-by",
        license_note="DATA_LICENSE of the repository (the code is Apache 2.0); the authors ask for research use only.",
        languages=("zh-Hans",),
        making="human and generated",
        generators=("unstated",),
        translators=(),
        derived_from=(),
        overlaps=(),
        warning="An evaluation set: rows in a training mixture make its score worthless.",
        quirks=(
            "Of the 1,000 rows 369 (brainstorming, generation and most of rewrite) have no std_answer: upstream wants none there. So "
            "that no row is lost, every row is a prompt that waits for an answer. raw=True has std_answer and class in the same "
            "order: the number at the end of an id is that of the raw row.",
            "The class of 52 rows is spelt closed qa, with a no-break space.",
            "JSON Lines in spite of the name .json.",
            "Answers were scored by ChatGPT; what it was told, one text a class, is eval_prompt.json, which okinst does not read. It "
            "spells some classes with capitals.",
            "Who wrote the instructions is not said: upstream says only that the project produced them, and that they are a part "
            "of the set its papers used.",
        ),
        citations=("belle",),
    )
    SHAPE = "prompt"
    COLUMNS = {"question": "string", "std_answer": "string", "class": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="belle-eval",
            description="Instructions to test a model with.",
            files={"test": (REPO / "eval/eval_set.json",)},
            rows={"test": 1_000},
        )
    ]

    def example(self, row: Row) -> Row:
        return request(row["question"])
