"""Korquad-Chat, from heegyu: dialogues ChatGPT made up about KorQuAD's paragraphs. JSON Lines in spite of its name."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, talk
from okinst.builders.formats import marked_turns

REPO = Hub("heegyu/korquad-chat-v1", "f99bb2280e2a9bbbfa10c0fac8e77f97641ab54d")

# C is a third speaker that the model invented now and then: a name of its own, so that the row is counted.
SPEAKERS = {"<sys>": "system", "<usr>": "user", "A :": "user", "A:": "user", "<bot>": "assistant", "B :": "assistant"}
SPEAKERS |= {"B:": "assistant", "C:": "C", "C :": "C"}


def dialogue(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The paragraph and the turns about it.

    >>> dialogue("<sys>한강은 서울을\\n지난다.\\n<usr> 어디를 지나요?\\nB : 서울이요.")
    ('한강은 서울을\\n지난다.', [('user', ' 어디를 지나요?'), ('assistant', ' 서울이요.')])
    """
    lines = "\n".join(line.strip() for line in text.strip().split("\n"))
    turns = marked_turns(lines, SPEAKERS)
    if turns[0][0] == "system":
        return turns[0][1], turns[1:]
    return "", turns


class KorquadChat(SourceBuilder):
    """One dialogue about one paragraph, which is its system turn."""

    CARD = Card(
        title="Korquad-Chat v1",
        homepage="https://github.com/HeegyuKim/open-korean-instructions",
        license="mit",
        license_note="The Hub card; the paragraphs are KorQuAD 1.0's (CC BY-ND 2.0 KR), the dialogues under OpenAI's terms.",
        languages=("ko",),
        making="generated",
        generators=("gpt-3.5-turbo",),
        translators=(),
        derived_from=("korquad-1.0",),
        overlaps=(),
        warning="",
        quirks=(
            "The text is marked: <sys> the paragraph, <usr> and <bot> the turns, at the start of a line.",
            "Some rows still have A: and B:, with or without a blank: read as <usr> and <bot>.",
            "A line without a marker belongs to the turn, or the paragraph, before it.",
            "A row with a third speaker, C:, is left out as an unknown role.",
            "The speakers call each other <|user|> and <|bot|>: kept.",
            "Facts beyond the paragraph may be made up.",
        ),
        citations=("korquadchat", "korquad"),
    )
    COLUMNS = {"source": "string", "text": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="korquad-chat",
            description="Dialogues grounded in a paragraph of Korean Wikipedia.",
            files={"train": (REPO / "korquad-chat.json",)},
            rows={"train": 9_619},
        )
    ]

    def example(self, row: Row) -> Row:
        paragraph, turns = dialogue(row["text"])
        return talk(turns, document=paragraph)
