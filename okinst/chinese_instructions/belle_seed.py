"""BELLE's 175 seed tasks, Self-Instruct's made Chinese. JSON Lines in spite of its name; the numbers are in no order."""

from okinst.builders import Card, GitHub, Row, SourceBuilder, Unmapped, Variant, ask

REPO = GitHub("LianjiaTech/BELLE", "645084d36454cdeb4e7f1ce9b2f3426bac39f1f9")


class BELLESeed(SourceBuilder):
    """One task and its one instance."""

    CARD = Card(
        title="BELLE's seed tasks",
        homepage="https://github.com/LianjiaTech/BELLE",
        license="odc-by",
        license_note="DATA_LICENSE of the repository (the code is Apache 2.0); the authors ask for research use only.",
        languages=("zh-Hans",),
        making="human",
        generators=(),
        translators=(),
        derived_from=("Self-Instruct",),
        overlaps=(),
        warning="",
        quirks=(
            "JSON Lines in spite of the name .json; the ids are in no order (the first is seed_task_8).",
            "Every task has exactly one instance; 49 of them have no input.",
            "The file moved from 1.5M/ to data/1.5M/.",
        ),
        citations=("belle", "selfinstruct"),
    )
    RESEARCH_ONLY = True
    COLUMNS = {
        "id": "string",
        "name": "string",
        "instruction": "string",
        "instances": [{"input": "string", "output": "string"}],
        "is_classification": "bool",
    }
    BUILDER_CONFIGS = [
        Variant(
            name="belle-seed",
            description="The tasks that BELLE's instructions were grown from.",
            files={"train": (REPO / "data/1.5M/zh_seed_tasks.json",)},
            rows={"train": 175},
        )
    ]

    def example(self, row: Row) -> Row:
        if len(row["instances"]) != 1:
            raise Unmapped("not one instance")
        (instance,) = row["instances"]
        return ask(row["instruction"], instance["output"], instance["input"])
