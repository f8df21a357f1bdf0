"""A file that appears whole or not at all."""

import errno
from pathlib import Path

import pytest

from okinst.builders.errors import DiskFull
from okinst.publishing.place import put


def test_a_file_is_put_in_a_new_folder_and_over_another(tmp_path: Path) -> None:
    path = tmp_path / "new" / "폴더" / "file.json"
    for content in (b"first", b"", "둘째".encode()):
        put(path, content)
        assert path.read_bytes() == content
    assert [*path.parent.iterdir()] == [path]


def test_what_stood_there_stays_where_it_cannot_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.mkdir()
    (path / "inside").touch()
    with pytest.raises(OSError):  # a folder stands there, and it is not empty
        put(path, b"content")
    assert [*tmp_path.iterdir()] == [path] and [*path.iterdir()] == [path / "inside"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full: Linux has it")
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    put(path, b"before")
    # the partial file is a link to the device on which no byte has room
    monkeypatch.setattr("secrets.token_hex", lambda count: "0" * 2 * count)
    (tmp_path / ".file.incomplete-00000000").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match=r"no room left while writing .*file") as raised:
        put(path, b"after")
    assert isinstance(raised.value.__cause__, OSError) and raised.value.__cause__.errno == errno.ENOSPC
    assert path.read_bytes() == b"before" and [*tmp_path.iterdir()] == [path]
