"""Where files come from, over real folders and real HTTP."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from okinst.builders import MissingFile, NoNetwork, WrongCall, doors, network
from okinst.builders.network import Network
from okinst.builders.upstream import GitHub
from okinst.builders.upstream import Hub as HubRepo
from okinst.catalogue import SOURCES
from tests.conftest import SAMPLE, okinst, python
from tests.hub_double import Hub, Repo, serving

RAW = "Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl"
COMMIT = SOURCES["koalpaca-v1.1"].variant.files["train"][0].repo.revision
RAW_URL = f"/Beomi/KoAlpaca/{COMMIT}/KoAlpaca_v1.1.jsonl"
LOAD = """
import json, sys, okinst, datasets
datasets.disable_progress_bars()
options = json.loads(sys.argv[2])
rows = datasets.load_dataset("okinst", sys.argv[1], split="train", **options)
print(json.dumps([row["id"] for row in rows]))
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as hub:
        yield hub


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a user with an empty cache."""
    return {"HF_HOME": str(tmp_path / "hf")}


def repo_of(name: str, **options: object) -> tuple[str, Repo]:
    """A repository of the double with the sample's files of one source, pinned as the source pins it."""
    upstream = SOURCES[name].variant.files["train"][0]
    folder = SAMPLE / upstream.repo.id
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return upstream.repo.id, Repo(files, **options)  # type: ignore[arg-type]


# -- which door -------------------------------------------------------------------------------------------------------


def test_the_first_door_that_is_set_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(tmp_path)
    choose = doors.choose
    monkeypatch.setenv("OKINST_MIRROR", folder)
    assert choose(data_dir=folder, mirror=None, sample=False).name == "folder"
    assert choose(data_dir=None, mirror=folder, sample=False).name == "mirror"
    assert choose(data_dir=None, mirror=None, sample=True).name == "sample"
    assert choose(data_dir=None, mirror=None, sample=False).name == "mirror"
    monkeypatch.delenv("OKINST_MIRROR")
    assert choose(data_dir=None, mirror=None, sample=False).name == "network"


@pytest.mark.parametrize(
    "options",
    [
        {"mirror": ".", "sample": True},
        {"data_dir": ".", "sample": True},
        {"data_dir": ".", "mirror": "."},
        {"sample": "no"},
    ],
)
def test_two_doors_are_a_wrong_call(options: dict[str, object]) -> None:
    with pytest.raises(WrongCall, match=r"exclude each other|True or False"):
        SOURCES["hrc"].builder(**options)


def test_a_folder_that_is_not_there_is_a_wrong_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongCall, match="no such folder"):
        doors.choose(data_dir=None, mirror=str(tmp_path / "nowhere"), sample=False)
    monkeypatch.setenv("OKINST_MIRROR", str(tmp_path / "nowhere"))
    with pytest.raises(WrongCall, match="OKINST_MIRROR"):
        doors.choose(data_dir=None, mirror=None, sample=False)


def test_a_mirror_with_a_gap_says_what_is_missing_and_what_to_do(mirror: Path) -> None:
    (mirror / RAW).unlink()
    with pytest.raises(MissingFile) as error:
        SOURCES["koalpaca-v1.1"].builder(mirror=str(mirror)).download_and_prepare()
    for part in ("koalpaca-v1.1", str(mirror), RAW, f"okinst fetch koalpaca-v1.1 --to {mirror}"):
        assert part in str(error.value)


@pytest.mark.parametrize("layout", ["flat", "tree", "mirror"])
def test_a_folder_may_be_flat_a_tree_or_a_mirror(layout: str, tmp_path: Path) -> None:
    name, path = "vaiv-ppo", Path("PPO/step3_final_filterd.json")
    source = SAMPLE / "VAIV-2023/RLHF-Korean-Friendly-LLM" / path
    places = {"flat": path.name, "tree": path, "mirror": Path("VAIV-2023/RLHF-Korean-Friendly-LLM", path)}
    target = tmp_path / "data" / places[layout]
    target.parent.mkdir(parents=True)
    shutil.copy(source, target)
    builder = SOURCES[name].builder(data_dir=str(tmp_path / "data"), cache_dir=str(tmp_path), accept_drift=True)
    builder.download_and_prepare()
    assert builder.as_dataset(split="train").num_rows == 16


def test_a_glob_finds_shards_in_every_local_door(tmp_path: Path) -> None:
    repo = HubRepo("owner/name", "main", copies=("other/name",))
    for place in (
        "a/data/train-1-abc.parquet",
        "a/data/test-1.parquet",
        "a/else/train-9.parquet",
        "a/data/deeper/train-9.parquet",
        "mirror/other/name/data/train-2.parquet",
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    wanted = repo / "data/train-*.parquet"
    assert [found.path for found in doors.Folder(tmp_path / "a").locate(wanted, "x")] == ["data/train-1-abc.parquet"]
    assert [found.path for found in doors.Mirror(tmp_path / "mirror").locate(wanted, "x")] == ["data/train-2.parquet"]
    with pytest.raises(MissingFile):
        doors.Mirror(tmp_path / "a").locate(wanted, "x")


# -- GitHub -----------------------------------------------------------------------------------------------------------


def test_github_is_read_at_its_commit(hub: Hub, home: dict[str, str], tmp_path: Path) -> None:
    hub.raw[RAW_URL] = (SAMPLE / RAW).read_bytes()
    rows = python(LOAD, "koalpaca-v1.1", "{}", **home, OKINST_GITHUB_ENDPOINT=hub.url)
    assert rows.count("koalpaca-v1.1/train/") == 40
    assert [path for _, path, _ in hub.requests] == [RAW_URL]


def test_github_streams_without_a_download(hub: Hub, home: dict[str, str]) -> None:
    hub.raw[RAW_URL] = (SAMPLE / RAW).read_bytes()
    rows = python(LOAD, "koalpaca-v1.1", '{"streaming": true}', **home, OKINST_GITHUB_ENDPOINT=hub.url)
    assert rows.count("koalpaca-v1.1/train/") == 40
    assert not list(Path(home["HF_HOME"]).rglob("*.jsonl"))


def test_an_interrupted_download_goes_on_where_it_stopped(hub: Hub, tmp_path: Path) -> None:
    data = (SAMPLE / RAW).read_bytes()
    hub.raw["/file"] = data
    hub.cuts = [1000]
    target = tmp_path / "file"
    with pytest.raises(NoNetwork, match="goes on from there"):
        network.download(f"{hub.url}/file", target, "demo")
    assert not target.exists()
    assert network.download(f"{hub.url}/file", target, "demo").read_bytes() == data
    assert [headers.get("range") for headers in hub.bodies("/file")] == [None, "bytes=1000-"]
    network.download(f"{hub.url}/file", target, "demo")
    assert len(hub.requests) == 2, "a file that is there is not asked for again"


def test_a_stream_that_breaks_off_is_an_error_not_a_short_set(hub: Hub, home: dict[str, str]) -> None:
    data = (SAMPLE / RAW).read_bytes()
    hub.raw[RAW_URL] = data
    hub.cuts = [data.index(b"\n", 5000) + 1]  # at the end of a line: nothing else tells
    script = (
        f"try:\n{textwrap.indent(LOAD, '    ')}\nexcept Exception as error:\n    print(type(error).__name__, error)"
    )
    told = python(script, "koalpaca-v1.1", '{"streaming": true}', **home, OKINST_GITHUB_ENDPOINT=hub.url)
    assert told.startswith("NoNetwork koalpaca-v1.1: the connection broke off")


def test_leaving_a_stream_early_is_quiet(home: dict[str, str]) -> None:
    code = "import okinst; rows = iter(okinst.load('koalpaca-v1.1', sample=True, streaming=True, split='train')); next(rows)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **home})
    assert done.returncode == 0 and done.stderr == ""


def test_a_part_of_another_commit_is_not_spliced(hub: Hub, tmp_path: Path) -> None:
    hub.raw["/old/file"], hub.raw["/new/file"] = b"old " * 1000, b"new!" * 1000
    hub.cuts = [1000]
    with pytest.raises(NoNetwork):
        network.download(f"{hub.url}/old/file", tmp_path / "file", "demo")
    assert network.download(f"{hub.url}/new/file", tmp_path / "file", "demo").read_bytes() == b"new!" * 1000


def test_several_downloads_of_one_file_are_one(hub: Hub, tmp_path: Path) -> None:
    hub.raw["/file"] = b"x" * 3_000_000
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: network.download(f"{hub.url}/file", tmp_path / "file", "demo"), range(4)))
    assert {path.stat().st_size for path in paths} == {3_000_000} and len(hub.bodies("/file")) == 1


def test_a_part_longer_than_the_file_is_begun_again(hub: Hub, tmp_path: Path) -> None:
    hub.raw["/file"] = b"new"
    hub.cuts = [0]
    with pytest.raises(NoNetwork):
        network.download(f"{hub.url}/file", tmp_path / "file", "demo")
    (part,) = tmp_path.glob("file.*.incomplete")
    part.write_bytes(b"longer than the file")
    assert network.download(f"{hub.url}/file", tmp_path / "file", "demo").read_bytes() == b"new"


def test_github_errors_name_the_source_and_the_next_act(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match=r"demo: .*404.*data_dir="):
        network.download(f"{hub.url}/gone", tmp_path / "gone", "demo")
    hub.statuses = [503]
    with pytest.raises(NoNetwork, match=r"demo: .*503.*Try again"):
        network.download(f"{hub.url}/busy", tmp_path / "busy", "demo")
    with pytest.raises(NoNetwork, match=r"demo: .*cannot be reached.*--mirror"):
        network.download("http://127.0.0.1:9/file", tmp_path / "off", "demo")


# -- the Hub, through huggingface_hub ---------------------------------------------------------------------------------


def unpin(name: str) -> str:
    """Code that points a source at the double's commit: commits of the real Hub cannot be made here."""
    return f"""
from dataclasses import replace
from okinst.catalogue import SOURCES
variant = SOURCES[{name!r}].variant
variant.files = {{
    split: tuple(replace(file, repo=replace(file.repo, revision=sys.argv[3])) for file in files)
    for split, files in variant.files.items()
}}
"""


def hub_script(name: str) -> str:
    return LOAD.replace("datasets.disable_progress_bars()", f"datasets.disable_progress_bars()\n{unpin(name)}")


def test_a_hub_file_comes_through_huggingface_hub_with_the_token(hub: Hub, home: dict[str, str]) -> None:
    id, repo = repo_of("oig-smallchip2-ko", token="secret")
    hub.repos[id] = repo
    script = hub_script("oig-smallchip2-ko")
    rows = python(script, "oig-smallchip2-ko", "{}", repo.commit, **home, HF_ENDPOINT=hub.url, HF_TOKEN="secret")
    assert rows.count("oig-smallchip2-ko/train/") == 36
    (got,) = hub.bodies("oig-smallchip2-dedu.jsonl")
    assert got["authorization"] == "Bearer secret"
    assert "hf_hub" in got["user-agent"]
    # the second time the Hub's cache answers
    python(script, "oig-smallchip2-ko", "{}", repo.commit, **home, HF_ENDPOINT=hub.url, HF_TOKEN="secret")
    assert len(hub.bodies("oig-smallchip2-dedu.jsonl")) == 1


def test_a_hub_download_that_breaks_off_is_resumed(hub: Hub, home: dict[str, str]) -> None:
    id, repo = repo_of("oig-smallchip2-ko")
    copies = 24_000_000 // len(repo.files["oig-smallchip2-dedu.jsonl"])  # the client writes 10 MB at a time
    repo.files["oig-smallchip2-dedu.jsonl"] *= copies
    hub.repos[id] = repo
    hub.cuts = [21_000_000]
    rows = python(hub_script("oig-smallchip2-ko"), "oig-smallchip2-ko", "{}", repo.commit, **home, HF_ENDPOINT=hub.url)
    assert rows.count("oig-smallchip2-ko/train/") == 36 * copies
    first, second = (headers.get("range") for headers in hub.bodies("oig-smallchip2-dedu.jsonl"))
    assert first is None and second is not None and int(second.removeprefix("bytes=").rstrip("-")) >= 10_000_000


def test_a_hub_file_streams(hub: Hub, home: dict[str, str]) -> None:
    id, repo = repo_of("oig-smallchip2-ko")
    hub.repos[id] = repo
    options = '{"streaming": true}'
    rows = python(
        hub_script("oig-smallchip2-ko"), "oig-smallchip2-ko", options, repo.commit, **home, HF_ENDPOINT=hub.url
    )
    assert rows.count("oig-smallchip2-ko/train/") == 36


def test_a_shortened_commit_is_looked_up(hub: Hub, home: dict[str, str]) -> None:
    """The Hub resolves whole commits only, and of some sources a shortened one is all that is known."""
    id, repo = repo_of("kullm-v2")
    hub.repos[id] = repo
    rows = python(hub_script("kullm-v2"), "kullm-v2", "{}", repo.commit[:7], **home, HF_ENDPOINT=hub.url)
    assert rows.count("kullm-v2/train/") == 44
    assert any(path.endswith(f"/resolve/{repo.commit}/kullm-v2.jsonl") for _, path, _ in hub.requests)


def test_a_copy_stands_in_for_a_repository_that_is_gone(hub: Hub, home: dict[str, str]) -> None:
    _, repo = repo_of("koinstruct-qa")
    hub.repos["GSON-backup/KoInstruct-QA"] = repo
    out = Path(home["HF_HOME"], "out")
    done = okinst("build", "koinstruct-qa", "-o", out, "--json", **home, HF_ENDPOINT=hub.url)
    assert done.returncode == 0 and json.loads(done.stdout)["rows"] == {"train": 26}
    (file,) = json.loads((out / "provenance.json").read_text(encoding="utf-8"))["funnel"][0]["files"]
    assert (file["repo"], file["revision"]) == ("GSON-backup/KoInstruct-QA", repo.commit)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"token": "secret"}, ("no such repository", "hf auth login")),
        ({"gated": True}, ("consent", "hf auth login")),
    ],
)
def test_what_the_hub_refuses_is_said(
    hub: Hub, home: dict[str, str], change: dict[str, object], words: tuple[str]
) -> None:
    id, repo = repo_of("koinstruct-qa", **change)
    hub.repos[id] = repo
    done = okinst("build", "koinstruct-qa", "-o", Path(home["HF_HOME"], "out"), **home, HF_ENDPOINT=hub.url)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    for word in ("koinstruct-qa", *words):
        assert word in done.stderr


@pytest.mark.parametrize("name", ["oig-smallchip2-ko", "hrc"])
def test_offline_nothing_is_asked_for(name: str, hub: Hub, home: dict[str, str]) -> None:
    offline = {**home, "HF_HUB_OFFLINE": "1", "HF_ENDPOINT": hub.url, "OKINST_GITHUB_ENDPOINT": hub.url}
    done = okinst("build", name, "-o", Path(home["HF_HOME"], "out"), **offline)
    assert done.returncode == 1 and "okinst fetch" in done.stderr and hub.requests == []


@pytest.mark.parametrize("name", ["oig-smallchip2-ko", "hrc"])
def test_without_a_network_the_way_out_is_named(name: str, home: dict[str, str]) -> None:
    done = okinst("build", name, "-o", Path(home["HF_HOME"], "out"), **home)
    assert done.returncode == 1, done.stderr
    assert name in done.stderr and "okinst fetch" in done.stderr and "--mirror" in done.stderr
    assert "Traceback" not in done.stderr


# -- fetch ------------------------------------------------------------------------------------------------------------


def test_fetch_fills_a_mirror_that_builds_without_a_network(hub: Hub, home: dict[str, str], tmp_path: Path) -> None:
    id, repo = repo_of("koinstruct-qa")
    hub.repos[id] = repo
    hub.raw[RAW_URL] = (SAMPLE / RAW).read_bytes()
    hub.cuts = [500]
    away = {**home, "HF_ENDPOINT": hub.url, "OKINST_GITHUB_ENDPOINT": hub.url}
    target = tmp_path / "away"
    broken = okinst("fetch", "koalpaca-v1.1", "koinstruct-qa", "--to", target, **away)
    assert broken.returncode == 1 and "goes on from there" in broken.stderr
    done = okinst("fetch", "koalpaca-v1.1", "koinstruct-qa", "--to", target, **away)
    assert done.returncode == 0, done.stderr
    assert (target / RAW).read_bytes() == (SAMPLE / RAW).read_bytes()
    for name in ("koalpaca-v1.1", "koinstruct-qa"):
        built = okinst("build", name, "-o", tmp_path / name, "--mirror", target, **home)
        assert built.returncode == 0, built.stderr
    before = len(hub.requests)
    assert okinst("fetch", "koalpaca-v1.1", "--to", target, **away).returncode == 0
    assert len(hub.requests) == before


def test_network_names_a_stream_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OKINST_GITHUB_ENDPOINT")
    (found,) = Network(streaming=True).locate(GitHub("owner/name", "c" * 40) / "a b.json", "demo")
    assert found.place == f"https://raw.githubusercontent.com/owner/name/{'c' * 40}/a%20b.json"
