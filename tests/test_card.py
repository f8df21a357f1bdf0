"""The card of a built set: every number of it stands in provenance.json, in three whole languages, and the Hub can read it."""

import json
import re
import shutil
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from huggingface_hub import DatasetCard

from okinst import catalogue
from okinst.builders import DamagedFile, MissingFile, WrongCall, ask, doors, prefer, schema
from okinst.builders.vocabulary import Language, Making
from okinst.cli import contamination
from okinst.licences.machines import FAMILIES
from okinst.mixtures import recipe
from okinst.publishing import build
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card import LANGUAGES, card, plots, write, writing
from okinst.publishing.card.markdown import LIMIT, plain, toml, within
from okinst.publishing.card.measure import measure
from okinst.publishing.card.words import Words
from okinst.publishing.place import put
from tests.conftest import okinst

#: one process builds the folders, for all of these
pytestmark = pytest.mark.xdist_group("card")

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
    for column in ("language", "license", "making"):  # of a source that has several
        pairs = Counter[tuple[str, str]]()
        for group in told["composition"]:
            pairs[group["source"], group[column]] += group["rows"]
        yield from pairs.values()
    lines = list(told["funnel"])
    for line in lines:
        lines += line.get("parts") or []
        yield from (sum(line["left_out"].values()), sum(line["ruled_out"].values()))
    for step in told["steps"]:
        reasons = Counter[str]()
        for line in step["sources"].values():
            reasons.update(line["reasons"])
        yield from reasons.values()
        if covered := step.get("searched for"):
            yield from (len(covered), sum(each["items"] - each["not searchable"] for each in covered.values()))


def untraced(text: str, told: dict[str, Any]) -> set[str]:
    """The numbers in a card that are neither in provenance.json nor a sum of what is there."""
    known = {*numbers_of(told), *map(str, sums(told))}
    whole = json.dumps(told, ensure_ascii=False)
    for entry in catalogue.SOURCES.values():  # names are no numbers: titles, addresses, providers
        text = text.replace(f"{plain(entry.builder.CARD.title)}, {entry.builder.CARD.homepage}", "")
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
    words = LANGUAGES["en"]
    assert {f"shape {shape}" for shape in schema.SHAPES} <= words.keys()
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


def test_of_no_rows_it_says_so(tmp_path: Path) -> None:
    write(folder_of(tmp_path, rows_of([])))
    for language in LANGUAGES:
        text = card(BuiltFolder.at(tmp_path / "made"), language)
        assert LANGUAGES[language]["nothing"] in text
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


# -- what is measured -------------------------------------------------------------------------------------------------


def rows_of(pairs: list[tuple[str, str]], language: str = "ko") -> pa.Table:
    common = {"source": "made", "language": language, "license": "mit", "making": "human"}
    made = [{"id": f"made/train/{number}", **common, **ask(*pair)} for number, pair in enumerate(pairs)]
    return pa.Table.from_pylist(made, schema=schema.features("conversation").arrow_schema.remove_metadata())


def folder_of(path: Path, table: pa.Table) -> Path:
    """A folder as okinst build writes it, of rows made by hand."""
    folder = path / "made"
    (folder / "made").mkdir(parents=True)
    file = folder / "made" / "train-00000-of-00001.parquet"
    pq.write_table(table, file)
    lot = {
        "split": "train",
        "source": "made",
        "language": "ko",
        "license": "mit",
        "making": "human",
        "rows": len(table),
    }
    told = {
        "name": "made", "description": "", "citation": "", "okinst": "0.1.0", "published": False, "recipe": {"parts": []},
        "view": "okinst", "door": None, "rows": {"train": len(table)}, "composition": [lot] * bool(len(table)), "inputs": [],
        "funnel": [], "steps": [], "set_aside": {},
        "files": [{"path": file.relative_to(folder).as_posix(), "bytes": file.stat().st_size, "sha256": doors.sha256(file)}],
    }  # fmt: skip
    (folder / "provenance.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


SOUND = [
    ("바닷물은 왜 짠가요?", "강물이 바위에서 녹여 온 소금이 바다에 오래 쌓였기 때문입니다."),
    ("김치를 담글 때 배추를 절이는 까닭을 알려 주세요.", "소금이 배추에서 물을 빼내어 오래 두어도 무르지 않게 합니다."),
    ("가을에 나뭇잎 색이 바뀌는 원리를 설명해 주세요.", "엽록소가 줄어들면서 가려져 있던 노란 색소가 드러납니다."),
]
#: by check, a row that has this weakness and no other
WEAK = {
    "exact": ("바닷물은  왜 짠가요?", "오랜 세월 소금이 쌓인 덕분입니다."),
    "language": (
        "달력을 처음 만든 사람은 누구인가요?",
        "Nobody knows for certain who made the very first calendar of all.",
    ),
    "refusals": ("내일 주식 시장이 어떻게 될지 알려 주세요.", "죄송하지만 그 질문에는 답변해 드릴 수 없습니다."),
    "cut_off": (
        "세종대왕의 업적을 알려 주세요.",
        "업적은 다음과 같습니다.\n\n1. 훈민정음을 만들었습니다.\n2. 집현전을 세웠습니다.\n3.",
    ),
    "pii": ("우리 동네 도서관에 연락하는 법을 알려 주세요.", "담당자의 전화번호는 010-2938-4756입니다."),
    "self_reference": ("가장 좋아하는 계절이 무엇인가요?", "저는 인공지능 언어 모델이므로 좋아하는 계절이 없습니다."),
}


def test_each_weakness_is_counted(tmp_path: Path) -> None:
    built = BuiltFolder.at(folder_of(tmp_path, rows_of([*SOUND, *WEAK.values()])))
    told = measure(built)
    assert told["rows"] == told["looked at"] == 9 and told["characters"]["made"] > 0
    for name in WEAK:
        assert told["checks"][name] == {"rows": 1, "of": 9}, name
    assert told["checks"]["secrets"]["rows"] == told["checks"]["empty"]["rows"] == 0
    assert told["not measured"] == {"overlap": "no index"}
    clean = measure(BuiltFolder.at(folder_of(tmp_path / "clean", rows_of(SOUND))))
    assert not any(each["rows"] for each in clean["checks"].values())


def test_of_many_rows_some_are_drawn_and_the_card_says_so(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, rows_of(SOUND * 400))
    told = write(folder, "ko", looked_at=50, seed=3).measured
    assert told["rows"] == 1_200 and told["looked at"] == 50 and told["seed"] == 3
    assert {each["of"] for each in told["checks"].values()} == {50}
    assert told["characters"]["made"] == 400 * sum(len(asked) + len(answered) + 1 for asked, answered in SOUND)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "1,200행 가운데 50행을 뽑아(시드 3)" in text and LANGUAGES["ko"]["duplicates of some"] in text
    assert not untraced(body(text), BuiltFolder.at(folder).provenance)


def test_overlap_with_evaluation_sets(tmp_path: Path) -> None:
    items = datasets.load_dataset(
        "okinst", "kobest-boolq", sample=True, split="test", cache_dir=str(tmp_path / "cache")
    )
    folder = folder_of(tmp_path, rows_of([*SOUND, (items[0]["query"], "예"), (items[1]["query"], "아니요")]))
    contamination.index(["kobest-boolq"], sample=True).save(tmp_path / "boolq.index")
    told = write(folder, index=tmp_path / "boolq.index").measured
    assert told["checks"]["overlap"] == {"rows": 2, "of": 5} and "overlap" not in told["not measured"]
    assert told["evaluation sets"]["searched"]["kobest-boolq"]["rows"] == 2
    assert "kobest-boolq (2 rows)" in (folder / "README.md").read_text(encoding="utf-8")
    # a door that has the files of one set and no others
    shutil.copytree(Path(doors.__file__).parents[1] / "sample" / "SKT-LSL", tmp_path / "mirror" / "SKT-LSL")
    told = measure(BuiltFolder.at(folder), door={"mirror": str(tmp_path / "mirror"), "accept_drift": True})
    assert told["checks"]["overlap"]["rows"] == 2
    assert "kobest-wic" in told["evaluation sets"]["searched"] and "hulic" in told["evaluation sets"]["not reached"]
    (tmp_path / "nothing").mkdir()
    assert measure(BuiltFolder.at(folder), door={"mirror": str(tmp_path / "nothing")})["not measured"] == {
        "overlap": "out of reach"
    }


def test_what_means_nothing_for_a_shape_is_told(folders: dict[str, Path], tmp_path: Path) -> None:
    for name, unfit in (
        ("kobest-boolq", {"refusals", "cut_off", "residue"}),
        ("kochatgpt-rm", set()),
        ("koquality", set()),
    ):
        told = measure(BuiltFolder.at(folders[name]))
        assert unfit <= {each for each, why in told["not measured"].items() if why == "shape"}
    for name in ("kullm-v2", "aulm-0809"):  # upstream's columns, another layout
        assert measure(BuiltFolder.at(folders[name]))["not measured"] == {"shape": ""}
        folder = Path(shutil.copytree(folders[name], tmp_path / name))
        write(folder, "zh")
        assert LANGUAGES["zh"]["no shape"] in (folder / "README.md").read_text(encoding="utf-8")


# -- writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_measured_numbers_stand_in_the_provenance_too(language: str, folders: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(folders["koquality"], tmp_path / "out"))
    before = BuiltFolder.at(folder).provenance
    write(folder, language)
    built = BuiltFolder.at(folder)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text == card(built, language) and not untraced(body(text), built.provenance)
    assert LANGUAGES[language]["check cut_off"] in text and LANGUAGES[language]["not measured yet"] not in text
    after = dict(built.provenance)
    measured, files = after.pop("measured"), after.pop("files")
    assert after.pop("card_language") == language
    assert after == {key: value for key, value in before.items() if key != "files"}
    assert {each["path"] for each in before["files"]} | {f"card/{name}.png" for name in measured["plots"]} == {
        each["path"] for each in files
    }
    for each in files:
        path = folder / each["path"]
        assert (each["bytes"], each["sha256"]) == (path.stat().st_size, doors.sha256(path))
    assert not list(folder.rglob("*incomplete*"))


def test_again_is_the_same_and_another_language_keeps_what_was_measured(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(folders["koquality"], tmp_path / "out"))
    write(folder)
    first = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    write(folder)
    assert first == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    own = folder / "README.md"
    text = own.read_text(encoding="utf-8")
    own.write_text(f"{text}\n손으로 쓴 말.\n", encoding="utf-8")
    with pytest.raises(WrongCall, match=r"README.md was changed by hand.*--force"):
        write(folder, "zh", measured=False)
    assert own.read_text(encoding="utf-8").endswith("손으로 쓴 말.\n")
    told = write(folder, "zh", measured=False, force=True)
    assert "kiwi" in told.path.read_text(encoding="utf-8"), "what scored the rows"
    # what was interrupted between the two files is no card by hand
    kept = {path.name: path.read_bytes() for path in (folder / "provenance.json", folder / "README.md")}

    def stop(path: Path, content: bytes) -> None:
        put(path, content)
        if path.name == "README.md":
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(writing, "put", stop)
        write(folder, "ko", measured=False)
    assert (folder / "README.md").read_bytes() != kept["README.md"]
    write(folder, "zh", measured=False)
    assert kept == {name: (folder / name).read_bytes() for name in kept}
    provenance, known = folder / "provenance.json", (folder / "provenance.json").read_bytes()
    provenance.write_text(json.dumps(json.loads(known) | {"door": "mirror"}), encoding="utf-8")
    with pytest.raises(WrongCall, match="invented questions of the sample"):
        write(folder, door={"sample": True})
    provenance.write_bytes(known)
    assert told.measured == json.loads(first[folder / "provenance.json"])["measured"]
    assert LANGUAGES["zh"]["check pii"] in told.path.read_text(encoding="utf-8")
    write(folder, "en", measured=False)
    assert first == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_without_matplotlib_it_says_so_and_goes_on(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(folders["koquality"], tmp_path / "out"))
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    told = write(folder)
    assert told.plots == [] and "pip install 'okinst[publish]'" in told.no_plots
    assert ".png" not in told.path.read_text(encoding="utf-8") and not (folder / "card").exists()


def test_pictures(folders: dict[str, Path], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pip install 'okinst[publish]'")
    folder = Path(shutil.copytree(folders["koquality"], tmp_path / "out"))
    told = write(folder)
    assert told.plots == ["card/sources.png", "card/lengths.png", "card/scores.png"]
    text = told.path.read_text(encoding="utf-8")
    for path in told.plots:
        assert (folder / path).read_bytes().startswith(b"\x89PNG") and f"]({path})" in text
    # of one source, a name no font knows, and no selection: one picture, and those of before go
    hangul = rows_of(SOUND).set_column(1, "source", pa.array(["한글"] * 3))
    other = folder_of(tmp_path, hangul)
    (other / "card").mkdir()
    for name in ("scores", "own"):
        (other / "card" / f"{name}.png").touch()
    assert write(other).plots == ["card/lengths.png"]
    assert sorted(path.name for path in (other / "card").iterdir()) == ["lengths.png", "own.png"]


def test_a_bar_is_called_what_it_is() -> None:
    pytest.importorskip("matplotlib", reason=plots.MISSING)
    figure = plots.figure_of(plots._bars, 2.0, [("koalpaca-v1.1", 30_000), ("hrc", 7)])
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["koalpaca-v1.1", "hrc"]
    assert "30,000" in [label.get_text() for label in axes.get_xticklabels()]


def test_what_cannot_be_done_is_told_before_anything_changes(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="there is no folder"):
        write(tmp_path / "nowhere")
    with pytest.raises(WrongCall, match=r"has no provenance\.json"):
        write(tmp_path)
    folder = Path(shutil.copytree(folders["own"], tmp_path / "out"))
    with pytest.raises(WrongCall, match="no card in 'de'"):
        write(folder, "de")
    with pytest.raises(MissingFile, match=r"no\.index"):
        write(folder, index=tmp_path / "no.index")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (shard,) = (folder / "own-mix").iterdir()
    shard.write_bytes(b"PAR1 and no more")
    with pytest.raises(DamagedFile, match="Build it again"):
        write(folder)
    assert {path for path, content in before.items() if path.read_bytes() != content} == {shard}


def test_on_the_command_line(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(folders["koquality"], tmp_path / "out"))
    done = okinst("card", folder, "--language", "ko")
    assert done.returncode == 0, done.stderr
    assert "the answer stops in the middle" in done.stdout and "written in Korean" in done.stdout
    assert "not measured: overlap with evaluation sets" in done.stdout
    done = okinst("card", folder, "--no-measures", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["language"] == "en" and told["measured"]["checks"]["pii"]["of"] == 10


def test_a_preference_is_measured_by_its_better_answer(tmp_path: Path) -> None:
    common = {"id": "a", "source": "made", "language": "ko", "license": "mit", "making": "human"}
    asked, answered = SOUND[0]
    row = {**common, **prefer(asked, answered, WEAK["refusals"][1])}
    table = pa.Table.from_pylist([row], schema=schema.features("preference").arrow_schema.remove_metadata())
    assert measure(BuiltFolder.at(folder_of(tmp_path, table)))["checks"]["refusals"] == {"rows": 0, "of": 1}
