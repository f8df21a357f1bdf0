"""KoCoT_2000, from kyujinpy: chains of thought, by DeepL. The chain is `rationale`, the short answer `target`."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask, clean

REPO = Hub("kyujinpy/KoCoT_2000", "5e28ece")


def concluded(rationale: object, target: object) -> str:
    """The chain of thought, and the answer it leads to.

    >>> concluded("둘에 셋을 더한다.", "5"), concluded(None, "5")
    ('둘에 셋을 더한다.\\n\\n답: 5', '답: 5')
    """
    chain, answer = clean(rationale), clean(target)
    return "\n\n".join(part for part in (chain, answer and f"답: {answer}") if part)


class KoCoT2000(SourceBuilder):
    """One task, the chain of thought, and the answer."""

    CARD = Card(
        title="KoCoT_2000",
        homepage="https://huggingface.co/datasets/kyujinpy/KoCoT_2000",
        license="cc-by-nc-4.0",
        license_note="The Hub card now; an early one said CC BY 4.0.",
        languages=("ko",),
        making="generated, machine-translated",
        generators=("code-davinci-002 (CoT Collection)",),
        translators=("DeepL",),
        derived_from=("CoT Collection",),
        overlaps=("openorca-ko",),
        warning="",
        quirks=(
            "target is the short answer and rationale the chain: both come through, the answer behind 답:. Loaders that keep "
            "the rationale alone lose the answer.",
            "The card's metadata says English; the text is Korean.",
        ),
        citations=("kocot", "cotcollection"),
    )
    FORMAT = "Parquet"
    COLUMNS = {"source": "string", "target": "string", "rationale": "string", "task": "string", "type": "string"}
    BUILDER_CONFIGS = [
        Variant(
            name="kocot-2000",
            description="Tasks reasoned through to an answer.",
            files={"train": (REPO / "data/train-00000-of-00001-783cee1d8452f82f.parquet",)},
            rows={"train": 2_159},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["source"], concluded(row["rationale"], row["target"]))
