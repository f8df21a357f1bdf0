"""Zip archives, read in place: no member is ever written to disk under the name it claims."""

import io
import lzma
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO, Any

from okinst.builders.errors import DamagedFile

#: text shrinks to a tenth or so; a member that claims to grow more than this many times is a bomb
RATIO = 200
#: below this many bytes a member may claim what it likes
SMALL = 1 << 20
#: how the file begins that Git leaves in the place of one that is stored elsewhere
LFS = b"version https://git-lfs.github.com/spec/"
#: of a name that is no UTF-8, zipfile believes it to be this; Korean Windows means that
TAKEN_FOR, MEANT = "cp437", "cp949"
UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


def members(file: IO[bytes], name: str, ending: str) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of an archive whose names end so, in the order of their names, each open for reading.

    Raises DamagedFile, before anything is read, for an archive with a member that is named like a place outside of it, that
    is encrypted, that comes twice, or that claims to grow beyond what text can; for one that is no archive, or not whole;
    and, while a member is read, where it is not what the archive says.
    """
    with seekable(file) as whole:
        archive, infos = _opened(whole, name)
        wanted = [info for info in infos if info.filename.endswith(ending) and not info.is_dir() and _real(info)]
        if not wanted:
            raise DamagedFile(f"{name} has no member named *{ending}; it has {_some(infos)}.")
        for info in sorted(wanted, key=_name):
            where = f"{_name(info)} in {name}"
            with _damage_named(where), archive.open(info) as member:
                # what reads a member does so out here: its errors pass by this generator
                yield _name(info), io.BufferedReader(_Member(member, info.file_size, where))


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


class _Member(io.RawIOBase):
    """A member that says which it is where it is damaged, and that ends where the archive says, or is damaged."""

    def __init__(self, member: IO[bytes], size: int, where: str) -> None:
        self.member, self.left, self.where = member, size, where

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _damage_named(self.where):
            data = self.member.read(len(buffer))
            if not data and self.left:
                raise EOFError(f"{self.left:,} bytes fewer than the archive says")
        self.left -= len(data)
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def _damage_named(where: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise DamagedFile(f"{where} is damaged ({_said(error)}).") from error
    except OSError as error:
        if error.errno is not None:  # the disk's, not bzip2's
            raise
        raise DamagedFile(f"{where} is damaged ({_said(error)}).") from error


def _opened(file: IO[bytes], name: str) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """An archive and its members, once there is nothing to be said against any of them."""
    if file.read(len(LFS)) == LFS:
        raise DamagedFile(
            f"{name} is a Git LFS pointer, a few lines in the place of the file. Run `git lfs pull` where it was cloned, or "
            f"download the file itself."
        )
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGE as error:
        raise DamagedFile(f"{name} is not a whole zip archive ({_said(error)}).") from error
    infos = archive.infolist()
    names: set[str] = set()
    for info in infos:
        if fault := "comes twice" if info.filename in names else _fault(info):
            raise DamagedFile(f"{name}: its member {_name(info)!r} {fault}; nothing of it is read.")
        names.add(info.filename)
    size, packed = sum(info.file_size for info in infos), file.seek(0, io.SEEK_END)
    if size > max(SMALL, RATIO * packed):
        raise DamagedFile(f"{name}: {packed:,} bytes claim to hold {size:,}; nothing of it is read.")
    return archive, infos


def _fault(info: zipfile.ZipInfo) -> str | None:
    # the name as it stands in the archive: zipfile has mended `filename` where the system's separator is not a slash
    for name in (info.orig_filename, info.filename):
        for path in (PurePosixPath(name), PureWindowsPath(name)):
            if path.is_absolute() or path.drive or path.root:
                return "has an absolute path"
            if ".." in path.parts:
                return "points out of the archive"
    if info.flag_bits & ENCRYPTED_FLAG:
        return "is encrypted"
    if info.file_size > max(SMALL, RATIO * info.compress_size):
        return f"claims to grow from {info.compress_size:,} bytes to {info.file_size:,}"
    return None


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name as who packed it meant it. zipfile's own is what a member is opened by."""
    if info.flag_bits & UTF8_FLAG or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode(TAKEN_FOR).decode(MEANT)
    except UnicodeError:
        return info.filename


def _real(info: zipfile.ZipInfo) -> bool:
    # what macOS adds to every archive it makes
    return not info.filename.startswith("__MACOSX/")


def _some(infos: list[zipfile.ZipInfo]) -> str:
    names = list(map(_name, infos))
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "") if names else "none"


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
