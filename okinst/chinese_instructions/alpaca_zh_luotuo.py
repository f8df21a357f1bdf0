"""Alpaca in Chinese, from Luotuo (LC1332): gpt-3.5-turbo translated it field by field; what failed was dropped."""

from okinst.builders import Card, GitHub, Row, SourceBuilder, Variant, ask

REPO = GitHub("LC1332/Chinese-alpaca-lora", "4d1b53535681c942b897d233307af7ae18983eae")


class AlpacaZhLuotuo(SourceBuilder):
    """One instruction, with or without an input, and its answer."""

    CARD = Card(
        title="Luotuo's Chinese Alpaca",
        homepage="https://github.com/LC1332/Chinese-alpaca-lora",
        license="apache-2.0",
        license_note="The repository; Stanford Alpaca itself is CC BY-NC 4.0, and the text is also under OpenAI's terms.",
        languages=("zh-Hans",),
        making="generated, machine-translated",
        generators=("text-davinci-003",),
        translators=("gpt-3.5-turbo",),
        derived_from=("Stanford Alpaca",),
        overlaps=(),
        warning="",
        quirks=(
            "51,672 rows of Alpaca's 52,002: where the translation failed the row was dropped upstream, in silence.",
            "developer_instruction.json beside it, 48 rows about the model itself, is not read.",
        ),
        citations=("luotuo", "alpaca"),
    )
    FORMAT = "JSON array"
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="alpaca-zh-luotuo",
            description="Alpaca's 52K instructions in Chinese, by gpt-3.5-turbo.",
            files={"train": (REPO / "data/trans_chinese_alpaca_data.json",)},
            rows={"train": 51_672},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["output"], row["input"])
