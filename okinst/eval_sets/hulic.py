"""HuLiC, from Smilegate AI: dialogues of twenty turns, each rated by several people. Upstream repeats all of it for each rater."""

from collections.abc import Iterator
from typing import IO, Any

import datasets

from okinst.builders import Card, GitHub, Row, SourceBuilder, Unmapped, Upstream, Variant, clean, rate, schema

REPO = GitHub("smilegate-ai/HuLiC", "f99bd1c975e0bc82bdc039a581455607073548e6")
HUMAN = Upstream(REPO, "HuLiC_benchmark/일상대화_Human.xlsx", making="human")
#: the ratings of each turn, 0 or 1
TURN_RATINGS = ("Consistency", "Specificity", "Human_likeness")
#: the rating of the whole, 1 to 5, beside the last turn
WHOLE_RATING = "Full_conversation"
RATER = ("Worker", "Age", "Gender")


def spelt(cell: Any) -> str | None:
    """A cell as text: what Excel counts as a number, and what as text, differs from cell to cell.

    >>> spelt(1.0), spelt(1), spelt("1"), spelt(None)
    ('1', '1', '1', None)
    """
    if cell is None or isinstance(cell, str):
        return cell
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def whole(text: str | None, low: int, high: int, what: str) -> int | None:
    """A whole number in a range; None for an empty cell.

    >>> whole("1", 0, 1, "Consistency"), whole(" 5.0 ", 1, 5, "Full_conversation"), whole("", 0, 1, "Consistency")
    (1, 5, None)
    """
    text = clean(text)
    if not text:
        return None
    try:
        number = float(text)
        if number.is_integer() and low <= number <= high:
            return int(number)
    except ValueError:
        pass
    raise ValueError(f"{what} is {text!r}, where whole numbers from {low} to {high} are known")


def dialogues(rows: list[Row]) -> list[list[Row]]:
    """One rater's rows, cut where Turn does not go on growing.

    >>> [len(each) for each in dialogues([{"Turn": "1"}, {"Turn": "2"}, {"Turn": "1"}])]
    [2, 1]
    """
    found: list[list[Row]] = []
    before = 0
    for row in rows:
        turn = int(float(row["Turn"]))
        if turn <= before or not found:
            found.append([])
        found[-1].append(row)
        before = turn
    return found


def checked(row: Row, place: int) -> None:
    """Raises what is wrong with one row of the sheet, such that it belongs to no dialogue of anyone."""
    for column in ("Turn", *RATER, "Question", "Answer", *TURN_RATINGS):
        row[column]  # KeyError says which columns there are
    if not clean(row["Worker"]):
        raise ValueError(f"row {place} of the sheet has no Worker")
    if whole(row["Turn"], 1, 1_000, f"Turn of row {place} of the sheet") is None:
        raise ValueError(f"row {place} of the sheet has no Turn")


def side_by_side(copies: dict[str, list[Row]]) -> dict[str, dict[int, Row]]:
    """Each rater's rows by turn, once it is sure that all of them rated the same turns and texts."""
    by_turn = {worker: {int(float(row["Turn"])): row for row in rows} for worker, rows in copies.items()}
    turns = {turn for rows in by_turn.values() for turn in rows}
    first = next(iter(by_turn))
    for worker, rows in by_turn.items():
        for turn in range(1, max(turns) + 1):
            if turn not in rows:
                raise Unmapped(f"rater {worker} lacks turn {turn}")
            for column in ("Question", "Answer"):
                if clean(rows[turn][column]) != clean(by_turn[first][turn][column]):
                    raise Unmapped(f"raters {first} and {worker} have different texts at turn {turn}")
    return by_turn


class HuLiC(SourceBuilder):
    """One dialogue, and what each rater thought of its answers."""

    CARD = Card(
        title="HuLiC (Human Like AI Conversation)",
        homepage="https://github.com/smilegate-ai/HuLiC",
        license="cc-by-nc-sa-4.0",
        license_note="The repository states it.",
        languages=("ko",),
        making="human and generated, machine-translated",
        generators=("Blender 1.0", "Blender 2.0"),
        translators=("Naver",),
        derived_from=(),
        overlaps=(),
        warning="Bots speak of themselves as of people, and are often beside the point: the ratings say so.",
        quirks=(
            "Upstream repeats each file's 3,740 turns once for each of its 20 raters (human: 10,000 turns for 4): 74,800, 74,800 and "
            "40,000 rows are 187, 187 and 500 dialogues of 20 turns here.",
            "There is no dialogue id: a rater's rows are cut where Turn starts again, and the raters' first, second, ... dialogues "
            "belong together. Where a rater lacks a turn, or has another text, the dialogue is left out and counted.",
            "Consistency, Specificity and Human_likeness (0 or 1) are lists by rater, then by turn; an empty cell is null.",
            "What the columns call Consistency is sensibleness (적절성) in the README.",
            "Full_conversation (1 to 5) stands beside the last turn only: one number a rater.",
            "Naver translated between the people and the bots; in the human split both sides are people, and talk about films.",
            "Only the first sheet is read; the second has notes on quality control.",
            "raw=True has every cell as text: numbers are numbers in some cells and text in others.",
        ),
        citations=("hulic",),
    )
    SHAPE = "rated"
    FORMAT = "XLSX"
    COLUMNS = dict.fromkeys(("Turn", *RATER, "Question", "Answer", *TURN_RATINGS, WHOLE_RATING), "string")
    BUILDER_CONFIGS = [
        Variant(
            name="hulic",
            description="Dialogues of people with two bots and with each other, rated turn by turn.",
            files={
                "blender1": (REPO / "HuLiC_benchmark/일상대화_Blender1.xlsx",),
                "blender2": (REPO / "HuLiC_benchmark/일상대화_Blender2.xlsx",),
                "human": (HUMAN,),
            },
            rows={"blender1": 187, "blender2": 187, "human": 500},
        )
    ]

    def row_features(self) -> datasets.Features:
        text, number = datasets.Value("string"), datasets.Value("int32")
        ratings: dict[str, Any] = {"raters": [{"worker": text, "age": text, "gender": text}]}
        ratings |= {name.lower(): [[number]] for name in TURN_RATINGS}
        return schema.features("rated", ratings={**ratings, WHOLE_RATING.lower(): [number]})

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        for row in super().read(file, name):
            yield row if isinstance(row, Unmapped) else {column: spelt(cell) for column, cell in row.items()}

    def gather(self, rows: Iterator[Row | Unmapped]) -> Iterator[Row | Unmapped]:
        """For each dialogue the rows of each rater. What cannot be put anywhere goes on alone, for `example` to name it."""
        by_worker: dict[str, list[Row]] = {}
        for place, row in enumerate(rows):
            if isinstance(row, Unmapped):
                yield row
                continue
            try:
                checked(row, place)
            except (KeyError, ValueError, Unmapped):
                yield {**row, "place": place}
                continue
            by_worker.setdefault(clean(row["Worker"]), []).append(row)
        cut = {worker: dialogues(rows) for worker, rows in by_worker.items()}
        counts = {worker: len(found) for worker, found in cut.items()}
        for number in range(max(counts.values(), default=0)):
            copies = {worker: found[number] for worker, found in cut.items() if number < len(found)}
            yield {"copies": copies, "counts": counts}

    def example(self, row: Row) -> Row:
        if "copies" not in row:
            checked(row, row["place"])
            raise ValueError(f"row {row['place']} of the sheet belongs to no dialogue")
        if len(set(row["counts"].values())) > 1:
            told = ", ".join(f"{worker} {count}" for worker, count in row["counts"].items())
            raise ValueError(
                f"the raters have different numbers of dialogues, and nobody can tell which are missing: {told}"
            )
        raters = side_by_side(row["copies"])
        turns = range(1, 1 + len(next(iter(raters.values()))))
        first = next(iter(raters.values()))
        return rate(
            (
                said
                for turn in turns
                for said in (("user", first[turn]["Question"]), ("assistant", first[turn]["Answer"]))
            ),
            raters=[_rater(worker, rows) for worker, rows in raters.items()],
            **{
                name.lower(): [
                    [whole(rows[turn][name], 0, 1, f"{name} of rater {worker}, turn {turn},") for turn in turns]
                    for worker, rows in raters.items()
                ]
                for name in TURN_RATINGS
            },
            **{WHOLE_RATING.lower(): [_of_the_whole(worker, rows) for worker, rows in raters.items()]},
        )


def _rater(worker: str, rows: dict[int, Row]) -> dict[str, str]:
    told = {(clean(row["Age"]), clean(row["Gender"])) for row in rows.values()}
    if len(told) > 1:
        raise ValueError(f"rater {worker} is several people: {', '.join(map(' '.join, sorted(told)))}")
    ((age, gender),) = told
    return {"worker": worker, "age": age, "gender": gender}


def _of_the_whole(worker: str, rows: dict[int, Row]) -> int | None:
    told = {turn: row.get(WHOLE_RATING) for turn, row in rows.items() if clean(row.get(WHOLE_RATING))}
    if len(told) > 1:
        raise ValueError(f"rater {worker} has {WHOLE_RATING} beside the turns {', '.join(map(str, told))}")
    return whole(next(iter(told.values()), None), 1, 5, f"{WHOLE_RATING} of rater {worker}")
