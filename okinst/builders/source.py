"""The builder that each source fills in: say where the files are, how they are read, and what one row means."""

import ast
import errno
import gc
import hashlib
import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any, ClassVar

import datasets
import pyarrow as pa

from okinst.builders import bibliography, doors, formats, measured, schema
from okinst.builders import tally as tallying
from okinst.builders.card import Card, Variant
from okinst.builders.doors import Located, Upstream
from okinst.builders.errors import DamagedFile, DiskFull, Drift, TooManyLost, Unmapped, WrongCall
from okinst.builders.formats import Format
from okinst.builders.schema import Row, Shape
from okinst.builders.tally import PREFIX, Tally

logger = logging.getLogger("okinst")

#: the name all caches and streams go by, however a builder was reached
DATASET = "okinst"
#: rows per Arrow table; a few MB of text
BATCH = 1_000
_FOREIGN = frozenset(("datasets.builder", "builtins"))
#: this many rows may always be left out: a share says nothing about a file of twelve rows
FEW = 10


class SourceBuilder(datasets.ArrowBasedBuilder, datasets.GeneratorBasedBuilder):
    """One source of rows.

    A subclass gives `CARD`, `COLUMNS`, `BUILDER_CONFIGS`, and `example`; `FORMAT` where the files are not JSON Lines (`read`
    where they are like no other), `SHAPE` where a row is not a conversation, and `examples` where one upstream row becomes several.

    It is a `GeneratorBasedBuilder`: `_generate_examples` is the contract. What `datasets` calls is `_generate_tables`,
    which makes Arrow tables of the same rows, several at a time: encoding row by row is most of what a plain
    `GeneratorBasedBuilder` does.
    """

    CARD: ClassVar[Card]
    SHAPE: ClassVar[Shape] = "conversation"
    #: how the upstream files are laid out, whatever their names say
    FORMAT: ClassVar[Format] = "JSON Lines"
    #: the upstream columns, for raw=True and for a reader
    COLUMNS: ClassVar[dict[str, Any]]
    #: the largest share of rows that may be left out before a build is refused
    MAY_LOSE: ClassVar[float] = 0.05
    BUILDER_CONFIG_CLASS = Variant

    config: Variant

    # -- what a source says ---------------------------------------------------------------------------------------

    def read(self, file: IO[bytes], name: str) -> Iterator[Row]:
        """The upstream rows of one open file; `name` is for messages. A format of its own overrides this."""
        return formats.READERS[self.FORMAT](file, name)

    def example(self, row: Row) -> Row:
        """What one upstream row means: the columns of the shape, and any common column that differs from the Card.

        Raises Unmapped, with the reason to count it under, for a row that has no place in the shape.
        """
        raise NotImplementedError(f"{type(self).__name__} must say what a row means: define example()")

    def examples(self, row: Row) -> Iterable[Row]:
        """The rows that one upstream row becomes."""
        return (self.example(row),)

    def row_features(self) -> datasets.Features:
        """The columns of a row; a labelled or rated source adds its own."""
        return schema.features(self.SHAPE)

    # -- what datasets asks ---------------------------------------------------------------------------------------

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refuse_features(kwargs)
        kwargs["dataset_name"] = DATASET
        super().__init__(*args, **kwargs)

    def _create_builder_config(self, *args: Any, **kwargs: Any) -> tuple[Variant, str]:
        config, _ = super()._create_builder_config(*args, **kwargs)
        # A readable folder for people; everything that can change a row goes into the hash.
        config_id = config.name + "-raw" * config.raw + "-as-published" * config.as_published
        self.hash = digest(*self._identity(config))
        return config, config_id

    def _identity(self, config: Variant) -> Iterator[str]:
        """What names the cache: the code, the options and the files, so that no change is answered with old rows."""
        yield code_of(*(cls.__module__ for cls in type(self).__mro__ if cls.__module__ not in _FOREIGN))
        yield repr((config.name, config.raw, config.as_published, config.accept_drift))
        if config.rule:
            yield config.rule.__qualname__ + code_of(config.rule.__module__)
        door = self._door(config)
        yield door.name
        for split, files in config.files.items():
            yield split
            yield from (f"{file}@{file.repo.revision} {door.fingerprint(file)}" for file in files)

    def _door(self, config: Variant, streaming: bool = False) -> doors.Door:
        return doors.choose(
            data_dir=config.data_dir,
            mirror=config.mirror,
            sample=config.sample,
            token=self.token,
            streaming=streaming,
        )

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(
            description=self.config.description,
            features=schema.upstream_features(self.COLUMNS) if self.config.raw else self.row_features(),
            homepage=self.CARD.homepage,
            license=self.CARD.license,
            citation=bibliography.bibtex(self.CARD.citations),
        )

    def _split_generators(self, downloads: Any) -> list[datasets.SplitGenerator]:
        # A stream locates its files when it is read: to name the splits must not need them.
        files: dict[str, list[Upstream] | list[Located]] = {
            split: list(upstream) if downloads.is_streaming else self.locate(upstream)
            for split, upstream in self.config.files.items()
        }
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"files": found, "split": split})
            for split, found in files.items()
        ]

    def locate(self, files: Iterable[Upstream], streaming: bool = False) -> list[Located]:
        """Every file behind some upstream names, through the open door."""
        door = self._door(self.config, streaming)
        return [found for file in files for found in door.locate(file, self.config.name)]

    def _generate_examples(self, files: list[Upstream] | list[Located], split: str) -> Iterator[tuple[str, Row]]:
        for common, rows in self._read_files(files, split):
            for id, row in rows:
                yield id, row if common is None else {"id": id, **common, **row}

    def _generate_tables(self, files: list[Upstream] | list[Located], split: str) -> Iterator[tuple[int, pa.Table]]:
        columns = self.info.features
        number = 0
        for common, rows in self._read_files(files, split):
            while batch := list(islice(rows, BATCH)):
                ids, made = zip(*batch, strict=True)
                try:
                    yield number, schema.table(ids, made, columns, common)
                except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError) as error:
                    raise DamagedFile(
                        f"{self.config.name}/{split}: row {ids[0]} or one of the {len(ids):,} after it does not fit its "
                        f"columns ({str(error).splitlines()[0]}). Please report it."
                    ) from error
                number += 1

    def _read_files(
        self, files: list[Upstream] | list[Located], split: str
    ) -> Iterator[tuple[dict[str, str] | None, Iterator[tuple[str, Row]]]]:
        """For each file the common columns of its rows (raw rows have none), and the rows: id, and their own columns."""
        for file in files:
            streamed = isinstance(file, Upstream)
            for found in self.locate([file], streaming=True) if isinstance(file, Upstream) else [file]:
                tally = self._tally(found, split)
                yield self._common(found), self._rows(found, split, tally)
                if not streamed:
                    self._keep(tally)

    def _prepare_split(
        self, split_generator: Any, check_duplicate_keys: bool = False, num_proc: int | None = None, **kwargs: Any
    ) -> None:
        # datasets 3 and 4 offer to compare the keys of a generator; ids made of positions have no duplicates. A file is
        # read by one process: to ask for more is no mistake worth the warning that datasets would give.
        files = split_generator.gen_kwargs["files"]
        super()._prepare_split(split_generator, num_proc=min(num_proc or 1, len(files)), **kwargs)

    def _prepare_split_single(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        try:
            with uncollected():
                yield from super()._prepare_split_single(*args, **kwargs)
        except datasets.exceptions.DatasetGenerationError as error:
            if full := disk_full(error, self._output_dir):
                raise full from error
            raise

    def tallies(self) -> list[Tally]:
        """What became of the rows of each file; nothing before the set is built."""
        return tallying.read(self._cache_dir)

    # -- one file -------------------------------------------------------------------------------------------------

    def _tally(self, file: Located, split: str) -> Tally:
        tally = Tally(self.config.name, split, doors.describe(file), self._door(self.config).name)
        if file.is_local:
            tally.bytes, tally.sha256 = Path(file.place).stat().st_size, doors.sha256(file.place)
        self._compare(tally, bytes=tally.bytes, sha256=tally.sha256)
        return tally

    def _compare(self, tally: Tally, **found: Any) -> None:
        known = self._measure(tally)
        if known is None or tally.door == "sample":
            return
        try:
            measured.compare(known, **found)
        except Drift as drift:
            if not self.config.accept_drift:
                raise
            tally.drift = tally.drift or str(drift).split(" If you trust")[0]

    def _measure(self, tally: Tally) -> measured.Measure | None:
        wanted = (tally.config, tally.split, f"{tally.file['repo']}/{tally.file['path']}")
        return next((line for line in self.measures() if (line.config, line.split, line.file) == wanted), None)

    @classmethod
    def measures(cls) -> tuple[measured.Measure, ...]:
        """What measured.tsv of this source's room knows."""
        return measured.read(cls.measured_file())

    @classmethod
    def measured_file(cls) -> Path:
        return Path(str(sys.modules[cls.__module__].__file__)).with_name("measured.tsv")

    def _prefix(self, file: Located, split: str) -> str:
        """`<config>/<split>/`, and the file's stem where the split has several files: the same however they are read."""
        declared = self.builder_configs.get(self.config.name, self.config).files.get(split, ())
        alone = len(declared) == 1 and not declared[0].is_glob and declared[0].path == file.path
        return f"{self.config.name}/{split}/" + ("" if alone else PurePosixPath(file.path).stem + "-")

    def _rows(self, file: Located, split: str, tally: Tally) -> Iterator[tuple[str, Row]]:
        with doors.open_binary(file, self.token) as stream:
            upstream = self.read(stream, str(file))
            yield from self._raw(upstream, tally) if self.config.raw else self._mapped(upstream, file, split, tally)
        self._settle(file, tally)

    def _common(self, file: Located) -> dict[str, str] | None:
        if self.config.raw:
            return None
        return {
            "source": self.config.name,
            "language": file.upstream.language or self.CARD.languages[0],
            "license": self.CARD.license,
            "making": self.CARD.making,
        }

    def _raw(self, upstream: Iterator[Row], tally: Tally) -> Iterator[tuple[str, Row]]:
        columns = tuple(self.COLUMNS)
        for number, row in enumerate(upstream):
            if unknown := row.keys() - self.COLUMNS.keys():
                raise DamagedFile(
                    f"{self.config.name}: row {number:,} of {tally.file['path']} has columns the catalogue does not know: "
                    f"{', '.join(sorted(unknown))}; it knows {', '.join(columns)}. Please report it."
                )
            tally.read = tally.kept = number + 1
            yield str(number), {column: row.get(column) for column in columns}

    def _mapped(self, upstream: Iterator[Row], file: Located, split: str, tally: Tally) -> Iterator[tuple[str, Row]]:
        prefix = self._prefix(file, split)
        judge = None if self.config.as_published else schema.FLAWS[self.SHAPE]
        several = type(self).examples is not SourceBuilder.examples
        rule = self.config.rule
        for number, theirs in enumerate(upstream):
            tally.read += 1
            if rule and (unwanted := rule(theirs)):
                tally.rule_out(unwanted, number)
                continue
            try:
                made = tuple(self.examples(theirs)) if several else (self.example(theirs),)
            except Unmapped as why:
                tally.leave_out(str(why), number)
                continue
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise self._misread(file, number, theirs, error) from error
            for place, row in enumerate(made):
                reason = judge(row) if judge else None
                if reason is not None and not self._mended(row, reason, number, tally):
                    continue
                tally.kept += 1
                yield f"{prefix}{number}-{place}" if several else f"{prefix}{number}", row

    def _mended(self, row: Row, reason: str, number: int, tally: Tally) -> bool:
        """Whether a flawed row can come through after all, changed; either way it is counted."""
        if self.SHAPE == "conversation" and schema.cut_dangling(row):
            left = schema.flaw(self.SHAPE, row)
            if left is None:
                tally.mend("dangling user turn cut off", number)
                return True
            reason = left
        tally.leave_out(reason, number)
        return False

    def _misread(self, file: Located, number: int, row: Row, error: Exception) -> DamagedFile:
        if isinstance(error, KeyError):
            return DamagedFile(
                f"{self.config.name}: row {number:,} of {file} has no column {error}; it has "
                f"{', '.join(map(str, row))}, and the source is known to have {', '.join(self.COLUMNS)}. "
                f"Upstream may have changed: raw=True shows its columns; please report it."
            )
        return DamagedFile(f"{self.config.name}: row {number:,} of {file} cannot be read ({error}). Please report it.")

    def _settle(self, file: Located, tally: Tally) -> None:
        self._compare(tally, rows=tally.read)
        if not tally.read:
            raise DamagedFile(f"{self.config.name}: {file} holds no rows. Fetch the file again.")
        worst = next(iter(tally.left_out), None)
        limit = max(FEW, self.MAY_LOSE * (tally.kept + tally.lost))
        if worst and not self.config.accept_drift and (tally.lost > limit or not tally.kept + tally.ruled_out.total()):
            row = tally.first[worst]
            raise TooManyLost(
                f"{self.config.name}: {tally.lost:,} of {tally.kept + tally.lost:,} rows of {file} did not come through, "
                f"the first is row {row:,}: {worst}. All reasons: "
                f"{', '.join(f'{count:,} {why}' for why, count in tally.left_out.most_common())}. The source declares at "
                f"most {self.MAY_LOSE:.0%}. Look at the rows with raw=True; accept_drift=True goes on without them."
            )
        logger.log(logging.WARNING if tally.lost or tally.drift else logging.INFO, "%s", tally)

    def _keep(self, tally: Tally) -> None:
        name = f"{PREFIX}{tally.split}-{tally.file['path'].replace('/', '~')}.json"
        with self._fs.open(f"{self._output_dir}/{name}", "w", encoding="utf-8") as file:
            file.write(tally.as_json())


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from walking millions of small rows, none of which is part of a cycle."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def refuse_features(options: dict[str, Any]) -> None:
    """Raise WrongCall for load_dataset's features=: the columns are okinst's promise."""
    if options.get("features") is not None:
        raise WrongCall("okinst's columns are the same for every set; cast the rows after loading, not with features=.")


def digest(*parts: str) -> str:
    """A short name for all of these strings."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def code_of(*modules: str) -> str:
    """The code of some modules and of all they import from their own package: what decides what a row becomes.

    Read afresh, not through inspect: its line cache would still see the code that was first imported.
    """
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        file = getattr(sys.modules.get(module), "__file__", None)
        if module in found or file is None:
            continue
        stat = Path(file).stat()
        found[module], imported = _code(file, stat.st_mtime_ns, stat.st_size)
        waiting += [name for name in imported if name.partition(".")[0] in (DATASET, module.partition(".")[0])]
    return "\0".join(found[module] for module in sorted(found))


@lru_cache(maxsize=1024)
def _code(file: str, changed: int, size: int) -> tuple[str, tuple[str, ...]]:
    """The text of a module, and the modules it imports; `changed` and `size` tell an edited file from the cached one."""
    text = Path(file).read_text(encoding="utf-8")
    imported = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
    return text, tuple(imported)


def disk_full(error: Exception, folder: str) -> DiskFull | None:
    """`datasets` says "An error occurred"; where the disk was the cause, say that."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return DiskFull(
                f"no room left while writing {folder} ({cause.strerror}). Nothing half-written is kept. Free some space, or "
                f"set HF_HOME (or cache_dir=) to a disk with more."
            )
        cause = cause.__cause__ or cause.__context__
    return None
