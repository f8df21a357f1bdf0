"""AULM-0809, from heegyu: as it was pushed on 2023-08-09, and as the README of open-korean-instructions describes it.

The published set is the work of a script that read one file a source and never cleaned, so its rows are rebuilt without
cleaning: empty answers, foreign speakers and untranslated rows included, in the order of its files.
"""

from okinst.builders import Row
from okinst.korean_instructions.evolve_instruct import MAIN, EvolveInstruct
from okinst.korean_instructions.ko_lima_vicuna import KOREAN, UNTRANSLATED, KoLimaVicuna
from okinst.korean_instructions.koalpaca_v1_1 import KoAlpacaV11
from okinst.korean_instructions.koinstruct_qa import KoInstructQA
from okinst.korean_instructions.korquad_chat import KorquadChat
from okinst.korean_instructions.kullm_v2 import KullmV2
from okinst.korean_instructions.sharegpt_74k_ko import REPO as SHAREGPT
from okinst.korean_instructions.sharegpt_74k_ko import ShareGPT74kKo
from okinst.mixtures.mixture import Mixture, Part

MARKERS = ("<usr>", "<sys>", "<bot>", "A :", "A:", "B :", "B:")


def every_line_marked(row: Row) -> str | None:
    """Drop a dialogue with a line that bears no marker, or with a third speaker."""
    lines = [line.strip() for line in row["text"].strip().split("\n")]
    if "\nC:" in row["text"]:
        return "third speaker"
    return None if all(line.startswith(MARKERS) for line in lines if line) else "line without a marker"


def dolly_or_gpt4all(row: Row) -> str | None:
    """Keep ids with dolly or gpt4all; since no id has gpt4all, this is Dolly."""
    return None if "dolly" in row["id"] or "gpt4all" in row["id"] else "id without dolly or gpt4all"


def not_vicuna(row: Row) -> str | None:
    """Keep GPT4ALL (ids alpaca_) and Dolly."""
    return "from Vicuna" if row["id"].startswith("vicuna") else None


AULM_0809 = Mixture(
    name="aulm-0809",
    description="heegyu/aulm-0809 as it was published: seven Korean sources, uncleaned, file after file.",
    shuffle=False,
    rows=171_404,
    citations=("openkoreaninstructions",),
    parts=(
        Part(EvolveInstruct, files=(MAIN,), as_published=True, rows=37_000, rows_exact=False),
        Part(KoAlpacaV11, as_published=True, rows=21_155),
        Part(KoInstructQA, as_published=True, rows=50_300, rows_exact=False),
        Part(KoLimaVicuna, files=(KOREAN, UNTRANSLATED), as_published=True, rows=1_030),
        Part(KorquadChat, as_published=True, rule=every_line_marked, rows=9_600, rows_exact=False),
        Part(KullmV2, as_published=True, rule=dolly_or_gpt4all, rows=15_011, rows_exact=False),
        Part(
            ShareGPT74kKo,
            "sharegpt-74k-ko",
            files=(SHAREGPT / "part2_ko_uncleaned.json",),
            as_published=True,
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
        Part(EvolveInstruct, files=(MAIN,)),
        Part(KoAlpacaV11),
        Part(KoInstructQA),
        Part(KoLimaVicuna),
        Part(KorquadChat),
        Part(KullmV2, rule=not_vicuna),
        Part(ShareGPT74kKo, "sharegpt-74k-ko-cleaned"),
    ),
)
