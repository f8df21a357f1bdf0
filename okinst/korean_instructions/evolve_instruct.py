"""Evolve-instruct, from lcw99: instructions evolved the WizardLM way, answered by GPT. `input` IS the instruction."""

from okinst.builders import Card, GitHub, Row, SourceBuilder, Variant, ask

REPO = GitHub("lcw99/evolve-instruct", "a9efda53065ad6bf618a06cbc2b3e0ca2aeb2471")
MAIN = REPO / "gen_data/evol_instruct.json"


class EvolveInstruct(SourceBuilder):
    """One evolved instruction and its answer."""

    CARD = Card(
        title="Evolve-instruct",
        homepage="https://github.com/lcw99/evolve-instruct",
        license="unstated",
        license_note="The repository states none; the text is under OpenAI's terms.",
        languages=("ko",),
        making="generated",
        generators=("gpt-3.5-turbo",),
        translators=(),
        derived_from=("Evol-Instruct", "Stanford Alpaca"),
        overlaps=("vaiv-sft",),
        warning="",
        quirks=(
            "There is no instruction column: input is the instruction.",
            "The address that published code reads (evol_instruct.json at the root) has been dead since 2023-09-15, when the "
            "file moved into gen_data/.",
            "Answers of ten characters or fewer were dropped upstream.",
        ),
        citations=("evolveinstruct", "wizardlm"),
    )
    FORMAT = "JSON array"
    COLUMNS = {"input": "string", "output": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="evolve-instruct",
            description="Instructions made harder step by step, and press articles with tasks.",
            files={"train": (MAIN, REPO / "gen_data/article_base_instruction.c9b2.json")},
            rows={"train": 37_000},
            rows_exact=False,
            overlaps=("evolve-instruct-evolved",),
        ),
        Variant(
            name="evolve-instruct-evolved",
            description="Instructions made harder step by step, without the press articles.",
            files={"train": (MAIN,)},
            rows={"train": 37_000},
            rows_exact=False,
            overlaps=("evolve-instruct",),
        ),
    ]

    def example(self, row: Row) -> Row:
        return ask(row["input"], row["output"])
