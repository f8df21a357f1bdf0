"""The overlap of sets, as numbers, as a heat map, and on the command line."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.curation.overlap import html, overlap, svg
from tests.conftest import okinst

ROWS = st.lists(
    st.sampled_from(["", "왜?", "왜", "네", "네 ", "지구는 왜 도나요?", "什么是光合作用？", "请解释什么是光合作用"]),
    max_size=8,
)


@given(ROWS, ROWS)
def test_counts_are_of_rows(one: list[str], other: list[str]) -> None:
    found = overlap({"one": one, "other": other})
    assert (found.exact + found.near <= found.rows[:, None]).all()
    assert (found.exact[0, 1] == 0) == (found.exact[1, 0] == 0)
    assert not overlap({"one": one, "other": other}, near=False).near.any()
    said = [text for text in one if text]
    doubled = overlap({"one": one, "again": one})
    assert doubled.exact[0, 1] == len(said)


def test_the_heat_map_needs_nothing_and_escapes_names() -> None:
    found = overlap({"<a&b>": ["왜?", "네"], "b": ["왜?"]}, on="instruction")
    root = ET.fromstring(svg(found))
    told = "".join(root.itertext())
    assert "<a&b>" in told and "50.0 %" in told and "100.0 %" in told
    page = html(found)
    assert "<a&b>" not in page and "&lt;a&amp;b&gt;" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_on_the_command_line(tmp_path: Path) -> None:
    home = {"HF_HOME": str(tmp_path / "hf")}
    drawing = tmp_path / "map.svg"
    told = okinst(
        "overlap", "hrc", "hrc-preference", "koalpaca-v1.0", "--sample", "--json", "--heatmap", drawing, **home
    )
    assert told.returncode == 0, told.stderr
    values = json.loads(told.stdout)
    pairs = {(pair["of"], pair["in"]): pair for pair in values["pairs"]}
    assert len(pairs) == 9 and values["on"] == "instruction"
    rows = {each["name"]: each["rows"] for each in values["sets"]}
    assert pairs["hrc", "hrc-preference"]["exact"] == rows["hrc"], "the same questions in two shapes"
    assert ET.parse(drawing).getroot().tag.endswith("svg")
    table = okinst("overlap", "hrc", "aulm-0809", "--sample", "--exact", "--on", "both", **home)
    assert "itself" in table.stdout and "near" not in table.stdout


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("hcr",), "The nearest names are"),
        (("hrc", "--on", "question"), "instruction, answer, both"),
        (("hrc", "--heatmap", "map.png"), ".svg or .html"),
        (("hrc", "--heatmap", "nowhere/map.svg"), "there is no folder"),
    ],
)
def test_a_wrong_call_is_refused_before_any_work(arguments: tuple[str, ...], part: str, tmp_path: Path) -> None:
    told = okinst("overlap", *arguments, "--sample", cwd=tmp_path, HF_HOME=str(tmp_path / "hf"))
    assert told.returncode == 2 and part in told.stderr
    assert not list(tmp_path.glob("hf/datasets/okinst*"))
