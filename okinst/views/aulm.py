"""`aulm`: AULM-0809's turns by human and bot, with the context as a turn `input` in front of them.

An empty `input`, which AULM has in front of some rows, is an empty system turn. AULM writes an Alpaca input and a document in the same way. What tells them apart when a row is read back: before one
question and one answer it is the question's input, before a longer dialogue it is the document of all of it. A row that is
neither (a document with a single exchange, an input before several) cannot be held. Any other speaker keeps its name.
"""

from typing import Any

from okinst.builders import Row
from okinst.builders.schema import join, upstream_features
from okinst.views.turns import CannotHold, place_of_context, question_without_context

COLUMNS = dict(upstream_features({"conversations": [{"from": "string", "value": "string"}]}))
SPEAKERS = {"user": "human", "assistant": "bot"}
ROLES = {speaker: role for role, speaker in SPEAKERS.items()}
RESERVED = frozenset(("human", "bot", "input"))
SINGLE = ["user", "assistant"]
EMPTY_INPUT = {"role": "system", "content": ""}


def render(row: Row) -> dict[str, Any]:
    place, turns = place_of_context(row), row["messages"]
    if turns and turns[0] == EMPTY_INPUT and place == "nowhere":
        return {
            "conversations": [{"from": "input", "value": ""}, *render(row | {"messages": turns[1:]})["conversations"]]
        }
    if place == "system":
        turns = turns[1:]
    if any(turn["role"] in RESERVED for turn in turns):
        raise CannotHold("a speaker has a name that AULM has another use for")
    single = [turn["role"] for turn in turns] == SINGLE
    if place == "system" and single:
        raise CannotHold("a document before a single exchange would be read back as the question's input")
    if place == "user" and not single:
        raise CannotHold("an input before several turns would be read back as the document of all of them")
    rendered = [{"from": SPEAKERS.get(turn["role"], turn["role"]), "value": turn["content"]} for turn in turns]
    if place == "user":
        rendered[0]["value"] = question_without_context(row)
    if place != "nowhere":
        rendered.insert(0, {"from": "input", "value": row["context"]})
    return {"conversations": rendered}


def parse(rendered: dict[str, Any]) -> Row:
    turns = rendered["conversations"]
    context = ""
    if turns and turns[0] == {"from": "input", "value": ""}:
        rest = parse({"conversations": turns[1:]})
        return rest | {"messages": [EMPTY_INPUT, *rest["messages"]]}
    if turns and turns[0]["from"] == "input":
        context, turns = turns[0]["value"], turns[1:]
    messages = [{"role": ROLES.get(turn["from"], turn["from"]), "content": turn["value"]} for turn in turns]
    if not context:
        return {"messages": messages, "context": ""}
    if [message["role"] for message in messages] == SINGLE:
        messages[0]["content"] = join(messages[0]["content"], context)
    else:
        messages.insert(0, {"role": "system", "content": context})
    return {"messages": messages, "context": context}
