"""KoChatGPT, step 3, from airobotlab: prompts that wait for an answer. One JSON array in spite of its name .jsonl."""

from dataclasses import replace

from okinst.builders import Row, Variant, request
from okinst.korean_instructions.kochatgpt_sft import FOLDER, REPO, KoChatGPTSFT


class KoChatGPTPPO(KoChatGPTSFT):
    """One prompt."""

    CARD = replace(
        KoChatGPTSFT.CARD,
        title="KoChatGPT, step 3: PPO",
        license_note="The repository states none; the questions come from AI-Hub and other sets.",
        making="human",
        generators=(),
        overlaps=("kochatgpt-sft", "kochatgpt-rm"),
        quirks=(
            "One JSON array in spite of the name .jsonl.",
            "Three prompts are empty and left out; 54 are there twice and stay.",
            "AI-Hub's masks, such as #이름# and #주소#, are kept.",
        ),
    )
    SHAPE = "prompt"
    COLUMNS = {"prompt": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="kochatgpt-ppo",
            description="Questions without answers.",
            files={"train": (REPO / f"{FOLDER}/kochatgpt_3_PPO.jsonl",)},
            rows={"train": 12_000},
        )
    ]

    def example(self, row: Row) -> Row:
        return request(row["prompt"])
