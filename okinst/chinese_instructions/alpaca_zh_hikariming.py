"""Alpaca in Chinese, from hikariming: carbonz0's machine translation read over by people, who did not get to the end."""

import re
from collections.abc import Iterator
from typing import IO

from okinst.builders import Card, GitHub, Row, SourceBuilder, Unmapped, Unwanted, Variant, ask
from okinst.builders.formats import json_array
from okinst.chinese_instructions.alpaca_zh_carbonz0 import AROUND, real_input, unescape

REPO = GitHub("hikariming/alpaca_chinese_dataset", "a32705cdfdde2a111ef08bc5fb47f5efaa874cfa")
TRANSLATED = REPO / "history/翻译后的中文数据"
PARTS = (
    "0-3252-中文-已完成",
    "3252-6382-中文-已完成",
    "6382-9407-（jlh）中文-已完成",
    "9407-12345-中文-未完成",
    "12345-15323-中文",
    "15323-18280-中文-未完成",
    "18280-21320-中文-wys未完成",
)
HAN = re.compile("[\u3400-\u9fff]")
NO_INPUT = frozenset(("no input", "noinput"))


def own_input(text: str | None) -> str:
    """The input, or "" where it only says, in Chinese or English, that there is none.

    >>> own_input("&lt;无输入&gt;"), own_input("No input."), own_input(None), own_input("约翰")
    ('', '', '', '约翰')
    """
    text = real_input(text or "")
    return "" if text.strip(AROUND).lower() in NO_INPUT else text


def is_translated(instruction: str) -> bool:
    """Whether an instruction has a Chinese character.

    >>> is_translated("说出三原色。"), is_translated("Name the three primary colors.")
    (True, False)
    """
    return HAN.search(instruction) is not None


class AlpacaZhHikariming(SourceBuilder):
    """One instruction, with or without an input, and its answer."""

    CARD = Card(
        title="alpaca_chinese_dataset (hikariming): the translation",
        homepage="https://github.com/hikariming/alpaca_chinese_dataset",
        license="mit",
        license_note="history/LICENSE of the repository; Stanford Alpaca itself is CC BY-NC 4.0.",
        languages=("zh-Hans",),
        making="generated, machine-translated",
        generators=("text-davinci-003",),
        translators=("unstated",),
        derived_from=("alpaca-zh-carbonz0", "Stanford Alpaca"),
        overlaps=("alpaca-zh-carbonz0",),
        warning="",
        quirks=(
            "3,401 of 20,277 rows were never translated, most of them in one file (12345-15323): left out as such, where the "
            "instruction has no Chinese character.",
            "One row has no input column at all.",
            "The file 9407-12345 is no valid JSON: a comma stands before the closing bracket. It is read all the same.",
            "“No input” is spelt 无输入, &lt;无输入&gt;, 没有输入。, 无需输入。, No input and noinput: read as none.",
            "HTML entities are undone once.",
            "The repository was renamed chat-dataset-baseline, and the data moved into history/, in 2024.",
        ),
        citations=("alpacazhhikariming", "alpaca"),
    )
    FORMAT = "JSON array"
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="alpaca-zh-hikariming",
            description="Alpaca's first 21K instructions in Chinese, read over by people.",
            files={"train": tuple(REPO / f"{TRANSLATED.path}/alpaca_data-{part}.json" for part in PARTS)},
            rows={"train": 20_277},
        )
    ]

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        return json_array(file, name, trailing_comma=True)

    def example(self, row: Row) -> Row:
        instruction = unescape(row["instruction"])
        if instruction and not is_translated(instruction):
            raise Unwanted("not translated")
        return ask(instruction, unescape(row["output"]), own_input(row.get("input")))
