"""The card of a built set: every number of it stands in provenance.json, in three whole languages, and the Hub can read it."""

import json
import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml
from huggingface_hub import DatasetCard

from okinst import catalogue
from okinst.builders import WrongCall
from okinst.licences.machines import FAMILIES
from okinst.mixtures import recipe
from okinst.publishing import build
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card import LANGUAGES, card
from okinst.publishing.card.markdown import LIMIT, toml, within
from okinst.publishing.card.words import Words

#: names of one's own: a licence of their own, a description that would be markup
HOSTILE = "a | b <script>alert(1)</script> [x](y) `z`"
OWN = f"""
name = "own-mix"
description = {json.dumps(HOSTILE)}
seed = 7
dedup = true
[filter]
language = ["ko", "zh"]
refusals = "drop"
pii = "mask"
[[parts]]
source = "koalpaca-v1.1"
take = 9
[[parts]]
source = "kullm-v2"
[[parts]]
source = "alpaca-zh-carbonz0"
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A published mixture that selects, one that is nested, an evaluation set of three splits, raw rows, a view, an own recipe."""
    home = tmp_path_factory.mktemp("card")
    (home / "own.toml").write_text(OWN, encoding="utf-8")
    options: dict[str, dict[str, Any]] = {
        "koquality": {},
        "aulm-0809": {"layout": "oki"},
        "kobest-boolq": {},
        "kullm-v2": {"raw": True},
        "kochatgpt-rm": {},
        str(home / "own.toml"): {},
    }
    found = {}
    for name, more in options.items():
        folder = home / Path(name).stem
        build(name, folder, sample=True, cache_dir=str(home / "cache"), **more)
        found[Path(name).stem] = folder
    return found


NAMES = ["koquality", "aulm-0809", "kobest-boolq", "kullm-v2", "kochatgpt-rm", "own"]


def numbers_of(value: Any) -> Iterator[str]:
    """Every number of some JSON, as a card writes it."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from numbers_of(each)
            yield from numbers_of(key)
    elif isinstance(value, list):
        for each in value:
            yield from numbers_of(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def sums(told: dict[str, Any]) -> Iterator[int]:
    """What a card may add up: rows of all splits, of a source, of a licence; reasons of a line of the funnel, and over sources."""
    yield sum(told["rows"].values())
    for column in ("source", "license"):
        counts = Counter[str]()
        for group in told["composition"]:
            counts[group[column]] += group["rows"]
        yield from counts.values()
    lines = list(told["funnel"])
    for line in lines:
        lines += line.get("parts") or []
        yield from (sum(line["left_out"].values()), sum(line["ruled_out"].values()))
    for step in told["steps"]:
        reasons = Counter[str]()
        for line in step["sources"].values():
            reasons.update(line["reasons"])
        yield from reasons.values()
        for covered in [step.get("searched for")]:
            if covered is not None:
                yield from (len(covered), sum(each["items"] - each["not searchable"] for each in covered.values()))


def untraced(text: str, told: dict[str, Any]) -> set[str]:
    """The numbers in a card that are neither in provenance.json nor a sum of what is there."""
    known = {*numbers_of(told), *map(str, sums(told))}
    whole = json.dumps(told, ensure_ascii=False)
    for entry in catalogue.SOURCES.values():  # names are no numbers: titles, addresses, providers
        for name in (entry.builder.CARD.homepage, entry.builder.CARD.title):
            text = text.replace(name, "")
    for _, terms in FAMILIES:
        text = text.replace(terms.provider, "")
    wrong = set()
    for found in re.findall(r"[A-Za-z0-9_.,/:@+#<-]*\d[A-Za-z0-9_.,/:@+#<-]*", text):
        token = found.strip(".,:/<-")
        if re.fullmatch(r"\d[\d,]*(\.\d+)?", token):
            if (
                token.replace(",", "") not in known
                and f'"{token}"' not in whole
                and f" {token}" not in told["citation"]
            ):
                quoted = [told["description"], *(note for _, note in notes(told["funnel"]))]
                if not any(token in each for each in quoted) and f"{{{token}}}" not in told["citation"]:
                    wrong.add(token)
        elif token not in whole:
            wrong.add(token)
    return wrong


def notes(funnel: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for line in funnel:
        yield line["source"], f"{line['license_note']} {line['warning']}"
        yield from notes(line.get("parts") or [])


def body(text: str) -> str:
    """A card without its head, whose words (n<1K) and lists are tested by what reads them."""
    return text.split("\n---\n", 1)[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_number_stands_in_the_provenance(name: str, language: str, folders: dict[str, Path]) -> None:
    built = BuiltFolder.at(folders[name])
    text = body(card(built, language, "someone/somewhere"))
    assert not untraced(text, built.provenance)
    for rows in built.provenance["rows"].values():
        assert f"{rows:,}" in text


def test_a_number_from_nowhere_would_be_found(folders: dict[str, Path]) -> None:
    built = BuiltFolder.at(folders["koquality"])
    text = body(card(built))
    changed = text.replace("| 10 |", "| 987 |", 1) + "\n\nIt has 1,234,567 rows, 8.25 % of them good.\n"
    assert untraced(changed, built.provenance) == {"987", "1,234,567", "8.25"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_hub_reads_its_head(name: str, language: str, folders: dict[str, Path]) -> None:
    built = BuiltFolder.at(folders[name])
    told = DatasetCard(card(built, language, "someone/somewhere"))
    head = told.data.to_dict()
    rows = built.provenance["rows"]
    assert head["configs"][0]["config_name"] == built.name
    assert [each["split"] for each in head["configs"][0]["data_files"]] == list(rows)
    assert [(each["name"], each["num_examples"]) for each in head["dataset_info"]["splits"]] == list(rows.items())
    assert re.fullmatch(r"n<1K", head["size_categories"][0]) and head["task_categories"] and "okinst" in head["tags"]
    assert head["license"] != "other" or re.fullmatch(r"[a-z0-9.-]+", head["license_name"])
    read = datasets.load_dataset(str(folders[name]), built.name, cache_dir=str(folders[name].parent / "hf"))
    assert {split: len(each) for split, each in read.items()} == rows
    described = datasets.Features._from_yaml_list(head["dataset_info"]["features"])
    assert all(each.features == described for each in read.values())


def test_build_writes_it_in_english(folders: dict[str, Path]) -> None:
    for folder in folders.values():
        assert (folder / "README.md").read_text(encoding="utf-8") == card(BuiltFolder.at(folder))


def test_no_language_is_half_translated() -> None:
    english = LANGUAGES["en"]
    for language, words in LANGUAGES.items():
        assert words.keys() == english.keys()
        for key, sentence in words.items():
            places = {each for _, each, _, _ in string.Formatter().parse(sentence) if each}
            assert places == {each for _, each, _, _ in string.Formatter().parse(english[key]) if each}, (language, key)
            assert sentence.strip()
    script = {"ko": "[가-힣]", "zh": "[\u4e00-\u9fff]"}
    for language, letters in script.items():
        for key, sentence in LANGUAGES[language].items():
            assert re.search(letters, re.sub(r"`[^`]*`|{\w+}", "", sentence)) or key in (
                "of split",
                "overlap of set",
            ), key
    assert not re.search(script["ko"], "".join(LANGUAGES["zh"].values()))
    assert not re.search(script["zh"], "".join(LANGUAGES["ko"].values()))


def test_every_word_that_the_rooms_use_is_there() -> None:
    from typing import get_args

    from okinst.builders.schema import SHAPES
    from okinst.builders.vocabulary import Language, Making

    words = LANGUAGES["en"]
    assert {f"shape {shape}" for shape in SHAPES} <= words.keys()
    assert {f"making {making}" for making in get_args(Making)} <= words.keys()
    assert {f"language {language}" for language in get_args(Language)} <= words.keys()
    with pytest.raises(WrongCall, match=r"no card in 'fr'\. There are en, ko, zh"):
        Words("fr")


def test_what_a_recipe_says_is_no_markup_and_can_be_built_again(folders: dict[str, Path], tmp_path: Path) -> None:
    text = body(card(BuiltFolder.at(folders["own"])))
    shown = text.split("```toml")[0]
    assert "<script>" not in shown.replace("\\<script\\>", "") and "\\[x\\](y)" in shown
    written = re.search(r"```+toml\n(.*?)\n```", text, re.DOTALL)
    assert written
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "again.toml").write_text(written[1], encoding="utf-8")
    one, other = (recipe.read(tmp_path / name).recipe() for name in ("own.toml", "again.toml"))
    assert one == other


def test_a_section_over_the_limit_is_cut_and_says_where_the_rest_is(folders: dict[str, Path]) -> None:
    built = BuiltFolder.at(folders["own"])
    parts = [{"source": "koalpaca-v1.1", "take": number} for number in range(4_000)]
    built.provenance["written"] = {**built.provenance["written"], "parts": parts}
    text = card(built, "ko")
    assert LANGUAGES["ko"]["cut"] in text and "take = 3999" not in text
    assert len(text) < 2 * LIMIT and text.count("```") % 2 == 0 and "\n## 인용\n" in text
    assert within(["x"], 5, "more") == ["x"]


def test_of_no_rows_it_says_so(folders: dict[str, Path], tmp_path: Path) -> None:
    none = 'seed = 1\nfilter = { min_length = 900000 }\n[[parts]]\nsource = "hrc"\nmay_be_empty = true\n'
    (tmp_path / "none.toml").write_text(none, encoding="utf-8")
    build(str(tmp_path / "none.toml"), tmp_path / "out", sample=True, cache_dir=str(tmp_path / "cache"))
    for language in LANGUAGES:
        built = BuiltFolder.at(tmp_path / "out")
        text = card(built, language)
        assert LANGUAGES[language]["nothing"] in text
        assert not untraced(body(text), built.provenance)
    assert yaml.safe_load(text.split("---\n")[1])["size_categories"] == ["n<1K"]


def test_toml_of_strange_values() -> None:
    try:
        import tomllib
    except ImportError:  # Python 3.10
        import tomli as tomllib  # type: ignore[no-redef]
    value = {"name": 'a "b" \\ \n\x7f 가', "on": True, "share": 1e-05, "filter": {"language": ["ko", "zh"], "a b": 1}}
    assert tomllib.loads(toml({**value, "seed": None, "parts": [{"source": {"name": "x", "parts": [{"source": "y"}]}}]})) == {
        **value, "parts": [{"source": {"name": "x", "parts": [{"source": "y"}]}}],
    }  # fmt: skip
