"""AULM-0809, from heegyu: as it was pushed on 2023-08-09, and as the README of open-korean-instructions describes it.

The published set is the work of a script that read one file a source and never cleaned. The functions below read a row as
that script did: nothing is stripped, empty answers and English rows stay, a speaker it did not know keeps its name. `input`,
AULM's turn for what a question is about, is the row's context.
"""

from typing import Any

from okinst.builders import Row, Unmapped
from okinst.korean_instructions.evolve_instruct import MAIN, EvolveInstruct
from okinst.korean_instructions.ko_lima_vicuna import KOREAN, UNTRANSLATED, KoLimaVicuna
from okinst.korean_instructions.koalpaca_v1_1 import KoAlpacaV11
from okinst.korean_instructions.koinstruct_qa import MISSING, KoInstructQA
from okinst.korean_instructions.korquad_chat import KorquadChat
from okinst.korean_instructions.kullm_v2 import KullmV2
from okinst.korean_instructions.sharegpt_74k_ko import REPO as SHAREGPT
from okinst.korean_instructions.sharegpt_74k_ko import ShareGPT74kKo
from okinst.mixtures.mixture import Mixture, Part
from okinst.views.turns import exchange

#: who AULM took for human and bot; any other name passed as it was
SPEAKERS = {"human": "user", "user": "user", "bot": "assistant", "gpt": "assistant", "bard": "assistant"}
MARKERS = {"<usr>": "user", "A :": "user", "A:": "user", "<bot>": "assistant", "B :": "assistant", "B:": "assistant"}
DOCUMENT = "<sys>"


def text(value: object) -> str:
    """A text as it is; what is no text, in writing: no row of a published set is lost over it."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def evolved(row: Row) -> Row:
    """input is the question, output the answer."""
    return exchange(text(row["input"]), "", text(row["output"]))


def plain(row: Row) -> Row:
    """instruction is the question, output the answer."""
    return exchange(text(row["instruction"]), "", text(row["output"]))


def with_nan(row: Row) -> Row:
    """An input unless it is "nan": an empty one stays, as an empty turn in front."""
    if row["input"] == MISSING:
        return plain(row)
    if row["input"]:
        return exchange(text(row["instruction"]), text(row["input"]), text(row["output"]))
    read = plain(row)
    return read | {"messages": [{"role": "system", "content": ""}, *read["messages"]]}


def turns(row: Row) -> Row:
    """The turns as they are; user is human, gpt and bard are bot, any other speaker keeps its name."""
    messages = [
        {"role": SPEAKERS.get(turn["from"], text(turn["from"])), "content": text(turn["value"])}
        for turn in row["conversations"]
    ]
    return {"messages": messages, "context": ""}


def marked_lines(row: Row) -> Row:
    """A turn for every line; drops a dialogue with a line that bears no marker, or with a third speaker."""
    if "\nC:" in row["text"]:
        raise Unmapped("third speaker")
    document = ""
    messages: list[dict[str, str]] = []
    for line in map(str.strip, row["text"].split("\n")):
        marker: Any = next((marker for marker in (*MARKERS, DOCUMENT) if line.startswith(marker)), None)
        if line and marker is None:
            raise Unmapped("line without a marker")
        if marker == DOCUMENT and not messages:
            document = line.removeprefix(marker).strip()
        if line:
            messages.append({"role": MARKERS.get(marker, "system"), "content": line.removeprefix(marker).strip()})
    return {"messages": messages, "context": document}


def dolly(row: Row) -> Row:
    """Ids with dolly or gpt4all; since no id has gpt4all, this is Dolly. An input unless it is empty."""
    if "dolly" not in row["id"] and "gpt4all" not in row["id"]:
        raise Unmapped("id without dolly or gpt4all")
    return KullmV2.origin(row) | exchange(text(row["instruction"]), text(row["input"]), text(row["output"]))


def not_vicuna(row: Row) -> str | None:
    """GPT4ALL (ids alpaca_) and Dolly."""
    return "from Vicuna" if row["id"].startswith("vicuna") else None


AULM_0809 = Mixture(
    name="aulm-0809",
    description="heegyu/aulm-0809 as it was published: seven Korean sources, uncleaned, file after file.",
    shuffle=False,
    rows=171_404,
    citations=("openkoreaninstructions",),
    parts=(
        Part(EvolveInstruct, "evolve-instruct", files=(MAIN,), reading=evolved, rows=37_000, rows_exact=False),
        Part(KoAlpacaV11, reading=plain, rows=21_155),
        Part(KoInstructQA, reading=with_nan, rows=50_300, rows_exact=False),
        Part(KoLimaVicuna, files=(KOREAN, UNTRANSLATED), reading=turns, rows=1_030),
        Part(KorquadChat, reading=marked_lines, rows=9_600, rows_exact=False),
        Part(KullmV2, reading=dolly, rows=15_011, rows_exact=False),
        Part(
            ShareGPT74kKo,
            "sharegpt-74k-ko",
            files=(SHAREGPT / "part2_ko_uncleaned.json",),
            reading=turns,
            rows=36_000,
            rows_exact=False,
        ),
    ),
)

AULM_0809_DOCUMENTED = Mixture(
    name="aulm-0809-documented",
    description="AULM-0809 as its README describes it: code-free ShareGPT, GPT4ALL and Dolly of KULLM, Korean only.",
    shuffle=False,
    citations=("openkoreaninstructions",),
    parts=(
        Part(EvolveInstruct, "evolve-instruct", files=(MAIN,)),
        Part(KoAlpacaV11),
        Part(KoInstructQA),
        Part(KoLimaVicuna),
        Part(KorquadChat),
        Part(KullmV2, rule=not_vicuna),
        Part(ShareGPT74kKo, "sharegpt-74k-ko-cleaned"),
    ),
)
