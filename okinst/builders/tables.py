"""What the builders of sources and of mixtures have in common: they make Arrow tables, and say what went wrong plainly."""

import errno
import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import datasets
from filelock import FileLock, Timeout

from okinst.builders.errors import DiskFull, WrongCall

logger = logging.getLogger("okinst")
#: the name all caches and streams go by, however a builder was reached
DATASET = "okinst"


class TableBuilder(datasets.ArrowBasedBuilder):
    """A builder under the name "okinst" that prepares Arrow tables."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("features") is not None:
            raise WrongCall(
                "okinst's columns are the same for every set: cast the rows after loading, not by features=."
            )
        kwargs["dataset_name"] = DATASET
        super().__init__(*args, **kwargs)

    def download_and_prepare(self, *args: Any, **kwargs: Any) -> None:
        self._say_if_it_waits()
        with plain_disk_errors(f"{self.config.name} to {self._cache_dir}"):
            super().download_and_prepare(*args, **kwargs)

    def _say_if_it_waits(self) -> None:
        """`datasets` waits in silence while another process prepares the same."""
        path = Path(f"{self._output_dir}_builder.lock")  # its name for it, in datasets 3 to 5
        with suppress(OSError):
            try:
                if path.is_file():
                    FileLock(path, timeout=0).acquire().lock.release()
            except Timeout:
                logger.warning("%s is being prepared by another process: waiting for it (%s).", self.config.name, path)

    def _prepare_split(
        self, split_generator: Any, check_duplicate_keys: bool = False, num_proc: int | None = None, **kwargs: Any
    ) -> None:
        # datasets 3 and 4 offer to compare the keys of a generator, which tables have none of. To ask for more processes
        # than there are pieces of work is no mistake worth the warning that datasets would give.
        pieces = max(
            (len(value) for value in split_generator.gen_kwargs.values() if isinstance(value, list)), default=1
        )
        super()._prepare_split(split_generator, num_proc=min(num_proc or 1, pieces), **kwargs)

    def _prepare_split_single(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        # here as well as around the whole: a worker process sends home the exception, but not what caused it
        with uncollected(), plain_disk_errors(f"{self.config.name} to {self._output_dir}"):
            yield from super()._prepare_split_single(*args, **kwargs)


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector, process-wide, from walking millions of small rows, none of which is part of a cycle."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@contextmanager
def plain_disk_errors(what: str) -> Iterator[None]:
    """`datasets` says "An error occurred"; where the disk was the cause, say that, and what was being written."""
    try:
        yield
    except (OSError, datasets.exceptions.DatasetGenerationError) as error:
        cause = no_room(error)
        if cause is None or isinstance(error, DiskFull):
            raise
        raise DiskFull(
            f"no room left while writing {what} ({cause.strerror}). Nothing half-written is kept. Free some space, or name "
            f"another disk: -o for the output, HF_HOME (or cache_dir=) for the cache."
        ) from error


def no_room(error: BaseException | None) -> OSError | None:
    """What of an error and its causes says that a disk is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return error
        error = error.__cause__ or error.__context__
    return None
