"""Pushing to the Hub, end to end: huggingface_hub and datasets against a real server on loopback."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import huggingface_hub
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import okinst as package
from okinst.builders import DamagedFile, NoNetwork, NotPushed, WrongCall
from okinst.publishing import build, patience, readme
from okinst.publishing.hub import Pushed, push
from okinst.publishing.refusal import LicenceRefused
from tests.conftest import okinst, python
from tests.hub_double import Fault, Hub, Repo, serving

TOKEN = "hf_ofOurOwnMaking1234567890abcdefgh"
REPO = "user/koquality"
COUNT = """
import json, sys, datasets
datasets.disable_progress_bars()
rows = datasets.load_dataset(*sys.argv[1:])
print(json.dumps({split: rows[split].to_list() for split in rows}, sort_keys=True))
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as hub:
        hub.users = {TOKEN: ("user", "write"), "hf_readerOnly": ("user", "read"), "hf_otherPerson": ("other", "write")}
        yield hub


@pytest.fixture(scope="session")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """KoQuality from the sample: built, scored, chosen."""
    return build("koquality", tmp_path_factory.mktemp("sets") / "koq", sample=True).folder


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source that may be passed on."""
    return build("dolly-ko", tmp_path_factory.mktemp("sets") / "dolly", sample=True).folder


def pushed(folder: Any, hub: Hub, repo_id: str = REPO, **options: Any) -> Pushed:
    return push(folder, repo_id, **{"token": TOKEN, "endpoint": hub.url, **options})


def loaded(hub: Hub, tmp_path: Path, *arguments: str, **environment: str) -> dict[str, list[dict[str, Any]]]:
    """The rows that load_dataset gives back, in a fresh interpreter with an empty cache."""
    home = {"HF_HOME": str(tmp_path / "hf-load"), "HF_ENDPOINT": hub.url}
    rows: dict[str, list[dict[str, Any]]] = json.loads(python(COUNT, *arguments, cwd=tmp_path, **home, **environment))
    return rows


def rows_of(folder: Path) -> dict[str, list[dict[str, Any]]]:
    told = json.loads((folder / "provenance.json").read_text())
    return {
        split: datasets.Dataset.from_parquet(
            [str(path) for path in sorted((folder / told["name"]).glob(f"{split}-*.parquet"))],
            cache_dir=str(folder.parent / "cache"),
        ).to_list()
        for split in told["rows"]
    }


def head_of(repo: Repo) -> dict[str, Any]:
    return readme.parted(repo.files["README.md"].decode(), "here")[0]


# -- there and back ----------------------------------------------------------------------------------------------------


def test_a_curated_set_comes_back_as_it_was_and_is_not_pushed_twice(curated: Path, hub: Hub, tmp_path: Path) -> None:
    done = pushed(curated, hub)
    repo = hub.repos[REPO]
    assert (done.new, done.commit, done.private) == (True, repo.commit, False) and repo.made == 1
    assert set(repo.files) == {
        ".gitattributes", "README.md", "koquality/provenance.json", "koquality/selection.parquet",
        "koquality/train-00000-of-00001.parquet",
    }  # fmt: skip
    assert set(done.kept_back) == {"dropped.parquet", "clusters.parquet"}
    assert loaded(hub, tmp_path, REPO) == rows_of(curated)
    again = pushed(curated, hub)
    assert (again.new, again.commit, again.files) == (False, done.commit, []) and repo.made == 1
    # what is told of the files is true of the files
    told = json.loads(repo.files["koquality/provenance.json"])
    for file in told["files"]:
        assert len(repo.files[file["path"]]) == file["bytes"]


def test_the_command_line_pushes_and_says_what_it_did(small: Path, hub: Hub, tmp_path: Path) -> None:
    environment = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path / "hf")}
    dry = okinst("push", small, REPO, "--dry-run", **environment)
    assert dry.returncode == 0 and "which would be made" in dry.stdout and not hub.repos
    done = okinst("push", small, REPO, **environment)
    assert done.returncode == 0, done.stderr
    assert f"{hub.url}/datasets/{REPO} (public): commit {hub.repos[REPO].commit[:12]}" in done.stdout
    assert f'load_dataset("{REPO}", "dolly-ko")' in done.stdout
    again = okinst("push", small, REPO, "--json", **environment)
    assert json.loads(again.stdout)["new"] is False and hub.repos[REPO].made == 1
    # the token is in no output, and in no file that was made
    assert TOKEN not in "".join(each.stdout + each.stderr for each in (dry, done, again))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in written if TOKEN.encode() in path.read_bytes()]


def test_an_interrupted_push_goes_on(small: Path, hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "two"
    rows = {name: datasets.Dataset.from_list(rows_of(small)["train"][start:][:3]) for start, name in enumerate("ab")}
    code = (
        "import sys, datasets, okinst\n"
        "rows = datasets.load_from_disk(sys.argv[1])\n"
        "okinst.push(rows, sys.argv[2], config='two', i_have_the_rights=True)"
    )
    datasets.DatasetDict(rows).save_to_disk(str(folder))
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path / "hf")}
    arguments = [sys.executable, "-c", code, str(folder), REPO]
    # both files go out at once: the first arrives whole, every later one is cut in the middle
    hub.faults = [Fault("PUT", "/_large/", times=0), Fault("PUT", "/_large/", times=99, after=100)]
    first = threading.Event()

    def let_one_through() -> bool:
        return bool(hub.large) or first.set() is None

    hub.faults = [Fault("PUT", "/_large/" + _second(hub, rows, tmp_path), times=99, after=100)]
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert hub.failed.wait(100)
        for _ in range(200):
            if hub.large:
                break
            threading.Event().wait(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert len(hub.large) == 1 and hub.repos[REPO].made == 0
    arrived = next(iter(hub.large))
    hub.faults.clear()
    hub.requests.clear()
    done = pushed(datasets.DatasetDict(rows), hub, config="two", i_have_the_rights=True)
    assert done.new and hub.repos[REPO].made == 1 and len(hub.large) == 2
    assert hub.asked("PUT", "/_large/") and f"/_large/{arrived}" not in hub.asked("PUT", "/_large/")
    assert {split: len(each) for split, each in loaded(hub, tmp_path, REPO, "two").items()} == {"a": 3, "b": 3}
