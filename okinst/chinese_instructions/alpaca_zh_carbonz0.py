"""Alpaca in Chinese, from carbonz0. "No input" is spelt in many ways, and markup came through as HTML entities."""

import re

from okinst.builders import Card, GitHub, Row, SourceBuilder, Variant, ask, clean

REPO = GitHub("carbonz0/alpaca-chinese-dataset", "fea92d753753d3afcdf4bbdbfe54cc200bcb3770")
# Only what the translator made: html.unescape would also turn the &copy of an address into a sign.
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
ENTITY = re.compile("|".join(ENTITIES))
NO_INPUT = frozenset(("无输入", "没有输入", "无需输入", "不适用"))
AROUND = "“”\"'`<>（）()[]【】。. "


def unescape(text: str) -> str:
    """Undo the HTML entities of a web translator, once.

    >>> unescape("&lt;b&gt; &amp;lt; &copy")
    '<b> &lt; &copy'
    """
    return ENTITY.sub(lambda entity: ENTITIES[entity[0]], clean(text))


def real_input(text: str) -> str:
    """The input, or "" where it only says that there is none.

    >>> real_input("“&lt;无输入&gt;”"), real_input("没有输入。"), real_input("约翰")
    ('', '', '约翰')
    """
    text = unescape(text)
    return "" if text.strip(AROUND) in NO_INPUT else text


class AlpacaZhCarbonz0(SourceBuilder):
    """One instruction, with or without an input, and its answer."""

    CARD = Card(
        title="alpaca-chinese-dataset (carbonz0)",
        homepage="https://github.com/carbonz0/alpaca-chinese-dataset",
        license="unstated",
        license_note="The repository has no licence file; Stanford Alpaca is CC BY-NC 4.0.",
        languages=("zh-Hans",),
        making="generated, machine-translated",
        generators=("text-davinci-003",),
        translators=("unstated",),
        derived_from=("Stanford Alpaca",),
        overlaps=(),
        warning="",
        quirks=(
            "11 outputs are empty and left out.",
            "“无输入”, &lt;无输入&gt;, 没有输入。, 无需输入。 and 不适用, in brackets and quotes of all kinds, stand for no input: read as none.",
            "535 rows have HTML entities (&lt; &gt; &amp; &quot; &#39;): undone once.",
            "28 rows are exact duplicates of others: they stay.",
        ),
        citations=("alpacazhcarbonz0", "alpaca"),
    )
    FORMAT = "JSON array"
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="alpaca-zh-carbonz0",
            description="Alpaca's first 20K instructions in Chinese.",
            files={"train": (REPO / "zh-data-part-00.json", REPO / "zh-data-part-01.json")},
            rows={"train": 20_465},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(unescape(row["instruction"]), unescape(row["output"]), real_input(row["input"]))
