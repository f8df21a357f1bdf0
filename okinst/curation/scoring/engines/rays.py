"""A Ray cluster, or Ray on this machine: Ray Data over the same shards, scored by actors that open the model once.

One row of the Ray dataset is one whole shard, packed: nothing that Ray does to blocks can cut a shard, join two, or change the
type of a column, so that the scores are those of `local`, byte for byte, on the same hardware with as many threads.
"""

import contextlib
import logging
import os
import socket
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from okinst.builders import OkinstError, WrongCall
from okinst.curation.scoring.engines import Scored, Shard, carried, packed, score, thrown, unpacked
from okinst.curation.scoring.scorer import Progress, Scorer
from okinst.curation.scoring.shards import tokens

#: bytes of the object store of a Ray that is started here; what does not fit is spilled to disk
STORE_MEMORY = 1 << 30
#: how often a shard is begun: Ray replaces an actor that dies, and would do so for ever with one that no memory is enough for
_TRIES = 3
_SHARD = pa.schema([("name", pa.string()), ("data", pa.large_binary())])


@dataclass(frozen=True)
class Rays:
    """Scores on Ray.

    Where this process is connected to a Ray, that one is taken. Else `address` is a running cluster's ("auto", "10.0.0.1:6379"); None
    starts a Ray on this machine, and stops it at the end. `concurrency` is the number of actors (None: as many as the GPUs allow, or
    all CPUs but one, which reads), `gpus` and `cpus` what each gets; a GPU may be shared (0.5), and a scorer that has no use for one
    gets none. Raises WrongCall where Ray is missing or cannot be reached.
    """

    address: str | None = None
    concurrency: int | None = None
    gpus: float = 0
    cpus: float = 1

    def __post_init__(self) -> None:
        if self.concurrency is not None and self.concurrency < 1:
            raise WrongCall(f"concurrency = {self.concurrency!r} should be a number of actors, 1 or more.")
        for name, value in (("gpus", self.gpus), ("cpus", self.cpus)):
            if value < 0 or (value > 1 and value != int(value)):
                raise WrongCall(f"{name} = {value!r} of an actor should be a share of one (0.5), or a whole number.")

    def run(
        self, scorer: Scorer, shards: Iterable[Shard], progress: Progress | None = None
    ) -> Generator[Scored, None, None]:
        """Score shards, and give them as they get done. See `Engine.run`."""
        gpus = self.gpus if scorer.gpu else 0
        with contextlib.ExitStack() as stack:
            ray = stack.enter_context(_connected(self.address))
            actors = self._actors(ray, gpus)
            blocks, waiting = [], set[str]()
            for name, requests in shards:
                blocks.append(ray.put(pa.table({"name": [name], "data": [packed(requests)]}, schema=_SHARD)))
                waiting.add(name)
            if not blocks:
                return
            tries = ray.remote(num_cpus=0)(_Tries).remote()
            stack.callback(_end, ray, tries)  # else it would live as long as this process
            scored = ray.data.from_arrow_refs(blocks).map_batches(
                _Actor,
                fn_constructor_args=(scorer, "cuda" if gpus else "cpu", max(1, int(self.cpus)), tries),
                compute=ray.data.ActorPoolStrategy(size=min(actors, len(blocks))),
                num_cpus=self.cpus,
                num_gpus=gpus,
                batch_size=None,
                batch_format="pyarrow",
                zero_copy_batch=True,
            )
            for batch in _iterated(ray, scored):
                for row in batch.to_pylist():
                    if row["error"]:
                        raise thrown(row["error"])
                    if row["name"] not in waiting:
                        continue  # it comes twice: an actor was lost on the way home
                    waiting.remove(row["name"])
                    scores = unpacked(row["data"])
                    if progress:
                        progress(scores.num_rows, tokens(scores))
                    yield Scored(row["name"], scores, row["seconds"])
            if waiting:
                raise OkinstError(
                    f"Ray ended without {len(waiting):,} shards. Run the same again: it goes on with them."
                )

    def check(self) -> None:
        """Raise WrongCall where Ray is not installed."""
        _imported()

    def _actors(self, ray: Any, gpus: float) -> int:
        """How many actors of so many GPUs each."""
        resources = ray.cluster_resources()
        cpus, there = int(resources.get("CPU", 0)), resources.get("GPU", 0)
        if gpus > there or self.cpus > cpus:
            raise WrongCall(
                f"an actor of {self.cpus:g} CPUs and {gpus:g} GPUs has no place: Ray has {cpus} CPUs and {there:g} GPUs. "
                f"Ask for less, or start it with more."
            )
        if self.concurrency is not None:
            return self.concurrency
        if gpus:
            return max(1, int(there / gpus))
        return max(1, int((cpus - 1) / self.cpus) if self.cpus else cpus - 1)


class _Tries:
    """Counts how often each shard was begun, in a process of its own that outlives those that score."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()

    def begin(self, name: str) -> int:
        self.begun[name] += 1
        return self.begun[name]


class _Actor:
    """A scorer in a process of Ray's."""

    def __init__(self, scorer: Scorer, device: str, cpus: int, tries: Any) -> None:
        # others score on this machine: threads for what this one was given, as Ray sees to for PyTorch
        os.environ["PYTHON_CPU_COUNT"] = str(cpus)
        self.tries = tries
        # what goes wrong is a result like others: Ray would open the model again and again
        self.error = b""
        try:
            self.loaded = scorer.load(device)
        except Exception as error:  # whatever it is, it is raised where the run was begun
            self.error = carried(error)

    def __call__(self, batch: pa.Table) -> pa.Table:
        rows = [self._scored(row["name"], row["data"]) for row in batch.to_pylist()]
        names, data, seconds, errors = zip(*rows, strict=True)
        return pa.table(
            {
                "name": pa.array(names, pa.string()),
                "data": pa.array(data, pa.large_binary()),
                "seconds": pa.array(seconds, pa.float64()),
                "error": pa.array(errors, pa.binary()),
            }
        )

    def _scored(self, name: str, data: bytes) -> tuple[str, bytes, float, bytes]:
        import ray

        if self.error:
            return name, b"", 0.0, self.error
        try:
            if ray.get(self.tries.begin.remote(name)) > _TRIES:
                raise OkinstError(
                    f"shard {name} ended {_TRIES} processes that tried to score it (as the system does where memory runs out). "
                    f"Take fewer actors (concurrency), or more cpus for each."
                )
            done = score(self.loaded, (name, unpacked(data)))
            return name, packed(done.scores), done.seconds, b""
        except Exception as error:  # the same: the driver raises it, and no row of the shard counts as scored
            return name, b"", 0.0, carried(error)


def _end(ray: Any, actor: Any) -> None:
    with contextlib.suppress(ray.exceptions.RayError):  # it ended with the cluster: what the run raised is what counts
        ray.kill(actor)


def _iterated(ray: Any, scored: Any) -> Iterator[pa.Table]:
    """Blocks as they get done. Ray's own failures are told in one sentence."""
    blocks = iter(scored.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0))
    while True:
        try:
            batch = next(blocks, None)
        except ray.exceptions.RayError as error:
            told = " ".join(str(error).split())[:300]
            raise OkinstError(
                f"Ray gave up ({type(error).__name__}: {told}). `ray status` says how it is. Run the same again: it goes on."
            ) from error
        if batch is None:
            return
        yield batch


def _knock(address: str) -> None:
    """Raise OSError where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if port.isdigit() and "/" not in address:
        socket.create_connection((host, int(port)), timeout=10).close()


def _imported() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
    except ImportError:
        raise WrongCall(
            "the engine ray needs Ray: pip install 'okinst[ray]'. The engine local needs nothing."
        ) from None
    return ray


@contextlib.contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Ray, connected and quiet. A Ray that was started here is stopped here."""
    ray = _imported()
    context = ray.data.DataContext.get_current()
    bars, said = context.enable_progress_bars, context.print_on_execution_start
    context.enable_progress_bars = context.print_on_execution_start = False  # the store shows one bar, for every engine
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    ours = not ray.is_initialized()
    if ours:
        quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
        try:
            if address is not None:
                _knock(address)
                ray.init(address=address, **quiet)
            else:
                ray.init(
                    _node_ip_address="127.0.0.1", include_dashboard=False, object_store_memory=STORE_MEMORY, **quiet
                )
        except (OSError, RuntimeError, ValueError) as error:
            where = f"at {address!r}" if address else "on this machine"
            raise WrongCall(
                f"no Ray {where} ({error}). `ray start --head` starts one; `ray status` says where it is."
            ) from error
    try:
        yield ray
    finally:
        context.enable_progress_bars, context.print_on_execution_start = bars, said
        if ours:
            ray.shutdown()
