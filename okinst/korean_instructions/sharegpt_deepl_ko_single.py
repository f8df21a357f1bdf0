"""ShareGPT by DeepL, single exchanges, from junelee: the file of the four that is in Alpaca's layout."""

from dataclasses import replace

from okinst.builders import Row, SourceBuilder, Variant, ask
from okinst.korean_instructions.sharegpt_deepl_ko import REPO, ShareGPTDeepLKo


class ShareGPTDeepLKoSingle(SourceBuilder):
    """One exchange with ChatGPT, taken out of its dialogue."""

    CARD = replace(
        ShareGPTDeepLKo.CARD,
        title="ShareGPT DeepL 번역, single exchanges",
        derived_from=("ShareGPT", "sharegpt-deepl-ko"),
        overlaps=("sharegpt-deepl-ko", "kullm-v2", "sharegpt-74k-ko", "sharegpt-74k-ko-cleaned"),
        quirks=(
            "load_dataset on the repository fails: its four files have different schemas. ko_alpaca_style_dataset.json is "
            "read.",
            "The exchanges of a dialogue stand alone: many ask for more (계속, 예) of what is no longer there.",
            "input is always empty.",
            "DeepL residue: answers glued to instructions, sentences cut off; line breaks are \\r\\n and kept.",
        ),
    )
    FORMAT = "JSON array"
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="sharegpt-deepl-ko-single",
            description="Exchanges with ChatGPT that users shared, one by one, translated by DeepL.",
            files={"train": (REPO / "ko_alpaca_style_dataset.json",)},
            rows={"train": 620_000},
            rows_exact=False,
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["output"], row["input"])
