"""Dolly in Korean, from NLP & AI Lab: what Databricks' people wrote, by DeepL. The passage is called context."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask

# No revision is known of this one.
REPO = Hub("nlpai-lab/databricks-dolly-15k-ko", "main")


class DollyKo(SourceBuilder):
    """One instruction, with or without a passage, and its answer."""

    CARD = Card(
        title="databricks-dolly-15k-ko",
        homepage="https://huggingface.co/datasets/nlpai-lab/databricks-dolly-15k-ko",
        license="cc-by-sa-3.0",
        license_note="The Hub card, as Dolly itself.",
        languages=("ko",),
        making="human, machine-translated",
        generators=(),
        translators=("DeepL",),
        derived_from=("databricks-dolly-15k",),
        overlaps=("kullm-v2", "korean-rlhf"),
        warning="",
        quirks=(
            "The columns are Dolly's own: context and response, not input and output. category stays English.",
            "The columns and the file name are known at second hand: a file with others is refused by name.",
            "No revision is known: the newest is read, and provenance.json records which it was.",
        ),
        citations=("dollyko", "dolly"),
    )
    COLUMNS = {
        "instruction": "string",
        "context": "string",
        "response": "string",
        "category": "string",
        "id": "string",
    }
    BUILDER_CONFIGS = [
        Variant(
            name="dolly-ko",
            description="Dolly's instructions, answers and passages in Korean.",
            files={"train": (REPO / "databricks-dolly-15k-ko.jsonl",)},
            rows={"train": 15_011},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["response"], row["context"])
