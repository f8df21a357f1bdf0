"""Filters: each kind in Korean, Chinese and English, what must not be taken for it, and what holds for any text."""

import re
import time
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from okinst.builders import WrongCall, ask, choose, prefer, request, talk
from okinst.builders.schema import SHAPES, Row, features, table
from okinst.curation.filters import Filter, Filtered
from okinst.curation.filters import masks as masks_module

#: every key at once
ALL: dict[str, Any] = {
    "language": ["ko", "zh"],
    "script": "simplified",
    "code": "drop",
    "min_turns": 1,
    "max_turns": 9,
    "min_instruction": 1,
    "max_instruction": 10_000,
    "min_answer": 1,
    "max_answer": 10_000,
    "max_length": 20_000,
    "empty": "drop",
    "cut_off": "drop",
    "refusals": "drop",
    "self_reference": "drop",
    "residue": "drop",
    "pii": "mask",
    "secrets": "mask",
}


def rows_of(*rows: Row, shape: Any = "conversation", language: str = "ko") -> pa.Table:
    common = {"source": "t", "language": language, "license": "mit", "making": "human"}
    return table([f"t/train/{number}" for number in range(len(rows))], list(rows), features(shape), common)


def filtered(values: Mapping[str, Any], *rows: Row, **kinds: Any) -> Filtered:
    return Filter.from_values(values, "here").apply(rows_of(*rows, **kinds))


def reason(values: Mapping[str, Any], row: Row, **kinds: Any) -> str | None:
    """Why a filter drops a row, or None."""
    done = filtered(values, row, **kinds)
    return done.dropped["reason"][0].as_py() if done.dropped.num_rows else None


def answered(answer: str, question: str = "알려 주세요.") -> Row:
    return ask(question, answer)


# --- what a recipe says


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"langauge": "ko"}, ["'langauge'", "'language'"]),
        ({"language": "kr"}, ["'kr'", "ko, zh"]),
        ({"language": []}, ["language", "list of"]),
        ({"language": 3}, ["language = 3"]),
        ({"language_share": 1.5, "language": "ko"}, ["language_share = 1.5", "at most 1"]),
        ({"language_in": "answer"}, ["language_in", 'language = ["ko"]']),
        ({"script": "simplifed"}, ["'simplifed'", "'simplified'"]),
        ({"script": "traditional", "language": ["ko"]}, ["script", "none of it"]),
        ({"script": "traditional", "language": "zh-Hans"}, ["script", "none of it"]),
        ({"code": True}, ["code = True", "'drop' or 'only'"]),
        ({"min_turns": 3, "max_turns": 2}, ["min_turns = 3", "max_turns = 2"]),
        ({"min_answer": 300, "max_length": 200}, ["min_answer = 300", "max_length = 200"]),
        ({"max_answer": -1}, ["max_answer = -1", "0 or more"]),
        ({"min_length": True}, ["min_length = True", "whole number"]),
        ({"min_length": 1.0}, ["min_length = 1.0", "whole number"]),
        ({"refusals": "mask"}, ["refusals = 'mask'", "'drop'"]),
        ({"residue": ["labels"]}, ["'labels'", "'label'"]),
        ({"pii": "remove"}, ["pii = 'remove'", "'mask' or 'drop'"]),
        ("drop", ["should be a table"]),
    ],
)
def test_a_filter_that_means_nothing_is_refused(values: Any, words: list[str]) -> None:
    with pytest.raises(WrongCall) as error:
        Filter.from_values(values, "my.toml, part 2")
    for word in ["my.toml, part 2", *words]:
        assert word in str(error.value)


def test_contradictions_are_refused_in_python_too() -> None:
    with pytest.raises(WrongCall, match="min_turns = 3"):
        Filter(min_turns=3, max_turns=1)


def test_values_come_back() -> None:
    kept = Filter.from_values(ALL, "here")
    assert kept.values() == ALL
    assert Filter.from_values(kept.values(), "here") == kept
    assert Filter.from_values({}, "here").values() == {}
    # an order that is nobody's choice is no other filter
    assert Filter.from_values({"language": ["zh", "ko"]}, "") == Filter.from_values({"language": ["ko", "zh"]}, "")
    assert Filter.from_values({"language": "ja"}, "").values() == {"language": ["ja"]}


@pytest.mark.parametrize(
    ("shape", "values", "key"),
    [
        ("prompt", {"refusals": "drop"}, "refusals"),
        ("prompt", {"min_answer": 3}, "min_answer"),
        ("prompt", {"language": "ko", "language_in": "answer"}, "language_in"),
        ("prompt", {"residue": "drop"}, "residue"),
        ("choice", {"pii": "mask"}, "pii"),
        ("span", {"secrets": "mask"}, "secrets"),
        ("labelled", {"min_turns": 2}, "min_turns"),
        ("choice", {"cut_off": "drop"}, "cut_off"),
    ],
)
def test_what_means_nothing_for_a_shape_is_refused(shape: str, values: dict[str, Any], key: str) -> None:
    with pytest.raises(WrongCall, match=rf"part 1: filter\.{key} .*{shape}"):
        Filter.from_values(values, "here").check(shape, "part 1")


@pytest.mark.parametrize("shape", SHAPES)
def test_what_means_something_is_not(shape: str) -> None:
    Filter.from_values({"language": "ko", "max_length": 10, "pii": "drop", "secrets": "drop"}, "").check(shape, "")
    if shape in ("conversation", "preference", "rated"):
        Filter.from_values(ALL, "").check(shape, "")
    with pytest.raises(WrongCall, match="no shape"):
        Filter().check("poem", "here")


# --- language and script


@pytest.mark.parametrize(
    ("language", "answer", "fits"),
    [
        ("ko", "서울은 대한민국의 수도입니다.", True),
        ("ko", "리스트는 list.append(x)로, 튜플은 `tuple`로 씁니다. https://docs.python.org/3/tutorial 참고", True),
        ("ko", "Seoul is the capital of Korea.", False),
        ("ko", "首尔是韩国的首都。", False),
        ("ko", "물은 100g, 온도는 20°C, x = 3입니다.", True),
        ("ko", "42", True),  # by its instruction
        ("ko", "def add(a, b):\n    total = a + b\n    return total", True),
        ("zh", "首尔是韩国的首都。", True),
        ("zh", "首爾是韓國的首都。", True),
        ("zh-Hans", "首尔是韩国的首都。", True),
        ("zh-Hans", "首爾是韓國的首都。", False),
        ("zh-Hant", "首爾是韓國的首都。", True),
        ("zh-Hant", "首尔是韩国的首都。", False),
        ("zh", "ソウルは韓国の首都です。", False),
        ("ja", "ソウルは韓国の首都です。", True),
        ("ja", "首尔是韩国的首都。", False),
        ("en", "Seoul is the capital of Korea.", True),
        ("en", "Seoul ist die Hauptstadt von Korea und liegt am Han.", False),
        ("en", "Apple, banana, cherry", True),
        ("en", "서울", False),
    ],
)
def test_script_shares_decide_the_language(language: str, answer: str, fits: bool) -> None:
    assert (reason({"language": language}, answered(answer)) is None) is fits


def test_mixed_text_is_measured() -> None:
    mixed = answered("오늘은 machine learning 그리고 deep learning 이야기입니다.")
    assert reason({"language": "ko", "language_share": 0.9}, mixed) == "not ko"
    assert reason({"language": "ko", "language_share": 0.5}, mixed) is None
    evidence = filtered({"language": "ko", "language_share": 0.9}, mixed).dropped["evidence"][0].as_py()
    assert re.fullmatch(r"Hangul \d+ %, Latin words \d+ %", evidence)


@pytest.mark.parametrize("answer", ["H2O", "2H2 + O2 → 2H2O", "120 km/h", "$E = mc^2$", "3.14", "Python", "Mona Lisa.", "```\nx = y\n```"])  # fmt: skip
def test_what_shows_no_language_is_in_that_of_the_other_side(answer: str) -> None:
    assert reason({"language": "ko"}, ask("이것을 짧게 적어 주세요.", answer)) is None
    assert reason({"language": "zh"}, ask("请用一个词或者公式回答。", answer)) is None
    assert reason({"language": "en"}, ask("Please answer this in a word.", answer)) is None
    assert reason({"language": "zh"}, ask("이것을 짧게 적어 주세요.", answer)) == "not zh"
    assert reason({"language": "en"}, ask("이것을 짧게 적어 주세요.", answer)) == "not en"
    # a prompt that shows none is in its answer's language
    instruction = {"language": "ko", "language_in": "instruction"}
    assert reason(instruction, ask(answer, "그것은 제가 어제 말한 것입니다.")) is None
    assert reason(instruction, ask(answer, "That is what I told you.")) == "not ko"


def test_a_few_words_beside_others_do_not_decide() -> None:
    assert reason({"language": "ko"}, ask("누가 그렸나요?", "다빈치(da Vinci)")) is None
    assert reason({"language": "ko"}, ask("누가 그렸나요?", "My father painted it.")) == "not ko"
    # neither side shows one: then the few words have to do
    assert reason({"language": "ko"}, ask("Hello!", "Hi there.")) == "not ko"
    assert reason({"language": "en"}, ask("Hello!", "Hi there.")) is None
    assert reason({"language": ["ko", "zh"]}, ask("1 + 1", "2")) is None
    assert reason({"language": "ko"}, request("Good morning"), shape="prompt") == "not ko"


def test_which_part_is_measured() -> None:
    row = ask("Translate: good morning, my friends", "좋은 아침입니다, 친구들.")
    assert reason({"language": "ko"}, row) is None
    assert reason({"language": "ko", "language_in": "instruction"}, row) == "not ko"
    assert reason({"language": "ko", "language_in": "both"}, row) == "not ko"
    assert reason({"language": ["ko", "en"], "language_in": "both"}, row) is None
    assert reason({"language": "ko"}, request("Say hello to everyone"), shape="prompt") == "not ko"


def test_script_is_about_chinese_alone() -> None:
    simplified, traditional = answered("请说明这个问题的原因。"), answered("請說明這個問題的原因。")
    assert reason({"script": "simplified"}, simplified) is reason({"script": "traditional"}, traditional) is None
    assert reason({"script": "simplified"}, traditional) == "not simplified"
    assert reason({"script": "traditional"}, simplified) == "not traditional"
    assert (
        reason({"script": "simplified"}, answered("請說明這個問題的原因，请说明这个问题的原因。")) == "not simplified"
    )
    for other in ("立春大吉(입춘대길)은 大韓民國의 풍습입니다.", "東京は日本の首都です。", "Hello"):
        assert reason({"script": "simplified"}, answered(other)) is None


# --- code, turns, lengths, blanks

CODE = [
    "이렇게 합니다.\n```python\nprint(1)\n```",
    "def add(a, b):\n    return a + b",
    "SELECT * FROM customers WHERE age > 20;",
    "function add(a, b) {\n  return a + b;\n}",
    "以下是代码：\n#include <stdio.h>\nint main() {\n  return 0;\n}",
    "<html>\n<body>\n<p>안녕</p>\n</body>\n</html>",
    "h1 {\n  font-size: 24px;\n}",
    "import numpy as np\nx = np.zeros(3)",
]
NO_CODE = [
    "1. 사과\n2. 배\n3. 감",
    "for 문은 반복할 때, if 문은 나눌 때 씁니다.",
    "The class begins at nine: please return the books.",
    "SELECT 문은 표에서 행을 고릅니다.",
    "```\n행복, 기쁨, 사랑\n```",
    "x = 3이고 y = 4이므로 합은 7입니다.",
    "答案：A；解释：略。",
]


@pytest.mark.parametrize("answer", CODE)
def test_code_is_found(answer: str) -> None:
    assert reason({"code": "drop"}, answered(answer)) == "code"
    assert reason({"code": "only"}, answered(answer)) is None


@pytest.mark.parametrize("answer", NO_CODE)
def test_what_is_no_code(answer: str) -> None:
    assert reason({"code": "drop"}, answered(answer)) is None
    assert reason({"code": "only"}, answered(answer)) == "no code"


def test_turns_are_answers() -> None:
    row = talk([("human", "안녕?"), ("gpt", "안녕!"), ("human", "잘 가."), ("gpt", "또 봐.")])
    assert reason({"min_turns": 2, "max_turns": 2}, row) is None
    assert reason({"min_turns": 3}, row) == "too few turns"
    assert reason({"max_turns": 1}, row) == "too many turns"
    assert reason({"max_turns": 1}, request("안녕?"), shape="prompt") is None


def test_lengths_are_characters() -> None:
    row = ask("가나다라", "마바사")
    for key, least, most in (("instruction", 4, 4), ("answer", 3, 3), ("length", 7, 7)):
        assert reason({f"min_{key}": least, f"max_{key}": most}, row) is None
        what = "row" if key == "length" else key
        assert reason({f"min_{key}": least + 1}, row) == f"{what} too short"
        assert reason({f"max_{key}": most - 1}, row) == f"{what} too long"


@pytest.mark.parametrize("blank", ["", " \n\t", "\u3000\u200b", "\u3164"])
def test_blank_texts_are_empty(blank: str) -> None:
    row = ask("왜?", "그냥.")
    assert reason({"empty": "drop"}, row) is None
    row["messages"][1]["content"] = blank
    assert reason({"empty": "drop"}, row) == "empty text"
    assert reason({"empty": "drop"}, {"messages": [{"role": "user", "content": "왜?"}], "context": ""}) == "empty text"
    assert reason({"empty": "drop"}, {"messages": [], "context": ""}) == "empty text"


# --- answers

CUT = [
    "광합성은 잎에서 일어납니다. 빛을 받은 엽록소가 물을 분해하고, 그 에너지를 써서 이산화 탄소를",
    "먼저 물을 끓입니다. 다음으로 면을 넣고 3분 동안 끓인 뒤에, 준비한 채소와 함께 그릇에 담아 육수를 부어",
    "발달장애인에게는 전문 인력이 필요합니다. 이러한 노력을 통해 발달장애인에 대한 적절한 돌",
    "함수는 다음과 같습니다.\n```python\ndef add(a, b):\n    return a",
    "준비물은 다음과 같습니다.\n1. 가위\n2. 풀\n3.",
    "梅西代表阿根廷参加了四届世界杯比赛，但未能夺冠。在2016年，他带领阿根廷获得了美洲杯亚军，并在202",
    "首先，把水烧开，然后放入面条。三分钟后，加入蔬菜、鸡蛋和盐，继续用小火慢慢地煮，直到面条变软并",
    "First boil the water in a large pot on the stove. Then add the noodles and stir them with the",
    "노인복지시설에는 여러 종류가 있으며 이에 관하여는 법률이 정합니다. 제7조(종류), 제10조(노인복지시설",
    "김치는 배추를 소금에 절여 만드는 음식입니다. 지역마다 넣는 재료가 조금씩 다릅니다. 예를 들어,",
    "한강은 서울을 가로질러 서해로 흐릅니다. 강가에는 공원이 많고 자전거 길도 있습니다. 그리고",
    "장을 담그는 순서를 말씀드리겠습니다. 메주를 씻어 말린 다음에 소금물을 붓고 숯과 고추를 넣습니다. 특히",
    "이 절은 산 중턱에 있어서 걸어 올라가야 합니다. 표를 사는 곳은 두 군데이며 위치는 다음과 같습니다:",
    "泡菜要先用盐腌一夜，第二天洗净沥干。各地放的配料不一样，味道也不同。然后，",
    "汉江流过首尔，最后进入黄海。江边有很多公园，适合骑自行车和散步，特别是",
    "这座山不高，但是路很陡，上去要一个小时。山上有很多花可以看，例如",
    "春天适合种的菜有很多，种之前要先把土松一遍。常见的有菠菜、小葱、",
    "这座寺庙建在半山腰，只能走路上去。门口卖票的窗口一共有以下几个：",
    "1. 音调：要唱得准，先听再唱。\n2. 节奏：跟着拍子走，不要抢。\n3. 呼吸：",
    "先准备好材料，再动手。\n1. 把木板锯成四块。\n要锯得一样长。\n2. 钉在一起。\n钉子不要太长。\n3. ",
    "老师在课堂上给我们讲了这个故事的结尾。孩子抬起头来，对爷爷说：“",
    "这本书写得很好，值得一读。第一章讲的是作者小时候的生活（他出生在海边",
    "老人在海边住了一辈子，每天都要出海。他常常告诉村里的孩子：“大海虽然很美",
    "从外地来的客人都喜欢住在这条街上，因为出门就是车站。街上的小店很多，晚上也",
]
WHOLE = [
    "서울",
    "1. 사과\n2. 바나나\n3. 포도와 감",
    "파란 하늘 아래 흐르는 강물\n바람에 흔들리는 갈대\n나는 오늘도 길을 걷는다",
    "광합성은 잎에서 일어납니다. 빛을 받은 엽록소가 물을 분해합니다.",
    "인공지능이 기업과 비즈니스 전반에 미치는 영향과 그에 따른 사회 변화의 방향",
    "노력, 따뜻함, 존경할만한, 지혜로운, 인자한, 설명하기 좋아하는, 자랑스러운, 정직한",
    "당신의 모든 파일을 클라우드에 저장하면 어디서나 열 수 있습니다. #제품소개 #클라우드",
    "도움을 드릴 수 있도록 최선을 다하겠습니다. 감사합니다.\n\n고객 서비스팀 드림",
    "그 친구랑 어제 영화 봤는데 진짜 재밌더라. 너도 나중에 꼭 봐봐 후회 안 할 거야",
    "1. 经常锻炼\n2. 充足的睡眠\n3. 与家人和朋友共度时光\n4. 健康的饮食以及足够的水",
    "从自动驾驶汽车到机器人外科医生，人工智能正在改变我们的生活！ #AI #FutureTech",
    "제출처: https://example.com/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o",
    "尊敬的老师：\n感谢您一直以来的帮助。我会继续努力，不让您失望。期待与您再次见面。\n\n真挚地，",
    "您好，我想了解一下贵店的情况，请填写下面的内容。谢谢！\n- 姓名：\n- 地址：\n- 意见：",
    "江水向东流去，\n月光落在船头，\n远处有人唱歌，\n我在岸上听着，",
    "这座城市一共有三条地铁，第一条建于一九七一年。现在每天大约有两百万人乘坐地铁上下班",
    "“路是人走出来的，不是等出来的。只要肯走，总会走到山顶。” - 村里的老人",
    "이제 웃어 보세요 :) 오늘 하루도 정말 수고 많으셨습니다. 내일 또 만나요 ㅎㅎ",
]


@pytest.mark.parametrize("answer", CUT)
def test_cut_off_answers_are_found(answer: str) -> None:
    assert reason({"cut_off": "drop"}, answered(answer)) == "cut-off answer"


@pytest.mark.parametrize("answer", WHOLE)
def test_whole_answers_are_not(answer: str) -> None:
    assert reason({"cut_off": "drop"}, answered(answer)) is None


SELF = [
    "저는 AI 언어 모델로서 감정을 느끼지 않습니다.",
    "AI 언어 모델로서 저는 의견을 갖지 않습니다.",
    "저는 인공지능이기 때문에 나이가 없습니다.",
    "죄송하지만 저는 대규모 언어 모델이므로 그림을 그릴 수 없습니다.",
    "作为一个人工智能语言模型，我没有个人的喜好。",
    "抱歉，我是一个语言模型，不能看到图片。",
    "作為一個人工智慧語言模型，我沒有感情。",
    "As an AI language model, I do not have opinions.",
    "I'm just an AI, so I have no birthday.",
]
NOT_SELF = [
    "GPT-3는 인공지능 언어 모델입니다.",
    "인공지능은 사람의 지능을 흉내 내는 기술이며, 언어 모델로서 GPT가 유명합니다.",
    "저는 인공지능을 공부하는 학생입니다.",
    "챗봇은 대화형 프로그램입니다.",
    "人工智能是计算机科学的一个分支。",
    "作为人工智能领域的专家，他发表了很多论文。",
    "我是一个研究人工智能的学生。",
    "Language models are trained on text. As an AI company, OpenAI is well known.",
]


@pytest.mark.parametrize("answer", SELF)
def test_self_reference_is_found(answer: str) -> None:
    assert reason({"self_reference": "drop"}, answered(answer)) == "self-reference"


@pytest.mark.parametrize("answer", NOT_SELF)
def test_talk_about_models_is_none(answer: str) -> None:
    assert reason({"self_reference": "drop"}, answered(answer)) is None
    assert reason({"refusals": "drop"}, answered(answer)) is None


REFUSALS = [
    "죄송하지만 그 질문에는 답변을 드릴 수 없습니다.",
    "죄송합니다. 저는 이미지를 생성할 수 없습니다.",
    "저는 미래의 일을 예측할 수 없습니다.",
    "죄송하지만, 혐오 발언은 삼가 주시기 바랍니다.",
    "입력된 문장이 없어 답변을 제공할 수 없습니다.",
    "很抱歉，我无法预测股市的走势。",
    "对不起，您没有提供文章。",
    "抱歉，我無法回答這個問題。",
    "我无法为您播放音乐。",
    "I'm sorry, but I can't help with that.",
    "I cannot provide medical advice.",
    "Unfortunately, I am not able to browse the internet.",
]
NOT_REFUSALS = [
    ("죄송합니다. 어제 제가 갈 수 없었던 까닭은 몸이 아파서였습니다.", "늦은 것을 사과하는 편지를 써 주세요."),
    ("의료인이 아니면 진료를 할 수 없습니다. 의료법 제27조가 그렇게 정합니다.", "누가 진료할 수 있나요?"),
    ("상한 우유로는 냄새를 제거할 수 없습니다.", "상한 우유를 써도 되나요?"),
    ("거절하는 방법은 여러 가지가 있습니다.", "AI가 답변을 거절하는 이유는 무엇인가요?"),
    ("这种植物不能在阴凉处生长。", "它可以放在室内吗？"),
    ("非常抱歉打扰您，我无法参加明天的会议。", "写一封邮件请假。"),
    ("死刑无法纠正错误，因此应当废除。", "支持废除死刑的论点。"),
    ("Sorry is a word that cannot be said too often.", "What is this poem about?"),
    ("You cannot provide water to plants at noon.", "When should I water?"),
]


@pytest.mark.parametrize("answer", REFUSALS)
def test_refusals_are_found(answer: str) -> None:
    assert reason({"refusals": "drop"}, answered(answer)) == "refusal"


@pytest.mark.parametrize(("answer", "question"), NOT_REFUSALS)
def test_answers_are_no_refusals(answer: str, question: str) -> None:
    assert reason({"refusals": "drop"}, ask(question, answer)) is None


def test_one_bad_answer_is_enough_and_questions_are_not_judged() -> None:
    row = talk([("human", "안녕?"), ("gpt", "안녕!"), ("human", "로또 번호?"), ("gpt", REFUSALS[0])])
    assert reason({"refusals": "drop"}, row) == "refusal"
    assert reason({"refusals": "drop"}, ask(REFUSALS[0], "정중한 거절이네요.")) is None


def test_a_preference_is_judged_by_its_chosen_answer() -> None:
    bad, good = REFUSALS[0], "네, 그렇습니다."
    assert reason({"refusals": "drop"}, prefer("맞나요?", good, bad), shape="preference") is None
    assert reason({"refusals": "drop"}, prefer("맞나요?", bad, good), shape="preference") == "refusal"


RESIDUE = [
    (
        "untranslated",
        "흔들리면 몸을 숨깁니다. Once the shaking stops, turn off the gas and open the front door. 나갑니다.",
    ),
    (
        "untranslated",
        "机会成本是放弃的收益。 It is the value of the next best alternative that is forgone. 这个概念很重要。",
    ),
    ("untranslated", "북한의 핵 위협에 대한 예방 계획に 대한 강연입니다."),
    ("untranslated", "这个问题的答案是大韩民国的首都서울입니다，非常有名的城市。"),
    ("label", "번역: 오늘은 날씨가 좋습니다."),
    ("label", "다음과 같습니다.\nTranslation: 오늘은 날씨가 좋습니다."),
    ("label", "翻译：今天天气很好。"),
    ("speaker", "네, B씨. 그 말이 맞습니다."),
    ("placeholder", "안녕하세요, {{name}}님."),
    ("placeholder", "이것은 <0xEC><0x9E>입니다."),
    ("placeholder", "예를 들면 &lt;주의&gt;가 있습니다."),
    ("placeholder", "#@이름#님이 말했습니다."),
    ("placeholder", "제 이름은 [이름]이고 학생입니다."),
    ("english", "We walked along the river for an hour, and then it began to rain."),
    ("mojibake", "오늘은 날씨\ufffd가 좋습니다."),
    ("mojibake", "ì•ˆë…•í•˜ì„¸ìš”"),
]
CLEAN = [
    ("", "책 이름은 'The Lord of the Rings: The Fellowship of the Ring'입니다."),
    ("영어로 번역해 주세요.", "다음과 같습니다: I would like to go to the park with you tomorrow."),
    ("영어로 번역해 주세요.", "번역: I like you."),
    ("", "이 논문은 Linear Programming Based Lower and Upper Bounds for the Problem of the Year라는 제목입니다."),
    ("", "A씨는 회사를 그만두었고, B씨와 다투었다."),
    ("Jinja 템플릿을 알려 주세요.", "{{ name }}처럼 씁니다."),
    ("HTML 엔티티를 알려 주세요.", "&lt;는 작다는 표시입니다."),
    ("초대 편지를 써 주세요.", "안녕하세요, [이름]님. 초대합니다."),
    ("", "대한민국(大韓民國)의 수도는 서울(首尔)입니다. 일본어로는 (ソウル)라고 씁니다."),
    ("", "이 말은 `{{x}}`처럼 코드에 있습니다."),
    ("영어로 대답해 주세요.", "We walked along the river for an hour, and then it began to rain."),
    ("Where did you go?", "We walked along the river for an hour, and then it began to rain."),
    ("노래 제목을 알려 주세요.", "Yesterday, Let It Be, Hey Jude, Come Together, In My Life, Help, Girl"),
    ("좋은 책은?", "The Lord of the Rings"),
    (
        "직원의 평균을 구하는 쿼리를 써 주세요.",
        "select the avg of pay_all for the team in the table that is_open = 1 and is in use",
    ),
]


@pytest.mark.parametrize(("kind", "answer"), RESIDUE)
def test_residue_is_found(kind: str, answer: str) -> None:
    assert (
        reason({"residue": [kind]}, ask("설명해 주세요." if "가" <= max(answer[:3]) <= "힣" else "请说明。", answer))
        is not None
    )
    assert (
        reason({"residue": "drop"}, ask("설명해 주세요." if "가" <= max(answer[:3]) <= "힣" else "请说明。", answer))
        is not None
    )


@pytest.mark.parametrize(("question", "answer"), CLEAN)
def test_what_was_meant_is_no_residue(question: str, answer: str) -> None:
    assert reason({"residue": "drop"}, ask(question or "설명해 주세요.", answer)) is None


# --- what holds for any text

pieces = st.sampled_from(
    [
        *CUT, *WHOLE, *SELF, *REFUSALS, *CODE, *(answer for _, answer in RESIDUE),
        "010-2847-6193", "kim.ys@naver.com", "ghp_" + "a1B2c3D4e5F6" * 3, "계좌번호 110-284-719365", "\n", " ", "```", "",
    ]
)  # fmt: skip
anything = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=80), st.lists(pieces, max_size=4).map(" ".join)
)
conversations = st.builds(
    lambda question, answer, context: ask(question, answer, context) | {"context": context.strip()},
    anything,
    anything,
    st.one_of(st.just(""), anything),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(conversations, max_size=5), st.sampled_from(["ko", "zh-Hans", "zh-Hant", "en"]))
def test_kept_and_dropped_are_all_in_order(rows: list[Row], language: str) -> None:
    before = rows_of(*rows, language=language)
    done = Filter.from_values(ALL, "here").apply(before)
    assert done.table.schema == before.schema == done.aside.schema
    gone = done.dropped["index"].to_pylist()
    assert gone == sorted(set(gone))
    kept = [row for number, row in enumerate(before["id"].to_pylist()) if number not in gone]
    assert done.table["id"].to_pylist() == kept
    assert done.aside["id"].to_pylist() == [before["id"][number].as_py() for number in gone]
    assert sum(done.reasons.values()) == len(gone)
    assert all(done.dropped["reason"].to_pylist())


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(conversations, max_size=4), st.sampled_from(["ko", "zh-Hans", "zh-Hant", "en"]))
def test_masking_twice_is_masking_once(rows: list[Row], language: str) -> None:
    kept = Filter.from_values({"pii": "mask", "secrets": "mask"}, "here")
    once = kept.apply(rows_of(*rows, language=language))
    twice = kept.apply(once.table)
    assert once.table.num_rows == len(rows)
    assert twice.table.equals(once.table)
    assert not twice.masked
    for row, messages, context in zip(
        rows, once.table["messages"].to_pylist(), once.table["context"].to_pylist(), strict=True
    ):
        # what the context repeats, it still repeats
        if row["context"] and row["context"] in row["messages"][0]["content"]:
            assert context in messages[0]["content"]


def test_however_it_is_cut_up_it_is_the_same() -> None:
    rows = [ask("왜?", answer) for answer in [*CUT, *WHOLE, *SELF, *REFUSALS, "문의: kim.ys@naver.com"]]
    whole = rows_of(*rows)
    kept = Filter.from_values(ALL | {"min_turns": 0}, "here")
    done = kept.apply(whole)
    parts = [kept.apply(whole.slice(start, 7)) for start in range(0, len(rows), 7)]
    assert pa.concat_tables([part.table for part in parts]).equals(done.table)
    assert [row for part in parts for row in part.dropped["reason"].to_pylist()] == done.dropped["reason"].to_pylist()
    chunked = pa.concat_tables([whole.slice(0, 3), whole.slice(3, 4), whole.slice(7)])
    assert kept.apply(chunked).table.equals(done.table)


def test_no_rows_are_no_trouble() -> None:
    done = Filter.from_values(ALL, "here").apply(rows_of())
    assert done.table.num_rows == done.dropped.num_rows == 0
    assert done.reasons == done.masked == {}


def test_odd_characters_are_no_trouble() -> None:
    done = filtered(ALL, answered("\x00\x00\ufeff 네\u0301\U0001f600\U00020000."), answered("가" * 10))
    assert done.table.num_rows + done.dropped.num_rows == 2


ADVERSARIES = {
    "spaces": " " * 1_000_000,
    "digits": "1" * 1_000_000,
    "digit groups": "1234 " * 200_000,
    "hyphens": "12-" * 330_000,
    "at signs": "a@" * 500_000,
    "mail": "a" * 500_000 + "@" + "b." * 250_000,
    "brackets": "(" * 1_000_000,
    "quotes": "\"'“" * 330_000,
    "fences": "```a\n" * 200_000,
    "words": "the of and " * 90_000,
    "Hangul": "저는 AI " * 150_000,
    "sentences": "그렇습니다. " * 140_000 + "그래서 그 사람은 학교를",
    "Han": "作为一个" * 250_000,
    "assignments": "key = " * 160_000,
    "keys": "sk-" + "A1b2" * 250_000,
    "addresses": "://a:" * 200_000,
    "tokens": "eyJ" * 330_000,
    "braces": "{" * 1_000_000,
    "code": "x = [" * 200_000,
    "select": "SELECT " * 140_000,
    "lines": "if a\n" * 200_000,
    "PEM": "-----BEGIN RSA PRIVATE KEY-----\n" * 30_000,
    "tags": "<a " * 330_000,
}


@pytest.mark.parametrize("name", ADVERSARIES)
def test_a_megabyte_of_anything_takes_no_time(name: str) -> None:
    """Half of it in each of two rows."""
    text, end = ADVERSARIES[name][:500_000], ADVERSARIES[name][-12:]
    rows = rows_of(answered(text + end), ask(text + end, "네."))
    for key, value in ALL.items():
        kept = Filter.from_values({key: value}, "here")
        start = time.process_time()
        kept.apply(rows)
        assert time.process_time() - start < 2, key


def test_masks_are_never_taken_for_residue() -> None:
    for language, masks in masks_module.MASKS.items():
        for mask in masks.values():
            for key in ("residue", "pii", "secrets"):
                assert reason({key: "drop"}, answered(f"이것은 {mask} 입니다."), language=language) is None


def test_evaluation_rows_are_filtered_by_language_and_length() -> None:
    korean = choose("서울은 어느 나라의 수도인가요?", ["한국", "일본"], 0, "qa")
    english = choose("What is the capital of Korea?", ["Seoul", "Busan"], 0, "qa")
    done = filtered({"language": "ko", "max_length": 100}, korean, english, shape="choice")
    assert done.dropped["reason"].to_pylist() == ["not ko"]
