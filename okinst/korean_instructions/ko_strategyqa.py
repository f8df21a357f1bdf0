"""Ko-StrategyQA, from NomaDamas: yes or no, by several steps of reasoning. One JSON object, its keys the questions' ids."""

import json
from collections.abc import Iterator
from typing import IO

from okinst.builders import Card, Hub, Row, SourceBuilder, Unmapped, Variant, ask, formats

REPO = Hub(
    "NomaDamas/Ko-StrategyQA", "de5802f5200fdb48b93c9d900f9913a094bded88", copies=("PCEO-AI-CLUB/Ko-StrategyQA",)
)
#: upstream's answer is a string, not a boolean
ANSWERS = {"True": "예", "False": "아니요"}


def reasoned(steps: list[str], facts: list[str], answer: str) -> str:
    """An answer that says how it was reached; the steps are numbered, because they speak of each other by number.

    >>> print(reasoned(["물은 몇 도에서 끓나요?", "1번은 90도보다 높나요?"], ["물은 100도에서 끓는다."], "True"))
    단계별로 나누어 생각해 보겠습니다.
    1. 물은 몇 도에서 끓나요?
    2. 1번은 90도보다 높나요?
    <BLANKLINE>
    알려진 사실은 다음과 같습니다.
    - 물은 100도에서 끓는다.
    <BLANKLINE>
    따라서 답은 '예'입니다.
    """
    if not isinstance(steps, list) or not isinstance(facts, list):
        raise Unmapped("facts or steps that are no list")
    verdict = ANSWERS.get(str(answer).capitalize())
    if verdict is None:
        raise Unmapped("an answer that is neither True nor False")
    parts = [f"따라서 답은 '{verdict}'입니다."]
    if facts:
        parts.insert(0, "\n".join(["알려진 사실은 다음과 같습니다.", *(f"- {fact}" for fact in facts)]))
    if steps:
        numbered = (f"{number}. {step}" for number, step in enumerate(steps, 1))
        parts.insert(0, "\n".join(["단계별로 나누어 생각해 보겠습니다.", *numbered]))
    return "\n\n".join(parts)


class KoStrategyQA(SourceBuilder):
    """One question, and the answer with its reasoning."""

    CARD = Card(
        title="Ko-StrategyQA",
        homepage="https://huggingface.co/datasets/NomaDamas/Ko-StrategyQA",
        license="unstated",
        license_note="The card states none; StrategyQA is MIT.",
        languages=("ko",),
        making="human, machine-translated",
        generators=(),
        translators=("DeepL",),
        derived_from=("StrategyQA",),
        overlaps=(),
        warning="",
        quirks=(
            "One JSON object keyed by the question's id: load_dataset fails on it. The id is the column qid.",
            "The wording of the answer is okinst's: the steps, the facts, then 예 or 아니요.",
            "answer is the string True or False. evidence fits no Arrow type: raw=True has it as a JSON string.",
            "train and validation (upstream's dev) are the translators' own splits; ko-strategy-qa_full.json is both. "
            "The test file has no answers and is not read.",
            "A few names stay in Latin script.",
        ),
        citations=("kostrategyqa", "strategyqa"),
    )
    UNREAD = ("ko-strategy-qa_test.json",)
    COLUMNS = {
        "qid": "string",
        "question": "string",
        "term": "string",
        "answer": "string",
        "description": "string",
        "facts": ["string"],
        "decomposition": ["string"],
        "evidence": "string",
    }
    BUILDER_CONFIGS = [
        Variant(
            name="ko-strategyqa",
            description="Questions that need several facts, answered step by step.",
            files={
                "train": (REPO / "ko-strategy-qa_train.json",),
                "validation": (REPO / "ko-strategy-qa_dev.json",),
            },
            rows={"train": 1_800, "validation": 490},
            rows_exact=False,
        )
    ]

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        for row in formats.json_table(file, name, key="qid"):
            if isinstance(row, dict) and "evidence" in row:
                row["evidence"] = json.dumps(row["evidence"], ensure_ascii=False)
            yield row

    def example(self, row: Row) -> Row:
        return ask(row["question"], reasoned(row["decomposition"], row["facts"], row["answer"]))
