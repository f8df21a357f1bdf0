"""KoBEST COPA: which is the cause, or the effect? The right choice is 1 or 2 upstream, 0 or 1 here."""

from okinst.builders import Row, Variant, choose
from okinst.eval_sets.kobest import KoBEST, tables

# The blank in front is the harness's: the query has two.
CONNECTORS = {"원인": " 왜냐하면", "결과": " 그래서"}
ANSWERS = {"1": 0, "2": 1}


class KoBESTCOPA(KoBEST):
    """One premise and two sentences, one of which caused it or followed from it."""

    COLUMNS = {
        "ID": "string",
        "sentence": "string",
        "question": "string",
        "1": "string",
        "2": "string",
        "Answer": "string",
    }
    BUILDER_CONFIGS = [
        Variant(
            name="kobest-copa",
            description="Causes and effects.",
            files=tables("COPA"),
            rows={"train": 3_076, "validation": 500, "test": 1_000},
        )
    ]

    def example(self, row: Row) -> Row:
        connector = CONNECTORS.get(row["question"].strip())
        answer = ANSWERS.get(row["Answer"].strip())
        if connector is None or answer is None:
            raise ValueError(
                f"question is {row['question']!r} and Answer {row['Answer']!r}, where 원인 or 결과 and 1 or 2 are known"
            )
        return choose(f"{row['sentence']} {connector}", (row["1"], row["2"]), answer, "kobest_copa")
