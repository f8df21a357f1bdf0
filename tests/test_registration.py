"""The name "okinst" in datasets, with everything load_dataset can be asked for."""

import json
from pathlib import Path

import datasets
import pytest

import okinst
from okinst.catalogue import SOURCES
from okinst.mixtures import MIXTURES
from tests.conftest import python

load = datasets.load_dataset


def test_every_name_is_known_without_a_network() -> None:
    names = datasets.get_dataset_config_names("okinst")
    assert names == [*MIXTURES, *SOURCES] == list(okinst.names())
    assert datasets.get_dataset_split_names("okinst", "kobest-boolq") == ["train", "validation", "test"]
    assert datasets.get_dataset_split_names("okinst", "aulm-0809") == ["train"]


@pytest.mark.parametrize("name", ["koalpaca-v1.0", "aulm-0809", "kobest-copa", "hrc-preference"])
def test_stream_processes_slices_and_cache_agree(name: str, tmp_path: Path) -> None:
    rows = load("okinst", name, sample=True, cache_dir=str(tmp_path / "one"), split="train")
    two = load("okinst", name, sample=True, cache_dir=str(tmp_path / "two"), split="train", num_proc=2)
    stream = load("okinst", name, sample=True, cache_dir=str(tmp_path / "one"), split="train", streaming=True)
    assert rows.to_list() == two.to_list() == list(stream)
    some = load("okinst", name, sample=True, cache_dir=str(tmp_path / "one"), split="train[2:5]")
    assert some.to_list() == rows.to_list()[2:5]
    assert all(str(tmp_path / "one") in file["filename"] for file in rows.cache_files)


def test_num_proc_reads_files_side_by_side(tmp_path: Path) -> None:
    one = load("okinst", "alpaca-zh-carbonz0", sample=True, cache_dir=str(tmp_path / "one"), split="train")
    two = load("okinst", "alpaca-zh-carbonz0", sample=True, cache_dir=str(tmp_path / "two"), split="train", num_proc=2)
    assert len(two.cache_files) == 2 and one.to_list() == two.to_list()
    builder = datasets.load_dataset_builder(
        "okinst", "alpaca-zh-carbonz0", sample=True, cache_dir=str(tmp_path / "two")
    )
    assert [(tally.read, tally.kept) for tally in builder.tallies()] == [(26, 26), (24, 23)]


def test_load_is_load_dataset() -> None:
    assert okinst.load("hrc", sample=True, split="train").num_rows == 18


def test_load_dataset_builder_gives_the_source() -> None:
    builder = datasets.load_dataset_builder("okinst", "hrc", sample=True)
    assert type(builder).__name__ == "HRC" and builder.info.license == "cc-by-sa-4.0"


def test_an_unknown_name_gets_the_three_nearest() -> None:
    with pytest.raises(ValueError, match=r"no 'koalpaca-1.1'.*koalpaca-v1.1, koalpaca-v1.0, \S+\. All: okinst list"):
        load("okinst", "koalpaca-1.1")


def test_no_name_at_all_says_how_to_give_one() -> None:
    with pytest.raises(ValueError, match='load_dataset\\("okinst", NAME\\)'):
        load("okinst")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"data_files": "x.json"}, "data_dir="),
        ({"revision": "v1"}, "leave revision= out"),
        ({"features": datasets.Features({"id": datasets.Value("string")})}, "cast the rows after loading"),
        ({"sampel": True}, "did you mean sample"),
        ({"sample": True, "mirror": "."}, "exclude each other"),
    ],
)
def test_what_cannot_be_honoured_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load("okinst", "hrc", **options)


def test_a_name_that_is_no_text() -> None:
    with pytest.raises(ValueError, match="the name of a set is text"):
        load("okinst", 5)


def test_registering_twice_is_harmless() -> None:
    import datasets.load

    before = datasets.load.dataset_module_factory
    okinst.register()
    okinst.register()
    assert datasets.load.dataset_module_factory is before


def test_other_names_are_untouched(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('{"a": 1}\n')
    assert load("json", data_files=str(tmp_path / "rows.json"), split="train").to_list() == [{"a": 1}]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text("a\n1\n")
    assert load(str(tmp_path / "data"), split="train", cache_dir=str(tmp_path)).to_list() == [{"a": 1}]


@pytest.mark.parametrize(
    "order", ["import okinst, datasets", "import datasets, okinst", "import okinst; import datasets.inspect"]
)
def test_the_order_of_imports_does_not_matter(order: str, tmp_path: Path) -> None:
    code = f"{order}\nimport datasets; print(datasets.get_dataset_split_names('okinst', 'hrc'))"
    assert python(code).strip() == "['train']"


@pytest.mark.parametrize("clutter", ["okinst/okinst.py", "okinst/rows.csv", "okinst.py.txt"])
def test_a_folder_of_the_same_name_does_not_matter(clutter: str, tmp_path: Path) -> None:
    (tmp_path / clutter).parent.mkdir(exist_ok=True)
    (tmp_path / clutter).write_text("x\n")
    code = (
        "import sys; sys.path.pop(0); import okinst, datasets; print(len(datasets.get_dataset_config_names('okinst')))"
    )
    assert python(code, cwd=tmp_path).strip() == str(len(okinst.names()))


def test_importing_okinst_imports_nothing_heavy() -> None:
    heavy = ("datasets", "pyarrow", "torch", "transformers", "sklearn", "ray", "kiwipiepy", "pandas", "numpy")
    code = f"import okinst, sys; print([name for name in {heavy!r} if name in sys.modules])"
    assert python(code).strip() == "[]"
    assert python(code.replace("import okinst", "import okinst.cli.app")).strip() == "[]"
    loaded = json.loads(
        python("import sys, json, okinst.mixtures.meta; print(json.dumps([name for name in sys.modules]))")
    )
    assert not {"torch", "transformers", "sklearn", "ray", "kiwipiepy"} & set(loaded)
