"""KoAlpaca v1.0, from Beomi: Alpaca's instructions by DeepL, answered anew by gpt-3.5-turbo. One JSON array."""

from okinst.builders import Card, GitHub, Row, SourceBuilder, Variant, ask

REPO = GitHub("Beomi/KoAlpaca", "fb5c84e205755f2291ac78f76c5a416030b57b3f")


class KoAlpacaV10(SourceBuilder):
    """One instruction, with or without an input, and its answer."""

    CARD = Card(
        title="KoAlpaca v1.0",
        homepage="https://github.com/Beomi/KoAlpaca",
        license="cc-by-nc-4.0",
        license_note="DATA_LICENSE of the repository and the Hub card; the answers are also under OpenAI's terms.",
        languages=("ko",),
        making="generated, machine-translated",
        generators=("text-davinci-003 (instructions, in English)", "gpt-3.5-turbo (answers)"),
        translators=("DeepL (instructions and inputs)",),
        derived_from=("Stanford Alpaca",),
        overlaps=("kullm-v2", "koinstruct-base", "korean-rlhf"),
        warning="",
        quirks=(
            "49,620 rows, not the 52K the lists say: rows with a broken input were removed upstream.",
            "Some answers slipped to another instruction (rows 70-79 and others speak to a 고객 nobody mentioned).",
            "One output is empty: that row is left out.",
            "alpaca_data.json in the same repository holds these rows and the English ones: it is not this source.",
        ),
        citations=("koalpaca", "alpaca"),
    )
    FORMAT = "JSON array"
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="koalpaca-v1.0",
            description="Alpaca's instructions in Korean, answered by gpt-3.5-turbo.",
            files={"train": (REPO / "ko_alpaca_data.json",)},
            rows={"train": 49_620},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["output"], row["input"])
