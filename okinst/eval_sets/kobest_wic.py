"""KoBEST WiC: does a word mean the same in two sentences? The word stands in [brackets], in all rows but one."""

from okinst.builders import Row, Variant, choose
from okinst.eval_sets.kobest import NO_YES, KoBEST, tables, truth


class KoBESTWiC(KoBEST):
    """One word in two sentences."""

    COLUMNS = {
        "ID": "string",
        "Target": "string",
        "SENTENCE1": "string",
        "Dictionary 1": "string",
        "Link 1": "string",
        "SENTENCE2": "string",
        "Dictionary 2": "string",
        "Link2": "string",
        "ANSWER": "string",
    }
    BUILDER_CONFIGS = [
        Variant(
            name="kobest-wic",
            description="Words in context.",
            files=tables("WiC"),
            rows={"train": 3_318, "validation": 610, "test": 1_260},
        )
    ]

    def example(self, row: Row) -> Row:
        query = f"문장1: {row['SENTENCE1']} 문장2: {row['SENTENCE2']} 두 문장에서 {row['Target']}가 같은 뜻으로 쓰였나?"
        return choose(query, NO_YES, truth(row["ANSWER"]), "kobest_wic")
