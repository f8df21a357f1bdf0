"""Zip archives, hostile, damaged and merely odd: read in place, or refused by name before anything is read."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import DamagedFile, archives

WORDS = "바람이 분다. ".encode() * 40


def packed(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return made.getvalue()


def read(data: bytes, ending: str = ".json") -> list[tuple[str, bytes]]:
    return [(name, member.read()) for name, member in archives.members(io.BytesIO(data), "place/a.zip", ending)]


def refused(data: bytes, *words: str) -> None:
    with pytest.raises(DamagedFile) as error:
        read(data)
    for word in ("place/a.zip", *words):
        assert word in str(error.value)


class Pipe(io.RawIOBase):
    """A stream that only goes forward."""

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self.data.readinto(buffer[: min(len(buffer), 11)])


# -- what is read -----------------------------------------------------------------------------------------------------------


@given(
    st.dictionaries(
        st.text("abc가나", min_size=1, max_size=5).map("{}.json".format),
        st.binary(max_size=200),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]),
)
def test_members_come_back_in_the_order_of_their_names(members: dict[str, bytes], method: int) -> None:
    data = packed(*members.items(), method=method)
    assert read(data) == sorted(members.items())
    with io.BufferedReader(Pipe(data)) as stream:
        assert [(name, file.read()) for name, file in archives.members(stream, "x", ".json")] == sorted(members.items())


def test_only_what_is_asked_for_is_read() -> None:
    data = packed(
        ("b.json", b"2"),
        ("__MACOSX/._a.json", b"\0"),
        ("folder.json/", b""),
        ("deep/er/a.json", b"1"),
        ("read.me", b"0"),
        ("a.jsonl", b"3"),
    )
    assert read(data) == [("b.json", b"2"), ("deep/er/a.json", b"1")]
    assert read(data, ".me") == [("read.me", b"0")]


def test_korean_names_of_an_old_packer_are_told_as_they_were_meant() -> None:
    name = "나/말뭉치.json".encode("cp949")
    placeholder = "x" * len(name)
    data = packed((placeholder, b"{}"), ("a.json", b"[]")).replace(placeholder.encode(), name)
    assert read(data) == [("a.json", b"[]"), ("나/말뭉치.json", b"{}")]
    assert read(packed(("말뭉치.json", b"{}"))) == [("말뭉치.json", b"{}")], "with the flag for UTF-8"


def test_it_reads_piece_by_piece() -> None:
    data = packed(("a.json", WORDS))
    for _, member in archives.members(io.BytesIO(data), "x", ".json"):
        read = [member.read(5), member.read(1)]
        while piece := member.read(3):
            read.append(piece)
        assert b"".join(read) == WORDS
        assert member.read() == b"", "and stays at its end"


# -- what is refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["/etc/x.json", "\\x.json", "C:\\x.json", "C:x.json", "\\\\host\\share\\x.json", "//x.json"]
)
def test_an_absolute_name(name: str) -> None:
    refused(packed(("a.json", b"1"), (name, b"2")), "absolute", "nothing of it is read")


@pytest.mark.parametrize("name", ["../x.json", "a/../../x.json", "..\\x.json", "a\\..\\x.json", ".."])
def test_a_name_out_of_the_archive(name: str) -> None:
    refused(packed(("a.json", b"1"), (name, b"2")), "points out")


def test_a_name_twice() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed(("a.json", b"1"), ("a.json", b"2"))
    refused(data, "'a.json' comes twice")


def central(data: bytes, change: Callable[[bytearray, int], None]) -> bytes:
    """An archive with its first entry in the central directory changed."""
    changed = bytearray(data)
    change(changed, data.index(b"PK\x01\x02"))
    return bytes(changed)


def test_an_encrypted_member() -> None:
    def flag(data: bytearray, at: int) -> None:
        data[at + 8] |= 1

    refused(central(packed(("a.json", WORDS)), flag), "is encrypted")


def test_a_bomb() -> None:
    zeros = bytes(8 << 20)
    refused(packed(("a.json", zeros)), "claims to grow", "8,388,608")
    refused(packed(("b.bin", zeros), ("a.json", b"1")), "claims to grow")
    many = [(f"{number}.json", bytes(archives.SMALL)) for number in range(9)]
    refused(packed(*many), "claim to hold 9,437,184")
    assert len(read(packed(("a.json", bytes(archives.SMALL))))[0][1]) == archives.SMALL, "small is never too much"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("off", [-1, -300, 1, 300])
def test_a_size_that_is_not_so(off: int, method: int) -> None:
    def lie(data: bytearray, at: int) -> None:
        (size,) = struct.unpack_from("<I", data, at + 24)
        struct.pack_into("<I", data, at + 24, size + off)

    refused(central(packed(("a.json", WORDS), method=method), lie), "a.json in place/a.zip is damaged")


def test_an_unknown_method() -> None:
    def deflate64(data: bytearray, at: int) -> None:
        struct.pack_into("<H", data, at + 10, 9)

    refused(central(packed(("a.json", WORDS)), deflate64), "a.json", "not supported")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ("not a whole zip",)),
        (b"[1, 2]", ("not a whole zip",)),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", ("Git LFS pointer", "git lfs pull")),
        (packed(), ("no member named *.json", "it has none")),
        (packed(("in.zip", packed(("a.json", b"1")))), ("no member named *.json", "in.zip")),
        (packed(*((f"{n}.txt", b"1") for n in range(7))), ("0.txt", "and 2 more")),
    ],
)
def test_no_archive_or_an_empty_one(data: bytes, words: tuple[str, ...]) -> None:
    refused(data, *words)


def test_a_cut_anywhere_is_damage() -> None:
    data = packed(("a.json", WORDS), ("b.json", WORDS))
    for cut in range(len(data)):
        with pytest.raises(DamagedFile, match=r"place/a\.zip"):
            read(data[:cut])


@settings(max_examples=300)
@given(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]), st.data())
def test_any_byte_may_be_wrong(method: int, data: st.DataObject) -> None:
    """Damage is DamagedFile, and never other words than those that were packed."""
    whole = bytearray(packed(("a.json", WORDS), ("b.json", b"{}" * 9), method=method))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read(bytes(whole), "")
    except DamagedFile:
        return
    assert {content for _, content in found} <= {WORDS, b"{}" * 9}


def test_damage_is_named_where_it_is_read() -> None:
    """Whoever reads a member does so outside of the generator that opened it."""
    data = bytearray(packed(("a.json", WORDS), ("b.json", WORDS), method=zipfile.ZIP_STORED))
    data[data.index(WORDS) + 3] ^= 1
    names = []
    with pytest.raises(DamagedFile, match=r"a\.json in x is damaged \(Bad CRC-32"):
        for name, member in archives.members(io.BytesIO(bytes(data)), "x", ".json"):
            names.append(name)
            while member.read(100):
                pass
    assert names == ["a.json"]


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read(packed(("a/b.json", b"1"))) == [("a/b.json", b"1")]
    assert list(tmp_path.iterdir()) == []
