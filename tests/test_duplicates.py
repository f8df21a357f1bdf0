"""Duplicates: what is the same, what only looks it, and which row stays."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import WrongCall, ask, choose, prefer, request, talk
from okinst.builders import find as span
from okinst.curation import passages
from okinst.curation.duplicates import ALONE, EXACT, KEPT, NEAR, Groups, find, keep, records, settle

KOREAN = "오늘은 날씨가 맑고 바람이 조금 불어서 한강 공원에서 자전거를 타고 점심으로 김밥과 라면을 먹었습니다."
CHINESE = "今天天气晴朗，微风拂面，我们在公园里骑自行车，中午吃了饺子和面条，晚上看了一部老电影才回家。"


def same(one: str, other: str, *others: str) -> bool:
    groups = find([one, other, *others])
    return bool(groups.group[0] == groups.group[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("우리나라의 수도는 어디인가요?", "우리 나라의 수도는 어디 인가요"),
        ("기후 변화의 영향을 설명하세요.", "기후 변화의 영향 설명하세요."),
        ("세종대왕이 만든 것은 무엇인가요?", "만든 것은 세종대왕이 무엇인가요?"),
        ("지구가 태양을 도는 까닭을 말해 주세요.", "지구가 태양을 도는 까닭을 말해해 주세요."),
        ("请解释什么是光合作用。", "解释什么是光合作用"),
        ("请列出猫和狗的区别", "请列出狗和猫的区别"),
        ("如何提高学习的效率和成绩", "如何提学高习的效率和成绩"),
        (KOREAN, KOREAN.replace("날씨가", "날씨는").replace("맑고", "말고")),
        (CHINESE, CHINESE.replace("公园", "公圆").replace("老电影", "电影")),
        (KOREAN + CHINESE, CHINESE + KOREAN),
        ("Write a short poem about the sea and the wind in early spring, please.",) * 2,
        (
            "Write a short poem about the sea and the wind in early spring, please.",
            "Write a shrot poem about the sea and the wind in early spring please",
        ),
    ],
)
def test_the_same(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # words that others use as well, not slips
        ("写一首关于春天的诗。", "写一首关于秋天的诗。"),
        ("3에 5를 곱하세요.", "3에 6을 곱하세요."),
        ("1.5를 분수로 나타내세요.", "15를 분수로 나타내세요."),
        ("举一个可再生能源的例子", "举一个不可再生能源的例子"),
        ("说出三种可再生能源", "说出两种可再生能源"),
        ("다음 한국어를 영어로 옮기세요.", "다음 영어를 한국어로 옮기세요."),
        ("请将中文翻译成英文", "请将英文翻译成中文"),
        ("고양이가 강아지를 쫓아요", "고양이를 강아지가 쫓아요"),
        ("다음 글을 한 문장으로 요약하세요.\n" + KOREAN * 3, "다음 글의 제목을 지어 주세요.\n" + KOREAN * 3),
        ("确定这段话的基调和作者的态度\n" + CHINESE * 3, "用五句话或更少的话概括这一段\n" + CHINESE * 3),
        (KOREAN + " 12명", KOREAN + " 15명"),
        ("왜?", "왜!?..아"),
        ("?", "!"),
        ("", "."),
    ],
)
def test_not_the_same(one: str, other: str) -> None:
    others = ["一首歌", "春天的花开了", "关于春天", "秋天的风", "关于秋天", "于春", "于秋"]
    assert not same(one, other, *others)


SHORT = st.text(alphabet="가나다라什么是一二AB? ", max_size=6)
LINES = [KOREAN, CHINESE, KOREAN[:-6] + "마셨습니다.", CHINESE.replace("饺子", "面包"), "네", "네.", "好", "好的"]


@given(st.lists(st.one_of(SHORT, st.sampled_from(LINES)), max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(texts: list[str], rng: random.Random) -> None:
    order = list(range(len(texts)))
    rng.shuffle(order)
    plain, mixed = find(texts), find([texts[row] for row in order])
    mixed_group = np.empty(len(texts), np.int64)
    mixed_group[order] = mixed.group
    assert len(set(zip(plain.group.tolist(), mixed_group.tolist(), strict=True))) == len(set(plain.group.tolist()))
    assert len(set(plain.group.tolist())) == len(set(mixed_group.tolist()))


@given(st.lists(SHORT, max_size=25, unique_by=lambda text: "".join(text.split()).lower()))
def test_nothing_is_dropped_for_being_short(texts: list[str]) -> None:
    groups = find(texts)
    dropped = np.flatnonzero(groups.kind == NEAR)
    # under seven characters only spacing and punctuation may differ
    bare = ["".join(text.replace("?", "").split()).lower() for text in texts]
    assert all(bare[row] == bare[groups.kept[row]] for row in dropped.tolist())


@given(st.lists(st.one_of(SHORT, st.sampled_from(LINES)), max_size=25))
def test_every_dropped_row_was_compared_with_the_row_that_stays(texts: list[str]) -> None:
    groups = find(texts)
    pairs = {tuple(sorted(pair)) for pair in groups.pairs.tolist()}
    for rule, options in (
        ("first", {}),
        ("longest", {"lengths": list(map(len, texts))}),
        ("source", {"priority": [0] * len(texts)}),
    ):
        settled = settle(groups, rule, **options)  # type: ignore[arg-type]
        stays = keep(groups, rule, **options)  # type: ignore[arg-type]
        for row, kept in enumerate(settled.kept.tolist()):
            assert stays[kept]
            one, other = sorted((int(groups.text[row]), int(groups.text[kept])))
            assert one == other or (one, other) in pairs


def test_a_chain_does_not_glue_its_ends() -> None:
    words = KOREAN.split()
    chain = [" ".join([*("새로운" for _ in range(steps)), *words[steps:]]) for steps in range(0, len(words), 2)]
    groups = find(chain)
    assert groups.group[0] != groups.group[-1]


def test_exact_only() -> None:
    groups = find(["네.", "네．", "네", KOREAN, KOREAN.replace("맑고", "말고")], near=False)
    assert groups.kind.tolist() == [KEPT, EXACT, ALONE, ALONE, ALONE]
    assert not len(groups.pairs)


def test_rules() -> None:
    texts = [KOREAN, KOREAN + "!!!", KOREAN]
    groups = find(texts)
    lengths = list(map(len, texts))
    assert keep(groups, "first").tolist() == [True, False, False]
    assert keep(groups, "longest", lengths=lengths).tolist() == [False, True, False]
    assert keep(groups, "source", priority=[1, 1, 0]).tolist() == [False, False, True]
    assert keep(groups, "source", priority=[0, 0, 0], lengths=lengths).tolist() == [False, True, False]
    with pytest.raises(WrongCall, match="longest, source"):
        keep(groups, "shortest")  # type: ignore[arg-type]
    with pytest.raises(WrongCall, match="needs priority="):
        keep(groups, "source")
    with pytest.raises(WrongCall, match="threshold=0"):
        find(texts, threshold=0)


def test_records_name_the_kept_row_first() -> None:
    groups = settle(find(["왜?", KOREAN, KOREAN.replace("맑고", "말고"), KOREAN, "네"]), "first")
    assert records(groups, ["a", "b", "c", "d", "e"]).to_pylist() == [
        {"group": 1, "id": "b", "kept_id": "b", "kind": "kept", "similarity": 1.0},
        {"group": 1, "id": "c", "kept_id": "b", "kind": "near", "similarity": pytest.approx(0.9, abs=0.1)},
        {"group": 1, "id": "d", "kept_id": "b", "kind": "exact", "similarity": 1.0},
    ]


def test_the_same_twice() -> None:
    rng = random.Random(0)
    texts = ["".join(rng.choices("가나다라마바사아자차카타파하 ", k=rng.randint(1, 80))) for _ in range(500)]
    texts += [text[: len(text) // 2] + "요" + text[len(text) // 2 :] for text in texts]
    one, other = find(texts), find(texts)
    for name in Groups.__dataclass_fields__:
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert (one.kind == NEAR).sum() > 300


def test_batches_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)
    texts = ["".join(rng.choices("今天天气晴朗微风拂面我们在公园里骑自行车", k=rng.randint(5, 90))) for _ in range(200)]
    texts += [text[:-2] + "了" for text in texts]
    whole = find(texts)
    monkeypatch.setattr("okinst.curation.fingerprints.BATCH", 500)
    parts = find(texts)
    assert np.array_equal(whole.group, parts.group) and np.array_equal(whole.similarity, parts.similarity)


def test_the_texts_of_every_shape() -> None:
    def texts(*rows: dict[str, object]) -> list[list[str]]:
        table = pa.Table.from_pylist(list(rows))
        return [passages.texts(table, on) for on in passages.ON]

    assert texts(
        ask("요약해 줘.", "짧다.", context="긴 글"),
        talk([("user", "왜?"), ("bot", "그냥."), ("user", "정말?"), ("bot", "네.")], document="기사"),
        talk([("system", "친절하게 답해."), ("user", "왜?"), ("bot", "그냥.")]),
    ) == [
        ["요약해 줘.\n\n긴 글", "기사\n왜?\n정말?", "왜?"],
        ["짧다.", "그냥.\n네.", "그냥."],
        ["요약해 줘.\n\n긴 글\n짧다.", "기사\n왜?\n그냥.\n정말?\n네.", "왜?\n그냥."],
    ]
    assert texts(prefer("왜?", "그냥.", "몰라.")) == [["왜?"], ["그냥."], ["왜?\n그냥."]]
    assert texts(request("왜?")) == [["왜?"], [""], ["왜?"]]
    assert texts(choose("1+1?", ["1", "2"], 1, "산수"), choose("2+2?", ["1"], -1, "산수")) == [
        ["1+1?", "2+2?"],
        ["2", ""],
        ["1+1?\n2", "2+2?\n"],
    ]
    assert texts(span("글", "서울은 크다", "어디가 크지?", ["서울"], [0]))[:2] == [["어디가 크지?"], ["서울"]]
    with pytest.raises(WrongCall, match="raw=True"):
        texts({"instruction": "왜?"})
    with pytest.raises(WrongCall, match="instruction, answer, both"):
        passages.texts(pa.table({"text": []}), "question")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "물을 하루에 여덟 잔씩 마시는 것이 건강에 좋은 이유를 설명해 주세요",
            "물을 하루에 여덟 잔씩 마시는 것이 건강에 안 좋은 이유를 설명해 주세요",
        ),
        ("请说明每天早上喝一杯咖啡对身体有好处的主要原因", "请说明每天早上喝一杯咖啡对身体没有好处的主要原因"),
        ("请说明为什么应该在冬天去哈尔滨旅行并给出理由和建议", "请说明为什么不应该在冬天去哈尔滨旅行并给出理由和建议"),
        (
            "방정식 x + 3 = 10 을 풀고 풀이 과정을 자세히 적어 주세요",
            "방정식 x - 3 = 10 을 풀고 풀이 과정을 자세히 적어 주세요",
        ),
    ],
)
def test_what_a_negation_or_a_sign_turns_round_is_not_the_same(one: str, other: str) -> None:
    assert len(set(find([one, other]).group.tolist())) == 2
