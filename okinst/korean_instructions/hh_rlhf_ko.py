"""HH-RLHF in Korean, from maywell, by Synatra: two dialogues a row, each one string, the same up to the last answer."""

import re
from itertools import takewhile

from okinst.builders import Card, Hub, Row, SourceBuilder, Unmapped, Variant, talk
from okinst.builders.formats import marked_turns
from okinst.builders.schema import Message

REPO = Hub("maywell/ko_hh-rlhf-20k_filtered", "3f015be")
#: Anthropic's labels, and what a translator makes of them
LABELS = {"Human:": "user", "Assistant:": "assistant", "인간:": "user", "어시스턴트:": "assistant"}
LABEL = re.compile(r"\s*(\w{1,20}) ?:")


def dialogue(text: str) -> list[tuple[str, str]]:
    """The turns of one string, nothing stripped but the blanks before the first.

    Raises ValueError for labels nobody knows, Unmapped for a text that does not begin with a label.

    >>> dialogue("\\n\\nHuman: 왜?\\n\\nAssistant: 그냥.")
    [('user', ' 왜?\\n'), ('assistant', ' 그냥.')]
    >>> dialogue("사용자: 왜?\\n\\n조수: 그냥.")
    Traceback (most recent call last):
    ValueError: a turn is labelled '사용자:', and the labels known are Human:, Assistant:, 인간:, 어시스턴트:
    """
    turns = marked_turns(text.lstrip(), LABELS)
    speaker, said = turns[0]
    label = LABEL.match(said if speaker == "" else _last_label(turns))
    if label:
        raise ValueError(f"a turn is labelled '{label[1]}:', and the labels known are {', '.join(LABELS)}")
    if speaker == "":
        raise Unmapped("text before the first turn")
    return turns


def _last_label(turns: list[tuple[str, str]]) -> str:
    """The paragraph that should have been an answer, where all that is known of a text are questions."""
    if any(speaker == "assistant" for speaker, _ in turns):
        return ""
    _, gap, paragraph = turns[0][1].partition("\n\n")
    return paragraph if gap else ""


def parted(chosen: list[Message], rejected: list[Message]) -> Row:
    """The turns that two dialogues share are the prompt; what follows in each is an answer to it.

    >>> asked, yes, no = ({"role": role, "content": text} for role, text in (("user", "왜?"), *[("assistant", "네")] * 2))
    >>> parted([asked, yes], [asked, no | {"content": "아니요"}])["prompt"]
    [{'role': 'user', 'content': '왜?'}]
    """
    if chosen == rejected:
        raise Unmapped("chosen equals rejected")
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(chosen, rejected, strict=False)))
    prompt, *answers = chosen[:shared], chosen[shared:], rejected[shared:]
    if not prompt or any(answer and answer[0]["role"] == "user" for answer in answers):
        raise Unmapped("the two dialogues ask different things")
    if any(not answer or answer[-1]["role"] == "user" for answer in answers):
        raise Unmapped("no answer")
    return {"prompt": prompt, "chosen": answers[0], "rejected": answers[1]}


class HHRLHFKo(SourceBuilder):
    """One dialogue and the two ways it went on."""

    CARD = Card(
        title="ko_hh-rlhf-20k_filtered",
        homepage="https://huggingface.co/datasets/maywell/ko_hh-rlhf-20k_filtered",
        license="unstated",
        license_note="The card states none; Anthropic's HH-RLHF is MIT.",
        languages=("ko",),
        making="human and generated, machine-translated",
        generators=("unstated (Anthropic's assistants)",),
        translators=("Synatra-7B-Translation",),
        derived_from=("HH-RLHF",),
        overlaps=(),
        warning="Red-team questions, and answers that give in to them: violence, hate, sex, drugs and crime.",
        quirks=(
            "19,363 rows, not the 20K of the name; __index_level_0__ leaked from pandas.",
            "There is no prompt column: the turns that chosen and rejected share are the prompt.",
            "Nobody has said how the turns are labelled: Human: and Assistant: are read, and 인간: and 어시스턴트:; any other "
            "label stops the build and is named.",
            "Where the two were translated into different questions the row is left out.",
            "The card itself calls the translation poor.",
        ),
        citations=("hhrlhfko", "hhrlhf"),
    )
    SHAPE = "preference"
    FORMAT = "Parquet"
    COLUMNS = {"chosen": "string", "rejected": "string", "__index_level_0__": "int64"}
    BUILDER_CONFIGS = [
        Variant(
            name="hh-rlhf-ko",
            description="The more helpful, or the more harmless, of two answers.",
            files={"train": (REPO / "data/train-*.parquet",)},
            rows={"train": 19_363},
        )
    ]

    def example(self, row: Row) -> Row:
        chosen, rejected = (talk(dialogue(row[side]))["messages"] for side in ("chosen", "rejected"))
        return parted(chosen, rejected)
