"""Kiwi: what it tells apart, and what it promises of order, sizes, contexts and bad input."""

import json
import pickle
import random
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import WrongCall
from okinst.curation.scoring import kiwi
from okinst.curation.scoring.engines.local import Local
from okinst.curation.scoring.kiwi import Kiwi, Loaded
from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.store import Store
from okinst.curation.scoring.sums import SCHEMA, mean
from tests.counting import shard_files
from tests.test_ngram import Interrupted

pytest.importorskip("kiwipiepy")

SENTENCES = [
    "할머니는 새벽마다 텃밭에 물을 주시고 고양이에게 밥을 챙겨 주셨다.",
    "등대지기는 안개가 짙은 밤이면 종을 울려 배들을 불러들였다.",
    "오래된 서점 주인은 손님이 없을 때면 창가에서 시집을 읽었다.",
    "비가 그치자 아이들은 장화를 신고 골목으로 뛰어나왔다.",
    "우리는 기차를 놓치는 바람에 역 앞 국밥집에서 저녁을 먹었다.",
    "목수는 낡은 의자의 다리를 고치고 나서 사포로 정성껏 문질렀다.",
]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return Kiwi().load()


LOADED: list[Loaded] = []


def kept() -> Loaded:
    """For tests that hypothesis calls often."""
    if not LOADED:
        LOADED.append(Kiwi().load())
    return LOADED[0]


def test_fluent_korean_is_cheaper(loaded: Loaded) -> None:
    rng = random.Random(2)
    shuffled = [" ".join(rng.sample(text.split(), len(text.split()))) for text in SENTENCES]
    garbled = ["".join(rng.sample(text, len(text))) for text in SENTENCES]
    fluent, mixed, noise = (mean(loaded.score(requests(texts))) for texts in (SENTENCES, shuffled, garbled))
    assert (fluent < mixed).all() and (mixed < noise).all()


def test_columns_and_sums(loaded: Loaded) -> None:
    texts = [SENTENCES[0], "", " \n\t", SENTENCES[1], "\n".join(SENTENCES[:2])]
    scores = loaded.score(requests(texts))
    assert scores.schema == SCHEMA
    assert scores["flag"].to_pylist() == ["", "empty", "empty", "", ""]
    one, none, blank, two, both = scores["nll"].to_pylist()
    assert none is blank is None and both == pytest.approx(one + two, rel=1e-4), "every sentence is begun anew"
    counts = scores["tokens"].to_pylist()
    assert counts[1:3] == [0, 0] and counts[4] == counts[0] + counts[3]
    assert counts[0] == len(loaded.kiwi.tokenize(SENTENCES[0])) > len(SENTENCES[0].split())
    nothing = loaded.score(requests([]))
    assert nothing.num_rows == 0 and nothing.schema == SCHEMA


def test_what_stands_before_a_text_changes_nothing(loaded: Loaded) -> None:
    alone = loaded.score(requests(SENTENCES))
    for context in ("무엇을 하셨나요?", SENTENCES[0], "새벽의 텃밭"):
        assert loaded.score(requests(SENTENCES, [context] * len(SENTENCES))).equals(alone)


def test_a_long_text_is_cut(loaded: Loaded) -> None:
    sentence = SENTENCES[3] + " "
    long = sentence * (10**6 // len(sentence))
    edge = (sentence * 1_000)[: kiwi.MOST]
    scores = loaded.score(requests([long, edge.strip(), "\n" * 10**6 + SENTENCES[3], edge + "끝."]))
    assert scores["flag"].to_pylist() == ["cut", "", "", "cut"]
    found = scores.to_pylist()
    assert found[0]["nll"] == found[1]["nll"] == found[3]["nll"]
    assert found[2] == loaded.score(requests([SENTENCES[3]])).to_pylist()[0], "blanks at its start are no text"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=20) | st.text("가각는다.?! \nㅋaA1中", max_size=30), max_size=8), st.randoms())
def test_any_text_has_a_number(texts: list[str], rng: random.Random) -> None:
    asked = [text.encode("utf-8", "ignore").decode() for text in texts]
    asked += ["\x00", "가\x00나", "😀", "\U0010ffff", "\ufdd0", "ㅋ" * 900, unicodedata.normalize("NFD", SENTENCES[0])]
    scores = kept().score(requests(asked))
    found, tokens = scores["nll"].to_pylist(), scores["tokens"].to_pylist()
    for text, sum_, count, flag in zip(asked, found, tokens, scores["flag"].to_pylist(), strict=True):
        assert (sum_ is not None) == (count > 0) == (flag != "empty"), text
        assert sum_ is None or (np.isfinite(sum_) and sum_ >= 0), text
        assert text.strip() or flag == "empty"
    order = list(range(len(asked)))
    rng.shuffle(order)
    assert kept().score(requests([asked[row] for row in order])).equals(scores.take(pa.array(order)))
    assert kept().score(requests([asked[0]])).to_pylist() == scores.slice(0, 1).to_pylist()


def test_half_a_surrogate_pair_never_gets_here() -> None:
    with pytest.raises(WrongCall, match="row 1 is no text"):
        requests(["가", "나\udc00"])


def test_batches_and_threads_change_nothing(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{row}번째로 {text}" for row, text in enumerate(SENTENCES * 20)]
    whole = loaded.score(requests(texts))
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(kiwi, "BATCH", 7)
    for threads in (1, 3):
        monkeypatch.setattr(kiwi, "processors", lambda threads=threads: threads)
        again = Kiwi().load().score(requests(texts), lambda rows, tokens: told.append((rows, tokens)))
        assert again.equals(whole)
    assert sum(rows for rows, _ in told) == 2 * len(texts)
    assert sum(tokens for _, tokens in told) == 2 * sum(whole["tokens"].to_pylist())


def test_what_decides_is_in_the_settings() -> None:
    said = Kiwi().settings()
    assert json.loads(json.dumps(said)) == said
    assert set(said) == {"kiwipiepy", "kiwipiepy_model", "most", "rules"}
    assert Kiwi().fitted(requests(["글"]), 1) == Kiwi() == pickle.loads(pickle.dumps(Kiwi()))


def test_without_kiwi_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kiwipiepy", None)
    with pytest.raises(WrongCall, match=r"needs Kiwi, which is not installed: pip install 'okinst\[curation\]'"):
        Kiwi().load()
    monkeypatch.setattr(sys, "path", [path for path in sys.path if "site-packages" not in path])
    with pytest.raises(WrongCall, match=r"pip install 'okinst\[curation\]'"):
        Kiwi().settings()


def test_without_the_system_telling_which_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.sched_getaffinity", raising=False)  # as on macOS and Windows
    assert Kiwi().load().score(requests(SENTENCES[:1]))["tokens"][0].as_py() > 0


def test_through_the_store(tmp_path: Path) -> None:
    texts = [f"{row}번째로 {text}" for row, text in enumerate(SENTENCES * 10)] + ["", "물", "물"]
    table = requests(texts)
    whole, stopped = Store(tmp_path / "whole", rows=20), Store(tmp_path / "stopped", rows=20)
    scores = whole.scores(Kiwi(), table, Local())
    assert scores.equals(Kiwi().load().score(table))
    with pytest.raises(KeyboardInterrupt):
        stopped.scores(Kiwi(), table, Interrupted(1))
    assert 0 < stopped.contents()[0].rows <= 20
    assert stopped.scores(Kiwi(), table, Local()).equals(scores)
    bytes_of = [shard_files(each.folder) for each in (whole, stopped)]
    assert bytes_of[0] == bytes_of[1] and len(bytes_of[0]) > 2
    assert whole.contents()[0].tokens == sum(kept().score(requests(sorted(set(texts))))["tokens"].to_pylist())


def test_an_answer_that_was_scored_alone_is_not_scored_after_its_instruction(tmp_path: Path) -> None:
    store = Store(tmp_path)
    alone = store.scores(Kiwi(), requests(SENTENCES), Local())
    given = store.scores(Kiwi(), requests(SENTENCES, ["무슨 일이 있었나요?"] * len(SENTENCES)), Local())
    assert given.equals(alone) and store.contents()[0].rows == len(SENTENCES)
