"""KorQuAD and its kin: what the fixtures are too small to show."""

import json
import random
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from okinst.builders import DamagedFile, TooManyLost, Unmapped
from okinst.catalogue import SOURCES
from okinst.eval_sets import squad
from tests.conftest import SAMPLE, python
from tests.hub_double import Hub, serving

KORQUAD = "korquad/korquad.github.io"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as hub:
        yield hub


PEAK = """
import sys
from pathlib import Path
import datasets
from okinst.eval_sets.korquad_2_1 import KorQuAD21
datasets.disable_progress_bars()

def peak():  # of this process alone: ru_maxrss begins with what the parent had
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) << 10

builder = KorQuAD21(data_dir=sys.argv[1], cache_dir=sys.argv[1] + "/cache")
before = peak()
builder.download_and_prepare()
print(builder.info.splits["train"].num_examples, peak() - before)
"""


def pages(folder: Path, size: int) -> int:
    """The fifteen archives, the first with one member of so many bytes; the number of questions in it."""
    for path in (SAMPLE / KORQUAD / "dataset/KorQuAD_2.1").rglob("*.zip"):
        shutil.copy(path, folder / path.name)
    rng = random.Random(7)
    pool = "".join(chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(1 << 20))
    written = number = 0
    with (
        zipfile.ZipFile(folder / "KorQuAD_2.1_train_00.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("korquad2.1_train_00.json", "w", force_zip64=True) as member,
    ):
        member.write(b'{"version": "2.1", "data": [')
        while written < size:
            start = rng.randrange(1 << 19)
            context = f"<p>{pool[start : start + 150_000]}</p>"
            asked = [
                {"id": f"{number}-{at}", "question": "?", "answer": {"text": context[at : at + 5], "answer_start": at}}
                for at in range(2)
            ]
            page = {"title": "x", "url": "", "raw_html": pool[start : start + 50_000], "context": context, "qas": asked}
            written += member.write((", " * (number > 0) + json.dumps(page, ensure_ascii=False)).encode())
            number += 1
        member.write(b"]}")
    return 2 * number


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to tell the peak of one process")
def test_an_archive_is_read_a_page_at_a_time(tmp_path: Path) -> None:
    size = 200 << 20
    questions = pages(tmp_path, size)
    rows, peak = map(int, python(PEAK, tmp_path).split())
    assert rows == questions + 24, "and two of each other archive"
    assert peak < size / 3


def test_archives_stream_over_http(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    entry = SOURCES["korquad-2.1"]
    for files in entry.variant.files.values():
        for file in files:
            place = f"/{file.repo.id}/{file.repo.revision}/{file.path}"
            hub.raw[place] = (SAMPLE / file.repo.id / file.path).read_bytes()
    monkeypatch.setenv("OKINST_GITHUB_ENDPOINT", hub.url)
    stream = entry.builder(cache_dir=str(tmp_path)).as_streaming_dataset()
    there = entry.builder(cache_dir=str(tmp_path), sample=True).as_streaming_dataset()
    assert {split: list(stream[split]) for split in stream} == {split: list(there[split]) for split in there}
    assert len(hub.requests) == 15, "each archive once, whole"


def made(passage: object, answers: str = "answers") -> list[object]:
    return [row if isinstance(row, dict) else str(row) for row in squad.questions("제목", passage, answers)]


def test_one_question_spoils_no_other() -> None:
    good = {"id": "1", "question": "무엇?", "answers": [{"text": "집", "answer_start": 0}]}
    bad = [
        {"id": "2", "question": "무엇?", "answer": {}},
        {"id": "3", "question": "무엇?", "answers": []},
        {"id": "4", "question": "무엇?", "answers": [{"text": "집", "answer_start": "어디"}]},
        {"id": "5", "question": 6, "answers": [{"text": "집", "answer_start": 0}]},
        {"id": "6", "question": "무엇?", "answers": [{"text": None, "answer_start": 0}]},
        {"id": "7", "question": "무엇?", "answers": [7]},
        "무엇?",
    ]
    found = made({"context": "집", "qas": [*bad, good]})
    assert found[-1] == {
        "title": "제목",
        "context": "집",
        "question": "무엇?",
        "answers": {"text": ["집"], "answer_start": [0]},
        "id": "1",
    }
    assert found[:-1] == [
        "a question without 'answers', with id, question, answer",
        "no answer",
        "an answer_start that is no number, or a text that is none",
        "int instead of text",
        "an answer_start that is no number, or a text that is none",
        "a question that is not laid out as it should be",
        "a question that is not laid out as it should be",
    ]
    assert made({"qas": [], "text": ""}) == ["a passage without context and qas, with qas, text"]
    assert made(["qas"]) == ["a passage that is a list"]


@pytest.mark.parametrize(
    ("document", "error", "words"),
    [
        ({"title": "x"}, DamagedFile, ("'paragraphs'", "it has title", "title, paragraphs", "raw=True")),
        ({"title": "x", "paragraphs": [{"context": "y"}]}, TooManyLost, ("context and qas, with context", "raw=True")),
        ({"title": "x", "paragraphs": []}, TooManyLost, ("no row came of it",)),
        ({"title": "x", "paragraphs": None}, TooManyLost, ("not laid out as it should be",)),
    ],
)
def test_another_layout_is_no_empty_set(
    document: dict[str, object], error: type[Exception], words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "ko_wiki_v1_squad.json").write_text(json.dumps({"data": [document]}), encoding="utf-8")
    builder = SOURCES["aihub-commonsense"].builder(data_dir=str(tmp_path), cache_dir=str(tmp_path / "cache"))
    with pytest.raises(error) as told:
        builder.download_and_prepare()
    assert all(word in str(told.value) for word in words), told.value


@pytest.mark.parametrize(("text", "start"), [("끝", -1), ("가", -2), ("", 0), ("가나다", 1), ("가", 1 << 40)])
def test_an_answer_stands_where_it_should(text: str, start: int) -> None:
    from okinst.builders import find, schema

    assert schema.flaw("span", find("", "가끝", "?", ["가끝"], [0])) is None
    assert schema.flaw("span", find("", "가끝", "?", [text], [start])) in (
        "answer not where it should be",
        "empty answer",
    )


def test_scores_are_never_taken_for_sentences(tmp_path: Path) -> None:
    """A labelled file in a flat folder: its columns are named, and what to do."""
    row = {"sentence": "가", "concepts": [{"stem": "나"}], "genSentences": [{"label-scenes": "다", "fluency": 3}]}
    for name in ("TL_train.json", "VL_valid.json"):
        (tmp_path / name).write_text(json.dumps([row] * 3, ensure_ascii=False), encoding="utf-8")
    place: dict[str, object] = {"data_dir": str(tmp_path), "cache_dir": str(tmp_path / "cache")}
    with pytest.raises(DamagedFile) as told:
        SOURCES["aihub-commonsense-eval"].builder(**place).download_and_prepare()
    for word in (
        "genSentences.fluency",
        "sentence, concepts, genSentences",
        "02.라벨링데이터",
        "accept_drift",
        "report",
    ):
        assert word in str(told.value)
    builder = SOURCES["aihub-commonsense-eval"].builder(**place, accept_drift=True)
    builder.download_and_prepare()
    assert builder.as_dataset(split="train")[0]["messages"][1]["content"] == "다"
    with pytest.raises(DamagedFile, match=r"genSentences\.fluency"):
        SOURCES["aihub-commonsense-eval"].builder(**place, raw=True).download_and_prepare()


@pytest.mark.parametrize("concepts", [None, "비", [{"word": "비"}], ["비"], [{"stem": 3}], [{"stem": " "}], []])
def test_a_request_needs_words(concepts: object) -> None:
    from okinst.eval_sets.aihub_commonsense_eval import request

    with pytest.raises(Unmapped):
        request(concepts)
