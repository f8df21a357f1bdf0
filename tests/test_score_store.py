"""The score store: scored once, kept whole, the same bytes whatever happened on the way."""

import hashlib
import json
import logging
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import DamagedFile, OkinstError, WrongCall
from okinst.builders.errors import DiskFull
from okinst.curation.scoring import shards
from okinst.curation.scoring.engines.local import Local
from okinst.curation.scoring.requests import SCHEMA, keys, requests
from okinst.curation.scoring.scorer import Progress
from okinst.curation.scoring.store import LAYOUT, Store, default_folder
from tests.conftest import python
from tests.counting import Counting, counted, made_up, shard_files

ROWS = 1_000
SHARD = 100

#: Score in another process: store, log, seconds a row, processes.
RUN = """
import sys
import datasets
datasets.disable_progress_bars()
from okinst.curation.scoring.engines.local import Local
from okinst.curation.scoring.store import Store
from tests.counting import Counting, made_up
if __name__ == "__main__":
    store, log, seconds, processes = sys.argv[1:]
    print("BEGIN", flush=True)
    Store(store, rows=100).scores(Counting(log, float(seconds)), made_up(1_000), Local(int(processes)))
"""


def begin(store: Path, log: Path, seconds: float, processes: int = 1, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(store), str(log), str(seconds), str(processes)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def wait_for(true: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The shards of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    Store(folder, rows=SHARD).scores(Counting(), made_up(ROWS), Local())
    found = shard_files(folder)
    assert len(found) == ROWS // SHARD
    return found


# -- requests and keys ----------------------------------------------------------------------------------------------------


def test_requests_are_cast_and_checked() -> None:
    table = requests(pa.array(["가", "나"], pa.large_string()), contexts=["왜?", None], languages=("ko", "ko"))
    assert table.schema == SCHEMA and table["context"].to_pylist() == ["왜?", ""]
    assert requests([]).schema == SCHEMA and requests([]).num_rows == 0
    with pytest.raises(WrongCall, match="2 texts, but 1 of context"):
        requests(["가", "나"], contexts=["왜?"])
    with pytest.raises(WrongCall, match="row 1 has no text"):
        requests(["가", None])
    with pytest.raises(WrongCall, match="text of row 1 is no text: 7"):
        requests(["가", 7])
    with pytest.raises(WrongCall, match="context of row 0 is no text"):
        requests(["가"], contexts=["\ud800"])
    with pytest.raises(WrongCall, match="no column context, language; there are text"):
        Store(Path("nowhere")).scores(Counting(), pa.table({"text": ["가"]}), Local())


def test_keys_are_of_context_and_text_and_of_the_language_if_asked() -> None:
    table = requests(["ab", "b", "ab", "ab"], contexts=["", "a", "", ""], languages=["ko", "ko", "ko", "en"])
    first, shifted, same, other = keys(table).to_pylist()
    assert first == same == other != shifted and len(first) == 16
    first, _, same, other = keys(table, by_language=True).to_pylist()
    assert first == same != other
    sliced = pa.concat_tables([table.slice(1, 2), table.slice(3)])
    assert keys(sliced).to_pylist() == keys(table).to_pylist()[1:]


@given(st.lists(st.tuples(st.text("ab\0", max_size=3), st.text("ab\0", max_size=3)), max_size=20))
def test_keys_differ_where_requests_do(pairs: list[tuple[str, str]]) -> None:
    found = keys(requests([text for text, _ in pairs], [context for _, context in pairs])).to_pylist()
    assert len(set(found)) == len(set(pairs))


# -- aligned, re-used -----------------------------------------------------------------------------------------------------


def test_scores_stand_beside_their_rows(tmp_path: Path) -> None:
    texts = ["다섯 글자", "", "둘", "다섯 글자", "둘", "하나 둘 셋"]
    store, log = Store(tmp_path / "store", rows=2), tmp_path / "log"
    for _ in range(2):
        found = store.scores(Counting(str(log)), requests(texts), Local())
        assert found["nll"].to_pylist() == [5.0, None, 1.0, 5.0, 1.0, 6.0]
        assert found["tokens"].to_pylist() == [2, 0, 1, 2, 1, 3]
        assert found["flag"].to_pylist() == ["", "empty", "", "", "", ""]
    assert set(counted(log).values()) == {1}, "copies are scored once, and nothing a second time"
    assert store.scores(Counting(), requests(texts), Local(), columns=["tokens"]).column_names == ["tokens"]
    assert store.scores(Counting(), requests(texts), Local(), columns=()).num_columns == 0
    with pytest.raises(WrongCall, match=r"no column 'perplexity'; it has nll, tokens, flag"):
        store.scores(Counting(), requests(texts), Local(), columns=["perplexity"])


def test_a_second_table_pays_for_what_is_new_alone(tmp_path: Path) -> None:
    store, log = Store(tmp_path / "store", rows=SHARD), tmp_path / "log"
    scorer, whole = Counting(str(log)), made_up(500)
    store.scores(scorer, whole.slice(0, 300), Local())
    found = store.scores(scorer, whole.slice(200), Local())
    assert found["nll"].to_pylist() == [float(len(text)) for text in whole["text"].to_pylist()[200:]]
    assert len(counted(log)) == 500 and set(counted(log).values()) == {1}
    store.scores(Counting(str(log), factor=2), whole, Local())
    assert set(counted(log).values()) == {2}, "other settings, other scores"


@given(data=st.data())
def test_aligned_whatever_is_asked(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store(tmp_path_factory.mktemp("store"), rows=data.draw(st.integers(1, 4)))
    for _ in range(3):
        texts = data.draw(st.lists(st.text("가나다", max_size=3), max_size=12))
        found = store.scores(Counting(), requests(texts), Local())
        assert found["nll"].to_pylist() == [float(len(text)) or None for text in texts]


def test_no_requests_have_columns_all_the_same(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    for _ in range(2):
        none = store.scores(Counting(), requests([]), Local())
        assert (none.num_rows, none.column_names) == (0, ["nll", "tokens", "flag"])
        assert store.scores(Counting(), requests([]), Local(), columns=["flag"]).column_names == ["flag"]
        store.scores(Counting(), requests(["가"]), Local())


def test_a_hundred_thousand_rows(tmp_path: Path) -> None:
    table = made_up(100_000)
    found = Store(tmp_path).scores(Counting(), table, Local())
    assert found["nll"].to_pylist() == [float(len(text)) for text in table["text"].to_pylist()]


@dataclass(frozen=True)
class Embedding:
    """A text's numbers are those of a generator that starts from it; a blank one has none."""

    width: int = 256
    spoilt: float = 0.0
    name: ClassVar[str] = "embedding"
    by_language: ClassVar[bool] = True
    threads: ClassVar[bool] = True
    gpu: ClassVar[bool] = False

    def settings(self) -> dict[str, Any]:
        return {"width": self.width}

    def fitted(self, corpus: pa.Table, seed: int) -> "Embedding":
        return self

    def load(self, device: str | None = None) -> "Embedding":
        return self

    def vector(self, text: str) -> np.ndarray[Any, Any]:
        return np.random.default_rng(list(text.encode())).standard_normal(self.width, np.float32)

    def score(self, requests: pa.Table, progress: Progress | None = None) -> pa.Table:
        texts = requests["text"].to_pylist()
        kind = pa.list_(pa.float32(), self.width)
        values = [(self.vector(text) + np.float32(self.spoilt)).tolist() if text else None for text in texts]
        return pa.table({"embedding": pa.array(values, kind), "flag": ["" if text else "empty" for text in texts]})


def test_embeddings(tmp_path: Path) -> None:
    texts = ["하나", "", "둘", "셋", "하나"] * 3
    found = Store(tmp_path, rows=2).scores(Embedding(5), requests(texts, languages=["ko", "en", "ko"] * 5), Local())
    assert found["embedding"].type == pa.list_(pa.float32(), 5)
    for text, vector in zip(texts, found["embedding"].to_pylist(), strict=True):
        assert vector == (Embedding(5).vector(text).tolist() if text else None)
    found["embedding"].validate(full=True)


def test_embeddings_are_read_with_little_memory_beside_them(tmp_path: Path) -> None:
    """In a process of its own: its peak while it reads, less what it had before."""
    code = """
import sys, threading, time, psutil
import datasets, numpy as np, pyarrow as pa
datasets.disable_progress_bars()
from okinst.curation.scoring.engines.local import Local
from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.store import Store
from tests.test_score_store import Fast
store, table = Store(sys.argv[1]), requests([str(n) for n in range(100_000)])
if sys.argv[2] == "write":
    store.scores(Fast(), table, Local(), columns=["flag"])
    raise SystemExit
store.scores(Fast(), table.slice(0, 10), Local())  # libraries are loaded, buffers warm
me = psutil.Process()
before, peak, done = me.memory_info().rss, 0, False
def watch():
    global peak
    while not done:
        peak = max(peak, me.memory_info().rss)
        time.sleep(0.002)
watching = threading.Thread(target=watch)
watching.start()
found = store.scores(Fast(), table, Local(), columns=["embedding"])
done = True
watching.join()
print((peak - before) / found.nbytes)
"""
    python(code, tmp_path, "write")
    assert (
        float(python(code, tmp_path, "read")) < 1.5
    )  # a second copy would be 2; keys, places and one shard are some 25 MB beside 100


@dataclass(frozen=True)
class Fast(Embedding):
    """The same numbers for all."""

    name: ClassVar[str] = "fast"

    def score(self, requests: pa.Table, progress: Progress | None = None) -> pa.Table:
        flat = np.random.default_rng(0).standard_normal(requests.num_rows * self.width, np.float32)
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(flat), self.width)
        return pa.table({"embedding": vectors, "flag": [""] * requests.num_rows})


# -- interrupted ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_after_an_end_in_the_middle(
    blow: signal.Signals, processes: int, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    store, log = tmp_path / "store", tmp_path / "log"
    running = begin(store, log, 0.003, processes, start_new_session=True)
    # in the middle of a shard: some are done, and more rows than those
    wait_for(lambda: len(shard_files(store)) >= 2 and counted(log).total() % SHARD > 20, running)
    if blow == signal.SIGINT:
        os.killpg(running.pid, blow)  # as a terminal does: to all processes
    else:
        running.send_signal(blow)
    _, said = running.communicate(timeout=60)
    assert running.returncode != 0
    kept = shard_files(store)
    assert 2 <= len(kept) < ROWS // SHARD and kept.items() <= undisturbed.items()
    if blow == signal.SIGINT:
        told = f"{len(kept) * SHARD:,} of 1,000 different rows are scored, and kept in"
        assert told in said and "the same command goes on from there" in said
        assert said.count("Traceback") == 1, said  # ours; the workers say nothing
    else:
        time.sleep(0.5)  # workers notice that nobody is there
    before = counted(log)
    time.sleep(0.3)
    assert counted(log) == before, "no process is left that goes on scoring"
    again = begin(store, log, 0, processes)
    assert again.wait(60) == 0, again.communicate()
    assert shard_files(store) == undisturbed
    finished = {text for data in kept.values() for text in texts_of(data)}
    twice = {text for text, times in counted(log).items() if times > 1}
    assert len(counted(log)) == ROWS and max(counted(log).values()) <= 2
    assert not twice & finished, "what was finished is not scored again"
    assert len(twice) <= processes * SHARD, "what is begun again is the shards that were in hand"
    assert not list(store.rglob("*.incomplete")) and not list(store.glob("*.running.json"))


def texts_of(shard: bytes) -> Iterator[str]:
    """The texts of a shard, as the log names them."""
    table = made_up(ROWS)
    names = dict(zip(keys(table).to_pylist(), table["text"].to_pylist(), strict=True))
    for key in pq.read_table(pa.BufferReader(shard))["key"].to_pylist():
        yield hashlib.sha256(names[key].encode()).hexdigest()


def test_what_a_killed_run_left_half_written_goes(undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    store = Store(tmp_path, rows=SHARD)
    store.scores(Counting(), made_up(ROWS).slice(0, 10), Local())
    (namespace,) = (each.name for each in store.contents())
    left = tmp_path / namespace / f"{'0' * 16}.parquet{shards.INCOMPLETE}"
    left.write_bytes(b"PAR1")
    (tmp_path / f"{namespace}.running.json").write_text("{")
    (tmp_path / namespace / "ledger.jsonl").open("a").write('{"shard": "cut')
    store.scores(Counting(), made_up(ROWS), Local())
    assert not left.exists()
    assert store.contents()[0].rows == ROWS


# -- damaged, foreign -----------------------------------------------------------------------------------------------------


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def flipped(path: Path) -> None:
    """One bit of the numbers, where the footer is whole."""
    column = pq.read_metadata(path).row_group(0).column(1)
    data = bytearray(path.read_bytes())
    data[column.data_page_offset + column.total_compressed_size - 3] ^= 4
    path.write_bytes(bytes(data))


def renamed(path: Path) -> None:
    other = next(each for each in sorted(path.parent.glob("*.parquet")) if each != path)
    path.write_bytes(other.read_bytes())


@pytest.mark.parametrize("damage", [cut, emptied, flipped, renamed])
def test_a_damaged_shard_is_noticed_said_and_scored_again(
    damage: Callable[[Path], None],
    undisturbed: dict[str, bytes],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, log = Store(tmp_path / "store", rows=SHARD), tmp_path / "log"
    wanted = store.scores(Counting(), made_up(ROWS), Local())
    path = sorted(store.folder.glob("*/*.parquet"))[3]
    damage(path)
    with caplog.at_level(logging.WARNING, logger="okinst"):
        found = store.scores(Counting(str(log)), made_up(ROWS), Local())
    assert found.equals(wanted)
    assert f"{path} is damaged (" in caplog.text and "scored again" in caplog.text
    assert counted(log).total() == SHARD
    assert shard_files(store.folder) == undisturbed


def test_contents_count_what_is_damaged(tmp_path: Path) -> None:
    store = Store(tmp_path, rows=SHARD)
    store.scores(Counting(), made_up(ROWS), Local())
    cut(sorted(tmp_path.glob("*/*.parquet"))[0])
    (found,) = store.contents()
    assert (found.rows, found.damaged) == (ROWS - SHARD, 1)


def rewrite(store: Path, **values: Any) -> Path:
    (path,) = store.glob("*/scorer.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
    return path


def test_a_store_of_another_layout_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.scores(Counting(), made_up(5), Local())
    path = rewrite(tmp_path, layout=LAYOUT + 1, okinst="9.0")
    for ask in (lambda: store.scores(Counting(), made_up(5), Local()), store.contents):
        with pytest.raises(WrongCall) as error:
            ask()
        told = str(error.value)
        assert f"{path.parent} was written by okinst 9.0 in layout {LAYOUT + 1}" in told
        assert "Name another store (--store, OKINST_STORE), or remove the folder" in told
    store.remove(path.parent.name)
    assert store.contents() == []


def test_a_store_that_does_not_say_whose_it_is_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.scores(Counting(), made_up(5), Local())
    path = rewrite(tmp_path, settings={"factor": 3})
    with pytest.raises(WrongCall, match=r"holds scores of counting with .*3.*, not of counting with .*1"):
        store.scores(Counting(), made_up(5), Local())
    path.write_text('{"layout": ')
    with pytest.raises(DamagedFile, match="cannot be read"):
        store.scores(Counting(), made_up(5), Local())
    path.unlink()
    with pytest.raises(DamagedFile, match=r"no scorer.json that says whose"):
        store.scores(Counting(), made_up(5), Local())


@dataclass(frozen=True)
class Vague(Embedding):
    """Its settings do not tell its models apart."""

    def settings(self) -> dict[str, Any]:
        return {}


def test_shards_of_other_columns_are_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.scores(Vague(8), requests(["가"]), Local())
    with pytest.raises(DamagedFile, match=r"that other shards of embedding-[0-9a-f]{12} have not"):
        store.scores(Vague(9), requests(["가", "나"]), Local())


@pytest.mark.parametrize("spoilt", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_kept(spoilt: float, tmp_path: Path) -> None:
    with pytest.raises(OkinstError, match=r"embedding of shard [0-9a-f]{16} has NaN or infinite values"):
        Store(tmp_path).scores(Embedding(4, spoilt), requests(["가"]), Local())
    assert shard_files(tmp_path) == {}


# -- two at once, no room -------------------------------------------------------------------------------------------------


def test_two_runs_at_once(tmp_path: Path) -> None:
    store, log = tmp_path / "store", tmp_path / "log"
    running = begin(store, log, 0.05)
    try:
        wait_for(lambda: counted(log).total() > 3, running)
        with pytest.raises(WrongCall) as error:
            Store(store).scores(Counting(), made_up(3), Local())
        told = str(error.value)
        assert re.search(rf"\(process {running.pid} on \S+, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d", told), told
        assert "Wait for it" in told and "--store" in told
        with pytest.raises(WrongCall, match="by another run"):
            Store(store).remove(next(store.glob("counting-*/")).name)
        assert Store(store).scores(Counting(factor=2), made_up(3), Local()).num_rows == 3, "another scorer may run"
    finally:
        running.kill()
        running.communicate()
    assert Store(store).scores(Counting(), made_up(3), Local()).num_rows == 3


def test_what_is_there_is_read_while_another_run_scores(tmp_path: Path) -> None:
    store, log = tmp_path / "store", tmp_path / "log"
    wanted = Store(store, rows=SHARD).scores(Counting(), made_up(50), Local())
    running = begin(store, log, 0.05)
    try:
        wait_for(lambda: counted(log).total() > 0, running)
        assert Store(store).scores(Counting(), made_up(50), Local()).equals(wanted)
    finally:
        running.kill()
        running.communicate()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    ).returncode:
        pytest.skip("this machine does not let its root mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_disk_that_is_full(undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    log = tmp_path / "log"
    with small_disk(tmp_path / "disk", "36k") as disk:
        with pytest.raises(DiskFull) as error:
            Store(disk, rows=SHARD).scores(Counting(str(log)), made_up(ROWS), Local())
        told = re.search(r"([\d,]+) of 1,000 different rows are scored, and kept", str(error.value))
        assert told and "No space left" in str(error.value) and "goes on from there" in str(error.value)
        kept = shard_files(disk)
        assert 0 < len(kept) < ROWS // SHARD and kept.items() <= undisturbed.items()
        assert len(kept) * SHARD - int(told[1].replace(",", "")) in (0, SHARD)  # the ledger may be what had no room
        assert not list(disk.rglob(f"*{shards.INCOMPLETE}"))
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        Store(disk, rows=SHARD).scores(Counting(str(log)), made_up(ROWS), Local())
        assert shard_files(disk) == undisturbed
        assert counted(log).total() == ROWS + SHARD, "the shard that had no room is scored twice, no other"


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """Where nobody may mount: the process may write no file longer than 1 KB."""
    running = begin(
        tmp_path / "store",
        tmp_path / "log",
        0,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)),
    )
    _, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "DiskFull: no room left for scores" in said and "0 of 1,000 different rows" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WrongCall, match="cannot be written"):
        Store(tmp_path).scores(Counting(), made_up(3), Local())


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(WrongCall, match=r"cannot be read .* Name another store"):
        Store(tmp_path / "store").scores(Counting(), made_up(3), Local())


# -- what it says of itself -----------------------------------------------------------------------------------------------


def test_contents(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", rows=SHARD)
    assert store.contents() == []
    before = time.time()
    store.scores(Counting(), made_up(250), Local())
    store.scores(Counting(factor=2), made_up(10), Local())
    (store.folder / "notes").mkdir()
    found = {each.settings["factor"]: each for each in store.contents()}
    assert found.keys() == {1, 2} and {each.scorer for each in found.values()} == {"counting"}
    one = found[1]
    assert (one.rows, one.damaged) == (250, 0)
    assert one.tokens == sum(len(text.split()) for text in made_up(250)["text"].to_pylist())
    assert one.bytes == sum(path.stat().st_size for path in (store.folder / one.name).glob("*.parquet"))
    assert 0 < one.seconds < 60 and before - 1 <= one.used.timestamp() <= time.time() + 1
    with pytest.raises(WrongCall, match=rf"has no 'no'. It has: .*{one.name}"):
        store.remove("no")
    with pytest.raises(WrongCall, match="has no"):
        store.remove("../store")
    store.remove(one.name)
    assert [each.settings["factor"] for each in store.contents()] == [2]


def test_when_it_was_used(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.scores(Counting(), made_up(3), Local())
    (path,) = tmp_path.glob("*/scorer.json")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert store.contents()[0].used.year == 2001
    store.scores(Counting(), made_up(3), Local())
    assert store.contents()[0].used.year > 2001


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.delenv("OKINST_STORE", raising=False)
    assert default_folder() == Path(datasets.config.HF_DATASETS_CACHE, "okinst", "scores")
    monkeypatch.setenv("OKINST_STORE", str(tmp_path / "elsewhere"))
    assert Store().folder == tmp_path / "elsewhere"


def test_settings_that_are_no_json(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="its settings are no JSON"):
        Store(tmp_path).scores(Counting(factor=tmp_path), made_up(3), Local())  # type: ignore[arg-type]
