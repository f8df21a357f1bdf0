"""Translation: what a model answers is read strictly; what passes is kept, what does not is asked for again."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from okinst.builders import WrongCall
from okinst.generation import sources
from okinst.generation import translating as module
from okinst.generation.course import Course
from okinst.generation.job import Answer, Item, Rejected, State, advance
from okinst.generation.protect import masked
from okinst.generation.translating import AT_ONCE, DONE, Translating

TEA = (
    "How do I keep green tea from turning bitter?",
    "Use water of about 70 degrees, and take the leaves out after two minutes.",
)
TEA_KO = ("녹차가 써지지 않게 하려면 어떻게 해야 하나요?", "70도쯤 되는 물을 쓰고 2분 뒤에 찻잎을 건져 내세요.")


def file_of(folder: Path, *rows: Any, name: str = "mine.jsonl") -> str:
    path = folder / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def talk(*turns: str) -> dict[str, Any]:
    return {"messages": [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(turns)]}


def translating(folder: Path, *rows: Any, to: str = "ko", **options: Any) -> Translating:
    return Translating(sources.opened(file_of(folder, *rows), "conversation"), to=to, **options)


def first(job: Translating) -> tuple[Item, State]:
    item = next(iter(job.items()))
    return item, job.start(item)


def in_json(texts: Iterable[str]) -> str:
    return json.dumps({f"{n}-{('user', 'assistant')[(n - 1) % 2]}": text for n, text in enumerate(texts, 1)})


def test_one_exchange_becomes_a_row_of_oig_smallchip2_ko(tmp_path: Path) -> None:
    job = translating(tmp_path, talk(*TEA))
    item, state = first(job)
    ask = job.ask(item, state)
    assert ask is not None and ask.json
    assert json.loads(ask.messages[-1]["content"]) == {"1-user": TEA[0], "2-assistant": TEA[1]}
    assert dict(ask.texts) == {"1-user": TEA[0], "2-assistant": TEA[1]}
    state = job.read(item, state, Answer(in_json(TEA_KO)))
    assert job.ask(item, state) is None
    assert job.file().set_name == "oig-smallchip2-ko"
    assert job.row(item, state) == {
        "user": TEA[0],
        "chip2": TEA[1],
        "index": 0,
        "user_translated": TEA_KO[0],
        "chip2_translated": TEA_KO[1],
    }


def test_a_translator_answers_by_key(tmp_path: Path) -> None:
    job = translating(tmp_path, talk("What does `ls -l` print & why?", TEA[1]))
    item, state = first(job)
    ask = job.ask(item, state)
    assert ask is not None and ask.texts["1-user"] == 'What does <x id="1"/> print &amp; why?'
    answer = Answer(texts={"2-assistant": TEA_KO[1], "1-user": '<x id="1"/>은 무엇을 왜 출력하나요 &amp; 어떻게?'})
    assert job.row(item, job.read(item, state, answer))["user_translated"] == "`ls -l`은 무엇을 왜 출력하나요 & 어떻게?"


KEPT = {"1-user": TEA_KO[0]}


@pytest.mark.parametrize(
    ("answer", "reason", "kept"),
    [
        (Answer(""), "empty", {}),
        (Answer(in_json(TEA_KO)[:-20]), "no JSON", {}),
        (Answer("<html>502 Bad Gateway</html>"), "no JSON", {}),
        (Answer('["' + TEA_KO[0] + '"]'), "no JSON", {}),
        (Answer("I'm sorry, but I can't help with that."), "refusal", {}),
        (Answer("", finish="content_filter"), "withheld", {}),
        (Answer('{"1-user": "하나", "1-user": "둘", "2-assistant": "셋"}'), "doubled key", {}),
        (Answer(in_json((*TEA_KO, "덤"))), "keys that were not asked for", {}),
        (Answer(json.dumps(KEPT)), "missing", KEPT),
        (Answer(in_json((TEA_KO[0], ""))), "empty", KEPT),
        (Answer(json.dumps({**KEPT, "2-assistant": ["가", "나"]})), "not text", KEPT),
        (Answer(in_json((TEA_KO[0], TEA[1]))), "untranslated", KEPT),
        (Answer(in_json((TEA_KO[0], "请用七十度的水，两分钟后取出茶叶，味道就不会苦了。"))), "wrong language", KEPT),
        (Answer(in_json((TEA_KO[0], "네."))), "far off in length", KEPT),
        (Answer(in_json((TEA_KO[0], TEA_KO[1] * 4))), "far off in length", KEPT),
        (
            Answer(in_json((TEA_KO[0], "죄송하지만 그 요청은 도와드릴 수 없습니다. 다른 질문을 해 주세요."))),
            "refusal",
            KEPT,
        ),
        (Answer(json.dumps({**KEPT, "2-assistant": TEA_KO[1] + "\ud83d"})), "broken encoding", KEPT),
        (Answer(texts={"1-user": TEA_KO[0]}), "missing", KEPT),
    ],
)
def test_every_flaw_has_its_reason_and_what_passed_is_kept(
    tmp_path: Path, answer: Answer, reason: str, kept: dict[str, str]
) -> None:
    job = translating(tmp_path, talk(*TEA))
    item, state = first(job)
    after, rejected = advance(job, item, state, answer)
    assert rejected is not None and rejected.reason == reason
    assert after["done"] == kept and after["tried"] == [reason]
    ask = job.ask(item, after)
    assert ask is not None and reason in ask.messages[-1]["content"], "the model is told why it is asked again"
    assert set(ask.texts) == {"1-user", "2-assistant"} - kept.keys()
    rest = {key: text for key, text in zip(("1-user", "2-assistant"), TEA_KO, strict=True) if key not in kept}
    after, rejected = advance(job, item, after, Answer(f"```json\n{json.dumps(rest)}\n```"))
    assert rejected is None and "tried" not in after
    assert job.row(item, after)["chip2_translated"] == TEA_KO[1]


def test_an_answer_that_has_no_room_is_asked_for_in_halves(tmp_path: Path) -> None:
    english = [f"This is sentence number {n} about the old harbour town." for n in range(4)]
    korean = [f"이것은 오래된 항구 마을에 관한 {n}번째 문장입니다." for n in range(4)]
    job = translating(tmp_path, talk(*english))
    item, state = first(job)
    sizes = []
    for finish in ("length", "length", "stop", "stop", "stop", "stop"):
        ask = job.ask(item, state)
        assert ask is not None
        sizes.append(len(ask.texts))
        texts = {key: korean[int(key[0]) - 1] for key in ask.texts}
        state, _ = advance(job, item, state, Answer(json.dumps(texts), finish=finish))
    assert sizes == [4, 2, 1, 1, 1, 1]
    assert job.ask(item, state) is None
    assert [turn["value"] for turn in job.row(item, state)["conversations"]] == korean


def test_turns_are_masked_once_however_many_requests_they_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen turns, asked for one by one, and read again by the next run."""
    read = Counter[str]()
    monkeypatch.setattr(module, "masked", lambda text: read.update([text]) or masked(text))
    english = [f"This is sentence number {n} about the old harbour town." for n in range(16)]
    job = translating(tmp_path, talk(*english))
    for _ in range(2):
        item, state = first(job)
        state[AT_ONCE] = 1
        while ask := job.ask(item, state):
            (key,) = ask.texts
            number = int(key.split("-")[0]) - 1
            said = f"이것은 오래된 항구 마을에 관한 {number}번째 문장입니다."
            state = job.read(item, state, Answer(json.dumps({key: said})))
        assert len(state[DONE]) == 16
    assert set(read.values()) == {1} and len(read) == 16


@pytest.mark.parametrize("told_by", ["model", "server"])
def test_halving_is_no_try_while_it_gets_smaller(tmp_path: Path, told_by: str) -> None:
    """Sixteen turns, and room for one: four halvings, and three tries."""
    english = [f"This is sentence number {n} about the old harbour town." for n in range(16)]
    job = translating(tmp_path, talk(*english))
    course = Course(job, next(iter(job.items())), tries=3, settings={}, steady=False)
    asked = 0
    while course.ask is not None and (asked := asked + 1) < 200:
        texts = {
            key: f"이것은 오래된 항구 마을에 관한 {int(key.split('-')[0]) - 1}번째 문장입니다."
            for key in course.ask.texts
        }
        if len(texts) == 1:
            course.take(Answer(json.dumps(texts)))
        elif told_by == "server":
            course.refuse("too long", "the context has 64 tokens")
        else:
            course.take(Answer(json.dumps(texts)[:50], finish="length"))
    assert course.aside is None and len(course.row()["conversations"]) == 16


def test_a_single_turn_that_has_no_room_has_its_tries(tmp_path: Path) -> None:
    job = translating(tmp_path, talk(*TEA))
    course = Course(job, next(iter(job.items())), tries=3, settings={}, steady=False)
    asked = 0
    while course.ask is not None and (asked := asked + 1) < 200:
        course.take(Answer("{", finish="length"))
    assert course.aside is not None and course.aside.reason == "cut off" and asked == 4, "two turns, and thrice one"


def test_roles_and_turns_are_kept_and_code_alone_is_not_sent(tmp_path: Path) -> None:
    code = "```python\nprint('hello')\n```"
    row = {
        "messages": [
            {"role": "system", "content": "You answer with short and friendly sentences."},
            {"role": "user", "content": "Please show me how to greet the world."},
            {"role": "assistant", "content": code},
        ]
    }
    job = translating(tmp_path, row)
    item, state = first(job)
    ask = job.ask(item, state)
    assert ask is not None and list(ask.texts) == ["1-system", "2-user"]
    answer = {"1-system": "짧고 다정한 문장으로 대답하세요.", "2-user": "세상에 인사하는 방법을 보여 주세요."}
    made = job.row(item, job.read(item, state, Answer(json.dumps(answer))))
    assert job.file().set_name == "sharegpt-deepl-ko"
    assert [turn["from"] for turn in made["conversations"]] == ["system", "human", "gpt"]
    assert made["conversations"][2]["value"] == code


@pytest.mark.parametrize(
    ("row", "to", "reason"),
    [
        (talk("1 + 1 = ?", "2"), "ko", "nothing to translate"),
        (talk(*TEA_KO), "ko", "already in ko"),
        (
            talk(
                "Please tell me how the old clock in the tower works.",
                "It is moved by a weight that is wound up in the morning.",
            ),
            "en",
            "already in en",
        ),
        ({"messages": [{"role": "user", "content": "Hello?"}]}, "ko", "no answer"),
        ({"messages": "Hello?"}, "ko", "messages that are no list"),
    ],
)
def test_what_cannot_be_worked_on_is_said_before_anything_is_sent(
    tmp_path: Path, row: dict[str, Any], to: str, reason: str
) -> None:
    job = translating(tmp_path, talk(*TEA), row, to=to)
    with pytest.raises(Rejected) as rejected:
        job.start(list(job.items())[1])
    assert rejected.value.reason == reason


def test_a_turn_that_is_there_already_stays_as_it_is(tmp_path: Path) -> None:
    job = translating(
        tmp_path, talk("안녕하세요, 오늘 날씨가 어떤가요?", "It is warm and dry today, and a little windy."), to="en"
    )
    item, state = first(job)
    ask = job.ask(item, state)
    assert ask is not None and list(ask.texts) == ["1-user"]


MIXED = ("What does 안녕하세요 mean?", "It is a polite greeting that people say to each other.")


@pytest.mark.parametrize(
    ("question", "source_language"),
    [(MIXED[0], "en"), (MIXED[0], None), ("What is '만나서 반갑습니다'?", None), ("And 만나서 반갑습니다?", "en")],
)
def test_a_turn_that_quotes_the_target_language_is_translated(
    tmp_path: Path, question: str, source_language: str | None
) -> None:
    job = translating(tmp_path, talk(question, MIXED[1]), source_language=source_language)
    ask = job.ask(*first(job))
    assert ask is not None and list(ask.texts) == ["1-user", "2-assistant"]


def test_a_turn_with_names_in_it_is_there_already(tmp_path: Path) -> None:
    job = translating(tmp_path, talk("IT 회사에서 GPT-4와 BERT는 무엇이 다른가요?", MIXED[1]), source_language="en")
    ask = job.ask(*first(job))
    assert ask is not None and list(ask.texts) == ["2-assistant"]


@pytest.mark.parametrize("source_language", ["uk", None])
def test_a_language_in_the_same_letters_is_not_there_already(tmp_path: Path, source_language: str | None) -> None:
    row = talk("Коли відчиняється пекарня на розі?", "Вона відчиняється о шостій годині ранку.")
    job = translating(tmp_path, row, to="ru", source_language=source_language)
    if source_language is None:  # nobody can tell
        with pytest.raises(Rejected, match="already in ru"):
            first(job)
    else:
        ask = job.ask(*first(job))
        assert ask is not None and len(ask.texts) == 2
        with pytest.raises(Rejected, match="untranslated"):
            job.read(*first(job), Answer(in_json(turn["content"] for turn in row["messages"])))


def test_chinese_is_put_into_the_other_script(tmp_path: Path) -> None:
    row = talk("你好！今天天气怎么样？", "今天很好。")
    job = translating(tmp_path, row, to="zh-Hant")
    item, state = first(job)
    ask = job.ask(item, state)
    assert ask is not None and list(ask.texts) == ["1-user"], "the other turn is written alike in both"
    state = job.read(item, state, Answer(json.dumps({"1-user": "你好！今天天氣怎麼樣？"})))
    assert job.row(item, state)["user_translated"] == "你好！今天天氣怎麼樣？"
    with pytest.raises(Rejected, match="already in zh-Hans"):
        first(translating(tmp_path, row, to="zh-Hans"))


def test_the_format_is_chosen_by_the_rows_unless_it_is_said(tmp_path: Path) -> None:
    assert translating(tmp_path, talk(*TEA)).output == "oig-smallchip2-ko"
    assert translating(tmp_path, talk(*TEA), talk(*TEA, *TEA)).output == "sharegpt-deepl-ko"
    said = translating(tmp_path, talk(*TEA, *TEA), output="oig-smallchip2-ko")
    with pytest.raises(Rejected, match="not one exchange"):
        first(said)
    with pytest.raises(WrongCall, match="--format"):
        translating(tmp_path, talk(*TEA), output="alpaca")


def test_keys_hold_what_is_said_and_how_often_it_was_said_before(tmp_path: Path) -> None:
    keys = [item.key for item in translating(tmp_path, talk(*TEA), talk(*TEA), talk(*TEA_KO)).items()]
    assert [key.partition("#")[0] for key in keys] == ["mine/train/0", "mine/train/1", "mine/train/0"]
    assert keys[0][-16:] == keys[1][-16:] != keys[2][-16:]
    moved = [
        item.key for item in translating(tmp_path, talk("Hello?", "Hi."), talk(*TEA_KO), talk(*TEA), talk(*TEA)).items()
    ]
    assert moved[1:] == [keys[2], *keys[:2]], "rows that are moved keep their keys"


def test_every_conversation_has_an_id_of_its_own(tmp_path: Path) -> None:
    job = translating(tmp_path, talk(*TEA), talk(*TEA), talk(*TEA_KO), output="sharegpt-deepl-ko")
    made = [job.row(item, {"done": {}})["id"] for item in job.items()]
    assert len(set(made)) == 3


HELLO = (
    "How do you say こんにちは、お元気ですか in our language?",
    "It is what people say to each other when they meet, and it asks how the other one is.",
)
HELLO_KO = (
    "こんにちは、お元気ですか는 우리말로 어떻게 말하나요?",
    "사람들이 만났을 때 서로 건네는 말이고, 상대가 어떻게 지내는지 묻는 말이에요.",
)


def test_the_whole_conversation_tells_what_is_a_quotation(tmp_path: Path) -> None:
    job = translating(tmp_path, talk(*HELLO))
    item, state = first(job)
    assert job.ask(item, job.read(item, state, Answer(in_json(HELLO_KO)))) is None


def test_code_stays_code_without_the_blank_line_before_it(tmp_path: Path) -> None:
    code = "    for number in range(12):\n        print(number, 'is all that there is to be said of it')"
    job = translating(tmp_path, talk("How do I count?", f"Write a short loop like this one:\n\n{code}\n\nThat is all."))
    item, state = first(job)
    ask = job.ask(item, state)
    assert ask is not None and "range" not in ask.texts["2-assistant"]
    answer = in_json(("숫자는 어떻게 세나요?", "이렇게 짧은 반복문을 쓰세요:\n⟦1⟧\n그게 전부예요."))
    made = job.row(item, job.read(item, state, Answer(answer)))["chip2_translated"]
    assert made == f"이렇게 짧은 반복문을 쓰세요:\n{code}\n그게 전부예요."


def test_a_figure_that_changed_is_asked_for_again(tmp_path: Path) -> None:
    job = translating(tmp_path, talk(*TEA))
    item, state = first(job)
    after, rejected = advance(job, item, state, Answer(in_json((TEA_KO[0], TEA_KO[1].replace("70", "90")))))
    assert rejected is not None and rejected.reason == "figures changed"
    assert "70 -> 90" in rejected.detail and after["done"] == KEPT


def test_bare_code_is_not_sent_and_a_blank_stays_a_blank(tmp_path: Path) -> None:
    code = "for item in items:\n    print(item)"
    job = translating(tmp_path, talk("Complete this sentence: The sky is _____.", code))
    item, state = first(job)
    ask = job.ask(item, state)
    assert ask is not None and list(ask.texts) == ["1-user"]
    _, rejected = advance(job, item, state, Answer(in_json(["이 문장을 완성하세요: 하늘은 파랗습니다."])))
    assert rejected is not None and rejected.reason == "protected text lost"
    made = job.row(item, job.read(item, state, Answer(in_json(["이 문장을 완성하세요: 하늘은 ⟦1⟧."]))))
    assert (made["user_translated"], made["chip2_translated"]) == ("이 문장을 완성하세요: 하늘은 _____.", code)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("네, 번역해 드리겠습니다: {}", "label"),
        ("다음은 요청하신 번역입니다.\n{}", "label"),
        ("Here is the translation: {}", "label"),
        ("{} https://example.org/tea", "something added"),
        ("{}\n```\n차\n```", "something added"),
        ("{}<|im_end|>", "template token"),
    ],
)
def test_what_a_model_added_is_found(tmp_path: Path, said: str, reason: str) -> None:
    job = translating(tmp_path, talk(*TEA))
    item, state = first(job)
    _, rejected = advance(job, item, state, Answer(in_json((TEA_KO[0], said.format(TEA_KO[1])))))
    assert rejected is not None and rejected.reason == reason


def test_what_the_source_has_is_not_added(tmp_path: Path) -> None:
    job = translating(tmp_path, talk("Translate this: see https://example.org/tea for more.", "Here you are."))
    item, state = first(job)
    answer = ("다음은 번역할 글입니다: 더 알고 싶으면 ⟦1⟧을 보세요.", "여기 있습니다.")
    assert job.ask(item, job.read(item, state, Answer(in_json(answer)))) is None


def test_another_prompt_is_another_setting(tmp_path: Path) -> None:
    own = tmp_path / "short.txt"
    own.write_text("=== user ===\nTranslate this ${source} JSON into ${language}: ${texts}\n", encoding="utf-8")
    job, plain = translating(tmp_path, talk(*TEA), prompt_file=own), translating(tmp_path, talk(*TEA))
    assert job.settings["prompt"] == "short.txt"
    assert job.settings["prompt_sha256"] != plain.settings["prompt_sha256"]
    ask = job.ask(*first(job))
    assert ask is not None and ask.messages[0]["content"].startswith("Translate this any language JSON into Korean: {")
