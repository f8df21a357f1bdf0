"""OpenOrca-KO, from kyujinpy: a sample of OpenOrca by DeepL. `input` is OpenOrca's system prompt."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, clean, talk

REPO = Hub("kyujinpy/OpenOrca-KO", "b69d953373f047119e072bfc74194ebb6ed09da7")
#: the rows taken from kocot-2000 bear this before the first point of their id
KOCOT = "KoCoT"


def under(system: object, question: object, answer: object) -> list[tuple[str, object]]:
    """An exchange under a system prompt, or without one where it is empty.

    >>> under("짧게 답하세요.", "왜?", "그냥.")
    [('system', '짧게 답하세요.'), ('user', '왜?'), ('assistant', '그냥.')]
    """
    exchange = [("user", question), ("assistant", answer)]
    return [("system", system), *exchange] if clean(system) else exchange


class OpenOrcaKo(SourceBuilder):
    """One question, under a system prompt or not, and its answer."""

    CARD = Card(
        title="OpenOrca-KO",
        homepage="https://huggingface.co/datasets/kyujinpy/OpenOrca-KO",
        license="mit",
        license_note="The Hub card, as OpenOrca; the rows of KoCoT_2000 are CC BY-NC 4.0. Also under OpenAI's terms.",
        languages=("ko",),
        making="generated, machine-translated",
        generators=("gpt-4", "gpt-3.5-turbo", "code-davinci-002 (KoCoT_2000)"),
        translators=("DeepL",),
        derived_from=("OpenOrca", "kocot-2000"),
        overlaps=("kocot-2000", "openorca-gugugo-ko"),
        warning="",
        quirks=(
            "input is OpenOrca's system prompt, and so the system turn; this is known by recall.",
            "Ids begin with flan., t0., cot., niv. or KoCoT.: the 2,159 of KoCoT are KoCoT_2000's rows.",
            "An older revision has two shards of the same rows: the glob would double them, so one file is named.",
        ),
        citations=("openorcako", "openorca"),
    )
    FORMAT = "Parquet"
    COLUMNS = {"id": "string", "input": "string", "instruction": "string", "output": "string"}
    ROW_LICENSES = ("cc-by-nc-4.0",)
    BUILDER_CONFIGS = [
        Variant(
            name="openorca-ko",
            description="A sample of OpenOrca's questions and answers in Korean.",
            files={"train": (REPO / "data/train-00000-of-00001-f62d5fce49611e85.parquet",)},
            rows={"train": 21_632},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return talk(under(row["input"], row["instruction"], row["output"])) | self.origin(row)

    @staticmethod
    def origin(row: Row) -> Row:
        """The common columns in which a row differs from the Card."""
        return {"license": "cc-by-nc-4.0"} if clean(row.get("id")).startswith(KOCOT) else {}
