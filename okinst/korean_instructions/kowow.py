"""KoWoW, from KETI: Wizard of Wikipedia in Korean, as heegyu has it on the Hub. The Wizard knows, the Apprentice asks."""

import json
from collections.abc import Iterable, Iterator
from typing import IO

from okinst.builders import Card, Hub, Row, SourceBuilder, Unmapped, Variant, clean, formats, talk

# No revision is known of this copy.
REPO = Hub("heegyu/kowow", "main")
#: 0 and 1 say who spoke first
SPEAKERS = {
    f"{place}_{name}": role for name, role in (("Wizard", "assistant"), ("Apprentice", "user")) for place in "01"
}
NOTHING = "no_passages_used"
#: of a turn, what is keyed by the text itself or nested without end: no Arrow type fits
NESTED = ("retrieved_passages", "checked_sentence", "checked_passage")
TURN = {"speaker": "string", "text": "string", "retrieved_topics": ["string"], **dict.fromkeys(NESTED, "string")}


def flat(row: Row) -> Row:
    """A dialogue whose nested parts are JSON strings.

    >>> flat({"dialog": [{"text": "네", "checked_sentence": {"self_A_0": "가"}}]})["dialog"][0]["checked_sentence"]
    '{"self_A_0": "가"}'
    """
    if "dialog" not in row:
        return row  # to be refused by its columns
    turns = row["dialog"]
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise Unmapped("a dialog that is no list of turns")
    return row | {"dialog": [dict.fromkeys(TURN) | turn | dict(_strings(turn)) for turn in turns]}


def _strings(turn: Row) -> Iterator[tuple[str, str]]:
    for key in NESTED:
        if turn.get(key) is not None:
            yield key, json.dumps(turn[key], ensure_ascii=False)


def knowledge(checked: str | None) -> str:
    """The sentence a Wizard looked up for a turn, "" where it used none.

    >>> knowledge('{"self_A_0": "얼음은 물에 뜬다."}'), knowledge('{"no_passages_used": "no_passages_used"}'), knowledge("{}")
    ('얼음은 물에 뜬다.', '', '')
    """
    sentences = json.loads(checked or "{}")
    if not isinstance(sentences, dict):
        raise Unmapped("a checked_sentence that is no object")
    sentence = clean(next(iter(sentences.values()), ""))
    return "" if sentence == NOTHING else sentence


def told(turns: Iterable[Row]) -> list[tuple[str, str]]:
    """The turns of a dialogue; the sentence behind a Wizard's turn stands as a system turn before the question.

    >>> apprentice = {"speaker": "0_Apprentice", "text": "얼음은 왜 떠요?"}
    >>> wizard = {"speaker": "1_Wizard", "text": "가벼우니까요.", "checked_sentence": '{"self_A_0": "얼음은 물보다 가볍다."}'}
    >>> told([apprentice, wizard])
    [('system', '얼음은 물보다 가볍다.'), ('user', '얼음은 왜 떠요?'), ('assistant', '가벼우니까요.')]
    """
    talked: list[tuple[str, str]] = []
    for turn in turns:
        if turn["text"] == NOTHING:
            continue
        if sentence := knowledge(turn.get("checked_sentence")):
            # one place earlier, as open-korean-instructions has it
            talked.insert(max(len(talked) - 1, 0), ("system", sentence))
        speaker = str(turn["speaker"])
        talked.append((SPEAKERS.get(speaker, speaker), turn["text"]))
    return talked


class KoWoW(SourceBuilder):
    """One dialogue about a topic, with the sentences of Wikipedia that its answers rest on."""

    CARD = Card(
        title="KoWoW (Korean Wizard of Wikipedia)",
        homepage="https://github.com/AIRC-KETI/kowow",
        license="unstated",
        license_note="KETI states none for the data (its code is MIT); the card of another copy, didi0di/KoWoW, says MIT.",
        languages=("ko",),
        making="human, machine-translated",
        generators=(),
        translators=("unstated",),
        derived_from=("Wizard of Wikipedia",),
        overlaps=(),
        warning="",
        quirks=(
            "Wizard is the assistant, Apprentice the user; either may speak first.",
            "The sentence a Wizard looked up is a system turn before the question it answers, so a dialogue has several; "
            "no_passages_used is none, and a turn with that text is passed over.",
            "retrieved_passages, repeated on every turn, make the file huge; raw=True has them as JSON strings.",
            "KETI's own file is on Google Drive; train_ko.json of heegyu/kowow is read. No revision of it is known: the "
            "newest is read, and provenance.json records which it was.",
        ),
        citations=("kowow", "wizardofwikipedia"),
    )
    COLUMNS = {
        "chosen_topic": "string",
        "chosen_topic_passage": ["string"],
        "wizard_eval": "int64",
        "persona": "string",
        "dialog": [TURN],
    }
    BUILDER_CONFIGS = [
        Variant(
            name="kowow",
            description="Dialogues grounded in sentences of Wikipedia.",
            files={"train": (REPO / "train_ko.json",)},
            rows={"train": 18_430},
            rows_exact=False,
        )
    ]

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        for row in formats.json_array(file, name):
            try:
                yield row if isinstance(row, Unmapped) else flat(row)
            except Unmapped as why:
                yield why

    def example(self, row: Row) -> Row:
        return talk(told(row["dialog"]))
