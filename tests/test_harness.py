"""Tasks of lm-evaluation-harness: written from our sets, asked as the harness asks its own, scored alike."""

import importlib.util
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import MissingFile, WrongCall
from okinst.publishing.harness import tasks, utils, write
from tests.conftest import okinst, python
from tests.hub_double import Repo, serving

needs_harness = pytest.mark.skipif(
    importlib.util.find_spec("lm_eval") is None, reason="lm-eval is not installed: pip install 'okinst[eval]'"
)
KOBEST = ("boolq", "copa", "hellaswag", "sentineg", "wic")
HAERAE = ("general_knowledge", "history", "loan_words", "rare_words", "standard_nomenclature")
CATEGORIES = ("WR", "GR", "RCS", "RCSS", "RCH", "LI")
WORDS = "강가 감자 안개 사진첩 우체국 자전거 고양이 봄비 시장 다리미 바구니 연필 기차역 도서관 수박 항아리".split()


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
    # the same question again, and once more: no example may be the one that is asked
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
    import io

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


# -- the tests ------------------------------------------------------------------------------------------------------------

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


def compared(
    folder: Path, tiny: Path, repos: dict[str, Repo], names: list[tuple[str, str]], home: Path, limit: int | None
) -> dict[str, Any]:
    """The harness's tasks beside ours, at 0 and 5 shots: equal requests, equal answers of the model, equal scores."""
    with serving() as hub:
        hub.repos |= repos
        told = python(
            RUN,
            folder,
            tiny,
            json.dumps([names, [0, 5], limit]),
            HF_ENDPOINT=hub.url,
            HF_HOME=str(home),
            HF_HUB_OFFLINE="0",
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
