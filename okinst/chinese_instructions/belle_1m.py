"""BELLE's second set, a million instructions less those that were cleaned away."""

from okinst.builders import Variant
from okinst.chinese_instructions.belle import BELLE, card, hub

NAME = "train_1M_CN"
REPO = hub(NAME, "a8b4ee0a0a828c8568f74b1c0e09b1367af2d8d6")


class BELLE1M(BELLE):
    """One instruction and its answer."""

    CARD = card(
        NAME,
        "BELLE train_1M_CN",
        "917K rows, not a million: rows of low quality were removed upstream, and the file was replaced once (2023-04-03).",
    )
    BUILDER_CONFIGS = [
        Variant(
            name="belle-1m",
            description="917K instructions by ChatGPT.",
            files={"train": (REPO / "Belle_open_source_1M.json",)},
            rows={"train": 917_424},
            rows_exact=False,
        )
    ]
