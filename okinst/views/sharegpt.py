"""`sharegpt`: turns of {"from", "value"} by human, gpt and system. `context` stands beside them: no trainer minds it."""

from typing import Any

from okinst.builders import Row
from okinst.builders.schema import upstream_features
from okinst.views.turns import roles_within

COLUMNS = dict(upstream_features({"conversations": [{"from": "string", "value": "string"}], "context": "string"}))
SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt"}
ROLES = {speaker: role for role, speaker in SPEAKERS.items()}


def render(row: Row) -> dict[str, Any]:
    roles_within(row["messages"], tuple(SPEAKERS))
    turns = [{"from": SPEAKERS[turn["role"]], "value": turn["content"]} for turn in row["messages"]]
    return {"conversations": turns, "context": row["context"]}


def parse(rendered: dict[str, Any]) -> Row:
    turns = [{"role": ROLES[turn["from"]], "content": turn["value"]} for turn in rendered["conversations"]]
    return {"messages": turns, "context": rendered["context"]}
