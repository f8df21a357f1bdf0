"""OPELA, from Smilegate AI and Seoul National University: people who play a persona talk with others, and are rated.

The README describes two tables, and nobody here has seen the file. All who read it found the first: a row a conversation,
each side's text apart, the labels as lists. The second has a row a sentence. Both are read; the header tells.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import datasets

from okinst.builders import Card, GitHub, Row, SourceBuilder, Unmapped, Variant, clean, rate, schema

REPO = GitHub("smilegate-ai/OPELA", "0b6ba98dc5da0da9b8d655646f323fc36dedbc3c")
#: what labelers rated each sentence on, and the highest label
LABELS = {"strange": 1, "uneasy": 1, "engage": 1, "active": 1, "self": 2, "empathy": 4}
#: what the two sides asked of each other afterwards: the lowest and the highest answer, and the Korean README's spellings
QUESTIONS = {
    "friend": (1, 4, ()),
    "engaging": (1, 4, ("attract",)),
    "connect": (1, 4, ()),
    "respect": (1, 4, ()),
    "fun": (1, 4, ()),
    "natural": (1, 4, ()),
    "blri": (16, 64, ()),
}
LABELERS = (1, 2, 3)
SPEAKERS = {"user": "user", "persona": "assistant"}
CONVERSATION = (
    "doc_id", "persona_name_original", "user_id", "total_turn", "total_sent", "total_minutes", "pause_count", "total_pause",
    "pause_hour", "age", "gender", "edu", "income", "open_chat_exp",
    *(f"{spelling}_{side}" for name, (_, _, also) in QUESTIONS.items() for spelling in (name, *also) for side in SPEAKERS),
    "attract_usesr", "persona_text_all", "user_text_all", "persona_summary", "user_summary",
)  # fmt: skip
SENTENCE = (
    "sent_id", "person_type", "person_id", "person_name", "person_name_original", "turn_notation", "time", "is_pause", "text",
)  # fmt: skip

#: what tells that a row is a sentence; of one that has not all of it, `example` says what it has
NEEDED = {"doc_id", "sent_id", "person_type", "is_pause", "text", *(f"labeler_{name}" for name in LABELS)}


def number(text: object, low: int, high: int, what: str) -> int | None:
    """A whole number in a range; None for an empty field.

    >>> number("1", 0, 1, "strange"), number(2.0, 0, 2, "self"), number("", 0, 1, "strange")
    (1, 2, None)
    """
    if text is None or text == "":
        return None
    try:
        value = float(str(text))
        if value.is_integer() and low <= value <= high:
            return int(value)
    except ValueError:
        pass
    raise ValueError(f"{what} is {text!r}, where whole numbers from {low} to {high} are known")


def labels(text: str | None, name: str) -> list[int | None]:
    """The labels of all sentences of a conversation, from a list in one field.

    >>> labels("[0, 1, 4]", "empathy"), labels("", "empathy")
    ([0, 1, 4], [])
    """
    if not clean(text):
        return []
    try:
        found = json.loads(clean(text).replace("'", '"'))
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise ValueError(f"{name} is {clean(text)[:40]!r}, where a list like [0, 1] is known")
    return [number(each, 0, LABELS[name.rpartition("_")[2]], name) for each in found]


def place(sentence: Row) -> int:
    """Where a sentence stands in its conversation: what follows the last underscore of its id."""
    ending = clean(sentence["sent_id"]).rpartition("_")[2]
    if not ending.isdecimal():
        raise ValueError(f"the sent_id {sentence['sent_id']!r} does not end in a number")
    return int(ending)


class OPELA(SourceBuilder):
    """One conversation with a persona, what labelers said of its sentences, and what its two sides said of each other."""

    CARD = Card(
        title="OPELA",
        homepage="https://github.com/smilegate-ai/OPELA",
        license="cc-by-nc-sa-4.0",
        license_note="The repository states it.",
        languages=("ko",),
        making="human",
        generators=(),
        translators=(),
        derived_from=(),
        overlaps=(),
        warning="Participants talk about named people and brands, and some about blood types and the like: opinions, not facts.",
        quirks=(
            "The file name is misspelt upstream (oplea).",
            "Nobody here has seen the file. Those who read it found a row a conversation, 38 columns, 560 rows: the README's survey table.",
            "In that table the text of the user and of the persona stand apart, a line a sentence, and nothing tells who spoke when: "
            "such a row has two messages, all of the user's and all of the persona's, and `in_order` is false. Its labels are one a "
            "sentence in the order of the conversation: they belong to no message.",
            "Should the file be the README's other table, a row a sentence, its rows are gathered by doc_id and ordered by sent_id: a "
            "message a sentence, so that labels stay beside theirs, and `in_order` is true. Rows with is_pause (an hour passes) are "
            "no utterances and left away; raw=True has them.",
            "Two scales are reversed upstream and stay so: strange is 1 where a sentence is NOT strange, uneasy is 1 where it is NOT "
            "uncomfortable. engage and active are 0 or 1, self 0 to 2, empathy 0 to 4.",
            "labelers has each labeler's own labels, where the file does; survey has the two sides' answers (1 to 4; blri 16 to 64): "
            "friend_persona is what the user said of the persona, friend_user the reverse.",
            "The Korean README says attract, also attract_usesr (sic), where the English one says engaging: read as the same.",
        ),
        citations=("opela", "opelafeels"),
    )
    SHAPE = "rated"
    FORMAT = "CSV"
    COLUMNS = dict.fromkeys(
        (
            *CONVERSATION,
            *SENTENCE,
            *(f"labeler{which}_{name}" for which in (*LABELERS, "") for name in LABELS),
        ),
        "string",
    )
    BUILDER_CONFIGS = [
        Variant(
            name="opela",
            description="Conversations with people who play a persona, rated for empathy and more.",
            files={"train": (REPO / "data/oplea_open_data.csv",)},
            rows={"train": 560},
            rows_exact=False,
        )
    ]

    def row_features(self) -> datasets.Features:
        of_sentences = {name: [datasets.Value("int32")] for name in LABELS}
        asked = {f"{name}_{side}": datasets.Value("int32") for name in QUESTIONS for side in SPEAKERS}
        ratings = {"persona": datasets.Value("string"), "in_order": datasets.Value("bool"), **of_sentences}
        return schema.features("rated", ratings={**ratings, "labelers": [of_sentences], "survey": asked})

    def gather(self, rows: Iterator[Row | Unmapped]) -> Iterator[Row | Unmapped]:
        """The sentences of each conversation as one; a row that is a conversation goes on as it is."""
        seen: set[str] = set()

        def conversation(row: Row | Unmapped) -> str | None:
            return None if isinstance(row, Unmapped) or not row.keys() >= NEEDED else row["doc_id"]

        for document, group in groupby(rows, conversation):
            if document is None:
                yield from group
            else:
                yield {"doc_id": document, "sentences": list(group), "again": document in seen}
                seen.add(document)

    def example(self, row: Row) -> Row:
        if "sentences" in row:
            return self._of_sentences(row)
        for column in ("doc_id", "user_text_all", "persona_text_all"):
            row[column]  # KeyError says which columns there are
        said = {side: clean(row[f"{side}_text_all"]) for side in SPEAKERS}
        made = rate(
            ((SPEAKERS[side], text) for side, text in said.items()),
            persona=clean(row.get("persona_name_original")),
            in_order=False,
            **{name: labels(row[f"labeler_{name}"], f"labeler_{name}") for name in LABELS},
            labelers=[
                {name: labels(row[f"labeler{which}_{name}"], f"labeler{which}_{name}") for name in LABELS}
                for which in LABELERS
                if f"labeler{which}_strange" in row
            ],
            survey=_survey(row),
        )
        return {"id": clean(row["doc_id"]), **made}

    def _of_sentences(self, row: Row) -> Row:
        document = row["doc_id"]
        if row["again"]:
            raise ValueError(f"the doc_id {document!r} comes back after other conversations")
        places = {place(sentence): sentence for sentence in row["sentences"]}
        if len(places) < len(row["sentences"]):
            raise ValueError(f"the doc_id {document!r} has a sent_id twice")
        ordered = [places[each] for each in sorted(places)]
        spoken = [each for each in ordered if not number(each["is_pause"], 0, 1, "is_pause")]

        def given(labeler: str) -> dict[str, list[int | None]]:
            return {
                name: [number(each[f"{labeler}_{name}"], 0, highest, f"{labeler}_{name}") for each in spoken]
                for name, highest in LABELS.items()
            }

        made = rate(
            ((_role(each["person_type"]), each["text"]) for each in spoken),
            persona=next((clean(each.get("person_name_original")) for each in spoken if _is_persona(each)), ""),
            in_order=True,
            **given("labeler"),
            labelers=[given(f"labeler{which}") for which in LABELERS if f"labeler{which}_strange" in ordered[0]],
            survey=_survey(ordered[0]),
        )
        return {"id": document, **made}


def _role(person: str) -> str:
    try:
        return SPEAKERS[person.strip().lower()]
    except KeyError:
        raise ValueError(f"person_type is {person!r}, neither user nor persona") from None


def _is_persona(sentence: Row) -> bool:
    return _role(sentence["person_type"]) == "assistant"


def _survey(row: Row) -> dict[str, int | None]:
    answers: dict[str, Any] = {}
    for name, (low, high, also) in QUESTIONS.items():
        for side in SPEAKERS:
            spellings = [f"{each}_{side}" for each in (name, *also)]
            spellings += ["attract_usesr"] if "attract_user" in spellings else []
            column = next((each for each in spellings if each in row), spellings[0])
            answers[f"{name}_{side}"] = number(row.get(column), low, high, column)
    return answers
