"""OIG-small-chip2 in Korean, from heegyu: the English original stands beside each translation."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask

REPO = Hub("heegyu/OIG-small-chip2-ko", "c2e1b8791afbb3d8314dcb390ad53d93eed78a89")


class OIGSmallChip2Ko(SourceBuilder):
    """One question and its answer."""

    CARD = Card(
        title="OIG-small-chip2-ko",
        homepage="https://github.com/HeegyuKim/open-korean-instructions",
        license="apache-2.0",
        license_note="The Hub card.",
        languages=("ko",),
        making="generated, machine-translated",
        generators=("unstated (OIG small-chip2)",),
        translators=("Google Translate",),
        derived_from=("OIG-small-chip2",),
        overlaps=("korean-rlhf",),
        warning="",
        quirks=(
            "user_translated ends in two line breaks in every row: stripped.",
            "The same question recurs with other answers: 130,027 distinct questions in 210,282 rows.",
        ),
        citations=("oig",),
    )
    COLUMNS = {
        "user": "string",
        "chip2": "string",
        "index": "int64",
        "user_translated": "string",
        "chip2_translated": "string",
    }
    BUILDER_CONFIGS = [
        Variant(
            name="oig-smallchip2-ko",
            description="Everyday questions, translated from English.",
            files={"train": (REPO / "oig-smallchip2-dedu.jsonl",)},
            rows={"train": 210_282},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["user_translated"], row["chip2_translated"])
