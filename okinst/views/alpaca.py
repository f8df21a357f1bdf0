"""`alpaca`: instruction, input, output. One exchange, no system turn."""

from typing import Any

from okinst.builders import Row
from okinst.builders.schema import upstream_features
from okinst.views.turns import exchange, single_exchange

COLUMNS = dict(upstream_features({"instruction": "string", "input": "string", "output": "string"}))


def render(row: Row) -> dict[str, Any]:
    """
    >>> from okinst.builders import ask
    >>> render(ask("요약해 줘.", "짧다.", "긴 글"))
    {'instruction': '요약해 줘.', 'input': '긴 글', 'output': '짧다.'}
    """
    question, context, answer = single_exchange(row)
    return {"instruction": question, "input": context, "output": answer}


def parse(rendered: dict[str, Any]) -> Row:
    return exchange(rendered["instruction"], rendered["input"], rendered["output"])
