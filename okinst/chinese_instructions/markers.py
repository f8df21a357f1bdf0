"""What the sources share whose dialogues are one string, cut at markers that may stand anywhere in it."""

import re
from collections.abc import Iterable

from okinst.builders import Unmapped


def cut(text: str, marker: re.Pattern[str]) -> list[tuple[str, str]]:
    """The markers of a text, each with the words behind it: every character but blanks in front of the first comes back.

    >>> cut("A: 你好 B: 你好。", re.compile("[AB]:"))
    [('A:', ' 你好 '), ('B:', ' 你好。')]
    """
    marks = list(marker.finditer(text))
    begin = marks[0].start() if marks else len(text)
    if text[:begin].strip():
        raise Unmapped("text before the first speaker")
    return [
        (mark[0], text[mark.end() : after.start() if after else None])
        for mark, after in zip(marks, [*marks[1:], None], strict=False)
    ]


def by_turns(turns: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The turns, once it is sure that user and assistant alternate and the user begins.

    Where they do not, a marker that belongs to what somebody said was taken for a turn, or one was lost: nobody can tell.
    """
    heard = list(turns)
    if any(speaker != ("user", "assistant")[number % 2] for number, (speaker, _) in enumerate(heard)):
        raise Unmapped("speakers that do not take turns")
    return heard
