"""What the five tasks of KoBEST share: the tables of SKT's repository, and lm-evaluation-harness's way to ask.

`query` and `choices` are what the harness shows a model, character for character; `task` is the harness's name.
"""

from okinst.builders import Card, GitHub, SourceBuilder, Upstream

REPO = GitHub("SKT-LSL/KoBEST_datarepo", "2956e24d8d5de8bad263432480f740d0e2eeee43")
#: our split, upstream's file
SPLITS = {"train": "train", "validation": "dev", "test": "test"}
NO_YES = ("아니오", "예")


def tables(task: str) -> dict[str, tuple[Upstream, ...]]:
    """The files of one task, by split."""
    return {split: (REPO / f"v1.0/{task}/{file}.tsv",) for split, file in SPLITS.items()}


def truth(answer: str) -> int:
    """0 or 1, from four spellings.

    >>> truth("TRUE"), truth("False")
    (1, 0)
    """
    try:
        return {"false": 0, "true": 1}[answer.strip().lower()]
    except KeyError:
        raise ValueError(f"the answer is {answer!r}, neither True nor False") from None


class KoBEST(SourceBuilder):
    """One question with its choices."""

    CARD = Card(
        title="KoBEST v1.0",
        homepage="https://github.com/SKT-LSL/KoBEST_datarepo",
        license="cc-by-sa-4.0",
        license_note="The repository and the Hub card.",
        languages=("ko",),
        making="human",
        generators=(),
        translators=(),
        derived_from=(),
        overlaps=(),
        warning="An evaluation set: rows in a training mixture make its score worthless.",
        quirks=(
            "The dev file is the validation split, as on the Hub.",
            "Blanks at the ends of a text (642 paragraphs of BoolQ have some) are kept: the script of skt/kobest_v1 strips none, and the "
            "harness shows them.",
            "Fields are quoted as in csv (22 rows need it), and columns are read by name: their order differs by split.",
        ),
        citations=("kobest",),
    )
    SHAPE = "choice"
    FORMAT = "TSV"
