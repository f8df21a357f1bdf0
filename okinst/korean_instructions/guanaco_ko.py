"""OpenAssistant-Guanaco in Korean, from NLP & AI Lab, by DeepL: a dialogue is one string, cut at `### Human:`."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, talk
from okinst.builders.formats import by_turns, human_assistant

REPO = Hub("nlpai-lab/openassistant-guanaco-ko", "d1c4520a0fb31c086af415fc6a66fa1affa95a77")


class GuanacoKo(SourceBuilder):
    """One dialogue with Open Assistant."""

    CARD = Card(
        title="openassistant-guanaco-ko",
        homepage="https://huggingface.co/datasets/nlpai-lab/openassistant-guanaco-ko",
        license="apache-2.0",
        license_note="The Hub card, as OpenAssistant itself.",
        languages=("ko",),
        making="human, machine-translated",
        generators=(),
        translators=("DeepL",),
        derived_from=("openassistant-guanaco",),
        overlaps=("korean-rlhf",),
        warning="",
        quirks=(
            "A dialogue is one string: ### Human: and ### Assistant: mark the turns, with no line break before them.",
            "Headings that begin with ### are text.",
            "A row in which the two do not take turns is left out: a marker was part of what somebody said.",
            "A dialogue may end on a question: it is cut off.",
            "The _eval_ file is the split test, as on the Hub.",
            "Some answers call themselves Open Assistant; tasks in several languages were flattened into Korean.",
        ),
        citations=("guanacoko", "openassistant"),
    )
    COLUMNS = {"text": "string", "id": "string", "split": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="guanaco-ko",
            description="The best replies of OpenAssistant in Korean.",
            files={
                "train": (REPO / "openassistant_best_replies_train_ko.jsonl",),
                "test": (REPO / "openassistant_best_replies_eval_ko.jsonl",),
            },
            rows={"train": 9_846, "test": 518},
        )
    ]

    def example(self, row: Row) -> Row:
        return talk(by_turns(human_assistant(row["text"])))
