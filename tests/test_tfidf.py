"""Tfidf: beside scikit-learn's own, and what it promises of order, threads, sizes and bad input."""

import json
import pickle
import random
import unicodedata
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import WrongCall
from okinst.curation.normal import normalise
from okinst.curation.scoring import tfidf
from okinst.curation.scoring.engines import Scored
from okinst.curation.scoring.engines.local import Local
from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.store import Store
from okinst.curation.scoring.tfidf import Tfidf
from tests.conftest import python

pytest.importorskip("sklearn")

KITCHEN = ["감자", "양파", "냄비", "소금", "끓이다", "볶다", "썰다", "국물", "된장", "두부", "간장", "마늘"]
HARBOUR = ["부두", "갈매기", "어선", "그물", "파도", "등대", "밧줄", "선장", "항구", "닻", "조류", "갑판"]
GARDEN = ["玫瑰", "浇水", "花盆", "泥土", "修剪", "蝴蝶", "种子", "阳光"]


def corpus(rows: int = 400, seed: int = 3) -> tuple[list[str], list[int]]:
    """Sentences of three themes, made up."""
    rng = random.Random(seed)
    texts, themes = [], []
    for row in range(rows):
        theme = row % 3
        words = (KITCHEN, HARBOUR, GARDEN)[theme]
        joint = "" if theme == 2 else " "
        texts.append(joint.join(rng.choices(words, k=rng.randint(4, 9))) + f"{joint}{row}.")
        themes.append(theme)
    return texts, themes


def matrix(scores: pa.Table) -> Any:
    found = scores["embedding"].combine_chunks()
    return np.asarray(found.flatten()).reshape(len(found), -1)


@pytest.fixture(scope="module")
def fitted() -> Tfidf:
    return Tfidf(width=16).fitted(requests(corpus()[0]), 7).learnt()


def test_the_weights_are_scikit_learns() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [*corpus(60)[0], "Ｋ－ＰＯＰ  을 듣는다！", "今天 天气，很好。", "a", "물", "aaa aa\n\na"]
    theirs = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(1, 2),
        sublinear_tf=True,
        dtype=np.float32,
        preprocessor=lambda text: normalise(text, blind=False),
    )
    expected = theirs.fit_transform(texts).toarray()
    names = theirs.get_feature_names_out()
    grams, spread = tfidf._vocabulary(texts, 10**6)
    said = ["".join(chr(code) for code in divmod(int(gram), 1 << 21) if code) for gram in grams]
    # the blank alone is theirs only: every text has it
    assert sorted(said) == sorted(set(names) - {" "})
    column = [list(names).index(name) for name in said]
    assert theirs.idf_[column] == pytest.approx(np.log((1 + len(texts)) / (1 + spread)) + 1, rel=1e-6)
    ours = tfidf._weights(texts, grams).toarray() * theirs.idf_[column]
    expected = expected[:, column]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    ours /= np.linalg.norm(ours, axis=1, keepdims=True)
    assert ours == pytest.approx(expected, abs=1e-6)


def test_the_axes_are_the_singular_vectors() -> None:
    texts = corpus(120)[0]
    fitted = Tfidf(width=8).fitted(requests(texts), 0).learnt()
    assert fitted.model
    idf = np.log((1 + len(texts)) / (1 + tfidf._vocabulary(texts, 10**6)[1])) + 1
    weights = tfidf._weights(texts, fitted.model.grams).toarray() * idf
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    _, sizes, exact = np.linalg.svd(weights)
    axes = (fitted.model.axes / idf[:, None]).T
    assert axes @ axes.T == pytest.approx(np.eye(8), abs=1e-4)
    assert abs(axes[0] @ exact[0]) == pytest.approx(1, abs=1e-4)
    # axes of nearly equal size may turn into one another: how much of the texts they hold is what counts
    assert np.linalg.norm(weights @ axes.T) == pytest.approx(np.linalg.norm(sizes[:8]), rel=1e-3)
    assert (axes[np.arange(8), np.abs(axes).argmax(1)] > 0).all()


def test_what_is_alike_is_near(fitted: Tfidf) -> None:
    from sklearn.cluster import KMeans
    from sklearn.metrics import normalized_mutual_info_score

    texts, themes = corpus(300, seed=11)
    found = matrix(fitted.load().score(requests(texts)))
    assert normalized_mutual_info_score(themes, KMeans(3, n_init=3, random_state=0).fit_predict(found)) > 0.95


def test_chinese_is_read_by_its_characters(fitted: Tfidf) -> None:
    one, other, far = matrix(fitted.load().score(requests(["玫瑰要浇水", "给玫瑰浇浇水。", "항구 등대"])))
    assert one @ other > 0.5 > one @ far


def test_columns_and_lengths(fitted: Tfidf) -> None:
    table = requests(["감자 국물", "", " \u200b\n", "ğŧĸ", "부두"], contexts=["", "", "", "", "감자"])
    scores = fitted.load().score(table)
    assert scores.schema == pa.schema([("embedding", pa.list_(pa.float32(), 16)), ("flag", pa.string())])
    assert scores["flag"].to_pylist() == ["", "empty", "empty", "empty", ""]
    assert np.linalg.norm(matrix(scores), axis=1) == pytest.approx([1, 0, 0, 0, 1], abs=1e-6)
    none = fitted.load().score(requests([]))
    assert none.num_rows == 0 and none.schema == scores.schema
    alone = matrix(fitted.load().score(requests(["부두"])))
    assert (matrix(scores)[4] == alone[0]).all(), "the context is not embedded"


def test_forms_of_one_text_are_one(fitted: Tfidf) -> None:
    texts = ["감자 국물.", unicodedata.normalize("NFD", "감자 국물."), "감자　국물．"]
    found = matrix(fitted.load().score(requests(texts)))
    assert (found == found[0]).all()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=12), st.randoms(use_true_random=False))
def test_order_and_company_do_not_matter(texts: list[str], rng: random.Random) -> None:
    loaded = KEPT.load()
    texts = [text.encode("utf-8", "ignore").decode() for text in texts] + ["감자 냄비", "玫瑰"]
    found = matrix(loaded.score(requests(texts)))
    assert np.isfinite(found).all()
    order = list(range(len(texts)))
    rng.shuffle(order)
    assert (matrix(loaded.score(requests([texts[row] for row in order]))) == found[order]).all()
    for row, text in enumerate(texts):
        assert (matrix(loaded.score(requests([text])))[0] == found[row]).all()


KEPT = Tfidf(width=8).fitted(requests(corpus(40)[0]), 0).learnt()


def test_small_batches_change_nothing(fitted: Tfidf, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*corpus(50)[0], "감자" * 300]
    whole = fitted.load().score(requests(texts))
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(tfidf, "BATCH", 7)
    monkeypatch.setattr(tfidf, "BATCH_CHARACTERS", 100)
    again = fitted.load().score(requests(texts), lambda rows, tokens: told.append((rows, tokens)))
    assert again.equals(whole)
    assert sum(rows for rows, _ in told) == 51 and all(tokens > 0 for _, tokens in told)
    small = Tfidf(width=16).fitted(requests(corpus()[0]), 7).learnt()
    assert small.model and fitted.model
    assert (small.model.axes == fitted.model.axes).all() and (small.model.grams == fitted.model.grams).all()


def test_order_and_repetitions_of_the_corpus_do_not_matter(fitted: Tfidf) -> None:
    texts = corpus()[0]
    mixed = [*texts[::-1], *texts[:100]]
    other = Tfidf(width=16).fitted(requests(mixed, contexts=["무엇?"] * len(mixed)), 7).learnt()
    assert other == fitted and other.settings() == fitted.settings()
    assert other.model and fitted.model
    assert (other.model.axes == fitted.model.axes).all()


def test_what_decides_is_in_the_settings(fitted: Tfidf) -> None:
    texts = corpus()[0]
    said = fitted.settings()
    assert json.loads(json.dumps(said)) == said and len(said["corpus"]) == 64
    assert Tfidf(width=16).fitted(requests(texts[1:]), 7).settings() != said
    assert Tfidf(width=16).fitted(requests(texts), 8).settings() != said
    assert Tfidf(width=17).fitted(requests(texts), 7).settings() != said
    assert Tfidf(width=16, features=9).fitted(requests(texts), 7).settings() != said
    assert fitted.fitted(requests(["다른 글"]), 0) is fitted is fitted.learnt()


def test_so_is_what_decides_the_normal_form(fitted: Tfidf, monkeypatch: pytest.MonkeyPatch) -> None:
    said = fitted.settings()
    monkeypatch.setattr(unicodedata, "unidata_version", "99.0.0")
    assert fitted.settings() == {**said, "unicode": "99.0.0"}
    monkeypatch.setattr(tfidf, "code_of", lambda module: f"another {module}")
    assert fitted.settings().keys() == said.keys() and fitted.settings()["normal"] != said["normal"]


def test_what_is_scored_is_not_learnt_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, table = Store(tmp_path), requests(corpus(50)[0])
    scores = store.scores(Tfidf(width=8), table, Local())
    assert scores.equals(Tfidf(width=8).fitted(table).load().score(table))
    monkeypatch.setattr(tfidf, "_vocabulary", None)
    assert store.scores(Tfidf(width=8), table, Local()).equals(scores)
    with pytest.raises(TypeError):
        store.scores(Tfidf(width=9), table, Local())


def test_processes_are_sent_what_was_learnt_and_no_texts(tmp_path: Path) -> None:
    table = requests(corpus(50)[0])
    assert Store(tmp_path, 10).scores(Tfidf(width=8), table, Sent()).num_rows == 50
    fitted = Tfidf(width=8).fitted(table)
    assert fitted.model is None and fitted.sample and fitted.settings() == fitted.learnt().settings()
    assert pickle.loads(pickle.dumps(fitted)).load().score(table).equals(fitted.load().score(table))


class Sent:
    """An engine that looks at the scorer it is given."""

    def run(self, scorer: Tfidf, *given: Any) -> Generator[Scored, None, None]:
        assert scorer.model is not None and not scorer.sample
        yield from Local().run(scorer, *given)


FIT = """
import hashlib, sys
from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.tfidf import Tfidf
texts = [f"{row % 97} 번 등대 {row * row % 1009} 갈매기 {chr(0xAC00 + row * 7)}{chr(0x4E00 + row % 300)}" for row in range(1500)]
fitted = Tfidf(width=64).fitted(requests(texts), 1).learnt()
scores = fitted.load().score(requests(texts))
print(hashlib.sha256(fitted.model.axes.tobytes() + scores["embedding"].combine_chunks().flatten().to_numpy().tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_the_number_of_threads_does_not_matter() -> None:
    said = {
        python(FIT, **{name: str(count) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}) for count in (1, 2, 4)
    }
    assert len(said) == 1


def test_it_travels(fitted: Tfidf) -> None:
    other = pickle.loads(pickle.dumps(fitted))
    assert other == fitted and hash(other) == hash(fitted)
    table = requests(corpus(20)[0])
    assert other.load("cpu").score(table).equals(fitted.load().score(table))


@pytest.mark.parametrize("texts", [["물"], ["비가 온다", "비가 온다"], ["한 글", "두 글", "세 글"], ["", "해", " "]])
def test_small_corpora_have_fewer_axes(texts: list[str]) -> None:
    scores = Tfidf().fitted(requests(texts), 0).load().score(requests(texts))
    found = matrix(scores)
    distinct = len(set(texts))
    assert found.shape == (len(texts), 256)
    assert not found[:, distinct:].any() and np.isfinite(found).all()
    assert scores["flag"].to_pylist() == ["" if text.strip() else "empty" for text in texts]
    # as far from one another as the weights themselves are: nothing is lost
    if len(texts) == 3 and texts[0]:
        assert (found @ found.T)[0, 1] < 0.9


def test_copies_do_not_make_axes_of_rounding() -> None:
    texts = ["등대와 갈매기", "감자와 양파"]
    # in other spacing and width, so that the keys differ and the grams do not
    spread = [
        blank.join(text.split()) + end for text in texts for blank in (" ", "  ", "\t", "\u3000") for end in ("", " ")
    ]
    found = Tfidf(width=16).fitted(requests(spread), 0).learnt()
    assert found.model and found.model.axes[:, :2].any(0).all() and not found.model.axes[:, 2:].any()


def test_the_most_frequent_grams_stay() -> None:
    grams, spread = tfidf._vocabulary(["가가가 나나", "가 다"], 2)
    assert [divmod(int(gram), 1 << 21) for gram in grams] == [(0, ord("가")), (0, ord("나"))]
    assert spread.tolist() == [2, 1], "나 is as frequent as its pairs, and stands before them"


def test_a_sample_is_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = corpus()[0]
    _, every = tfidf._sample(requests(texts))
    assert sorted(every) == sorted(texts)
    monkeypatch.setattr(tfidf, "SAMPLE", 50)
    digest, some = tfidf._sample(requests(texts))
    assert some == every[:50] and digest == tfidf._sample(requests(texts[::-1]))[0]
    monkeypatch.setattr(tfidf, "SAMPLE_CHARACTERS", 100)
    assert 1 <= len(tfidf._sample(requests(texts))[1]) < 50
    long = ["물" * 1_000]
    assert tfidf._sample(requests(long))[1] == long


def test_a_million_characters(fitted: Tfidf) -> None:
    text = "감자를 썰어 냄비에 " * 100_000
    scores = fitted.load().score(requests([text, "감자를 썰어 냄비에"]))
    assert scores["flag"].to_pylist() == ["", ""] and np.isfinite(matrix(scores)).all()


@pytest.mark.parametrize("texts", [[], [""], ["", " \n", "\u200b"]])
def test_nothing_to_learn_from(texts: list[str]) -> None:
    with pytest.raises(WrongCall, match=r"none of the \d different texts to learn from has a character"):
        Tfidf().fitted(requests(texts), 0).load()


def test_nothing_to_learn_from_leaves_nothing_in_the_store(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="none of the 1 different texts"):
        Store(tmp_path).scores(Tfidf(), requests(["", " "]), Local())
    assert Store(tmp_path).contents() == []


@pytest.mark.parametrize("values", [{"width": 0}, {"width": True}, {"features": -1}, {"features": 1.5}])
def test_settings_that_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(WrongCall, match=f"tfidf: {next(iter(values))} = .* should be a whole number, 1 or more"):
        Tfidf(**values)


def test_it_is_fitted_first() -> None:
    with pytest.raises(WrongCall, match="learn it from a corpus first"):
        Tfidf().load()


def test_without_scikit_learn_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    with pytest.raises(WrongCall, match=r"needs sklearn: pip install 'okinst\[curation\]'"):
        Tfidf().fitted(requests(["물"]), 0)
