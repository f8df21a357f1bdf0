"""What `okinst build` writes: readable without okinst, the same bytes however it was made, whole or not there."""

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from okinst.builders import WrongCall, doors
from okinst.publishing import build
from okinst.publishing.place import appearing
from okinst.views import parse
from tests.conftest import ROOT, SAMPLE, okinst, python

RECIPE = ROOT / "examples" / "korean-small.toml"
PLAIN = """
import sys, json
sys.modules["okinst"] = None  # as if it were not installed
import datasets
datasets.disable_progress_bars()
print(json.dumps({split: rows.to_list() for split, rows in datasets.load_dataset(sys.argv[1], sys.argv[2]).items()}))
"""


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


@pytest.mark.parametrize("name", ["aulm-0809", "kobest-sentineg", "kochatgpt-rm", "vaiv-ppo"])
def test_plain_datasets_reads_it(name: str, tmp_path: Path) -> None:
    built = build(name, tmp_path / "out", sample=True, cache_dir=str(tmp_path / "cache"))
    ours = datasets.load_dataset("okinst", name, sample=True, cache_dir=str(tmp_path / "cache"))
    theirs = json.loads(python(PLAIN, tmp_path / "out", name, HF_HOME=str(tmp_path / "hf")))
    assert theirs == {split: rows.to_list() for split, rows in ours.items()}
    assert built.rows == {split: len(rows) for split, rows in theirs.items()}


def test_the_same_bytes_on_one_and_two_processes(tmp_path: Path, mirror: Path) -> None:
    # enough rows for several ranges and row groups
    path = mirror / "Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl"
    path.write_bytes(path.read_bytes() * 600)
    recipe = tmp_path / "mine.toml"
    recipe.write_text(
        'seed = 5\n[[parts]]\nsource = "koalpaca-v1.1"\ntake = 0.9\n[[parts]]\nsource = "alpaca-zh-carbonz0"\n'
    )
    made = []
    for num_proc in (1, 2):
        cache = str(tmp_path / f"cache{num_proc}")
        build(
            str(recipe),
            tmp_path / f"out{num_proc}",
            mirror=str(mirror),
            num_proc=num_proc,
            accept_drift=True,
            cache_dir=cache,
        )
        made.append(bytes_of(tmp_path / f"out{num_proc}"))
    assert made[0] == made[1]
    assert pq.read_table(tmp_path / "out1" / "dropped.parquet")["reason"].to_pylist() == ["empty output"]
    (only,) = made[0].keys() - {"dropped.parquet"}
    assert pq.ParquetFile(tmp_path / "out1" / only).num_row_groups == 3


def test_the_same_bytes_on_real_input(tmp_path: Path, real_mirror: Path) -> None:
    for num_proc in (1, 2):
        done = okinst(
            "build", RECIPE, "--mirror", real_mirror, "-o", tmp_path / f"out{num_proc}", "--num-proc", num_proc,
            HF_HOME=str(tmp_path / f"hf{num_proc}"),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert bytes_of(tmp_path / "out1") == bytes_of(tmp_path / "out2") != {}


def test_provenance_says_where_every_row_is_from(tmp_path: Path) -> None:
    build("aulm-0809", tmp_path / "out", sample=True)
    told = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    rows = pq.read_table(tmp_path / "out" / "aulm-0809").to_pylist()
    assert told["rows"] == {"train": len(rows)} and told["door"] == "sample" and told["published"]
    for group in told["composition"]:
        same = [
            row for row in rows if all(row[key] == group[key] for key in ("source", "language", "license", "making"))
        ]
        assert len(same) == group["rows"]
    assert sum(group["rows"] for group in told["composition"]) == len(rows)
    for step in told["funnel"]:
        for file in step["files"]:
            assert file["sha256"] == doors.sha256(SAMPLE / file["repo"] / file["path"]) and file["revision"]
    for file in told["files"]:
        assert file["sha256"] == doors.sha256(tmp_path / "out" / file["path"])
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    for group in told["composition"]:
        of_source = sum(each["rows"] for each in told["composition"] if each["source"] == group["source"])
        assert f"| {group['source']} | {of_source:,} |" in readme and group["license"] in readme
    assert "@misc{koalpaca," in readme and "Time" not in readme


def test_a_view_is_written_and_what_it_cannot_hold_is_set_aside(tmp_path: Path) -> None:
    built = build("aulm-0809", tmp_path / "out", sample=True, layout="oki")
    rows = pq.read_table(tmp_path / "out" / "aulm-0809").to_pylist()
    aside = [
        json.loads(line) for line in (tmp_path / "out" / "set-aside.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert built.set_aside.total() == len(aside) == 4
    assert {row["reason"] for row in aside} == {
        "it has no word for the role 'system'",
        "it has no word for the role 'chatgpt'",
    }
    assert len(rows) + len(aside) == 160 and built.rows == {"train": len(rows)}
    ours = {row["id"]: row for row in datasets.load_dataset("okinst", "aulm-0809", sample=True, split="train")}
    for row in rows:
        assert parse(row, "oki") == {key: ours[row["id"]][key] for key in ("messages", "context")}


def test_raw_columns_can_be_built(tmp_path: Path) -> None:
    built = build("kochatgpt-rm", tmp_path / "out", sample=True, raw=True)
    assert built.rows == {"train": 16}
    assert pq.read_table(tmp_path / "out" / "kochatgpt-rm").column_names[-1] == "ranking"


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path, tmp_path / "file"):
        with pytest.raises(WrongCall, match="Name another"):
            build("hrc", out, sample=True)
    done = okinst("build", "hrc", "--sample", "-o", tmp_path)
    assert done.returncode == 2 and "is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    (tmp_path / "empty").mkdir()
    assert build("hrc", tmp_path / "empty", sample=True).rows == {"train": 18}


def test_demo_gives_up_only_its_own(tmp_path: Path) -> None:
    for _ in range(2):
        assert okinst("demo", cwd=tmp_path).returncode == 0
    readme = tmp_path / "okinst-demo" / "README.md"
    before = readme.read_text(encoding="utf-8")
    readme.write_text(before + "my notes", encoding="utf-8")
    assert okinst("demo", cwd=tmp_path).returncode == 2 and readme.read_text(encoding="utf-8").endswith("my notes")
    readme.write_text(before, encoding="utf-8")
    (tmp_path / "okinst-demo" / "notes.txt").write_text("mine")
    assert okinst("demo", cwd=tmp_path).returncode == 2
    assert (tmp_path / "okinst-demo" / "notes.txt").read_text() == "mine"
    build("hrc", tmp_path / "mine", sample=True)
    assert okinst("demo", "-o", tmp_path / "mine").returncode == 2
    assert (tmp_path / "mine" / "hrc").is_dir()


def test_what_fails_while_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), appearing(tmp_path / "out") as partial:
        (partial / "half").write_text("written")
        1 / 0  # noqa: B018
    assert list(tmp_path.iterdir()) == []


def test_the_remains_of_a_killed_build_are_removed_by_the_next(tmp_path: Path) -> None:
    remains, alive = tmp_path / ".out.incomplete-dead", tmp_path / ".out.incomplete-alive"
    for folder in (remains, alive):
        folder.mkdir()
        folder.with_name(f"{folder.name}.lock").touch()
    with FileLock(alive.with_name(f"{alive.name}.lock")):
        build("hrc", tmp_path / "out", sample=True)
    assert not remains.exists() and alive.exists()


@pytest.mark.parametrize("there", [False, True])
def test_many_at_once_never_mix(there: bool, tmp_path: Path) -> None:
    def one(name: str) -> bool:
        try:
            with appearing(out) as partial:
                for path in ("set/data", "provenance.json", "README.md"):
                    (partial / path).parent.mkdir(exist_ok=True)
                    (partial / path).write_text(name)
        except WrongCall:
            return False
        return True

    for round in range(20):
        out = tmp_path / f"out{round}"
        if there:
            out.mkdir()
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(one, "abcd"))
        assert done.count(True) == 1
        winner = "abcd"[done.index(True)]
        assert {
            path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()
        } == dict.fromkeys(("set/data", "provenance.json", "README.md"), winner)


def test_odd_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert build("hrc", Path(), sample=True).rows == {"train": 18}
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["README.md", "hrc", "provenance.json"]
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert build("hrc", Path("~/my sets/한글 (1)"), sample=True).folder == tmp_path / "home/my sets/한글 (1)"
    for name in ("한글 [1]", "a*", "왜?"):  # which load_dataset takes for patterns
        with pytest.raises(WrongCall, match="takes them for a pattern"):
            build("hrc", tmp_path / name / "out", sample=True)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    build("hrc", tmp_path / "link", sample=True)
    assert (tmp_path / "real" / "README.md").is_file() and (tmp_path / "link").is_symlink()
    (tmp_path / "file").touch()
    for out in (tmp_path / "file" / "below", Path("/proc/okinst")):
        done = okinst("build", "hrc", "--sample", "-o", out)
        assert done.returncode == 1 and "the system refused" in done.stderr and "please report" not in done.stderr


def test_a_file_put_there_meanwhile_is_not_lost(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="is not empty"), appearing(tmp_path / "out") as partial:
        (partial / "README.md").touch()
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.txt").write_text("precious")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "thesis.txt").read_text() == "precious"


def test_builds_side_by_side_into_one_folder(tmp_path: Path) -> None:
    """One wins, the others say so; nobody's rows are mixed with another's."""
    names = ["hrc", "koalpaca-v1.1", "hrc", "vaiv-ppo"]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "okinst.cli.app", "build", name, "--sample", "-o", str(tmp_path / "out")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for name in names
    ]  # fmt: skip
    told = [(process.communicate(timeout=120), process.returncode) for process in running]
    assert sorted(code for _, code in told) == [0, 2, 2, 2], told
    assert all("is not empty" in error for (_, error), code in told if code)
    (winner,) = [name for name, (_, code) in zip(names, told, strict=True) if code == 0]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        ["README.md", winner, "provenance.json"]
    )
    assert json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))["name"] == winner
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


SLOW = """
import sys, time
wait = float(sys.argv.pop())
from okinst.korean_instructions.koalpaca_v1_1 import KoAlpacaV11
example = KoAlpacaV11.example
KoAlpacaV11.example = lambda self, row: (time.sleep(0.02), example(self, row))[1]
import okinst.publishing.folder as folder
write = folder.write_split
def slow(*arguments):
    print("WRITING", flush=True)
    time.sleep(wait)
    write(*arguments)
folder.write_split = slow
sys.argv[0] = "okinst"
from okinst.cli.app import main
main()
"""


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("moment", ["preparing", "writing"])
def test_a_build_that_is_struck_down_leaves_no_finished_folder(
    blow: signal.Signals, moment: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    environment = {**os.environ, "HF_HOME": str(tmp_path / "hf")}
    wait = "30" if moment == "writing" else "0"
    build = ["build", "koalpaca-v1.1", "--sample", "-o", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *build, wait],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    if moment == "writing":
        assert process.stdout.readline() == "WRITING\n"
    else:
        while not list(tmp_path.glob("hf/**/*.incomplete*")) and process.poll() is None:
            time.sleep(0.02)
    process.send_signal(blow)
    process.wait(30)
    assert process.returncode != 0 and not out.exists()
    if blow == signal.SIGINT:
        assert process.returncode == 130 and "Traceback" not in process.stderr.read()
        assert [path.name for path in tmp_path.iterdir()] == ["hf"]
    again = okinst(*build, HF_HOME=str(tmp_path / "hf"))
    assert again.returncode == 0, again.stderr
    assert pq.read_table(out / "koalpaca-v1.1").num_rows == 40
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hf", "out"]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    """A real write that fails: the process may write no file longer than 8 KB."""

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    done = subprocess.run(
        [sys.executable, "-m", "okinst.cli.app", "build", "koalpaca-v1.1", "--sample", "-o", str(tmp_path / "out")],
        capture_output=True, text=True, preexec_fn=small_files, env={**os.environ, "HF_HOME": str(tmp_path / "hf")},
    )  # fmt: skip
    assert done.returncode == 1
    assert "no room left" in done.stderr and "Free some space" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".out*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
@pytest.mark.parametrize("full", ["cache", "output"])
def test_a_disk_that_is_really_full(full: str, tmp_path: Path, mirror: Path) -> None:
    path = mirror / "Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl"
    path.write_bytes(path.read_bytes() * 300)
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not let its root mount")
    try:
        cache, out = (disk, tmp_path / "out") if full == "cache" else (tmp_path, disk / "out")
        done = okinst("build", "koalpaca-v1.1", "--mirror", mirror, "-o", out, HF_HOME=str(cache / "hf"))
        assert done.returncode == 1, done.stderr
        assert "no room left" in done.stderr and "Traceback" not in done.stderr
        assert not out.exists() and not list(out.parent.glob(".out*"))
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_disk_errors_are_told_from_others() -> None:
    from okinst.builders.errors import DiskFull
    from okinst.builders.tables import plain_disk_errors

    with pytest.raises(DiskFull, match=r"no room left while writing x .No space left"), plain_disk_errors("x"):
        raise datasets.exceptions.DatasetGenerationError from OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(PermissionError), plain_disk_errors("x"):
        raise PermissionError(errno.EACCES, "no")


@pytest.mark.parametrize("fails", [False, True])
def test_the_garbage_collector_is_as_it_was(fails: bool, tmp_path: Path, mirror: Path) -> None:
    import gc

    from okinst.builders import DamagedFile
    from okinst.catalogue import SOURCES

    if fails:
        (mirror / "Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl").write_text("[")
    builder = SOURCES["koalpaca-v1.1"].builder(mirror=str(mirror), cache_dir=str(tmp_path / "cache"))
    if fails:
        with pytest.raises(DamagedFile):
            builder.download_and_prepare()
    else:
        builder.download_and_prepare()
    assert gc.isenabled()


def test_large_sets_become_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mirror: Path) -> None:
    from okinst.publishing import folder

    path = mirror / "Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl"
    path.write_bytes(path.read_bytes() * 600)
    monkeypatch.setattr(folder, "SHARD_BYTES", 5_000_000)
    built = build("koalpaca-v1.1", tmp_path / "out", mirror=str(mirror), cache_dir=str(tmp_path / "cache"))
    assert built.rows == {"train": 24_000} and len(built.files) == 3
    assert built.files[1]["path"] == "koalpaca-v1.1/train-00001-of-00003.parquet"
    rows = datasets.load_dataset(
        str(tmp_path / "out"), "koalpaca-v1.1", split="train", cache_dir=str(tmp_path / "plain")
    )
    assert rows["id"] == [f"koalpaca-v1.1/train/{number}" for number in range(24_000)]
    shutil.rmtree(tmp_path / "out")


def test_load_dataset_tells_two_builds_of_one_name_apart(tmp_path: Path, mirror: Path) -> None:
    """datasets keeps what it loaded under the folder's last name and what README.md says of its files."""
    path = mirror / "Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl"
    plain, asked = str(tmp_path / "plain"), list[str]()
    for place in ("one", "other"):
        build("koalpaca-v1.1", tmp_path / place / "out", mirror=str(mirror), cache_dir=str(tmp_path / place))
        rows = datasets.load_dataset(str(tmp_path / place / "out"), "koalpaca-v1.1", split="train", cache_dir=plain)
        asked.append(rows["messages"][0][0]["content"])
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join([*lines[1:], lines[0]]), encoding="utf-8")
    assert asked[0] != asked[1]
