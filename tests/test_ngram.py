"""Ngram: beside the formula in plain Python, and what it promises of texts held out, order, sizes and bad input."""

import itertools
import json
import math
import pickle
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import WrongCall
from okinst.curation.scoring import ngram
from okinst.curation.scoring.engines import Scored
from okinst.curation.scoring.engines.local import Local
from okinst.curation.scoring.ngram import Ngram
from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.store import Store
from okinst.curation.scoring.sums import SCHEMA, mean
from tests.conftest import python
from tests.counting import shard_files

WHO = ["渔夫", "老园丁", "灯塔守", "船长", "面包师"]
WHAT = ["修补旧网", "浇灌玫瑰", "点亮灯塔", "数着海鸥", "揉着面团"]
WHEN = ["清晨", "黄昏", "雨后", "冬天", "午夜"]
SMALL = st.text("가나다 ab", max_size=7)


def sentences() -> list[str]:
    """Made up: 250 of them, all different."""
    made = itertools.product(WHEN, WHO, WHAT, ("。", "，然后回家。"))
    return [f"{when}，{who}{what}{end}" for when, who, what, end in made]


class Plain:
    """The module's formula, character by character, for a list of counted pieces."""

    def __init__(self, texts: Sequence[str], context: str = "", order: int = 5, discount: float = 0.75) -> None:
        self.order, self.discount = order, discount
        self.after: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        pieces = [["<", *text, ">"] for text in texts] + ([["<", *context, "\n"]] if context else [])
        for piece in pieces:
            for end in range(1, len(piece)):
                for length in range(min(order - 1, end) + 1):
                    self.after[tuple(piece[end - length : end])][piece[end]] += 1

    def p(self, character: str, history: Sequence[str]) -> float:
        found = 1 / ngram.ALPHABET
        for length in range(min(self.order - 1, len(history)) + 1):
            after = self.after.get(tuple(history[len(history) - length :]))
            if after:
                seen = max(after[character] - self.discount, 0) + self.discount * len(after) * found
                found = seen / after.total()
        return found

    def nll(self, text: str, context: str = "") -> float:
        line = ["<", *context, *("\n" if context else ""), *text, ">"]
        return -sum(math.log(self.p(line[at], line[:at])) for at in range(len(line) - len(text) - 1, len(line)))


def _seen(text: str) -> str:
    """What is left of a text in a request: nothing of one that is blank."""
    return text if text.strip() else ""


def nll(scores: pa.Table) -> Any:
    assert scores.schema == SCHEMA
    return scores["nll"].to_numpy()


@pytest.fixture(scope="module")
def fitted() -> Ngram:
    return Ngram().fitted(requests(sentences())).learnt()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(SMALL, max_size=6), st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=6),
    st.integers(1, 6), st.sampled_from([0.2, 0.75]),
)  # fmt: skip
def test_it_is_the_formula(corpus: list[str], asked: list[tuple[str, str]], order: int, discount: float) -> None:
    asked += [(text, "나 가") for text in corpus[:2]]  # counted ones behind a context
    asked += [(text, "") for text in corpus]
    corpus, asked = [_seen(text) for text in corpus], [(_seen(text), _seen(context)) for text, context in asked]
    fitted = Ngram(order, discount).fitted(requests(corpus))
    texts, contexts = (list(column) for column in zip(*asked, strict=True))
    scores = fitted.load().score(requests(texts, contexts)).to_pylist()
    for (text, context), score in zip(asked, scores, strict=True):
        others = sorted(set(corpus) - {text})
        assert score["tokens"] == (len(text) + 1 if text.strip() else 0)
        assert score["flag"] == ("" if text.strip() else "empty")
        if text.strip():
            assert score["nll"] == pytest.approx(Plain(others, context, order, discount).nll(text, context), abs=1e-9)
        else:
            assert score["nll"] is None


def test_probabilities_sum_to_one() -> None:
    plain = Plain(["가나다", "가나", "나나 가", "b"], "다가 c")
    seen = sorted({character for after in plain.after.values() for character in after})
    for history in ("<", "<가", "나", "가나", "<가나", "z", "<다가 "):
        others = (ngram.ALPHABET - len(seen)) * plain.p("z", list(history))
        assert sum(plain.p(each, list(history)) for each in seen) + others == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8, unique=True), st.data())
def test_a_text_is_scored_as_if_it_had_not_been_learnt(texts: list[str], data: st.DataObject) -> None:
    texts = list(dict.fromkeys(text.encode("utf-8", "ignore").decode() for text in texts))
    left = data.draw(st.integers(0, len(texts) - 1))
    rest = texts[:left] + texts[left + 1 :]
    for context in ("", "무엇? 什么?", rest[0] if rest else "a"):
        asked = requests([texts[left]], [context])
        whole, held_out = (Ngram().fitted(requests(each)).load().score(asked) for each in (texts, rest))
        assert whole.equals(held_out), "to the last bit"


def test_copies_in_the_corpus_do_not_help(fitted: Ngram) -> None:
    texts = sentences()
    twice = Ngram().fitted(requests(texts + texts))
    assert twice == fitted
    assert nll(twice.load().score(requests(texts))).tolist() == nll(fitted.load().score(requests(texts))).tolist()


def test_what_the_context_says_is_cheaper(fitted: Ngram) -> None:
    text = "紫色的河马在图书馆里跳舞"
    scores = fitted.load().score(requests([text] * 4, ["", "谁在哪里？", "一只紫色的河马在哪里跳舞？", "ㅇㅇ"]))
    none, other, same, strange = nll(scores)
    assert same < 0.7 * none and same < other < none
    assert abs(strange - none) < 0.1 * none
    assert scores["tokens"].to_pylist() == [len(text) + 1] * 4, "what stands before it is not counted"


def test_characters_in_order_are_cheaper(fitted: Ngram) -> None:
    rng = random.Random(5)
    texts = sentences()
    mixed = ["".join(rng.sample(text, len(text))) for text in texts]
    learnt, garbled = (mean(fitted.load().score(requests(each))) for each in (texts, mixed))
    assert (learnt < garbled).mean() > 0.99


@pytest.mark.parametrize("corpus", [[], [""], ["", "a"], ["가"]])
def test_next_to_no_corpus(corpus: list[str]) -> None:
    fitted = Ngram().fitted(requests(corpus))
    assert fitted.corpus and fitted.fitted(requests(["다른 글"])) is fitted
    none = fitted.load().score(requests([]))
    assert none.num_rows == 0 and none.schema == SCHEMA
    scores = fitted.load().score(requests(["가", "", " \n", "나다"], ["", "나", "", "나다"]))
    assert scores["flag"].to_pylist() == ["", "empty", "empty", ""]
    assert scores["tokens"].to_pylist() == [2, 0, 0, 3]
    found = scores["nll"].to_pylist()
    assert found[1] is None and found[2] is None and all(0 < each < 60 for each in found[:1] + found[3:])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=10), st.lists(st.text(max_size=20), max_size=10), st.randoms())
def test_any_text_has_a_number(texts: list[str], contexts: list[str], rng: random.Random) -> None:
    asked = [each.encode("utf-8", "ignore").decode() for each in [*texts, "\x00", "\ufdd0\U0010ffff", "\x01\x02"]]
    ahead = [each.encode("utf-8", "ignore").decode() for each in (contexts + [""] * len(asked))[: len(asked)]]
    loaded = KEPT.load()
    scores = loaded.score(requests(asked, ahead))
    assert [each is not None for each in scores["nll"].to_pylist()] == [bool(text.strip()) for text in asked]
    assert (np.isfinite(nll(scores)) | (scores["tokens"].to_numpy() == 0)).all()
    order = list(range(len(asked)))
    rng.shuffle(order)
    again = loaded.score(requests([asked[row] for row in order], [ahead[row] for row in order]))
    assert again.equals(scores.take(pa.array(order))), "order does not matter"
    for row in order[:3]:
        assert loaded.score(requests([asked[row]], [ahead[row]])).to_pylist() == scores.slice(row, 1).to_pylist()


KEPT = Ngram().fitted(requests([*sentences(), "등대에 불이 켜졌다.", "a"])).learnt()


def test_half_a_surrogate_pair_never_gets_here() -> None:
    for half in (ngram.START, ngram.END):
        with pytest.raises(WrongCall, match="row 1 is no text"):
            requests(["가", f"나{half}"])


def test_batches_and_threads_change_nothing(fitted: Ngram, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*sentences(), "새 글", "", "码" * 400]
    contexts = ["", "什么？"] * (len(texts) // 2) + [""] * (len(texts) % 2)
    whole = fitted.load().score(requests(texts, contexts))
    told: list[tuple[int, int]] = []
    for batch, threads in ((64, 3), (10**6, 1)):
        monkeypatch.setattr(ngram, "BATCH", batch)
        monkeypatch.setattr(ngram, "processors", lambda threads=threads: threads)
        again = fitted.load().score(requests(texts, contexts), lambda rows, tokens: told.append((rows, tokens)))
        assert again.equals(whole)
    assert sum(rows for rows, _ in told) == 2 * len(texts)
    assert sum(tokens for _, tokens in told) == 2 * sum(whole["tokens"].to_pylist())


def test_order_of_the_corpus_does_not_matter(fitted: Ngram) -> None:
    texts = sentences()
    random.Random(1).shuffle(texts)
    other = Ngram().fitted(requests([*texts, *texts[:9]], ["무엇?"] * (len(texts) + 9))).learnt()
    assert other == fitted and other.settings() == fitted.settings()
    assert fitted.model and other.model
    for one, two in zip(fitted.model.counts, other.model.counts, strict=True):
        assert all((left == right).all() for left, right in zip(one, two, strict=True))


def test_what_decides_is_in_the_settings(fitted: Ngram) -> None:
    said, texts = fitted.settings(), sentences()
    assert json.loads(json.dumps(said)) == said and len(said["corpus"]) == 64
    assert Ngram().fitted(requests(texts[1:])).settings() != said
    assert Ngram(order=4).fitted(requests(texts)).settings() != said
    assert Ngram(discount=0.5).fitted(requests(texts)).settings() != said
    assert fitted.fitted(requests(["다른 글"]), 3) is fitted


def test_it_travels(fitted: Ngram) -> None:
    other = pickle.loads(pickle.dumps(fitted))
    assert other == fitted and hash(other) == hash(fitted)
    assert other.load("cpu").score(requests(sentences())).equals(fitted.load().score(requests(sentences())))


def test_a_sample_is_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = sentences()
    monkeypatch.setattr(ngram, "MOST", 200)
    some, names = ngram._chosen(requests(texts))
    assert 150 < sum(map(len, some)) <= 200 and len(names) == len(some)
    assert ngram._chosen(requests(texts[::-1]))[0] == some
    assert ngram._chosen(requests(["물" * 1_000]))[0] == ["물" * 1_000], "one text at least"


LONG = """
import random, resource
from okinst.curation.scoring.ngram import Ngram
from okinst.curation.scoring.requests import requests
rng = random.Random(0)
text = "".join(chr(rng.randrange(0x4E00, 0x5E00)) for _ in range(10**6))
table = requests([text, "등대"], [text[::-1], ""])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
fitted = Ngram().fitted(table).load()
learnt = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
scores = fitted.score(table).to_pylist()
assert scores[0]["tokens"] == 10**6 + 1 and scores[0]["flag"] == "", scores
print((learnt - before) // 1024, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_million_characters_behind_a_million() -> None:
    learning, scoring = map(int, python(LONG).split())
    assert learning < 300 and scoring < 1_000, "MB"


@pytest.mark.parametrize("values", [{"order": 0}, {"order": True}, {"order": 2.0}, {"discount": 0}, {"discount": 1.0}])
def test_settings_that_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(WrongCall, match=f"ngram: {next(iter(values))} = .* should be a"):
        Ngram(**values)


def test_it_is_fitted_first() -> None:
    with pytest.raises(WrongCall, match="learn it from a corpus first"):
        Ngram().load()


@dataclass(frozen=True)
class Interrupted:
    """An engine whose run somebody stops after so many shards."""

    shards: int

    def run(self, *given: Any, **named: Any) -> Iterator[Scored]:
        yield from itertools.islice(Local().run(*given, **named), self.shards)
        raise KeyboardInterrupt


def test_through_the_store(tmp_path: Path) -> None:
    texts = [*sentences(), "", "새 글", *sentences()[:5]]
    table = requests(texts, ["", "谁？"] * (len(texts) // 2) + [""] * (len(texts) % 2))
    whole, stopped = Store(tmp_path / "whole", rows=50), Store(tmp_path / "stopped", rows=50)
    scores = whole.scores(Ngram(), table, Local())
    assert scores.equals(Ngram().fitted(table).load().score(table))
    with pytest.raises(KeyboardInterrupt):
        stopped.scores(Ngram(), table, Interrupted(2))
    assert 0 < stopped.contents()[0].rows <= 100
    assert stopped.scores(Ngram(), table, Local()).equals(scores)
    bytes_of = [shard_files(each.folder) for each in (whole, stopped)]
    assert bytes_of[0] == bytes_of[1] and len(bytes_of[0]) > 2
    assert whole.contents()[0].settings == Ngram().fitted(table).settings()


def test_what_is_scored_is_not_learnt_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, table = Store(tmp_path), requests(sentences())
    scores = store.scores(Ngram(), table, Local())
    monkeypatch.setattr(ngram, "_grams", None)
    assert store.scores(Ngram(), table, Local()).equals(scores)
    with pytest.raises(TypeError):
        store.scores(Ngram(order=4), table, Local())
