"""HRC as preferences: the answer grounded in the record, chosen over ChatGPT's unaided one."""

from dataclasses import replace

from okinst.builders import Row, Variant, prefer
from okinst.korean_instructions.hrc import CHATGPT, GROUNDED, HRC, QUESTION, REPO


class HRCPreference(HRC):
    """One question and its two answers."""

    CARD = replace(
        HRC.CARD,
        title="Human Rights Corpus v1, as preferences",
        overlaps=("hrc",),
        quirks=(
            *HRC.CARD.quirks,
            "Upstream ranks nothing: that the grounded answer is the better one is okinst's reading.",
        ),
    )
    SHAPE = "preference"
    BUILDER_CONFIGS = [
        Variant(
            name="hrc-preference",
            description="The answer from the record, chosen over ChatGPT's.",
            files={"train": (REPO / "humane_right_copus_v1.jsonl.json",)},
            rows={"train": 1_549},
        )
    ]

    def example(self, row: Row) -> Row:
        return prefer(row[QUESTION], chosen=row[GROUNDED], rejected=row[CHATGPT])
