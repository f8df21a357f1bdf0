"""AI-Hub's text ethics, dialogue by dialogue: the same files, with the judgement of each turn beside it."""

from dataclasses import replace

import datasets

from okinst.builders import Row, Variant, rate, schema
from okinst.eval_sets.aihub_ethics import FILES, LABELS, AIHubEthics, intensity, numbers, sentences


class AIEthicsDialogues(AIHubEthics):
    """One dialogue, and the labels of its turns."""

    CARD = replace(
        AIHubEthics.CARD,
        overlaps=("ai-ethics",),
        quirks=(
            *AIHubEthics.CARD.quirks,
            "A message's role is the upstream number of its speaker (1, 2, ...): nobody here is an assistant, and what is said is "
            "nothing that one should learn to say.",
        ),
    )
    SHAPE = "rated"
    BUILDER_CONFIGS = [
        Variant(
            name="ai-ethics-dialogues",
            description="Dialogues, each turn labelled with what is immoral in it.",
            files=FILES,
            rows={"train": 107_000, "validation": 13_200},
            rows_exact=False,
        )
    ]

    def row_features(self) -> datasets.Features:
        each_turn = {
            "labels": [[datasets.ClassLabel(names=list(LABELS))]],
            "intensity": [datasets.Value("float32")],
            "is_immoral": [datasets.Value("bool")],
        }
        return schema.features("rated", ratings=each_turn)

    def example(self, row: Row) -> Row:
        turns = sentences(row)
        rated = rate(
            ((str(turn["speaker"]), turn["text"]) for turn in turns),
            labels=[numbers(turn["types"]) for turn in turns],
            intensity=[intensity(turn) for turn in turns],
            is_immoral=[turn.get("is_immoral") for turn in turns],
        )
        return {"id": str(row["id"]), **rated}
