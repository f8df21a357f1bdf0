"""What the jobs write loads through the builders of this package, goes into a mixture, and through curation."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import okinst
from okinst.builders.origin import place
from okinst.generation import sources
from okinst.generation.answering import Answering
from okinst.generation.backends import Options, opened
from okinst.generation.dialogue import Dialogue
from okinst.generation.engine import Plan, run
from okinst.generation.evolving import Evolving
from okinst.generation.job import Answer, Job, advance
from okinst.generation.origins import name_of
from okinst.generation.translating import Translating
from okinst.mixtures import recipe
from okinst.mixtures.builder import builder_of_mixture
from tests import llm_double
from tests.generating import go, rows
from tests.llm_double import serving
from tests.own_files import Made
from tests.test_dialogue import SPOKEN

Model = Callable[[list[dict[str, str]]], str]
KOREAN = {
    "sand": "모래성을 무너지지 않게 쌓으려면 젖은 모래를 단단히 눌러 담고, 바닥을 넓게 잡은 다음 위로 갈수록 좁게 쌓으세요.",
    "kite": "연은 바람이 고르게 부는 넓은 들판에서 바람을 등지고 줄을 조금씩 풀어 주면 잘 올라갑니다.",
}


def made(job: Job, model: Model, folder: Path) -> Path:
    """The job's file, by a run that asks a server where a model of one's own answers."""
    file = folder / job.file().name
    with serving(answer=model) as double:
        done = go(job, double, file)
    assert done.stopped is None and done.written.done == done.written.items and not done.written.set_aside, done.written
    return file


def english(folder: Path, *more: str) -> sources.Source:
    spoken = [
        [
            f"How do I build a sand castle that stands for {n} hours?",
            "Press the wet sand firmly, begin with a wide base, and build it narrower toward the top so that it does not fall.",
        ]
        for n in range(2, 5)
    ]
    spoken += [
        [
            "How do I fly a kite?",
            "Go to a wide field with a steady wind, turn your back to it, and let out the line little by little.",
            *more,
        ]
    ]
    path = folder / "english.jsonl"
    turns = ([{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(row)] for row in spoken)
    path.write_text("".join(json.dumps({"messages": row}) + "\n" for row in turns), encoding="utf-8")
    return sources.opened(str(path), "conversation")


def translator(messages: list[dict[str, str]]) -> str:
    def korean(text: str) -> str:
        if text.startswith("How"):
            return (
                f"{text.split()[-2]}시간 동안 서 있는 모래성은 어떻게 쌓나요?"
                if "sand" in text
                else "연은 어떻게 날리나요?"
            )
        return KOREAN["sand" if "sand" in text else "kite"]

    return json.dumps({key: korean(text) for key, text in json.loads(messages[-1]["content"]).items()})


PASSAGES = [
    {
        "title": "달무리 등대",
        "context": "달무리 등대는 1931년에 세워진 돌 등대이다. 높이는 23미터이고 나선 계단이 112개 있다. 처음에는 고래기름으로 불을 밝혔으나 1954년에 전기로 바뀌었다. 등대지기 세 명이 여덟 시간씩 돌아가며 지켰고, 지금은 작은 박물관으로 쓰여 해마다 3만 5천 명이 찾는다.",
    },
]


@pytest.fixture
def generated(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """A folder for each set that was made, by the set's name."""
    jobs: list[tuple[Job, Model]] = [(Translating(english(tmp_path), to="ko", source_language="en"), translator)]
    (tmp_path / "passages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in PASSAGES), encoding="utf-8")
    jobs += [(Dialogue(sources.opened(str(tmp_path / "passages.jsonl"), "passage")), lambda _: SPOKEN)]
    (tmp_path / "asked.jsonl").write_text('{"instruction": "모래성은 어떻게 쌓나요?"}\n', encoding="utf-8")
    asked = sources.opened(str(tmp_path / "asked.jsonl"), "instruction")
    jobs += [(Answering(asked, output), lambda _: KOREAN["sand"]) for output in ("koalpaca-v1.1", "kochatgpt-sft")]
    harder = "파도가 치는 바닷가에서 모래성은 어떻게 쌓나요? 세 단계로 나누어 설명해 주세요."
    jobs += [
        (
            Evolving(asked),
            lambda messages: KOREAN["sand"] if "friendly" in messages[0]["content"] else harder,
        )
    ]
    folders = {}
    for job, model in jobs:
        folder = tmp_path / job.file().set_name
        folder.mkdir()
        made(job, model, folder)
        folders[job.file().set_name] = folder
    yield folders


def test_every_file_loads_through_the_builder_of_its_set(generated: dict[str, Path]) -> None:
    assert generated.keys() == {
        "oig-smallchip2-ko",
        "korquad-chat",
        "koalpaca-v1.1",
        "kochatgpt-sft",
        "evolve-instruct-evolved",
    }
    found = {name: okinst.load(name, data_dir=str(folder), split="train") for name, folder in generated.items()}
    assert {name: len(each) for name, each in found.items()} == {
        "oig-smallchip2-ko": 4,
        "korquad-chat": 1,
        "koalpaca-v1.1": 1,
        "kochatgpt-sft": 1,
        "evolve-instruct-evolved": 1,
    }
    translated = found["oig-smallchip2-ko"][0]
    assert [turn["content"] for turn in translated["messages"]] == [
        "2시간 동안 서 있는 모래성은 어떻게 쌓나요?",
        KOREAN["sand"],
    ]
    chat = found["korquad-chat"][0]
    assert chat["messages"][0] == {"role": "system", "content": PASSAGES[0]["context"]}
    assert len(chat["messages"]) == 11 and chat["messages"][-1]["content"] == "해마다 35,000명이 찾는답니다."
    raw = okinst.load("oig-smallchip2-ko", data_dir=str(generated["oig-smallchip2-ko"]), split="train", raw=True)[3]
    assert raw["user"] == "How do I fly a kite?" and raw["index"] == 3


PIECES = [
    "A: ",
    "B: ",
    "B：",
    "\n",
    "{",
    "}",
    '"1-user": ',
    '"2-assistant": ',
    ", ",
    '"',
    "[1, null]",
    "```",
    "json",
    "⟦1⟧",
    "⟦",
    "1e999",
    "9" * 5000,
    "천만",
    "둘 명",
]
PIECES += [
    "\ud83d",
    "\0",
    "?",
    "등대는 1931년에",
    "a lighthouse is",
    "灯塔",
    '<x id="1"/>',
    "<b>",
    "&amp;",
    "\u202e",
    "죄송하지만",
    "{{name}}",
    "$x$",
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=20).map("".join)
FINISHES = st.sampled_from(["stop", "length", "content_filter", "tool_calls"])


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> list[Job]:
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "passages.jsonl").write_text(json.dumps(PASSAGES[0]) + "\n", encoding="utf-8")
    (folder / "asked.jsonl").write_text('{"instruction": "모래성은 어떻게 쌓나요?"}\n', encoding="utf-8")
    asked = sources.opened(str(folder / "asked.jsonl"), "instruction")
    row = {"user": "What does `ls` do for {name} and me?", "chip2": "It shows what is in the folder."}
    (folder / "one.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    return [
        Translating(sources.opened(str(folder / "one.jsonl"), "conversation"), to="ko"),
        Dialogue(sources.opened(str(folder / "passages.jsonl"), "passage")),
        Answering(asked, "kochatgpt-sft"),
        Evolving(asked),
    ]


@given(TEXTS, st.dictionaries(st.sampled_from(["1-user", "2-assistant", "3"]), TEXTS, max_size=3), FINISHES)
def test_whatever_comes_back_is_read_or_rejected_and_read_the_same_again(
    jobs: list[Job], text: str, texts: dict[str, str], finish: str
) -> None:
    for job in jobs:
        item = next(iter(job.items()))
        state = job.start(item)
        for answer in (
            Answer(text, finish=finish),
            Answer(json.dumps(texts), finish=finish),
            Answer(texts=texts, finish=finish),
        ):
            after, rejected = advance(job, item, state, answer)
            again, rejected_again = advance(job, item, json.loads(json.dumps(state)), answer)
            assert after == again == json.loads(json.dumps(after))
            assert str(rejected) == str(rejected_again)
            assert rejected is None or (rejected.reason and len(rejected.reason) < 60)
            ask = job.ask(item, after)
            assert ask is None or json.dumps(ask.messages, ensure_ascii=False).encode()


def test_a_longer_conversation_loads_through_sharegpt_deepl_ko(tmp_path: Path) -> None:
    job = Translating(
        english(
            tmp_path,
            "How do I fly a kite alone?",
            "Let the kite lean on a fence, and pull the line when the wind comes, little by little.",
        ),
        to="ko",
    )
    made(job, translator, tmp_path)
    found = okinst.load("sharegpt-deepl-ko", data_dir=str(tmp_path), split="train")
    assert job.file().set_name == "sharegpt-deepl-ko"
    assert [len(row["messages"]) for row in found] == [2, 2, 2, 4]
    assert found[3]["messages"][3] == {"role": "assistant", "content": KOREAN["kite"]}


def test_generated_files_go_into_a_mixture_and_through_curation(generated: dict[str, Path], tmp_path: Path) -> None:
    together = tmp_path / "together"
    together.mkdir()
    for name in ("oig-smallchip2-ko", "korquad-chat"):
        for path in generated[name].iterdir():
            path.rename(together / path.name)
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\nseed = 7\ndedup = { on = "answer" }\n[filter]\nlanguage = "ko"\n'
        '[[parts]]\nsource = "oig-smallchip2-ko"\n[[parts]]\nsource = "korquad-chat"\n',
        encoding="utf-8",
    )
    builder = builder_of_mixture(recipe.read(path), data_dir=str(together), cache_dir=str(tmp_path / "cache"))
    builder.download_and_prepare()
    mixture = Made(builder)
    assert sorted(row["source"] for row in mixture.rows) == [
        "english-translate-ko-test",
        "english-translate-ko-test",
        "passages-dialogue-ko-test",
    ]
    assert len(mixture.dropped) == 2, "one answer to three questions was kept once"


def asked(folder: Path, *questions: str, answer: str = "You take the small bridge to the market.") -> sources.Source:
    path = folder / "rows.jsonl"
    path.write_text(
        "".join(json.dumps({"question": each, "answer": answer}) + "\n" for each in questions), encoding="utf-8"
    )
    return sources.opened(str(path), "conversation")


def test_rows_that_are_moved_are_not_paid_again(tmp_path: Path) -> None:
    questions = [f"Where is the market number {n} in the town?" for n in range(6)]
    before, file = "Where is the quiet river in the town?", tmp_path / "out.jsonl"
    with serving() as double:
        for given, requests in ((questions, 6), ([before, *questions], 7), ([*questions[::-1], before], 7)):
            done = go(Translating(asked(tmp_path, *given), to="ko", source_language="en"), double, file)
            assert done.written.done == len(given) and len(double.requests) == requests
            assert [row["user"] for row in rows(file)] == given, "the output stands in the order of the source"


def test_a_file_without_its_origin_is_not_paid_again(tmp_path: Path) -> None:
    """What is made of it bears the name of what it came from; its keys are those of the file."""
    source = asked(tmp_path, *(f"Where is the market number {n} in the town?" for n in range(3)))
    file, keys, names = tmp_path / "first.jsonl", [], []
    with serving() as double:
        assert go(Translating(source, to="ko", source_language="en"), double, file).written.done == 3
    for _ in range(2):
        job = Translating(sources.opened(str(file), "conversation", columns=("user", "chip2")), to="ja")
        keys.append([(item.key, job.settings) for item in job.items()])
        names.append((name_of(job, "two"), job.source.derived_from))
        place(file).unlink(missing_ok=True)
    assert keys[0] == keys[1] and len(keys[0]) == 3
    assert names == [
        ("rows-translate-ko-test-translate-ja-two", ("rows-translate-ko-test",)),
        ("first-translate-ja-two", ()),
    ]


def test_a_file_whose_name_is_no_text(tmp_path: Path) -> None:
    """As a disk that was written with another encoding has them."""
    rows_of = tmp_path / os.fsdecode("등불".encode("cp949") + b".jsonl")
    try:
        asked(tmp_path, "Where is the market in the town?")
        (tmp_path / "rows.jsonl").rename(rows_of)
    except OSError:
        pytest.skip("this file system takes none")
    file = tmp_path / "out.jsonl"
    with serving() as double:
        for _ in range(2):
            job = Translating(sources.opened(str(rows_of), "conversation"), to="ko", source_language="en")
            done = go(job, double, file)
            assert done.written.done == 1 == len(double.requests)
    told = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("out.jsonl*"))
    assert "udc" in told and json.dumps(done.as_json(), ensure_ascii=False).encode()


@pytest.mark.parametrize("name", ["google", "deepl"])
def test_a_translator_that_loses_white_space_keeps_the_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pytest.importorskip({"deepl": "deepl", "google": "google.cloud.translate_v3"}[name])
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "a-project")
    monkeypatch.setenv("DEEPL_AUTH_KEY", "sk-test-do-not-write-me-anywhere")
    plain = llm_double.korean
    monkeypatch.setattr(llm_double, "korean", lambda text: " ".join(plain(text).split()))
    recipe_of_tea = "Do this:\n\n- boil the water\n- warm the pot\n- wait four minutes\n\nThen drink it slowly."
    source = asked(tmp_path, "How do I make tea at home?", answer=recipe_of_tea)
    with serving() as double:
        backend = opened(name, Options(base_url=double.url, source="en", target="ko"))
        run(Plan(Translating(source, to="ko", source_language="en"), backend, tmp_path / "out.jsonl"))
    (row,) = rows(tmp_path / "out.jsonl")
    lines = row["chip2_translated"].split("\n")
    assert [line[:2] == "- " for line in lines] == [False, False, True, True, True, False, False]
