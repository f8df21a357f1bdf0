"""Same recipe, seed and inputs, same bytes: on any number of processes, with any cache, and after a build was killed."""

import io
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import MissingFile
from okinst.mixtures import recipe
from okinst.mixtures.builder import builder_of_mixture
from okinst.mixtures.rows import Outcome, Rows
from okinst.publishing.folder import build
from tests.conftest import SAMPLE, python
from tests.test_cache import copy_of_the_package

#: every kind of step
RECIPE = """
name = "every-step"
seed = 7
license = "commercial"
filter = { refusals = "drop", pii = "mask", max_length = 2000 }
dedup = true
decontaminate = ["kobest-copa"]
tokenizer = "characters"
validation = 0.1

[[parts]]
file = "own.jsonl"
layout = "alpaca"
license = "cc-by-4.0"
language = "ko"
making = "human"
share = 0.95
filter = { min_answer = 4 }

[[parts]]
source = "kullm-v2"
share = 0.05
repeat = 20
"""
ROWS = 6_000
STEPS = ["leaks", "filter of own", "license", "filter", "dedup", "decontaminate"]


def own_rows() -> Iterator[dict[str, str]]:
    """Rows with something for every step: copies, an evaluation item, telephone numbers, refusals, short answers."""
    rng = random.Random(0)
    words = [
        "".join(rng.choices("가나다라마바사아자차카타파하거너더러머버서어저처커터퍼허", k=rng.randint(1, 4)))
        for _ in range(3000)
    ]
    planted = (SAMPLE / "SKT-LSL/KoBEST_datarepo/v1.0/COPA/test.tsv").read_text(encoding="utf-8").splitlines()[1]
    item = max(planted.split("\t"), key=len)
    rows: list[dict[str, str]] = []
    for number in range(ROWS):
        answer = " ".join(rng.choices(words, k=rng.randint(8, 40)))
        kind = number % 50
        if kind == 1:
            answer = "네."
        elif kind == 2:
            answer += " 문의는 010-2847-6193으로 주세요."
        elif kind == 3:
            answer = "죄송하지만 저는 AI 언어 모델이기 때문에 그 질문에는 답변을 드릴 수 없습니다."
        elif kind == 4:
            answer += f" {item} {planted}"
        elif kind == 5:
            rows.append(rows[number - 5])
            continue
        rows.append({"instruction": " ".join(rng.choices(words, k=rng.randint(6, 15))) + "?", "output": answer})
    yield from rows


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe beside its own rows."""
    folder = tmp_path_factory.mktemp("recipe")
    (folder / "every-step.toml").write_text(RECIPE, encoding="utf-8")
    with (folder / "own.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in own_rows())
    return folder / "every-step.toml"


@pytest.fixture(scope="module")
def wanted(written: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What comes out of an undisturbed build on one process, byte by byte."""
    folder = tmp_path_factory.mktemp("wanted")
    build(str(written), folder / "out", sample=True, cache_dir=str(folder / "cache"))
    return content(folder / "out")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def steps_of(cache: Path) -> dict[str, int]:
    """When each step that is finished was finished."""
    return {path.parent.name: path.stat().st_mtime_ns for path in (cache / "okinst" / "steps").glob("*/changes.json")}


def test_every_step_has_something_to_do(wanted: dict[str, bytes]) -> None:
    """Else the tests below would show nothing."""
    told = json.loads(wanted["provenance.json"])
    lines = {line["step"]: line for line in told["steps"]}
    assert list(lines) == [*STEPS, "take", "validation"]
    none = ("leaks", "take")  # what leaks is masked, and what is taken may be taken again
    assert all(line["rows_out"] < line["rows_in"] or name in none for name, line in lines.items()), lines
    assert lines["leaks"]["changed"]
    rows = pq.ParquetFile(io.BytesIO(wanted["every-step/train-00000-of-00001.parquet"])).read()
    ids = rows["id"].to_pylist()
    assert len(set(ids)) == len(ids) and any("#" in id for id in ids) and len(ids) > 4_000


@pytest.mark.parametrize("processes", [2, 4])
def test_on_several_processes(processes: int, written: Path, wanted: dict[str, bytes], tmp_path: Path) -> None:
    build(str(written), tmp_path / "out", num_proc=processes, sample=True, cache_dir=str(tmp_path / "cache"))
    assert content(tmp_path / "out") == wanted


def test_with_a_warm_cache(written: Path, wanted: dict[str, bytes], tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    build(str(written), tmp_path / "one", sample=True, cache_dir=str(cache))
    steps = steps_of(cache)
    assert len(steps) == len(STEPS)
    build(str(written), tmp_path / "two", sample=True, cache_dir=str(cache))
    # the mixture is gone, its steps are not
    shutil.rmtree(cache / "okinst" / "every-step")
    build(str(written), tmp_path / "three", num_proc=2, sample=True, cache_dir=str(cache))
    assert content(tmp_path / "one") == content(tmp_path / "two") == content(tmp_path / "three") == wanted
    assert steps_of(cache) == steps


#: Build in a process that kills itself, and all that it holds, where `moment` says.
KILLED = """
import os, signal, sys, time, types
from pathlib import Path
import datasets, numpy as np, pyarrow.parquet as pq
datasets.disable_progress_bars()
from okinst.builders import SourceBuilder
from okinst.mixtures import aside, rows, steps, work
from okinst.mixtures.builder import MixtureBuilder
from okinst.publishing import folder
recipe, out, cache, moment, processes = sys.argv[1:]
parent = os.getpid()

def die(*args, **kwargs):
    os.kill(parent, signal.SIGKILL)
    time.sleep(60)

def after(owner, name, count=1):
    "Let it be called so often, and die after that."
    whole, left = getattr(owner, name), [count]
    def called(*args, **kwargs):
        found = whole(*args, **kwargs)
        left[0] -= 1
        if not left[0]:
            die()
        return found
    setattr(owner, name, called)

if moment == "a part is half prepared":
    after(SourceBuilder, "_table", 4)
elif moment == "in a filter":
    after(steps, "_filtered", 1 if int(processes) > 1 else 2)
elif moment == "in dedup":
    steps.Dedup.work = die
elif moment == "a step is half written":
    rows.pq = types.SimpleNamespace(read_table=pq.read_table, write_table=pq.write_table)
    after(rows.pq, "write_table", 3)
elif moment == "while rows are held out":
    found = work.duplicates
    work.duplicates = types.SimpleNamespace(find=die, links=found.links, joined=found.joined)
elif moment == "the dropped rows are half written":
    class Writer(pq.ParquetWriter):
        pass
    aside.pq = types.SimpleNamespace(ParquetWriter=Writer, ParquetFile=pq.ParquetFile)
    after(Writer, "write_table")
elif moment == "the mixture is half prepared":
    after(MixtureBuilder, "_prepare_split")
elif moment == "the Parquet is half written":
    after(folder, "write_split")
folder.build(recipe, Path(out), sample=True, cache_dir=cache, num_proc=int(processes))
"""
MOMENTS = {
    "a part is half prepared": 0,
    "in a filter": 0,
    "a step is half written": 1,
    "in dedup": 4,
    "while rows are held out": 6,
    "the dropped rows are half written": 6,
    "the mixture is half prepared": 6,
    "the Parquet is half written": 6,
}


def left_behind(cache: Path) -> list[int]:
    """Processes that were started with this cache."""
    return [each.pid for each in psutil.process_iter(["cmdline"]) if str(cache) in (each.info["cmdline"] or ())]


@pytest.mark.parametrize(
    ("moment", "processes"),
    [*((moment, 1) for moment in MOMENTS), ("in a filter", 2), ("the Parquet is half written", 2)],
)
def test_after_a_kill(moment: str, processes: int, written: Path, wanted: dict[str, bytes], tmp_path: Path) -> None:
    cache, home = tmp_path / "cache", tmp_path / "home"
    home.mkdir()
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(written), str(home / "out"), str(cache), moment, str(processes)], timeout=120
    )
    assert killed.returncode == -signal.SIGKILL
    assert not (home / "out").exists()
    until = time.monotonic() + 20
    while left_behind(cache):
        assert time.monotonic() < until, "a killed build leaves no process behind, with the locks it holds"
        time.sleep(0.1)
    steps = steps_of(cache)
    assert len(steps) == MOMENTS[moment]
    # in a process with a limit of time: what a killed build still held would be waited for
    code = "import sys; from pathlib import Path; from okinst.publishing.folder import build\n"
    code += "build(sys.argv[1], Path(sys.argv[2]), sample=True, cache_dir=sys.argv[3])"
    python(code, written, home / "out", cache)
    assert content(home / "out") == wanted
    assert steps_of(cache).items() >= steps.items(), "what was finished is not done again"
    assert [path.name for path in home.iterdir()] == ["out"]
    assert not [path for path in cache.rglob("*.incomplete") if "lock" not in path.name]


def test_two_builds_at_once(written: Path, wanted: dict[str, bytes], tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from okinst.publishing.folder import build\n"
    code += "build(sys.argv[1], Path(sys.argv[2]), sample=True, cache_dir=sys.argv[3], num_proc=2)"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(written), str(tmp_path / name), str(tmp_path / "cache")])
        for name in ("one", "two")
    ]
    assert [each.wait(timeout=240) for each in running] == [0, 0]
    assert content(tmp_path / "one") == content(tmp_path / "two") == wanted


def test_where_processes_are_spawned(written: Path, wanted: dict[str, bytes], tmp_path: Path) -> None:
    """As they are on macOS and Windows: rows travel by the names of their files."""
    script = tmp_path / "build.py"
    script.write_text(
        "import sys, multiprocessing\nfrom pathlib import Path\nfrom okinst.publishing.folder import build\n"
        "if __name__ == '__main__':\n    multiprocessing.set_start_method('spawn')\n"
        "    build(sys.argv[1], Path(sys.argv[2]), sample=True, cache_dir=sys.argv[3], num_proc=2)\n"
    )
    subprocess.run([sys.executable, script, written, tmp_path / "out", tmp_path / "cache"], check=True, timeout=240)
    assert content(tmp_path / "out") == wanted


# -- what a step's outcome, and the whole, is named after -----------------------------------------------------------------


def hash_of(path: Path, tmp_path: Path, **options: Any) -> str:
    options = {"sample": True, "cache_dir": str(tmp_path / "cache"), **options}
    return str(builder_of_mixture(recipe.read(path), **options).hash)


def test_own_rows_are_read_again_when_the_recipe_says_otherwise(tmp_path: Path) -> None:
    """The licence of a part of one's own stands in the recipe alone, and in every row."""
    path = tmp_path / "mine.toml"
    (tmp_path / "own.jsonl").write_text('{"instruction": "왜?", "output": "그냥."}\n', encoding="utf-8")
    text = '[[parts]]\nfile = "own.jsonl"\nlayout = "alpaca"\nlicense = "LICENSE"\nlanguage = "ko"\n'
    found = []
    for license in ("mit", "cc-by-nc-4.0"):
        path.write_text(text.replace("LICENSE", license), encoding="utf-8")
        builder = builder_of_mixture(recipe.read(path), cache_dir=str(tmp_path / "cache"))
        builder.download_and_prepare()
        found.append(builder.as_dataset(split="train")[0]["license"])
    assert found == ["mit", "cc-by-nc-4.0"]


def test_another_split_is_another_input(tmp_path: Path) -> None:
    """Two splits of one set have one builder, and steps must not take the one's outcome for the other's."""
    path, found = tmp_path / "mine.toml", []
    for split in ("train", "test"):
        path.write_text(f'dedup = "exact"\n[[parts]]\nsource = "kobest-copa"\nsplit = "{split}"\n', encoding="utf-8")
        builder = builder_of_mixture(recipe.read(path), sample=True, cache_dir=str(tmp_path / "cache"))
        builder.download_and_prepare()
        found.append(builder.hash)
    assert found[0] != found[1]
    assert len(steps_of(tmp_path / "cache")) == 2


def test_a_changed_index_set_or_tokenizer_is_another_input(tmp_path: Path, mirror: Path) -> None:
    from okinst.curation import contamination
    from okinst.curation.evaluation import Item

    path, index = tmp_path / "mine.toml", tmp_path / "eval.index"
    path.write_text('decontaminate = { index = "' + str(index) + '" }\n[[parts]]\nsource = "hrc"\n', encoding="utf-8")
    found = []
    for text in (
        "토끼와 거북이가 달리기를 하면 누가 이길까요, 그리고 왜 그럴까요?",
        "바다가 파란 까닭을 세 문장으로 설명해 보세요.",
    ):
        contamination.Index.of([Item("mine", "mine/0", "test", text, "")]).save(index)
        found.append(hash_of(path, tmp_path))
    assert found[0] != found[1]

    path.write_text('decontaminate = ["kobest-copa"]\n[[parts]]\nsource = "hrc"\n', encoding="utf-8")
    options = {"sample": None, "mirror": str(mirror), "accept_drift": True}
    before = hash_of(path, tmp_path, **options)
    tests = mirror / "SKT-LSL/KoBEST_datarepo/v1.0/COPA/test.tsv"
    tests.write_text("\n".join(tests.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    assert hash_of(path, tmp_path, **options) != before

    tokenizer = tmp_path / "tokenizer.json"
    path.write_text(f'tokenizer = "{tokenizer}"\n[[parts]]\nsource = "hrc"\n', encoding="utf-8")
    tokenizer.write_text("{}", encoding="utf-8")
    before = hash_of(path, tmp_path)
    tokenizer.write_text('{"version": "1.0"}', encoding="utf-8")
    assert hash_of(path, tmp_path) != before


def test_the_order_of_what_came_before_counts(tmp_path: Path) -> None:
    """A step's outcome belongs to the rows that the steps before it left."""
    path, cache = tmp_path / "mine.toml", tmp_path / "cache"
    part = '[[parts]]\nsource = "kullm-v2"\n'
    counts = []
    for text in ("dedup = true\n", 'license = "commercial"\ndedup = true\n', "dedup = true\nseed = 9\n"):
        path.write_text(text + part, encoding="utf-8")
        builder_of_mixture(recipe.read(path), sample=True, cache_dir=str(cache)).download_and_prepare()
        counts.append(len(steps_of(cache)))
    assert counts == [1, 3, 3], "a seed changes nothing about a step"


BUILD = """
import json, sys, okinst, datasets
from pathlib import Path
from okinst.mixtures.rows import Outcome, Rows
from okinst.publishing.folder import build
datasets.disable_progress_bars()
built = build(sys.argv[1], Path(sys.argv[2]), sample=True, cache_dir=sys.argv[3])
print(json.dumps([line["sources"]["own"]["reasons"] for line in built.steps if line["step"] == "filter"]))
"""


def test_changed_code_of_curation_is_worked_with(written: Path, tmp_path: Path) -> None:
    package = copy_of_the_package(tmp_path)

    def reasons(out: str) -> dict[str, int]:
        told = python(BUILD, written, tmp_path / out, tmp_path / "cache", cwd=tmp_path, PYTHONPATH=str(package.parent))
        (found,) = json.loads(told)
        return dict(found)

    before = reasons("before")
    path = package / "curation" / "filters" / "filter.py"
    code = path.read_text(encoding="utf-8")
    assert '"refusal"' in code
    path.write_text(code.replace('"refusal"', '"a refusal"'), encoding="utf-8")
    assert reasons("after") == {"a refusal" if key == "refusal" else key: count for key, count in before.items()}
    assert before["refusal"]


def test_an_evaluation_set_that_is_not_there_is_said_before_any_work(
    written: Path, mirror: Path, tmp_path: Path
) -> None:
    (mirror / "SKT-LSL/KoBEST_datarepo/v1.0/COPA/test.tsv").unlink()
    with pytest.raises(MissingFile, match="decontaminate"):
        build(str(written), tmp_path / "out", mirror=str(mirror), accept_drift=True, cache_dir=str(tmp_path / "cache"))
    assert not (tmp_path / "out").exists()
    assert {path.name for path in tmp_path.iterdir()} <= {"cache", "mirror"}


@pytest.mark.parametrize("action", ["drop", "mask"])
def test_what_is_set_aside_for_a_credential_does_not_show_it(action: str, tmp_path: Path) -> None:
    token = "ghp" + "_" + "a1B2c3D4e5F6" * 3
    rows = [
        {"instruction": f"질문 {number}?", "output": f"토큰은 {token}입니다." if number % 2 else "네."}
        for number in range(9)
    ]
    rows.append({"instruction": "바다는 왜 파란가요?", "output": "빛이 흩어지기 때문입니다."})
    (tmp_path / "own.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(
        f'filter = {{ secrets = "{action}" }}\n'
        '[[parts]]\nfile = "own.jsonl"\nlayout = "alpaca"\nlicense = "mit"\nlanguage = "ko"\nfilter = { min_answer = 5 }\n',
        encoding="utf-8",
    )
    builder = builder_of_mixture(recipe.read(path), cache_dir=str(tmp_path / "cache"))
    builder.download_and_prepare()
    aside = pq.read_table(builder.dropped()).to_pylist()
    assert len(aside) == (9 if action == "drop" else 5)
    assert token not in str(aside) and token not in str(list(builder.as_dataset(split="train")))


@given(data=st.data())
def test_rows_are_taken_in_any_order(data: st.DataObject) -> None:
    """Out of many record batches, several times, in stretches, changed by several steps: as if they were a list."""
    lengths = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=5))
    features = datasets.Features({"id": datasets.Value("string"), "turns": [{"content": datasets.Value("string")}]})

    def held(some: list[dict[str, Any]]) -> datasets.Dataset:
        return datasets.Dataset(pa.Table.from_pylist(some, features.arrow_schema))

    known = [{"id": str(number), "turns": [{"content": str(number)}] * (number % 3)} for number in range(sum(lengths))]
    parts, start = [], 0
    for length in lengths:
        parts.append(held(known[start : start + length]))
        start += length
    rows = Rows(parts)
    some = st.integers(0, start - 1) if start else st.nothing()
    for text in "ab":
        changed = data.draw(st.lists(some, unique=True)) if start else []
        for number in changed:
            known[number] = {"id": str(number), "turns": [{"content": text}]}
        table = held([known[number] for number in changed]).data.table
        table = table.replace_schema_metadata(None).add_column(0, "row", pa.array(changed, pa.int64()))
        rows.apply(Outcome(np.empty(0, np.int64), [], [], table))
    wanted = data.draw(st.lists(some, max_size=12)) if start else []
    for numbers in (wanted, sorted(set(wanted)), list(range(start))):
        assert rows.take(np.array(numbers, np.int64)).to_pylist() == [known[number] for number in numbers]
