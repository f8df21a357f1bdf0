"""Sources that no network has: every way a person may lay the files out, and what is said where they are not there."""

import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from okinst.builders import MissingFile
from okinst.builders.upstream import ByHand
from okinst.catalogue import SOURCES
from tests.conftest import SAMPLE, okinst

NAMES = ("aihub-commonsense", "aihub-commonsense-eval")
each_source = pytest.mark.parametrize("name", NAMES)


def repo(name: str) -> ByHand:
    found = SOURCES[name].variant.files["train"][0].repo
    assert isinstance(found, ByHand)
    return found


def wanted(name: str) -> list[str]:
    return [file.path for files in SOURCES[name].variant.files.values() for file in files]


def files(name: str) -> list[Path]:
    """What a person downloads, by upstream's paths."""
    folder = SAMPLE / repo(name).id
    return [path.relative_to(folder) for path in sorted(folder.rglob("*.json"))]


def rows(name: str, cache: Path, **door: object) -> dict[str, list[dict[str, object]]]:
    builder = SOURCES[name].builder(config_name=name, cache_dir=str(cache), **door)
    builder.download_and_prepare()
    return {split: list(rows) for split, rows in builder.as_dataset().items()}


def decomposed(path: Path) -> Path:
    return Path(unicodedata.normalize("NFD", str(path)))


LAYOUTS: dict[str, Callable[[str, Path], Path]] = {
    "upstream's tree": lambda name, path: path,
    "the tree, unzipped on macOS": lambda name, path: decomposed(path),
    "the end of the tree": lambda name, path: Path(*path.parts[-3:]),
    "the end of the tree, unzipped on macOS": lambda name, path: decomposed(Path(*path.parts[-3:])),
    "side by side": lambda name, path: Path(path.name),
    "a mirror": lambda name, path: Path(repo(name).id, path),
    "a mirror, unzipped on macOS": lambda name, path: Path(repo(name).id, decomposed(path)),
    "a mirror, side by side": lambda name, path: Path(repo(name).id, path.name),
}


@each_source
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_rows(name: str, layout: str, tmp_path: Path) -> None:
    for path in files(name):
        target = tmp_path / "data" / LAYOUTS[layout](name, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLE / repo(name).id / path, target)
    there = rows(name, tmp_path, sample=True)
    assert rows(name, tmp_path, data_dir=str(tmp_path / "data")) == there
    if layout.startswith("a mirror"):
        assert rows(name, tmp_path, mirror=str(tmp_path / "data")) == there


def says_what_to_do(name: str, told: str) -> None:
    for part in (name, repo(name).page, repo(name).download, "--data-dir", repo(name).id, *wanted(name)):
        assert part in told, told


@each_source
@pytest.mark.parametrize("door", ["data_dir", "mirror"])
def test_a_folder_without_the_files(name: str, door: str, tmp_path: Path) -> None:
    (tmp_path / "else.json").write_text("[]", encoding="utf-8")
    with pytest.raises(MissingFile) as error:
        rows(name, tmp_path / "cache", **{door: str(tmp_path)})
    says_what_to_do(name, str(error.value))
    assert f"is not in {tmp_path}" in str(error.value)


def test_one_split_without_its_files(tmp_path: Path) -> None:
    name = "aihub-commonsense-eval"
    (tmp_path / "train.json").write_text("[]", encoding="utf-8")
    with pytest.raises(MissingFile) as error:
        rows(name, tmp_path / "cache", data_dir=str(tmp_path))
    says_what_to_do(name, str(error.value))
    assert str(error.value).startswith(f"{name}: {wanted(name)[1]} is not in")
    assert "or *[Vv]alid*.json" in str(error.value), "what it may be called side by side is said too"


@each_source
def test_the_network_has_none_of_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(MissingFile) as error:
        rows(name, tmp_path)
    says_what_to_do(name, str(error.value))
    assert "is not to be had from any network" in str(error.value)


@each_source
def test_a_stream_says_the_same_once_it_is_read(name: str, tmp_path: Path) -> None:
    stream = SOURCES[name].builder(config_name=name, cache_dir=str(tmp_path)).as_streaming_dataset(split="train")
    with pytest.raises(MissingFile) as error:
        next(iter(stream))
    says_what_to_do(name, str(error.value))


@each_source
@pytest.mark.parametrize("command", ["fetch", "build"])
def test_the_command_line_says_so_in_one_message(name: str, command: str, tmp_path: Path) -> None:
    where = ("--to", tmp_path / "new") if command == "fetch" else ("-o", tmp_path / "out")
    done = okinst(command, name, *where, HF_HOME=str(tmp_path / "hf"))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert done.stderr.startswith(f"okinst: {name}: ") and len(done.stderr.splitlines()) == 1
    says_what_to_do(name, done.stderr)


def test_fetch_goes_on_where_the_files_are_there(tmp_path: Path) -> None:
    """What was placed by hand in the mirror is no reason to fail."""
    name = "aihub-commonsense"
    target = tmp_path / repo(name).id / wanted(name)[0]
    target.parent.mkdir(parents=True)
    shutil.copy(SAMPLE / repo(name).id / wanted(name)[0], target)
    done = okinst("fetch", name, "--to", tmp_path)
    assert done.returncode == 0, done.stderr
    assert target.name in done.stdout
