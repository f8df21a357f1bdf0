"""ShareGPT by DeepL, from junelee (KoVicuna). Four files of different schemas; this is the multi-turn one in use."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, talk
from okinst.builders.formats import speakers

REPO = Hub("junelee/sharegpt_deepl_ko", "3dd21720e1b7a1f480d14d333f5e06e7cfad8ba2")


class ShareGPTDeepLKo(SourceBuilder):
    """One dialogue with ChatGPT."""

    CARD = Card(
        title="ShareGPT DeepL 번역 (KoVicuna)",
        homepage="https://github.com/melodysdreamj/KoVicuna",
        license="unstated",
        license_note="The card states none (some lists say CC BY 2.0 KR); the text is under OpenAI's and ShareGPT's terms.",
        languages=("ko", "en"),
        making="generated, machine-translated",
        generators=("ChatGPT", "Bard", "Bing"),
        translators=("DeepL",),
        derived_from=("ShareGPT",),
        overlaps=("sharegpt-deepl-ko-single", "kullm-v2", "sharegpt-74k-ko", "sharegpt-74k-ko-cleaned"),
        warning="Shared by users as they were: personal data, access tokens and API keys occur.",
        quirks=(
            "load_dataset on the repository fails: its four files have different schemas. ko_dataset_2.json is read.",
            "Speakers are human, user, gpt, chatgpt, bard and bing; a row with one nobody knows is left out.",
            "Line breaks are \\r\\n; they are kept.",
            "DeepL residue: answers glued to instructions, sentences cut off, instructions such as 계속.",
        ),
        citations=("kovicuna",),
    )
    FORMAT = "JSON array"
    COLUMNS = {
        "id": "string",
        "conversations": [{"from": "string", "value": "string"}],
    }
    BUILDER_CONFIGS = [
        Variant(
            name="sharegpt-deepl-ko",
            description="Dialogues with ChatGPT that users shared, translated by DeepL.",
            files={"train": (REPO / "ko_dataset_2.json",)},
            rows={"train": 84_000},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return talk(speakers(row["conversations"]))
