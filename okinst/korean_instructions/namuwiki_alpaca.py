"""Namuwiki in Alpaca's layout, from psymon: articles of the wiki, cut by machine into questions and answers."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask

REPO = Hub("psymon/namuwiki_alpaca_dataset", "4c2c473")


class NamuwikiAlpaca(SourceBuilder):
    """One request about an entry, and what the wiki says of it."""

    CARD = Card(
        title="namuwiki_alpaca_dataset",
        homepage="https://huggingface.co/datasets/psymon/namuwiki_alpaca_dataset",
        license="cc-by-nc-sa-2.0",
        license_note="LICENSE.md of the repository, as Namuwiki itself (CC BY-NC-SA 2.0 KR): not commercial, share alike.",
        languages=("ko",),
        making="human",
        generators=(),
        translators=(),
        derived_from=("Namuwiki",),
        overlaps=(),
        warning="",
        quirks=("Written in a wiki's register, opinions and jokes included; the cuts are a machine's.",),
        citations=("namuwikialpaca",),
    )
    FORMAT = "JSON array"
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="namuwiki-alpaca",
            description="Entries of Namuwiki as questions and answers.",
            files={"train": (REPO / "namuwiki_alpaca_style.json",)},
            rows={"train": 79_200},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["output"], row["input"])
