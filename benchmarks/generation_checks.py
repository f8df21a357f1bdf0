"""How often the checks of `okinst generate` are wrong, on rows that people wrote or that were published.

    python benchmarks/generation_checks.py --mirror DIR

Grounding: KoBEST BoolQ, sentences about a paragraph each, beside the same sentences with another row's paragraph; figures on those that are
true of theirs. How Korean asks: instructions, and the answers to them, of KoAlpaca and of a shard of evolve-instruct. Answers: the same, as
if a model had just written them. A source that the mirror has not is said and left out.
"""

import argparse
import json
import os
from collections import Counter
from pathlib import Path

os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"  # datasets reads it when it is imported

import okinst
from okinst.builders import OkinstError
from okinst.generation import checks, grounding
from okinst.generation.evolving import _ASKS
from okinst.generation.job import Rejected

SHARES = (0.1, 0.15, 0.2, 0.25, 0.3)
#: a shard of upstream's raw data, for which there is no source
EVOLVED = Path("lcw99/evolve-instruct/gen_data/article_base_instruction.c9b2.json")


def grounded(mirror: str) -> None:
    """The share of words, pooled and of long sentences, and the figures."""
    rows = [row for split in okinst.load("kobest-boolq", mirror=mirror, raw=True).values() for row in split]
    pairs = [(row["Question"], row["Text"]) for row in rows]
    others = [text for _, text in pairs[len(pairs) // 2 :] + pairs[: len(pairs) // 2]]
    print(
        f"\nKoBEST BoolQ, {len(pairs):,} sentences: % that have the share of the passage's words, and % with another row's"
    )
    print("| least share | its own | another's | its own, from 12 pairs | another's |\n|---|---:|---:|---:|---:|")
    long = [len(grounding._units(said)) >= grounding.ENOUGH for said, _ in pairs]
    own = [grounding.share(*pair) or 0.0 for pair in pairs]
    wrong = [grounding.share(said, other) or 0.0 for (said, _), other in zip(pairs, others, strict=True)]
    for least in SHARES:
        told = [percent([share >= least for share in shares]) for shares in (own, wrong)]
        told += [
            percent([share >= least for share, is_long in zip(shares, long, strict=True) if is_long])
            for shares in (own, wrong)
        ]
        print(f"| {least} | {' | '.join(told)} |")
    true = [pair for row, pair in zip(rows, pairs, strict=True) if str(row["Answer"]).startswith(("1", "T"))]
    told_of = [(said, text) for said, text in true if grounding.figures(said, sure=True)]
    strange = [text for _, text in told_of[len(told_of) // 2 :] + told_of[: len(told_of) // 2]]
    unfounded = sum(bool(grounding.unfounded_figures(*pair)) for pair in told_of)
    beside = sum(
        bool(grounding.unfounded_figures(said, text)) for (said, _), text in zip(told_of, strange, strict=True)
    )
    print(
        f"\nFigures: {len(true)} sentences are true, {len(told_of)} have one; not in the passage: {unfounded}, in another row's: {beside}"
    )


def asked(name: str, pairs: list[tuple[str, str]]) -> None:
    """How Korean asks, and what the check of answers says of answers."""
    reasons: Counter[str] = Counter()
    for instruction, answer in pairs:
        try:
            checks.answer(instruction, answer, "ko")
        except Rejected as rejected:
            reasons[rejected.reason] += 1
    asks, answers = ([_ASKS.search(pair[side]) is not None for pair in pairs] for side in (0, 1))
    told = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()) or "none"
    print(f"| {name} | {len(pairs):,} | {percent(asks)} | {percent(answers)} | {told} |")


def percent(found: list[bool]) -> str:
    """Of these, in per cent."""
    return f"{100 * sum(found) / len(found):.2f}"


def exchanges(name: str, mirror: str) -> list[tuple[str, str]]:
    """First questions and answers of a set."""
    rows = okinst.load(name, mirror=mirror, split="train", accept_drift=True)
    return [(row["messages"][0]["content"], row["messages"][-1]["content"]) for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mirror", required=True)
    mirror = parser.parse_args().mirror
    try:
        grounded(mirror)
    except OkinstError as error:
        print(f"left out: {error}")
    print(
        "\n| | rows | % of instructions that ask | % of answers that do | answers that the check rejects |\n|---|---:|---:|---:|---|"
    )
    for name in ("koalpaca-v1.1", "koalpaca-v1.0"):
        try:
            asked(name, exchanges(name, mirror))
        except OkinstError as error:
            print(f"left out: {error}")
    if (shard := Path(mirror) / EVOLVED).is_file():
        rows = json.loads(shard.read_text(encoding="utf-8"))
        asked("evolve-instruct, a shard", [(row["input"], row["output"]) for row in rows])
    else:
        print(f"left out: the mirror has no {EVOLVED}")


if __name__ == "__main__":
    main()
