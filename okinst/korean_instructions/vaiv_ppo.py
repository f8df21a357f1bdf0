"""VAIV's Korean-friendly LLM, step 3: prompts that wait for an answer."""

from dataclasses import replace

from okinst.builders import Row, SourceBuilder, Variant, request
from okinst.korean_instructions.vaiv_sft import REPO, VaivSFT


class VaivPPO(SourceBuilder):
    """One prompt."""

    CARD = replace(
        VaivSFT.CARD,
        title="RLHF-Korean-Friendly-LLM, step 3: PPO",
        making="human and generated",
        generators=("unstated (Self-Instruct)",),
        derived_from=("AI-Hub", "ai-ethics", "NIKL corpora", "koalpaca-v1.1", "rlhf-reward-datasets"),
        overlaps=(),
        quirks=(
            "The file name is misspelt upstream (filterd).",
            "By their ids 1,499 prompts are Self-Instruct's and 1,328 translations: raw=True has the ids.",
        ),
    )
    SHAPE = "prompt"
    FORMAT = "JSON array"
    COLUMNS = {"id": "string", "prompt": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="vaiv-ppo",
            description="Prompts without answers.",
            files={"train": (REPO / "PPO/step3_final_filterd.json",)},
            rows={"train": 3_608},
        )
    ]

    def example(self, row: Row) -> Row:
        return request(row["prompt"])
