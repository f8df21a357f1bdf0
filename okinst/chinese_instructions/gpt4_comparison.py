"""GPT-4-LLM's comparison data: three models answer Alpaca's instructions, GPT-4 scores the answers. English."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import IO

from okinst.builders import Row, SourceBuilder, Unmapped, Unwanted, Variant, clean, prefer
from okinst.builders.schema import join
from okinst.chinese_instructions.alpaca_gpt4_zh import REPO, AlpacaGPT4Zh

TEMPLATE = re.compile(
    r"(?:Below is an instruction[^\n]*\n\s*)?### Instruction:(?P<instruction>.*?)"
    r"(?:\n### Input:(?P<input>.*?))?(?:\n### Response:\s*)?\Z",
    re.DOTALL,
)


def unwrapped(prompt: object) -> str:
    """A prompt without Alpaca's template; one that has none stays as it is.

    >>> unwrapped("Below is an instruction that ...\\n\\n### Instruction:\\nAdd.\\n\\n### Input:\\n1, 2\\n\\n")
    'Add.\\n\\n1, 2'
    """
    text = clean(prompt)
    found = TEMPLATE.match(text)
    return join(clean(found["instruction"]), clean(found["input"])) if found else text


def with_numbers(row: Row) -> Row | Unmapped:
    """A row whose scores are numbers, where some were written as strings.

    >>> with_numbers({"responses_and_scores": [{"response": "3", "score": "7.5"}]})
    {'responses_and_scores': [{'response': '3', 'score': 7.5}]}
    """
    answers = row.get("responses_and_scores", [])
    if not isinstance(answers, list) or not all(isinstance(answer, dict) for answer in answers):
        return Unmapped("answers that are no list of objects")
    try:
        scores = [float(answer["score"]) for answer in answers]
    except (KeyError, TypeError, ValueError, OverflowError):
        return Unmapped("a score that is no number")
    if not all(map(math.isfinite, scores)):
        return Unmapped("a score that is no number")
    scored = [answer | {"score": score} for answer, score in zip(answers, scores, strict=True)]
    return row | {"responses_and_scores": scored} if scored else row


class GPT4Comparison(SourceBuilder):
    """One instruction and two of its answers, for every pair that the scores order."""

    CARD = replace(
        AlpacaGPT4Zh.CARD,
        title="GPT-4-LLM: comparison data",
        license_note="The README of the repository; the answers are also under OpenAI's terms.",
        languages=("en",),
        making="generated",
        generators=("GPT-4 (answers and scores)", "text-davinci-003", "OPT-IML 1.3B"),
        translators=(),
        quirks=(
            "user_input is Alpaca's whole prompt: the template is taken off, instruction and input are joined.",
            "A score may be a number or a string, and is read as a number (with raw=True, too); equal scores give no pair, and are "
            "counted.",
            "Some answers are empty: their pairs are left out. Some rows have fewer than three answers.",
            "The README describes an older file (completion_a, completion_b).",
            "Upstream names no row count; a copy of best and worst answers (in LLaMA-Factory) has some 36K.",
        ),
    )
    SHAPE = "preference"
    FORMAT = "JSON array"
    COLUMNS = {
        "user_input": "string",
        "responses_and_scores": [{"response": "string", "source": "string", "score": "float64"}],
    }
    BUILDER_CONFIGS = [
        Variant(
            name="gpt4-comparison",
            description="Every ordered pair of the answers that GPT-4 scored, in English.",
            files={"train": (REPO / "data/comparison_data_v2.json",)},
            rows={"train": 36_000},
            rows_exact=False,
        )
    ]

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        for row in super().read(file, name):
            yield row if isinstance(row, Unmapped) else with_numbers(row)

    def examples(self, row: Row) -> Iterable[Row | Unmapped]:
        prompt, answers = unwrapped(row["user_input"]), row["responses_and_scores"]
        if len(answers) < 2:
            raise Unmapped("fewer than two answers")
        pairs = combinations(sorted(answers, key=lambda answer: -answer["score"]), 2)
        return [
            prefer(prompt, chosen=better["response"], rejected=worse["response"])
            if better["score"] > worse["score"]
            else Unwanted("tied pair")
            for better, worse in pairs
        ]
