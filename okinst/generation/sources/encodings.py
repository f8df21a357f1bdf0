"""What a file is written in that is not UTF-8, as Korean and Chinese Windows, and Excel, save text."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from okinst.builders import DamagedFile, scripts

#: bytes of a file that are looked at
LOOKED_AT = 1 << 20
#: the share of the letters beyond ASCII that should be of the script. The same bytes stand for both: a few Chinese words may be read as
#: cp949, with Hangul and Han mixed; pages of it hold bytes that cp949 has not
OF_ONE_SCRIPT = 0.9


def likely(data: bytes) -> str | None:
    """The encoding that the beginning of a file is in, by its Python name, if it is one of these; None for UTF-8, and what nobody can tell.

    >>> [likely("한강의 길이는?".encode(each)) for each in ("cp949", "utf-8", "utf-16")]
    ['cp949', None, 'utf-16']
    >>> likely("长江有多长？它流入东海。".encode("gbk")), likely(b"\\xff\\xff\\xff")
    ('gb18030', None)
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in data or _read(data, "utf-8") is not None:  # a binary file is in none
        return None
    korean = "".join(filter(_wide, _read(data, "cp949") or ""))
    if korean and len(scripts.HANGUL.findall(korean)) >= OF_ONE_SCRIPT * len(korean):
        return "cp949"
    chinese = "".join(filter(_wide, _read(data, "gb18030") or ""))
    return "gb18030" if chinese and len(scripts.HAN.findall(chinese)) >= OF_ONE_SCRIPT * len(chinese) else None


def _read(data: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data)  # a character that is cut at the end is no error
    except UnicodeDecodeError:
        return None


def _wide(sign: str) -> bool:
    return not sign.isascii() and sign.isalpha()


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Say of a file that is damaged what it is written in, where that is why, and what to do."""
    try:
        yield
    except DamagedFile as error:
        with path.open("rb") as file:
            encoding = likely(file.read(LOOKED_AT))
        if encoding is None:
            raise
        raise DamagedFile(
            f"{path} is not UTF-8; it reads as {encoding}. Save it as UTF-8 (in Excel: CSV UTF-8), or: iconv -f {encoding} -t utf-8 {path.name} > "
            f"new{path.suffix}"
        ) from error
