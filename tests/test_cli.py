"""The command line as a user meets it."""

import json
from pathlib import Path

import pytest

from okinst.catalogue import SOURCES
from okinst.mixtures import MIXTURES
from tests.conftest import ROOT, okinst


def test_list_filters_and_speaks_json() -> None:
    names = [entry["name"] for entry in json.loads(okinst("list", "--json").stdout)]
    assert names == [*MIXTURES, *SOURCES]

    def listed(*filters: str) -> set[str]:
        return {entry["name"] for entry in json.loads(okinst("list", "--json", *filters).stdout)}

    chinese = {name for name, entry in SOURCES.items() if entry.room == "chinese_instructions"}
    chinese -= {"gpt4-comparison", "openassistant-guanaco"}
    chinese |= {"belle-eval"}
    assert listed("--language", "zh") == chinese == listed("--language", "zh-Hans")
    assert listed("--language", "zh-Hant") == {"guanaco", "guanaco-chat"}
    assert listed("--room", "eval_sets") == {name for name, entry in SOURCES.items() if entry.room == "eval_sets"}
    mit = {"everythinglm-ko", "korquad-chat", "openorca-gugugo-ko", "openorca-ko"}
    assert listed("--license", "mit", "--room", "korean_instructions") == mit
    assert listed("--shape", "preference") == {
        "gpt4-comparison",
        "hh-rlhf-ko",
        "hrc-preference",
        "kochatgpt-rm",
        "vaiv-rm",
    }
    assert listed("--shape", "preference", "--license", "mit") == set()
    table = okinst("list").stdout
    assert all(name in table for name in names)


@pytest.mark.parametrize("name", ["hrc", "kullm-v2", "kobest-copa"])
def test_show_a_source(name: str) -> None:
    card = SOURCES[name].builder.CARD
    told = okinst("show", name).stdout
    for part in (card.title, card.license, card.license_note, *card.quirks, *(f"{{{key}," for key in card.citations)):
        assert part in told
    values = json.loads(okinst("show", name, "--json").stdout)
    assert values["quirks"] == list(card.quirks) and values["rows"] == SOURCES[name].variant.rows


def test_show_says_what_did_not_come_through(tmp_path: Path) -> None:
    home = {"HF_HOME": str(tmp_path / "hf")}
    assert "built here" not in okinst("show", "koalpaca-v1.0", "--sample", **home).stdout
    okinst("build", "koalpaca-v1.0", "--sample", "-o", tmp_path / "out", **home)
    told = okinst("show", "koalpaca-v1.0", "--sample", **home).stdout
    assert "32 rows read, 31 kept; left out: 1 empty output (first: row 27)" in told
    assert "left out: empty output=3" in okinst("show", "vaiv-sft").stdout, "measured of the real file"


def test_show_sets_expected_beside_built(tmp_path: Path) -> None:
    home = {"HF_HOME": str(tmp_path / "hf")}
    before = okinst("show", "aulm-0809", "--sample", **home).stdout
    assert "171,404" in before and "not built here yet" in before
    okinst("build", "aulm-0809", "--sample", "-o", tmp_path / "out", **home)
    parts = json.loads(okinst("show", "aulm-0809", "--sample", "--json", **home).stdout)["parts"]
    assert {part["source"]: (part["expected"], part["built"]) for part in parts}["koalpaca-v1.1"] == (21155, 40)
    assert parts[-1] == {"source": "all", "expected": 171404, "expected_exact": True, "built": 160, "why": ""}


def test_show_a_recipe() -> None:
    parts = json.loads(okinst("show", ROOT / "examples" / "korean-small.toml", "--sample", "--json").stdout)["parts"]
    assert parts[0]["source"] == "koalpaca-v1.0 (0.25)"


def test_build_prints_its_funnel_and_its_path(tmp_path: Path) -> None:
    done = okinst("build", "aulm-0809", "--sample", "-o", tmp_path / "out")
    assert done.returncode == 0 and f"aulm-0809: train 160 rows, in {tmp_path / 'out'}" in done.stdout
    for step in ("korquad-chat", "1 third speaker", "28 id without dolly or gpt4all"):
        assert step in done.stdout
    assert "%|" not in done.stderr and "Generating" not in done.stderr, "progress bars are for terminals"
    values = json.loads(okinst("build", "hrc", "--sample", "-o", tmp_path / "json", "--json").stdout)
    assert values["rows"] == {"train": 18} and values["funnel"][0]["kept"] == 18


def test_demo_builds_and_loads_back(tmp_path: Path) -> None:
    done = okinst("demo", cwd=tmp_path)
    assert done.returncode == 0 and 'load_dataset("okinst-demo", "aulm-0809") gives back 160 rows' in done.stdout


def test_measure_writes_what_it_found(tmp_path: Path, mirror: Path) -> None:
    import shutil
    import sys

    from tests.conftest import python

    shutil.copytree(ROOT / "okinst", tmp_path / "site" / "okinst", ignore=shutil.ignore_patterns("sample"))
    code = "import sys; sys.argv = ['okinst', *sys.argv[1:]]; from okinst.cli.app import main; main()"
    path = {"PYTHONPATH": str(tmp_path / "site")}
    told = python(code, "measure", "koalpaca-v1.0", "--mirror", mirror, cwd=tmp_path, **path)
    assert "32 rows, 31 kept" in told
    lines = (tmp_path / "site/okinst/korean_instructions/measured.tsv").read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("koalpaca-v1.0\ttrain\tBeomi/KoAlpaca/ko_alpaca_data.json\t") for line in lines) == 1
    assert lines[1:] == sorted(lines[1:]) and any(line.startswith("hrc\t") for line in lines)
    assert sys.executable


def test_version_and_help() -> None:
    from okinst import __version__

    assert okinst("--version").stdout.strip() == f"okinst {__version__}"
    for command in ("list", "show", "lineage", "licence", "build", "fetch", "demo"):
        assert command in okinst("--help").stdout
