"""Ko-StrategyQA's paragraphs, from NomaDamas: the evidence, in English and by DeepL, as requests for a translation."""

from dataclasses import replace

from okinst.builders import Row, SourceBuilder, Variant, ask
from okinst.korean_instructions.ko_strategyqa import REPO, KoStrategyQA

#: okinst's words: upstream asks nothing of its paragraphs
REQUEST = "다음 글을 한국어로 옮겨 주세요."


class KoStrategyQAParagraphs(SourceBuilder):
    """One paragraph of the English Wikipedia and its translation."""

    CARD = replace(
        KoStrategyQA.CARD,
        title="Ko-StrategyQA, paragraphs",
        license_note="The card states none; the paragraphs are Wikipedia's (CC BY-SA).",
        languages=("ko", "en"),
        derived_from=("StrategyQA", "English Wikipedia"),
        quirks=(
            "Upstream asks nothing: that the Korean translates the English is put into words by okinst. raw=True has the "
            "paragraphs for retrieval; their keys are the ones in ko-strategyqa's evidence.",
            "The Parquet file is read, not the CSV, which some have read as cp949.",
        ),
    )
    FORMAT = "Parquet"
    COLUMNS = {"key": "string", "title": "string", "content": "string", "ko-content": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="ko-strategyqa-paragraphs",
            description="The paragraphs behind Ko-StrategyQA's answers, from English into Korean.",
            files={"train": (REPO / "ko-strategy-qa_paragraphs.parquet",)},
            rows={"train": 9_000},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(REQUEST, row["ko-content"], row["content"])
