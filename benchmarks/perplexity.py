"""How fast perplexity is: LanguageModel beside what one writes without it.

    python benchmarks/perplexity.py                       CPU: 2,000 texts of mixed lengths, a GPT-NeoX of 20M parameters
    python benchmarks/perplexity.py --gpu                 GPU: polyglot-ko-1.3b's architecture, 20,000 instructions
    python benchmarks/perplexity.py --gpu --device cpu --tiny     that script's own test, where there is no GPU: its figures mean nothing

Weights are random and texts made up (fixed seed): words of Hangul by a byte-level BPE trained on them, two characters a token; lengths are
drawn from the quantiles of KoAlpaca's 1.0 (11,421 rows) and 1.1 (200 rows), instructions and answers. Tokenising is in the time
of both sides; both must give the same values. Sides run in turn; the ratio is the median of those of the pairs.

CPU baseline: batches of 16 in the order of the input, padded to the longest of the batch, all logits, cross-entropy.

GPU baseline, the reference from its description: one text a forward pass in float32, at most 1,024 tokens, all logits, log-softmax, one
number fetched a text; and the same loop in bfloat16. It reads every so-manieth row (--reference-rows), since all of them would take most
of an hour; tokens/s are compared. MFU: the floating-point operations that the scored texts need (matrix products of the layers,
attention to what precedes, head of the scored positions; none for padding), by the time, by the card's dense bfloat16 peak.
"""

import argparse
import json
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from okinst.curation.scoring.language_model import LanguageModel, LoadedLanguageModel
from okinst.curation.scoring.requests import requests

#: characters at every 5 % of the rows
LENGTHS = {
    "1.0 instruction": (8, 16, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 33, 35, 37, 40, 46, 180),
    "1.0 answer": (1, 11, 17, 21, 25, 30, 34, 39, 44, 50, 55, 62, 68, 76, 84, 94, 106, 121, 140, 172, 777),
    "1.1 instruction": (13, 21, 24, 25, 27, 31, 35, 39, 42, 48, 50, 56, 65, 73, 79, 85, 95, 102, 129, 149, 336),
    "1.1 answer": (
        10,
        154,
        185,
        200,
        218,
        235,
        247,
        255,
        268,
        289,
        299,
        308,
        319,
        341,
        356,
        385,
        418,
        459,
        541,
        650,
        951,
    ),
}
VOCABULARY = 30_080
#: dense bfloat16 operations a second, by the manufacturer
PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12, "RTX 4090": 165e12}
SHAPES = {
    "20M": {"hidden_size": 256, "num_hidden_layers": 6, "num_attention_heads": 4, "intermediate_size": 1024},
    "polyglot-ko-1.3b": {
        "hidden_size": 2048,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 8192,
        "rotary_pct": 0.5,  # 64 of a head's 128 dimensions
    },
    "tiny": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128},
}


class Writer:
    """Made-up texts of given lengths: 6,000 words as unevenly frequent as words are."""

    def __init__(self) -> None:
        self.rng = random.Random(0)
        syllables = [chr(code) for code in range(ord("가"), ord("힣"), 29)]
        self.words = ["".join(self.rng.choices(syllables, k=self.rng.randint(1, 4))) for _ in range(6_000)]
        self.often = [1 / (place + 10) for place in range(len(self.words))]

    def text(self, characters: int) -> str:
        words = " ".join(self.rng.choices(self.words, self.often, k=characters // 3 + 1))
        return words[: max(characters, 1)].strip() or words[:1]

    def texts(self, kinds: Sequence[str], count: int) -> list[str]:
        places = np.linspace(0, 1, 21)
        drawn = [np.interp(self.rng.random(), places, LENGTHS[kinds[row % len(kinds)]]) for row in range(count)]
        return [self.text(int(length)) for length in drawn]


def trained(texts: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        # so many that a token has about two characters, as Korean ones have
        vocab_size=4_000,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    end = "<|endoftext|>"
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=end, eos_token=end, pad_token=end)


def saved(folder: Path, shape: str, texts: list[str], device: str, dtype: str) -> None:
    torch.manual_seed(0)
    config = transformers.GPTNeoXConfig(
        vocab_size=VOCABULARY, max_position_embeddings=2048, use_parallel_residual=True, **SHAPES[shape]
    )
    with torch.device(device):
        model = transformers.GPTNeoXForCausalLM(config).to(getattr(torch, dtype))
    model.save_pretrained(folder)
    trained(texts).save_pretrained(folder)


def in_input_order(loaded: LoadedLanguageModel, texts: list[str], batch: int = 16) -> list[float]:
    """What one writes first: batches as they come, padded, all logits."""
    model, tokenizer, sums = loaded.likelihood.model, loaded.tokenizer, []
    for at in range(0, len(texts), batch):
        read = tokenizer(texts[at : at + batch], padding=True, truncation=True, max_length=1024, return_tensors="pt")
        read = {name: read[name].to(loaded.device) for name in ("input_ids", "attention_mask")}
        with torch.no_grad():
            logits = model(**read).logits
        targets = read["input_ids"][:, 1:].masked_fill(read["attention_mask"][:, 1:] == 0, -100)
        losses = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2).float(), targets, reduction="none")
        sums += losses.sum(1).tolist()
    return sums


def one_by_one(loaded: LoadedLanguageModel, texts: list[str]) -> list[float]:
    """The reference: a text, a forward pass, all logits, a number."""
    model, tokenizer, sums = loaded.likelihood.model, loaded.tokenizer, []
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=1024, return_tensors="pt").input_ids.to(loaded.device)
        with torch.no_grad():
            logits = model(ids).logits.float()
        said = torch.log_softmax(logits[0, :-1], -1).gather(1, ids[0, 1:, None])
        sums.append(-said.sum().item())
    return sums


def scored(loaded: LoadedLanguageModel, texts: list[str], contexts: list[str] | None = None) -> list[float]:
    return [value or 0.0 for value in loaded.score(requests(texts, contexts))["nll"].to_pylist()]


def timed(
    work: Callable[[], list[float]], device: str, clock: Callable[[], float] = time.perf_counter
) -> tuple[float, np.ndarray[Any, Any]]:
    start = clock()
    found = work()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return clock() - start, np.array(found)


def off_by(found: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> float:
    """The largest relative difference of a text's sum."""
    return float((np.abs(found - expected) / np.maximum(np.abs(expected), 1.0)).max())


def lengths(loaded: LoadedLanguageModel, texts: list[str]) -> list[int]:
    return [min(len(ids), 1024) for ids in loaded.tokenizer(texts)["input_ids"]]


def on_cpu(rows: int, repeats: int, shape: str, clock: Callable[[], float]) -> dict[str, Any]:
    writer = Writer()
    texts = writer.texts(tuple(LENGTHS), rows)
    with tempfile.TemporaryDirectory() as folder:
        saved(Path(folder), shape, texts, "cpu", "float32")
        loaded = LanguageModel(folder, dtype="float32").load("cpu")
    parameters = sum(weight.numel() for weight in loaded.likelihood.model.parameters())
    tokens = sum(lengths(loaded, texts))
    print(
        f"CPU, {torch.get_num_threads()} threads, {parameters / 1e6:.1f}M parameters, {rows:,} texts, {tokens:,} tokens"
    )
    for work in (in_input_order, scored):
        work(loaded, texts[:32])
    ratios, rates, off = [], [], 0.0
    for pair in range(repeats):
        baseline, expected = timed(lambda: in_input_order(loaded, texts), "cpu", clock)
        ours, found = timed(lambda: scored(loaded, texts), "cpu", clock)
        ratios.append(baseline / ours)
        rates.append(tokens / ours)
        off = max(off, off_by(found, expected))
        print(
            f"  pair {pair + 1}: input order {tokens / baseline:,.0f} tokens/s, okinst {tokens / ours:,.0f} ({rows / ours:,.0f} rows/s): "
            f"{ratios[-1]:.2f} x, values within {off_by(found, expected):.1e}"
        )
    print(f"  median {statistics.median(ratios):.2f} x (target 3.5)")
    return {"ratio": statistics.median(ratios), "tokens_per_second": statistics.median(rates), "off by": off}


def operations(config: Any, reads: Sequence[int], counts: Sequence[int]) -> float:
    """Floating-point operations that texts of so many tokens, so many of them scored, need."""
    d, ff = config.hidden_size, config.intermediate_size
    read, count = np.array(reads, float) - 1, np.array(counts, float)
    layer = 2 * read * (4 * d * d + 2 * d * ff) + 4 * d * read * (read + 1) / 2
    return float((config.num_hidden_layers * layer + 2 * count * d * config.vocab_size).sum())


def on_gpu(rows: int, reference_rows: int, repeats: int, shape: str, device: str, peak: float | None) -> dict[str, Any]:
    writer = Writer()
    instructions = writer.texts(("1.0 instruction", "1.1 instruction"), rows)
    answers = writer.texts(("1.0 answer", "1.1 answer"), rows)
    sample = instructions[:: max(1, rows // reference_rows)]
    card = torch.cuda.get_device_name() if device.startswith("cuda") else platform.processor() or "CPU"
    peak = peak or next((value for name, value in PEAKS.items() if name in card), None)
    with tempfile.TemporaryDirectory() as folder:
        saved(Path(folder), shape, instructions + answers, device, "bfloat16")
        low = LanguageModel(folder, dtype="bfloat16").load(device)
        exact = LanguageModel(folder, dtype="float32").load(device)
    reads, sampled = lengths(low, instructions), sum(lengths(low, sample))
    after = [len(ids) for ids in low.tokenizer([text + "\n" for text in instructions])["input_ids"]]
    answered = lengths(low, answers)
    print(f"{card}: {shape}, {rows:,} instructions, {sum(reads):,} tokens; the reference on {len(sample):,} of them")
    for loaded in (low, exact):
        one_by_one(loaded, sample[:8])
        scored(loaded, instructions[: min(rows, 2048)])
    table: dict[str, list[float]] = {}
    differences = {"float32": 0.0, "bfloat16": 0.0}
    for _ in range(repeats):
        slow, expected = timed(lambda: one_by_one(exact, sample), device)
        slow_low, _ = timed(lambda: one_by_one(low, sample), device)
        same, found = timed(lambda: scored(exact, sample), device)
        differences["float32"] = max(differences["float32"], off_by(found, expected))
        differences["bfloat16"] = max(differences["bfloat16"], off_by(np.array(scored(low, sample)), expected))
        same, _ = timed(lambda: scored(exact, instructions), device)
        ours, _ = timed(lambda: scored(low, instructions), device)
        given, _ = timed(lambda: scored(low, answers, instructions), device)
        for name, value in {
            "reference, float32, tokens/s": sampled / slow,
            "reference, bfloat16, tokens/s": sampled / slow_low,
            "okinst, float32, tokens/s": sum(reads) / same,
            "okinst, bfloat16, tokens/s": sum(reads) / ours,
            "okinst, bfloat16, rows/s": rows / ours,
            "answers given instructions, tokens/s": (sum(after) + sum(answered)) / given,
            "bfloat16 beside the reference": sum(reads) / ours * slow / sampled,
            "same dtype, float32": sum(reads) / same * slow / sampled,
            "same dtype, bfloat16": sum(reads) / ours * slow_low / sampled,
            **(
                {
                    "MFU, instructions": operations(low.likelihood.model.config, reads, np.array(reads) - 1)
                    / ours
                    / peak,
                    "MFU, answers given instructions": operations(
                        low.likelihood.model.config, np.add(after, answered), answered
                    )
                    / given
                    / peak,
                }
                if peak
                else {}
            ),
        }.items():
            table.setdefault(name, []).append(value)
    medians = {name: statistics.median(values) for name, values in table.items()}
    for name, value in medians.items():
        shown = (
            f"{value:.1%}" if name.startswith("MFU") else f"{value:,.0f}" if name.endswith("/s") else f"{value:.1f} x"
        )
        print(f"  {name}: {shown}")
    if not peak:
        print("  MFU: the peak of this device is not known; --peak gives it (operations a second)")
    print(
        f"  values: float32 within {differences['float32']:.1e}, bfloat16 within {differences['bfloat16']:.1e} of the reference's"
    )
    print("  targets: 20 x the reference, 10 x in the same dtype, MFU of answers given instructions 35 %")
    if device.startswith("cuda"):
        print(f"  peak memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB, both models together")
    return {**medians, "off by": differences}


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--gpu", action="store_true", help="polyglot-ko-1.3b's architecture beside the reference's loop"
    )
    parser.add_argument("--device", default="cuda", help="with --gpu: where (cuda)")
    parser.add_argument("--rows", type=int, help="2,000, and 20,000 with --gpu")
    parser.add_argument("--reference-rows", type=int, default=500, help="with --gpu: rows that the reference reads")
    parser.add_argument("--repeats", type=int, default=3, help="pairs")
    parser.add_argument("--peak", type=float, help="with --gpu: the card's bfloat16 peak, operations a second")
    parser.add_argument("--tiny", action="store_true", help="a tiny model: tries the script out")
    parser.add_argument("--threads", type=int, help="of torch; all cores")
    parser.add_argument(
        "--cpu-seconds",
        action="store_true",
        help="without --gpu: count the seconds of this process' own work; with --threads 1 for a busy machine",
    )
    parser.add_argument("--json", action="store_true", help="the figures as JSON at the end")
    given = parser.parse_args(arguments)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if given.threads:
        torch.set_num_threads(given.threads)
    if given.gpu:
        shape = "tiny" if given.tiny else "polyglot-ko-1.3b"
        figures = on_gpu(given.rows or 20_000, given.reference_rows, given.repeats, shape, given.device, given.peak)
    else:
        figures = on_cpu(
            given.rows or 2_000,
            given.repeats,
            "tiny" if given.tiny else "20M",
            time.process_time if given.cpu_seconds else time.perf_counter,
        )
    if given.json:
        print(json.dumps(figures))
    return figures


if __name__ == "__main__":
    main()
