"""open-korean-instructions, from heegyu: as it is on the Hub, and as its README describes it."""

from okinst.builders import Row
from okinst.korean_instructions.koalpaca_v1_0 import KoAlpacaV10
from okinst.korean_instructions.koalpaca_v1_1 import KoAlpacaV11
from okinst.korean_instructions.korquad_chat import KorquadChat
from okinst.korean_instructions.oig_smallchip2_ko import OIGSmallChip2Ko
from okinst.korean_instructions.sharegpt_deepl_ko import ShareGPTDeepLKo
from okinst.mixtures.mixture import Mixture, Part

BOTS = frozenset(("gpt", "chatgpt", "bard"))


def answered_and_not_by_bing(row: Row) -> str | None:
    """Drop a dialogue with Bing whole, and one in which no bot speaks."""
    speakers = {turn["from"].strip() for turn in row["conversations"]}
    if "bing" in speakers:
        return "dialogue with Bing"
    return None if speakers & BOTS else "no bot turn"


OPEN_KOREAN_INSTRUCTIONS = Mixture(
    name="open-korean-instructions",
    description="heegyu/open-korean-instructions as it was published: five Korean sources, uncleaned, file after file.",
    shuffle=False,
    rows=375_000,
    rows_exact=False,
    citations=("openkoreaninstructions",),
    parts=(
        Part(OIGSmallChip2Ko, as_published=True, rows=210_282),
        Part(KoAlpacaV10, as_published=True, rows=49_620),
        Part(KoAlpacaV11, as_published=True, rows=21_155),
        Part(KorquadChat, as_published=True, rows=9_619),
        Part(ShareGPTDeepLKo, as_published=True, rule=answered_and_not_by_bing, rows=84_400, rows_exact=False),
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
