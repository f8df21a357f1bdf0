"""KULLM v2, from Korea University: GPT4ALL, Dolly and Vicuna by DeepL. Only the id says which row is from where."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask

REPO = Hub("nlpai-lab/kullm-v2", "cddcb73")
#: Dolly is human work under a licence of its own; the rest came out of OpenAI's models
DOLLY = {"license": "cc-by-sa-3.0", "making": "human, machine-translated"}


class KullmV2(SourceBuilder):
    """One instruction, with or without an input, and its answer."""

    CARD = Card(
        title="KULLM v2",
        homepage="https://github.com/nlpai-lab/KULLM",
        license="apache-2.0",
        license_note="The Hub card. Rows from Dolly are CC BY-SA 3.0; the others are also under OpenAI's terms.",
        languages=("ko",),
        making="generated, machine-translated",
        generators=("gpt-3.5-turbo (GPT4ALL)", "ChatGPT (Vicuna)"),
        translators=("DeepL",),
        derived_from=("GPT4All", "databricks-dolly-15k", "ShareGPT"),
        overlaps=("koalpaca-v1.0", "dolly-ko", "sharegpt-deepl-ko", "sharegpt-deepl-ko-single"),
        warning="The ShareGPT rows were shared by users as they were: personal data and access tokens occur.",
        quirks=(
            "Ids begin with alpaca_, dolly_ or vicuna_; the GPT4ALL part bears alpaca_.",
            "1,206 rows have no instruction; where the task stands in the input the row comes through.",
            "Some rows are not Korean, or mojibake.",
        ),
        citations=("kullm",),
    )
    COLUMNS = {"id": "string", "instruction": "string", "input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="kullm-v2",
            description="GPT4ALL, Dolly and Vicuna in Korean.",
            files={"train": (REPO / "kullm-v2.jsonl",)},
            rows={"train": 152_630},
        )
    ]

    ROW_LICENSES = ("cc-by-sa-3.0",)
    ROW_MAKINGS = {"cc-by-sa-3.0": "human, machine-translated"}

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["output"], row["input"]) | self.origin(row)

    @staticmethod
    def origin(row: Row) -> Row:
        """The common columns in which a row differs from the Card."""
        return DOLLY if "dolly" in row["id"] else {}
