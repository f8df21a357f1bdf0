"""JSON as bytes. What a model says may hold half a character, which is no Unicode text: it is kept as it came."""

import json
from typing import Any

import orjson


def dumps(value: Any) -> bytes:
    """One line, without its end.

    >>> dumps({"a": "가"}).decode(), dumps("half \\ud83d").decode()
    ('{"a":"가"}', '"half \\\\ud83d"')
    """
    try:
        return orjson.dumps(value, default=str)
    except TypeError:
        return json.dumps(value, default=str, separators=(",", ":")).encode()


def loads(line: bytes) -> Any:
    """What a line says. Raises ValueError."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line)
