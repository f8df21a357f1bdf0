"""BELLE's school mathematics: word problems, solved step by step by ChatGPT, the solutions unchecked."""

from dataclasses import replace

from okinst.builders import Variant
from okinst.chinese_instructions.belle import BELLE, card, hub

NAME = "school_math_0.25M"
REPO = hub(NAME, "c7e95b64ba529b9233fbfacda65b670cc1c3aabd")


class BELLESchoolMath(BELLE):
    """One word problem and its solution."""

    CARD = replace(
        card(
            NAME,
            "BELLE school_math_0.25M",
            "An output often begins with a line break, which is taken off; the instruction's 题目： is kept.",
        ),
        derived_from=(),
        warning="ChatGPT's solutions, checked by nobody: many results are wrong.",
    )
    BUILDER_CONFIGS = [
        Variant(
            name="belle-school-math",
            description="Mathematical word problems of primary school, solved step by step.",
            files={"train": (REPO / "school_math_0.25M.json",)},
            rows={"train": 248_481},
        )
    ]
