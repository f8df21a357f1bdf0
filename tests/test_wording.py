"""Another word or a slip of the pen: what makes two texts of two that are nearly the same."""

import random

import numpy as np
import pytest

from okinst.curation.duplicates import find
from tests.conftest import python

LETTER = (
    "안녕하세요, 지난주에 문의하신 내용에 답을 드립니다. 저희 가게에서는 {} 온도에서 우유를 보관하고 있으며, 냉장고를 하루에 두 번씩 살핍니다. "
    "궁금한 점이 더 있으시면 언제든지 전화를 주시거나 매장에 들러 주시기를 부탁드립니다. 늘 고맙습니다."
)
NOTE = "您好，关于您上周提出的问题，我们的答复如下：仓库里的蔬菜都保存在{}的温度下，工作人员每天检查两次冰柜，并把结果写在门口的表格里。如果还有别的疑问，欢迎随时打电话给我们，谢谢您的来信和一直以来的支持。"
MAIL = "Thank you for your letter. We keep the milk in our shop at the {} temperature that the law allows, and we look at the fridge twice a day. Please call us."


def same(one: str, other: str, *others: str) -> bool:
    groups = find([one, other, *others])
    return bool(groups.group[0] == groups.group[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # opposites
        ("우리나라에서 가장 높은 산의 이름과 높이를 표로 정리해 주세요", "우리나라에서 가장 낮은 산의 이름과 높이를 표로 정리해 주세요"),
        ("동네 빵집을 여는 일의 장점을 세 문장으로 설명해 주세요", "동네 빵집을 여는 일의 단점을 세 문장으로 설명해 주세요"),
        ("올해 우리 마을의 인구 증가 원인을 자세히 설명해 주세요", "올해 우리 마을의 인구 감소 원인을 자세히 설명해 주세요"),
        ("주어진 표에서 최대 값을 찾아내는 함수를 작성해 주세요", "주어진 표에서 최소 값을 찾아내는 함수를 작성해 주세요"),
        ("김치찌개를 끓일 때 먼저 넣어야 하는 재료를 알려 주세요", "김치찌개를 끓일 때 나중 넣어야 하는 재료를 알려 주세요"),
        ("상자를 책상 위에 놓고 사진을 찍는 방법을 알려 주세요", "상자를 책상 아래에 놓고 사진을 찍는 방법을 알려 주세요"),
        ("이 문장에 담긴 감정이 긍정인지 살펴보고 이유를 적어 주세요", "이 문장에 담긴 감정이 부정인지 살펴보고 이유를 적어 주세요"),
        ("실온에서 가능한 실험을 골라서 표로 정리해 주시겠습니까", "실온에서 불가능한 실험을 골라서 표로 정리해 주시겠습니까"),
        ("请详细说明在小城市里开一家书店有哪些优点和需要的准备", "请详细说明在小城市里开一家书店有哪些缺点和需要的准备"),
        ("请根据下面的表格找出去年销量最高的三种水果并说明理由", "请根据下面的表格找出去年销量最低的三种水果并说明理由"),
        ("请写一段话说明为什么近几年村里的人口增加得这么快", "请写一段话说明为什么近几年村里的人口减少得这么快"),
        ("从车站出来以后向左走五分钟就能看到我们学校的大门吗", "从车站出来以后向右走五分钟就能看到我们学校的大门吗"),
        ("把下面这些动物按照从大到小的顺序排列并写出它们的名字", "把下面这些动物按照从小到大的顺序排列并写出它们的名字"),
        ("Name the three largest lakes of the country and say how deep they are.", "Name the three smallest lakes of the country and say how deep they are."),
        ("Write a formal letter to the mayor about the noise in our street.", "Write an informal letter to the mayor about the noise in our street."),
        *((LETTER.format(one), LETTER.format(other)) for one, other in (("가장 높은", "가장 낮은"), ("최고", "최저"))),
        *((NOTE.format(one), NOTE.format(other)) for one, other in (("最高", "最低"), ("较热", "较冷"))),
        (MAIL.format("highest"), MAIL.format("lowest")),
        # swaps
        ("어제 오후에 철수가 영희에게 도서관에서 빌린 책을 주었습니다", "어제 오후에 영희가 철수에게 도서관에서 빌린 책을 주었습니다"),
        ("아래에 있는 짧은 편지를 한국어에서 영어로 정확하게 옮겨 주세요", "아래에 있는 짧은 편지를 영어에서 한국어로 정확하게 옮겨 주세요"),
        ("다음 문단을 읽고 한국어를 영어로 옮긴 뒤 어려운 낱말을 풀이하세요", "다음 문단을 읽고 영어를 한국어로 옮긴 뒤 어려운 낱말을 풀이하세요"),
        ("请先阅读下面的短文，然后把中文翻译成英文，并解释难懂的词语", "请先阅读下面的短文，然后把英文翻译成中文，并解释难懂的词语"),
        ("请帮我查一下周末从北京坐火车到上海需要多长时间和多少钱", "请帮我查一下周末从上海坐火车到北京需要多长时间和多少钱"),
        ("Translate the letter below from Korean into English and explain it.", "Translate the letter below from English into Korean and explain it."),
        # names and numbers
        ("C로 정렬 알고리즘을 작성하고 한 줄씩 자세히 설명해 주세요", "C++로 정렬 알고리즘을 작성하고 한 줄씩 자세히 설명해 주세요"),
        ("C로 정렬 알고리즘을 작성하고 한 줄씩 자세히 설명해 주세요", "C#으로 정렬 알고리즘을 작성하고 한 줄씩 자세히 설명해 주세요"),
        ("请用 C# 写一个排序程序并逐行解释它的作用和运行时间", "请用 C 写一个排序程序并逐行解释它的作用和运行时间"),
        ("Python 2로 쓴 이 코드를 읽고 무엇을 하는지 설명해 주세요", "Python 3로 쓴 이 코드를 읽고 무엇을 하는지 설명해 주세요"),
        ("서울에서 하루 동안 걸어서 둘러볼 만한 곳을 추천해 주세요", "부산에서 하루 동안 걸어서 둘러볼 만한 곳을 추천해 주세요"),
    ],
)  # fmt: skip
def test_another_word_is_another_text(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # slips, spacing and particles around the same words
        ("우리나라에서 가장 높은 산의 이름과 높이를 표로 정리해 주세요", "우리 나라에서 가장 놓은 산의 이름과 높이를 표로 정리해 주세요"),
        ("동네 빵집을 여는 일의 장점을 세 문장으로 설명해 주세요", "동네 빵집을 여는 일의 장점 세 문장으로 설멍해 주세요"),
        ("주어진 표에서 최대 값을 찾아내는 함수를 작성해 주세요", "주어진 표에서 최대값을 찾아내는 함수를 작성해주세요"),
        ("请详细说明在小城市里开一家书店有哪些优点和需要的准备", "请详细说明在小城市里开一家书店有哪些优点和需耍的准备"),
        ("Name the three largest lakes of the country and say how deep they are.", "Name the three largset lakes of the country and say how deep they are"),
        *((LETTER.format("가장 높은"), LETTER.format(other)) for other in ("가장 놓은", "가장높은", "가장 높은은")),
        *((NOTE.format("最高"), NOTE.format(other)) for other in ("最膏", "最高高", "高最")),
        (MAIL.format("highest"), MAIL.format("hihgest")),
        # the order of words, and of lists
        ("어제 오후에 철수가 영희에게 도서관에서 빌린 책을 주었습니다", "어제 오후에 영희에게 철수가 도서관에서 빌린 책을 주었습니다"),
        ("고양이와 강아지의 다른 점을 세 가지만 골라서 설명해 주세요", "강아지와 고양이의 다른 점을 세 가지만 골라서 설명해 주세요"),
        ("请用三句话说明苹果和香蕉的区别以及它们各自的吃法", "请用三句话说明香蕉和苹果的区别以及它们各自的吃法"),
        ("Explain how cats and dogs differ in the way they hunt and sleep.", "Explain how dogs and cats differ in the way they hunt and sleep."),
        # an ending
        (LETTER.format("같은").replace("부탁드립니다", "부탁드려요"), LETTER.format("같은")),
        ("C#으로 정렬 알고리즘을 작성하고 한 줄씩 자세히 설명해 주세요", "C# 으로 정렬 알고리즘을 작성하고 한줄씩 자세히 설명해 주세요."),
    ],
)  # fmt: skip
def test_a_slip_is_not(one: str, other: str) -> None:
    assert same(one, other)


def test_two_words_one_syllable_apart_are_told_by_the_other_texts() -> None:
    one, other = (f"아이와 함께 읽기 좋은 {word} 이야기를 다섯 문장으로 지어 주세요" for word in ("사자", "사슴"))
    assert same(one, other)
    assert not same(one, other, "사자는 무리를 지어 산다", "사슴의 뿔")
    one, other = (f"请根据下面的要求写一首关于{word}的诗，不超过八行，并给出标题" for word in ("松树", "柳树"))
    assert same(one, other)
    assert not same(one, other, "松树和柳树", "一首关于松鼠的歌", "一首关于柳州的歌")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("-10도는 많이 추운가요?", "10도는 많이 추운가요?"),
        ("-5의 절댓값은?", "5의 절댓값은?"),
        ("50% 할인된 가격은 얼마인가요?", "50 할인된 가격은 얼마인가요?"),
        ("!true 의 값은?", "true 의 값은?"),
        ("print(a[1:])의 결과는?", "print(a[:1])의 결과는?"),
        ("$100은 몇 원인가요?", "€100은 몇 원인가요?"),
        ("Rh+ 혈액형의 특징을 알려줘", "Rh- 혈액형의 특징을 알려줘"),
        ("A- 학점을 받으면 몇 점인가요?", "A 학점을 받으면 몇 점인가요?"),
        ("2*(3+4)의 값을 구하세요", "2*3+4의 값을 구하세요"),
        ("10₂를 풀어서 설명하세요", "102를 풀어서 설명하세요"),
    ],
)
def test_a_sign_beside_a_digit_or_a_letter_makes_another_text(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("안녕 hello! 오늘은 어때?", "안녕 hello, 오늘은 어때"),
        ("K-POP 노래를 추천해 줘.", "KPOP 노래를 추천해 줘"),
        ("할인율이 50 % 인 물건", "할인율이 50% 인 물건."),
        ("한국(Korea) 음식을 '소개'해 줘", "한국 Korea 음식을 소개해 줘."),
        ("CO₂를 줄이는 방법을 알려 줘", "CO2를 줄이는 방법을 알려 줘!"),
        ("사과 - 3개를 샀다", "사과 3개를 샀다."),
    ],
)
def test_other_punctuation_makes_none(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("물의 끓는점에 대해 설명해 주세요.", "물의 어는점에 대해 설명해 주세요."),
        ("낮에 할 수 있는 운동을 추천해 주세요.", "밤에 할 수 있는 운동을 추천해 주세요."),
        ("영상 10도일 때 입을 옷차림을 알려 주세요", "영하 10도일 때 입을 옷차림을 알려 주세요"),
        ("내가 할 수 있는 일을 전부 알려줘", "내가 할 수 없는 일을 전부 알려줘"),
        ("최댓값을 구하는 함수를 작성하세요.", "최솟값을 구하는 함수를 작성하세요."),
        ("주식을 사는 방법을 알려주세요.", "주식을 파는 방법을 알려주세요."),
        ("살을 빼는 식단을 하나 짜 주세요.", "살을 찌우는 식단을 하나 짜 주세요."),
        ("월요일 아침에 쓸 회의 자료를 만들어 주세요", "화요일 아침에 쓸 회의 자료를 만들어 주세요"),
        ("TCP 소켓 프로그래밍 예제를 보여 주세요", "UDP 소켓 프로그래밍 예제를 보여 주세요"),
        ("HTTP를 쓰는 서버를 만드는 예제를 보여 주세요", "HTTPS를 쓰는 서버를 만드는 예제를 보여 주세요"),
        ("Describe the effects of inflation on the economy.", "Describe the effects of deflation on the economy."),
        ("请写一封信告诉爸爸最近学校里发生的事情", "请写一封信告诉妈妈最近学校里发生的事情"),
        ("他为什么喜欢她？", "她为什么喜欢他？"),
    ],
)
def test_what_instructions_often_turn_round(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张三借给李四一百块钱", "李四借给张三一百块钱"),
        ("Convert 10 miles to kilometers.", "Convert 10 kilometers to miles."),
    ],
)
def test_an_equal_answer_in_another_language_hides_no_swap(one: str, other: str) -> None:
    answer = "\n답을 차례로 적으면 다음과 같습니다."
    assert not same(one, other) and not same(one + answer, other + answer)


@pytest.mark.parametrize("count", [100, 250])
def test_rows_of_a_template_are_different_texts(count: int) -> None:
    rng = random.Random(0)
    names = [one + two + three for one in "김이박최정" for two in "민서지하도" for three in "준윤아호우"]
    things = [
        f"{what}{kind}" for what in ("유리", "나무", "가죽", "무명") for kind in ("컵", "책장", "가방", "모자", "방석")
    ]
    rows = sorted({(rng.choice(names), rng.choice(things)) for _ in range(count)})
    letters = [
        f"안녕하세요 {name}님, 주문하신 {thing} 상품이 오늘 오후에 출발하여 내일까지 도착할 예정이니 받으신 뒤에 꼭 확인해 주세요."
        for name, thing in rows
    ]
    groups = find(letters)
    # of a hundred, some names one syllable apart are not known for a slot's
    assert len(np.unique(groups.group)) >= (0.95 if count == 100 else 1) * len(letters)
    slipped = [letter.replace("도착할", "도착할할") for letter in letters[:20]]
    groups = find([*letters, *slipped])
    assert groups.group[:20].tolist() == groups.group[len(letters) :].tolist()


def test_a_name_with_two_particles_is_the_same_in_every_process() -> None:
    """Sets of words have another order in each: it may not decide which particle is compared."""
    code = "from okinst.curation.wording import Alignment\nprint(Alignment(*{!r}).swapped())"
    pair = ("고양이가 고양이를 개에게 보였다", "고양이에게 고양이는 개를 보였다")
    assert len({python(code.format(pair), PYTHONHASHSEED=str(seed)) for seed in (0, 2)}) == 1
