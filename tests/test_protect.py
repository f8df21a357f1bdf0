"""What must not change comes back exactly, whatever text stands around it and whatever looks like a mark."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.generation.job import Rejected
from okinst.generation.protect import masked, unmasked, untagged

PIECES = (
    "```python\nprint('안녕')\n```",
    "`git log --oneline`",
    "$e^{i\\pi} + 1 = 0$",
    "$$\\int_0^1 x\\,dx$$",
    "\\(a < b\\)",
    "\\[x = {-b \\over 2a}\\]",
    "\\begin{align*}\na &= b\n\\end{align*}",
    "https://example.org/a_(b)?q=1&r=%20",
    "www.example.org/page",
    "minji.kim@example.co.kr",
    "{user_name}",
    "{{ order.id }}",
    "${HOME}",
    "{0}",
    "%s",
    "%(count)d",
    "%1$s",
    "%.2f",
    "<name>",
    "</div>",
    '<a href="/x">',
    "[NAME]",
    "[ORDER NUMBER]",
    "[/INST]",
    "<<SYS>>",
    "<|im_start|>",
    "<|eot_id|>",
    "{0:>10}",
    "{:.2f}",
    "{name!r}",
    "{day:%Y-%m-%d}",
    "$USER",
    "$HOME/bin/run.sh",
    "~/notes/x.py",
    "/etc/hosts",
    "../src/a.js",
    "example.com/path",
    "https://ko.wikipedia.org/wiki/한강",
    "https://ko.wikipedia.org/wiki/서울_(동음이의)",
    "https://namu.wiki/w/한강(소설)",
    "https://ko.wikipedia.org/wiki/분류:서울의_강",
    "https://example.org/찾기?말=강+물&n=1",
    "https://한글.한국/길",
    "https://zh.wikipedia.org/wiki/长江",
    "https://hi.wikipedia.org/wiki/हिन्दी",
    "\\frac{1}{2}",
    "\\frac{\\sqrt{2}}{n^{2}}",
    "⟦7⟧",
    "⟦",
    "MAX_RETRIES",
    "C:\\Users\\me\\data.txt",
    "D:\\자료\\a.txt",
    "git commit -m",
    "pip install --upgrade",
    "_____",
)


@pytest.mark.parametrize("piece", PIECES)
def test_each_kind_is_taken_out_whole(piece: str) -> None:
    masks = masked(f"Please look at {piece} before noon.")
    assert masks.text == "Please look at ⟦1⟧ before noon."
    assert masks.pieces == (piece,)
    assert unmasked("정오 전에 ⟦1⟧ 보세요.", masks) == f"정오 전에 {piece} 보세요."
    assert untagged('정오 전에 <x id="1"/> 보세요.', masks) == f"정오 전에 {piece} 보세요."


@pytest.mark.parametrize(
    "text",
    [
        "The ticket is $5 and the bag is $10.",
        "From $5-$10 each",
        "Sales grew by 50% so far, 100% sure, a 20% discount.",
        "if a < b and c > d, then stop [see above] [1].",
        "{ not a placeholder } and a lone ` tick",
        "He said: 7 * 6 = 42, e.g. at 10:30.",
        "Hi there~~~ Could you tell me how to cook rice? Thanks~~~",
        "~~~ hello ~~~",
        "~~~\nHow are you today?",
        "Begin with ``` and go on as you like.",
        "``` begins a line too, and nothing closes it.",
        "I don`t know what you`re saying.",
        "It is $5 here and in Canada it is 7$ now.",
        "Either $5 or 7$ will do.",
        "이 표는 $5 이고 캐나다에서는 7$ 입니다.",
        "We spent $$ on rice and earned $$ with it.",
        "a <b then we all go home and c> d",
        "Either and/or, he/she, km/h, 남/여/노, AC/DC, 24/7, 1/2/3, e.g./i.e. and a /t/ sound.",
        "Say /imagine or { no } and {two words}.",
        "Look:\n\n    This is a paragraph (with a remark) that is indented.\n\nThat is all.",
        "Look:\n\n    이것은 (그냥) 들여 쓴 글이다.\n",
        "- one\n\n    - two (2)\n\n    1. three = 3\n",
        "Fruit:\n\n    apple\n    pear\n",
        "return to the office",
        "import taxes are high",
        "if you like tea:\n  this is for you (and me)",
        "for you:\n  this is it",
        "git commit early and often",
        "class of people:\ngood and bad",
        "$ amounts are in thousands here",
        "Step A: go on.",
        '{"text": "The tea is hot and good."}',
        "[1] and [2]",
        "find the cat - then go | stop",
    ],
)
def test_plain_text_is_left_alone(text: str) -> None:
    assert masked(text).text == text


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One:\n~~~sh\nls\n~~~\nTwo.", ("~~~sh\nls\n~~~",)),
        ("- item\n  ```py\n  a = 1\n  ```\nTwo.", ("  ```py\n  a = 1\n  ```",)),
        ("One:\n```py\nprint(1)", ("```py\nprint(1)",)),
        ("Use ``` for code:\n```\nls\n```\nThat is all.", ("```\nls\n```",)),
        ("See ```a = 1``` here.", ("```a = 1```",)),
        ("Let $n \\bmod m$ and $x \\text{ if it is } y$ be $a$.", ("$n \\bmod m$", "$x \\text{ if it is } y$", "$a$")),
        ("거리는 $속도 = \\frac{a}{b}$ 이다.", ("$속도 = \\frac{a}{b}$",)),
        ("Do:\n\n    x = 1\n    print(x)  # 이렇게 한다\n\nThen.", ("    x = 1\n    print(x)  # 이렇게 한다",)),
        ("Do:\n\n\tls -l /tmp\n\n\tmake all\nThen.", ("\tls -l /tmp\n\n\tmake all",)),
        ("Do:\n    x = 1\nThen.", ()),
        ("Set $PATH to $HOME:$PATH.", ("$PATH", "$HOME", "$PATH")),
        ("Let $X$, $AB + CD$ and $N = 5$ be.", ("$X$", "$AB + CD$", "$N = 5$")),
        ('Put <input type="text" required> and <br/> there.', ('<input type="text" required>', "<br/>")),
    ],
)
def test_code_formulas_and_tags_end_where_they_end(text: str, pieces: tuple[str, ...]) -> None:
    assert masked(text).pieces == pieces


def test_what_never_ends_takes_no_time() -> None:
    began = time.process_time()
    masked("\\begin{a} " * 20_000)
    for never in (
        "$$ ",
        "\\[ ",
        "`a ",
        "<a ",
        "<a b=",
        "a.",
        "{{",
        "```\n",
        "~~~\n",
        "```a\n``` x ",
        "$a b",
        "https://a/한",
        "https://a/(",
        "/a",
        "a.",
        "{a:",
        "\\frac{",
        "\\frac{{",
        "\n\n    a(",
        "\n\n    a",
        "\n    a\n\n    b",
        "$A",
        "<|a",
    ):
        masked(never * (40_000 // len(never)))
    assert not masked("tea" + " " * 80_000 + "tea").breaks
    assert time.process_time() - began < 5.0, "twice the text takes four times the time"


def test_what_ends_a_sentence_is_not_part_of_an_address() -> None:
    assert masked("See https://example.org/a. Or (https://example.org/b)!").pieces == (
        "https://example.org/a",
        "https://example.org/b",
    )


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.com/a를 보세요.", "https://example.com/a"),
        ("https://example.com/에서 찾으세요.", "https://example.com/"),
        ("https://example.com에서 찾으세요.", "https://example.com"),
        ("https://example.com/%ED%95%9C을 보세요.", "https://example.com/%ED%95%9C"),
        ("(https://namu.wiki/w/한강)을 보세요.", "https://namu.wiki/w/한강"),
        ("https://ko.wikipedia.org/wiki/한강, 그리고", "https://ko.wikipedia.org/wiki/한강"),
        ("https://ko.wikipedia.org/wiki/한강_(강).", "https://ko.wikipedia.org/wiki/한강_(강)"),
        ("访问https://example.com/了解更多。", "https://example.com/"),
        ("请看https://zh.wikipedia.org/wiki/长江，很好。", "https://zh.wikipedia.org/wiki/长江"),
        ("/etc/hosts를 여세요.", "/etc/hosts"),
        ("example.com/path에 있습니다.", "example.com/path"),
        ("$HOME에 있습니다.", "$HOME"),
    ],
)
def test_what_is_glued_to_an_address_is_none_of_it(text: str, address: str) -> None:
    assert masked(text).pieces == (address,)


@pytest.mark.parametrize(
    "code",
    [
        "for item in items:\n    print(item)",
        "print(x)",
        "def f(x):\n    return x+1",
        "SELECT * FROM users WHERE age > 30 ORDER BY name;",
        "wc -l < file.txt",
        "git commit -m 'the first one'",
        '{"name": "Kim", "age": 30}',
        "x = 5\ny = 10\nprint(x + y)",
        "int main() {\n  // the end of it all\n  return 0;\n}",
        "sort -u names.txt | uniq -c",
        "$ ls -l here",
    ],
)
def test_bare_code_is_taken_out_whole(code: str) -> None:
    masks = masked(code)
    assert masks.pieces == (code,)
    assert not masks.speaks
    assert masked(f"What does this do?\n\n{code}\n\nSay it.").text == "What does this do?\n\n⟦1⟧\n\nSay it."


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO is used to add new records to a table in a database.",
        "CREATE TABLE creates a new table, and ALTER TABLE changes one that is there already.",
        "SELECT chooses columns and FROM names the table they come from.",
        "SELECT name FROM users; This query gives the names of all users.",
        "SELECT the best answer FROM the list below and explain why you chose it.",
        "DELETE FROM removes rows from a table; be careful with it.",
        "SELECT name FROM users WHERE age > 5\n    The query above returns every user older than five.",
        "quality > quantity",
        "yes | no",
        "red | green | blue",
        "a | b | c\nd | e | f",
        "thanks -John",
        "sleep well -Mom",
        "hello there --Bob",
        "sort -r the list",
    ],
)
def test_words_that_look_like_code_are_said(text: str) -> None:
    assert masked(text).text == text
    assert masked(f"Look at this:\n\n{text}\n\nThat is all.").text == f"Look at this:\n\n{text}\n\nThat is all."


def test_bare_code_below_a_sentence_takes_two_lines() -> None:
    masks = masked("Fix this:\nfor x in xs:\n    print(x)\nIt fails.")
    assert masks.text == "Fix this:\n⟦1⟧\nIt fails."
    assert masks.own_lines == {1}
    fence = "x = 5\ny = 6\n```\nz = x + y\n```"
    assert masked(fence).pieces == ("x = 5\ny = 6", "```\nz = x + y\n```")


def test_a_turn_of_protected_text_alone_has_nothing_to_say() -> None:
    assert not masked("```js\nlet a = 1\n```\n\n$x$ 42!").speaks
    assert masked("`a` is").speaks


def test_a_code_block_keeps_its_line() -> None:
    masks = masked("Try this:\n```\nls\n```\nand look.")
    assert unmasked("이렇게 하고: ⟦1⟧ 보세요.", masks) == "이렇게 하고:\n```\nls\n```\n보세요."
    assert unmasked("해 보고:\n⟦1⟧\n보세요.", masks) == "해 보고:\n```\nls\n```\n보세요."


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("⟦1⟧만 있다", "protected text lost"),
        ("⟦1⟧ ⟦2⟧ ⟦2⟧", "protected text doubled"),
        ("⟦1⟧ ⟦2⟧ ⟦3⟧", "protected text broken"),
        ("⟦1⟧ ⟦2", "protected text broken"),
        ("⟦1⟧ ⟦둘⟧", "protected text broken"),
    ],
)
def test_a_mark_lost_doubled_or_made_up_is_found(answer: str, reason: str) -> None:
    with pytest.raises(Rejected) as rejected:
        unmasked(answer, masked("`a` and `b`"))
    assert rejected.value.reason == reason


@pytest.mark.parametrize(
    "answer", ['<x id="1"/> <b>둘</b> <x id="2"/>', '<x id="1"/> <x id=2>', '<x id="1">하나</x> <x id="2"/>']
)
def test_a_tag_that_came_back_changed_is_found(answer: str) -> None:
    with pytest.raises(Rejected, match="protected text broken"):
        untagged(answer, masked("`a` and `b`"))


LIST = "Do this:\n\n- boil the `water`\n  - slowly\n\nThen drink."


@pytest.mark.parametrize(
    "came",
    [
        '이렇게:<br id="2"/>- <x id="1"/>을 끓인다<br id="3"/>- 천천히<br id="4"/>마신다.',
        '이렇게: <br id="2"> - <x id="1"></x>을 끓인다 <BR ID="3" /> - 천천히<br id=\'4\'></br> 마신다.',
    ],
)
def test_a_translator_keeps_the_lines(came: str) -> None:
    masks = masked(LIST)
    assert masks.tagged == ('Do this:<br id="2"/>- boil the <x id="1"/><br id="3"/>- slowly<br id="4"/>Then drink.'), (
        "no line break is left to be lost"
    )
    assert untagged(came, masks) == "이렇게:\n\n- `water`을 끓인다\n  - 천천히\n\n마신다."


@pytest.mark.parametrize(
    ("came", "reason"),
    [
        ('이렇게: - <x id="1"/> - 천천히 마신다.', "lines lost"),
        ('이렇게:<br id="2"/>- <x id="1"/><br id="3"/>- 천천히 마신다.', "lines lost"),
        ('이렇게:<br id="3"/>- <x id="1"/><br id="2"/>- 천천히<br id="4"/>마신다.', "lines in another order"),
        (
            '이렇게:<br id="2"/>- <x id="1"/><br id="3"/>-<br id="3"/>천천히<br id="4"/>마신다.',
            "protected text doubled",
        ),
        ('이렇게:<br/>- <x id="1"/><br id="3"/>- 천천히<br id="4"/>마신다.', "protected text broken"),
        ('이렇게:<br id="2"/>- <x id="1"/><br id="3"/>- 천천히<br id="4"/>마신<x id="5"/>다.', "protected text broken"),
    ],
)
def test_a_line_that_a_translator_lost_is_found(came: str, reason: str) -> None:
    with pytest.raises(Rejected) as rejected:
        untagged(came, masked(LIST))
    assert rejected.value.reason == reason


ANYTHING = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text('ab가 \n`$\\{}[]<>%⟦⟧1&;/x"=', max_size=12), st.text(max_size=8)),
    max_size=8,
).map("".join)


@given(ANYTHING)
def test_a_text_that_comes_back_as_it_went_out_is_the_same_text(text: str) -> None:
    masks = masked(text)
    assert unmasked(masks.text, masks) == text
    assert untagged(masks.tagged, masks) == text


@given(ANYTHING)
def test_every_mark_stands_once(text: str) -> None:
    masks = masked(text)
    assert re.findall("⟦(.*?)⟧", masks.text) == [str(number + 1) for number in range(len(masks.pieces))]


@given(ANYTHING, st.data())
def test_marks_may_come_back_in_any_order(text: str, data: st.DataObject) -> None:
    masks = masked(text)
    numbers = data.draw(st.permutations(range(1, len(masks.pieces) + 1)))
    came = unmasked(" 그리고 ".join(f"⟦{number}⟧" for number in numbers), masks)
    place = 0
    for number in numbers:
        place = came.index(masks.pieces[number - 1], place) + len(masks.pieces[number - 1])
