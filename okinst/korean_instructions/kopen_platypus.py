"""KOpen-platypus, from kyujinpy: Open-Platypus by DeepL, science and mathematics. The columns come input, output, instruction."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask

REPO = Hub("kyujinpy/KOpen-platypus", "917b993")


class KOpenPlatypus(SourceBuilder):
    """One problem and its solution."""

    CARD = Card(
        title="KOpen-platypus",
        homepage="https://huggingface.co/datasets/kyujinpy/KOpen-platypus",
        license="cc-by-4.0",
        license_note="The Hub card; Open-Platypus is drawn from sets with licences of their own, some non-commercial; the generated rows are also under OpenAI's terms.",
        languages=("ko",),
        making="human and generated, machine-translated",
        generators=("gpt-4 and gpt-3.5-turbo (the rows from airoboros and guanaco)",),
        translators=("DeepL",),
        derived_from=("Open-Platypus",),
        overlaps=(),
        warning="",
        quirks=(
            "input is null in some rows.",
            "Full of LaTeX and code; a few rows stay English.",
            "Upstream replaced the file several times: some versions have data_source, the set that Open-Platypus took a "
            "row from; raw=True has it.",
        ),
        citations=("kopenplatypus", "platypus"),
    )
    FORMAT = "Parquet"
    COLUMNS = {"input": "string", "output": "string", "instruction": "string", "data_source": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="kopen-platypus",
            description="Problems of science, mathematics and logic, solved.",
            files={"train": (REPO / "data/train-*.parquet",)},
            rows={"train": 24_926},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["output"], row["input"])
