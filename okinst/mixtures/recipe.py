"""A user's own mixture, as a TOML file. `KEYS` and `PART_KEYS` say all that can stand in one; docs/recipe.schema.json is made
of them, for editors.

    name = "korean-chat"
    seed = 42
    size = 10_000
    dedup = true
    decontaminate = true

    [[parts]]
    source = "koalpaca-v1.1"
    share = 0.7
    filter = { refusals = "drop" }

    [[parts]]
    file = "own.jsonl"
    layout = "messages"
    license = "cc-by-4.0"
    language = "ko"
    share = 0.3
"""

import dataclasses
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from okinst import catalogue
from okinst.builders import Language, License, Making, WrongCall
from okinst.curation.filters import Filter
from okinst.mixtures import MIXTURES, Mixture, Part
from okinst.mixtures.amounts import RATES
from okinst.mixtures.mixture import Tokens
from okinst.mixtures.own import LAYOUTS, OwnRows, own_variant
from okinst.mixtures.steps import Decontaminate, Dedup, Gate, told

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: letters of any script, digits, and . _ - inside
NAME = re.compile(r"\w[\w.-]{0,99}")
#: what stands beside a set in its folder
TAKEN = frozenset(("readme.md", "provenance.json", "set-aside.jsonl", "dropped.parquet"))
SUFFIX = ".toml"
#: where a part may come from
ORIGINS = ("source", "recipe", "file", "hub")


@dataclass(frozen=True)
class Where:
    """A place in a recipe, for messages: its file, and the line of a key where that is known."""

    file: str
    lines: dict[tuple[Any, ...], int] = dataclasses.field(default_factory=dict)
    path: tuple[Any, ...] = ()

    def __truediv__(self, key: Any) -> "Where":
        return dataclasses.replace(self, path=(*self.path, key))

    def __str__(self) -> str:
        path = self.path
        while path and path not in self.lines:
            path = path[:-1]  # a key of an inline table stands on the line of the table
        line = self.lines.get(path)
        part = f", part {self.path[1] + 1}" if len(self.path) > 1 and self.path[0] == "parts" else ""
        return self.file + (f", line {line}" if line else "") + part


@dataclass(frozen=True)
class Key:
    """One thing that a recipe may say: what it should be, in words and as JSON Schema, and what it means."""

    kinds: tuple[type, ...]
    told: str
    means: str
    schema: dict[str, Any]

    def check(self, key: str, value: Any, where: Where) -> None:
        # bool is an int to Python, not to a person
        if not isinstance(value, self.kinds) or (isinstance(value, bool) and bool not in self.kinds):
            raise WrongCall(f"{where / key}: {key} = {value!r} should be {self.told}.")


def _text(means: str, **schema: Any) -> Key:
    return Key((str,), "text", means, {"type": "string", **schema})


def _one_of(values: Iterable[str], means: str) -> Key:
    return Key((str,), f"one of {', '.join(values)}", means, {"enum": list(values)})


_TOKENS = {
    "type": "object",
    "properties": {"tokens": {"type": "integer", "minimum": 1}},
    "required": ["tokens"],
    "additionalProperties": False,
}


def _filter_schema() -> dict[str, Any]:
    kinds = {"str | None": {"type": "string"}, "int | None": {"type": "integer"}, "float": {"type": "number"}}
    some = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    properties = {
        each.name: kinds.get(str(each.type).replace("typing.", ""), some) for each in dataclasses.fields(Filter)
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


_FILTER = Key((dict,), "a table of what is wanted", "Which rows are wanted.", _filter_schema())
KEYS: dict[str, Key] = {
    "name": _text("The name of the set; the file's name otherwise."),
    "description": _text("One sentence on what it is for."),
    "extends": _text("A recipe file or a mixture that this one changes."),
    "without": Key((list,), "a list of names", "Parts of `extends` to leave out.", {"type": "array", "items": {"type": "string"}}),
    "seed": Key((int,), "a whole number", "Which rows a share takes, and their order.", {"type": "integer", "minimum": 0}),
    "shuffle": Key((bool,), "true or false", "False keeps part after part.", {"type": "boolean"}),
    "rate": _one_of(RATES, "How the parts are balanced."),
    "temperature": Key(
        (int, float), "a number", '1 is proportional; higher evens the parts out. For rate = "temperature".',
        {"type": "number", "minimum": 1},
    ),
    "size": Key(
        (int, dict), "a number of rows, or { tokens = 1000000 }", "Of the whole.",
        {"oneOf": [{"type": "integer", "minimum": 1}, _TOKENS]},
    ),
    "tokenizer": _text('What counts tokens: a tokenizer.json or its folder, a Hub id, or "characters".'),
    "filter": _FILTER,
    "dedup": Key((bool, str, dict), "true, false, exact, near, or a table", "Take out what is there twice.", Dedup.SCHEMA),
    "decontaminate": Key(
        (bool, list, dict), "true, a list of evaluation sets, or a table", "Take out what is in an evaluation set.",
        Decontaminate.SCHEMA,
    ),
    "license": Key((str, list), "commercial, or another gate, or a list of licences", "Which rows' licences are wanted.", Gate.SCHEMA),
    "validation": Key(
        (int, float), "a number of rows (500) or a share (0.01)", "Rows set aside, none like a row in train.",
        {"type": "number", "exclusiveMinimum": 0},
    ),
    "parts": Key((list,), "a list of tables: [[parts]]", "What it is made of.", {"type": "array"}),
}  # fmt: skip
PART_KEYS: dict[str, Key] = {
    "source": _text("A name of `okinst list`: a source, or a mixture."),
    "recipe": _text("Another recipe file, from this one's folder."),
    "file": _text("A file of one's own: JSON Lines, JSON or Parquet, from this recipe's folder."),
    "hub": _text("A dataset on the Hub: owner/name; `file` names one of its files."),
    "revision": _text("A commit of that dataset; main otherwise."),
    "split": _text("train, where it is not said."),
    "take": Key(
        (int, float, dict), "a number of rows (500), a share (0.5), or { tokens = 500000 }", "So much of the part.",
        {"oneOf": [{"type": "number", "exclusiveMinimum": 0}, _TOKENS]},
    ),
    "share": Key(
        (int, float), "a share of the mixture (0.7)", "Its share of the whole; all shares are 1 together.",
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    ),
    "repeat": Key((int,), "a whole number, 1 or more", "How often each row is used.", {"type": "integer", "minimum": 1}),
    "filter": _FILTER,
    "layout": _one_of(LAYOUTS, "How a file of one's own is laid out."),
    "license": _one_of(get_args(License), "The licence of a file of one's own."),
    "language": _one_of(get_args(Language), "The language of a file of one's own."),
    "making": _one_of(get_args(Making), "How the text of a file of one's own came to be."),
}  # fmt: skip


def schema() -> dict[str, Any]:
    """The JSON Schema of a recipe, for editors."""

    def table(keys: dict[str, Key]) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {name: {"description": key.means, **key.schema} for name, key in keys.items()},
            "additionalProperties": False,
        }

    whole = table(KEYS)
    whole["properties"]["parts"] = {"description": KEYS["parts"].means, "type": "array", "items": table(PART_KEYS)}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A recipe of okinst", **whole}


def is_recipe(name: str) -> bool:
    """Whether a name is a recipe file's."""
    return name.lower().endswith(SUFFIX)


def read(path: Path, above: tuple[Path, ...] = ()) -> Mixture:
    """The mixture that a recipe file describes. Raises WrongCall, naming the file, the line and the key, for a bad one.

    `above` are the recipes that led here.
    """
    real = path.expanduser().resolve()
    if real in above:
        chain = " -> ".join(each.name for each in (*above[above.index(real) :], real))
        raise WrongCall(f"{path}: the recipes go round in a circle: {chain}.")
    try:
        text = path.expanduser().read_text(encoding="utf-8-sig")
        values = tomllib.loads(text)
    except FileNotFoundError:
        raise WrongCall(f"there is no recipe {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise WrongCall(f"the recipe {path} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise WrongCall(f"{path} is not TOML: {error}.") from error
    where = Where(str(path), dict(_lines(text)))
    return mixture(values, name=path.name[: -len(SUFFIX)], where=where, folder=real.parent, above=(*above, real))


def mixture(
    values: dict[str, Any], name: str, where: Where | str, folder: Path = Path(), above: tuple[Path, ...] = ()
) -> Mixture:
    """The mixture that a recipe's values describe; `name` is used where they give none, `where` in messages, and `folder` is
    where its files are looked for."""
    where = Where(where) if isinstance(where, str) else where
    _check(values, KEYS, where)
    name = values.get("name", name)
    if not NAME.fullmatch(name) or len(name.encode()) > 150 or name.lower() in TAKEN:
        raise WrongCall(
            f"{where / 'name'}: {name!r} cannot be the name of a set: letters, digits, and '.', '_', '-' inside, at most 100 of "
            f'them (50 in Hangul). Write one into the recipe: name = "my-mix".'
        )
    if name in MIXTURES or name in catalogue.SOURCES:
        raise WrongCall(
            f"{where / 'name'}: name = {name!r} is okinst's own; published sets are never changed. Choose another."
        )
    if values.get("seed", 0) < 0:
        raise WrongCall(f"{where / 'seed'}: seed = {values['seed']} must be 0 or more.")
    base = _base(values, where, folder, above)
    read_part = _PartReader(where, folder, above)
    parts = read_part.all(values.get("parts", []), base, values.get("without", []))
    if not parts:
        raise WrongCall(f'{where}: a recipe needs at least one part: [[parts]] and source = "koalpaca-v1.1".')
    given = {key: _value(key, values[key], where) for key in _GIVEN if key in values}
    changes: dict[str, Any] = {
        "name": name,
        "description": values.get("description", f"Built from {name}{SUFFIX}."),
        "parts": tuple(parts),
        "rows": None,
        **given,
    }
    with told(where):
        return dataclasses.replace(base or Mixture(), **changes)


#: the keys that are fields of a Mixture
_GIVEN = (
    "seed", "shuffle", "rate", "temperature", "size", "tokenizer", "filter", "dedup", "decontaminate", "license", "validation"
)  # fmt: skip


def _value(key: str, value: Any, where: Where) -> Any:
    place = str(where / key)
    if key in ("size", "take") and isinstance(value, dict):
        return _tokens(value, where / key)
    readers: dict[str, Callable[[Any, str], Any]] = {
        "filter": Filter.from_values,
        "dedup": Dedup.from_values,
        "decontaminate": Decontaminate.from_values,
        "license": Gate.from_values,
    }
    return readers[key](value, place) if key in readers else value


def _tokens(value: dict[str, Any], where: Where) -> Tokens:
    if list(value) != ["tokens"]:
        raise WrongCall(f"{where}: {value!r} should be {{ tokens = 500000 }}.")
    with told(where):
        return Tokens(value["tokens"])


def _base(values: dict[str, Any], where: Where, folder: Path, above: tuple[Path, ...]) -> Mixture | None:
    if "extends" not in values:
        if "without" in values:
            raise WrongCall(f"{where / 'without'}: without leaves out parts of extends, and there is none.")
        return None
    name = values["extends"]
    if is_recipe(name):
        return read(folder / name, above)
    if name not in MIXTURES:
        near = ", ".join(catalogue.nearest(name, MIXTURES))
        raise WrongCall(
            f"{where / 'extends'}: {name!r} is neither a recipe file nor a mixture. The nearest are {near}."
        )
    return MIXTURES[name]


class _PartReader:
    """Reads the parts of one recipe."""

    def __init__(self, where: Where, folder: Path, above: tuple[Path, ...]) -> None:
        self.where, self.folder, self.above = where, folder, above

    def all(self, tables: list[Any], base: Mixture | None, without: list[Any]) -> list[Part]:
        """The parts of the base, changed by those of the same name, and then the new ones."""
        parts = {part.config: part for part in base.parts} if base else {}
        for name in without:
            if name not in parts:
                near = ", ".join(catalogue.nearest(str(name), parts)) if parts else "none"
                raise WrongCall(
                    f"{self.where / 'without'}: there is no part {name!r} to leave out. The nearest: {near}."
                )
            del parts[name]
        new = []
        for number, table in enumerate(tables):
            where = self.where / "parts" / number
            if not isinstance(table, dict):
                raise WrongCall(f"{where}: a part is a table: [[parts]] and source = NAME.")
            _check(table, PART_KEYS, where)
            old = parts.get(table.get("source", ""))
            given = {
                key: _value(key, table[key], where) for key in ("take", "share", "repeat", "filter") if key in table
            }
            with told(where):
                if old is not None and table.get("split", old.split) == old.split:
                    parts[old.config] = dataclasses.replace(old, **given)
                else:
                    new.append(self._part(table, where, given))
        return [*parts.values(), *new]

    def _part(self, table: dict[str, Any], where: Where, given: dict[str, Any]) -> Part:
        origins = [key for key in ORIGINS if key in table]
        if origins not in (["source"], ["recipe"], ["file"], ["file", "hub"]):
            raise WrongCall(
                f"{where}: a part has one origin: source (a name of `okinst list`), recipe, file, or hub with file; this one has "
                f"{', '.join(origins) or 'none'}."
            )
        own = [key for key in ("layout", "license", "language", "making", "revision") if key in table]
        if own and "file" not in table:
            raise WrongCall(
                f"{where / own[0]}: {own[0]} is for a file of one's own; okinst's sources say it themselves."
            )
        split = table.get("split", "train")
        if "file" in table:
            return self._own(table, where, given)
        if "recipe" in table:
            return Part(read(self.folder / table["recipe"], self.above), split=split, **given)
        if table["source"] in MIXTURES:
            return Part(MIXTURES[table["source"]], split=split, **given)
        if table["source"] not in catalogue.SOURCES:
            raise catalogue.unknown(table["source"], [*catalogue.SOURCES, *MIXTURES])
        entry = catalogue.source(table["source"])
        return Part(entry.builder, entry.name, split=split, **given)

    def _own(self, table: dict[str, Any], where: Where, given: dict[str, Any]) -> Part:
        for key in ("license", "language", "layout"):
            if key not in table:
                hint = {
                    "license": "who reads the mixture must know what may be done with it; say unstated if nobody says",
                    "language": "as BCP-47: ko, zh-Hans, en",
                    "layout": f"one of {', '.join(LAYOUTS)}",
                }[key]
                raise WrongCall(f"{where / 'file'}: {table['file']} needs its {key}: {hint}.")
        for key in ("license", "language", "layout", "making"):
            known = PART_KEYS[key].schema["enum"]
            if key in table and table[key] not in known:
                near = catalogue.nearest(table[key], known)[0]
                raise WrongCall(
                    f"{where / key}: {key} = {table[key]!r} is none that okinst knows. Did you mean {near!r}?"
                )
        hub, place = table.get("hub"), table["file"]
        if hub is None:
            place = str((self.folder / Path(place).expanduser()).absolute())
            if not Path(place).is_file():
                raise WrongCall(f"{where / 'file'}: there is no file {place}.")
        variant = own_variant(
            Path(table["file"]).stem if hub is None else hub.replace("/", "--"),
            place=place,
            hub=hub,
            revision=table.get("revision", "main"),
            layout=table["layout"],
            license=table["license"],
            language=table["language"],
            making=table.get("making", "unstated"),
        )
        return Part(OwnRows, variant=variant, **given)


def _check(values: dict[str, Any], known: dict[str, Key], where: Where) -> None:
    for key, value in values.items():
        if key not in known:
            near = catalogue.nearest(key, known)[0]
            raise WrongCall(
                f"{where / key}: there is no key {key!r}. Did you mean {near!r}? There are {', '.join(known)}."
            )
        known[key].check(key, value, where)
        enum = known[key].schema.get("enum")
        if enum and value not in enum and key in ("rate", "layout"):
            raise WrongCall(f"{where / key}: {key} = {value!r} should be {known[key].told}.")


_HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([\w-]+)\s*[.=]")


def _lines(text: str) -> Iterator[tuple[tuple[Any, ...], int]]:
    """The line of every key that stands at the start of one; tomllib does not tell."""
    path: tuple[Any, ...] = ()
    part = -1
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            names = header[1].split(".")
            part += names == ["parts"]
            path = ("parts", part, *names[1:]) if names[0] == "parts" else tuple(names)
            yield path, number
        elif key := _KEY.match(line):
            yield (*path, key[1]), number
