"""Evaluation items are found wherever they stand, and nowhere else."""

import io
import json
import multiprocessing
import os
import random
import signal
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import (
    DamagedFile,
    LostProcess,
    MissingFile,
    WrongCall,
    ask,
    choose,
    find,
    label,
    prefer,
    rate,
    request,
    talk,
)
from okinst.curation import contamination, evaluation, grams
from okinst.curation.contamination import Index
from okinst.curation.evaluation import Item
from okinst.curation.normal import normalise
from tests.conftest import okinst

KOREAN = [
    "한강에서 자전거를 타던 민수는 갑자기 내린 소나기를 피하려고 다리 밑으로 들어갔다. 민수는 왜 다리 밑으로 들어갔을까?",
    "비례대표제는 정당의 득표율에 비례해 당선자 수를 결정하는 선거 제도이다. 이 제도가 소수 정당에 유리한 까닭을 설명하고, "
    "한국의 국회의원 선거에서 어떻게 쓰이는지 예를 들어 서술하시오.",
    "새로 산 바지의 허리가 컸다.",
]
CHINESE = [
    "请用三句话概括《红楼梦》的主要情节，并说明林黛玉和贾宝玉之间的关系为什么以悲剧告终。",
    "一个水池有两个进水管和一个出水管，甲管单独注满需要六小时，乙管单独注满需要八小时，出水管单独放完需要十二小时。"
    "三管同时打开，多少小时可以注满水池？请写出完整的计算过程。",
    "为什么高山上的气压更低？",
]
PROMPTS = KOREAN + CHINESE
UNRELATED = [
    "건강을 유지하려면 규칙적인 운동과 균형 잡힌 식사, 충분한 수면이 필요합니다. 스트레스를 줄이는 것도 중요합니다.",
    "保持健康的三个提示：均衡饮食，坚持锻炼，保证充足的睡眠。此外，还应该定期体检，保持良好的心态。",
    "The quick brown fox jumps over the lazy dog while the rest of the farm is asleep in the shade.",
]
AROUND = st.text(st.characters(), max_size=60)


def item(text: str, number: int = 0, name: str = "mine", answer: str = "") -> Item:
    return Item(name, "test", str(number), "prompt", text, answer)


def index(*texts: str) -> Index:
    return Index.of(item(text, number) for number, text in enumerate(texts))


EVERY = index(*PROMPTS)


def found(search: Index, text: str) -> set[str]:
    return {hit.item.id for hit in search.search([text])}


def spaced(text: str) -> str:
    rng = random.Random(len(text))
    return "".join(char + " " * rng.randint(0, 2) for char in text)


def wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


CHANGES: dict[str, Callable[[str], str]] = {
    "verbatim": str,
    "no spaces": lambda text: text.replace(" ", ""),
    "spaced": spaced,
    "wide": wide,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "no punctuation": lambda text: "".join(char for char in text if not unicodedata.category(char).startswith("P")),
    "zero-width": lambda text: "\u200b".join(text),
    "on lines": lambda text: text.replace(" ", "\n\n"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("number", range(len(PROMPTS)))
def test_a_changed_prompt_is_found(number: int, change: str) -> None:
    text = (
        f"### 질문: {CHANGES[change](PROMPTS[number])}\n\n(A) 예 (B) 아니오\n\n### 답변: 네, 그렇습니다. {UNRELATED[0]}"
    )
    assert found(EVERY, text) == {str(number)}


@given(st.sampled_from(range(len(PROMPTS))), AROUND, AROUND, st.sampled_from(sorted(CHANGES)))
def test_a_planted_prompt_is_found_whatever_surrounds_it(number: int, before: str, after: str, change: str) -> None:
    # a blank of its own: a mark or jamo at its edge would compose with the prompt's own characters
    assert str(number) in found(EVERY, f"{before}\n가 {CHANGES[change](PROMPTS[number])} 나\n{after}")


@given(st.lists(AROUND, max_size=5))
def test_nothing_is_found_in_unrelated_text(texts: list[str]) -> None:
    assert len(EVERY.search([*texts, *UNRELATED])) == 0


@given(
    st.randoms(use_true_random=False), st.lists(st.sampled_from(PROMPTS + UNRELATED + [""]), min_size=1, max_size=20)
)
def test_the_order_of_rows_does_not_matter(rng: random.Random, texts: list[str]) -> None:
    order = list(range(len(texts)))
    rng.shuffle(order)
    there, back = EVERY.search([texts[place] for place in order]), EVERY.search(texts)
    assert sorted((order[hit.row], *hit[1:]) for hit in there) == sorted(tuple(hit) for hit in back)


def test_the_number_of_processes_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contamination, "TASK", 7)
    rng = random.Random(0)
    texts = [rng.choice(UNRELATED) + rng.choice([*PROMPTS, ""]) for _ in range(100)]
    one = EVERY.search(texts)
    assert one and all(EVERY.search(texts, processes=processes) == one for processes in (2, 3))


def test_batches_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [UNRELATED[0] + prompt for prompt in PROMPTS] * 5
    whole = EVERY.search(texts)
    monkeypatch.setattr(contamination, "BATCH", 10)
    assert EVERY.search(texts) == whole


def test_evidence_is_the_stretch_as_it_stands_in_the_text() -> None:
    planted = spaced(KOREAN[0])
    (hit,) = EVERY.search([f"앞말이 있고 {planted}(그리고 뒷말)"])
    assert hit.score == 1 and normalise(hit.evidence) == normalise(KOREAN[0]) and hit.evidence in planted
    (hit,) = EVERY.search([unicodedata.normalize("NFD", f"앞말 {KOREAN[2]} 뒷말")])
    assert normalise(hit.evidence) == normalise(KOREAN[2])


def test_hits_come_by_row_and_score() -> None:
    half = KOREAN[1][: len(KOREAN[1]) * 3 // 4]
    hits = EVERY.search(["", f"{half} {CHINESE[0]}", KOREAN[2]])
    assert [(hit.row, hit.item.id) for hit in hits] == [(1, "3"), (1, "1"), (2, "2")]
    assert (
        hits.rows() == [1, 2] and hits.searched == 3 and hits[0].score == 1 > hits[1].score >= contamination.THRESHOLD
    )
    assert [hit.item.id for hit in EVERY.search([half], threshold=0.95)] == []


def test_pieces_scattered_over_a_long_text_are_no_hit() -> None:
    words = KOREAN[1].split()
    filler = UNRELATED[0] * 5
    pieces = [" ".join(words[start : start + 5]) for start in range(0, len(words), 5)]
    assert found(EVERY, " ".join(pieces)) == {"1"}
    assert found(EVERY, filler.join(pieces)) == set()


def test_a_question_frame_flags_nobody() -> None:
    things = [
        "고양이",
        "자동차",
        "소나무",
        "비행기",
        "도서관",
        "피아노",
        "냉장고",
        "거북이",
        "우체국",
        "사다리",
        "호랑이",
        "운동장",
    ]
    items = [
        item(
            f"### 지문: {thing}에 관한 글입니다.\n### 질문: 다음 글을 읽고 물음에 알맞은 답을 고르시오. 정답은 하나입니다.",
            number,
        )
        for number, thing in enumerate(things)
    ]
    search = Index.of(items)
    innocent = "### 지문: 다른 이야기.\n### 질문: 다음 글을 읽고 물음에 알맞은 답을 고르시오. 정답은 하나입니다."
    assert found(search, innocent) == set()
    assert found(search, f"문제입니다.\n{items[3].text}\n답: 1") == {"3"}


def test_a_short_prompt_is_found_without_the_labels_of_its_set() -> None:
    sentences = [
        "택배사 정말 마음에 듬",
        "완전 거북이 배송이라 별로",
        "가격이 싸고 색이 고와요",
        "다시는 사고 싶지 않아요",
    ]
    search = Index.of(item(f"문장: {text} 긍부정:", number) for number, text in enumerate(sentences))
    assert found(search, f"이 후기는 어때? {sentences[1]}. 부정입니다.") == {"1"}
    assert found(search, "문장: 처음 보는 후기입니다 긍부정: 긍정") == set()


def test_what_identifies_nothing_is_reported() -> None:
    search = Index.of(
        [
            item("왜?", 0),
            item("", 1),
            item("...!?", 2),
            item("뭐 해?", 3, answer="밥 먹고 영화를 봐"),
            item(KOREAN[2], 4),
        ]
    )
    assert [item.id for item in search.unsearchable] == ["0", "1", "2"]
    assert search.coverage() == {"mine": {"items": 5, "searchable": 1, "only framed": 1, "not searchable": 3}}
    assert found(search, "왜? ...!? 뭐 해?") == set()
    assert found(search, "Q. 뭐 해?\n밥 먹고 영화를 봐.") == {"3"}


def test_equal_texts_are_each_reported() -> None:
    search = Index.of([item(KOREAN[0], 0), item(KOREAN[0] + " ", 1), item(KOREAN[0], 0, name="other")])
    assert [(hit.item.set, hit.item.id) for hit in search.search([KOREAN[0]])] == [
        ("mine", "0"),
        ("mine", "1"),
        ("other", "0"),
    ]


@pytest.mark.parametrize("items", [[], [item("")], [item("왜?")], [item(KOREAN[2])], [item(KOREAN[0])]])
def test_a_small_index_searches_like_a_large_one(items: list[Item]) -> None:
    again = Index.from_bytes(Index.of(items).to_bytes())
    for search in (Index.of(items), again):
        assert len(search.search([*UNRELATED, ""])) == 0 and len(search.search([])) == 0
        assert len(search.search([item.text for item in items])) == (bool(items) and len(items[0].text) > 5)


def test_odd_texts() -> None:
    long = UNRELATED[0] * 20_000  # more than a million characters
    texts = [
        "",
        "\0",
        "\ud800",
        f"\udfff{KOREAN[0]}\ud83d",
        f"{long}{CHINESE[1]}{long}",
        "\U0010ffff" * 9,
        "각" * 100_000,
    ]
    assert [(hit.row, hit.item.id) for hit in EVERY.search(texts)] == [(3, "0"), (4, "4")]
    again = index(KOREAN[0] + "\ud800")
    assert found(Index.from_bytes(again.to_bytes()), KOREAN[0]) == {"0"}


def test_a_long_item_is_found_by_its_sketch() -> None:
    rng = random.Random(1)
    book = " ".join("".join(rng.choices("가나다라마바사아자차카타파하", k=4)) for _ in range(20_000))
    search = index(book, KOREAN[0])
    assert (
        found(search, f"{UNRELATED[0]}{book}{UNRELATED[1]}") == {"0"} and found(search, book[: len(book) // 3]) == set()
    )


@given(st.lists(st.text(st.characters() | st.sampled_from("가각ᄀ ᅡᆨé́Å①Ⅳ㎡ﬁ"), max_size=30), max_size=6))
@settings(max_examples=300)
def test_numbers_stand_for_the_normal_form(texts: list[str]) -> None:
    made = grams.of(texts)
    ends = [*made.starts[1:].tolist(), len(made.values)] if texts else []
    assert sorted(made.which.tolist()) == list(range(len(texts)))
    for start, end, which in zip(made.starts.tolist(), ends, made.which.tolist(), strict=True):
        assert made.values[start:end].tolist() == grams.normal([normalise(texts[which])]).tolist()


@given(st.lists(st.text("가나다라 a", max_size=12), max_size=4), st.integers(1, 5))
def test_rolling_hashes_are_those_of_the_stretches(texts: list[str], length: int) -> None:
    made = grams.of(texts)
    hashes = made.grams(length)
    places = np.arange(len(hashes))
    assert hashes.tolist() == made.stretches(places, np.full(len(places), length)).tolist()
    stretches = {tuple(made.values[place : place + length].tolist()) for place in places.tolist()}
    assert len(set(hashes.tolist())) == len(stretches)


@given(st.text(st.characters() | st.sampled_from("가각ᄀ ᅡᆨé"), max_size=40), st.data())
def test_a_stretch_holds_what_was_asked_for(text: str, data: st.DataObject) -> None:
    form = normalise(text)
    start = data.draw(st.integers(0, len(form)))
    end = data.draw(st.integers(start, len(form)))
    assert form[start:end] in normalise(grams.stretch(text, start, end)) or not form.isascii()
    assert grams.stretch(text, start, end) in text


# -- what is searched in part -----------------------------------------------------------------------------------------

REVIEWS = ["배송이 느려요", "색이 참 고와요", "다시는 안 사요", "값이 너무 비쌈", "향이 별로네요", "포장이 허술함"]
SHORT = Index.of(item(f"문장: {text} 긍부정:", number) for number, text in enumerate([*REVIEWS, "별로", "굿"]))


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("{}", True),
        ("{}.", True),
        ("이 후기를 나누세요.\n\n- “{}!”\n\n(1) 긍정 (2) 부정", True),
        ("3. 후기: {} 답: 부정", True),
        ("어제 산 옷인데 {}. 그래도 입을 만해요.", False),
        ("{} 하지만 입을 만해요.", False),
        ("어제 샀다. {}.", False),
    ],
)
def test_a_short_item_alone_is_found_as_a_whole_line(text: str, there: bool) -> None:
    for change in ("verbatim", "spaced", "decomposed", "zero-width"):
        planted = text.replace("{}", CHANGES[change](REVIEWS[2]))
        assert found(SHORT, planted) == ({"2"} if there else set()), change


def test_what_is_found_in_its_frame_only_is_counted() -> None:
    assert SHORT.coverage() == {"mine": {"items": 8, "searchable": 6, "only framed": 1, "not searchable": 1}}
    assert found(SHORT, "별로") == set() and found(SHORT, "문장: 별로 긍부정: 부정") == {"6"}


PARAGRAPHS = [
    ("수달은 하천에 살며 물고기와 갑각류를 먹는다. 발가락 사이에 물갈퀴가 있어 헤엄을 잘 친다.", "수달의 발에는 물갈퀴가 달려 있는가?"),
    ("은행나무는 암나무와 수나무가 따로 있으며, 열매는 암나무에만 열린다. 가을이면 잎이 노랗게 물든다.", "은행은 모든 은행나무에 열리는가?"),
    ("첨성대는 경주에 있는 신라의 건축물로, 별을 보던 곳이라는 의견이 많다. 돌을 쌓아 올려 지었다.", "첨성대는 고구려 때에 지어진 건축물인가?"),
    ("한라산은 제주도 가운데에 솟은 화산이다. 꼭대기에는 백록담이라는 호수가 있다. 높이는 남한에서 으뜸이다.", "백록담은 한라산의 꼭대기에 있는 호수인가?"),
]  # fmt: skip


def test_paragraph_and_question_are_found_alone() -> None:
    search = Index.of(item(f"{text} 질문: {asked} 답변: ", number) for number, (text, asked) in enumerate(PARAGRAPHS))
    for number, (text, asked) in enumerate(PARAGRAPHS):
        assert found(search, f"안녕하세요! {asked} 알려 주세요.") == {str(number)}
        assert found(search, f"다음을 요약해 줘.\n{text}") == {str(number)}
        assert found(search, f"누가 {asked}") == set()  # not the whole sentence
        (hit,) = search.search([f"{text} 질문: {asked} 답변: 예"])
        assert normalise(hit.evidence) == normalise(f"{text}질문{asked}") or text in hit.evidence


def test_a_sentence_of_many_items_is_a_commonplace() -> None:
    ask = "이 글의 내용과 같은가?"
    several = [f"{text} 질문: {ask if number else other} 답변: " for number, (text, other) in enumerate(PARAGRAPHS * 2)]
    same = [f"{number}. {text}" for number, text in enumerate(several)]
    assert found(index(*same), f"생각해 보자. {ask} 그럴 수도 있다.") == set()


def test_a_short_premise_is_found_before_its_answer() -> None:
    asked = [
        ("눈이 왔다.", "길이 온통 하얗게 덮였다."),
        ("잠을 잤다.", "몸이 한결 가벼워졌다."),
        ("비가 왔다.", "소풍이 미뤄졌다."),
        ("불을 켰다.", "방이 환해졌다."),
    ]
    search = Index.of(item(f"{text} 그래서", number, answer=answer) for number, (text, answer) in enumerate(asked))
    assert search.coverage()["mine"]["only framed"] == 4
    assert found(search, f"어제 일이다. {asked[0][0]} {asked[0][1]} 좋았다.") == {"0"}
    assert found(search, f"어제 일이다. {asked[0][0]} {asked[2][1]}") == set()


class Deadly(Sequence[str]):
    """Texts that kill the worker process that reads the last of them, as a system does that is out of memory."""

    def __init__(self, texts: list[str]) -> None:
        self.texts, self.parent = texts, os.getpid()

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, place: Any) -> Any:
        if os.getpid() != self.parent and place.stop >= len(self.texts):
            os.kill(os.getpid(), signal.SIGKILL)
        return self.texts[place]


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes are forked")
def test_a_worker_that_is_killed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contamination, "TASK", 10)
    texts = [f"{UNRELATED[0]} {KOREAN[0]}"] * 40
    with pytest.raises(LostProcess, match=r"one of 2 worker processes was killed .* fewer processes \(--num-proc 1\)"):
        EVERY.search(Deadly(texts), processes=2)
    assert len(EVERY.search(texts, processes=2)) == 40  # and the next search is none the worse


@pytest.mark.parametrize("processes", [1, 2])
def test_a_search_tells_how_far_it_is(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contamination, "TASK", 10)
    steps: list[int] = []
    EVERY.search(UNRELATED * 8, processes=processes, advance=steps.append)
    assert steps == [10, 10, 4]


# -- the file -------------------------------------------------------------------------------------------------------


def test_a_saved_index_gives_the_same_answers(tmp_path: Path) -> None:
    EVERY.save(tmp_path / "a" / "one.index")
    again = Index.load(tmp_path / "a" / "one.index")
    texts = [f"{before}{prompt}" for before in UNRELATED for prompt in PROMPTS]
    told = [
        [(hit.row, hit.item.id, hit.score, hit.evidence) for hit in search.search(texts)] for search in (EVERY, again)
    ]
    assert told[0] == told[1] and told[0]
    assert again.coverage() == EVERY.coverage() and again.to_bytes() == EVERY.to_bytes()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["one.index"]


@pytest.mark.parametrize("kind", ["framed", "in parts", "short", "long", "alike", "no evidence", "every"])
def test_a_saved_index_of_every_kind_of_item_is_opened(kind: str, tmp_path: Path) -> None:
    asked = [
        ("비가 왔다.", "소풍이 미뤄졌다."),
        ("불을 켰다.", "방이 환해졌다."),
        ("꽃이 졌다.", "여름이 왔다."),
        ("잠을 잤다.", "몸이 가볍다."),
    ]
    kinds = {
        "framed": [item(f"{text} 그래서", number, "framed", answer) for number, (text, answer) in enumerate(asked)],
        "in parts": [
            item(f"{text} 질문: {question} 답변: ", number, "parts")
            for number, (text, question) in enumerate(PARAGRAPHS)
        ],
        "short": [item(f"문장: {text} 긍부정:", number, "short") for number, text in enumerate(REVIEWS)],
        "long": [item(" ".join(text for text, _ in PARAGRAPHS), 0, "long")],
        "alike": [item(KOREAN[0], number, "alike") for number in range(3)],
        "no evidence": [item(text, number, "none") for number, text in enumerate(("왜?", "네", ""))],
    }
    items = [each for name, some in kinds.items() if kind in (name, "every") for each in some]
    texts = [
        f"먼저 인사를 드립니다.\n{each.text}{each.answer}\n고맙습니다." for some in kinds.values() for each in some
    ]
    texts += [part for pair in (*PARAGRAPHS, *asked) for part in pair]
    made = Index.of(items)
    made.save(tmp_path / "kept.index")
    again = Index.load(tmp_path / "kept.index")
    told = [
        [(hit.row, hit.item.set, hit.item.id, hit.score, hit.evidence) for hit in search.search(texts)]
        for search in (made, again)
    ]
    assert told[0] == told[1] and bool(told[0]) == (kind != "no evidence")
    assert again.coverage() == made.coverage() and len(again.unsearchable) == len(made.unsearchable)


def test_an_index_holds_no_text() -> None:
    arrays = np.load(io.BytesIO(EVERY.to_bytes()), allow_pickle=False)
    content = b"".join(arrays[name].tobytes() for name in arrays.files)
    for prompt in PROMPTS:
        assert prompt[:4].encode() not in content and prompt[:4].encode("utf-32-le") not in content


def test_a_missing_index_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"there is no index .*gone"):
        Index.load(tmp_path / "gone")


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_index_is_named(data: st.DataObject) -> None:
    content = bytearray(EVERY.to_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place] ^= data.draw(st.integers(1, 255))
    else:
        del content[place:]
    try:
        again = Index.from_bytes(bytes(content), "my.index")
    except DamagedFile as error:
        assert str(error).startswith("my.index is no index of okinst, or was damaged") and "okinst index -o" in str(
            error
        )
    else:  # a byte that nothing reads, such as a date
        assert again.to_bytes() == EVERY.to_bytes()


@pytest.mark.parametrize("content", [b"", b"PK", b"{}", b"\x93NUMPY", np.zeros(3).tobytes()])
def test_another_file_is_no_index(content: bytes) -> None:
    with pytest.raises(DamagedFile, match="no index of okinst"):
        Index.from_bytes(content)


def _changed(**changes: object) -> bytes:
    arrays = dict(np.load(io.BytesIO(EVERY.to_bytes()), allow_pickle=False))
    head = json.loads(arrays["head"].tobytes())
    for name, value in changes.items():
        if name in arrays:
            arrays[name] = value
        else:
            head[name.replace("_", " ")] = value
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize("changes", [{"format": 99}, {"normal_form": "another"}])
def test_an_index_of_another_normal_form_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(WrongCall, match=r"made by okinst .* another normal form .*okinst index -o"):
        Index.from_bytes(_changed(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"text_of": np.full(6, 99)},
        {"item_text": np.full(6, 99)},
        {"item_text": np.zeros(2, np.int64)},
        {"text_of": np.zeros(2, np.int64)},
        {"text_total": np.zeros(6, np.int64)},
        {"text_of": np.zeros(6, np.float64)},
        {"texts_10": np.full(5000, -1)},
        {"starts_10": np.zeros(1, np.int64)},
        {"hashes_8": np.zeros((2, 2), np.uint64)},
        {"starts_6": np.zeros(0, np.int64)},
        {"items": [["too short"]]},
        {"text_how": np.full(6, 9)},
        {"text_of": np.full(6, -2)},
        {"item_text": np.full(6, -2)},
        {"items": 3},
    ],
)
def test_tables_that_do_not_fit_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(DamagedFile, match="no index of okinst"):
        Index.from_bytes(_changed(**changes))


@pytest.mark.parametrize(
    "wrong", [{"threshold": 0.0}, {"threshold": 1.1}, {"threshold": float("nan")}, {"processes": 0}]
)
def test_a_wrong_call_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(WrongCall):
        EVERY.search(["가"], **wrong)  # type: ignore[arg-type]


# -- items ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (choose("질문", ["하나", "두 가지입니다"], 1, "t"), [("query", "질문", "두 가지입니다")]),
        (choose("질문", ["예", "아니오"], 0, "t"), [("query", "질문", "")]),
        (choose("질문", ["가나다라", "마바사아"], -1, "t"), [("query", "질문", "")]),
        (find("제목", "긴 글", "무엇?", ["긴"], [0]), [("question", "무엇?", ""), ("context", "긴 글", "")]),
        (ask("물음", "대답입니다."), [("turn 1", "물음", "대답입니다.")]),
        (
            talk([("user", "하나"), ("bot", "대답입니다."), ("user", "둘")], document="글"),
            [("turn 1", "하나", "대답입니다."), ("turn 2", "둘", "")],
        ),
        (request("물음"), [("turn 1", "물음", "")]),
        (prefer("물음", "좋다", "나쁘다"), [("turn 1", "물음", "")]),
        (rate([("user", "물음"), ("bot", "응")], human=3), [("turn 1", "물음", "")]),
        (label("d", "A", "말", ["욕설"], 1.0), [("text", "말", "")]),
        ({"instruction": "물음", "output": "대답"}, [("instruction", "물음", "")]),
        ({"prompt": None}, [("prompt", "", "")]),
    ],
)
def test_every_shape_becomes_items(row: dict[str, object], expected: list[tuple[str, str, str]]) -> None:
    table = pa.Table.from_pylist([{"id": "s/test/0", **row}])
    made = evaluation.items(table, "s", "test")
    assert [(item.part, item.text, item.answer) for item in made] == expected
    assert {(item.set, item.split, item.id) for item in made} == {("s", "test", "s/test/0")}


def test_a_shared_context_is_one_item() -> None:
    rows = pa.Table.from_pylist([find("t", "긴 글", question, [], []) for question in ("하나?", "둘?")])
    made = evaluation.items(rows, "s", "test")
    assert [(item.id, item.part) for item in made] == [
        ("s/test/0", "question"),
        ("s/test/0", "context"),
        ("s/test/1", "question"),
    ]


@pytest.mark.parametrize("row", [{"other": "물음"}, {"prompt": 3}])
def test_rows_without_a_prompt_are_refused(row: dict[str, object]) -> None:
    with pytest.raises(WrongCall):
        evaluation.items(pa.Table.from_pylist([row]), "s", "test")


# -- the command line -----------------------------------------------------------------------------------------------


def test_the_command_line_reports_hits(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    texts = [{"instruction": "인사해 줘.", "output": "안녕!"}, {"conversations": [{"value": f"풀어 봐: {KOREAN[0]}"}]}]
    rows.write_text("".join(json.dumps(row) + "\n" for row in texts), encoding="utf-8")
    mine = tmp_path / "mine.jsonl"
    mine.write_text(
        json.dumps({"id": "x1", "prompt": KOREAN[0]}) + "\n" + json.dumps({"prompt": "왜?"}) + "\n", encoding="utf-8"
    )
    direct = okinst("contamination", rows, "--against", mine, "--json")
    assert direct.returncode == 0, direct.stderr
    told = json.loads(direct.stdout)
    (report,) = told["sets"]
    assert (report["rows"], report["flagged"]) == (2, 1) and told["against"][str(mine)]["not searchable"] == 1
    assert [(hit["row"], hit["item"], hit["evidence"]) for hit in report["hits"]] == [(1, "x1", KOREAN[0].rstrip("?"))]
    made = okinst("index", "-o", tmp_path / "mine.index", mine)
    assert made.returncode == 0 and "1 too short to be searched for" in made.stdout, made.stderr
    again = okinst("contamination", rows, "--index", tmp_path / "mine.index", "--json")
    assert json.loads(again.stdout)["sets"] == told["sets"]
    table = okinst("contamination", rows, "--index", tmp_path / "mine.index")
    assert "x1" in table.stdout and "50.000 %" in table.stdout


def test_the_command_line_reads_what_okinst_built(tmp_path: Path) -> None:
    assert okinst("build", "kobest-copa", "-o", tmp_path / "copa", "--sample").returncode == 0
    done = okinst("contamination", tmp_path / "copa", "hrc", "--against", "kobest-copa", "--sample", "--json")
    assert done.returncode == 0, done.stderr
    flagged = {
        (report["name"], report["split"]): (report["flagged"], report["rows"])
        for report in json.loads(done.stdout)["sets"]
    }
    assert flagged[str(tmp_path / "copa"), "test"][0] == flagged[str(tmp_path / "copa"), "test"][1] > 0
    assert flagged["hrc", "train"][0] == 0


def test_a_set_that_cannot_be_reached_is_an_error(tmp_path: Path) -> None:
    done = okinst("contamination", "hrc", "--mirror", tmp_path)
    assert done.returncode == 1 and "No set is passed over" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["hrc", "--against", "kobest-copa", "--index", "x"], 2, "exclude each other"),
        (["hrc", "--index", "gone.index"], 1, "there is no index gone.index"),
        (["nothing-like-it", "--against", "kobest-copa"], 2, "okinst has no 'nothing-like-it'"),
        (["gone.jsonl", "--against", "kobest-copa"], 1, "there is no file gone.jsonl"),
        (["hrc", "--against", "kobest-copa", "--threshold", "7"], 2, "more than 0, at most 1"),
    ],
)
def test_wrong_calls_of_the_command_line(arguments: list[str], code: int, message: str, tmp_path: Path) -> None:
    done = okinst("contamination", *arguments, *["--sample"], cwd=tmp_path)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
