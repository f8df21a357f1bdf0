"""LIMA in Korean, from taeshahn, in LIMA's own layout: a list of strings, whose speakers go by their place."""

from collections.abc import Iterator
from dataclasses import replace

from okinst.builders import Row, SourceBuilder, Unmapped, Variant, talk
from okinst.korean_instructions.ko_lima import REPO, KoLima


def by_place(conversations: object) -> Iterator[tuple[str, object]]:
    """The turns of a list of texts: the user speaks first, then each in turn.

    >>> list(by_place(["안녕?", "안녕!"]))
    [('user', '안녕?'), ('assistant', '안녕!')]
    """
    if not isinstance(conversations, list):
        raise Unmapped("conversations that are no list")
    for place, text in enumerate(conversations):
        yield "assistant" if place % 2 else "user", text


class KoLimaPlain(SourceBuilder):
    """One long, careful answer, sometimes a dialogue."""

    CARD = replace(
        KoLima.CARD,
        title="ko-lima, plain",
        overlaps=("ko-lima", "ko-lima-vicuna"),
        quirks=(
            "No speakers: the texts at even places are the user's, the others the assistant's.",
            "The same dialogues as ko-lima; source says where LIMA took each from, raw=True has it.",
            "The test split has no answers and is no conversation: ko-lima-test has the same prompts.",
        ),
    )
    UNREAD = ("plain/test.jsonl",)  # ko-lima-test has it in the other layout
    COLUMNS = {"conversations": ["string"], "source": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="ko-lima-plain",
            description="LIMA's thousand answers, all translated, as plain lists.",
            files={"train": (REPO / "plain/train.jsonl",)},
            rows={"train": 1_030},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return talk(by_place(row["conversations"]))
