"""Bad files: a clear error that names source, file and row and says what to do; nothing lost in silence."""

import json
from pathlib import Path
from typing import Any

import pytest

from okinst.builders import DamagedFile, Drift, TooManyLost
from okinst.builders.tally import Tally
from okinst.catalogue import SOURCES
from tests.conftest import okinst

GOOD = {"instruction": "질문", "output": "답", "url": ""}


def tallies(name: str, folder: Path, **options: Any) -> list[Tally]:
    builder = SOURCES[name].builder(config_name=name, data_dir=str(folder), cache_dir=str(folder / "cache"), **options)
    builder.download_and_prepare()
    return builder.tallies()


def v11(folder: Path, *rows: object, text: bytes | None = None) -> Path:
    lines = text if text is not None else "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    (folder / "KoAlpaca_v1.1.jsonl").write_bytes(lines)
    return folder


def sharegpt(folder: Path, *dialogues: list[tuple[str, str]]) -> Path:
    rows = [
        {"id": str(number), "conversations": [{"from": who, "value": said} for who, said in turns]}
        for number, turns in enumerate(dialogues)
    ]
    (folder / "ko_dataset_2.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"instruction": "q", "output": "a"}\n{"instruc', ("line 2", "not JSON")),
        (b'{"instruction": "q", "output": "\xff"}\n', ("line 1", "not UTF-8")),
        (b'{"instruction": "q", "output": "a"}\n["q", "a"]\n', ("line 2", "list")),
        (b'[{"instruction": "q", "output": "a"}]', ("line 1",)),
        (b"\x89PNG", ("line 1",)),
        (b"", ("holds no rows",)),
        (b'{"instruction": "q", "answer": "a"}\n', ("row 0", "no column 'output'", "instruction, answer", "raw=True")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("num_proc", [1, 2])
def test_a_damaged_file_is_named_with_its_row(
    text: bytes, words: tuple[str, ...], num_proc: int, tmp_path: Path
) -> None:
    v11(tmp_path, text=text)
    with pytest.raises(DamagedFile) as error:
        SOURCES["koalpaca-v1.1"].builder(
            data_dir=str(tmp_path), cache_dir=str(tmp_path / "cache")
        ).download_and_prepare(num_proc=num_proc)
    for word in ("KoAlpaca_v1.1.jsonl", *words):
        assert word in str(error.value)


def test_errors_survive_the_way_from_a_worker(mirror: Path, tmp_path: Path) -> None:
    path = mirror / "carbonz0/alpaca-chinese-dataset/zh-data-part-01.json"
    path.write_bytes(path.read_bytes()[:-200])
    builder = SOURCES["alpaca-zh-carbonz0"].builder(mirror=str(mirror), cache_dir=str(tmp_path), accept_drift=True)
    with pytest.raises(DamagedFile, match=r"zh-data-part-01.json is damaged at row \d+: it ends in the middle"):
        builder.download_and_prepare(num_proc=2)


def test_rows_left_out_are_counted_by_reason(tmp_path: Path) -> None:
    sharegpt(
        tmp_path,
        *[[("human", "질문"), ("gpt", "답")]] * 30,
        [("human", "질문"), ("gpt", " ")],
        [("human", "질문"), ("bing", "빙"), ("narrator", "그때")],
        [("gpt", "누구세요?")],
        [("human", "여보세요?")],
        [],
        [("human", "질문"), ("gpt", "답"), ("human", "또?")],
    )
    (tally,) = tallies("sharegpt-deepl-ko", tmp_path, accept_drift=True)
    assert (tally.read, tally.kept) == (36, 31)
    assert tally.left_out == {
        "empty output": 1, "unknown role": 1, "no question": 1, "no answer": 1, "no turns": 1
    }  # fmt: skip
    assert tally.first["unknown role"] == 31
    assert tally.mended == {"dangling user turn cut off": 1}
    assert tally.read == tally.kept + tally.left_out.total()


def test_what_is_not_text_is_counted(tmp_path: Path) -> None:
    v11(tmp_path, *[GOOD] * 5, {**GOOD, "output": 5}, {**GOOD, "output": None})
    (tally,) = tallies("koalpaca-v1.1", tmp_path)
    assert tally.left_out == {"int instead of text": 1, "empty output": 1}


def test_too_many_lost_is_an_error_that_names_the_first(tmp_path: Path) -> None:
    v11(tmp_path, *[GOOD] * 100, *[{**GOOD, "output": ""}] * 11)
    with pytest.raises(TooManyLost) as error:
        tallies("koalpaca-v1.1", tmp_path)
    for words in ("koalpaca-v1.1", "11 of 111", "row 100", "empty output", "accept_drift=True"):
        assert words in str(error.value)
    (tally,) = tallies("koalpaca-v1.1", tmp_path, accept_drift=True)
    assert tally.kept == 100


def test_a_few_lost_are_no_error_but_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    v11(tmp_path, GOOD, {**GOOD, "output": ""})
    tallies("koalpaca-v1.1", tmp_path)
    assert "2 rows read, 1 kept; left out: 1 empty output (first: row 1)" in caplog.text


def test_all_lost_is_an_error(tmp_path: Path) -> None:
    v11(tmp_path, {**GOOD, "output": ""})
    with pytest.raises(TooManyLost, match="1 of 1"):
        tallies("koalpaca-v1.1", tmp_path)


@pytest.mark.parametrize("change", ["size", "sha256"])
def test_a_file_that_differs_from_what_was_measured(change: str, tmp_path: Path, real_mirror: Path) -> None:
    path = real_mirror / "human-rights-corpus/HRC/humane_right_copus_v1.jsonl.json"
    data = path.read_bytes()
    (tmp_path / path.name).write_bytes(data + b"\n" if change == "size" else data.replace(b"1549", b"1550"))
    with pytest.raises(Drift) as error:
        tallies("hrc", tmp_path)
    for words in ("hrc", path.name, change, "--accept-drift"):
        assert words in str(error.value)
    (tally,) = tallies("hrc", tmp_path, accept_drift=True)
    assert tally.drift and change in tally.drift and tally.kept == 1549


def test_drift_needs_no_real_file(tmp_path: Path) -> None:
    (tmp_path / "step3_final_filterd.json").write_text('[{"id": "1", "prompt": "안녕?"}]', encoding="utf-8")
    with pytest.raises(Drift, match=r"vaiv-ppo: .*size is \d+, it was 718252"):
        tallies("vaiv-ppo", tmp_path)


def test_raw_shows_what_the_mapping_cannot_read(tmp_path: Path) -> None:
    v11(tmp_path, {"instruction": "q", "url": ""})
    builder = SOURCES["koalpaca-v1.1"].builder(data_dir=str(tmp_path), cache_dir=str(tmp_path / "cache"), raw=True)
    builder.download_and_prepare()
    assert builder.as_dataset(split="train")[0] == {"instruction": "q", "output": None, "url": ""}


def test_raw_loses_no_column_in_silence(tmp_path: Path) -> None:
    v11(tmp_path, {**GOOD, "score": 1})
    with pytest.raises(DamagedFile, match=r"row 0 .* does not know: score; it knows instruction, output, url"):
        tallies("koalpaca-v1.1", tmp_path, raw=True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("build", "koalpaca-v1.1", "--data-dir", "{folder}", "-o", "{out}"), 1, ("line 1", "KoAlpaca_v1.1.jsonl")),
        (("build", "hrc", "--data-dir", "{folder}", "-o", "{out}"), 1, ("humane_right", "{folder}", "data_dir")),
        (("build", "hcr", "-o", "{out}"), 2, ("'hcr'", "hrc", "okinst list")),
        (("build", "hrc", "--sample", "--mirror", "{folder}", "-o", "{out}"), 2, ("--mirror, --sample",)),
        (("build", "hrc", "--mirror", "{folder}/no", "-o", "{out}"), 2, ("no such folder",)),
        (("build", "hrc", "--sample", "--view", "alpacca", "-o", "{out}"), 2, ("alpacca", "alpaca, sharegpt")),
        (("build", "kobest-copa", "--sample", "--view", "alpaca", "-o", "{out}"), 2, ("choice",)),
        (("build", "no.toml", "-o", "{out}"), 2, ("there is no recipe no.toml",)),
        (("show", "hcr"), 2, ("'hcr'", "hrc")),
        (("fetch", "hcr", "--to", "{out}"), 2, ("'hcr'", "hrc")),
        (("list", "--shape", "round"), 2, ("round", "conversation")),
        (("list", "--language", "fr"), 2, ("fr", "ko")),
        (("build", "hrc", "--sample"), 2, ("--output",)),
        (("bild",), 2, ("build",)),
    ],
)
def test_the_command_line_says_what_and_what_next(
    arguments: tuple[str, ...], code: int, words: tuple[str, ...], tmp_path: Path
) -> None:
    folder, out = tmp_path / "data", tmp_path / "out"
    folder.mkdir()
    v11(folder, text=b"[]")
    places = {"folder": str(folder), "out": str(out)}
    done = okinst(*(argument.format(**places) for argument in arguments), HF_HOME=str(tmp_path / "hf"), COLUMNS="400")
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr and not out.exists()
    for word in words:
        assert word.format(**places) in done.stderr


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    v11(tmp_path, text=b"[]")
    done = okinst("--debug", "build", "koalpaca-v1.1", "--data-dir", tmp_path, "-o", tmp_path / "out")
    assert done.returncode == 1 and "Traceback" in done.stderr and "DamagedFile" in done.stderr


def test_an_answer_nobody_knows_is_named_with_its_row(mirror: Path, tmp_path: Path) -> None:
    path = mirror / "SKT-LSL/KoBEST_datarepo/v1.0/COPA/dev.tsv"
    path.write_bytes(path.read_bytes()[:-1] + b"3")
    builder = SOURCES["kobest-copa"].builder(mirror=str(mirror), cache_dir=str(tmp_path), accept_drift=True)
    with pytest.raises(DamagedFile, match=r"kobest-copa: row 3 of .*dev.tsv cannot be read .*Answer '3'"):
        builder.download_and_prepare()
