"""Text from data and recipes as Markdown that cannot break out of its place, and sections that fit on a page."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: characters of a section: a card that is longer nobody reads, and the Hub shows slowly
LIMIT = 50_000
_SPECIAL = re.compile(r"([\\|<>`\[\]])")


def plain(text: str) -> str:
    r"""A text as one line that is no markup.

    >>> print(plain("a | b\n<b>[c](d)"))
    a \| b \<b\>\[c\](d)
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    """A text as code, which may stand in a table."""
    return f"`{' '.join(text.split()).replace('`', chr(39)).replace('|', chr(92) + '|')}`"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """The lines of a table; a head that begins with > is of numbers."""
    yield f"| {' | '.join(head.lstrip('>') for head in heads)} |"
    yield f"|{'|'.join('---:' if head.startswith('>') else '---' for head in heads)}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def fenced(text: str, language: str) -> list[str]:
    """Lines as a block of code; what is in it cannot end it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return [f"{fence}{language}", *text.splitlines(), fence]


def toml(recipe: Mapping[str, Any]) -> str:
    """A recipe as its file has it: the keys, and then its parts, one table each. What is None was not said.

    >>> print(toml({"name": "mine", "filter": {"language": "ko"}, "parts": [{"source": "hrc", "take": None}]}))
    name = "mine"
    filter = { language = "ko" }
    <BLANKLINE>
    [[parts]]
    source = "hrc"
    """
    lines = [f"{key} = {_value(value)}" for key, value in recipe.items() if key != "parts" and value is not None]
    for part in recipe.get("parts", ()):
        lines += ["", "[[parts]]", *(f"{key} = {_value(value)}" for key, value in part.items() if value is not None)]
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items() if each is not None)
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def within(lines: Iterable[str], limit: int, note: str) -> list[str]:
    """Lines up to a number of characters, and then a note that there were more; an open block of code is closed.

    >>> within(["| a |", "| b |"], 9, "More elsewhere.")
    ['| a |', '', 'More elsewhere.']
    >>> within(["a" * 20], 9, "More.")
    ['aaaaaaaaa…', '', 'More.']
    """
    kept: list[str] = []
    fence = ""
    for line in lines:
        if len(line) + 1 > limit:
            if not kept:
                kept.append(f"{line[:limit]}…")
            return [*kept, *([fence] if fence else []), "", note]
        limit -= len(line) + 1
        if found := re.match("`{3,}", line):
            fence = "" if fence == found[0] else fence or found[0]
        kept.append(line)
    return kept
