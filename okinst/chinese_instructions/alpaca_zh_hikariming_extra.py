"""The supplement to hikariming's Alpaca in Chinese: questions on Chinese matters, and 9,000 about Scratch. Few have an input."""

from dataclasses import replace

from okinst.builders import Row, Variant, ask
from okinst.chinese_instructions.alpaca_zh_carbonz0 import unescape
from okinst.chinese_instructions.alpaca_zh_hikariming import REPO, AlpacaZhHikariming, own_input

FOLDER = "history/其他中文问题补充"
TOPICS = (
    "glm问题数据",
    "三国问题",
    "代码问题",
    "企业管理问题",
    "传统诗词及文化常识问题",
    "党建类数据集",
    "其他问题",
    "名词解释类问题",
    "学术问题",
    "建议类问题",
    "心得体会类、宣传报道类",
    "情绪心理类问题",
    "整数加减法",
    "气候环境问题wys",
    "申请书类",
    "翻译问题",
    "计算机问题",
    "饮食问题",
)


class AlpacaZhHikarimingExtra(AlpacaZhHikariming):
    """One question and its answer."""

    CARD = replace(
        AlpacaZhHikariming.CARD,
        title="alpaca_chinese_dataset (hikariming): the supplement",
        license_note="history/LICENSE of the repository; the answers are also under the terms of OpenAI and Baidu.",
        making="human and generated",
        generators=("ChatGPT", "ERNIE Bot"),
        translators=(),
        derived_from=(),
        overlaps=(),
        warning="Political questions are answered as the Chinese state would; some answers speak of themselves as GLM.",
        quirks=(
            "18 files, one a topic; 9,057 of 10,282 rows are in one, 代码问题.json: questions about Scratch, the programming "
            "language.",
            "In 代码问题.json 8,084 rows have no input, and the other 973 a history that is always empty.",
            "整数加减法.json: 500 sums that a script made.",
            "The names of ten of the files were seen only where they stood before 2024: a missing one names itself.",
            *AlpacaZhHikariming.CARD.quirks[3:],
        ),
        citations=("alpacazhhikariming",),
    )
    COLUMNS = {**AlpacaZhHikariming.COLUMNS, "history": "string"}
    MAY_LOSE = 0.05
    BUILDER_CONFIGS = [
        Variant(
            name="alpaca-zh-hikariming-extra",
            description="Questions on Scratch, and on Chinese history, poetry, management and more.",
            files={"train": tuple(REPO / f"{FOLDER}/{topic}.json" for topic in TOPICS)},
            rows={"train": 10_282},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(unescape(row["instruction"]), unescape(row["output"]), own_input(row.get("input")))
