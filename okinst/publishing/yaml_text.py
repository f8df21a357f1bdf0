"""Change some keys of a YAML text and leave the rest as it stands, to the byte: comments, quotes, `version: 1.10`, `[no, en]`.

A table that is read and written again loses all of these. Here the old values are found in the text, and what is new is put into
their places.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml


@dataclass
class _Node:
    """A piece of the text."""

    #: the first character, and the one behind the last; comments behind it are no part of it
    start: int
    end: int
    #: where the dashes or keys of several lines stand in their line; None for what is no list or table of several lines
    column: int | None = None
    #: the items of a list; keys and values of a table in turn
    parts: list["_Node"] = field(default_factory=list)
    is_list: bool = False


@dataclass(frozen=True)
class _Edit:
    """What is to stand in the place of some characters."""

    start: int
    end: int
    text: str


def dump(value: Any) -> str:
    """A value as YAML, without the line end.

    >>> print(dump({"language": ["ko", "no"], "version": "1.10"}))
    language:
    - ko
    - 'no'
    version: '1.10'
    """
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=10_000).rstrip("\n")


def rewritten(text: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    """The text of a table that means `before`, changed so that it means `after`. New keys come last.

    Where the places of what changes cannot be told (a table in braces, keys by alias), all is written anew.

    >>> text = "# keep this\\nlanguage: [no, en]  # two\\nversion: 1.10"
    >>> told = yaml.safe_load(text)
    >>> print(rewritten(text, told, {**told, "language": [*told["language"], "ko"], "license": "mit"}))
    # keep this
    language: [no, en, ko]  # two
    version: 1.10
    license: mit
    """
    if _same(before, after):
        return text
    try:
        told = text
        for edit in sorted(_edits(text, before, after), key=lambda edit: (edit.start, edit.end), reverse=True):
            told = told[: edit.start] + edit.text + told[edit.end :]
        if new := {key: value for key, value in after.items() if key not in before}:
            told += "\n" * bool(told and not told.endswith("\n")) + dump(new)
        if _same(yaml.safe_load(told), {key: after[key] for key in (*before, *after) if key in after}):
            return told
    except (yaml.YAMLError, LookupError):
        pass
    return dump(after)


def _same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other)  # 1 is not True, and nan is nan


def _edits(text: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[_Edit]:
    """What is to change of the keys that are there."""
    root = _tree(text)
    if root is None:
        return
    pairs = list(zip(root.parts[::2], root.parts[1::2], strict=True))
    if root.column != 0 or len(pairs) != len(before):
        raise LookupError("the keys have no lines of their own, or some are there twice")
    for (key, value), (name, old) in zip(pairs, before.items(), strict=True):
        if name not in after:
            yield _Edit(_line_start(text, key.start), _next_line(text, value.end), "")
        elif not _same(old, after[name]):
            yield from _changes(text, key, value, name, old, after[name])


def _changes(text: str, key: _Node, value: _Node, name: str, old: Any, new: Any) -> Iterator[_Edit]:
    if value.is_list and isinstance(new, list) and new and len(value.parts) == len(old):
        if value.column is not None:
            yield from _lines(text, value, value.column, old, new)
        else:
            yield _Edit(value.start, value.end, f"[{', '.join(_inline(text, value.parts, old, new))}]")
    elif not value.parts and isinstance(new, list) and new and _same(old, new[0]):  # one word that becomes several
        yield _Edit(value.start, value.end, f"[{', '.join(_inline(text, [value], [old], new))}]")
    else:
        yield _instead(text, key.start, value.end, dump({name: new}))


def _instead(text: str, start: int, end: int, lines: str) -> _Edit:
    return _Edit(start, end, lines + "\n" * text[start:end].endswith("\n"))  # as a text over several lines (|) does


def _inline(text: str, parts: list[_Node], old: list[Any], new: list[Any]) -> Iterator[str]:
    """The items of a list in brackets."""
    for i, j in _pairs(old, new):
        if j is not None and i is not None and _same(old[i], new[j]):
            yield text[parts[i].start : parts[i].end]
        elif j is not None:
            yield yaml.safe_dump([new[j]], allow_unicode=True, default_flow_style=True, width=10_000).strip()[1:-1]


def _lines(text: str, node: _Node, column: int, old: list[Any], new: list[Any]) -> Iterator[_Edit]:
    """What is to change of a list with lines for each item. A comment behind an item stays, even where the item goes."""
    margin = " " * column
    at = _line_start(text, _dash(text, node.parts[0]))
    added: dict[int, str] = {}  # by the place in the text
    for i, j in _pairs(old, new):
        lines = "" if j is None else dump([new[j]]).replace("\n", f"\n{margin}")
        if i is None:
            added[at] = added.get(at, "" if text[:at].endswith("\n") else "\n") + f"{margin}{lines}\n"
            continue
        start, at = _dash(text, node.parts[i]), _next_line(text, node.parts[i].end)
        if j is None:
            yield _Edit(_line_start(text, start), at, "")
        elif not _same(old[i], new[j]):
            yield _instead(text, start, node.parts[i].end, lines)
    for at, lines in added.items():
        yield _Edit(at, at, lines)


def _pairs(old: list[Any], new: list[Any]) -> Iterator[tuple[int | None, int | None]]:
    """Which item becomes which; None for one that comes or goes.

    >>> list(_pairs(["a", "b"], ["a", "c", "d"])), list(_pairs(["a", "b"], ["b"]))
    ([(0, 0), (1, 1), (None, 2)], [(0, None), (1, 0)])
    """
    matcher = difflib.SequenceMatcher(None, list(map(repr, old)), list(map(repr, new)), autojunk=False)
    for _, i, until_i, j, until_j in matcher.get_opcodes():
        for step in range(max(until_i - i, until_j - j)):
            yield (i + step if i + step < until_i else None), (j + step if j + step < until_j else None)


def _tree(text: str) -> _Node | None:
    """The table that a text is; None for a text without one. yaml.compose would give an alias the place of its anchor."""
    events: Any = yaml.parse(text, yaml.SafeLoader)

    def node(event: Any) -> _Node:
        found, column = _Node(event.start_mark.index, event.end_mark.index), event.start_mark.column
        if isinstance(event, yaml.CollectionStartEvent):
            found.is_list = isinstance(event, yaml.SequenceStartEvent)
            inner = next(events)
            while not isinstance(inner, yaml.CollectionEndEvent):
                found.parts.append(node(inner))
                inner = next(events)
            found.end = inner.end_mark.index  # type: ignore[union-attr]
            if not event.flow_style:  # the end that the parser tells of is where the next thing begins
                found.column, found.end = column, found.parts[-1].end
        return found

    for event in events:
        if isinstance(event, yaml.MappingStartEvent):
            return node(event)
        if isinstance(event, yaml.NodeEvent):
            return None
    return None


def _dash(text: str, part: _Node) -> int:
    """The dash of an item, which stands in its first line."""
    return text.rindex("-", _line_start(text, part.start), part.start)


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _next_line(text: str, at: int) -> int:
    """Where the line after a place begins; the end of the text where it is the last. A place at the start of a line is there."""
    if text[:at].endswith("\n"):
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1
