"""EverythingLM V2 in Korean, from ziozzang, by DeepL. Fewer than a thousand rows."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask

REPO = Hub("ziozzang/EverythingLM-data-V2-Ko", "fd80802")


class EverythingLMKo(SourceBuilder):
    """One instruction, with or without an input, and its long answer."""

    CARD = Card(
        title="EverythingLM-data-V2-Ko",
        homepage="https://huggingface.co/datasets/ziozzang/EverythingLM-data-V2-Ko",
        license="mit",
        license_note="The Hub card; the English answers came out of a model whose terms also hold.",
        languages=("ko",),
        making="generated, machine-translated",
        generators=("unstated (EverythingLM V2)",),
        translators=("DeepL",),
        derived_from=("EverythingLM-data-V2",),
        overlaps=(),
        warning="",
        quirks=(
            "Fewer than 1,000 rows; the lists say 1K.",
            "The columns are known at second hand, and from the name of the file: one with others is refused by name.",
        ),
        citations=("everythinglmko",),
    )
    FORMAT = "JSON array"
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="everythinglm-ko",
            description="EverythingLM's instructions and long answers in Korean.",
            files={"train": (REPO / "EverythingLM-data-V2-alpacaformat-KR.json",)},
            rows={"train": 1_000},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["output"], row["input"])
