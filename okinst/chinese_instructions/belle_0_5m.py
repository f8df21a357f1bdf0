"""BELLE's first half million instructions. An older layout of the file had the columns input and target."""

from okinst.builders import Row, Variant, ask, clean
from okinst.chinese_instructions.belle import BELLE, card, hub

NAME = "train_0.5M_CN"
REPO = hub(NAME, "efcb807b8c8411a294995125e5bcfee4e9d216ef")


def real_breaks(text: object) -> str:
    """A text in which a backslash, an n and a line break are one line break, and no other backslash is touched.

    >>> real_breaks("分类：\\\\n\\n苹果"), real_breaks("print('\\\\n')")
    ('分类：\\n苹果', "print('\\\\n')")
    """
    return clean(text).replace("\\n\n", "\n")


class BELLE05M(BELLE):
    """One instruction and its answer."""

    CARD = card(
        NAME,
        "BELLE train_0.5M_CN",
        "519,255 rows, not 500,000.",
        "Instruction and input were merged upstream; a literal \\n was left where a line break follows: it is taken out.",
        "The README of the repository speaks of the columns input and target: such a file is read too.",
    )
    COLUMNS = {**BELLE.COLUMNS, "target": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="belle-0.5m",
            description="Half a million instructions by ChatGPT.",
            files={"train": (REPO / "Belle_open_source_0.5M.json",)},
            rows={"train": 519_255},
        )
    ]

    def example(self, row: Row) -> Row:
        if "target" in row and "instruction" not in row:
            return ask(real_breaks(row["input"]), row["target"])
        return ask(real_breaks(row["instruction"]), row["output"], row["input"])
