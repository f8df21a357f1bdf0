"""CounselGPT, from MrBananaHuman: worries told to a counsellor, both sides written by OpenAI's API."""

from okinst.builders import Card, GitHub, Row, SourceBuilder, Variant, ask

REPO = GitHub("MrBananaHuman/CounselGPT", "db85fb327b50c34ba17f4ce032dac63b201e0a4a")


class CounselGPT(SourceBuilder):
    """One worry and the counsellor's answer."""

    CARD = Card(
        title="CounselGPT",
        homepage="https://github.com/MrBananaHuman/CounselGPT",
        license="unstated",
        license_note="The repository states none; all of the text is under OpenAI's terms.",
        languages=("ko",),
        making="generated",
        generators=("unstated (OpenAI's API)",),
        translators=(),
        derived_from=(),
        overlaps=(),
        warning="Clinical: depression, anxiety, abuse and suicide are spoken of. No counsellor wrote or checked the answers.",
        quirks=(
            "input is the worry, not an addition to an instruction.",
            "Names are masked as OO, ㅇㅇ or XXX: kept.",
        ),
        citations=("counselgpt",),
    )
    COLUMNS = {"input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="counselgpt",
            description="Worries, each answered by a made-up counsellor.",
            files={"train": (REPO / "total_kor_counsel_bot.jsonl",)},
            rows={"train": 13_234},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["input"], row["output"])
