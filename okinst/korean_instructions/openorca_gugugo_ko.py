"""OpenOrca in Korean, from squarelike, by Gugugo, a translation model. Each upload has another file name; this is v5's."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, talk
from okinst.korean_instructions.openorca_ko import under

REPO = Hub("squarelike/OpenOrca-gugugo-ko", "6a8df4a726538cb930c049c5c9f4486ba0e25b01")


class OpenOrcaGugugoKo(SourceBuilder):
    """One question, under a system prompt or not, and its answer."""

    CARD = Card(
        title="OpenOrca-gugugo-ko",
        homepage="https://huggingface.co/datasets/squarelike/OpenOrca-gugugo-ko",
        license="mit",
        license_note="The Hub card, as OpenOrca; the answers are also under OpenAI's terms.",
        languages=("ko",),
        making="generated, machine-translated",
        generators=("gpt-4",),
        translators=("Gugugo-koen-7B-V1.1",),
        derived_from=("OpenOrca",),
        overlaps=("openorca-ko",),
        warning="",
        quirks=(
            "system_prompt is the system turn, or empty: then there is none.",
            "Tasks of translation lost their meaning in translation.",
            "Upstream went on translating: later revisions have other file names, and answers by gpt-3.5-turbo.",
            "Whether the file is one JSON array or JSON Lines nobody has said: both are read.",
        ),
        citations=("gugugo", "openorca"),
    )
    FORMAT = "JSON array or Lines"
    COLUMNS = {"id": "string", "system_prompt": "string", "question": "string", "response": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="openorca-gugugo-ko",
            description="OpenOrca's questions, answered by GPT-4, in Korean.",
            files={"train": (REPO / "ko-openorca_1M-GPT4-Augmented_split_0_to_2000_v5.json",)},
            rows={"train": 640_000},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return talk(under(row["system_prompt"], row["question"], row["response"]))
