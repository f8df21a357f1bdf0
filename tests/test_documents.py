"""docs/SOURCES.md and the tables of the READMEs: current, and fit to be read."""

import re
import shutil
from pathlib import Path

import pytest

from okinst import catalogue
from okinst.builders import WrongCall, bibliography
from okinst.builders.upstream import Repo
from okinst.cli import documents
from okinst.mixtures import MIXTURES
from tests.conftest import ROOT, okinst

MADE = documents.documents(ROOT)


@pytest.mark.parametrize("name", MADE)
def test_documents_are_current(name: str) -> None:
    path = ROOT / name
    current = path.is_file() and path.read_text(encoding="utf-8") == MADE[name]
    assert current, f"{name} does not say what the Cards say. Run: okinst document"


def test_the_page_has_every_name() -> None:
    page = MADE[documents.PAGE]
    assert documents.ROOMS.keys() == catalogue.ROOMS.keys()
    for name in (*catalogue.SOURCES, *MIXTURES):
        assert page.count(f'<a id="{name}"></a>') == 1
    for entry in catalogue.SOURCES.values():
        card = entry.builder.CARD
        for text in (card.title, entry.variant.description, card.license_note, card.warning, *card.quirks):
            assert documents._prose(text) in page
        assert all(f"`{key}`" in page for key in card.citations if key in bibliography.entries())


def test_links_on_the_page_lead_somewhere() -> None:
    page = MADE[documents.PAGE]
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= set(re.findall(r'<a id="([^"]+)">', page))


@pytest.mark.parametrize("name", [name for name in MADE if name.endswith(".md")])
def test_tables_are_tables(name: str) -> None:
    lines = [line.replace("\\|", "") for line in MADE[name].splitlines() if line.startswith("|")]
    widths: list[int] = []
    for line in lines:
        assert line.endswith("|")
        widths.append(line.count("|"))
    starts = [number for number, line in enumerate(lines) if set(line) <= set("|-:")]
    assert starts
    for start, end in zip(starts, [*(start - 1 for start in starts[1:]), len(lines)], strict=True):
        assert len(set(widths[start - 1 : end])) == 1, lines[start - 1]


@pytest.mark.parametrize("name", documents.READMES)
def test_a_readme_has_every_source_once(name: str) -> None:
    families = documents.families()
    told = [entry.name for family in families for entry in family]
    assert sorted(told) == sorted(catalogue.SOURCES)
    _, _, table = MADE[name].partition(documents.BEGIN)
    table, _, _ = table.partition(documents.END)
    assert len(table.strip().splitlines()) == 2 + len(families) + len(MIXTURES)
    for family in families:
        assert f"| `{family[0].name}`" in table


def test_unknown_things_are_said() -> None:
    wording = documents.READMES["README.md"]
    assert documents._total([({}, True)], wording) == "unknown"
    assert documents._total([({"train": 1_000, "test": 5}, True)], wording) == "1,005"
    assert documents._total([({"train": 1_000}, True), ({}, True)], wording) == "~1,000"
    assert documents.revision(Repo("AI-Hub/558", "")) == "placed by hand"


def test_it_writes_only_what_changed(tmp_path: Path) -> None:
    for name in documents.READMES:
        shutil.copy(ROOT / name, tmp_path)
    done = okinst("document", "--root", tmp_path)
    new = (documents.PAGE, documents.SCHEMA)
    assert done.returncode == 0 and done.stdout == "".join(f"{tmp_path / name}: written\n" for name in new)
    assert okinst("document", "--root", tmp_path).stdout == ""
    readme = tmp_path / "README.md"
    readme.write_text(readme.read_text(encoding="utf-8").replace("| `kowow` |", "| `kowwow` |"), encoding="utf-8")
    assert documents.write(tmp_path) == ["README.md"]
    assert readme.read_bytes() == (ROOT / "README.md").read_bytes()


def test_it_says_where_it_belongs(tmp_path: Path) -> None:
    done = okinst("document", "--root", tmp_path)
    assert done.returncode == 2 and "run it in a clone" in done.stderr
    with pytest.raises(WrongCall, match="put both around"):
        documents.between_marks("no marks\n", [], "README.md")
    assert not (tmp_path / "docs").exists()
