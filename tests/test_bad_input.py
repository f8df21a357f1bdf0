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
        "empty output": 1, "unknown role 'narrator'": 1, "no question": 1, "no answer": 1, "no turns": 1
    }  # fmt: skip
    assert tally.first["unknown role 'narrator'"] == 31
    assert tally.mended == {"dangling user turn cut off": 1}
    assert tally.read == tally.kept + tally.left_out.total()


def test_rows_laid_out_oddly_are_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    odd = [
        None,
        "text",
        {"a": 1},
        [None],
        ["turn"],
        [{"value": "no from"}],
        [{"from": None, "value": "x"}],
        [{"from": "gpt"}],
    ]
    good = [{"from": "human", "value": "질문"}, {"from": "gpt", "value": "답"}]
    rows = [{"id": "x", "conversations": turns} for turns in [*odd, *[good] * 20]]
    (tmp_path / "ko_dataset_2.json").write_text(json.dumps(rows), encoding="utf-8")
    (tally,) = tallies("sharegpt-deepl-ko", tmp_path)
    assert (tally.read, tally.kept) == (28, 20)
    assert tally.left_out == {"conversations that are no list": 3, "a turn without from and value": 5}


def test_rankings_that_are_none_are_counted(tmp_path: Path) -> None:
    def row(*ranking: object) -> dict[str, Any]:
        return {"prompt": "질문", **{f"completion_{n}": f"답 {n}" for n in range(3)}, "ranking": list(ranking)}

    rows = [row(2, 0, 1), row(0, 0, 0), row(5, 6, 7), row(True, 0, 1), row(0, 1), {**row(0, 1, 2), "ranking": None}]
    (tmp_path / "kochatgpt_2_RM.jsonl").write_text(json.dumps(rows), encoding="utf-8")
    (tally,) = tallies("kochatgpt-rm", tmp_path, accept_drift=True)
    assert tally.kept == 3
    assert tally.left_out == {"tied pair": 3, "ranks that are none": 3, "not as many ranks as answers": 1}


def test_half_a_character_costs_one_row(tmp_path: Path) -> None:
    good = json.dumps(GOOD)
    v11(tmp_path, text=f'{good}\n{{"instruction": "\\ud800", "output": "a", "url": ""}}\n{good}\n'.encode())
    (tally,) = tallies("koalpaca-v1.1", tmp_path)
    assert tally.left_out == {"half a character (a lone surrogate)": 1} and tally.kept == 2


@pytest.mark.parametrize("blank", ["\u200b", "\u200b\u3000\u200b", "\u3164", "\u2060\n", "\u200e"])
def test_an_answer_nobody_can_see_is_empty(blank: str, tmp_path: Path) -> None:
    v11(tmp_path, *[GOOD] * 3, {**GOOD, "output": blank})
    (tally,) = tallies("koalpaca-v1.1", tmp_path)
    assert tally.left_out == {"empty output": 1}


def test_few_may_be_lost_only_beside_more_that_are_not(tmp_path: Path) -> None:
    v11(tmp_path, GOOD, *[{**GOOD, "output": ""}] * 10)
    with pytest.raises(TooManyLost, match="10 of 11"):
        tallies("koalpaca-v1.1", tmp_path)


def test_a_parquet_page_that_is_damaged(tmp_path: Path, mirror: Path) -> None:
    path = next((mirror / "HAERAE-HUB/KoInstruct-QA").rglob("*.parquet"))
    data = bytearray(path.read_bytes())
    data[200:2000] = bytes(1800)
    path.write_bytes(data)
    with pytest.raises(DamagedFile, match=r"koinstruct-qa: .*is not a whole Parquet file"):
        SOURCES["koinstruct-qa"].builder(mirror=str(mirror), cache_dir=str(tmp_path)).download_and_prepare()


def test_the_number_of_rows_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from okinst.builders import measured
    from okinst.builders.doors import sha256

    path = v11(tmp_path, GOOD, GOOD) / "KoAlpaca_v1.1.jsonl"
    size, digest = path.stat().st_size, sha256(path)
    known = measured.Measure(
        "koalpaca-v1.1", "train", "Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl", "c" * 40, size, digest, 3, 3, ""
    )
    monkeypatch.setattr(SOURCES["koalpaca-v1.1"].builder, "measures", classmethod(lambda cls: (known,)))
    with pytest.raises(Drift, match="number of rows is 2, it was 3"):
        tallies("koalpaca-v1.1", tmp_path)
    (tally,) = tallies("koalpaca-v1.1", tmp_path, accept_drift=True)
    assert tally.verified is False and tally.drift and "number of rows" in tally.drift


def test_a_published_set_loses_no_row_over_what_is_no_text(tmp_path: Path, mirror: Path) -> None:
    path = mirror / "lcw99/evolve-instruct/gen_data/evol_instruct.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(
        json.dumps([*rows, {"input": "질문", "output": 5}, {"input": None, "output": None}]), encoding="utf-8"
    )
    done = okinst("build", "aulm-0809", "--mirror", mirror, "-o", tmp_path / "out", "--json", "--view", "oki")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["funnel"][0]["taken"] == len(rows) + 2


def test_a_rule_that_needs_a_column_that_is_gone(tmp_path: Path, mirror: Path) -> None:
    path = mirror / "nlpai-lab/kullm-v2/kullm-v2.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"id": ', '"identifier": ', 1), encoding="utf-8")
    done = okinst("build", "aulm-0809", "--mirror", mirror, "-o", tmp_path / "out")
    assert done.returncode == 1 and "kullm-v2: row 0" in done.stderr and "no column 'id'" in done.stderr


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
    v11(tmp_path, GOOD, {**GOOD, "score": 1})
    with pytest.raises(DamagedFile, match=r"row 1 .* does not know: score; it knows instruction, output, url"):
        tallies("koalpaca-v1.1", tmp_path, raw=True)
    (tally,) = tallies("koalpaca-v1.1", tmp_path, raw=True, accept_drift=True)
    assert tally.kept == 2 and tally.mended == {"columns left out: score": 1}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (
            ("build", "koalpaca-v1.1", "--data-dir", "{folder}", "-o", "{out}"),
            1,
            ("koalpaca-v1.1: line 1", "okinst fetch"),
        ),
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
        (("build", "aulm-0809", "--sample", "--raw", "-o", "{out}"), 2, ("raw is for sources",)),
        (("build", "", "-o", "{out}"), 2, ("okinst list",)),
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
    for where in (0, 1, 6):
        words: list[object] = ["build", "koalpaca-v1.1", "--data-dir", tmp_path, "-o", tmp_path / "out"]
        words.insert(where, "--debug")
        done = okinst(*words)
        assert done.returncode == 1 and "Traceback" in done.stderr and "DamagedFile" in done.stderr


def test_an_answer_nobody_knows_is_named_with_its_row(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SOURCES["kobest-copa"].builder, "measures", classmethod(lambda cls: ()))
    path = mirror / "SKT-LSL/KoBEST_datarepo/v1.0/COPA/dev.tsv"
    path.write_bytes(path.read_bytes()[:-1] + b"3")
    builder = SOURCES["kobest-copa"].builder(mirror=str(mirror), cache_dir=str(tmp_path))
    with pytest.raises(DamagedFile, match=r"kobest-copa: row 3 of .*dev.tsv cannot be read: .*Answer '3'"):
        builder.download_and_prepare()
