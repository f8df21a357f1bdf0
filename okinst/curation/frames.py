"""The frame of an evaluation set: what its texts have in common only because they are asked the same way.

It says nothing about a text that it stands in: labels (`질문:`), common beginnings and ends are cut off before a text is indexed.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from okinst.curation import normal

#: a label, beginning or end belongs to the frame of a set when this share of its texts have it, and at least so many
COMMON, FEW = 0.25, 4
#: how long a common beginning or end is at most, in characters
BEGINNING = 200
_LABEL = re.compile(r"[^\s:：]{1,12} ?[:：]")


@dataclass(frozen=True)
class Framed:
    """One text of a set, in normal form."""

    #: without its frame, in the pieces between the labels of its set
    pieces: list[str]
    whole: str

    @property
    def bare(self) -> str:
        """The text without its frame; "" where the frame cuts it into several pieces, or leaves nothing."""
        return self.pieces[0] if len(self.pieces) == 1 else ""


def weight(text: str) -> float:
    """How much a normal form says, in Korean or Chinese characters: those of other scripts count half.

    >>> weight("맛있어요"), weight("ok3")
    (4.0, 1.5)
    """
    return sum(
        1.0 if "\u1100" <= char <= "\u11ff" or "\u2e80" <= char <= "\ud7ff" or char >= "\U00020000" else 0.5
        for char in text
    )


def without_frame(texts: Sequence[str]) -> list[Framed]:
    """The texts of one set in normal form, whole, and in pieces without its labels, common beginning and common end."""
    cut = [[piece for piece in map(str.strip, parts) if piece] for parts in _cut_labels(texts)]
    few = max(FEW, math.ceil(COMMON * len(texts)))
    firsts = _common([each[0] if each else "" for each in cut], few)
    lasts = _common([each[-1][::-1] if each else "" for each in cut], few)
    made = []
    for text, each, first, last in zip(texts, cut, firsts, lasts, strict=True):
        if each:
            each[0] = each[0][first:]
            each[-1] = each[-1][: max(0, len(each[-1]) - last)]
        made.append(Framed([piece for piece in map(normal.normalise, each) if piece], normal.normalise(text)))
    return made


def _cut_labels(texts: Sequence[str]) -> list[list[str]]:
    """The texts cut where a label of their set stands.

    >>> _cut_labels([f"문장: {word} 긍부정:" for word in ("좋다", "싫다", "그저 그렇다", "아주 좋다")])[2]
    ['', ' 그저 그렇다 ', '']
    """
    often = Counter(chain.from_iterable(set(_LABEL.findall(text)) for text in texts))
    labels = [label for label, count in often.items() if count >= max(FEW, COMMON * len(texts))]
    if not labels:
        return [[text] for text in texts]
    cut = re.compile("|".join(map(re.escape, sorted(labels, key=len, reverse=True))))
    return [cut.split(text) for text in texts]


def _common(texts: Sequence[str], few: int) -> list[int]:
    """For each text, the length of the longest beginning that so many texts have; no word is cut in two.

    >>> _common(["배가 고프다", "배가 아프다", "배를 탔다"], 2)
    [3, 3, 0]
    """
    longest = [0] * len(texts)
    alive: Iterable[int] = range(len(texts))
    for length in range(1, BEGINNING + 1):
        beginnings = {number: texts[number][:length] for number in alive if len(texts[number]) >= length}
        often = Counter(beginnings.values())
        alive = [number for number, beginning in beginnings.items() if often[beginning] >= few]
        if not alive:
            break
        for number in alive:
            if not _inside_word(texts[number], length):
                longest[number] = length
    return longest


def _inside_word(text: str, place: int) -> bool:
    """Whether a word goes on over this place. Chinese characters are words of their own."""
    around = text[place - 1 : place + 1]
    return len(around) == 2 and around.isalnum() and not any("\u3400" <= char <= "\u9fff" for char in around)
