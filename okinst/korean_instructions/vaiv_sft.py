"""VAIV's Korean-friendly LLM, step 1: small talk, rude remarks met calmly, and evolved instructions."""

from okinst.builders import Card, GitHub, Row, SourceBuilder, Unmapped, Variant, ask, clean

REPO = GitHub("VAIV-2023/RLHF-Korean-Friendly-LLM", "69939418e0db74a44dc3a14a4cc7afc46e29c4c0")
END = "<|endoftext|>"


def without_end(answer: str) -> str:
    """An answer without the end token that upstream left behind it.

    >>> without_end("네.<|endoftext|>"), without_end("\\u200b<|endoftext|>")
    ('네.', '')
    """
    return clean(clean(answer).removesuffix(END))


class VaivSFT(SourceBuilder):
    """One utterance or instruction and its answer."""

    CARD = Card(
        title="RLHF-Korean-Friendly-LLM, step 1: SFT",
        homepage="https://github.com/VAIV-2023/RLHF-Korean-Friendly-LLM",
        license="unstated",
        license_note="The repository states none; it builds on AI-Hub and NIKL text, and on OpenAI's models.",
        languages=("ko",),
        making="human and generated",
        generators=("gpt-3.5-turbo",),
        translators=(),
        derived_from=("AI-Hub", "ai-ethics", "NIKL corpora", "evolve-instruct"),
        overlaps=("evolve-instruct",),
        warning="The prompts of the hatespeech rows are genuine slurs.",
        quirks=(
            "input is empty in 1,985 rows and null in the 476 evolved ones.",
            "Ids are spelt in three ways (hatespeech12, conversation_34, evol_5): raw=True has them.",
            "Three outputs are empty and left out.",
            "A few evolved rows upstream wrap input and output in `instances`: unwrapped.",
        ),
        citations=("vaiv",),
    )
    COLUMNS = {
        "id": "string",
        "instruction": "string",
        "input": "string",
        "output": "string",
        "instances": [{"input": "string", "output": "string"}],
    }
    BUILDER_CONFIGS = [
        Variant(
            name="vaiv-sft",
            description="Friendly answers to small talk, rude remarks and evolved instructions.",
            files={"train": (REPO / "SFT_Instruct/KULLM/data/instructions/instructions_all.jsonl",)},
            rows={"train": 2_461},
        )
    ]

    def example(self, row: Row) -> Row:
        if instances := row.get("instances"):
            if len(instances) != 1:
                raise Unmapped("several instances")
            row = row | instances[0]
        return ask(row["instruction"], without_end(row["output"]), row["input"])
