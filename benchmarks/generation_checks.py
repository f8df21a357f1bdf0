"""How often the checks of `okinst generate` are wrong, on rows that people wrote or that were published.

    python benchmarks/generation_checks.py --mirror DIR

Grounding: KoBEST BoolQ, sentences about a paragraph each, beside the same sentences with another row's paragraph; figures on those that are
true of theirs. How Korean asks: instructions, and the answers to them, of KoAlpaca and of a shard of evolve-instruct. Answers: the same, as
if a model had just written them; and the instructions as if one had just evolved them. Translations: the instructions of KoAlpaca v1.0 and of
alpaca-chinese-dataset, both translated from Alpaca's in its order, as if the Korean ones were made from the Chinese; the same with one figure
changed, with figures left out, and beside another row's. A source that the mirror has not is said and left out.
"""

import argparse
import json
import os
import random
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"  # datasets reads it when it is imported

import okinst
from okinst.builders import OkinstError
from okinst.generation import checks, figures, grounding
from okinst.generation.evolving import _ASKS, said_around, undressed
from okinst.generation.job import Rejected
from okinst.generation.protect import masked

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
    evolved = Counter(around[0] for instruction, _ in pairs if (around := said_around(instruction, "")))
    evolved["something around it that is laid aside"] = sum(
        undressed(instruction) != instruction for instruction, _ in pairs
    )
    dressed = ", ".join(f"{reason} {count}" for reason, count in evolved.most_common() if count) or "none"
    print(f"| {name} | {len(pairs):,} | {percent(asks)} | {percent(answers)} | {told} | {dressed} |")


def parallel(mirror: str) -> list[tuple[str, str]]:
    """Instructions in Chinese and Korean that were translated from the same English one.

    Both sets stand in Alpaca's order, with rows left out. Where the same English words stand in a row of either, and in no other, their places
    tell how many rows apart they are; rows between two such places that tell the same are pairs.
    """
    chinese, korean = (
        [
            " ".join(turn["content"] for turn in row["messages"][:-1])
            for row in okinst.load(name, mirror=mirror, split="train", accept_drift=True)
        ]
        for name in ("alpaca-zh-carbonz0", "koalpaca-v1.0")
    )
    keys = [[frozenset(re.findall("[A-Za-z]{3,}", text.lower())) for text in texts] for texts in (chinese, korean)]
    times = [Counter(each) for each in keys]
    place = {key: number for number, key in enumerate(keys[0]) if times[0][key] == 1 and len(key) > 1}
    apart = [(number, place[key] - number) for number, key in enumerate(keys[1]) if times[1][key] == 1 and key in place]
    sure = [
        (number, by)
        for here, (number, by) in enumerate(apart)
        if [other for _, other in apart[max(0, here - 3) : here + 4]].count(by) > 1
    ]
    pairs: list[tuple[str, str]] = []
    for (first, by), (last, same) in pairwise(sure):
        if by == same:
            pairs += [(chinese[number + by], korean[number]) for number in range(first, last)]
    return pairs


def translated(pairs: list[tuple[str, str]]) -> None:
    """What the checks of a translation say of true ones, and what that of figures finds."""
    reasons: Counter[str] = Counter()
    for source, text in pairs:
        masks, said = masked(source), text
        for piece in masks.pieces:  # as a model would have had them
            said = said.replace(piece, " ", 1)
        try:
            checks.translation(masks.bare, said, to="ko", source_language="zh")
        except Rejected as rejected:
            reasons[rejected.reason] += 1
    told = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()) or "none"
    print(f"\nChinese-Korean instructions, {len(pairs):,} pairs: set aside {told}")
    have = [pair for pair in pairs if all(re.search("[0-9]", text) for text in pair)]
    chosen = random.Random(0)

    def other(text: str) -> str:
        run = chosen.choice(list(re.finditer("[0-9]+", text)))
        return f"{text[: run.start()]}{int(run[0]) + chosen.choice((1, 2, 7, 10))}{text[run.end() :]}"

    def less(text: str) -> str:
        return re.sub("(?<![A-Za-z0-9.,])[0-9][0-9.,]+", "", text)

    strange = [text for _, text in have[len(have) // 2 :] + have[: len(have) // 2]]
    found = {
        "as they are": [any(figures.changed(*pair)) for pair in have],
        "one changed": [any(figures.changed(source, other(text))) for source, text in have],
        "those of two digits left out": [
            any(figures.changed(source, less(text))) for source, text in have if less(text) != text
        ],
        "another row's": [any(figures.changed(source, text)) for (source, _), text in zip(have, strange, strict=True)],
    }
    print(
        f"{len(have):,} with figures, % whose figures differ: "
        + ", ".join(f"{name} {percent(told)}" for name, told in found.items())
    )


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
        "\n| | rows | % of instructions that ask | % of answers that do | answers that the check rejects | instructions, as if evolved |\n|---|---:|---:|---:|---|---|"
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
    try:
        translated(parallel(mirror))
    except OkinstError as error:
        print(f"left out: {error}")


if __name__ == "__main__":
    main()
