"""Who may import whom. The rooms stand on each other in one direction, and heavy libraries are imported where needed."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "okinst"
SOURCES = {"korean_instructions", "chinese_instructions", "eval_sets"}
MAY_IMPORT = {
    "builders": set(),
    **{room: {"builders"} for room in SOURCES},
    "catalogue": {"builders"} | SOURCES,
    "views": {"builders"},
    # licences of rows are decided before they are mixed: recipes and published cards both ask
    "licences": {"builders", "catalogue"},
    "curation": {"builders"},
    "mixtures": {"builders", "catalogue", "curation", "korean_instructions", "licences", "views"},
    # what comes from what is a fact of the sources and mixtures, not of the command line: cards of published sets need it too
    "lineage": {"builders", "catalogue", "mixtures"},
    # rows are made from any set or file, checked as curation checks, and written as the sets of korean_instructions read them
    "generation": {"builders", "curation", "korean_instructions", "licences", "mixtures"},
    "publishing": {"builders", "catalogue", "curation", "licences", "mixtures", "views"},
    "cli": {
        "builders",
        "catalogue",
        "curation",
        "generation",
        "licences",
        "lineage",
        "mixtures",
        "publishing",
    },
    "registration": {"builders"},
    "__init__": {"registration", "mixtures", "publishing"},
    "version": set(),
}
EVERYWHERE = {"version"}
HEAVY = {"deepl", "google", "kiwipiepy", "lm_eval", "matplotlib", "openai", "ray", "rensa", "requests", "sklearn"}
HEAVY |= {"torch", "transformers"}


def imports(path: Path) -> list[tuple[int, str, bool]]:
    """Line, module and whether it is imported at the top, for every import of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            modules = [
                f"{node.module}.{alias.name}" if node.module == "okinst" else node.module for alias in node.names
            ]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        found += [(node.lineno, module or "", node in tree.body) for module in modules]
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_arrows_point_one_way(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for line, module, top in imports(path):
        root, _, rest = module.partition(".")
        assert not (top and root in HEAVY), f"{path}:{line} imports {module} at the top: import it where it is needed"
        if root == "okinst" and rest:
            wanted = rest.partition(".")[0]
            allowed = MAY_IMPORT[room] | EVERYWHERE | {room}
            assert wanted in allowed, f"{path}:{line}: {room} must not import {wanted}"


def test_no_arrow_is_left_that_nothing_uses() -> None:
    used: dict[str, set[str]] = {room: set() for room in MAY_IMPORT}
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        used[room] |= {module.split(".")[1] for _, module, _ in imports(path) if module.startswith("okinst.")}
    assert {room: allowed - used[room] for room, allowed in MAY_IMPORT.items() if allowed - used[room]} == {}


def test_every_room_has_its_rule() -> None:
    rooms = {path.parent.name if path.parent != PACKAGE else path.stem for path in PACKAGE.glob("*/__init__.py")}
    rooms |= {path.stem for path in PACKAGE.glob("*.py")}
    assert rooms == MAY_IMPORT.keys()


def test_no_file_is_named_like_a_loading_script() -> None:
    assert not (PACKAGE / "okinst.py").exists(), "datasets takes okinst/okinst.py for a loading script, and refuses"
