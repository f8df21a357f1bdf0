"""How surely and how fast evaluation items are found in training rows, beside what other tools do.

    python benchmarks/contamination.py --mirror DIR            recall, false flags, speed
    python benchmarks/contamination.py --mirror DIR --show     and every clean row that was flagged, to judge by eye

The input is real: the test prompts of KoBEST and of BELLE's evaluation set, planted in rows of koalpaca-v1.0 and
alpaca-zh-carbonz0 (each prompt replaces the instruction of a row that keeps its answer). The baselines are the rules that
are in use elsewhere, written down here:

* words: open-r1's, any 8 words in a row that also stand in an evaluation item; lower case, blanks run together;
* characters: any 13 characters in a row, of okinst's normal form (blind to spacing and punctuation).

Both flag a row without saying which item it holds: for them any flag counts as found. okinst has to name the right item.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from okinst.catalogue import source
from okinst.curation import evaluation, passages
from okinst.curation.contamination import Hits, Index
from okinst.curation.evaluation import Item
from okinst.curation.normal import normalise

KOBEST = ("kobest-boolq", "kobest-copa", "kobest-sentineg", "kobest-wic", "kobest-hellaswag")
CLEAN = ("koalpaca-v1.0", "hrc", "vaiv-sft", "alpaca-zh-carbonz0")
#: looked through for false flags only: short everyday prompts and answers, and a hundredth of many Korean sets
MORE = ("kochatgpt-ppo", "kochatgpt-talk", "vaiv-ppo", "vaiv-rm", "koalpaca-v1.1", "alpaca-gpt4-zh")
MIXED = "nayohan/KoQuality/random_1pct_text.json"
BELLE = "LianjiaTech/BELLE/eval/eval_set.json"

Rows = dict[str, Any]
Change = Callable[[str, random.Random], str]


def tables(name: str, mirror: str, cache: str) -> Rows:
    """The built rows of a source, by split; {} where the mirror does not have it."""
    from okinst.builders import MissingFile

    builder = source(name).builder(config_name=name, mirror=mirror, cache_dir=cache)
    try:
        builder.download_and_prepare()
    except MissingFile:
        return {}
    return {split: rows.data.table for split, rows in builder.as_dataset().items()}


def korean_items(mirror: str, cache: str) -> list[Item]:
    found = []
    for name in KOBEST:
        splits = tables(name, mirror, cache)
        for split in evaluation.scored(splits):
            found += evaluation.items(splits[split], name, split)
    return found


def chinese_items(mirror: str) -> list[Item]:
    lines = Path(mirror, BELLE).read_text(encoding="utf-8").splitlines()
    return [
        Item("belle-eval", "test", f"belle-eval/test/{number}", "prompt", json.loads(line)["question"])
        for number, line in enumerate(lines)
    ]


def mixed_rows(mirror: str) -> list[str]:
    """KoQuality's texts: question and answer in one string."""
    return [row["text"] if isinstance(row, dict) else str(row) for row in _json(Path(mirror, MIXED))]


def _json(path: Path) -> list[Any]:
    text = path.read_text(encoding="utf-8")
    return list(json.loads(text)) if text.lstrip().startswith("[") else list(map(json.loads, text.splitlines()))


# -- what is done to a prompt ---------------------------------------------------------------------------------------


def no_blanks(prompt: str, rng: random.Random) -> str:
    return "".join(prompt.split())


def more_blanks(prompt: str, rng: random.Random) -> str:
    return "".join(char + " " * (rng.random() < 0.2) for char in prompt)


def decomposed(prompt: str, rng: random.Random) -> str:
    return unicodedata.normalize("NFD", prompt)


def edited(prompt: str, rng: random.Random) -> str:
    """One character of fifty is another."""
    return "".join(rng.choice("가나다라마的一是不了") if rng.random() < 0.02 else char for char in prompt)


def in_template(template: str) -> Change:
    return lambda prompt, rng: template.replace("{}", prompt.strip())


def bare(prompt: str, rng: random.Random) -> str:
    """Without what lm-evaluation-harness adds to KoBEST's own text."""
    for added in ("질문:", "답변:", "문장:", "긍부정:", "왜냐하면", "그래서"):
        prompt = prompt.replace(added, " ")
    return prompt.strip()


def question_alone(item: Item) -> str:
    return item.text.rpartition(" 질문: ")[2].removesuffix("답변: ").strip()


def paragraph_alone(item: Item) -> str:
    return item.text.rpartition(" 질문: ")[0].strip()


def bare_and_answered(item: Item) -> str:
    return f"{bare(item.text, random.Random())} {item.answer}"


def with_two_choices(item: Item) -> str:
    return f"다음 중 맞는 것은?\n{bare(item.text, random.Random())}\n1. {item.answer}\n2. 모르겠다."


#: parts of items, planted alone: the set, and what stands in the row
PARTS: dict[str, tuple[str, Callable[[Item], str]]] = {
    "BoolQ, the question alone": ("kobest-boolq", question_alone),
    "BoolQ, the paragraph alone": ("kobest-boolq", paragraph_alone),
    "COPA, premise and right choice in one line": ("kobest-copa", bare_and_answered),
    "COPA, premise above its choices": ("kobest-copa", with_two_choices),
}


KOREAN: dict[str, Change] = {
    "verbatim": lambda prompt, rng: prompt,
    "template 1 (### 질문)": in_template("### 질문: {}\n\n### 답변:"),
    "template 2 (Alpaca's)": in_template(
        "아래는 작업을 설명하는 명령어입니다. 요청을 적절히 완료하는 응답을 작성하세요.\n\n### 명령어:\n{}\n\n### 응답:"
    ),
    "template 3 (with options)": in_template(
        "다음을 읽고 알맞은 것을 고르세요.\n\n{}\n\n(A) 예\n(B) 아니오\n(C) 알 수 없음\n정답은 (A)입니다."
    ),
    "spaces taken out": no_blanks,
    "spaces put in": more_blanks,
    "decomposed jamo": decomposed,
    "2 % of the characters changed": edited,
    "without the harness's words": bare,
}
CHINESE: dict[str, Change] = {
    "verbatim": lambda prompt, rng: prompt,
    "template 1 (### 问题)": in_template("### 问题：{}\n\n### 回答："),
    "template 2 (Alpaca's)": in_template(
        "以下是描述任务的指令。请写一个适当完成请求的回复。\n\n### 指令:\n{}\n\n### 回复:"
    ),
    "template 3 (with options)": in_template("请仔细阅读并选择。\n\n{}\n\n(A) 是\n(B) 不是\n(C) 不知道\n答案是(A)。"),
    "spaces taken out": no_blanks,
    "spaces put in": more_blanks,
    "2 % of the characters changed": edited,
}


# -- the baselines --------------------------------------------------------------------------------------------------


def words(text: str) -> Iterator[tuple[str, ...]]:
    """open-r1's n-grams: 8 words."""
    found = " ".join(text.lower().split()).split()
    return zip(*(found[start:] for start in range(8)), strict=False)


def characters(text: str) -> Iterator[str]:
    """13 characters of the normal form."""
    found = normalise(text)
    return (found[start : start + 13] for start in range(len(found) - 12))


BASELINES: dict[str, Callable[[str], Iterator[Any]]] = {"words": words, "characters": characters}


class Lookup:
    """A row is flagged when it shares one n-gram with any item."""

    def __init__(self, grams: Callable[[str], Iterator[Any]], items: Sequence[Item]) -> None:
        self.grams = grams
        self.known = {gram for item in items for gram in grams(item.text)}

    def flags(self, texts: Sequence[str]) -> list[int]:
        return [row for row, text in enumerate(texts) if not self.known.isdisjoint(self.grams(text))]


# -- the measurements -----------------------------------------------------------------------------------------------


def named(hits: Hits, planted: Sequence[Item]) -> set[int]:
    """The rows whose own item was found: it, or one of the same text."""
    return {hit.row for hit in hits if hit.item.text == planted[hit.row].text}


def recall(index: Index, items: Sequence[Item], kinds: dict[str, Change], answers: Sequence[str], seed: int) -> None:
    baselines = {name: Lookup(grams, items) for name, grams in BASELINES.items()}
    tested = [item for item in items if item.split == "test"]
    sets = list(dict.fromkeys(item.set for item in tested))
    print(f"| planted: {len(tested):,} | okinst | {' | '.join(sets)} | words | characters |")
    print("|---|" + "---:|" * (len(sets) + 3))
    missed: dict[str, list[str]] = {}
    for kind, change in kinds.items():
        rng = random.Random(seed)
        rows = [f"{change(item.text, rng)}\n{rng.choice(answers)}" for item in tested]
        found = named(index.search(rows), tested)
        shares = [
            100 * statistics.mean(row in found for row, item in enumerate(tested) if item.set == each) for each in sets
        ]
        others = [100 * len(lookup.flags(rows)) / len(rows) for lookup in baselines.values()]
        print(
            f"| {kind} | "
            + " | ".join(f"{share:.1f} %" for share in (100 * len(found) / len(rows), *shares, *others))
            + " |"
        )
        missed[kind] = [rows[row].rsplit("\n", 1)[0] for row in range(len(rows)) if row not in found]
    for kind, rows in missed.items():
        if rows and not kind.startswith("2 %"):
            print(f"missed, {kind}: {rows[:6]}")
    print()


def recall_of_parts(index: Index, items: Sequence[Item], answers: Sequence[str], seed: int) -> None:
    print("| parts of items, planted in a row | planted | okinst |\n|---|---:|---:|")
    missed: dict[str, list[str]] = {}
    for kind, (name, part) in PARTS.items():
        rng = random.Random(seed)
        tested = [item for item in items if item.set == name and item.split == "test"]
        parts = [part(item) for item in tested]
        found = named(index.search([f"{text}\n{rng.choice(answers)}" for text in parts]), tested)
        print(f"| {kind} | {len(tested):,} | {100 * len(found) / max(1, len(tested)):.1f} % |")
        missed[kind] = [text for row, text in enumerate(parts) if row not in found]
    for kind, texts in missed.items():
        print(f"missed, {kind}: {texts[:6]}")
    print()


def false_flags(index: Index, items: Sequence[Item], clean: dict[str, list[str]], show: bool) -> None:
    baselines = {name: Lookup(grams, items) for name, grams in BASELINES.items()}
    print("| clean rows | rows | okinst | words | characters |\n|---|---:|---:|---:|---:|")
    for name, rows in clean.items():
        if not rows:  # not in this mirror
            continue
        hits = index.search(rows)
        others = [len(lookup.flags(rows)) for lookup in baselines.values()]
        flags = [len(hits.rows()), *others]
        print(f"| {name} | {len(rows):,} | " + " | ".join(f"{n} ({100 * n / len(rows):.3f} %)" for n in flags) + " |")
        for hit in hits if show else ():
            print(f"    row {hit.row}, {hit.score:.2f}: {hit.item.id} {hit.item.text[:80]!r} <- {hit.evidence[:80]!r}")
    print()


def many(rows: Sequence[str], count: int, seed: int) -> list[str]:
    """So many rows: those that there are, again and again, each cut in two at another place, its halves swapped, and numbered."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        row = rows[number % len(rows)]
        cut = rng.randrange(len(row) + 1)
        made.append(f"{row[cut:]} {number} {row[:cut]}")
    return made


def stand_ins(rows: Sequence[str], count: int, seed: int) -> list[Item]:
    """Items of about a hundred characters, in the words of these rows: so the index is as large as with every set."""
    rng = random.Random(seed)
    vocabulary = sorted({word for row in rows for word in row.split() if len(word) > 1})
    return [
        Item("stand-in", "test", str(number), "prompt", " ".join(rng.choices(vocabulary, k=rng.randint(10, 40))))
        for number in range(count)
    ]


def speed(index: Index, items: Sequence[Item], rows: Sequence[str], repeats: int) -> None:
    size = statistics.mean(map(len, rows))
    print(
        f"{len(rows):,} rows of {size:.0f} characters on average, against {len(index.items):,} items "
        f"({len(items):,} for words and characters)"
    )
    rates: dict[str, list[float]] = {}
    few = rows[:20_000]
    lookups = {name: Lookup(grams, items) for name, grams in BASELINES.items()}
    for _ in range(repeats):
        for processes in (1, 2):
            start = time.perf_counter()
            index.search(rows, processes=processes)
            rates.setdefault(f"okinst, {processes} process(es)", []).append(len(rows) / (time.perf_counter() - start))
        for name, lookup in lookups.items():
            start = time.perf_counter()
            lookup.flags(few)
            rates.setdefault(name, []).append(len(few) / (time.perf_counter() - start))
    print("| | rows/s, median | runs |\n|---|---:|---|")
    for name, found in rates.items():
        print(f"| {name} | {statistics.median(found):,.0f} | {', '.join(f'{rate:,.0f}' for rate in found)} |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", required=True)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument(
        "--stand-ins", type=int, default=50_000, help="items added to the index for the second speed table"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        korean, chinese = korean_items(asked.mirror, cache), chinese_items(asked.mirror)
        clean = {name: passages.both(tables(name, asked.mirror, cache)["train"]) for name in CLEAN}
        more = {
            name: [text for rows in tables(name, asked.mirror, cache).values() for text in passages.whole(rows)]
            for name in MORE
        }
        more["KoQuality, 1 %"] = mixed_rows(asked.mirror)
        answers = {name: passages.answers(tables(name, asked.mirror, cache)["train"]) for name in (CLEAN[0], CLEAN[-1])}
    items = [*korean, *chinese]
    start = time.perf_counter()
    index = Index.of(items)
    print(f"index of {len(items):,} items in {time.perf_counter() - start:.1f} s, {len(index.to_bytes()) / 1e6:.1f} MB")
    print(json.dumps(index.coverage()), "\n")
    recall(index, korean, KOREAN, answers[CLEAN[0]], asked.seed)
    recall_of_parts(index, korean, answers[CLEAN[0]], asked.seed)
    recall(index, chinese, CHINESE, answers[CLEAN[-1]], asked.seed)
    false_flags(index, items, {**clean, **more}, asked.show)
    if asked.rows:
        rows = many(clean[CLEAN[0]], asked.rows, asked.seed)
        speed(index, items, rows, asked.repeats)
        longer = many([row for name in CLEAN for row in clean[name]], asked.rows // 4, asked.seed)
        speed(index, items, longer, asked.repeats)
        padded = [*items, *stand_ins(clean[CLEAN[0]], asked.stand_ins, asked.seed)]
        speed(Index.of(padded), items, rows, asked.repeats)


if __name__ == "__main__":
    main()
