"""`messages`: the chat layout of the Hub and of every trainer's chat template; okinst's own."""

from typing import Any

from okinst.builders import Row
from okinst.builders.schema import features

COLUMNS = {name: kind for name, kind in features("conversation").items() if name in ("messages", "context")}


def render(row: Row) -> dict[str, Any]:
    return {"messages": row["messages"], "context": row["context"]}


def parse(rendered: dict[str, Any]) -> Row:
    return {"messages": rendered["messages"], "context": rendered["context"]}
