"""Guanaco's chat, from JosephusCheung: the history is one string in `instruction`, its labels spelt in seven ways."""

import re
from dataclasses import replace

from okinst.builders import Row, Variant, clean, talk
from okinst.builders.formats import by_turns, cut
from okinst.chinese_instructions.guanaco import REPO, Guanaco, in_its_language

# A turn ends with one blank or a line break; "User:" in the middle of a word is none.
MARKER = re.compile(r"(?:\A|(?<=\s))(?:User|System|Assistant|Asssistent|Assistent|Assistenz)[:：]")


def turns_of(text: str) -> list[tuple[str, str]]:
    """The labelled turns of a text.

    >>> turns_of("User：你好 Assistenz:你好！\\nUser: 再见")
    [('user', '你好 '), ('assistant', '你好！\\n'), ('user', ' 再见')]
    """
    return [(_speaker(marker), words) for marker, words in cut(text, MARKER)]


def _speaker(marker: str) -> str:
    return "assistant" if marker.startswith("Ass") else marker[:-1].lower()


def dialogue(history: str, question: str) -> tuple[str, list[tuple[str, str]]]:
    """What the dialogue is about, and its turns up to the last question, which may bear no label.

    >>> dialogue("User:你好 Assistant:你好！", "System:今天下雨。 User:出门吗？")
    ('今天下雨。', [('user', '你好 '), ('assistant', '你好！'), ('user', '出门吗？')])
    """
    asked = turns_of(question) if MARKER.match(question.lstrip()) else [("user", question)]
    turns = turns_of(history) + asked
    known = [clean(words) for speaker, words in turns if speaker == "system"]
    return "\n\n".join(filter(None, known)), [turn for turn in turns if turn[0] != "system"]


class GuanacoChat(Guanaco):
    """One dialogue, up to one reply."""

    CARD = replace(
        Guanaco.CARD,
        title="Guanaco, the chat",
        warning="Some answers play a character, or begin with a keyword (NO IDEA, FORBIDDEN, SFW): a model learns to say them.",
        quirks=(
            "instruction is the history, input the question (with or without what the system knows), output the bare reply.",
            "The labels are User:, System:, Assistant:, Asssistent:, Assistent: and Assistenz:, with either colon, behind a blank "
            "or a line break.",
            "What the system knows, wherever it stands, is the system turn and the context.",
            "A row in which user and assistant do not take turns is left out: a label was part of what somebody said.",
            'A reply may begin with NO IDEA, FORBIDDEN or SFW, or with "CharacterName: ": both are kept.',
            *Guanaco.CARD.quirks,
        ),
    )
    BUILDER_CONFIGS = [
        Variant(
            name="guanaco-chat",
            description="Dialogues in Chinese, English, Japanese and German, one row a reply.",
            files={"train": (REPO / "guanaco_chat_all-utf8.json",)},
            rows={"train": 48_967},
        )
    ]

    def example(self, row: Row) -> Row:
        about, turns = dialogue(clean(row["instruction"]), clean(row["input"]))
        return in_its_language(talk(by_turns([*turns, ("assistant", row["output"])]), about))
