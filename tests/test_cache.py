"""No change is answered with old rows."""

import json
import logging
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import datasets
import pytest
from filelock import FileLock

import okinst  # noqa: F401  (makes the name known)
from tests.conftest import ROOT, python

LOAD = """
import json, sys, okinst, datasets
datasets.disable_progress_bars()
rows = datasets.load_dataset("okinst", sys.argv[1], split="train", cache_dir=sys.argv[2], **json.loads(sys.argv[3]))
print(json.dumps(rows[0]["messages"], ensure_ascii=False))
"""


def copy_of_the_package(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "okinst", tmp_path / "site" / "okinst"))


def first(tmp_path: Path, name: str, options: dict[str, object]) -> list[dict[str, str]]:
    made = python(LOAD, name, tmp_path / "cache", json.dumps(options), cwd=tmp_path, PYTHONPATH=str(tmp_path / "site"))
    return list(json.loads(made))


def test_an_edited_mapping_changes_the_rows(tmp_path: Path) -> None:
    package = copy_of_the_package(tmp_path)
    before = first(tmp_path, "koalpaca-v1.1", {"sample": True})
    mixed = first(tmp_path, "aulm-0809-documented", {"sample": True})
    module = package / "korean_instructions" / "koalpaca_v1_1.py"
    code = module.read_text(encoding="utf-8")
    module.write_text(code.replace('ask(row["instruction"],', 'ask("질문: " + row["instruction"],'), encoding="utf-8")
    after = first(tmp_path, "koalpaca-v1.1", {"sample": True})
    assert after[0]["content"] == "질문: " + before[0]["content"]
    # a part of a mixture, the shapes and the parsers count as well
    evolve = package / "korean_instructions" / "evolve_instruct.py"
    code = evolve.read_text(encoding="utf-8")
    evolve.write_text(code.replace('ask(row["input"],', 'ask("과제: " + row["input"],'), encoding="utf-8")
    assert first(tmp_path, "aulm-0809-documented", {"sample": True})[0]["content"] == "과제: " + mixed[0]["content"]
    schema = package / "builders" / "schema.py"
    code = schema.read_text(encoding="utf-8")
    schema.write_text(code.replace('"content": clean(answer)}', '"content": clean(answer) + "!"}'), encoding="utf-8")
    assert first(tmp_path, "koalpaca-v1.1", {"sample": True})[1]["content"] == after[1]["content"] + "!"


def test_a_changed_file_changes_the_rows(tmp_path: Path, mirror: Path) -> None:
    copy_of_the_package(tmp_path)
    path = mirror / "Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl"
    options = {"mirror": str(mirror)}
    first(tmp_path, "koalpaca-v1.1", options)
    path.write_text('{"instruction": "새 질문", "output": "새 답", "url": ""}\n', encoding="utf-8")
    assert first(tmp_path, "koalpaca-v1.1", options)[0]["content"] == "새 질문"


def test_doors_do_not_share_a_cache(tmp_path: Path, mirror: Path) -> None:
    copy_of_the_package(tmp_path)
    path = mirror / "Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl"
    path.write_text('{"instruction": "거울 질문", "output": "답", "url": ""}\n', encoding="utf-8")
    assert first(tmp_path, "koalpaca-v1.1", {"mirror": str(mirror)})[0]["content"] == "거울 질문"
    assert first(tmp_path, "koalpaca-v1.1", {"sample": True})[0]["content"] != "거울 질문"


def test_a_name_does_not_depend_on_what_is_imported() -> None:
    code = """
from okinst.mixtures.builder import MixtureBuilder
hashes = [MixtureBuilder(config_name="aulm-0809", sample=True).hash]
import okinst.mixtures.meta, okinst.publishing.folder
hashes.append(MixtureBuilder(config_name="aulm-0809", sample=True).hash)
print(*hashes)
"""
    before, after = python(code).split()
    assert before == after


def test_who_waits_for_another_process_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "okinst")
    options = {"sample": True, "cache_dir": str(tmp_path)}
    builder = datasets.load_dataset_builder("okinst", "koalpaca-v1.1", **options)
    lock = Path(f"{builder._output_dir}_builder.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(1) as threads:
        with FileLock(lock):
            running = threads.submit(builder.download_and_prepare)
            end = time.monotonic() + 30
            while "is being prepared by another process: waiting for it" not in caplog.text and time.monotonic() < end:
                time.sleep(0.05)
            assert not running.done() and str(lock) in caplog.text
        running.result(timeout=60)
    caplog.clear()
    datasets.load_dataset_builder("okinst", "koalpaca-v1.1", **options).download_and_prepare()
    assert not caplog.text
