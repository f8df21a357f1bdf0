"""Engines: the same scores from one process, several, and Ray; nothing lost and nothing left behind when one of them dies."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pytest

from okinst.builders import OkinstError, WrongCall
from okinst.curation.processes import processors
from okinst.curation.scoring.engines import Engine, Shard, packed, unpacked
from okinst.curation.scoring.engines.local import Local
from okinst.curation.scoring.engines.rays import Rays
from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.scorer import FINE, Progress
from okinst.curation.scoring.store import Store
from tests.conftest import ROOT, python
from tests.counting import DIE, DIE_ONCE, FAIL, Counting, counted, made_up, shard_files

ROWS, SHARD = 300, 50
#: Ray takes seconds and half a gigabyte to start: one at a time, in one worker of pytest
with_ray = pytest.mark.xdist_group("ray")


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The shards that every engine has to make."""
    return shards_of(Local(), tmp_path_factory.mktemp("wanted"))


def shards_of(engine: Engine, store: Path, scorer: Counting | None = None) -> dict[str, bytes]:
    Store(store, rows=SHARD).scores(scorer or Counting(), made_up(ROWS), engine)
    return shard_files(store)


def some_shards(table: pa.Table) -> Iterator[Shard]:
    for start in range(0, table.num_rows, SHARD):
        yield str(start), table.slice(start, SHARD)


def children() -> set[int]:
    """Processes below this one, but for what Python starts for all of them."""
    found = psutil.Process().children(recursive=True)
    return {each.pid for each in found if "resource_tracker" not in " ".join(each.cmdline())}


def test_a_slice_travels_alone() -> None:
    table = made_up(100_000)
    assert unpacked(packed(table.slice(70_000, 3))).equals(table.slice(70_000, 3))
    assert len(packed(table.slice(70_000, 3))) < 2_000


# -- this machine ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("processes", [2, 3])
def test_on_several_processes(processes: int, wanted: dict[str, bytes], tmp_path: Path) -> None:
    before, log = children(), tmp_path / "log"
    assert shards_of(Local(processes), tmp_path / "store", Counting(str(log))) == wanted
    assert len(counted(log)) == ROWS == counted(log).total()
    assert children() == before


@pytest.mark.parametrize("processes", [1, 2])
def test_progress_tells_every_row_once(processes: int) -> None:
    told = []
    table = made_up(120)
    scored = list(
        Local(processes).run(Counting(), some_shards(table), lambda rows, tokens: told.append((rows, tokens)))
    )
    assert sorted(each.name for each in scored) == ["0", "100", "50"] and all(each.seconds >= 0 for each in scored)
    assert sum(rows for rows, _ in told) == 120
    assert sum(tokens for _, tokens in told) == sum(len(text.split()) for text in table["text"].to_pylist())


def test_more_processes_than_shards_and_none_at_all() -> None:
    before = children()
    assert [each.name for each in Local(8).run(Counting(), some_shards(made_up(10)))] == ["0"]
    assert list(Local(8).run(Counting(), iter(()))) == []
    assert children() == before


def test_a_worker_that_fails_says_why(tmp_path: Path) -> None:
    table = pa.concat_tables([made_up(100), requests([FAIL])])
    before = children()
    with pytest.raises(ValueError, match="fail! it says") as error:
        Store(tmp_path, rows=20).scores(Counting(), table, Local(2))
    assert "counting.py" in str(error.value.__cause__), "where it failed"
    with pytest.raises(WrongCall, match="no model is here"):
        Store(tmp_path).scores(Counting(fails_to_load=True), table, Local(2))
    assert children() == before


def test_a_worker_that_dies_is_named_and_what_was_done_stays(tmp_path: Path) -> None:
    """As it does where memory runs out."""
    # by length, the longest first: it dies in the last of four shards
    table = pa.concat_tables([made_up(75), requests([DIE])])
    before = children()
    with pytest.raises(OkinstError) as error:
        Store(tmp_path, rows=20).scores(Counting(seconds=0.005), table, Local(2))
    told = str(error.value)
    assert "of 2 (process " in told and "was killed by SIGKILL (as the system does where memory runs out)" in told
    assert "(20 rows)" in told and "Run the same again" in told
    assert 0 < len(shard_files(tmp_path)) < 4
    assert children() == before


def test_a_run_that_is_closed_leaves_no_process() -> None:
    before = children()
    running = Local(2).run(Counting(seconds=0.01), some_shards(made_up(ROWS)))
    next(running)
    assert len(children() - before) == 2
    running.close()
    assert children() == before


def test_a_script_without_a_main_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from okinst.curation.scoring.engines.local import Local\n"
        "from tests.counting import Counting, made_up\n"
        "list(Local(2).run(Counting(), [(str(n), made_up(3)) for n in range(2)]))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, env=environment())
    assert done.returncode == 1 and 'if __name__ == "__main__"' in done.stderr.splitlines()[-1]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}


class OnGpu(Counting):
    """It would use a GPU if there were one."""

    gpu = True
    threads = True


def test_devices() -> None:
    assert Local().devices(Counting()) == Local(device="cpu").devices(OnGpu()) == ["cpu"]
    assert Local(3).devices(Counting()) == ["cpu"] * 3
    assert Local(3, "cpu").devices(OnGpu()) == ["cpu"], "it uses all cores by itself"
    assert Local(device="cuda").devices(Counting()) == ["cpu"], "a scorer that has no use for a GPU"
    assert Local(3, "cuda").devices(Counting()) == ["cpu"] * 3, "which does not keep it from several processes"
    with pytest.raises(WrongCall, match="processes = 0"):
        Local(0)


def test_a_gpu_that_is_not_there() -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'okinst[gpu]'")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    asked = f"cuda:{count}" if count else "cuda"
    with pytest.raises(WrongCall, match=f"device '{asked}': this machine has"):
        Local(device=asked).devices(OnGpu())
    assert Local().devices(OnGpu()) == ([f"cuda:{number}" for number in range(count)] or [None])


@pytest.mark.parametrize("said", ["", "0", "two"])
def test_processors_are_those_it_was_given(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHON_CPU_COUNT", raising=False)
    there = processors()
    monkeypatch.setenv("PYTHON_CPU_COUNT", str(there + 1))
    assert processors() == there + 1
    monkeypatch.setenv("PYTHON_CPU_COUNT", said)
    assert processors() == there > 0


# -- Ray ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ray() -> Iterator[None]:
    """One Ray for several tests, which the engine takes because this process is connected to it."""
    ray = pytest.importorskip("ray", reason="needs Ray: pip install 'okinst[ray]'")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        _node_ip_address="127.0.0.1", include_dashboard=False, object_store_memory=200_000_000,
        logging_level="ERROR", log_to_driver=False,
    )  # fmt: skip
    yield
    assert ray.is_initialized(), "what the engine did not start, it does not stop"
    ray.shutdown()


@with_ray
def test_ray_makes_the_same_bytes(wanted: dict[str, bytes], tmp_path: Path) -> None:
    """With a Ray that the engine starts, and stops."""
    ray = pytest.importorskip("ray", reason="needs Ray: pip install 'okinst[ray]'")
    log = tmp_path / "log"
    assert shards_of(Rays(), tmp_path / "store", Counting(str(log))) == wanted
    assert counted(log).total() == ROWS
    assert not ray.is_initialized()


@pytest.mark.slow
@with_ray
def test_an_actor_that_is_killed_is_replaced(ray: None, tmp_path: Path) -> None:
    log = tmp_path / "log"
    table = pa.concat_tables([made_up(ROWS), requests([DIE_ONCE])])
    store = Store(tmp_path / "store", rows=SHARD)
    found = store.scores(Counting(str(log)), table, Rays())
    assert Path(f"{log}.died").exists()
    assert found["nll"].to_pylist() == [float(len(text)) for text in table["text"].to_pylist()]
    assert store.contents()[0].rows == ROWS + 1
    assert len(counted(log)) == ROWS + 1


@pytest.mark.slow
@with_ray
def test_what_fails_in_ray_says_why(ray: None, tmp_path: Path) -> None:
    table = pa.concat_tables([made_up(20), requests([FAIL])])
    with pytest.raises(ValueError, match="fail! it says") as error:
        Store(tmp_path).scores(Counting(), table, Rays())
    assert "counting.py" in str(error.value.__cause__)
    with pytest.raises(WrongCall, match="no model is here"):
        Store(tmp_path).scores(Counting(fails_to_load=True), table, Rays())
    with pytest.raises(WrongCall, match=r"an actor of 1 CPUs and 64 GPUs has no place: Ray has \d+ CPUs"):
        Store(tmp_path).scores(OnGpu(), table, Rays(gpus=64))


class Processors(Counting):
    """The negative log-likelihood of a text is the number of processors that its process may use."""

    def score(self, requests: pa.Table, progress: Progress | None = None) -> pa.Table:
        each = [float(processors())] * requests.num_rows
        return pa.table({"nll": each, "tokens": pa.array([1] * len(each), pa.int32()), "flag": [FINE] * len(each)})


@pytest.mark.slow
@with_ray
def test_an_actor_uses_the_cpus_it_was_given_and_a_gpu_only_where_it_would_use_one(ray: None, tmp_path: Path) -> None:
    found = Store(tmp_path).scores(Processors(), made_up(3), Rays(concurrency=1, gpus=64))
    assert found["nll"].to_pylist() == [1.0] * 3


def processes_of_ray() -> list[str]:
    """Those that score, and the one that counts tries."""
    told = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            told.append(" ".join(process.cmdline()))
    return [each for each in told if "ray::" in each and ("_Actor" in each or "_Tries" in each)]


@pytest.mark.slow
@with_ray
@pytest.mark.parametrize("closed", [False, True])
def test_a_run_in_ray_leaves_no_process(ray: None, closed: bool) -> None:
    running = Rays().run(Counting(seconds=0.005), some_shards(made_up(ROWS)))
    next(running)
    assert processes_of_ray()
    if closed:
        running.close()
    else:
        assert len(list(running)) == ROWS // SHARD - 1
    until = time.monotonic() + 60
    while (left := processes_of_ray()) and time.monotonic() < until:
        time.sleep(0.2)
    assert not left


@with_ray
def test_a_shard_that_comes_twice_counts_once(ray: None) -> None:
    """As one does that Ray began anew because an actor was lost on the way home."""
    first, second = made_up(4).slice(0, 3), made_up(4).slice(3)
    scored = list(Rays(concurrency=1).run(Counting(), [("one", first), ("two", second), ("one", first)]))
    assert sorted((each.name, each.scores.num_rows) for each in scored) == [("one", 3), ("two", 1)]


@pytest.mark.slow
@with_ray
def test_a_shard_that_ends_every_actor_ends_the_run(ray: None, tmp_path: Path) -> None:
    table = pa.concat_tables([made_up(20), requests([DIE])])
    with pytest.raises(OkinstError, match=r"shard [0-9a-f]{16} ended 3 processes that tried to score it"):
        Store(tmp_path, rows=10).scores(Counting(), table, Rays())
    assert shard_files(tmp_path), "what was done stays"


TWO_NODES = """
import sys
from pathlib import Path
import datasets, ray
from ray.cluster_utils import Cluster
datasets.disable_progress_bars()
from okinst.curation.scoring.engines.rays import Rays
from tests.counting import Counting
from tests.test_engines import shards_of
if __name__ == "__main__":
    store, log = sys.argv[1:]
    node = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={"node_ip_address": "127.0.0.2", **node})
    try:
        cluster.add_node(node_ip_address="127.0.0.3", **node)
        ray.init(address=cluster.address, _node_ip_address="127.0.0.2", logging_level="ERROR", log_to_driver=False)
        cluster.wait_for_nodes()
        print(sorted(node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]))
        shards_of(Rays(concurrency=2), Path(store), Counting(log, 0.002))
    finally:
        ray.shutdown()
        cluster.shutdown()
"""


@pytest.mark.slow
@with_ray
def test_two_nodes(wanted: dict[str, bytes], tmp_path: Path) -> None:
    """Two real raylets on two addresses of this machine, one actor each."""
    pytest.importorskip("ray", reason="needs Ray: pip install 'okinst[ray]'")
    store, log = tmp_path / "store", tmp_path / "log"
    settings = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "1", "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    done = subprocess.run(
        [sys.executable, "-c", TWO_NODES, store, log],
        capture_output=True, text=True, timeout=400, env={**environment(), **settings},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "['127.0.0.2', '127.0.0.3']" in done.stdout
    assert shard_files(store) == wanted
    assert counted(log).total() == ROWS


FAILS = """
import sys
from pathlib import Path
if sys.argv[2] == "without":
    sys.modules["ray"] = None  # as if it were not installed
from okinst.builders import WrongCall
from okinst.curation.scoring.engines.rays import Rays
from okinst.curation.scoring.store import Store
from tests.counting import Counting, made_up
try:
    Store(Path(sys.argv[1])).scores(Counting(), made_up(3), Rays("127.0.0.1:9"))
except WrongCall as error:
    print(error)
"""


@with_ray
def test_an_address_where_nobody_is(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install 'okinst[ray]'")
    assert "no Ray at '127.0.0.1:9' (" in python(FAILS, tmp_path, "with")


def test_without_ray(tmp_path: Path) -> None:
    assert "pip install 'okinst[ray]'" in python(FAILS, tmp_path, "without")


def test_what_rays_is_asked() -> None:
    with pytest.raises(WrongCall, match="concurrency = 0"):
        Rays(concurrency=0)
    with pytest.raises(WrongCall, match=r"gpus = 1.5 of an actor should be a share of one \(0.5\), or a whole number"):
        Rays(gpus=1.5)
