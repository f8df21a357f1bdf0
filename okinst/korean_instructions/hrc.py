"""HRC: questions on human rights, drawn from the records of Korea's commission, answered from the record."""

from okinst.builders import Card, GitHub, Row, SourceBuilder, Variant, ask

REPO = GitHub("human-rights-corpus/HRC", "ebd6d264ac3d33c070aba9ea307bcceeaa4e7acb")
QUESTION, GROUNDED, CHATGPT = "질의", "상담례, 결정례 기반 답변", "ChatGPT API 답변"


class HRC(SourceBuilder):
    """One question and the answer grounded in the record."""

    CARD = Card(
        title="Human Rights Corpus v1",
        homepage="https://github.com/human-rights-corpus/HRC",
        license="cc-by-sa-4.0",
        license_note="License.md of the repository; ChatGPT's answers are also under OpenAI's terms.",
        languages=("ko",),
        making="generated",
        generators=("gpt-3.5-turbo",),
        translators=(),
        derived_from=("NHRCK case records",),
        overlaps=("hrc-preference",),
        warning="The questions tell of discrimination and abuse.",
        quirks=(
            "NHRCK is the National Human Rights Commission of Korea; its decisions and counsel cases are the record.",
            "JSON Lines in spite of the name .jsonl.json; a column's name contains a comma.",
            "번호, the upstream number, runs from 1 to 1581 with gaps: raw=True has it.",
        ),
        citations=("hrc",),
    )
    COLUMNS = {"번호": "string", "종류": "string", QUESTION: "string", GROUNDED: "string", CHATGPT: "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="hrc",
            description="Questions on human rights, answered from the commission's record.",
            files={"train": (REPO / "humane_right_copus_v1.jsonl.json",)},
            rows={"train": 1_549},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row[QUESTION], row[GROUNDED])
