"""Tests run offline: a cache of their own, an unreachable Hub, no mirror from the environment."""

import os
import tempfile

# Before anything imports datasets or huggingface_hub: both read these once. A closed port answers at once.
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="okinst-test-hf-")
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"
os.environ["HF_HUB_DISABLE_XET"] = "1"
os.environ["OKINST_GITHUB_ENDPOINT"] = "http://127.0.0.1:9"
for name in ("OKINST_MIRROR", "HF_TOKEN", "HF_HUB_OFFLINE"):
    os.environ.pop(name, None)

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import datasets
import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "okinst" / "sample"
MIRROR = Path(os.environ.get("OKINST_TEST_MIRROR", ROOT.parent / "shared" / "mirror"))

datasets.disable_progress_bars()
settings.register_profile("okinst", deadline=None)  # shared machines stall; a slow example is no failure
settings.load_profile("okinst")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror to damage: the sample corpus, copied."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "mirror"))


@pytest.fixture(scope="session")
def real_mirror() -> Path:
    """Real upstream files, where a developer's machine has them."""
    if not MIRROR.is_dir():
        pytest.skip(f"no real upstream files in {MIRROR} (OKINST_TEST_MIRROR names another folder)")
    return MIRROR


def okinst(*arguments: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line, as a user runs it: another process, its output in pipes."""
    return subprocess.run(
        [sys.executable, "-m", "okinst.cli.app", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        timeout=120,
    )


def python(code: str, *arguments: object, cwd: Path | None = None, **environment: str) -> str:
    """Run a script in a fresh interpreter, and give back what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session", autouse=True)
def _clean_up() -> Iterator[None]:
    yield
    shutil.rmtree(os.environ["HF_HOME"], ignore_errors=True)
