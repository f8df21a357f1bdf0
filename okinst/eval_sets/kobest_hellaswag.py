"""KoBEST HellaSwag: how does it go on? Four endings, the right one counted from 0 upstream too."""

from okinst.builders import Row, Variant, choose
from okinst.eval_sets.kobest import KoBEST, tables


class KoBESTHellaSwag(KoBEST):
    """One beginning and four endings."""

    COLUMNS = {
        "context": "string",
        "choice1": "string",
        "choice2": "string",
        "choice3": "string",
        "choice4": "string",
        "label": "string",
    }
    BUILDER_CONFIGS = [
        Variant(
            name="kobest-hellaswag",
            description="Endings of everyday scenes.",
            files=tables("HellaSwag"),
            rows={"train": 2_029, "validation": 500, "test": 500},
        )
    ]

    def example(self, row: Row) -> Row:
        endings = tuple(row[f"choice{number}"] for number in (1, 2, 3, 4))
        return choose(f"문장: {row['context']}", endings, int(row["label"]), "kobest_hellaswag")
