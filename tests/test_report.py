"""The report page: its data are counted in the files, and what rows say is text, whatever they say."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import DamagedFile, MissingFile, WrongCall, ask, prefer, schema
from okinst.publishing import build, distributions
from okinst.publishing.report import LIMIT, page, rows, write
from tests.conftest import okinst
from tests.report_page import Elements, parsed

HOSTILE = [
    "<script>document.title = 'taken over'</script>",
    "</script><script>document.title = 'taken over'</script>",
    "<!-- <img src=x onerror=\"document.title = 'taken over'\">",
    "{{told}} {{app}} \u2028\u2029 \\u003c ]]>",
    "왼쪽 \u202egnirts a si siht\u202c 오른쪽 \u2066\u200f끝",
    "가" * 100_000,
    "널\x00문자 \x1b[31m빨강",
    "__proto__",
]


#: on one worker, so that the set is curated once
together = pytest.mark.xdist_group("report")


def folder_of(path: Path, table: pa.Table, **more: Any) -> Path:
    """A folder as okinst build writes it, of rows made by hand."""
    folder = path / "made"
    (folder / "made").mkdir(parents=True)
    pq.write_table(table, folder / "made" / "train-00000-of-00001.parquet")
    told = {"name": "made", "rows": {"train": len(table)}, "funnel": [], "steps": [], "recipe": {"parts": []}, **more}
    (folder / "provenance.json").write_text(json.dumps(told))
    return folder


def conversations(pairs: list[tuple[str, str]]) -> pa.Table:
    common = {"source": "made", "language": "ko", "license": "mit", "making": "human"}
    made = [{"id": f"made/train/{number}", **common, **ask(*pair)} for number, pair in enumerate(pairs)]
    return pa.Table.from_pylist(made, schema=schema.features("conversation").arrow_schema.remove_metadata())


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sklearn", reason="pip install 'okinst[curation]'")
    pytest.importorskip("kiwipiepy", reason="pip install 'okinst[curation]'")
    path = tmp_path_factory.mktemp("curated")
    return build("koquality", path / "out", sample=True, cache_dir=str(path / "cache")).folder


@together
def test_what_it_tells_is_counted_in_the_files(curated: Path, tmp_path: Path) -> None:
    told = write(curated, tmp_path / "page.html")
    data, texts, _ = parsed(told.path.read_bytes())
    there = pq.read_table(curated / "koquality" / "train-00000-of-00001.parquet")
    assert data["total"] == told.rows == len(there)
    for column, lines in data["composition"].items():
        assert dict(lines) == Counter(there[column].to_pylist())
    assert [row[0] for row in texts["rows"]] == there["id"].to_pylist()
    answers = [row["messages"][-1]["content"] for row in there.to_pylist()]
    assert [row[-1][-1][2] for row in texts["rows"]] == answers
    lengths = next(each for each in data["distributions"]["of rows"] if each["key"] == "answer")
    assert np.sum(lengths["counts"]) == len(there)
    assert lengths["stats"][0]["most"] == max(map(len, answers))
    assert told.bytes == told.path.stat().st_size


@together
def test_every_loss_of_the_funnel_has_its_rows_and_reason(curated: Path, tmp_path: Path) -> None:
    data, texts, _ = parsed(write(curated, tmp_path / "page.html").path.read_bytes())
    dropped = pq.read_table(curated / "dropped.parquet").to_pylist()
    assert Counter((row[1], row[2]) for row in texts["dropped"]) == Counter(
        (row["step"], row["reason"]) for row in dropped
    )
    for step in data["steps"]:
        assert step["in"] - step["out"] == sum(step["reasons"].values())
        assert step["in"] == sum(before for _, before, _, _ in step["sources"])


@together
def test_the_map_and_the_clusters_are_those_of_the_selection(curated: Path, tmp_path: Path) -> None:
    data, texts, _ = parsed(write(curated, tmp_path / "page.html").path.read_bytes())
    selection = pq.read_table(curated / "selection.parquet").to_pylist()
    of, ids = data["selection"], texts["point ids"]
    assert (of["rows"], of["chosen"]) == (len(selection), sum(row["chosen"] for row in selection))
    assert ids == [row["id"] for row in selection]
    assert of["taken"] == [int(row["chosen"]) for row in selection]
    assert of["x"] == [round(row["x"], 4) for row in selection]
    # a chosen row is in the set, and its text with its point; that of another one is not there to be shown
    assert [bool(text) for text in texts["points"]] == [row["chosen"] for row in selection]
    assert sum(np.sum(each["counts"]) for each in data["distributions"]["scores"]) == len(selection)
    assert sum(each["size"] for each in texts["clusters"]) == len(selection)
    # the embedded scorers are two: their scores have no mean, but ranks have
    of_ranks = {row["cluster"]: row["mean_order"] for row in pq.read_table(curated / "clusters.parquet").to_pylist()}
    assert of["mean"] == "rank" and len({row["scorer"] for row in selection}) == 2
    assert {each["cluster"]: each["mean"] for each in texts["clusters"]} == {
        cluster: round(mean, 3) for cluster, mean in of_ranks.items()
    }


@together
def test_the_same_folder_gives_the_same_bytes(curated: Path, tmp_path: Path) -> None:
    one, other = (write(curated, tmp_path / name).path.read_bytes() for name in ("one.html", "other.html"))
    assert one == other


@together
def test_a_grid_stands_beside_it(curated: Path, tmp_path: Path) -> None:
    grid = tmp_path / "grid"
    grid.mkdir()
    lines = [
        {
            "choice": 0,
            "kind": "recipe",
            "rule": "budget",
            "groups": 1,
            "clusters": 2,
            "share": 0.1,
            "rows": 3,
            "score": 2.5,
        }
    ]
    told = {
        "name": "koquality",
        "rows": 9,
        "metrics": {},
        "notes": [],
        "all": {"rows": 9},
        "choices": lines,
        "overlaps": [[1.0]],
    }
    (grid / "grid.json").write_text(json.dumps(told))
    data, _, _ = parsed(write(curated, tmp_path / "page.html", grid=grid).path.read_bytes())
    assert data["grid"]["choices"] == lines
    (grid / "grid.json").write_text("{")
    with pytest.raises(DamagedFile, match=r"grid\.json cannot be read"):
        write(curated, tmp_path / "page.html", grid=grid)
    with pytest.raises(WrongCall, match="Name a folder that okinst grid wrote"):
        write(curated, tmp_path / "page.html", grid=tmp_path)


@pytest.mark.parametrize("name", ["kochatgpt-rm", "vaiv-ppo", "kobest-copa", "korquad-1.0", "hulic"])
def test_every_shape_can_be_read(name: str, tmp_path: Path) -> None:
    folder = build(name, tmp_path / "out", sample=True, cache_dir=str(tmp_path / "cache")).folder
    data, texts, _ = parsed(write(folder, tmp_path / "page.html").path.read_bytes())
    there = [row for rows in datasets.load_dataset("parquet", data_files=str(folder / name / "*.parquet"), cache_dir=str(tmp_path / "hf")).values() for row in rows]  # fmt: skip
    assert data["total"] == len(texts["rows"]) == len(there)
    shown = "\n".join(block[2] for row in texts["rows"] for block in row[-1])
    for row in there:
        for text in strings({key: value for key, value in row.items() if key not in schema.COMMON}):
            assert text in shown
    for row in texts["rows"]:
        for block in row[-1]:
            for start, end in block[3] if len(block) > 3 else ():
                assert utf16(block[2], start, end) in {each[2] for each in row[-1] if each[1] == "answer"}


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value and value not in ("user", "assistant", "system") else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in strings(each)]


def utf16(text: str, start: int, end: int) -> str:
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def test_marks_count_as_a_browser_counts() -> None:
    context = "😀 서울은 수도다."
    found = rows.blocks(
        {"title": "", "context": context, "question": "수도는?", "answers": {"text": ["서울"], "answer_start": [2]}}
    )
    [mark] = found[0].told(100)[3]
    assert utf16(context, *mark) == "서울"


def test_upstream_columns_and_views(tmp_path: Path) -> None:
    raw = build("koalpaca-v1.1", tmp_path / "raw", raw=True, sample=True, cache_dir=str(tmp_path / "cache")).folder
    data, texts, _ = parsed(write(raw, tmp_path / "raw.html").path.read_bytes())
    assert data["composition"] == {} and data["repeats"] is None
    assert {block[1] for block in texts["rows"][0][-1]} >= {"instruction", "output"}
    view = build(
        "koalpaca-v1.1", tmp_path / "view", layout="alpaca", sample=True, cache_dir=str(tmp_path / "cache")
    ).folder
    data, texts, _ = parsed(write(view, tmp_path / "view.html").path.read_bytes())
    assert data["view"] == "alpaca" and [each["key"] for each in data["distributions"]["of rows"]] == ["row"]
    assert data["total"] == len(texts["rows"])


def test_hostile_rows_are_no_part_of_the_page(tmp_path: Path) -> None:
    plain = folder_of(tmp_path / "plain", conversations([("안녕?", "안녕!")]))
    hostile = folder_of(
        tmp_path / "hostile", conversations([(text, f"답 {text}") for text in HOSTILE]), description=HOSTILE[1]
    )
    _, _, elements = parsed(write(plain, tmp_path / "plain.html").path.read_bytes())
    told = write(hostile, tmp_path / "hostile.html")
    data, texts, found = parsed(told.path.read_bytes())
    assert found == elements
    assert data["description"] == HOSTILE[1]
    assert [row[-1][0][2] for row in texts["rows"]] == [text[: told.cut_at] for text in HOSTILE]
    # of the long one both turns are cut, and each says how much is missing
    assert told.texts_cut == data["cut"] == 2
    assert texts["rows"][5][-1][0][-1] == 100_000 - told.cut_at


@given(
    st.recursive(
        st.text() | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_embedded_json_comes_back_and_ends_nothing(value: Any) -> None:
    written = page.embedded(value)
    assert not re.search("[<>&\u2028\u2029]", written)
    assert json.loads(written) == value


def test_the_policy_names_what_is_there(tmp_path: Path) -> None:
    path = write(folder_of(tmp_path, conversations([("안녕?", "안녕!")])), tmp_path / "page.html").path
    text = path.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy and policy[1].startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy[1]
    # nothing is fetched: no address stands in an attribute, a style or an import
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)|url\(|@import""", text.split("<body>")[0])
    body = Elements()
    body.feed(text)
    assert not body.tags.keys() & {"link", "img", "iframe", "object", "embed", "base"}


def test_an_empty_set(tmp_path: Path) -> None:
    told = write(folder_of(tmp_path, conversations([])), tmp_path / "page.html")
    data, texts, _ = parsed(told.path.read_bytes())
    assert (data["total"], texts["rows"], data["selection"]) == (0, [], None)
    # a folder without any file, as a set of no rows is written
    shutil.rmtree(tmp_path / "made" / "made")
    assert write(tmp_path / "made", tmp_path / "page.html").rows == 0


def test_many_rows_are_drawn_by_lot_and_all_are_counted(tmp_path: Path) -> None:
    words = Path(page.__file__).read_text(encoding="utf-8").split()  # any two of them make a question like no other
    asked = np.random.default_rng(7).choice(words, (12_000, 12))
    many = conversations([(" ".join(each), "네. " * (number % 40 + 1)) for number, each in enumerate(asked.tolist())])
    rare = ["rare" if number % 4_000 == 0 else "made" for number in range(len(many))]
    folder = folder_of(tmp_path, many.set_column(1, "source", pa.array(rare)))
    told = write(folder, tmp_path / "page.html")
    data, texts, _ = parsed(told.path.read_bytes())
    assert told.rows == 12_000 and told.rows_shown == len(texts["rows"]) == 5_000
    assert told.bytes <= LIMIT
    assert sum(count for _, count in data["composition"]["source"]) == 12_000
    assert all(np.sum(each["counts"]) == 12_000 for each in data["distributions"]["of rows"])
    # a source with three rows is not lost among so many
    names = data["names"]["source"]
    assert Counter(names[row[3]] for row in texts["rows"])["rare"] == 3
    assert [row[1] for row in texts["rows"]] == sorted(row[1] for row in texts["rows"])
    again = parsed(write(folder, tmp_path / "again.html", seed=1).path.read_bytes())[1]
    assert [row[1] for row in again["rows"]] != [row[1] for row in texts["rows"]]


def test_long_rows_are_cut_until_the_page_is_small(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    texts = ["".join(map(chr, random.integers(0xAC00, 0xD7A3, 3_000))) for _ in range(1_500)]
    told = write(
        folder_of(tmp_path, conversations([(f"{number}번?", text) for number, text in enumerate(texts)])),
        tmp_path / "page.html",
    )
    assert told.bytes <= LIMIT and told.cut_at < 3_000 and told.texts_cut == 1_500


@pytest.mark.slow
def test_rows_of_very_many_turns_are_fewer(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    common = {"source": "made", "language": "ko", "license": "mit", "making": "human", "context": ""}
    turns = [{"role": role, "content": ""} for role in ("user", "assistant") * 30]
    made = []
    for number in range(700):
        texts = random.integers(0xAC00, 0xD7A3, (60, 160))
        messages = [{**turn, "content": "".join(map(chr, text))} for turn, text in zip(turns, texts, strict=True)]
        made.append({"id": f"made/train/{number}", **common, "messages": messages})
    table = pa.Table.from_pylist(made, schema=schema.features("conversation").arrow_schema.remove_metadata())
    told = write(folder_of(tmp_path, table), tmp_path / "page.html")
    assert told.bytes <= LIMIT and 0 < told.rows_shown < told.rows == 700


def test_rows_that_ask_the_same(tmp_path: Path) -> None:
    asks = [
        "물은 몇 도에서 끓나요?",
        "바다는 왜 짠가요?",
        "물은 몇 도에서 끓나요?",
        "물은 몇도에서 끓나요",
        "고래는 물고기인가요?",
    ]
    data, texts, _ = parsed(
        write(
            folder_of(tmp_path, conversations([(text, "네.") for text in asks])), tmp_path / "page.html"
        ).path.read_bytes()
    )
    assert (data["repeats"]["groups"], data["repeats"]["exact"], data["repeats"]["near"]) == (1, 1, 1)
    [group] = texts["repeats"]
    assert sorted((place, kind) for place, _, _, kind, _ in group["rows"])[1:] == [(2, "exact"), (3, "near")]


def test_what_cannot_be_shown_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="there is no folder"):
        write(tmp_path / "nowhere", tmp_path / "page.html")
    with pytest.raises(WrongCall, match=r"no provenance\.json"):
        write(tmp_path, tmp_path / "page.html")
    folder = folder_of(tmp_path, conversations([("안녕?", "안녕!")]))
    with pytest.raises(WrongCall, match="is a folder"):
        write(folder, tmp_path)
    for name, wrong in (("truncated", lambda path: path.write_bytes(path.read_bytes()[:-20])), ("gone", Path.unlink)):
        damaged = Path(shutil.copytree(folder, tmp_path / name))
        wrong(next(damaged.glob("made/*.parquet")))
        with pytest.raises((DamagedFile, WrongCall), match="Build it again"):
            write(damaged, tmp_path / "page.html")
    assert not list(tmp_path.glob("*.html")) and not list(tmp_path.glob(".*incomplete*"))


def test_words_are_the_same_in_both_languages() -> None:
    english, korean = (page.words(language) for language in page.LANGUAGES)
    assert english.keys() == korean.keys()
    places = re.compile(r"\{\w+\}")
    for key in english:
        assert sorted(places.findall(english[key])) == sorted(places.findall(korean[key])), key
        assert english[key] and korean[key]


def test_every_word_of_the_scripts_is_there() -> None:
    known = page.words("en")
    asked = set(re.findall(r'\bt\("([^"]+)"', page._app()))
    assert asked - known.keys() == set()
    kinds = {key.partition(".")[0] for key in known if "." in key}
    assert set(re.findall(r'\bterm\("(\w+)"', page._app())) <= kinds | {"provider"}


def test_bins_of_lengths_hold_every_length() -> None:
    values = np.arange(0, 5_000)
    found = distributions.of_lengths("answer", values, np.zeros(len(values), np.int64), 1)
    edges, [counts] = found["edges"], found["counts"]
    assert sum(counts) == len(values)
    for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
        assert count == ((values >= low) & (values < high)).sum()


def test_drawing_keeps_every_group_and_the_number() -> None:
    labels = np.array(["a"] * 9_000 + ["b"] * 900 + ["c"] * 5)
    drawn = rows.draw(labels, 1_000, seed=3)
    counts = Counter(labels[drawn])
    assert len(set(drawn.tolist())) == 1_000 and counts["c"] == 5 and counts["b"] > 80
    assert len(rows.draw(np.arange(500), 100, seed=0)) == 100  # more groups than rows


def test_an_answer_and_its_rejected_one_are_told_apart() -> None:
    kinds = [block.kind for block in rows.blocks(prefer("왜?", "그래서.", "몰라."))]
    assert kinds == ["user", "chosen", "rejected"]


def test_a_row_left_out_while_reading_is_shown_as_upstream_has_it() -> None:
    told = {"step": "read", "reason": "no answer", "part": "made", "id": "made/train/1"}
    upstream = rows.of_dropped({**told, "evidence": '{"instruction": "왜?", "output": ""}'})
    assert upstream == [rows.Block("field", "instruction", "왜?")]
    assert rows.of_dropped({**told, "evidence": "cut {"}) == [rows.Block("evidence", "evidence", "cut {")]
    assert rows.of_dropped({**told, "evidence": None}) == []


@together
def test_the_command(curated: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(curated, tmp_path / "out"))
    done = okinst("report", folder)
    assert done.returncode == 0 and f"{folder / 'report.html'}: 0.7 MB, with all 10 rows" in done.stdout, done.stderr
    told = write(folder, tmp_path / "new" / "page.html", rows=3).as_json()
    assert told["rows_shown"] == 3 and Path(told["path"]).is_file()
    # a report in the folder is no row of the set
    assert len(datasets.load_dataset(str(folder), "koquality", split="train", cache_dir=str(tmp_path / "hf"))) == 10
    wrong = okinst("report", tmp_path / "nowhere")
    assert wrong.returncode == 1 and "there is no folder" in wrong.stderr
