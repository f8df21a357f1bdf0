"""ShareGPT-74k by Google Translate, from dbdu. Each config is two part files; a bare load would mix both configs."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, talk
from okinst.builders.formats import speakers

REPO = Hub("dbdu/ShareGPT-74k-ko", "5a76fbb")


class ShareGPT74kKo(SourceBuilder):
    """One dialogue with ChatGPT."""

    CARD = Card(
        title="ShareGPT-74k-ko",
        homepage="https://github.com/dubuduru/ShareGPT-translation",
        license="cc-by-2.0",
        license_note="The card; the text is also under OpenAI's terms.",
        languages=("ko",),
        making="generated, machine-translated",
        generators=("ChatGPT",),
        translators=("Google Translate",),
        derived_from=("ShareGPT",),
        overlaps=("kullm-v2", "sharegpt-deepl-ko", "sharegpt-deepl-ko-single"),
        warning="Shared by users as they were: personal data, access tokens and API keys occur.",
        quirks=(
            "A bare load of the repository gives 131K rows: cleaned and uncleaned copies of the same dialogues together.",
            "In the uncleaned files code blocks were translated too; the cleaned files have no code.",
            "The card misspells the file names (*_unclneaed.json); the real ones are read.",
        ),
        citations=("sharegpt74kko",),
    )
    FORMAT = "JSON array"
    COLUMNS = {
        "id": "string",
        "conversations": [{"from": "string", "value": "string"}],
    }
    BUILDER_CONFIGS = [
        Variant(
            name="sharegpt-74k-ko",
            description="All dialogues, translated code and all.",
            overlaps=("sharegpt-74k-ko-cleaned",),
            files={"train": (REPO / "part1_ko_uncleaned.json", REPO / "part2_ko_uncleaned.json")},
            rows={"train": 74_000},
            rows_exact=False,
        ),
        Variant(
            name="sharegpt-74k-ko-cleaned",
            description="The dialogues without code.",
            files={"train": (REPO / "part1_ko_cleaned.json", REPO / "part2_ko_cleaned.json")},
            rows={"train": 55_000},
            rows_exact=False,
        ),
    ]

    def example(self, row: Row) -> Row:
        return talk(speakers(row["conversations"]))
