"""GPT-4-LLM in Chinese: Alpaca's instructions translated, answered anew by GPT-4. Most inputs begin with the word “input”."""

import re

from okinst.builders import Card, GitHub, Row, SourceBuilder, Variant, ask, clean

REPO = GitHub("Instruction-Tuning-with-GPT-4/GPT-4-LLM", "80cda626ea305004be42426671c66efebbf22144")


def without_label(label: str, text: object) -> str:
    """A text without the label in front of it.

    >>> without_label("输入", "输入：\\n红，绿"), without_label("输出", "把输出：删掉"), without_label("输入", None)
    ('红，绿', '把输出：删掉', '')
    """
    return clean(re.sub(rf"\A(?:{label}\s*[:：]\s*)+", "", clean(text)))


class AlpacaGPT4Zh(SourceBuilder):
    """One instruction, with or without an input, and GPT-4's answer."""

    CARD = Card(
        title="GPT-4-LLM: Alpaca in Chinese, answered by GPT-4",
        homepage="https://github.com/Instruction-Tuning-with-GPT-4/GPT-4-LLM",
        license="cc-by-nc-4.0",
        license_note="The README of the repository (copies on the Hub say cc-by-4.0 or apache-2.0, wrongly); the answers are also "
        "under OpenAI's terms.",
        languages=("zh-Hans",),
        making="generated, machine-translated",
        generators=("text-davinci-003 (instructions, in English)", "GPT-4 (answers)"),
        translators=("ChatGPT (instructions and inputs)",),
        derived_from=("Stanford Alpaca",),
        overlaps=(),
        warning="",
        quirks=(
            "48,818 rows, not the 52K it is known for.",
            "Most inputs begin with 输入：, some outputs with 输出：, with either colon: the label is taken off.",
        ),
        citations=("gpt4llm", "alpaca"),
    )
    FORMAT = "JSON array"
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="alpaca-gpt4-zh",
            description="Alpaca's instructions in Chinese, answered by GPT-4.",
            files={"train": (REPO / "data/alpaca_gpt4_data_zh.json",)},
            rows={"train": 48_818},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], without_label("输出", row["output"]), without_label("输入", row["input"]))
