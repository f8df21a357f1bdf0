"""LIMA's test prompts in Korean, from taeshahn: questions without answers."""

from dataclasses import replace

from okinst.builders import Row, SourceBuilder, Unmapped, Variant, request
from okinst.builders.formats import speakers
from okinst.korean_instructions.ko_lima import REPO, KoLima


def only_question(conversations: object) -> object:
    """The one turn of a test row, a person's.

    >>> only_question([{"from": "human", "value": "왜요?"}])
    '왜요?'
    """
    turns = list(speakers(conversations))
    if [speaker for speaker, _ in turns] not in (["human"], ["user"]):
        raise Unmapped("more than one question")
    return turns[0][1]


class KoLimaTest(SourceBuilder):
    """One prompt."""

    CARD = replace(
        KoLima.CARD,
        title="ko-lima, test prompts",
        overlaps=(),
        quirks=(
            "The same prompts stand in plain/test.jsonl.",
            "No answers: LIMA's were people's judgements of models.",
        ),
    )
    SHAPE = "prompt"
    UNREAD = ("vicuna/train.jsonl", "plain/train.jsonl")  # ko-lima, ko-lima-plain
    COLUMNS = {"id": "string", "conversations": [{"from": "string", "value": "string"}]}
    BUILDER_CONFIGS = [
        Variant(
            name="ko-lima-test",
            description="LIMA's test prompts.",
            files={"test": (REPO / "vicuna/test.jsonl",)},
            rows={"test": 300},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return request(only_question(row["conversations"]))
