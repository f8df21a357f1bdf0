"""Tasks of lm-evaluation-harness: written from our sets, asked as the harness asks its own, scored alike."""

import hashlib
import importlib.util
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import DamagedFile, MissingFile, WrongCall
from okinst.publishing.harness import tasks, utils, write
from okinst.publishing.harness.evaluation import RESULTS, evaluate, macro_f1_error
from tests.conftest import okinst, python
from tests.hub_double import Repo, serving

needs_harness = pytest.mark.skipif(
    importlib.util.find_spec("lm_eval") is None, reason="lm-eval is not installed: pip install 'okinst[eval]'"
)
KOBEST = ("boolq", "copa", "hellaswag", "sentineg", "wic")
HAERAE = ("general_knowledge", "history", "loan_words", "rare_words", "standard_nomenclature")
CATEGORIES = ("WR", "GR", "RCS", "RCSS", "RCH", "LI")
WORDS = [
    "강가",
    "감자",
    "안개",
    "사진첩",
    "우체국",
    "자전거",
    "고양이",
    "봄비",
    "시장",
    "다리미",
    "바구니",
    "연필",
    "기차역",
    "도서관",
    "수박",
    "항아리",
]


# -- files as upstream has them, of words of our own ------------------------------------------------------------------


def sentence(rng: random.Random) -> str:
    """A line with what spoils prompts: blanks at its ends, quotation marks, what templates would take for their own."""
    words = " ".join(rng.sample(WORDS, 4))
    odd = ("", " ", "  ", '"따옴표" ', "{{ query }} ", "{% if %}", "[괄호]", "\u00a0", "12")
    return rng.choice(("", "", " ")) + words + rng.choice(odd) + rng.choice((".", " ", ". "))


def kobest_tables(rng: random.Random, rows: int) -> dict[str, pd.DataFrame]:
    def lines() -> list[str]:
        return [sentence(rng) for _ in range(rows)]

    truth = [rng.choice(("True", "TRUE", "False", "FALSE")) for _ in range(rows)]
    numbers = range(rows)
    first = lines()
    # two alternatives that are equal, the second called right
    second, right = [*lines()[:-1], first[-1]], [rng.choice((1, 2)) for _ in range(rows - 1)] + [2]
    return {
        "BoolQ": pd.DataFrame({"ID": numbers, "Text": lines(), "Question": lines(), "Answer": truth}),
        "COPA": pd.DataFrame(
            {
                "ID": numbers,
                "sentence": lines(),
                "question": [rng.choice(("원인", "결과", "결과 ")) for _ in range(rows)],
                "1": first,
                "2": second,
                "Answer": right,
            }
        ),
        "HellaSwag": pd.DataFrame(
            {
                "context": lines(),
                **{f"choice{number}": lines() for number in (1, 2, 3, 4)},
                "label": [rng.randrange(4) for _ in range(rows)],
            }
        ),
        "SentiNeg": pd.DataFrame({"ID": numbers, "Text": lines(), "Label": [rng.randrange(2) for _ in range(rows)]}),
        "WiC": pd.DataFrame(
            {
                "ID": numbers,
                "Target": [rng.choice(WORDS) for _ in range(rows)],
                "SENTENCE1": lines(),
                "Dictionary 1": lines(),
                "Link 1": lines(),
                "SENTENCE2": lines(),
                "Dictionary 2": lines(),
                "Link2": lines(),
                "ANSWER": truth,
            }
        ),
    }


def haerae_rows(rng: random.Random) -> pd.DataFrame:
    rows = []
    for _ in range(9):
        options = [f"{word} {rng.randrange(99)}" for word in rng.sample(WORDS, 5)]
        listed = "\n".join(f"({letter}) {option}" for letter, option in zip("ABCDE", options, strict=True))
        query = f"### 질문: {sentence(rng)}\n### 선택지:\n{listed}\n### 정답:"
        rows.append({"query": query, "options": str(options), "answer": f"({rng.choice('ABCDE')})"})
    # the same question again, and once more: no example may be the one that is asked; lm-eval before 0.4.13 stops at such rows
    return pd.DataFrame([*rows, rows[3], rows[3]])


def csat_rows(rng: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "context": rng.choice((None, sentence(rng))),
            "question": sentence(rng),
            **{f"option#{number}": sentence(rng) for number in (1, 2, 3, 4, 5)},
            "gold": rng.randrange(1, 6),
            "Category": category,
            "human_performance": 0.5,
        }
        for _ in range(7)
        for category in CATEGORIES
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror of files that we wrote, with enough rows for five examples."""
    rng, root = random.Random(7), tmp_path_factory.mktemp("made")
    for file, rows in (("train", 30), ("dev", 3), ("test", 12)):
        for task, table in kobest_tables(rng, rows).items():
            path = root / "SKT-LSL/KoBEST_datarepo/v1.0" / task / f"{file}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            table.to_csv(path, sep="\t", index=False)
    (root / "HAERAE-HUB/HAE_RAE_BENCH_1.1/data").mkdir(parents=True)
    for task in HAERAE:
        haerae_rows(rng).to_parquet(
            root / f"HAERAE-HUB/HAE_RAE_BENCH_1.1/data/{task}-00000-of-00001.parquet", index=False
        )
    csat = root / "HAERAE-HUB/csatqa/data/csatqa_eval.json"
    csat.parent.mkdir(parents=True)
    csat.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in csat_rows(rng)), encoding="utf-8")
    return root


# -- the same files as the harness gets them from the Hub ---------------------------------------------------------------


def published(table: pd.DataFrame, task: str) -> pd.DataFrame:
    """Rows as the script of skt/kobest_v1 makes them of SKT's tables: columns renamed, answers counted from 0, nothing stripped."""
    names = {
        "boolq": {"Text": "paragraph", "Question": "question", "Answer": "label"},
        "copa": {
            "sentence": "premise",
            "question": "question",
            "1": "alternative_1",
            "2": "alternative_2",
            "Answer": "label",
        },
        "hellaswag": {
            "context": "context",
            **{f"choice{number}": f"ending_{number}" for number in (1, 2, 3, 4)},
            "label": "label",
        },
        "sentineg": {"Text": "sentence", "Label": "label"},
        "wic": {"Target": "word", "SENTENCE1": "context_1", "SENTENCE2": "context_2", "ANSWER": "label"},
    }[task]
    rows = table.dropna()[list(names)].rename(columns=names).reset_index(drop=True)
    if task in ("boolq", "wic"):
        rows["label"] = [0 if str(label) == "False" else 1 for label in rows["label"]]
    elif task == "copa":
        rows["label"] = rows["label"] - 1
    return rows


def repo(configs: dict[str, dict[str, pd.DataFrame]], classes: bool = False) -> Repo:
    """A dataset repository of Parquet files, as the Hub serves it."""
    files, head = {}, []
    for config, splits in configs.items():
        for split, rows in splits.items():
            made = datasets.Dataset.from_pandas(rows, preserve_index=False)
            if classes:
                names = [str(number) for number in range(4)]
                made = made.cast_column("label", datasets.ClassLabel(names=names))
            files[f"{config}-{split}.parquet"] = _parquet(made)
        data_files = [{"split": split, "path": f"{config}-{split}.parquet"} for split in splits]
        head.append({"config_name": config, "data_files": data_files})
    files["README.md"] = f"---\n{yaml.safe_dump({'configs': head})}---\n".encode()
    return Repo(files)


def _parquet(rows: datasets.Dataset) -> bytes:
    sink = io.BytesIO()
    rows.to_parquet(sink)
    return sink.getvalue()


def kobest_repo(mirror: Path, which: tuple[str, ...] = KOBEST) -> Repo:
    folders = {path.name.lower(): path for path in (mirror / "SKT-LSL/KoBEST_datarepo/v1.0").iterdir()}
    files = {"train": "train", "validation": "dev", "test": "test"}
    return repo(
        {
            task: {
                split: published(pd.read_csv(folders[task] / f"{file}.tsv", sep="\t"), task)
                for split, file in files.items()
            }
            for task in which
        },
        classes=True,
    )


def haerae_repo(mirror: Path) -> Repo:
    data = mirror / "HAERAE-HUB/HAE_RAE_BENCH_1.1/data"
    return repo({task: {"test": pd.read_parquet(next(data.glob(f"{task}-*")))} for task in HAERAE})


def csat_repo(mirror: Path) -> Repo:
    rows = pd.read_json(mirror / "HAERAE-HUB/csatqa/data/csatqa_eval.json", lines=True)
    return repo({name: {"test": rows[rows["Category"] == name].drop(columns="Category")} for name in CATEGORIES})


# -- what is written ----------------------------------------------------------------------------------------------------


class Loader(yaml.SafeLoader):
    """Reads `!function utils.rows` as its text."""


Loader.add_constructor("!function", lambda loader, node: loader.construct_scalar(node))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tasks of all sets, from the sample."""
    root = tmp_path_factory.mktemp("everything")
    write(root / "tasks", sample=True, cache_dir=str(root / "cache"))
    return root / "tasks"


def test_every_task_has_its_rows_and_functions(everything: Path, tmp_path: Path) -> None:
    told = json.loads((everything / "provenance.json").read_text())
    assert {task["set"] for task in told["tasks"]} == {name for sets in tasks.families().values() for name in sets}
    for task in told["tasks"]:
        config = yaml.load((everything / f"{task['task']}.yaml").read_text(), Loader)
        assert config["task"] == task["task"] and config["dataset_kwargs"] == {"okinst_set": task["set"]}
        functions = re.findall(r"!function '?utils\.(\w+)", (everything / f"{task['task']}.yaml").read_text())
        assert functions and all(callable(getattr(utils, name)) for name in functions)
        ours = datasets.load_dataset("okinst", task["set"], sample=True, cache_dir=str(tmp_path))
        for split, rows in ours.items():
            written = pq.read_table(everything / "rows" / task["set"] / f"{split}.parquet")
            assert written.to_pylist() == rows.select_columns(written.column_names).to_list()
            assert ("id" in written.column_names) != task["set"].startswith("haerae")
        assert task["rows"] == {split: len(rows) for split, rows in ours.items()}
        asked = config.get("test_split") or config["validation_split"]
        assert asked in task["rows"] and config.get("fewshot_split", asked) in task["rows"]


def test_the_folder_says_what_is_in_it(everything: Path) -> None:
    told = json.loads((everything / "provenance.json").read_text())
    there = {path.relative_to(everything).as_posix() for path in everything.rglob("*") if path.is_file()}
    assert there == {"provenance.json"} | {file["path"] for file in told["files"]}
    for file in told["files"]:
        assert hashlib.sha256((everything / file["path"]).read_bytes()).hexdigest() == file["sha256"]
    readme = (everything / "README.md").read_text()
    assert all(f"| {task['task']} |" in readme for task in told["tasks"])
    assert "cc-by-nc-nd-4.0" in readme and told["door"] == "sample" and told["inputs"]


def test_a_folder_may_be_moved(everything: Path, tmp_path: Path) -> None:
    """The harness reads utils.py by its path: from there rows are found, from any working directory, with no okinst."""
    moved = shutil.copytree(everything, tmp_path / "else where")
    code = """
import importlib.util, json, sys
sys.modules["okinst"] = None
spec = importlib.util.spec_from_file_location("utils", sys.argv[1])
utils = importlib.util.module_from_spec(spec); spec.loader.exec_module(utils)
print(json.dumps({split: len(rows) for split, rows in utils.rows("kobest-copa", version=1.0, pretrained="x").items()}))
"""
    told = json.loads(python(code, moved / "utils.py", cwd=tmp_path))
    assert told == {"train": 8, "validation": 4, "test": 5}


def test_a_group_is_written_where_it_is_whole(tmp_path: Path, everything: Path) -> None:
    written = write(tmp_path / "some", ["kobest", "haerae-history"], sample=True, cache_dir=str(tmp_path / "cache"))
    assert written.groups == ["okinst_kobest"] and not (tmp_path / "some/okinst_haerae.yaml").exists()
    group = yaml.load((everything / "okinst_haerae.yaml").read_text(), Loader)
    assert [name.removeprefix("okinst_haerae_") for name in group["task"]] == [
        "general_knowledge", "history", "loan_word", "rare_word", "standard_nomenclature"
    ]  # fmt: skip


def test_rows_that_are_lost_are_told(tmp_path: Path, mirror: Path) -> None:
    path = next((mirror / "HAERAE-HUB/HAE_RAE_BENCH_1.1/data").glob("history-*"))
    rows = pd.read_parquet(path)
    pd.concat([rows, rows.assign(options="['혼자']")]).to_parquet(path, index=False)
    options = {"mirror": str(mirror), "accept_drift": True, "cache_dir": str(tmp_path / "cache")}
    written = write(tmp_path / "out", ["haerae-history"], **options)
    assert written.tasks[0].left_out == {"options that do not parse": 3}
    assert "3 options that do not parse" in (tmp_path / "out/README.md").read_text()


def test_what_is_refused(tmp_path: Path, mirror: Path) -> None:
    with pytest.raises(WrongCall, match=r"no task 'kobest-bool'.*kobest-boolq"):
        write(tmp_path / "out", ["kobest-bool"], sample=True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").touch()
    with pytest.raises(WrongCall, match="not empty"):
        write(tmp_path / "full", ["kobest"], sample=True)
    next((mirror / "SKT-LSL/KoBEST_datarepo/v1.0/WiC").glob("test*")).unlink()
    with pytest.raises(MissingFile, match="kobest-wic"):
        write(tmp_path / "out", ["kobest-wic"], mirror=str(mirror), cache_dir=str(tmp_path / "cache"))
    assert not (tmp_path / "out").exists()


def test_from_the_command_line(tmp_path: Path) -> None:
    done = okinst("harness", "-o", tmp_path / "out", "--sets", "kobest_copa,korquad", "--sample")
    assert done.returncode == 0 and "2 tasks in" in done.stdout and "lm_eval --include_path" in done.stdout
    told = json.loads(okinst("harness", "-o", tmp_path / "b", "--sets", "korquad", "--sample", "--json").stdout)
    assert told["tasks"][0]["task"] == "okinst_korquad_1.0"
    assert okinst("harness", "-o", tmp_path / "c", "--sets", "korquad-2.1", "--sample").returncode == 2


def test_evaluate_says_what_is_missing(tmp_path: Path) -> None:
    code = "import sys; sys.modules['lm_eval'] = None; from okinst.cli.app import main; main()"
    command = [sys.executable, "-c", code, "evaluate", str(tmp_path), "--sample"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and "pip install 'okinst[eval]'" in done.stderr


# -- KorQuAD's official scores, and the error of a macro F1 ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "right", "exact", "f1"),
    [
        (" 《봄비》", ["봄비"], 1, 1),
        ("봄 비", ["봄비"], 0, 1),  # F1 counts no blanks, the exact match does
        ("3,000명", ["3000명"], 1, 1),
        ("ABC", ["abc"], 1, 1),
        ("기차역 앞", ["기차역"], 0, 2 * (3 / 4) * 1 / (3 / 4 + 1)),
        ("가가나", ["가나나"], 0, 2 / 3),  # characters are counted as often as both have them
        ("시장", ["우체국", "시장 앞"], 0, 2 * 1 * (2 / 3) / (1 + 2 / 3)),
        ("", ["시장"], 0, 0),
        ("!", ["?"], 1, 0),  # nothing is left of either
    ],
)
def test_korquads_scores(given: str, right: list[str], exact: float, f1: float) -> None:
    found = utils.span_scores({"answers": {"text": right}}, [given])
    assert found == {"exact_match": exact, "f1": pytest.approx(f1)}


@given(st.text("가나 《》'!a", max_size=8), st.text("가나 《》'!a", max_size=8))
def test_a_character_f1_has_two_equal_sides(one: str, other: str) -> None:
    assert utils.character_f1(one, other) == pytest.approx(utils.character_f1(other, one))
    assert 0 <= utils.character_f1(one, other) <= 1


def test_the_error_of_a_macro_f1() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="pip install 'okinst[curation]'")
    rng = np.random.default_rng(5)
    right = rng.integers(0, 3, 60)
    given_ = np.where(rng.random(60) < 0.6, right, rng.integers(0, 3, 60))
    drawn = [rng.integers(0, 60, 60) for _ in range(600)]
    one_by_one = np.std([metrics.f1_score(right[each], given_[each], average="macro") for each in drawn])
    assert macro_f1_error(list(zip(right, given_, strict=True))) == pytest.approx(one_by_one, rel=0.15)
    assert macro_f1_error([(0, 0), (1, 1)]) == 0  # right each time, even where one of the answers was not drawn


# -- beside the harness ---------------------------------------------------------------------------------------------------


def test_real_queries_are_those_of_the_hub(real_mirror: Path, tmp_path: Path) -> None:
    """Blanks at the ends included: the script of skt/kobest_v1 strips none, and neither do we."""
    blanks = 0
    for task in ("boolq", "copa", "sentineg"):
        ours = datasets.load_dataset("okinst", f"kobest-{task}", mirror=str(real_mirror), cache_dir=str(tmp_path))
        folder = next(
            path for path in (real_mirror / "SKT-LSL/KoBEST_datarepo/v1.0").iterdir() if path.name.lower() == task
        )
        for split, file in (("train", "train"), ("validation", "dev"), ("test", "test")):
            theirs = published(pd.read_csv(folder / f"{file}.tsv", sep="\t"), task)
            assert len(theirs) == len(ours[split])
            for row, other in zip(ours[split], theirs.to_dict("records"), strict=True):
                if task == "boolq":
                    text = f"{other['paragraph']} 질문: {other['question']} 답변: "
                    blanks += other["paragraph"] != other["paragraph"].strip()
                elif task == "copa":
                    text = f"{other['premise']} { {'원인': ' 왜냐하면', '결과': ' 그래서'}[other['question'].strip()] }"
                    assert row["choices"] == [other["alternative_1"], other["alternative_2"]]
                else:
                    text = f"문장: {other['sentence']} 긍부정:"
                assert (row["query"], row["answer"]) == (text, other["label"])
    assert blanks > 600


RUN = """
import json, logging, sys
logging.disable(logging.CRITICAL)
from pathlib import Path
import lm_eval.tasks
import torch
torch.set_num_threads(1)
from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
folder, model, names, shots, limit = sys.argv[1:3] + json.loads(sys.argv[3])
own = Path(lm_eval.tasks.__file__).parent
manager = TaskManager(include_path=[folder, *(own / name for name in ("kobest", "haerae", "csatqa"))], include_defaults=False)
lm = HFLM(pretrained=model, device="cpu", batch_size=16)
found = {}
for shot in shots:
    for side in (0, 1):
        ran = simple_evaluate(lm, tasks=[pair[side] for pair in names], num_fewshot=shot, task_manager=manager, limit=limit)
        for task, samples in ran["samples"].items():
            asked = [[each["arguments"], each["filtered_resps"]] for each in sorted(samples, key=lambda each: each["doc_id"])]
            found[f"{task} {shot}"] = [asked, {key: value for key, value in ran["results"][task].items() if "," in key}]
        for group in ran.get("groups", {}):
            found[f"{group} {shot}"] = [[], {key: value for key, value in ran["groups"][group].items() if "," in key}]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny GPT-NeoX; what is longer than it reads is cut alike on both sides."""
    from tests import tiny_models

    rng = random.Random(3)
    tokenizer = tiny_models.bpe([sentence(rng) for _ in range(300)], 400, 256)
    return tiny_models.saved(tmp_path_factory.mktemp("tiny"), tiny_models.neox(max(400, len(tokenizer))), tokenizer)


def patiently(*arguments: object, **environment: str) -> str:
    """What a fresh interpreter prints: torch and the harness take their time to open where other tests run beside them."""
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def compared(
    folder: Path, tiny: Path, repos: dict[str, Repo], names: list[tuple[str, str]], home: Path, limit: int | None
) -> dict[str, Any]:
    """The harness's tasks beside ours, at 0 and 5 shots: equal requests, equal answers of the model, equal scores."""
    with serving() as hub:
        hub.repos |= repos
        told = patiently(
            "-c", RUN, folder, tiny, json.dumps([names, [0, 5], limit]), HF_ENDPOINT=hub.url, HF_HOME=str(home)
        )
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    theirs = {name: each for name, each in found.items() if not name.startswith(tasks.PREFIX)}
    assert len(theirs) * 2 == len(found)
    for name, (asked, scores) in theirs.items():
        ours_asked, ours_scores = found[f"{tasks.PREFIX}{name}"]
        for number, (one, other) in enumerate(zip(asked, ours_asked, strict=True)):
            assert one == other, f"{name}: question {number}"
        assert scores == ours_scores, name
    return found


@needs_harness
def test_we_ask_what_the_harness_asks(made: Path, tiny: Path, tmp_path: Path) -> None:
    sets = [*tasks.families()["kobest"], *(f"haerae-{name.replace('_', '-')}" for name in HAERAE)]
    sets += [f"csat-qa-{name.lower()}" for name in CATEGORIES]
    write(tmp_path / "tasks", sets, mirror=str(made), cache_dir=str(tmp_path / "cache"), accept_drift=True)
    repos = {
        "skt/kobest_v1": kobest_repo(made),
        "HAERAE-HUB/HAE_RAE_BENCH": haerae_repo(made),
        "HAERAE-HUB/csatqa": csat_repo(made),
    }
    pairs = [(group, f"okinst_{group}") for group in ("kobest", "haerae", "csatqa")]
    found = compared(tmp_path / "tasks", tiny, repos, pairs, tmp_path / "hf", None)
    asked, scores = found["kobest_boolq 5"]
    assert len(asked) == 12 and asked[0][0][0][0].count("답변: ") == 6
    assert {"acc,none", "acc_stderr,none", "f1,none"} <= scores.keys()
    assert len(found) == 2 * 2 * (5 + 5 + 6 + 3)  # sides, shots; tasks and their groups


@needs_harness
@pytest.mark.slow
def test_on_real_rows(real_mirror: Path, tiny: Path, tmp_path: Path) -> None:
    which = ("boolq", "copa", "sentineg")
    write(
        tmp_path / "tasks",
        [f"kobest-{name}" for name in which],
        mirror=str(real_mirror),
        cache_dir=str(tmp_path / "cache"),
    )
    pairs = [(f"kobest_{name}", f"okinst_kobest_{name}") for name in which]
    found = compared(
        tmp_path / "tasks", tiny, {"skt/kobest_v1": kobest_repo(real_mirror, which)}, pairs, tmp_path / "hf", 60
    )
    assert len(found["kobest_copa 0"][0]) == 60


def runs(folder: Path) -> set[str]:
    return {path.name for path in (folder / "results").iterdir()}


@needs_harness
def test_evaluate_goes_on_where_it_was_interrupted(tiny: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"sample": True, "cache_dir": str(tmp_path / "cache"), "device": "cpu"}
    told: list[str] = []

    def interrupted(line: str) -> None:
        told.append(line)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(
            str(tiny), tmp_path / "out", ["kobest-copa", "haerae-history"], [0, 2], progress=interrupted, **options
        )
    assert runs(tmp_path / "out") == {"okinst_kobest_copa-0shot.json", "okinst_haerae_history-0shot.json"}
    told.clear()
    found = evaluate(
        str(tiny), tmp_path / "out", ["kobest-copa", "haerae-history"], [0, 2], progress=told.append, **options
    )
    assert told[0].startswith("2 of 4 runs are in") and len(told) == 3
    assert [(run.set, run.shots) for run in found.runs] == [
        ("kobest-copa", 0), ("kobest-copa", 2), ("haerae-history", 0), ("haerae-history", 2)
    ]  # fmt: skip
    saved = json.loads((tmp_path / "out" / RESULTS).read_text())
    assert saved["settings"]["revision"].startswith("sha256:") and str(tmp_path) not in json.dumps(saved)
    assert all(0 <= score <= 1 and error is not None for run in found.runs for score, error in run.scores.values())
    # the same in one go
    whole = evaluate(str(tiny), tmp_path / "two", ["kobest-copa"], [0, 2], **options)
    assert [run.scores for run in whole.runs] == [run.scores for run in found.runs if run.set == "kobest-copa"]
    # long prompts are cut, and counted
    assert [run.cut for run in found.runs][-1] == 3
    with pytest.raises(WrongCall, match="limit None, and this is 2"):
        evaluate(str(tiny), tmp_path / "out", ["kobest-copa"], [0], limit=2, **options)
    with pytest.raises(WrongCall, match="9 examples were asked for, and its train rows can give 8"):
        evaluate(str(tiny), tmp_path / "out", ["kobest-copa"], [9], **options)
    with pytest.raises(WrongCall, match="3 examples were asked for, and its test rows can give 2"):
        evaluate(str(tiny), tmp_path / "out", ["haerae-history"], [3], **options)
    (tmp_path / "out/results/okinst_kobest_copa-0shot.json").write_text("{")
    with pytest.raises(DamagedFile, match="okinst_kobest_copa-0shot"):
        evaluate(str(tiny), tmp_path / "out", ["kobest-copa"], [0], **options)


@needs_harness
def test_scores_of_one_source_of_rows_never_pass_for_those_of_another(
    tiny: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OKINST_MIRROR", raising=False)
    options: dict[str, Any] = {"cache_dir": str(tmp_path / "cache"), "device": "cpu", "limit": 1, "accept_drift": True}

    def scored(folder: str, **door: Any) -> Any:
        return evaluate(str(tiny), tmp_path / folder, ["kobest-copa"], [0], **door, **options)

    found = scored("sample", sample=True)
    assert (found.settings.door, len(found.runs[0].inputs)) == ("sample", 64)
    with pytest.raises(WrongCall, match="door 'sample', and this is 'network'"):
        scored("sample")
    shutil.rmtree(tmp_path / "sample/results")
    with pytest.raises(WrongCall, match="come from the sample, and those asked for from the network"):
        scored("sample")
    other = shutil.copytree(made, tmp_path / "other")
    test = other / "SKT-LSL/KoBEST_datarepo/v1.0/COPA/test.tsv"
    test.write_text(test.read_text(encoding="utf-8").replace("원인", "결과"), encoding="utf-8")
    scored("mirror", mirror=str(made))
    monkeypatch.setenv("OKINST_MIRROR", str(made))
    assert len(scored("mirror").runs) == 1, "the same mirror, by its other name"
    with pytest.raises(WrongCall, match="written from other files of kobest-copa than those in a mirror now"):
        scored("mirror", mirror=str(other))
    provenance = tmp_path / "mirror/tasks/kobest-copa/provenance.json"
    written = json.loads(provenance.read_text(encoding="utf-8"))
    provenance.write_text(json.dumps({**written, "okinst": "0.0.1"}), encoding="utf-8")
    with pytest.raises(WrongCall, match=r"written by okinst 0\.0\.1, and this is"):
        scored("mirror")
    provenance.write_text(json.dumps(written), encoding="utf-8")
    (result,) = (tmp_path / "mirror/results").iterdir()
    saved = json.loads(result.read_text(encoding="utf-8"))
    saved["settings"]["okinst"] = "0.0.1"
    result.write_text(json.dumps(saved), encoding="utf-8")
    with pytest.raises(WrongCall, match=r"okinst '0\.0\.1', and this is"):
        scored("mirror")
    provenance.write_text("{}")
    shutil.rmtree(tmp_path / "mirror/results")
    with pytest.raises(DamagedFile, match="cannot be read as a task"):
        scored("mirror")


@needs_harness
@pytest.mark.slow
def test_the_harness_command_prints_our_scores(tiny: Path, tmp_path: Path) -> None:
    """`lm_eval --include_path`, with no network, and `okinst evaluate`, on the same rows."""
    door = ("--sample",)
    few = ("--limit", "3")
    assert okinst("harness", "-o", tmp_path / "tasks", "--sets", "kobest,korquad", *door).returncode == 0
    command = (
        "-m", "lm_eval", "--model", "hf", "--model_args", f"pretrained={tiny}", "--device", "cpu", "--include_path",
        tmp_path / "tasks", "--tasks", "okinst_kobest,okinst_korquad_1.0", "--limit", "3", "--num_fewshot", "2", "--output_path",
        tmp_path / "out",
    )  # fmt: skip
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")}
    patiently(*command, **offline)
    theirs = json.loads(next((tmp_path / "out").rglob("results_*.json")).read_text())["results"]
    ask = ("-m", "okinst.cli.app", "evaluate", tiny, "--shots", "2", "-o", tmp_path / "scores", *door, *few)
    ours = json.loads(patiently(*ask, "--tasks", "kobest,korquad", "--json", **offline))
    assert len(ours["runs"]) == 6
    for run in ours["runs"]:
        for metric, (score, _) in run["scores"].items():
            assert score == pytest.approx(theirs[run["task"]][f"{metric},none"])
    means = {each["metric"]: each["mean"] for each in ours["means"]}
    f1 = [theirs[f"okinst_kobest_{name}"]["f1,none"] for name in KOBEST]
    assert means.keys() == {"f1", "acc"} and means["f1"] == pytest.approx(sum(f1) / 5)
    assert json.loads((tmp_path / "scores" / RESULTS).read_text()) == ours
    table = patiently(*ask, "--tasks", "kobest", **offline)
    assert "kobest: mean of 5" in table and "no score to report" in table and "2-shot" in table
