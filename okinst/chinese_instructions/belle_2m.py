"""BELLE's largest set of single turns, two million. A third of the instructions begin with “生成一个”."""

from okinst.builders import Variant
from okinst.chinese_instructions.belle import BELLE, card, hub

NAME = "train_2M_CN"
REPO = hub(NAME, "ec36674")


class BELLE2M(BELLE):
    """One instruction and its answer."""

    CARD = card(
        NAME,
        "BELLE train_2M_CN",
        "About 35 % of the instructions begin with 生成一个 (“generate a”).",
    )
    BUILDER_CONFIGS = [
        Variant(
            name="belle-2m",
            description="Two million instructions by ChatGPT.",
            files={"train": (REPO / "train_2M_CN.json",)},
            rows={"train": 2_000_000},
            rows_exact=False,
        )
    ]
