"""A folder, or a file, that appears whole or not at all."""

import glob
import hashlib
import json
import os
import secrets
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from okinst.builders import WrongCall
from okinst.builders.doors import sha256
from okinst.builders.tables import plain_disk_errors

PROVENANCE = "provenance.json"
README = "README.md"
#: rows that a view cannot hold, with the reason
SET_ASIDE = "set-aside.jsonl"
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
    partial = home / f"{start}{secrets.token_hex(4)}"
    # the lock comes first and goes last: a folder whose lock nobody holds was left behind
    alive = FileLock(_lock_of(partial))
    try:
        with plain_disk_errors(str(folder)):
            _lock_of(partial).touch()  # where nothing can be written this says so; a lock would wait for ever
        with plain_disk_errors(str(folder)), alive:
            partial.mkdir()
            yield partial
            with _undisturbed(), FileLock(_lock_of_target(folder)):
                check_output(folder, replace)  # once more: another build may have been quicker
                if inside:
                    _move_in(partial, folder)
                else:
                    if replace and folder.is_dir():
                        shutil.rmtree(folder)
                    partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        _lock_of(partial).unlink(missing_ok=True)


def readable(told: Any) -> bytes:
    """Plain values as JSON that people read too, such as provenance.json.

    >>> readable({"이름": 1})
    b'{\\n  "\\xec\\x9d\\xb4\\xeb\\xa6\\x84": 1\\n}\\n'
    """
    return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()


def put(path: Path, content: bytes) -> None:
    """Write a file that comes to stand in its place only when all of it is written; what stood there is then replaced.

    Folders above it are made. Raises DiskFull where there is no room, OSError for what else the system refuses; the file that
    stood there before is then as it was.
    """
    partial = path.with_name(f".{path.name}{_INCOMPLETE}{secrets.token_hex(4)}")
    with plain_disk_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(content)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _lock_of(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}{_LOCK}")


def _lock_of_target(folder: Path) -> Path:
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:32]
    return Path(tempfile.gettempdir(), f"okinst-{name}{_LOCK}")


def check_output(folder: Path, replace: str | None = None) -> None:
    """Raise WrongCall where the folder holds something already, but for the set named `replace` and nothing else; and for a
    path that load_dataset would take for a pattern."""
    if glob.has_magic(str(folder)):
        raise WrongCall(
            f"{folder}: load_dataset could not read a folder whose path has one of * ? [ in it: it takes them for a pattern. "
            f"Name another folder."
        )
    if not folder.exists():
        return
    if not folder.is_dir():
        raise WrongCall(f"{folder} is not a folder. Name another one.")
    there = set(_files(folder))
    if there and not (replace and _is_untouched(folder, replace, there)):
        raise WrongCall(f"{folder} is not empty. Name another folder, or remove it first.")


def _files(folder: Path) -> Iterator[str]:
    """Every file and link below a folder, but for what builds are writing there just now."""
    for here, below, files in os.walk(folder):  # which minds no folder that vanishes on the way
        if Path(here) == folder:
            below[:] = [name for name in below if not name.startswith(f".{folder.name}{_INCOMPLETE}")]
            files = [name for name in files if not name.startswith(f".{folder.name}{_INCOMPLETE}")]
        links = [name for name in below if Path(here, name).is_symlink()]
        yield from (Path(here, name).relative_to(folder).as_posix() for name in (*files, *links))


def _is_untouched(folder: Path, name: str, there: set[str]) -> bool:
    """Whether a folder holds the set of that name from the sample, every file as its provenance.json has it, and no more."""
    try:
        told = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
        files = {file["path"]: file["sha256"] for file in told["files"]}
        return (
            (told["name"], told["door"], told["view"]) == (name, "sample", "okinst")
            and there == {PROVENANCE, *files}
            and all(sha256(folder / path) == digest for path, digest in files.items())
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _move_in(partial: Path, folder: Path) -> None:
    for path in sorted(partial.iterdir(), key=lambda path: path.name == README):
        path.rename(folder / path.name)


def _remove_remains(home: Path, start: str) -> None:
    """Remove what killed builds left behind: what no living one holds the lock of."""
    for lock in home.glob(f"{glob.escape(start)}*{_LOCK}"):
        try:
            with FileLock(lock, timeout=0):
                shutil.rmtree(lock.with_name(lock.name.removesuffix(_LOCK)), ignore_errors=True)
                lock.unlink(missing_ok=True)
        except (Timeout, OSError):
            continue


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
