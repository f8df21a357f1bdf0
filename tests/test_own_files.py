"""Files of one's own as parts of a recipe: layouts, formats, broken rows, files that change, datasets on the Hub."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import okinst
from okinst.builders import DamagedFile, MissingFile, TooManyLost, WrongCall
from okinst.mixtures import Mixture, Part, recipe
from okinst.mixtures.builder import builder_of_mixture
from okinst.mixtures.own import OwnRows, own_variant
from okinst.publishing import build, lots
from tests.conftest import okinst as command
from tests.conftest import python
from tests.hub_double import Repo, serving
from tests.own_files import asked

EXCHANGES = [("안녕하세요?", "네, 안녕하세요."), ("몇 시예요?", "세 시입니다."), ("고마워요.", "천만에요.")]
LAYOUTS: dict[str, list[dict[str, Any]]] = {
    "messages": [
        {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]} for q, a in EXCHANGES
    ],
    "alpaca": [{"instruction": q, "input": "", "output": a} for q, a in EXCHANGES],
    "sharegpt": [{"conversations": [{"from": "human", "value": q}, {"from": "gpt", "value": a}]} for q, a in EXCHANGES],
    "koalpaca": [{"text": f"### 질문: {q}\n\n### 답변: {a}<|endoftext|>"} for q, a in EXCHANGES],
}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def told(layout: str, name: str = "own.jsonl", more: str = "") -> str:
    return (
        f'[[parts]]\nfile = "{name}"\nlayout = "{layout}"\nlicense = "mit"\nlanguage = "ko"\nmaking = "human"\n{more}'
    )


def built(tmp_path: Path, text: str, **options: Any) -> Any:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    builder = builder_of_mixture(recipe.read(tmp_path / "mine.toml"), cache_dir=str(tmp_path / "cache"), **options)
    builder.download_and_prepare()
    return builder


def rows(tmp_path: Path, text: str, **options: Any) -> list[dict[str, Any]]:
    return list(built(tmp_path, text, **options).as_dataset(split="train"))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("ending", [".jsonl", ".ndjson", ".json", ".parquet"])
def test_every_layout_in_every_format(layout: str, ending: str, tmp_path: Path) -> None:
    write(tmp_path / f"own{ending}", LAYOUTS[layout])
    found = rows(tmp_path, "shuffle = false\n" + told(layout, f"own{ending}"))
    assert [[turn["content"] for turn in row["messages"]] for row in found] == [list(each) for each in EXCHANGES]
    first = found[0]
    assert (first["id"], first["source"], first["language"], first["license"], first["making"]) == (
        "own/train/0", "own", "ko", "mit", "human",
    )  # fmt: skip


def test_system_messages_and_earlier_rounds(tmp_path: Path) -> None:
    write(tmp_path / "own.jsonl", [{**LAYOUTS["alpaca"][0], "system": "짧게 답해.", "history": [["하나?", "둘."]]}])
    (row,) = rows(tmp_path, told("alpaca"))
    assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant", "user", "assistant"]
    write(tmp_path / "own.jsonl", [{**LAYOUTS["sharegpt"][0], "system": "짧게 답해."}])
    (row,) = rows(tmp_path, told("sharegpt"))
    assert row["messages"][0] == {"role": "system", "content": "짧게 답해."}


BROKEN: dict[str, list[dict[str, Any]]] = {
    "messages": [
        {"messages": None},
        {"messages": "text"},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
        {"messages": [{"role": "user", "content": "?"}, {"role": "tool", "content": "!"}]},
        {"messages": []},
        {"other": 1},
    ],
    "alpaca": [{"instruction": "?"}, {"instruction": "?", "output": None}, {"instruction": "?", "output": " "}],
    "sharegpt": [{"conversations": {}}, {"conversations": [{"from": "human"}]}, {"conversations": ["text"]}],
    "koalpaca": [{"text": "no headings"}, {"text": None}, {"text": "### 질문: 하나?"}],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_broken_rows_are_counted_and_the_others_come_through(layout: str, tmp_path: Path) -> None:
    write(tmp_path / "own.jsonl", [*LAYOUTS[layout] * 4, *BROKEN[layout]])
    builder = built(tmp_path, told(layout))
    (line,) = builder.funnel()
    assert (line["read"], line["kept"]) == (12 + len(BROKEN[layout]), 12)
    assert sum(line["left_out"].values()) == len(BROKEN[layout])


def test_another_layout_is_an_error_that_names_the_right_one(tmp_path: Path) -> None:
    write(tmp_path / "own.jsonl", LAYOUTS["sharegpt"])
    with pytest.raises(
        TooManyLost, match=r"no 'messages' in it, .* it has conversations, which fits the layout sharegpt\. "
    ):
        rows(tmp_path, told("messages"))


def test_a_line_that_is_no_json(tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text(asked(EXCHANGES) + "{broken\n", encoding="utf-8")
    with pytest.raises(DamagedFile, match=r"own: .*own\.jsonl"):
        rows(tmp_path, told("alpaca"))
    (tmp_path / "own.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(DamagedFile, match="holds no rows"):
        rows(tmp_path, told("alpaca"))


def test_a_file_that_went_after_the_recipe_was_read(tmp_path: Path) -> None:
    write(tmp_path / "own.jsonl", LAYOUTS["alpaca"])
    (tmp_path / "mine.toml").write_text(told("alpaca"), encoding="utf-8")
    mixture = recipe.read(tmp_path / "mine.toml")
    (tmp_path / "own.jsonl").unlink()
    with pytest.raises(MissingFile, match=r"own\.jsonl is not in"):
        builder_of_mixture(mixture, cache_dir=str(tmp_path / "cache")).download_and_prepare()


def test_a_name_full_of_marks_and_two_of_one_name(tmp_path: Path) -> None:
    write(tmp_path / "[1] 내 글.jsonl", LAYOUTS["alpaca"])
    with pytest.raises(WrongCall, match=r"line 2, part 1: '\[1\] 내 글' cannot be the name of a part: .* name = "):
        rows(tmp_path, told("alpaca", "[1] 내 글.jsonl"))
    assert len(rows(tmp_path, told("alpaca", "[1] 내 글.jsonl", 'name = "글"\n'))) == 3
    (tmp_path / "b").mkdir()
    write(tmp_path / "b" / "own.jsonl", LAYOUTS["alpaca"][:1])
    write(tmp_path / "own.jsonl", LAYOUTS["alpaca"])
    with pytest.raises(WrongCall, match=r"own \(train\) is there twice"):
        rows(tmp_path, told("alpaca") + told("alpaca", "b/own.jsonl"))
    assert len(rows(tmp_path, told("alpaca") + told("alpaca", "b/own.jsonl", 'name = "b"\n'))) == 4


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    write(tmp_path / "own.jsonl", LAYOUTS["alpaca"])
    first = built(tmp_path, told("alpaca"))
    write(tmp_path / "own.jsonl", LAYOUTS["alpaca"][1:])
    second = built(tmp_path, told("alpaca"))
    assert first.hash != second.hash and len(second.as_dataset(split="train")) == 2
    third = built(tmp_path, "# a comment changes nothing\n" + told("alpaca"))
    assert third.hash == second.hash
    assert built(tmp_path, "seed = 9\n" + told("alpaca")).hash != third.hash


def test_in_python(tmp_path: Path) -> None:
    write(tmp_path / "own.jsonl", LAYOUTS["alpaca"])
    variant = own_variant(
        "own", place=str(tmp_path / "own.jsonl"), hub=None, revision="main", layout="alpaca", license="mit",
        language="ko", making="human",
    )  # fmt: skip
    mixture = Mixture(name="mine", parts=(Part(OwnRows, variant=variant),))
    (tmp_path / "mine.toml").write_text(told("alpaca"), encoding="utf-8")
    one, two = (
        builder_of_mixture(each, cache_dir=str(tmp_path / "cache"))
        for each in (mixture, recipe.read(tmp_path / "mine.toml"))
    )
    assert one.hash == two.hash


# -- on the Hub ------------------------------------------------------------------------------------------------------------


def test_a_dataset_on_the_hub(tmp_path: Path) -> None:
    lines = asked(EXCHANGES).splitlines(keepends=True)
    files = {f"data/{number}.jsonl": line.encode() for number, line in enumerate(lines)}
    (tmp_path / "mine.toml").write_text(told("alpaca", "data/*.jsonl", 'hub = "me/rows"\n'), encoding="utf-8")
    with serving() as hub:
        hub.repos["me/rows"] = Repo(files)
        where = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}
        done = command("build", tmp_path / "mine.toml", "-o", tmp_path / "out", **where)
    assert done.returncode == 0 and "mine: train 3 rows" in done.stdout, done.stderr
    told_inputs = json.loads((tmp_path / "out/provenance.json").read_text(encoding="utf-8"))["inputs"]
    assert [file["path"] for file in told_inputs] == list(files) and all(file["sha256"] for file in told_inputs)


#: opens a recipe, and says its hash, the commit of its part, and what it asked
OPEN = """
import json, sys
from okinst.mixtures import recipe
from okinst.mixtures.builder import builder_of_mixture
builder = builder_of_mixture(recipe.read(__import__("pathlib").Path(sys.argv[1])), cache_dir=sys.argv[2])
if "build" in sys.argv:
    builder.download_and_prepare()
print(json.dumps([builder.hash, builder.config.recipe()["parts"][0]["revision"]]))
"""


def test_a_branch_is_pinned_when_the_recipe_is_opened(tmp_path: Path) -> None:
    """A new commit is a new cache; offline it is the commit of the last time; a commit is never asked for."""
    path = tmp_path / "mine.toml"
    path.write_text(told("alpaca", "own.jsonl", 'hub = "me/rows"\n'), encoding="utf-8")
    arguments = (path, tmp_path / "cache")
    with serving() as hub:
        where = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}
        hub.repos["me/rows"] = Repo({"own.jsonl": asked(EXCHANGES).encode()})
        first = hub.repos["me/rows"].commit
        built_first = json.loads(python(OPEN, *arguments, "build", **where))
        hub.repos["me/rows"] = Repo({"own.jsonl": asked(EXCHANGES[:2]).encode()})
        second = hub.repos["me/rows"].commit
        built_second = json.loads(python(OPEN, *arguments, "build", **where))
        hub.requests.clear()
        assert json.loads(python(OPEN, *arguments, "build", **where, HF_HUB_OFFLINE="1")) == built_second
        assert not hub.requests
    assert (built_first[1], built_second[1]) == (first, second) and built_first[0] != built_second[0]
    # the Hub is gone: what is cached is taken, and which commit it is is told
    gone = command("build", path, "-o", tmp_path / "out", **{**where, "HF_ENDPOINT": "http://127.0.0.1:9"})
    assert gone.returncode == 0 and f"main of me/rows is taken at commit {second}" in gone.stderr, gone.stderr
    (file,) = json.loads((tmp_path / "out/provenance.json").read_text(encoding="utf-8"))["inputs"]
    assert file["revision"] == second
    path.write_text(told("alpaca", "own.jsonl", f'hub = "me/rows"\nrevision = "{first}"\n'), encoding="utf-8")
    pinned = python(OPEN, *arguments, "build", **{**where, "HF_ENDPOINT": "http://127.0.0.1:9"})
    assert json.loads(pinned)[1] == first


def test_a_branch_that_cannot_be_had_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(told("alpaca", "own.jsonl", 'hub = "me/rows"\nrevision = "v9"\n'), encoding="utf-8")
    home = {"HF_HOME": str(tmp_path / "hf")}
    with serving() as hub:
        where = {"HF_ENDPOINT": hub.url, **home}
        missing = command("build", path, "-o", tmp_path / "out", **where)
        hub.repos["me/rows"] = Repo({}, token="a-token-of-ours")
        private = command("build", path, "-o", tmp_path / "out", **where)
        hub.repos["me/rows"].token = None
        no_branch = command("build", path, "-o", tmp_path / "out", **where)
    offline = command("build", path, "-o", tmp_path / "out", **home)
    for done, words in (
        (missing, "no such repository"),
        (private, "hf auth login"),
        (no_branch, "me/rows at v9 is not on the Hub. Name a revision"),
        (offline, "Open it once where the Hub can be reached"),
    ):
        assert done.returncode and "mine.toml, line 8, part 1: own" not in done.stderr, done.stderr
        assert "mine.toml, line 8, part 1: me--rows" in done.stderr and words in done.stderr, done.stderr


def test_a_dataset_in_a_mirror(tmp_path: Path) -> None:
    text = told("alpaca", "data/*.jsonl", 'hub = "me/rows"\n')
    (tmp_path / "mirror/me/rows/data").mkdir(parents=True)
    with pytest.raises(MissingFile, match="Put the file there under that name"):
        rows(tmp_path, text, mirror=str(tmp_path / "mirror"))
    for number, row in enumerate(LAYOUTS["alpaca"]):
        write(tmp_path / f"mirror/me/rows/data/{number}.jsonl", [row])
    found = rows(tmp_path, "shuffle = false\n" + text, mirror=str(tmp_path / "mirror"))
    assert [row["id"] for row in found] == [f"me--rows/train/{number}-0" for number in range(3)]


# -- what wrote it ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("making", "machines", "kept"),
    [
        ("generated", "", False),
        ("generated", 'generators = ["gpt-4"]\n', False),
        ("generated", 'generators = ["Synatra-7B"]\n', True),
        ("generated", 'generators = ["Synatra-7B", "Claude 2"]\n', False),
        ("human", 'generators = ["gpt-4"]\n', True),
        ("human, machine-translated", "", False),
        ("human, machine-translated", 'translators = ["DeepL"]\n', True),
    ],
)
def test_machines_that_a_recipe_names_decide_its_licence(
    making: str, machines: str, kept: bool, tmp_path: Path
) -> None:
    """Rows say how they were made; which machine made them only the recipe can say."""
    write(tmp_path / "own.jsonl", [{**row, "making": making} for row in LAYOUTS["alpaca"]])
    write(tmp_path / "other.jsonl", LAYOUTS["alpaca"])
    (tmp_path / "inner.toml").write_text(told("alpaca", "own.jsonl", machines), encoding="utf-8")
    for part in (told("alpaca", "own.jsonl", machines), '[[parts]]\nrecipe = "inner.toml"\n'):
        builder = built(tmp_path, 'license = "commercial"\n' + told("alpaca", "other.jsonl") + part)
        found = {row["source"] for row in builder.as_dataset(split="train")}
        assert found == ({"own", "other"} if kept else {"other"})
    (tmp_path / "mine.toml").write_text(told("alpaca", "own.jsonl", machines), encoding="utf-8")
    door = {"cache_dir": str(tmp_path / "cache")}
    build(str(tmp_path / "mine.toml"), tmp_path / "out", **door)
    for name in (tmp_path / "mine.toml", tmp_path / "out"):
        (lot,) = lots.report(str(name), **door)["lots"]
        assert lot["kept"] == kept and (not kept or not lot["why"])
        assert lot["making"] == making


def test_the_same_file_under_two_names_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "own.jsonl", LAYOUTS["alpaca"])
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "own.jsonl")
    text = told("alpaca") + told("alpaca", "link.jsonl")
    with pytest.raises(WrongCall, match=r"line 7, part 2: .*own\.jsonl \(train\) is in several parts \(first .*line 1"):
        rows(tmp_path, text)
    assert len(rows(tmp_path, 'dedup = "exact"\n' + text)) == 3


# -- load_dataset ---------------------------------------------------------------------------------------------------------


def test_load_dataset_takes_a_recipe(tmp_path: Path) -> None:
    from datasets import load_dataset, load_dataset_builder

    write(tmp_path / "own.jsonl", LAYOUTS["alpaca"])
    path = tmp_path / "mine.toml"
    path.write_text("seed = 4\n" + told("alpaca") + '[[parts]]\nsource = "hrc"\ntake = 5\n', encoding="utf-8")
    options = {"sample": True, "cache_dir": str(tmp_path / "cache")}
    whole = load_dataset("okinst", "custom", recipe=str(path), split="train", **options)
    assert (
        len(whole) == 8 and whole.features == load_dataset_builder("okinst", "custom", recipe=str(path)).info.features
    )
    for other in (
        load_dataset(
            "okinst", "custom", recipe=path, split="train", streaming=True, sample=True, cache_dir=options["cache_dir"]
        ),
        okinst.load("custom", recipe=recipe.read(path), split="train", **options),
        okinst.load(str(path), split="train", **options),
        okinst.load("custom", recipe=path, split="train", num_proc=2, **options),
    ):
        assert list(other) == list(whole)
    write(tmp_path / "own.jsonl", LAYOUTS["alpaca"][:1])
    assert len(okinst.load(str(path), split="train", **options)) == 6
    path.write_text(path.read_text(encoding="utf-8").replace("take = 5", "take = 6"), encoding="utf-8")
    assert len(okinst.load(str(path), split="train", **options)) == 7


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("custom", {}, '"custom" needs recipe='),
        ("custom", {"recipe": 3}, "not 3"),
        ("custom", {"recipe": "gone.toml"}, "there is no recipe gone.toml"),
        ("gone.toml", {}, "there is no recipe gone.toml"),
        ("hrc", {"recipe": "gone.toml"}, 'recipe= goes with the name "custom"'),
    ],
)
def test_calls_that_are_wrong(name: str, options: Any, words: str) -> None:
    with pytest.raises(WrongCall, match=words):
        okinst.load(name, sample=True, **options)


def test_options_of_a_recipe_are_checked(tmp_path: Path) -> None:
    write(tmp_path / "own.jsonl", LAYOUTS["alpaca"])
    (tmp_path / "mine.toml").write_text(told("alpaca"), encoding="utf-8")
    for option, words in ((("raw"), "is for sources"), ("sampel", "did you mean sample"), ("seed", "no option 'seed'")):
        with pytest.raises(WrongCall, match=words):
            okinst.load(str(tmp_path / "mine.toml"), **{option: True})


# -- the command line ------------------------------------------------------------------------------------------------------


def test_show_and_licence_know_own_parts_and_mixtures(tmp_path: Path) -> None:
    write(tmp_path / "own.jsonl", LAYOUTS["alpaca"])
    (tmp_path / "inner.toml").write_text('[[parts]]\nsource = "hrc"\n', encoding="utf-8")
    (tmp_path / "mine.toml").write_text(
        told("alpaca") + '[[parts]]\nrecipe = "inner.toml"\n[[parts]]\nsource = "aulm-0809-documented"\n',
        encoding="utf-8",
    )
    home = {"HF_HOME": str(tmp_path / "hf")}
    shown = command("show", tmp_path / "mine.toml", "--sample", **home)
    assert shown.returncode == 0 and "inner" in shown.stdout and "not built here yet" in shown.stdout, shown.stderr
    report = json.loads(command("licence", tmp_path / "mine.toml", "--sample", "--json", **home).stdout)
    (report,) = report
    assert {lot["source"] for lot in report["lots"]} >= {"own", "hrc", "kullm-v2"}
    assert {lot["kept"] for lot in report["lots"] if lot["source"] == "own"} == {True}
    assert "own" in command("licence", tmp_path / "mine.toml", "--sample", **home).stdout
    done = command("build", tmp_path / "mine.toml", "--sample", "-o", tmp_path / "out", **home)
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(command("licence", tmp_path / "mine.toml", "--sample", "--json", **home).stdout)
    assert report["basis"] == "counted" and sum(lot["rows"] for lot in report["lots"]) == report["whole"]["rows"]


def test_a_plain_recipe_streams_part_by_part(tmp_path: Path) -> None:
    write(tmp_path / "own.jsonl", LAYOUTS["alpaca"])
    (tmp_path / "inner.toml").write_text('shuffle = false\n[[parts]]\nsource = "hrc"\n', encoding="utf-8")
    text = "shuffle = false\n" + told("alpaca") + '[[parts]]\nrecipe = "inner.toml"\n'
    builder = built(tmp_path, text, sample=True)
    assert list(builder.as_streaming_dataset(split="train")) == list(builder.as_dataset(split="train"))
