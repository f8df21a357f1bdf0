"""VAIV's Korean-friendly LLM, step 2: two answers, the friendlier chosen. Most end in a left-over `<|endoftext|>`."""

from dataclasses import replace

from okinst.builders import Row, SourceBuilder, Variant, prefer
from okinst.korean_instructions.vaiv_sft import REPO, VaivSFT, without_end

FOLDER = "RewardModel/data_final"
KINDS = ("conversation", "hatespeech", "translation")


class VaivRM(SourceBuilder):
    """One prompt and its two answers."""

    CARD = replace(
        VaivSFT.CARD,
        title="RLHF-Korean-Friendly-LLM, step 2: RM",
        derived_from=("AI-Hub", "ai-ethics", "NIKL corpora", "rlhf-reward-datasets"),
        overlaps=(),
        quirks=(
            "<|endoftext|> stands behind nearly every answer: taken away.",
            "33 rejected answers hold nothing but an invisible character: left out as empty.",
            "Ids are conversaion_0 (sic), id2 or id3, or missing: raw=True has them.",
            "step2_train_final.json, upstream's merge of these files, is not read.",
        ),
    )
    SHAPE = "preference"
    FORMAT = "JSON array"
    COLUMNS = {
        "id": "string",
        "id2": "string",
        "id3": "string",
        "prompt": "string",
        "chosen": "string",
        "rejected": "string",
    }
    BUILDER_CONFIGS = [
        Variant(
            name="vaiv-rm",
            description="The friendlier of two answers.",
            files={
                split: tuple(REPO / f"{FOLDER}/{kind}_{split}.json" for kind in KINDS) for split in ("train", "test")
            },
            rows={"train": 2_484},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return prefer(row["prompt"], without_end(row["chosen"]), without_end(row["rejected"]))
