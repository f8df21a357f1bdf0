"""A folder that appears whole or not at all."""

import json
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from okinst.builders import WrongCall
from okinst.builders.tables import plain_disk_errors

PROVENANCE = "provenance.json"
README = "README.md"
_INCOMPLETE = ".incomplete-"
_LOCK = ".lock"


@contextmanager
def appearing(folder: Path, replace: str | None = None) -> Iterator[Path]:
    """A folder to write into, whose contents come to stand in `folder` only when everything is written.

    A folder that is not there yet is written beside its place and renamed. One that is there and empty (it may be a mount,
    or the working directory) is written inside and filled with README.md last: without that file it is no dataset.
    """
    check_output(folder, replace)
    inside = folder.is_dir() and not replace
    home = folder if inside else folder.parent
    home.mkdir(parents=True, exist_ok=True)
    start = f".{folder.name}{_INCOMPLETE}"
    _remove_remains(home, start)
    partial = Path(tempfile.mkdtemp(prefix=start, dir=home))
    partial.chmod(0o777 & ~_umask())
    lock = FileLock(partial / _LOCK)
    try:
        with plain_disk_errors(str(folder)):
            with lock:
                yield partial
            (partial / _LOCK).unlink(missing_ok=True)
            with _undisturbed():
                check_output(folder, replace)  # once more: another build may have been quicker
                if inside:
                    _move_in(partial, folder)
                else:
                    if replace and folder.is_dir():
                        shutil.rmtree(folder)
                    partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_output(folder: Path, replace: str | None = None) -> None:
    """Raise WrongCall where the folder holds something already, but for the set named `replace` and nothing else."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise WrongCall(f"{folder} is not a folder. Name another one.")
    there = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(f".{folder.name}{_INCOMPLETE}")
    }
    if there and not (replace and there == _written(folder, replace)):
        raise WrongCall(f"{folder} is not empty. Name another folder, or remove it first.")


def _written(folder: Path, name: str) -> set[str] | None:
    """The files of a set as its provenance.json names them."""
    try:
        told = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
        if told["name"] != name or told["door"] != "sample":
            return None
        return {PROVENANCE, README, *(file["path"] for file in told["files"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _move_in(partial: Path, folder: Path) -> None:
    for path in sorted(partial.iterdir(), key=lambda path: path.name == README):
        path.rename(folder / path.name)


def _remove_remains(home: Path, start: str) -> None:
    """Remove what killed builds left behind: what no living one holds the lock of."""
    for remains in home.glob(f"{start}*"):
        try:
            with FileLock(remains / _LOCK, timeout=0):
                pass
        except (Timeout, OSError):
            continue
        shutil.rmtree(remains, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back Ctrl-C for the moment in which a folder takes its name."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
