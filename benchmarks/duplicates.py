"""Planted near-duplicates: how many are caught, how many other rows are lost, and how fast, beside bare rensa.

    python benchmarks/duplicates.py                    caught and lost, on the mirror if there is one, else on the sample
    python benchmarks/duplicates.py --show             and the original rows that were dropped, for the eye
    python benchmarks/duplicates.py --speed            rows/s beside bare rensa, in pairs
    python benchmarks/duplicates.py --peer DATA_JUICER_PYTHON     rows/s beside data-juicer's character mode, in that Python
    python benchmarks/duplicates.py --memory           1,000,000 made-up rows, the peak memory

To the real rows of a source come copies of every tenth one (fixed seed), edited in one of five ways: about 2 % of the
characters (at least one) deleted, doubled, exchanged with the next or replaced; words put in another order; particles changed;
spacing, punctuation, width and jamo changed; or all of it. *Caught*: the copy stands in one group with its original. *Lost*: a
row of the real file that is dropped when the copies have to go first, for another real row; rows that are equal to another in normal
form are counted apart. *Bare rensa*: character 5-grams, 128 permutations, LSH, verified at a Jaccard similarity of 0.65.
"""

import argparse
import json
import os
import random
import re
import resource
import statistics
import subprocess
import tempfile
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from okinst.curation import duplicates, fingerprints, passages
from okinst.curation.normal import normalise_all

ROOT = Path(__file__).resolve().parents[1]
MIRROR = next((path for path in (ROOT.parent / "shared" / "mirror",) if path.is_dir()), None)
#: name of the case, source, what is compared
CASES: tuple[tuple[str, str, passages.On], ...] = (
    ("ko full", "koalpaca-v1.0", "both"),
    ("zh full", "alpaca-zh-carbonz0", "both"),
    ("ko instructions only", "koalpaca-v1.0", "instruction"),
    ("zh instructions only", "alpaca-zh-carbonz0", "instruction"),
)
KINDS = ("characters", "order", "particles", "spacing", "all")
SHARE = 0.02


def characters(text: str, rng: random.Random, alphabet: str) -> str:
    """About 2 % of the characters, at least one, edited."""
    chars = list(text)
    for _ in range(max(1, round(SHARE * len(text)))):
        if len(chars) < 2:
            break
        at = rng.randrange(len(chars))
        match rng.randrange(4):
            case 0:
                del chars[at]
            case 1:
                chars.insert(at, chars[at])
            case 2:
                at = min(at, len(chars) - 2)
                chars[at], chars[at + 1] = chars[at + 1], chars[at]
            case _:
                chars[at] = rng.choice(alphabet)
    return "".join(chars)


def order(text: str, rng: random.Random, alphabet: str) -> str:
    """Words exchanged with the next, one in fifty, at least one; in Chinese clauses, or else two characters with the next two."""
    words = re.split(r"( )", text) if " " in text.strip() and re.search("[가-힣]", text) else re.split("([，,])", text)
    # numbers stay in their order: 3 from 5 is not 5 from 3
    places = [at for at in range(0, len(words) - 2, 2) if not re.search(r"[0-9=]", words[at] + words[at + 2])]
    if places:
        for _ in range(max(1, round(SHARE * len(words) / 2))):
            at = rng.choice(places)
            words[at], words[at + 2] = words[at + 2], words[at]
        return "".join(words)
    # not across numbers and Latin words: 5000 万 and 50 万 00 are no matter of order
    places = [match.start() for match in re.finditer("(?=[\u4e00-\u9fff]{4})", text)]
    if not places:
        return text
    at = rng.choice(places)
    return text[:at] + text[at + 2 : at + 4] + text[at : at + 2] + text[at + 4 :]


def particles(text: str, rng: random.Random, alphabet: str) -> str:
    """Korean particles left out or put in another form; Chinese 的, 了 and 请 left out or put in. One word in fifty, at least one."""
    if re.search("[가-힣]", text):
        places = [match.start() for match in re.finditer(r"(?<=[가-힣]{2})[은는이가을를의](?= )", text)]
        for at in sorted(rng.sample(places, min(len(places), max(1, round(SHARE * len(text.split()))))), reverse=True):
            forms = next(forms for forms in ("은는이가", "을를", "의") if text[at] in forms)
            text = text[:at] + rng.choice(["", *forms]) + text[at + 1 :]
        return text
    places = [match.start() for match in re.finditer("[的了]", text)]
    if places and rng.random() < 0.7:
        at = rng.choice(places)
        return text[:at] + text[at + 1 :]
    return "请" + text


def spacing(text: str, rng: random.Random, alphabet: str) -> str:
    """Blanks left out, doubled and put in, at one place in ten; other punctuation; sometimes full width or conjoining jamo."""
    chars: list[str] = []
    for char in text:
        chance = rng.random()
        if char == " ":
            chars.append("" if chance < 0.1 else "  " if chance < 0.2 else " ")
        else:
            chars.append(char + " " if chance < 0.05 and not char.isascii() else char)
    text = "".join(chars).translate({ord("，"): ",", ord("。"): ".", ord("?"): "？", ord("!"): "！"})
    match rng.randrange(3):
        case 0:
            return unicodedata.normalize("NFD", text)
        case 1:
            return "".join(chr(ord(char) + 0xFEE0) if "A" <= char <= "z" else char for char in text)
        case _:
            return text.rstrip(".?!。？！")


def everything(text: str, rng: random.Random, alphabet: str) -> str:
    for edit in (order, particles, characters, spacing):
        text = edit(text, rng, alphabet)
    return text


EDITS: dict[str, Callable[[str, random.Random, str], str]] = {
    "characters": characters,
    "order": order,
    "particles": particles,
    "spacing": spacing,
    "all": everything,
}


def plant(texts: Sequence[str], seed: int = 0) -> tuple[list[str], list[int], list[str]]:
    """Edited copies of every tenth text (at random): the copies, the numbers of their originals, the kinds of edit."""
    rng = random.Random(seed)
    alphabet = "".join(rng.choices(texts, k=500))
    originals = sorted(rng.sample(range(len(texts)), len(texts) // 10))
    kinds = [KINDS[place % len(KINDS)] for place in range(len(originals))]
    copies = [EDITS[kind](texts[row], rng, alphabet) for row, kind in zip(originals, kinds, strict=True)]
    # an edit may have nothing to hold on to (no particle): a copy that is the same to the letter would test nothing
    for place, row in enumerate(originals):
        if copies[place] == texts[row]:
            copies[place], kinds[place] = characters(texts[row], rng, alphabet), "characters"
    return copies, originals, kinds


def rows_of(name: str, on: passages.On) -> list[str]:
    """The texts of a source's rows, of the mirror or else of the sample."""
    import datasets

    from okinst.mixtures.meta import builder_for

    datasets.disable_progress_bars()
    door = {"mirror": str(MIRROR)} if MIRROR else {"sample": True}
    with tempfile.TemporaryDirectory() as cache:
        builder = builder_for(name, cache_dir=cache, accept_drift=True, **door)
        builder.download_and_prepare()
        return passages.texts(builder.as_dataset()["train"].data.table, on)


def bare_rensa(texts: list[str], verify: bool = True) -> list[tuple[int, int]]:
    """Pairs of rows by rensa alone: character 5-grams, 128 permutations, 32 bands, verified at 0.65."""
    import rensa

    shingles = [[text[at : at + 5] for at in range(max(len(text) - 4, 1))] for text in texts]
    sketches = rensa.RMinHash.from_token_sets(shingles, 128, 0)
    index = rensa.RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32)
    index.insert_many(sketches)
    pairs = []
    for row, others in enumerate(index.query_all(sketches)):
        ours = set(shingles[row])
        for other in others:
            if other < row:
                theirs = set(shingles[other])
                if not verify or len(ours & theirs) / len(ours | theirs) >= 0.65:
                    pairs.append((other, row))
    return pairs


def quality(case: str, name: str, on: passages.On, seed: int, show: bool) -> None:
    texts = rows_of(name, on)
    copies, originals, kinds = plant(texts, seed)
    together = texts + copies
    is_copy = np.arange(len(together)) >= len(texts)
    start = time.perf_counter()
    groups = duplicates.find(together)
    stays = duplicates.keep(groups, "source", priority=is_copy.astype(int).tolist())
    seconds = time.perf_counter() - start
    settled = duplicates.settle(groups, "source", priority=is_copy.astype(int).tolist())
    mates = groups_of(groups)
    caught = {kind: [0, 0] for kind in KINDS}
    for copy, (row, kind) in enumerate(zip(originals, kinds, strict=True), len(texts)):
        caught[kind][0] += mates(copy, row)
        caught[kind][1] += 1
    sighted, blind = normalise_all(texts, blind=False), normalise_all(texts)
    lost = np.flatnonzero(~stays[: len(texts)]).tolist()
    exact = [row for row in lost if settled.kind[row] == duplicates.EXACT]
    spaced = [row for row in lost if row not in set(exact) and blind[row] == blind[settled.kept[row]]]
    near = [row for row in lost if row not in {*exact, *spaced}]
    peer = set(bare_rensa(normalise_all(together)))
    peer_caught = sum((row, copy) in peer for copy, row in enumerate(originals, len(texts)))
    peer_lost = {
        row for other, row in peer if row < len(texts) and blind[row] != blind[other] and sighted[row] != sighted[other]
    }
    total = sum(hits for hits, _ in caught.values())
    print(
        f"{case}: {len(texts):,} rows, {len(copies):,} planted; caught {total / len(copies):.1%} ("
        + ", ".join(f"{kind} {hits / max(all_, 1):.1%}" for kind, (hits, all_) in caught.items())
        + f"); original rows dropped: {len(exact)} exact, {len(spaced)} equal but for spacing and punctuation, {len(near)} near; "
        f"{len(together) / seconds:,.0f} rows/s | bare rensa: caught {peer_caught / len(copies):.1%}, {len(peer_lost)} near"
    )
    if show:
        for row in near:
            print(
                f"    {settled.similarity[row]:.2f} {texts[row][:160]!r}\n      <- {texts[settled.kept[row]][:160]!r}"
            )
        for copy, (row, kind) in enumerate(zip(originals, kinds, strict=True), len(texts)):
            if not mates(copy, row):
                print(f"    missed ({kind}) {texts[row][:80]!r}\n                -> {together[copy][:80]!r}")


def groups_of(groups: duplicates.Groups) -> Callable[[int, int], bool]:
    """Whether two rows were found to be the same: one stays for the other, or a third one for both."""
    pairs = {tuple(sorted(pair)) for pair in groups.pairs.tolist()}
    text = groups.text.tolist()
    return lambda one, other: (
        text[one] == text[other]
        or tuple(sorted((text[one], text[other]))) in pairs
        or bool(groups.group[one] == groups.group[other])
    )


def same_shingles(texts: Sequence[str]) -> list[list[str]]:
    """The shingles that okinst cuts, as strings."""
    wide, narrow = fingerprints.WIDE, fingerprints.NARROW
    shingles = []
    for text in normalise_all(texts):
        cut = [text[at : at + (wide if char >= "\u1100" else narrow)] for at, char in enumerate(text)]
        shingles.append(cut[: 1 - wide] or [text])
    return shingles


def rensa_alone(shingles: list[list[str]]) -> int:
    """MinHash and LSH candidates with rensa's own batch calls, on shingles that are there already; nothing is verified."""
    import rensa

    sketches = rensa.RMinHash.from_token_sets(shingles, fingerprints.PERMUTATIONS, 0)
    index = rensa.RMinHashLSH(
        threshold=0.5, num_perm=fingerprints.PERMUTATIONS, num_bands=fingerprints.PERMUTATIONS // fingerprints.ROWS
    )
    index.insert_many(sketches)
    return sum(map(len, index.query_all(sketches)))


def rensa_from_texts(texts: Sequence[str]) -> int:
    """The same from the texts on, with the shingle sets of the candidates compared: what `find` does, and no more."""
    import rensa

    shingles = same_shingles(texts)
    sketches = rensa.RMinHash.from_token_sets(shingles, fingerprints.PERMUTATIONS, 0)
    index = rensa.RMinHashLSH(threshold=0.5, num_perm=fingerprints.PERMUTATIONS, num_bands=fingerprints.BANDS)
    index.insert_many(sketches)
    found = 0
    for row, others in enumerate(index.query_all(sketches)):
        for other in others:
            if other < row:
                ours, theirs = set(shingles[row]), set(shingles[other])
                found += len(ours & theirs) >= duplicates.THRESHOLD * len(ours | theirs)
    return found


def speed(repeats: int) -> None:
    for case, name, on in CASES:
        texts = rows_of(name, on)
        texts += plant(texts)[0]
        shingles = same_shingles(texts)
        ratios: list[tuple[float, float]] = []
        for _ in range(repeats):
            ours = rate(duplicates.find, texts)
            alone = rate(rensa_alone, shingles)
            whole = rate(rensa_from_texts, texts)
            ratios.append((ours / alone, ours / whole))
            print(
                f"{case}: okinst {ours:,.0f} rows/s; rensa on shingles made before {alone:,.0f}: {ratios[-1][0]:.2f}x; "
                f"rensa from the texts on {whole:,.0f}: {ratios[-1][1]:.2f}x"
            )
        medians = [statistics.median(ratio[side] for ratio in ratios) for side in (0, 1)]
        print(f"{case}, median of {repeats}: {medians[0]:.2f}x, {medians[1]:.2f}x")


def rate(work: Callable[[Any], object], rows: Sequence[Any]) -> float:
    """Rows a second."""
    start = time.perf_counter()
    work(rows)
    return len(rows) / (time.perf_counter() - start)


#: run by the Python of another environment: data-juicer's MinHash on characters, its defaults otherwise
DATA_JUICER = """
import json, sys, time
from datasets import Dataset, disable_progress_bars
from data_juicer.ops.deduplicator.document_minhash_deduplicator import DocumentMinhashDeduplicator
disable_progress_bars()
operator = DocumentMinhashDeduplicator(tokenization="character", window_size=5)
rows = Dataset.from_dict({"text": json.load(open(sys.argv[1]))})
start = time.perf_counter()
operator.process(rows.map(operator.compute_hash))
print(json.dumps({"seconds": time.perf_counter() - start}))
"""


def peer(python: str, repeats: int) -> None:
    """Beside data-juicer in another environment, in turn."""
    for case, name, on in CASES:
        texts = rows_of(name, on)
        texts += plant(texts)[0]
        duplicates.find(texts[:100])
        ratios = []
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "rows.json")
            path.write_text(json.dumps(texts), encoding="utf-8")
            for _ in range(repeats):
                ours = rate(duplicates.find, texts)
                environment = {**os.environ, "HF_HOME": folder, "PYTHONPATH": ""}
                told = subprocess.run(
                    [python, "-c", DATA_JUICER, str(path)], check=True, capture_output=True, text=True, env=environment
                )
                theirs = len(texts) / json.loads(told.stdout.splitlines()[-1])["seconds"]
                ratios.append(ours / theirs)
                print(f"{case}: okinst {ours:,.0f} rows/s, data-juicer {theirs:,.0f}: {ratios[-1]:.1f}x")
        print(f"{case}, median of {repeats}: {statistics.median(ratios):.1f}x")


def memory(rows: int) -> None:
    """The peak memory of finding duplicates among made-up Korean rows of about 110 characters."""
    rng = random.Random(0)
    syllables = [chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(1_500)]
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(50_000)]
    texts = [" ".join(rng.choices(words, k=rng.randint(4, 58))) for _ in range(rows)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    speed = rate(duplicates.find, texts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    mean = sum(map(len, texts)) / rows
    print(
        f"{rows:,} rows of {mean:.0f} characters: {speed:,.0f} rows/s, {peak - before:,.0f} MB beside the {before:,.0f} of the texts"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--case", default=None)
    parser.add_argument("--seed", type=int, default=0, help="of the plants")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--peer", metavar="PYTHON")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    if asked.memory:
        memory(1_000_000)
        return
    if asked.peer:
        peer(asked.peer, asked.repeats)
        return
    if asked.speed:
        speed(asked.repeats)
        return
    for case, name, on in CASES:
        if asked.case in (None, case):
            quality(case, name, on, asked.seed, asked.show)


if __name__ == "__main__":
    main()
