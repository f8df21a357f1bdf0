"""The licence gate of a public push judges the very files that are pushed, and takes nothing it does not know for a permission."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from okinst.publishing import build
from okinst.publishing.built import BuiltFolder
from okinst.publishing.refusal import LicenceRefused, check

ROWS = [
    {"messages": [{"role": "user", "content": "비가 오면?"}, {"role": "assistant", "content": "우산을 폅니다."}]},
    {"messages": [{"role": "user", "content": "누구에게 묻나요?"}, {"role": "assistant", "content": "kim.ys@naver.com으로 보내세요."}]},
]  # fmt: skip


def own(tmp_path: Path, license: str, above: str = "") -> BuiltFolder:
    """A set of rows of one's own, under a licence."""
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    part = f'[[parts]]\nfile = "own.jsonl"\nlayout = "messages"\nlicense = "{license}"\nlanguage = "ko"\nmaking = "human"\n'
    (tmp_path / "mine.toml").write_text(above + part, encoding="utf-8")
    return BuiltFolder.at(
        build(str(tmp_path / "mine.toml"), tmp_path / "out", cache_dir=str(tmp_path / "cache")).folder
    )


def test_a_file_that_is_not_of_the_set_changes_nothing(tmp_path: Path) -> None:
    built = own(tmp_path, "unstated")
    pq.write_table(pa.table({"note": ["mine"]}), built.path / "notes.parquet")
    with pytest.raises(LicenceRefused, match=r"own +2 +unstated"):
        check(built, "me/mine")


def test_raw_rows_of_a_source_that_nobody_knows_are_unstated(tmp_path: Path) -> None:
    folder = build("koalpaca-v1.1", tmp_path / "out", sample=True, raw=True, cache_dir=str(tmp_path / "cache")).folder
    told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    check(BuiltFolder.at(folder), "me/mine")
    told["funnel"] = [{**line, "source": "gone-since"} for line in told["funnel"]]
    (folder / "provenance.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(LicenceRefused, match=r"gone-since +40 +unstated"):
        check(BuiltFolder.at(folder), "me/mine")
    # of parts that are mixtures, too
    told["funnel"] = [{**told["funnel"][0], "source": "a-mixture", "parts": told["funnel"]}]
    (folder / "provenance.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(LicenceRefused, match=r"gone-since +40 +unstated"):
        check(BuiltFolder.at(folder), "me/mine")


def test_unchanged_only_means_unchanged(tmp_path: Path) -> None:
    check(own(tmp_path / "as_it_was", "cc-by-nd-2.0"), "me/mine")
    masked = own(tmp_path / "masked", "cc-by-nd-2.0", '[filter]\npii = "mask"\n')
    with pytest.raises(
        LicenceRefused, match=r"cc-by-nd-2\.0 permits passing on unchanged texts only.*1 e-mail address"
    ):
        check(masked, "me/mine")
    check(own(tmp_path / "free", "cc-by-4.0", '[filter]\npii = "mask"\n'), "me/mine")


def test_a_folder_that_is_called_like_a_recipe_is_a_folder(tmp_path: Path) -> None:
    built = own(tmp_path, "unstated")
    with pytest.raises(LicenceRefused, match=r"own +2 +unstated"):
        check(BuiltFolder.at(built.path.rename(tmp_path / "set.toml")), "me/mine")
