"""What the sets of BELLE share: Lianjia's licence and notice, JSON Lines in spite of the name .json, and three columns."""

from okinst.builders import Card, Hub, Row, SourceBuilder, ask

NOTICE = "The Hub card; the authors allow research only, no commercial use, and the text is also under OpenAI's terms."


def hub(name: str, revision: str) -> Hub:
    """One of BELLE's repositories on the Hub."""
    return Hub(f"BelleGroup/{name}", revision)


def card(name: str, title: str, *quirks: str) -> Card:
    """The card of one set."""
    return Card(
        title=title,
        homepage=f"https://huggingface.co/datasets/BelleGroup/{name}",
        license="gpl-3.0",
        license_note=NOTICE,
        languages=("zh-Hans",),
        making="generated",
        generators=("ChatGPT",),
        translators=(),
        derived_from=("belle-seed",),
        overlaps=(),
        warning="Not checked by anyone: facts and sums may be wrong.",
        quirks=("JSON Lines in spite of the name .json.", "The column input is always empty.", *quirks),
        citations=("belle", "bellescaling"),
    )


class BELLE(SourceBuilder):
    """One instruction and its answer."""

    RESEARCH_ONLY = True
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}

    def example(self, row: Row) -> Row:
        return ask(row["instruction"], row["output"], row["input"])
