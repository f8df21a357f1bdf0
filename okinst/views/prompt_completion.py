"""`prompt-completion`: TRL's conversational layout; the last answer is the completion, all before it the prompt."""

from typing import Any

from okinst.builders import Row
from okinst.builders.schema import features
from okinst.views.turns import CannotHold

_MESSAGES = features("conversation")["messages"]
COLUMNS = {"prompt": _MESSAGES, "completion": _MESSAGES, "context": features("conversation")["context"]}


def render(row: Row) -> dict[str, Any]:
    messages = row["messages"]
    if len(messages) < 2 or messages[-1]["role"] != "assistant":
        raise CannotHold("it has no prompt with an answer at its end")
    return {"prompt": messages[:-1], "completion": messages[-1:], "context": row["context"]}


def parse(rendered: dict[str, Any]) -> Row:
    return {"messages": [*rendered["prompt"], *rendered["completion"]], "context": rendered["context"]}
