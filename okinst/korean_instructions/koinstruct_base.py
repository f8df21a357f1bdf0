"""KoInstruct-Base, from HAE-RAE: probably Alpaca, translated a second time. Little is known of the files."""

from dataclasses import replace

from okinst.builders import Hub, Variant
from okinst.korean_instructions.koinstruct_qa import KoInstructQA

# As of KoInstruct-QA: neither a revision nor a file name is known, and the first copy may have been withdrawn.
REPO = Hub("HAERAE-HUB/KoInstruct-Base", "main", copies=("GSON-backup/KoInstruct-Base",))


class KoInstructBase(KoInstructQA):
    """One instruction, with or without an input, and its answer."""

    CARD = replace(
        KoInstructQA.CARD,
        title="KoInstruct-Base",
        homepage="https://huggingface.co/datasets/HAERAE-HUB/KoInstruct-Base",
        making="generated, machine-translated",
        generators=("text-davinci-003 (if it is Alpaca)",),
        translators=("unstated",),
        derived_from=("Stanford Alpaca",),
        overlaps=("koalpaca-v1.0",),
        quirks=(
            'An input of "nan" (a leak from pandas, known from KoInstruct-QA) is no input.',
            "No revision is known: the newest is read, and provenance.json records which it was.",
            "The columns are known at second hand: a file with others is refused by name.",
            "That it is Alpaca is a guess, of others too: upstream does not say.",
            "Near-duplicates of koalpaca-v1.0 are to be expected.",
        ),
        citations=("koinstructbase", "alpaca"),
    )
    BUILDER_CONFIGS = [
        Variant(
            name="koinstruct-base",
            description="Instructions, probably Alpaca's, in Korean.",
            files={"train": (REPO / "data/train-*.parquet",)},
            rows={"train": 52_000},
            rows_exact=False,
        )
    ]
