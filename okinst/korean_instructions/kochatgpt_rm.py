"""KoChatGPT, step 2, from airobotlab: three answers ranked by a person. `ranking[i]` is the rank of answer i, 0 the best."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from okinst.builders import Row, Unmapped, Variant, prefer
from okinst.korean_instructions.kochatgpt_sft import FOLDER, REPO, KoChatGPTSFT


class KoChatGPTRM(KoChatGPTSFT):
    """One question and two of its answers, for every pair that the ranking orders."""

    CARD = replace(
        KoChatGPTSFT.CARD,
        title="KoChatGPT, step 2: RM",
        languages=("ko", "en"),
        generators=("gpt-3.5-turbo", "text-davinci-003", "text-ada-001"),
        overlaps=("kochatgpt-sft", "kochatgpt-ppo"),
        quirks=(
            "ranking is the rank of each completion, not an order of completions: 10,220 rows give 30,660 pairs.",
            "The worst completion is text-ada-001's, mostly English nonsense.",
            "A fork (qwawa/KoChatGPT) has two to five completions a row: every pair is read, ties give none.",
        ),
    )
    SHAPE = "preference"
    COLUMNS = {
        "prompt": "string",
        "completion_0": "string",
        "completion_1": "string",
        "completion_2": "string",
        "ranking": ["int64"],
    }
    BUILDER_CONFIGS = [
        Variant(
            name="kochatgpt-rm",
            description="Every ordered pair of three ranked answers.",
            files={"train": (REPO / f"{FOLDER}/kochatgpt_2_RM.jsonl",)},
            rows={"train": 30_660},
        )
    ]

    def examples(self, row: Row) -> Iterable[Row | Unmapped]:
        ranks = row["ranking"]
        if not isinstance(ranks, list):
            raise Unmapped("ranks that are none")
        if sum(key.startswith("completion_") for key in row) != len(ranks):
            raise Unmapped("not as many ranks as answers")
        if not all(type(rank) is int and 0 <= rank < len(ranks) for rank in ranks):
            raise Unmapped("ranks that are none")
        pairs = list(combinations(sorted(range(len(ranks)), key=ranks.__getitem__), 2))
        ordered = [(better, worse) for better, worse in pairs if ranks[better] < ranks[worse]]
        return [
            *(
                prefer(row["prompt"], row[f"completion_{better}"], row[f"completion_{worse}"])
                for better, worse in ordered
            ),
            *(Unmapped("tied pair") for _ in range(len(pairs) - len(ordered))),
        ]
