"""BELLE's role dialogues: characters are described, and ChatGPT writes what they say, all in one answer."""

from dataclasses import replace

from okinst.builders import Variant
from okinst.chinese_instructions.belle import BELLE, card, hub

NAME = "generated_chat_0.4M"
REPO = hub(NAME, "main")  # no commit of it is known


class BELLEGeneratedChat(BELLE):
    """The description of some characters, and a dialogue between them as one answer."""

    CARD = replace(
        card(
            NAME,
            "BELLE generated_chat_0.4M",
            "The speakers are names, with either colon, not a user and an assistant: the dialogue stays one answer.",
            "Most instructions begin with 于以下角色信息完成一段对话, a slip for 基于 or 根据: kept.",
            "An output begins and ends with a line break: taken off.",
            "No commit of the repository is known to okinst: main is read, unpinned.",
        ),
        derived_from=(),
    )
    BUILDER_CONFIGS = [
        Variant(
            name="belle-generated-chat",
            description="Dialogues between characters, written from their description.",
            files={"train": (REPO / "generated_chat_0.4M.json",)},
            rows={"train": 396_004},
        )
    ]
