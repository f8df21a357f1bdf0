"""`koalpaca`: KoAlpaca's training text, `### 질문:`, `### 맥락:`, `### 답변:` and an end token. One exchange, no system turn."""

import re
from typing import Any

from okinst.builders import Row
from okinst.builders.schema import upstream_features
from okinst.views.turns import CannotHold, exchange, single_exchange

COLUMNS = dict(upstream_features({"text": "string"}))
QUESTION, CONTEXT, ANSWER, END = "### 질문: ", "\n\n### 맥락: ", "\n\n### 답변: ", "<|endoftext|>"
HEADING = re.compile(r"^### (?:질문|맥락|답변):", re.MULTILINE)


def render(row: Row) -> dict[str, Any]:
    """
    >>> from okinst.builders import ask
    >>> render(ask("더하면?", "셋"))["text"]
    '### 질문: 더하면?\\n\\n### 답변: 셋<|endoftext|>'
    """
    question, context, answer = single_exchange(row)
    for text in (question, context, answer):
        if found := HEADING.search(text):
            raise CannotHold(f"a line of it begins with {found[0]}, which would be read back as a heading")
    middle = CONTEXT + context if context else ""
    return {"text": f"{QUESTION}{question}{middle}{ANSWER}{answer}{END}"}


def parse(rendered: dict[str, Any]) -> Row:
    text = rendered["text"]
    asked, answer_mark, answer = text.partition(ANSWER)
    if not text.startswith(QUESTION) or not answer_mark:
        raise ValueError(f"no KoAlpaca text: {text[:60]!r}")
    question, _, context = asked.removeprefix(QUESTION).partition(CONTEXT)
    return exchange(question, context, answer.removesuffix(END))
