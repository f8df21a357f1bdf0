"""A user's own mixture, as a TOML file.

name = "korean-small"            # optional: the file's name otherwise
description = "..."              # optional
seed = 42                        # optional: 0
shuffle = true                   # optional: true; false keeps part after part

[[parts]]
source = "koalpaca-v1.0"         # any name of `okinst list`
take = 0.5                       # optional: a share (0.5), a number of rows (500), or all of it
split = "train"                  # optional
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from okinst import catalogue
from okinst.builders import WrongCall
from okinst.mixtures import MIXTURES, Mixture, Part

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MIXTURE_KEYS = {"name": str, "description": str, "seed": int, "shuffle": bool, "parts": list}
PART_KEYS = {"source": str, "take": object, "split": str}
#: letters of any script, digits, and . _ - inside
NAME = re.compile(r"\w[\w.-]{0,99}")
#: what stands beside a set in its folder
TAKEN = frozenset(("readme.md", "provenance.json", "set-aside.jsonl"))
SUFFIX = ".toml"


def is_recipe(name: str) -> bool:
    """Whether a name is a recipe file's."""
    return name.lower().endswith(SUFFIX)


def read(path: Path) -> Mixture:
    """The mixture that a recipe file describes. Raises WrongCall, naming the file and the key, for a bad one."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise WrongCall(f"there is no recipe {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise WrongCall(f"the recipe {path} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise WrongCall(f"{path} is not TOML: {error}.") from error
    return mixture(values, name=path.name[: -len(SUFFIX)], where=str(path))


def mixture(values: dict[str, Any], name: str, where: str) -> Mixture:
    """The mixture that a recipe's values describe; `name` is used where they give none, `where` in messages."""
    _check(values, MIXTURE_KEYS, where)
    name = values.get("name", name)
    if not NAME.fullmatch(name) or len(name.encode()) > 150 or name.lower() in TAKEN:
        raise WrongCall(
            f"{where}: {name!r} cannot be the name of a set: letters, digits, and '.', '_', '-' inside, at most 100 of them (50 in Hangul). "
            f'Write one into the recipe: name = "my-mix".'
        )
    if name in MIXTURES or name in catalogue.SOURCES:
        raise WrongCall(f"{where}: name = {name!r} is okinst's own; published sets are never changed. Choose another.")
    if values.get("seed", 0) < 0:
        raise WrongCall(f"{where}: seed = {values['seed']} must be 0 or more.")
    if not values.get("parts"):
        raise WrongCall(f'{where}: a recipe needs at least one part: [[parts]] and source = "koalpaca-v1.1".')
    return Mixture(
        name=name,
        description=values.get("description", f"Built from {name}{SUFFIX}."),
        seed=values.get("seed", 0),
        shuffle=values.get("shuffle", True),
        parts=tuple(_part(part, f"{where}, part {number}") for number, part in enumerate(values["parts"], 1)),
    )


def _part(values: Any, where: str) -> Part:
    if not isinstance(values, dict):
        raise WrongCall(f"{where}: a part is a table: [[parts]] and source = NAME.")
    _check(values, PART_KEYS, where)
    if "source" not in values:
        raise WrongCall(f"{where}: it has no source. Name one of `okinst list`.")
    if values["source"] in MIXTURES:
        raise WrongCall(
            f"{where}: {values['source']} is a mixture; a part is one source. Name the sources it is made of."
        )
    try:
        entry = catalogue.source(values["source"])
        return Part(entry.builder, entry.name, take=values.get("take"), split=values.get("split", "train"))
    except WrongCall as error:
        raise WrongCall(f"{where}: {error}") from None


def _check(values: dict[str, Any], known: dict[str, type], where: str) -> None:
    for key, value in values.items():
        if key not in known:
            raise WrongCall(f"{where}: there is no key {key!r}. {_meant(key, known)}")
        # bool is an int to Python, not to a person
        wrong = not isinstance(value, known[key]) or (known[key] is int and isinstance(value, bool))
        if wrong:
            raise WrongCall(f"{where}: {key} = {value!r} should be {_KINDS[known[key]]}.")


_KINDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list of tables: [[parts]]"}


def _meant(key: str, known: Iterable[str]) -> str:
    return f"Did you mean {catalogue.nearest(key, known)[0]!r}? There are {', '.join(known)}."
