"""OpenAssistant's best replies, from timdettmers: one string a dialogue. An ordinary heading begins with ### too."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, talk
from okinst.builders.formats import by_turns, human_assistant

REPO = Hub("timdettmers/openassistant-guanaco", "831dabac2283d99420cda0b673d7a2a43849f17a")


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
        return talk(by_turns(human_assistant(row["text"])))
