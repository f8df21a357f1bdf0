"""The store: scores beside rows, so that what was scored once is never scored again.

    store = Store()
    scores = store.scores(Kiwi(), requests(texts), Local())     # one row a text, in order

A namespace is a folder, `<scorer>-<digest of its settings>`: `scorer.json` (settings in clear), one Parquet file a shard, and
`ledger.jsonl` (what each shard cost, which is never the same twice and so stands in no shard). What is missing is put in order of
length, cut into shards of a fixed number of rows, and scored shard by shard: whenever a run is interrupted, the next one cuts the
rest at the same places, and the bytes are those of a run that nobody disturbed.
"""

import contextlib
import errno
import hashlib
import json
import logging
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from datasets.utils import tqdm
from filelock import FileLock, Timeout

from okinst.builders import DamagedFile, OkinstError, WrongCall
from okinst.builders.errors import DiskFull
from okinst.curation.scoring import shards
from okinst.curation.scoring.engines import Engine, Scored, Shard
from okinst.curation.scoring.requests import KEY, checked, keys, without_contexts
from okinst.curation.scoring.scorer import Scorer
from okinst.version import VERSION

logger = logging.getLogger("okinst")
Array = np.ndarray[Any, Any]

#: of the folders and files; a store of another layout is not read
LAYOUT = 1
#: rows of a shard: what is lost at most when a process is killed, and enough for full batches
ROWS = 2_048
_SCORER, _LEDGER = "scorer.json", "ledger.jsonl"
_NAMESPACE = re.compile(r"[\w.-]+-[0-9a-f]{12}")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def default_folder() -> Path:
    """Where scores are kept if nobody says: OKINST_STORE, or beside the caches of `datasets`."""
    if named := os.environ.get("OKINST_STORE"):
        return Path(named).expanduser()
    import datasets

    return Path(datasets.config.HF_DATASETS_CACHE, "okinst", "scores")


@dataclass(frozen=True)
class Namespace:
    """What a store has of one scorer."""

    #: the folder's name
    name: str
    scorer: str
    settings: dict[str, Any]
    rows: int
    tokens: int
    #: on disk
    bytes: int
    #: of scoring, added up over processes; without those of a run that was killed before it wrote them down
    seconds: float
    used: datetime
    #: shards that cannot be read: they are scored again when they are asked for
    damaged: int = 0
    #: why nothing of it is read, where it is of another layout or what says whose it is cannot be read
    problem: str | None = None


@dataclass(frozen=True)
class Store:
    """Scores on disk. `rows` is the number of rows of a shard."""

    folder: Path = field(default_factory=default_folder)
    rows: int = ROWS

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))
        if self.rows < 1:
            raise WrongCall(f"rows = {self.rows} of a shard should be 1 or more.")

    def scores(
        self,
        scorer: Scorer,
        requests: pa.Table,
        engine: Engine,
        seed: int = 0,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """The scores of requests, one row each, in their order: read where they are known, else made by the engine and kept.

        A scorer that learns is fitted on these requests, and learns where a score is missing. `columns` are those wanted (None: all; (): score what is missing,
        read nothing). Raises WrongCall where another run is at work on the same scorer or the store has another layout, DiskFull where
        there is no room; what was scored until then stays, as it does after Ctrl-C.
        """
        requests = checked(requests)
        if not scorer.reads_context:
            requests = without_contexts(requests)
        scorer = scorer.fitted(requests, seed)
        place = _Place.of(self.folder, scorer)
        place.check()
        wanted = keys(requests)
        schema = None if len(wanted) else _columns_for_none(place, scorer, requests, engine)
        written: set[Path] = set()
        while True:
            found = place.look_up(wanted)
            _check_written(written, written.difference(found.paths), "unreadable or gone")
            if found.missing.any():
                with place.alone():
                    scorer = scorer.learnt()  # here and once, before the engine sends it anywhere
                    place.begin()
                    written |= self._fill(place, scorer, requests, wanted, engine)
                continue
            place.touch()
            try:
                return place.read(found, columns, schema)
            except _DamagedShards as damaged:
                _check_written(written, {each.path for each in damaged.all}, "damaged")
                with place.alone():
                    for damage in damaged.all:
                        place.drop(damage)

    def _fill(self, place: "_Place", scorer: Scorer, requests: pa.Table, wanted: Array, engine: Engine) -> set[Path]:
        """Score what is missing, shard by shard. Returns the shards that were written."""
        distinct, first = np.unique(wanted, return_index=True)
        missing = first[place.look_up(distinct).missing]  # another run may have ended since we looked
        lengths = np.asarray(pc.add(pc.utf8_length(requests["text"]), pc.utf8_length(requests["context"])), np.int64)[
            missing
        ]
        order = np.lexsort((np.arange(len(missing)), lengths))  # they were in the order of keys
        missing, lengths = missing[order], lengths[order]
        texts = requests.combine_chunks()  # once: `take` would do it for every shard
        starts = range(0, len(missing), self.rows)
        rows_of = {
            shards.name_of(wanted[rows]): rows for start in starts for rows in [missing[start : start + self.rows]]
        }

        def cut() -> Iterator[Shard]:
            # the longest first: what does not fit into memory shows at once, and no process is left with them at the end
            for name, rows in reversed(rows_of.items()):
                yield name, texts.take(pa.array(rows))

        before = len(distinct) - len(missing)

        def kept() -> tuple[int, int]:
            # by what is on disk: a run may end between the writing of a shard and the next line here
            return before + sum(len(rows) for name, rows in rows_of.items() if place.shard(name).exists()), len(
                distinct
            )

        with (
            _Bar(scorer.name, lengths[::-1]) as bar,
            _kept(place.folder, kept),
            contextlib.closing(engine.run(scorer, cut(), bar.progress)) as results,
        ):
            for result in results:
                place.keep(result, wanted[rows_of[result.name]])
        return {place.shard(name) for name in rows_of}

    def contents(self) -> list[Namespace]:
        """What the store has, by name."""
        if not self.folder.is_dir():
            return []
        folders = sorted(
            path.parent for path in self.folder.glob(f"*/{_SCORER}") if _NAMESPACE.fullmatch(path.parent.name)
        )
        return [_Place(folder).told() for folder in folders]

    def remove(self, namespace: str) -> None:
        """Remove a namespace, of any layout. Raises WrongCall where there is none of that name, or a run is at work on it."""
        place = _Place(self.folder / namespace)
        if not (_NAMESPACE.fullmatch(namespace) and place.folder.is_dir()):
            there = sorted(path.parent.name for path in self.folder.glob(f"*/{_SCORER}"))
            raise WrongCall(f"{self.folder} has no {namespace!r}. It has: {', '.join(there) or 'nothing'}.")
        with place.alone():
            shutil.rmtree(place.folder)


class _DamagedShards(Exception):
    """Shards whose keys are whole, and whose scores are not."""

    def __init__(self, damaged: list[shards.Damaged]) -> None:
        super().__init__(*damaged)
        self.all = damaged


class _Found(NamedTuple):
    """Where the scores of keys are: the number of the shard in `paths`, and the row in it."""

    paths: list[Path]
    shard: Array
    row: Array
    missing: Array


@dataclass(frozen=True)
class _Place:
    """The folder of a namespace."""

    folder: Path
    #: None: as it is found
    scorer: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    #: the keys of the shards that were looked into: a shard is named after its keys, so they are read once
    _keys: dict[Path, Array] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, store: Path, scorer: Scorer) -> "_Place":
        settings = scorer.settings()
        try:
            written = json.dumps(settings, ensure_ascii=False, sort_keys=True, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise WrongCall(f"scorer {scorer.name}: its settings are no JSON ({error}): {settings!r}.") from None
        digest = hashlib.sha256(written.encode()).hexdigest()[:12]
        return cls(store / f"{scorer.name}-{digest}", scorer.name, json.loads(written))

    # -- what is there ----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise where the folder is not what this version of okinst writes for this scorer."""
        told = self._told()
        if (
            told is not None
            and self.scorer is not None
            and (told["scorer"], told["settings"]) != (self.scorer, self.settings)
        ):
            raise WrongCall(
                f"{self.folder} holds scores of {told['scorer']} with {told['settings']}, not of {self.scorer} with "
                f"{self.settings}. Name another store (--store, OKINST_STORE), or remove the folder."
            )

    def _told(self) -> dict[str, Any] | None:
        path = self.folder / _SCORER
        ways = (
            f"Name another store (--store, OKINST_STORE), or remove it (okinst scores --remove {self.folder.name}): its rows are then "
            f"scored again."
        )
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            layout = told["layout"]
        except FileNotFoundError:
            if not next(self.folder.glob("*.parquet"), None):
                return None
            raise DamagedFile(f"{self.folder} has scores, but no {_SCORER} that says whose. {ways}") from None
        except OSError as error:
            raise WrongCall(
                f"{path} cannot be read ({error.strerror}). Name another store (--store, OKINST_STORE)."
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedFile(f"{path} cannot be read ({error}). {ways}") from None
        if layout != LAYOUT:
            raise WrongCall(
                f"{self.folder} was written by okinst {told.get('okinst', 'of another version')} in layout {layout}; this okinst "
                f"({VERSION}) reads layout {LAYOUT}. {ways}"
            )
        if not isinstance(told.get("scorer"), str) or not isinstance(told.get("settings"), dict):
            raise DamagedFile(f"{path} does not say of which scorer and settings the scores are. {ways}")
        return dict(told)

    def look_up(self, wanted: Array) -> _Found:
        """Where the scores of keys (V16) are. Shards that cannot be read are as good as none."""
        self._look_around()
        paths = sorted(self._keys)
        sizes = [len(self._keys[path]) for path in paths]
        together = np.concatenate([np.empty(0, f"V{KEY}"), *(self._keys[path] for path in paths)])
        if not len(together):
            return _Found([], np.zeros(0, np.int64), np.zeros(0, np.int64), np.ones(len(wanted), bool))
        order = np.argsort(together, kind="stable")
        together = together[order]
        at = np.minimum(np.searchsorted(together, wanted), len(together) - 1)
        shard = np.repeat(np.arange(len(sizes)), sizes)
        row = np.concatenate([np.arange(size) for size in sizes])
        return _Found(paths, shard[order][at], row[order][at], together[at] != wanted)

    def _look_around(self) -> list[shards.Damaged]:
        """Read the keys of shards that are new. Returns those that cannot be read."""
        there = set(self.folder.glob("*.parquet"))
        for gone in self._keys.keys() - there:
            del self._keys[gone]
        damaged = []
        for path in sorted(there - self._keys.keys()):
            try:
                self._keys[path] = shards.keys_of(path)
            except shards.Damaged as damage:
                damaged.append(damage)
            except FileNotFoundError:
                pass  # removed since by another run
        return damaged

    def shard(self, name: str) -> Path:
        """Where the shard of this name is."""
        return self.folder / f"{name}.parquet"

    def read(self, found: _Found, columns: Sequence[str] | None, schema: pa.Schema | None) -> pa.Table:
        """The scores at these places, in their order. `schema` is told where there are no rows to tell it.

        Raises _DamagedShards, which names all that are, once every shard was read.
        """
        if schema is None:
            schema = shards.schema_of(found.paths[found.shard[0]])
        unknown = [name for name in columns or () if name not in schema.names]
        if unknown:
            raise WrongCall(f"{self.folder.name} has no column {unknown[0]!r}; it has {', '.join(schema.names)}.")
        schema = pa.schema([schema.field(name) for name in columns]) if columns is not None else schema
        if not len(schema):
            return pa.table({})
        order = np.argsort(found.shard, kind="stable")
        taken = [_Column(field.type, len(order)) for field in schema]
        numbers, starts = np.unique(found.shard[order], return_index=True)
        damaged = []
        for number, places in zip(numbers, np.split(order, starts[1:]), strict=False):
            path = found.paths[number]
            try:
                part = shards.read(path, schema.names)
            except shards.Damaged as damage:
                damaged.append(damage)
                continue
            if part.schema != schema or part.num_rows <= found.row[places].max():
                raise DamagedFile(
                    f"{path} has columns ({part.schema.to_string(show_field_metadata=False)}) that other shards of "
                    f"{self.folder.name} have not. Remove it: its rows are then scored again."
                )
            for column, values in zip(taken, part.columns, strict=True):
                column.put(places, values.combine_chunks(), found.row[places])
            del part, values  # not two shards at once: the next one is read before these names are taken again
        if damaged:
            raise _DamagedShards(damaged)
        return pa.table([column.whole(order) for column in taken], schema=schema)

    def told(self) -> Namespace:
        """What is here, for people."""
        problem = None
        try:
            told = self._told() or {"scorer": "", "settings": {}}
        except OkinstError as error:  # one that cannot be used hides no other; WrongCall and DamagedFile
            told, problem = {"scorer": "", "settings": {}}, str(error)
        rows = tokens = size = damaged = 0
        for path in self.folder.glob("*.parquet"):
            size += path.stat().st_size
            try:
                more_rows, more_tokens = shards.facts_of(path)
                rows, tokens = rows + more_rows, tokens + more_tokens
            except shards.Damaged:
                damaged += 1
        used = datetime.fromtimestamp((self.folder / _SCORER).stat().st_mtime, tz=timezone.utc)
        return Namespace(
            self.folder.name,
            told["scorer"],
            told["settings"],
            rows,
            tokens,
            size,
            self._seconds(),
            used,
            damaged,
            problem,
        )

    def _seconds(self) -> float:
        seconds = 0.0
        with contextlib.suppress(FileNotFoundError):
            for line in (self.folder / _LEDGER).read_text(encoding="utf-8", errors="replace").splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError):  # cut by a kill
                    seconds += float(json.loads(line)["seconds"])
        return seconds

    # -- what is written: by one run at a time ----------------------------------------------------------------------------

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other runs out. Raises WrongCall that names the one that is in."""
        told = self.folder.with_name(f"{self.folder.name}.running.json")
        path = self.folder.with_name(f"{self.folder.name}.lock")
        with _writing(self.folder):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()  # where nothing can be written this says so; a lock would not
        try:
            lock = FileLock(path, timeout=0)
            lock.acquire()
        except Timeout:
            raise WrongCall(
                f"{self.folder.name} is being scored by another run ({_who(told)}) in {self.folder.parent}. Wait for it, then run "
                f"the same again: what it scored is then read. Or name another store (--store, OKINST_STORE)."
            ) from None
        try:
            me = {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "since": datetime.now().astimezone().isoformat(" ", "seconds"),
            }
            with _writing(self.folder):
                told.write_text(json.dumps(me), encoding="utf-8")
            yield
        finally:
            told.unlink(missing_ok=True)
            lock.release()

    def begin(self) -> None:
        """Make the folder ready: remove what a killed run left half-written, and shards that are damaged."""
        with _writing(self.folder):
            self.folder.mkdir(exist_ok=True)
            for left in self.folder.glob(f"*{shards.INCOMPLETE}"):
                left.unlink()
            for damage in self._look_around():
                self.drop(damage)
            if self._told() is None:
                told = {"layout": LAYOUT, "scorer": self.scorer, "settings": self.settings, "okinst": VERSION}
                text = json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
                shards.write(self.folder / _SCORER, text.encode())

    def drop(self, damage: shards.Damaged) -> None:
        """Remove a damaged shard, and say so."""
        logger.warning("%s is damaged (%s): removed, its rows are scored again.", damage.path, damage.why)
        damage.path.unlink(missing_ok=True)
        self._keys.pop(damage.path, None)

    def keep(self, result: Scored, some: Array) -> None:
        """Write the scores of these keys (V16), and what they cost."""
        _check(result, len(some), self.folder.name)
        shards.write(self.shard(result.name), shards.encoded(some, result.scores))
        cost = {
            "shard": result.name,
            "rows": len(some),
            "tokens": shards.tokens(result.scores),
            "seconds": round(result.seconds, 6),
        }
        with (self.folder / _LEDGER).open("a", encoding="utf-8") as file:
            file.write(json.dumps(cost) + "\n")

    def touch(self) -> None:
        """Remember that it was used now."""
        with contextlib.suppress(OSError):  # a store that others may only read
            os.utime(self.folder / _SCORER)


class _Column:
    """A column of scores that is put together from shards."""

    def __init__(self, kind: pa.DataType, rows: int) -> None:
        self.kind = kind
        self.parts: list[pa.Array] = []
        self.values: Array | None = None
        if pa.types.is_fixed_size_list(kind) and pa.types.is_floating(kind.value_type):
            # embeddings are by far the largest: each is copied once, to where it belongs
            self.values = np.zeros((rows, kind.list_size), kind.value_type.to_pandas_dtype())
            self.there = np.ones(rows, bool)

    def put(self, places: Array, values: pa.Array, rows: Array) -> None:
        """Take rows of a shard; `places` is where they belong."""
        if self.values is None:
            self.parts.append(values.take(pa.array(rows)))
            return
        size = self.kind.list_size
        flat = np.asarray(values.values)[values.offset * size : (values.offset + len(values)) * size].reshape(-1, size)
        self.values[places] = flat[rows]
        if values.null_count:
            self.there[places] = ~np.asarray(values.is_null())[rows]

    def whole(self, order: Array) -> pa.ChunkedArray:
        """All rows; `order` is the places in the order in which they were put."""
        if self.values is not None:
            there = None if self.there.all() else pa.py_buffer(np.packbits(self.there, bitorder="little").tobytes())
            flat = pa.Array.from_buffers(
                self.kind.value_type, self.values.size, [None, pa.py_buffer(self.values.reshape(-1))]
            )
            return pa.chunked_array(
                [pa.Array.from_buffers(self.kind, len(order), [there], -1 if there else 0, children=[flat])]
            )
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        together = pa.concat_arrays(self.parts) if self.parts else pa.array([], self.kind)
        return pa.chunked_array([together.take(pa.array(back))])


class _Bar(tqdm):
    """How far it is: rows/s, tokens/s, and the time left by characters, because the longest texts come first."""

    def __init__(self, scorer: str, lengths: Array) -> None:
        self._work = np.cumsum(lengths + 1)
        self._tokens, self._started = 0, time.monotonic()
        shape = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} rows [{elapsed}{postfix}]"
        super().__init__(total=len(lengths), desc=f"Scoring ({scorer})", bar_format=shape)

    def progress(self, rows: int, tokens: int) -> None:
        """Count rows and tokens that were scored."""
        self._tokens += tokens
        seconds = max(time.monotonic() - self._started, 1e-6)
        done = min(self.n + rows, len(self._work))
        if not self.disable and done:
            left = seconds * (self._work[-1] / self._work[done - 1] - 1)
            speed = f"{done / seconds:,.0f} rows/s" + (
                f", {self._tokens / seconds:,.0f} tokens/s" if self._tokens else ""
            )
            self.set_postfix_str(f"{speed}, {self.format_interval(left)} left", refresh=False)
        self.update(rows)


def _columns_for_none(place: _Place, scorer: Scorer, requests: pa.Table, engine: Engine) -> pa.Schema:
    """The columns of no scores: known to a shard, or else to the scorer."""
    for path in sorted(place.folder.glob("*.parquet")):
        with contextlib.suppress(shards.Damaged):
            return shards.schema_of(path)
    with contextlib.closing(engine.run(scorer.learnt(), [("none", requests)])) as results:
        return next(results).scores.schema.remove_metadata()


def _check(result: Scored, rows: int, name: str) -> None:
    """Raise where a scorer did not keep its promise: nothing wrong may be kept."""
    if result.scores.num_rows != rows:
        raise OkinstError(
            f"{name}: shard {result.name} of {rows:,} rows came back with {result.scores.num_rows:,} scores. Nothing of it is kept."
        )
    for column, values in zip(result.scores.schema, result.scores.columns, strict=True):
        flat = values.combine_chunks()
        if pa.types.is_fixed_size_list(column.type):
            flat = flat.flatten()
        if pa.types.is_floating(flat.type) and not pc.all(pc.is_finite(flat)).as_py() and len(flat) > flat.null_count:
            raise OkinstError(
                f"{name}: {column.name} of shard {result.name} has NaN or infinite values. Nothing of it is kept."
            )


def _check_written(written: set[Path], damaged: set[Path], how: str) -> None:
    """Raise DamagedFile where a shard that this run wrote is damaged: that is no accident, and would go on for ever."""
    for path in sorted(written & damaged):
        raise DamagedFile(
            f"{path} is {how}, right after this run wrote it. Check the disk, or name another store (--store, OKINST_STORE)."
        )


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say plainly that a folder cannot be written."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(
                f"no room left for scores in {folder} ({error.strerror}). Free some space, or name another store (--store, "
                f"OKINST_STORE)."
            ) from error
        raise WrongCall(
            f"scores cannot be written in {folder} ({error.strerror}). Name another store (--store, OKINST_STORE)."
        ) from error


@contextlib.contextmanager
def _kept(folder: Path, count: Any) -> Iterator[None]:
    """Say, whatever ends a run, how far it got."""

    def told() -> str:
        done, rows = count()
        return f"{done:,} of {rows:,} different rows are scored, and kept in {folder}; the same command goes on from there."

    try:
        yield
    except KeyboardInterrupt:
        logger.warning("Scoring was interrupted: %s", told())
        raise KeyboardInterrupt(f"scoring was interrupted: {told()}") from None
    except OSError as error:
        if isinstance(error, OkinstError) or error.errno not in _FULL:
            logger.warning("Scoring failed: %s", told())
            raise
        raise DiskFull(
            f"no room left for scores in {folder} ({error.strerror}). Free some space, or name another store (--store, "
            f"OKINST_STORE). {told()}"
        ) from error
    except Exception:  # whatever it is goes on as it is: here is only said how far the run got
        logger.warning("Scoring failed: %s", told())
        raise


def _who(told: Path) -> str:
    for _ in range(10):  # it may have begun this very moment
        with contextlib.suppress(OSError, ValueError, KeyError):
            run = json.loads(told.read_text(encoding="utf-8"))
            return f"process {run['pid']} on {run['host']}, since {run['since']}"
        time.sleep(0.1)
    return "which does not say who it is"
