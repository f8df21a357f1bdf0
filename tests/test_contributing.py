"""A source is added by CONTRIBUTING.md's four steps, in under forty lines, and the tests that are there take it from here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODULE = '''"""Toy questions, from nobody. The answer is upper case upstream."""

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask

REPO = Hub("me/toy", "0123456789abcdef0123456789abcdef01234567")


class ToySource(SourceBuilder):
    """One question."""

    CARD = Card(
        title="Toy",
        homepage="https://example.org/toy",
        license="mit",
        license_note="Its README.",
        languages=("en",),
        making="human",
        generators=(),
        translators=(),
        derived_from=(),
        overlaps=(),
        warning="",
        quirks=("Answers are upper case: lowered.",),
        citations=("toy",),
    )
    COLUMNS = {"q": "string", "a": "string"}
    BUILDER_CONFIGS = [
        Variant(name="toy", description="Toys.", files={"train": (REPO / "toy.jsonl",)}, rows={"train": 1})
    ]

    def example(self, row: Row) -> Row:
        return ask(row["q"], row["a"].lower())
'''
CITATION = "@misc{toy,\n  title = {Toy},\n}\n"
UPSTREAM = '{"q": "Why?", "a": "BECAUSE."}\n'
EXPECTED = (
    '{"split": "train", "id": "toy/train/0", "source": "toy", "language": "en", "license": "mit", "making": "human", '
    '"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "because."}], "context": ""}\n'
)
ROOM = "korean_instructions"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """okinst and its tests, with the toy source added."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("okinst", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    # 1. the module
    write(folder / f"okinst/{ROOM}/toy.py", MODULE)
    # 2. the lists
    init = folder / f"okinst/{ROOM}/__init__.py"
    edit(init, "\nSOURCES", f"from okinst.{ROOM}.toy import ToySource\n\nSOURCES")
    edit(init, "    VaivPPO,\n", "    ToySource,\n    VaivPPO,\n")
    with (folder / "okinst/builders/bibliography.bib").open("a", encoding="utf-8") as file:
        file.write("\n" + CITATION)
    # 3. the fixture and the sample
    for place in (f"tests/fixtures/{ROOM}/toy", "okinst/sample/me/toy"):
        write(folder / place / "toy.jsonl", UPSTREAM)
    write(folder / f"tests/fixtures/{ROOM}/toy/expected-toy.jsonl", EXPECTED)
    return folder


def run(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        capture_output=True,
        text=True,
        cwd=clone,
        env={**os.environ, "PYTHONPATH": str(clone)},
        timeout=300,
    )


def test_it_takes_under_forty_lines() -> None:
    lines = [
        line for text in (MODULE, CITATION, UPSTREAM, UPSTREAM, EXPECTED) for line in text.splitlines() if line.strip()
    ]
    assert len(lines) + 2 < 40  # and two lines in the room's lists


def test_the_tests_take_it_from_here(clone: Path) -> None:
    done = run(
        clone,
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n",
        "0",
        "tests/test_every_source.py",
        "-k",
        "toy or order or used or unique",
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


def test_it_is_known_everywhere(clone: Path, tmp_path: Path) -> None:
    assert '"toy"' in run(clone, "okinst.cli.app", "list", "--json").stdout
    assert "Answers are upper case" in run(clone, "okinst.cli.app", "show", "toy").stdout
    done = run(clone, "okinst.cli.app", "build", "toy", "--sample", "-o", str(tmp_path / "out"))
    assert done.returncode == 0 and "1 row" in done.stdout, done.stderr


def test_it_is_measured(clone: Path) -> None:
    # 4. the measure
    done = run(clone, "okinst.cli.app", "measure", "toy", "--mirror", "okinst/sample")
    assert done.returncode == 0, done.stderr
    lines = (clone / f"okinst/{ROOM}/measured.tsv").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("toy\ttrain\tme/toy/toy.jsonl\t0123456") for line in lines)
