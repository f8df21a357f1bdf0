"""Answers to instructions, and instructions evolved round by round: what is accepted, and what is not, by name."""

import inspect
import json
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from okinst.builders import MissingFile, WrongCall
from okinst.generation import checks, sources
from okinst.generation.answering import Answering
from okinst.generation.dialogue import turns
from okinst.generation.evolving import MUTATIONS, TOLD, Evolving, accept, said_around, undressed
from okinst.generation.job import Answer, Item, Rejected, advance
from okinst.generation.prompts import FOLDER, prompt
from okinst.generation.sources import Source

ASKED = "봄에 심기 좋은 채소를 알려 주세요."
ANSWER = "봄에는 상추와 쑥갓, 감자가 심기 좋습니다. 서리가 그친 뒤에 심으세요."


def asked(folder: Path, *instructions: str) -> Source:
    path = folder / "asked.jsonl"
    path.write_text(
        "".join(json.dumps({"instruction": each}) + "\n" for each in instructions or (ASKED,)), encoding="utf-8"
    )
    return sources.opened(str(path), "instruction")


def test_an_answer_becomes_a_row_of_either_format(tmp_path: Path) -> None:
    for output, row in {
        "koalpaca-v1.1": {"instruction": ASKED, "output": ANSWER, "url": ""},
        "kochatgpt-sft": {"prompt": ASKED, "completion": ANSWER, "tokens": None},
    }.items():
        job = Answering(asked(tmp_path), output)
        item = next(job.items())
        state = job.read(item, job.start(item), Answer(f" {ANSWER}\n"))
        assert job.ask(item, state) is None
        assert job.row(item, state) == row and job.file().set_name == output
    with pytest.raises(WrongCall, match="--format alpaca"):
        Answering(asked(tmp_path), "alpaca")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(" \n"), "empty"),
        (Answer(ANSWER, finish="length"), "cut off"),
        (Answer("", finish="content_filter"), "withheld"),
        (Answer("죄송하지만 그 질문에는 답변을 드릴 수 없습니다."), "refusal"),
        (Answer("저는 AI 언어 모델이기 때문에 채소를 심어 본 적이 없습니다."), "refusal"),
        (Answer("봄에 심기 좋은 채소를 알려 주세요!"), "copies the instruction"),
        (Answer("In spring you can plant lettuce and potatoes as soon as the frost is over."), "wrong language"),
        (Answer("春天适合种生菜和土豆，霜冻结束以后就可以种了。"), "wrong language"),
        (Answer("상추\ud83d"), "broken encoding"),
        (Answer("'상추'와 '쑥갓, 감자입니다."), "a quote that is never closed"),
    ],
)
def test_what_is_no_answer_has_its_reason(tmp_path: Path, answer: Answer, reason: str) -> None:
    job = Answering(asked(tmp_path), "kochatgpt-sft")
    item = next(job.items())
    after, rejected = advance(job, item, job.start(item), answer)
    assert rejected is not None and rejected.reason == reason
    again = job.ask(item, after)
    assert again is not None and reason in again.messages[-1]["content"]


def test_what_was_asked_before_is_not_paid_for_again(tmp_path: Path) -> None:
    job = Answering(asked(tmp_path, ASKED, "다른 질문이 있나요?", ASKED))
    items = list(job.items())
    assert [item.number for item in items] == [0, 1, 2]
    job.start(items[1])
    with pytest.raises(Rejected, match="asked before"):
        job.start(items[2])


HARDER = "봄에 베란다에서 심기 좋은 채소를 세 가지 골라, 심는 때와 거두는 때를 표로 정리해 주세요."


def test_an_instruction_is_evolved_round_by_round_and_then_answered(tmp_path: Path) -> None:
    job = Evolving(asked(tmp_path), rounds=2, seed=3)
    item = next(job.items())
    state = job.start(item)
    hardest = HARDER.replace("표로", "물 주는 횟수까지 넣어 표로")
    for text in (HARDER, hardest, ANSWER):
        ask = job.ask(item, state)
        assert ask is not None and state["instruction"] in ask.messages[-1]["content"]
        state = job.read(item, state, Answer(text))
    assert job.ask(item, state) is None
    assert job.row(item, state) == {"input": hardest, "output": ANSWER}
    assert len(state["mutations"]) == 2 and set(state["mutations"]) <= set(MUTATIONS)
    assert job.file().name == "evol_instruct.json" and job.file().array


def test_the_mutation_depends_on_seed_and_key_alone(tmp_path: Path) -> None:
    source = asked(tmp_path, *(f"{n}월에 피는 꽃은 무엇인가요?" for n in range(300)))

    def chosen(seed: int) -> list[str]:
        job = Evolving(source, seed=seed)
        return [job.mutation(item, job.start(item)) for item in job.items()]

    assert chosen(0) == chosen(0) != chosen(1)
    counts = Counter(chosen(0))
    assert counts.keys() == set(MUTATIONS) and min(counts.values()) > 25, "each about as often"
    job = Evolving(source)
    item = next(job.items())
    tries = {job.mutation(item, {**job.start(item), "tried": ["same as before"] * n}) for n in range(12)}
    assert len(tries) > 1, "what was rejected is tried another way"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("봄에 심기 좋은  채소를 알려 주세요.", "same as before"),
        (HARDER * 12, "too long"),
        ("원래 글에 조건을 더했어요. " + HARDER, "mentions the prompt's own words"),
        ("주어진 글을 다음과 같이 바꿉니다: " + HARDER, "preamble"),
        ("다음은 더 복잡한 버전입니다:\n" + HARDER, "preamble"),
        ("다음은 조건을 더한 버전이에요.\n\n" + HARDER, "preamble"),
        ("아래는 새로운 질문입니다: " + HARDER, "preamble"),
        ("수정된 질문은 다음과 같습니다.\n" + HARDER, "preamble"),
        ("물론입니다! " + HARDER, "preamble"),
        ("네, 알겠습니다.\n" + HARDER, "preamble"),
        ("Here is the new version: " + HARDER, "preamble"),
        (HARDER + " (조건을 두 개 더했습니다)", "closing remark"),
        (HARDER + "\n\n(원래보다 어렵게 바꾸었습니다.)", "closing remark"),
        (HARDER + "\n\n변경 사항: 기간과 형식을 정했습니다.", "closing remark"),
        (HARDER + "\n이렇게 조건을 넣어 다시 써 보았습니다.", "closing remark"),
        (f"질문: {HARDER} 답변: 상추, 쑥갓, 감자입니다.", "answered as well"),
        (f"{HARDER}\n\n**답변:** 상추, 쑥갓, 감자입니다.", "answered as well"),
        ("봄에는 상추와 쑥갓이 심기 좋습니다.", "no question"),
        ("죄송하지만 그 요청은 도와드릴 수 없습니다.", "refusal"),
        ("Please list three vegetables that are good to plant in the spring.", "wrong language"),
    ],
)
def test_what_is_no_new_instruction_has_its_reason(text: str, reason: str) -> None:
    with pytest.raises(Rejected) as rejected:
        accept(ASKED, text)
    assert rejected.value.reason == reason


@pytest.mark.parametrize(
    "dressed",
    [
        f"“{HARDER}”",
        f'"{HARDER}"',
        f"'{HARDER}'",
        f"「{HARDER}」",
        f"새 글: {HARDER}",
        f"**수정된 질문**\n\n{HARDER}",
        f"### 더 복잡한 질문:\n{HARDER}",
        f"[새로운 지시문] : {HARDER}",
        f"```\n{HARDER}\n```",
        f'**새로운 과제:** "{HARDER}"',
    ],
)
def test_what_only_dresses_an_instruction_is_laid_aside(tmp_path: Path, dressed: str) -> None:
    job = Evolving(asked(tmp_path))
    item = next(job.items())
    assert job.read(item, job.start(item), Answer(dressed))["instruction"] == HARDER


@pytest.mark.parametrize(
    "task",
    [
        "그림을 그려 주는 모델에 넣을 프롬프트를 세 가지 써 주세요.",
        "좋은 프롬프트와 나쁜 프롬프트의 차이를 예를 들어 설명해 주세요.",
        "아래 글을 고치고, 수정된 글만 200자 안으로 제시해 주세요.\n\n봄이 왔다. 봄이 왔다.",
        "다음은 손님이 보낸 새로운 주문입니다. 표로 정리해 주세요.\n\n국수 둘, 만두 셋",
        "'봄'과 '비'를 넣어 짧은 시를 지어 주세요. (제목도 붙여 주세요)",
        "질문: 봄에 심기 좋은 채소는?\n답변:",
        "다음 문장을 예/아니오 질문으로 바꿉니다.\n내일 비가 오겠습니다. 어떻게 바꿀까요?",
        "네, 그 가게보다 싼 곳은 없나요?",
        "아래 정보로 소개글을 써 주세요.\n\n이름: 장화\n설명: 비가 와도 젖지 않습니다.",
        "이 문장의 느낌을 한 낱말로 말해 주세요.\n새로 산 우산이 마음에 들어요!",
        "새로운 버전의 앱을 알리는 글을 써 주세요.",
        "```python\nprint(1)\n```\n이 코드가 무엇을 하는지 설명해 주세요.",
    ],
)
def test_a_task_that_only_sounds_like_a_prompt_is_taken_as_it_is(task: str) -> None:
    assert undressed(task) == task
    accept(ASKED, task)


def test_what_never_ends_takes_no_time() -> None:
    began = time.process_time()
    for never in ("[", "(더했", "\n", "\n(", "바꾸어 봤", "새 글 ", "```\n ", "질문: ", "\n답변", " ", "**"):
        endless = never * (40_000 // len(never))
        undressed(f"```\n{endless}")
        said_around(undressed(endless), "")
        with pytest.raises(Rejected):
            turns(f"```\nA: {endless}")
    assert time.process_time() - began < 5.0, "twice the text takes four times the time"


def test_a_model_is_told_in_korean_why_it_is_asked_again(tmp_path: Path) -> None:
    job = Evolving(asked(tmp_path))
    item = next(job.items())
    state, rejected = advance(job, item, job.start(item), Answer("물론입니다! " + HARDER))
    ask = job.ask(item, state)
    assert rejected is not None and ask is not None
    again = ask.messages[-1]["content"].removeprefix(ASKED)
    assert TOLD["preamble"] in again and not re.search("[A-Za-z]", again)
    said = {Rejected(*why).reason for why in (*checks.NOT_WHOLE.values(), ("not finished",))}
    written = re.findall(
        r"""(?:Rejected\(|\(\()"([^"]+)"|"([a-z' ]+)": _""",
        "".join(map(inspect.getsource, (accept, said_around, checks.sound))),
    )
    assert said | {one or other for one, other in written} <= TOLD.keys() and len(written) >= 10


def test_a_new_instruction_must_not_copy_the_one_before() -> None:
    copied = "봄에 심기 좋은 채소를 알려 주세요. 꼭이요."
    accept(ASKED, copied)
    with pytest.raises(Rejected, match="copies the one before"):
        accept(ASKED, copied, in_breadth=True)


def test_short_answers_are_dropped_as_upstream_did(tmp_path: Path) -> None:
    job = Evolving(asked(tmp_path))
    item = next(job.items())
    state = job.read(item, job.start(item), Answer(HARDER))
    with pytest.raises(Rejected, match="answer of ten characters or fewer"):
        job.read(item, state, Answer("상추, 쑥갓, 감자"))


def test_prompts_of_ones_own_replace_those_of_the_package(tmp_path: Path) -> None:
    own = tmp_path / "prompts"
    own.mkdir()
    for each in MUTATIONS:
        (own / f"evolve-{each}.v2.txt").write_text("=== user ===\n더 어렵게: ${instruction} ($$5)\n", encoding="utf-8")
    job = Evolving(asked(tmp_path), prompt_file=own)
    item: Item = next(job.items())
    ask = job.ask(item, job.start(item))
    assert ask is not None and ask.messages == ({"role": "user", "content": f"더 어렵게: {ASKED} ($5)"},)
    assert job.settings["prompts"] != Evolving(asked(tmp_path)).settings["prompts"]
    (own / "evolve-input.v1.txt").write_text("=== user ===\n${instruction}\n", encoding="utf-8")
    with pytest.raises(WrongCall, match=r"evolve-input\.v1\.txt is no prompt of evolve"):
        Evolving(asked(tmp_path), prompt_file=own)
    with pytest.raises(WrongCall, match="should be a folder"):
        Evolving(asked(tmp_path), prompt_file=own / "evolve-input.v2.txt")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("${instruction}", "begin with a heading"),
        ("=== user ===\nno value", "should use each of"),
        ("=== user ===\n${instruction} ${more}", "should use each of"),
        ("=== user ===\n${instruction} for $5", "write \\$\\$"),
        ("=== user ===\n${instruction}\n=== end ===\n", "a section 'end'"),
        ("=== user ===\n${instruction}\n=== system ===\nNo.", "should end with"),
    ],
)
def test_a_prompt_that_cannot_be_used_is_refused_before_anything_is_sent(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "own.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongCall, match=told):
        prompt("answers.v2", ("instruction",), path)
    with pytest.raises(MissingFile, match="there is no prompt"):
        prompt("answers.v2", ("instruction",), tmp_path / "none.txt")


def test_every_prompt_is_a_named_version_that_the_package_ships() -> None:
    names = sorted(path.name for path in FOLDER.glob("*.txt"))
    assert names == sorted(
        ["answers.v2.txt", "dialogue.v2.txt", "translate.v1.txt", *(f"evolve-{each}.v2.txt" for each in MUTATIONS)]
    )


def test_a_templates_token_is_no_instruction() -> None:
    with pytest.raises(Rejected, match="template token"):
        accept("한강의 길이는?", "한강의 길이와 유역 면적을 표로 정리해 주세요.<|im_end|>")
