"""BELLE's dialogues: the history is one string that ends in an empty “Assistant:”, the output is the next reply."""

from dataclasses import replace

from okinst.builders import Row, Unmapped, Variant, clean, talk
from okinst.builders.formats import by_turns, marked_turns
from okinst.chinese_instructions.belle import BELLE, card, hub

NAME = "multiturn_chat_0.8M"
REPO = hub(NAME, "dc32eb8955e10ae1cd4189a50a566ef8f8254a65")
SPEAKERS = {"Human:": "user", "Assistant:": "assistant"}


def history(text: str) -> list[tuple[str, str]]:
    """The turns before the reply. A label counts at the start of a line only; the empty one at the end is the reply's.

    >>> history("Human:介绍一下\\n杭州。\\nAssistant:好。\\nHuman:说说 Human: 的意思。\\nAssistant:")
    [('user', '介绍一下\\n杭州。'), ('assistant', '好。'), ('user', '说说 Human: 的意思。')]
    """
    turns = marked_turns(text, SPEAKERS)
    if not turns[0][0]:
        raise Unmapped("text before the first speaker")
    if turns[-1][0] == "assistant":
        if clean(turns[-1][1]):
            raise Unmapped("a reply before the output")
        turns.pop()
    return turns


class BELLEMultiturn(BELLE):
    """One dialogue, up to one reply."""

    CARD = replace(
        card(
            NAME,
            "BELLE multiturn_chat_0.8M",
            "Each row is the beginning of a dialogue, up to one reply: a dialogue of five replies is five rows.",
            "Human: and Assistant: count at the start of a line only; a turn has line breaks of its own.",
            "A row in which the two do not take turns is left out: a label was part of what somebody said.",
            "A row without Assistant: at the end is read all the same.",
        ),
        derived_from=(),
    )
    BUILDER_CONFIGS = [
        Variant(
            name="belle-multiturn",
            description="Dialogues in which ChatGPT plays both sides, one row a reply.",
            files={"train": (REPO / "multiturn_chat_0.8M.json",)},
            rows={"train": 831_036},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        if clean(row["input"]):
            raise Unmapped("an input besides the dialogue")
        return talk(by_turns([*history(clean(row["instruction"])), ("assistant", row["output"])]))
