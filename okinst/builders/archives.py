"""Zip archives, read in place: no member is ever written to disk under the name it claims."""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO

from okinst.builders.errors import DamagedFile

#: text shrinks to a tenth or so; a member that claims to grow more than this many times is a bomb
RATIO = 200
#: below this many bytes a member may claim what it likes
SMALL = 1 << 20


def members(file: IO[bytes], name: str, ending: str) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of an archive whose names end so, in the order of their names, each open for reading.

    Raises DamagedFile, before anything is read, for an archive with a member that is named like a place outside of it, that
    is encrypted, or that claims to grow beyond what text can; and for one that is no archive, or not whole.
    """
    with seekable(file) as whole:
        try:
            archive = zipfile.ZipFile(whole)
            infos = archive.infolist()
            for info in infos:
                if fault := _fault(info):
                    raise DamagedFile(f"{name}: its member {info.filename!r} {fault}; nothing of it is read.")
            size, packed = sum(info.file_size for info in infos), whole.seek(0, io.SEEK_END)
            if size > max(SMALL, RATIO * packed):
                raise DamagedFile(f"{name}: {packed:,} bytes claim to hold {size:,}; nothing of it is read.")
            wanted = [info for info in infos if info.filename.endswith(ending) and not info.is_dir() and _real(info)]
            if not wanted:
                raise DamagedFile(f"{name} has no member named *{ending}; it has {_some(infos)}.")
            for info in sorted(wanted, key=lambda info: info.filename):
                with archive.open(info) as member:
                    yield info.filename, member
        except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
            raise DamagedFile(f"{name} is not a whole zip archive ({error}).") from error


@contextmanager
def seekable(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """A stream one can jump about in: itself, or its bytes on disk for as long as they are needed."""
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        while chunk := file.read(1 << 20):
            copy.write(chunk)
        copy.seek(0)
        yield copy


def _fault(info: zipfile.ZipInfo) -> str | None:
    # the name as it stands in the archive: zipfile has mended `filename` where the system's separator is not a slash
    for name in (info.orig_filename, info.filename):
        for path in (PurePosixPath(name), PureWindowsPath(name)):
            if path.is_absolute() or path.drive or path.root:
                return "has an absolute path"
            if ".." in path.parts:
                return "points out of the archive"
    if info.flag_bits & 0x1:
        return "is encrypted"
    if info.file_size > max(SMALL, RATIO * info.compress_size):
        return f"claims to grow from {info.compress_size:,} bytes to {info.file_size:,}"
    return None


def _real(info: zipfile.ZipInfo) -> bool:
    # what macOS adds to every archive it makes
    return not info.filename.startswith("__MACOSX/")


def _some(infos: list[zipfile.ZipInfo]) -> str:
    names = [info.filename for info in infos]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "") if names else "none"
