"""KoBEST BoolQ: does the paragraph say so? Answers are spelt True, TRUE, False and FALSE."""

from okinst.builders import Row, Variant, choose
from okinst.eval_sets.kobest import NO_YES, KoBEST, tables, truth


class KoBESTBoolQ(KoBEST):
    """One paragraph and a yes-no question about it."""

    COLUMNS = {"ID": "string", "Text": "string", "Question": "string", "Answer": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="kobest-boolq",
            description="Yes-no questions about a paragraph.",
            files=tables("BoolQ"),
            rows={"train": 3_665, "validation": 700, "test": 1_404},
        )
    ]

    def example(self, row: Row) -> Row:
        query = f"{row['Text']} 질문: {row['Question']} 답변: "
        return choose(query, NO_YES, truth(row["Answer"]), "kobest_boolq")
