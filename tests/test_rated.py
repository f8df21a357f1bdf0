"""Rated dialogues that upstream spreads over many rows: what comes back is what was written, or it is said what is wrong."""

import csv
import io
import itertools
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import DamagedFile, TooManyLost, Unmapped
from okinst.builders.tally import Tally
from okinst.catalogue import SOURCES
from okinst.eval_sets.hulic import HuLiC
from okinst.eval_sets.opela import LABELS, NEEDED, OPELA

HULIC = SOURCES["hulic"].builder(config_name="hulic", sample=True)
COLUMNS = list(HuLiC.COLUMNS)
FILES = [f"일상대화_{name}.xlsx" for name in ("Blender1", "Blender2", "Human")]


def workbook(rows: list[list[Any]], columns: list[str] = COLUMNS) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.append(columns)
    for row in rows:
        sheet.append(row)
    book.create_sheet("Sheet2").append(["notes"])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def block(worker: str, *lengths: int, start: int = 0) -> list[list[Any]]:
    """One rater's rows: dialogues of so many turns, the same for every rater."""
    return [
        [
            turn,
            worker,
            "20대",
            "여",
            f"{number}-{turn}?",
            f"{number}-{turn}.",
            1,
            0,
            turn % 2,
            5 if turn == length else None,
        ]
        for number, length in enumerate(lengths, start)
        for turn in range(1, length + 1)
    ]


def hulic(folder: Path, rows: list[list[Any]], columns: list[str] = COLUMNS, **options: Any) -> Any:
    for name in FILES:
        (folder / name).write_bytes(workbook(rows, columns))
    builder = SOURCES["hulic"].builder(
        config_name="hulic", data_dir=str(folder), cache_dir=str(folder / "cache"), **options
    )
    builder.download_and_prepare()
    return builder


def first_tally(builder: Any) -> Tally:
    tally: Tally = builder.tallies()[0]
    return tally


# -- HuLiC ----------------------------------------------------------------------------------------------------------------


def test_the_order_of_raters_does_not_matter(tmp_path: Path) -> None:
    a, b = block("A", 2, 3), block("B", 2, 3)
    interleaved = [row for pair in zip(b, a, strict=True) for row in pair]
    rows = [hulic(tmp_path, order).as_dataset()["blender1"].to_list() for order in (a + b, b + a, interleaved)]
    assert [[rater["worker"] for rater in each[0]["raters"]] for each in rows] == [["A", "B"], ["B", "A"], ["B", "A"]]
    assert [[len(row["messages"]) for row in each] for each in rows] == [[4, 6]] * 3
    assert rows[1] == rows[2]


def test_a_rater_who_lacks_a_turn_costs_that_dialogue_and_is_named(tmp_path: Path) -> None:
    b = block("B", 3, 3, 3)
    del b[4]
    tally = first_tally(hulic(tmp_path, block("A", 3, 3, 3) + b))
    assert (tally.read, tally.kept) == (3, 2)
    assert tally.left_out == {"rater B lacks turn 2": 1} and tally.first == {"rater B lacks turn 2": 1}


@pytest.mark.parametrize("gone", [0, 2, 3, 5])
def test_a_lacking_first_or_last_turn_does_not_shift_the_rest(gone: int, tmp_path: Path) -> None:
    b = block("B", 3, 3, 3)
    del b[gone]
    tally = first_tally(hulic(tmp_path, block("A", 3, 3, 3) + b))
    assert tally.left_out == {f"rater B lacks turn {gone % 3 + 1}": 1} and tally.kept == 2


def test_texts_that_disagree_cost_that_dialogue_and_are_named(tmp_path: Path) -> None:
    b = block("B", 2, 2, 2)
    b[3][5] = "something else"
    tally = first_tally(hulic(tmp_path, block("A", 2, 2, 2) + b))
    assert tally.left_out == {"raters A and B have different texts at turn 2": 1} and tally.kept == 2


def test_a_shift_of_all_dialogues_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooManyLost, match="raters A and B have different texts at turn 1"):
        hulic(tmp_path, block("A", 2, 2) + block("B", 2, 2, start=1))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (block("A", 2, 2) + block("B", 2), "A 2, B 1"),
        (block("A", 2) + block("B", 2) + block("A", 2), "A 2, B 1"),  # a rater's rows twice
        (block("A", 2) + [row for row in block("B", 2) for _ in range(2)], "A 1, B 3"),
    ],
)
def test_raters_of_different_numbers_of_dialogues_are_refused(rows: list[list[Any]], told: str, tmp_path: Path) -> None:
    with pytest.raises(
        DamagedFile, match=rf"hulic: row 0 of .*Blender1.xlsx .*nobody can tell which are missing: {told}"
    ):
        hulic(tmp_path, rows)


def changed(column: str, value: object) -> list[list[Any]]:
    rows = block("A", 2) + block("B", 2)
    rows[2][COLUMNS.index(column)] = value
    return rows


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("Turn", None, "row 2 of the sheet has no Turn"),
        ("Turn", "first", "Turn of row 2 of the sheet is 'first'"),
        ("Turn", 1.5, "Turn of row 2 of the sheet is '1.5'"),
        ("Worker", None, "row 2 of the sheet has no Worker"),
        ("Consistency", 2, "Consistency of rater B, turn 1, is '2'"),
        ("Specificity", "네", "Specificity of rater B, turn 1, is '네'"),
        ("Human_likeness", "nan", "Human_likeness of rater B, turn 1, is 'nan'"),
        ("Full_conversation", 3, "rater B has Full_conversation beside the turns 1, 2"),
        ("Gender", "남", "rater B is several people: 20대 남, 20대 여"),
    ],
)
def test_a_bad_cell_is_named(column: str, value: object, told: str, tmp_path: Path) -> None:
    with pytest.raises(DamagedFile) as error:
        hulic(tmp_path, changed(column, value))
    assert told in str(error.value) and FILES[0] in str(error.value)


@pytest.mark.parametrize("column", ["Question", "Answer"])
def test_an_empty_text_is_counted(column: str, tmp_path: Path) -> None:
    rows = block("A", 1, 1, 1)
    rows[1][COLUMNS.index(column)] = None
    assert first_tally(hulic(tmp_path, rows)).left_out == {"empty turn": 1}


def test_an_empty_rating_is_null(tmp_path: Path) -> None:
    rows = hulic(tmp_path, changed("Consistency", None)).as_dataset()["blender1"]
    assert rows[0]["consistency"] == [[1, 1], [None, 1]]


@pytest.mark.parametrize("column", ["Worker", "Human_likeness"])
def test_a_column_that_is_gone_is_named(column: str, tmp_path: Path) -> None:
    columns = [name if name != column else "Other" for name in COLUMNS]
    with pytest.raises(DamagedFile, match=rf"row 0 of .*no column '{column}'; it has Turn, .*Other"):
        hulic(tmp_path, block("A", 1), columns)


cell = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=4)
bit = st.integers(0, 1)


@st.composite
def rated(draw: Any) -> list[dict[str, Any]]:
    """Dialogues and raters, as the rows should come back."""
    workers = draw(st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=3, unique=True))
    raters = [{"worker": worker, "age": "20대", "gender": draw(st.sampled_from("남여"))} for worker in workers]
    made = []
    for turns in draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)):
        said = draw(st.lists(cell, min_size=2 * turns, max_size=2 * turns))
        grid = st.lists(st.lists(bit, min_size=turns, max_size=turns), min_size=len(workers), max_size=len(workers))
        made.append(
            {
                "messages": [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(said)],
                "raters": raters,
                **{name: draw(grid) for name in ("consistency", "specificity", "human_likeness")},
                "full_conversation": draw(st.lists(st.integers(1, 5), min_size=len(workers), max_size=len(workers))),
            }
        )
    return made


@given(rated(), st.booleans(), st.sampled_from([int, float, str]))
@settings(max_examples=50)
def test_whatever_was_rated_comes_back(made: list[dict[str, Any]], interleaved: bool, kind: type) -> None:
    blocks = []
    for at, rater in enumerate(made[0]["raters"]):
        rows = []
        for each in made:
            texts = [message["content"] for message in each["messages"]]
            turns = len(texts) // 2
            for turn in range(turns):
                ratings = [kind(each[name][at][turn]) for name in ("consistency", "specificity", "human_likeness")]
                last = kind(each["full_conversation"][at]) if turn == turns - 1 else None
                rows.append([kind(turn + 1), *rater.values(), texts[2 * turn], texts[2 * turn + 1], *ratings, last])
        blocks.append(rows)
    rows = list(itertools.chain(*(zip(*blocks, strict=True) if interleaved else blocks)))
    gathered = HULIC.gather(HULIC.read(io.BytesIO(workbook(rows)), "x"))
    assert [HULIC.example(row) for row in gathered] == made


def test_who_made_the_text_stands_in_the_row(tmp_path: Path) -> None:
    built = hulic(tmp_path, block("A", 1)).as_dataset()
    assert {split: built[split][0]["making"] for split in built} == {
        "blender1": "human and generated, machine-translated",
        "blender2": "human and generated, machine-translated",
        "human": "human",
    }


# -- OPELA ----------------------------------------------------------------------------------------------------------------

SENTENCE = ["doc_id", "sent_id", "person_type", "person_name_original", "is_pause", "text"]
SENTENCE += [f"{labeler}_{name}" for labeler in ("labeler", "labeler1", "labeler2", "labeler3") for name in LABELS]


def sentence(
    document: str, place: int, person: str = "user", text: str = "네.", pause: str = "0", label: str = "1"
) -> list[str]:
    return [document, f"{document}_{place}", person, "꼬마 도토리", pause, text, *[label] * 24]


def opela(folder: Path, rows: list[list[str]], columns: list[str] = SENTENCE, **options: Any) -> Any:
    with (folder / "oplea_open_data.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    builder = SOURCES["opela"].builder(
        config_name="opela", data_dir=str(folder), cache_dir=str(folder / "cache"), **options
    )
    builder.download_and_prepare()
    return builder


def test_sentences_are_gathered_in_the_order_of_their_ids(tmp_path: Path) -> None:
    rows = [
        sentence("d1", 10, "persona", "셋", label="0"),
        sentence("d1", 2, "user", "하나"),
        sentence("d1", 3, "persona", "한 시간이 지났습니다.", pause="1", label=""),
        sentence("d1", 9, "Persona ", "둘", label=""),
        sentence("d2", 1),
    ]
    first, second = opela(tmp_path, rows).as_dataset(split="train")
    assert [(turn["role"], turn["content"]) for turn in first["messages"]] == [
        ("user", "하나"), ("assistant", "둘"), ("assistant", "셋")
    ]  # fmt: skip
    assert first["empathy"] == [1, None, 0] and first["labelers"][2]["self"] == [1, None, 0]
    assert first["in_order"] and first["persona"] == "꼬마 도토리" and first["survey"]["fun_user"] is None
    assert (first["id"], second["id"]) == ("opela/train/d1", "opela/train/d2")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([sentence("d1", 1), sentence("d2", 1), sentence("d1", 2)], "'d1' comes back after other conversations"),
        ([sentence("d1", 1), sentence("d1", 1)], "'d1' has a sent_id twice"),
        ([sentence("d1", 1, "narrator")], "'narrator', neither user nor persona"),
        ([sentence("d1", 1, label="5")], "labeler_strange is '5', where whole numbers from 0 to 1"),
        ([sentence("d1", 1, pause="maybe")], "is_pause is 'maybe'"),
        ([["d1", "no number", *sentence("d1", 1)[2:]]], "'no number' does not end in a number"),
    ],
)
def test_what_cannot_be_gathered_is_an_error(rows: list[list[str]], told: str, tmp_path: Path) -> None:
    with pytest.raises(DamagedFile) as error:
        opela(tmp_path, rows)
    assert told in str(error.value) and "oplea_open_data.csv" in str(error.value)


def test_an_empty_sentence_is_counted(tmp_path: Path) -> None:
    (tally,) = opela(tmp_path, [*(sentence(f"d{n}", 1) for n in range(3)), sentence("d9", 1, text=" ")]).tallies()
    assert tally.left_out == {"empty turn": 1}


@pytest.mark.parametrize("column", sorted(NEEDED))
def test_a_header_that_is_neither_table_says_what_it_has(column: str, tmp_path: Path) -> None:
    columns = [name if name != column else "Other" for name in SENTENCE]
    with pytest.raises(DamagedFile, match=r"row 0 of .*no column .*; it has .*Other.*is known to have doc_id"):
        opela(tmp_path, [sentence("d1", 1)], columns)


def test_the_scales_are_not_turned_round(tmp_path: Path) -> None:
    row = SOURCES["opela"].builder(config_name="opela", sample=True, cache_dir=str(tmp_path))
    row.download_and_prepare()
    assert row.as_dataset(split="train")[0]["strange"] == [1, 1, 1, 1]


def conversation(**changes: str) -> dict[str, str]:
    row = {
        "doc_id": "d1",
        "user_text_all": "하나\n둘",
        "persona_text_all": "셋",
        "persona_name_original": "꼬마 도토리",
    }
    return {**row, **{f"labeler_{name}": "[0, 1, 0]" for name in LABELS}, **changes}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"labeler_self": "0 1 0"}, "labeler_self is '0 1 0', where a list"),
        ({"labeler_active": "[0, 2]"}, "labeler_active is 2, where whole numbers from 0 to 1"),
        ({"friend_user": "9"}, "friend_user is '9', where whole numbers from 1 to 4"),
    ],
)
def test_a_conversation_with_a_bad_field_is_an_error(changes: dict[str, str], told: str, tmp_path: Path) -> None:
    row = conversation(**changes)
    with pytest.raises(DamagedFile) as error:
        opela(tmp_path, [list(row.values())], list(row))
    assert told in str(error.value)


@pytest.mark.parametrize("spelling", ["attract_user", "attract_usesr", "engaging_user"])
def test_the_korean_spellings_are_known(spelling: str, tmp_path: Path) -> None:
    row = conversation(**{spelling: "3", "attract_persona": "2"})
    (made,) = opela(tmp_path, [list(row.values())], list(row)).as_dataset(split="train")
    assert (made["survey"]["engaging_user"], made["survey"]["engaging_persona"]) == (3, 2)
    assert made["in_order"] is False and [turn["content"] for turn in made["messages"]] == ["하나\n둘", "셋"]


def test_raw_knows_both_tables(tmp_path: Path) -> None:
    (row,) = opela(tmp_path, [sentence("d1", 1)], raw=True).as_dataset(split="train")
    assert row["sent_id"] == "d1_1" and row["persona_text_all"] is None
    with pytest.raises(DamagedFile, match="does not know: mood"):
        opela(tmp_path, [[*sentence("d1", 1), "x"]], [*SENTENCE, "mood"], raw=True)


opela_builder = SOURCES["opela"].builder(config_name="opela", sample=True)
spoken = st.tuples(st.sampled_from(["user", "persona"]), cell, st.integers(0, 1))


@given(st.lists(st.lists(spoken, min_size=1, max_size=6), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_whatever_was_said_comes_back(documents: list[list[tuple[str, str, int]]], random: Any) -> None:
    rows: list[dict[str, str] | Unmapped] = []
    for number, sentences in enumerate(documents):
        mixed = [
            dict(zip(SENTENCE, sentence(f"d{number}", place, person, text, label=str(label)), strict=True))
            for place, (person, text, label) in enumerate(sentences)
        ]
        random.shuffle(mixed)
        rows += mixed
    for wanted, gathered in itertools.zip_longest(documents, OPELA.gather(opela_builder, iter(rows))):
        made = opela_builder.example(gathered)
        roles = {"user": "user", "persona": "assistant"}
        assert made["messages"] == [{"role": roles[person], "content": text} for person, text, _ in wanted]
        assert made["engage"] == [label for _, _, label in wanted]
