"""How fast the two scorers are that need no download, and how well they tell good text from spoilt text.

    python benchmarks/embedded.py --mirror DIR                speed, then quality
    python benchmarks/embedded.py --mirror DIR --seeds 0 --pairs 500

Rows of a mirror: sentences of KoAlpaca 1.0's answers (5 words or more, at most 120 characters, mostly Hangul) and of alpaca-chinese-dataset's (12 to 80
characters). Speed in one thread, by the seconds of the process' own work as well as by the clock, since the machine may be busy; sides run in turn,
medians. Baselines: Kiwi called for one sentence after the other; the n-gram model's formula with dictionaries, a character at a time, which
takes nothing out for the text it scores. The n-gram model is fitted on a million characters.

Quality: in how many pairs the sentence costs less a token than the same one spoilt: words shuffled, two neighbouring words exchanged,
two neighbouring characters exchanged. The n-gram model is fitted on other sentences: it has seen neither of a pair.
"""

import argparse
import json
import math
import os
import platform
import random
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from okinst.curation.scoring import kiwi, ngram
from okinst.curation.scoring.kiwi import Kiwi
from okinst.curation.scoring.ngram import Ngram
from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.sums import mean

#: characters that the n-gram model is fitted on
LEARNT = 1_000_000


def korean(mirror: Path) -> list[str]:
    rows = json.loads((mirror / "Beomi/KoAlpaca/ko_alpaca_data.json").read_text(encoding="utf-8"))
    pieces = {piece.strip() for row in rows for piece in re.split(r"(?<=[.?!])\s+|\n", row["output"])}
    return sorted(
        piece
        for piece in pieces
        if len(piece.split()) >= 5
        and len(piece) <= 120
        and sum("가" <= each <= "힣" for each in piece) > 0.6 * len(piece)
    )


def chinese(mirror: Path) -> list[str]:
    folder = mirror / "carbonz0/alpaca-chinese-dataset"
    rows = [
        row for part in sorted(folder.glob("zh-data-part-0[01].json")) for row in json.loads(part.read_text("utf-8"))
    ]
    pieces = {piece.strip() for row in rows for piece in (row.get("output") or "").replace("\n", "。").split("。")}
    return sorted(f"{piece}。" for piece in pieces if 12 <= len(piece) <= 80)


def shuffled(rng: random.Random, text: str) -> str:
    words = text.split()
    while (mixed := rng.sample(words, len(words))) == words and len(set(words)) > 1:
        pass
    return " ".join(mixed)


def exchanged(rng: random.Random, pieces: Sequence[str], joint: str) -> str:
    """Two neighbours that differ change places; the last piece, which ends the sentence, stays."""
    last = len(pieces) - (2 if joint == "" else 1)
    places = [at for at in range(last) if pieces[at] != pieces[at + 1]]
    at = rng.choice(places)
    return joint.join([*pieces[:at], pieces[at + 1], pieces[at], *pieces[at + 2 :]])


def some(rng: random.Random, texts: Sequence[str], characters: int) -> list[str]:
    """Texts drawn until they have so many characters together."""
    taken, size = [], 0
    for text in rng.sample(texts, len(texts)):
        taken.append(text)
        size += len(text)
        if size >= characters:
            break
    return taken


class Dictionaries:
    """The n-gram model's formula a character at a time."""

    def __init__(self, texts: Sequence[str], order: int = 5, discount: float = 0.75) -> None:
        self.order, self.discount = order, discount
        self.after: dict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            line = f"{ngram.START}{text}{ngram.END}"
            for end in range(1, len(line)):
                for length in range(min(order - 1, end) + 1):
                    self.after[line[end - length : end]][line[end]] += 1
        self.often = {history: after.total() for history, after in self.after.items()}

    def nll(self, text: str) -> float:
        line, total = f"{ngram.START}{text}{ngram.END}", 0.0
        for end in range(1, len(line)):
            p = 1 / ngram.ALPHABET
            for length in range(min(self.order - 1, end) + 1):
                history = line[end - length : end]
                if not (often := self.often.get(history)):
                    break
                after = self.after[history]
                p = (max(after.get(line[end], 0) - self.discount, 0) + self.discount * len(after) * p) / often
            total -= math.log(p)
        return total


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds of work, seconds by the clock, and what came out."""
    clock, own = time.perf_counter(), time.process_time()
    found = work()
    return time.process_time() - own, time.perf_counter() - clock, found


def beside(
    name: str, count: int, base_count: int, base: Callable[[], Any], ours: Callable[[], Any], repeats: int
) -> None:
    """Both in turn; a line of a table."""
    sides = [(timed(base), timed(ours)) for _ in range(repeats)]
    rates = [
        (base_count / one[0], count / two[0], count / two[1], (count / two[0]) / (base_count / one[0]))
        for one, two in sides
    ]
    base_rate, rate, by_clock, ratio = (statistics.median(column) for column in zip(*rates, strict=True))
    print(f"| {name} | {base_rate:,.0f} | {rate:,.0f} | {by_clock:,.0f} | {ratio:.2f} |", flush=True)


def speed(mirror: Path, repeats: int) -> None:
    import kiwipiepy

    rng = random.Random(0)
    hangul, every = rng.sample(korean(mirror), 2_000), chinese(mirror)
    learnt = some(rng, every, LEARNT)
    there = set(learnt)
    unseen = [text for text in every if text not in there][:10_000]
    ngram.processors = kiwi.processors = lambda: 1  # type: ignore[attr-defined]
    loaded = Kiwi().load()
    bare = kiwipiepy.Kiwi(num_workers=1)
    loaded.score(requests(hangul[:50])), bare.analyze("물")
    print("\n| | baseline, a CPU second | okinst, a CPU second | by the clock | ratio |\n|---|---:|---:|---:|---:|")
    beside(
        "Kiwi, sentences", len(hangul), len(hangul), lambda: [bare.analyze(text) for text in hangul],
        lambda: loaded.score(requests(hangul)), repeats,
    )  # fmt: skip
    characters = sum(map(len, learnt))
    beside(
        "Ngram, characters learnt", characters, characters, lambda: Dictionaries(learnt),
        lambda: Ngram().fitted(requests(learnt)).learnt(), min(repeats, 2),
    )  # fmt: skip
    plain, fitted = Dictionaries(learnt), Ngram().fitted(requests(learnt)).load()
    held_out = rng.sample(learnt, 10_000)
    asked = {
        "Ngram, sentences not learnt": (unseen, None),
        "Ngram, sentences learnt, each held out": (held_out, None),
        "Ngram, learnt, behind a sentence": (held_out, unseen[: len(held_out)]),
    }
    for name, (texts, contexts) in asked.items():
        few, table = texts[:1_000], requests(texts, contexts)
        beside(
            name, len(texts), len(few), lambda few=few: [plain.nll(text) for text in few],  # type: ignore[misc]
            lambda table=table: fitted.score(table), repeats,  # type: ignore[misc]
        )  # fmt: skip
    ours = fitted.score(requests(unseen[:500]))["nll"].to_numpy()
    apart = float(np.max(np.abs(ours - [plain.nll(text) for text in unseen[:500]])))
    print(
        f"\nValues within {apart:.0e} of the baseline's. {len(learnt):,} sentences learnt, {characters:,} characters."
    )


def quality(mirror: Path, seeds: Sequence[int], pairs: int) -> None:
    print("\n| scorer | spoilt | seed | pairs | sound one is cheaper |\n|---|---|---:|---:|---:|")
    hangul, han = korean(mirror), chinese(mirror)
    loaded = Kiwi().load()
    for seed in seeds:
        rng = random.Random(seed)
        texts = [text for text in rng.sample(hangul, len(hangul)) if len(set(text.split())) > 1][:pairs]
        sound = mean(loaded.score(requests(texts)))
        for name, spoil in (
            ("words shuffled", lambda text: shuffled(rng, text)),  # noqa: B023
            ("neighbouring words exchanged", lambda text: exchanged(rng, text.split(), " ")),  # noqa: B023
        ):
            told("Kiwi", name, seed, sound, mean(loaded.score(requests([spoil(text) for text in texts]))))
        mixed = [text for text in rng.sample(han, len(han)) if len(set(text[:-1])) > 1]
        texts, others = mixed[: 2 * pairs], mixed[2 * pairs :]
        fitted = Ngram().fitted(requests(some(rng, others, LEARNT))).load()
        spoilt = [exchanged(rng, list(text), "") for text in texts]
        told(
            "Ngram, Chinese", "neighbouring characters exchanged", seed,
            mean(fitted.score(requests(texts))), mean(fitted.score(requests(spoilt))),
        )  # fmt: skip


def told(scorer: str, name: str, seed: int, sound: Any, spoilt: Any) -> None:
    print(f"| {scorer} | {name} | {seed} | {len(sound):,} | {100 * np.mean(sound < spoilt):.1f} % |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--pairs", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    versions = Kiwi().settings()
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, kiwipiepy {versions['kiwipiepy']}, "
        f"model {versions['kiwipiepy_model']}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    speed(given.mirror, given.repeats)
    quality(given.mirror, given.seeds, given.pairs)


if __name__ == "__main__":
    main()
