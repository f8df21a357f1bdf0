"""KoBEST SentiNeg: is the review kind? The order of the columns differs in each of the three files."""

from okinst.builders import Row, Variant, choose
from okinst.eval_sets.kobest import KoBEST, tables


class KoBESTSentiNeg(KoBEST):
    """One review; in the test split one whose feeling was turned round."""

    COLUMNS = {
        "ID": "string",
        "Text": "string",
        "Label": "string",
        "Text_origin": "string",
        "Label_origin": "string",
        "Category_neg": "string",
    }
    BUILDER_CONFIGS = [
        Variant(
            name="kobest-sentineg",
            description="Reviews, and in the test split their negations.",
            files=tables("SentiNeg"),
            rows={"train": 3_649, "validation": 400, "test": 397},
        )
    ]

    def example(self, row: Row) -> Row:
        return choose(f"문장: {row['Text']} 긍부정:", ("부정", "긍정"), int(row["Label"]), "kobest_sentineg")
