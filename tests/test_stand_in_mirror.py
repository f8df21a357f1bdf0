"""The stand-in mirror of the benchmarks: at its full size by its account, at a small one by building from it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.stand_in_mirror import AULM, OKI, expected, read_rows, stand_ins
from okinst.mixtures import MIXTURES
from tests.conftest import ROOT

# all of them share one mirror
pytestmark = pytest.mark.xdist_group("stand-in mirror")
SCALE = 0.003


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "benchmarks" / script, *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=ROOT, timeout=300)


def written(folder: Path, *arguments: object) -> dict[str, Any]:
    done = run("stand_in_mirror.py", "--to", folder, "--scale", SCALE, *arguments)
    assert done.returncode == 0, done.stderr
    return dict(json.loads((folder / "stand-in.json").read_text(encoding="utf-8"))["files"])


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stand-in") / "mirror"
    written(folder)
    return folder


@pytest.mark.parametrize(("mixture", "rows"), [(OKI, 375_076), (AULM, 171_404)])
def test_at_full_size_every_part_has_the_rows_of_the_published_set(mixture: str, rows: int) -> None:
    parts = expected(mixture, 1)
    assert sum(part.rows for part in parts) == rows
    for part, known in zip(parts, MIXTURES[mixture].parts, strict=True):
        assert known.rows
        assert part.rows == (known.rows if known.rows_exact else pytest.approx(known.rows, rel=0.04))


def test_every_file_the_mixtures_read_is_there_and_no_other(stand_in: Path) -> None:
    read = {
        str(file)
        for mixture in (OKI, AULM)
        for part in MIXTURES[mixture].parts
        for file in part.files or part.source.builder_configs[part.config].files[part.split]
    }
    assert read == {str(each.upstream) for each in stand_ins()}
    there = {path.relative_to(stand_in).as_posix() for path in stand_in.rglob("*") if path.is_file()}
    assert there == {"stand-in.json", *(each.path for each in stand_ins())}


def test_files_are_of_the_size_they_should_be_and_rows_differ(stand_in: Path) -> None:
    for each in stand_ins():
        rows = list(read_rows(each, stand_in))
        assert len(rows) == sum(each.counts(SCALE))
        if len(rows) < 50:
            continue
        assert len({json.dumps(row) for row in rows}) > 0.98 * len(rows)
        if each.source.FORMAT != "Parquet":  # which is compressed
            assert (stand_in / each.path).stat().st_size == pytest.approx(each.bytes * SCALE, rel=0.1)


def test_the_same_seed_gives_the_same_bytes(stand_in: Path, tmp_path: Path) -> None:
    before = json.loads((stand_in / "stand-in.json").read_text(encoding="utf-8"))["files"]
    assert written(tmp_path / "again") == before
    other = written(tmp_path / "other", "--seed", 1)
    assert other.keys() == before.keys()
    assert not {file["sha256"] for file in other.values()} & {file["sha256"] for file in before.values()}


@pytest.mark.parametrize("mixture", [OKI, AULM])
def test_every_part_comes_out_as_expected(stand_in: Path, mixture: str) -> None:
    done = run("build_mixtures.py", "--mirror", stand_in, "--mixture", mixture, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    (result,) = json.loads(done.stdout)
    wanted = expected(mixture, SCALE)
    assert [(part["source"], part["read"], part["built"]) for part in result["parts"]] == [
        (part.source, part.read, part.rows) for part in wanted
    ]
    assert result["rows"] == sum(part.rows for part in wanted)
    assert all(figure > 0 for figure in (result["speed"], result["memory"], result["peak"]))


def test_a_row_too_many_is_exit_status_1(stand_in: Path, tmp_path: Path) -> None:
    mirror = Path(shutil.copytree(stand_in, tmp_path / "mirror"))
    with (mirror / "Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"instruction": "몇 시예요?", "output": "세 시요.", "url": ""}\n')
    done = run("build_mixtures.py", "--mirror", mirror, "--mixture", OKI)
    assert done.returncode == 1
    assert "| koalpaca-v1.1 | 63 | 63 | 64 | **differs** |" in done.stdout


def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("real files", encoding="utf-8")
    done = run("stand_in_mirror.py", "--to", tmp_path, "--scale", SCALE)
    assert done.returncode == 1
    assert "name another folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
