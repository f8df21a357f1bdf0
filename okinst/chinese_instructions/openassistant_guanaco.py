"""OpenAssistant's best replies, from timdettmers: one string a dialogue. An ordinary heading begins with ### too."""

import re

from okinst.builders import Card, Hub, Row, SourceBuilder, Unmapped, Variant, talk
from okinst.chinese_instructions.markers import by_turns, cut

REPO = Hub("timdettmers/openassistant-guanaco", "831dabac2283d99420cda0b673d7a2a43849f17a")
MARKER = re.compile("### (?:Human|Assistant):")


def dialogue(text: str) -> list[tuple[str, str]]:
    """The turns of a dialogue; no line break stands between them.

    >>> dialogue("### Human: 写个标题### Assistant: ### 秋天\\n如下")
    [('human', ' 写个标题'), ('assistant', ' ### 秋天\\n如下')]
    """
    return [(marker[4:-1].lower(), words) for marker, words in cut(text, MARKER)]


class OpenAssistantGuanaco(SourceBuilder):
    """One dialogue, the best reply chosen at each turn."""

    CARD = Card(
        title="openassistant-guanaco",
        homepage="https://huggingface.co/datasets/timdettmers/openassistant-guanaco",
        license="apache-2.0",
        license_note="The text of the Hub card, which has no licence tag; OASST1 is Apache 2.0.",
        languages=("mul",),
        making="human",
        generators=(),
        translators=(),
        derived_from=("OASST1",),
        overlaps=(),
        warning="",
        quirks=(
            "Many languages (English, Spanish, Russian, German, Chinese, French, Korean and more) and no column that says which: mul.",
            "The text is cut at ### Human: and ### Assistant: exactly; a heading that begins with ### is part of a turn.",
            "Some dialogues end on a question: it is cut off.",
            "A row in which the two do not take turns is left out: a marker was part of what somebody said.",
            "The file of the test split is called eval.",
            "No relation to the guanaco of JosephusCheung: the name is that of the model trained on it.",
        ),
        citations=("openassistantguanaco", "openassistant"),
    )
    COLUMNS = {"text": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="openassistant-guanaco",
            description="The best replies of OpenAssistant's volunteers, in many languages.",
            files={
                "train": (REPO / "openassistant_best_replies_train.jsonl",),
                "test": (REPO / "openassistant_best_replies_eval.jsonl",),
            },
            rows={"train": 9_846, "test": 518},
        )
    ]

    def example(self, row: Row) -> Row:
        if not isinstance(row["text"], str):
            raise Unmapped(f"{type(row['text']).__name__} instead of text")
        turns = [({"human": "user"}.get(speaker, speaker), words) for speaker, words in dialogue(row["text"])]
        return talk(by_turns(turns))
