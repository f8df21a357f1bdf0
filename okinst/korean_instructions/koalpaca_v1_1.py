"""KoAlpaca v1.1, from Beomi: questions people asked on Naver Knowledge iN, answered by gpt-3.5-turbo."""

from okinst.builders import Card, GitHub, Row, SourceBuilder, Variant, ask

REPO = GitHub("Beomi/KoAlpaca", "fb5c84e205755f2291ac78f76c5a416030b57b3f")


class KoAlpacaV11(SourceBuilder):
    """One question and its answer."""

    CARD = Card(
        title="KoAlpaca v1.1",
        homepage="https://github.com/Beomi/KoAlpaca",
        license="cc-by-nc-4.0",
        license_note="DATA_LICENSE of the repository; the Hub card states none. The answers are also under OpenAI's terms.",
        languages=("ko",),
        making="human and generated",
        generators=("gpt-3.5-turbo",),
        translators=(),
        derived_from=("Naver Knowledge iN",),
        overlaps=("korean-rlhf",),
        warning="",
        quirks=(
            "There is no input column.",
            "url, the page the question was taken from, is dropped by the mapping; raw=True has it.",
        ),
        citations=("koalpaca",),
    )
    COLUMNS = {"instruction": "string", "output": "string", "url": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="koalpaca-v1.1",
            description="People's questions, answered by gpt-3.5-turbo.",
            files={"train": (REPO / "KoAlpaca_v1.1.jsonl",)},
            rows={"train": 21_155},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["output"])
