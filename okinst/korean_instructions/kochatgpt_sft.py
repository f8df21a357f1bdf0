"""KoChatGPT, step 1, from airobotlab: questions answered by gpt-3.5. One JSON array in spite of its name .jsonl."""

import re

from okinst.builders import Card, GitHub, Row, SourceBuilder, Variant, ask, clean

REPO = GitHub("airobotlab/KoChatGPT", "5d01e3d74d5ef5a0a32c18150dc9b907eef3f691")
FOLDER = "data_kochatgpt"
# not the apostrophe of "don't"
QUOTE = re.compile(r"(?<![A-Za-z])'|'(?![A-Za-z])")


def unquote(completion: str) -> str:
    """Take away the single quote that opens a completion and is never closed.

    >>> unquote("'네, '한강'입니다."), unquote("'한강'입니다.")
    ("네, '한강'입니다.", "'한강'입니다.")
    """
    text = clean(completion)
    if text.startswith("'") and len(QUOTE.findall(text)) % 2:
        return text[1:].lstrip()
    return text


class KoChatGPTSFT(SourceBuilder):
    """One question and its answer."""

    CARD = Card(
        title="KoChatGPT, step 1: SFT",
        homepage="https://github.com/airobotlab/KoChatGPT",
        license="unstated",
        license_note="The repository states none; the answers are under OpenAI's terms.",
        languages=("ko",),
        making="human and generated",
        generators=("gpt-3.5-turbo",),
        translators=(),
        derived_from=("AI-Hub", "korquad-1.0"),
        overlaps=("kochatgpt-rm", "kochatgpt-ppo"),
        warning="",
        quirks=(
            "One JSON array in spite of the name .jsonl; opened with a byte order mark.",
            "Every completion begins with a single quote that is never closed: taken away.",
            "The questions come from other Korean sets as well, which upstream does not name.",
            "A fork (qwawa/KoChatGPT) uses the same file name for other data.",
        ),
        citations=("kochatgpt",),
    )
    FORMAT = "JSON array"
    COLUMNS = {"prompt": "string", "completion": "string", "tokens": "int64"}
    BUILDER_CONFIGS = [
        Variant(
            name="kochatgpt-sft",
            description="Questions, answered by gpt-3.5.",
            files={"train": (REPO / f"{FOLDER}/kochatgpt_1_SFT.jsonl",)},
            rows={"train": 12_000},
        )
    ]

    def example(self, row: Row) -> Row:
        return ask(row["prompt"], unquote(row["completion"]))
