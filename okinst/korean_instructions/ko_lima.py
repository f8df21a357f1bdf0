"""LIMA in Korean, from taeshahn, in Vicuna's layout. The test file holds prompts only: ko-lima-test."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, talk
from okinst.builders.formats import speakers

REPO = Hub("taeshahn/ko-lima", "a4ccbde")


class KoLima(SourceBuilder):
    """One long, careful answer, sometimes a dialogue."""

    CARD = Card(
        title="ko-lima",
        homepage="https://huggingface.co/datasets/taeshahn/ko-lima",
        license="cc-by-nc-sa-4.0",
        license_note="The Hub card; LIMA itself is CC BY-NC-SA, and gated.",
        languages=("ko",),
        making="human, machine-translated",
        generators=(),
        translators=("unstated",),
        derived_from=("LIMA",),
        overlaps=("ko-lima-plain", "ko-lima-vicuna"),
        warning="",
        quirks=(
            "The test split has no answers and is no conversation: it is a set of its own, ko-lima-test.",
            "Older revisions have a loading script and zips in place of these files.",
        ),
        citations=("kolima", "lima"),
    )
    UNREAD = ("vicuna/test.jsonl", "plain/test.jsonl")  # ko-lima-test
    COLUMNS = {"id": "string", "conversations": [{"from": "string", "value": "string"}]}
    BUILDER_CONFIGS = [
        Variant(
            name="ko-lima",
            description="LIMA's thousand answers, all translated, with named speakers.",
            files={"train": (REPO / "vicuna/train.jsonl",)},
            rows={"train": 1_030},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return talk(speakers(row["conversations"]))
