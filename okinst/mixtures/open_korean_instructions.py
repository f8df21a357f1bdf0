"""open-korean-instructions, from heegyu: as it is on the Hub, and as its README describes it.

The published rows are marked text (okinst.views.oki). The functions below read a row as the scripts that wrote it did: every
field stripped, empty answers kept.
"""

from okinst.builders import Row, Unmapped
from okinst.builders.formats import marked_turns
from okinst.korean_instructions.koalpaca_v1_0 import KoAlpacaV10
from okinst.korean_instructions.koalpaca_v1_1 import KoAlpacaV11
from okinst.korean_instructions.korquad_chat import KorquadChat
from okinst.korean_instructions.oig_smallchip2_ko import OIGSmallChip2Ko
from okinst.korean_instructions.sharegpt_deepl_ko import ShareGPTDeepLKo
from okinst.mixtures.mixture import Mixture, Part
from okinst.views.turns import exchange

SPEAKERS = {"human": "user", "user": "user", "gpt": "assistant", "chatgpt": "assistant", "bard": "assistant"}
MARKERS = {"<sys>": "system", "<usr>": "user", "<bot>": "assistant"}


def text(value: object) -> str:
    """A text stripped as Python strips; what is no text, in writing: no row of a published set is lost over it."""
    return ("" if value is None else str(value)).strip()


def with_input(row: Row) -> Row:
    """instruction, input and output, stripped."""
    return exchange(text(row["instruction"]), text(row["input"]), text(row["output"]))


def without_input(row: Row) -> Row:
    """instruction and output, stripped."""
    return exchange(text(row["instruction"]), "", text(row["output"]))


def translated(row: Row) -> Row:
    """The translations, stripped."""
    return exchange(text(row["user_translated"]), "", text(row["chip2_translated"]))


def answered(row: Row) -> Row:
    """The turns, stripped; drops a dialogue with Bing whole, and one in which no bot speaks."""
    turns = [(text(turn["from"]), text(turn["value"])) for turn in row["conversations"]]
    speakers = {speaker for speaker, _ in turns}
    if "bing" in speakers:
        raise Unmapped("dialogue with Bing")
    if strange := speakers - SPEAKERS.keys():
        raise Unmapped(f"the speaker {min(strange)}, who stopped the published run")
    if not speakers & {"gpt", "chatgpt", "bard"}:
        raise Unmapped("no bot turn")
    return {"messages": [{"role": SPEAKERS[speaker], "content": said} for speaker, said in turns], "context": ""}


def marked(row: Row) -> Row:
    """The text at its markers <sys>, <usr> and <bot>; any other line, A: or C: as well, belongs to the turn before."""
    turns = [{"role": role, "content": said.strip()} for role, said in marked_turns(row["text"], MARKERS)]
    return {"messages": turns, "context": turns[0]["content"] if turns[0]["role"] == "system" else ""}


OPEN_KOREAN_INSTRUCTIONS = Mixture(
    name="open-korean-instructions",
    description="heegyu/open-korean-instructions as it was published: five Korean sources, uncleaned, file after file.",
    shuffle=False,
    rows=375_000,
    rows_exact=False,
    citations=("openkoreaninstructions",),
    parts=(
        Part(OIGSmallChip2Ko, reading=translated, rows=210_282),
        Part(KoAlpacaV10, reading=with_input, rows=49_620),
        Part(KoAlpacaV11, reading=without_input, rows=21_155),
        Part(KorquadChat, reading=marked, rows=9_619),
        Part(ShareGPTDeepLKo, reading=answered, rows=84_400, rows_exact=False),
    ),
)

OPEN_KOREAN_INSTRUCTIONS_DOCUMENTED = Mixture(
    name="open-korean-instructions-documented",
    description="The same five sources, each through okinst's own mapping: no empty answers, no unknown speakers.",
    shuffle=False,
    citations=("openkoreaninstructions",),
    parts=(
        Part(OIGSmallChip2Ko),
        Part(KoAlpacaV10),
        Part(KoAlpacaV11),
        Part(KorquadChat),
        Part(ShareGPTDeepLKo),
    ),
)
