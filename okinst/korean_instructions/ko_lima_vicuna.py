"""LIMA in Korean, from changpt. no.json beside it holds the 164 rows that were never translated; a bare load takes both."""

from dataclasses import replace

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, talk
from okinst.builders.formats import speakers

REPO = Hub("changpt/ko-lima-vicuna", "0c28275")
KOREAN = REPO / "ko_lima_vicuna.json"
UNTRANSLATED = replace(REPO / "no.json", language="en")


class KoLimaVicuna(SourceBuilder):
    """One long, careful answer, sometimes a dialogue."""

    CARD = Card(
        title="ko-lima-vicuna",
        homepage="https://huggingface.co/datasets/changpt/ko-lima-vicuna",
        license="cc-by-2.0",
        license_note="The card (CC BY 2.0 KR); LIMA itself is CC BY-NC-SA.",
        languages=("ko", "en"),
        making="human, machine-translated",
        generators=(),
        translators=("GPT-4",),
        derived_from=("LIMA",),
        overlaps=("ko-lima", "ko-lima-plain"),
        warning="",
        quirks=("no.json, 164 rows in English, is not read; aulm-0809 as it was has them.",),
        citations=("kolimavicuna", "lima"),
    )
    FORMAT = "JSON array"
    COLUMNS = {
        "id": "string",
        "conversations": [{"from": "string", "value": "string"}],
    }
    BUILDER_CONFIGS = [
        Variant(
            name="ko-lima-vicuna",
            description="LIMA's thousand answers, those that were translated.",
            files={"train": (KOREAN,)},
            rows={"train": 866},
        )
    ]

    def example(self, row: Row) -> Row:
        return talk(speakers(row["conversations"]))
