"""KoInstruct-QA, from HAE-RAE: reading comprehension as instructions. A missing input is the string "nan"."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask

# Neither a revision nor a file name is known of this one, and the first copy may have been withdrawn.
REPO = Hub("HAERAE-HUB/KoInstruct-QA", "main", copies=("GSON-backup/KoInstruct-QA",))
#: what pandas leaves where a cell was empty
MISSING = "nan"


class KoInstructQA(SourceBuilder):
    """One question, about a passage or not, and its answer."""

    CARD = Card(
        title="KoInstruct-QA",
        homepage="https://huggingface.co/datasets/HAERAE-HUB/KoInstruct-QA",
        license="unstated",
        license_note="The card states none.",
        languages=("ko",),
        making="human",
        generators=(),
        translators=(),
        derived_from=(),
        overlaps=(),
        warning="",
        quirks=(
            'An input of "nan" (a leak from pandas) is no input.',
            "It was made from Korean reading-comprehension sets that upstream does not name.",
            "No revision is known: the newest is read, and provenance.json records which it was.",
            "open-korean-instructions warns that it may repeat the sets it lists above it.",
        ),
        citations=("koinstruct",),
    )
    FORMAT = "Parquet"
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="koinstruct-qa",
            description="Questions about passages.",
            files={"train": (REPO / "data/train-*.parquet",)},
            rows={"train": 50_300},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["output"], "" if row["input"] == MISSING else row["input"])
