"""AI-Hub's text ethics, sentence by sentence: what is wrong with it, and how badly."""

from collections.abc import Iterator

import datasets

from okinst.builders import Row, Unmapped, Variant, label, schema
from okinst.eval_sets.aihub_ethics import FILES, LABELS, AIHubEthics, intensity, numbers, sentences


def identifier(dialogue: str, sentence: object, place: int) -> str:
    """A sentence's own id, with the dialogue's in front where it does not begin with it.

    >>> identifier("d1", "d1-s0", 0), identifier("d1", "s0", 0), identifier("d1", None, 4)
    ('d1-s0', 'd1-s0', 'd1-4')
    """
    own = str(place if sentence in (None, "") else sentence)
    return own if own.startswith(dialogue) else f"{dialogue}-{own}"


class AIEthics(AIHubEthics):
    """One sentence of a dialogue and its labels."""

    SHAPE = "labelled"
    BUILDER_CONFIGS = [
        Variant(
            name="ai-ethics",
            description="Sentences of dialogues, labelled with what is immoral in them.",
            files=FILES,
            rows={"train": 365_500, "validation": 44_998},
            rows_exact=False,
        )
    ]

    def row_features(self) -> datasets.Features:
        return schema.features("labelled", labels=LABELS)

    def examples(self, row: Row) -> Iterator[Row | Unmapped]:
        dialogue = str(row["id"])
        for place, sentence in enumerate(sentences(row)):
            try:
                speaker = str(sentence["speaker"])
                made = label(dialogue, speaker, sentence["text"], numbers(sentence["types"]), intensity(sentence))
            except Unmapped as why:
                yield why
                continue
            yield {"id": identifier(dialogue, sentence.get("id"), place), **made}
