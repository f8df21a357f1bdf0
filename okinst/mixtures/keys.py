"""All that a recipe may say: each key, what it should be, in words and as JSON Schema, and what it means."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

from okinst.builders import Language, License, Making, WrongCall
from okinst.catalogue import nearest
from okinst.curation.filters import Filter, language, residue
from okinst.mixtures.amounts import RATES
from okinst.mixtures.own import LAYOUTS, LIKE
from okinst.mixtures.selecting import Select
from okinst.mixtures.steps import Decontaminate, Dedup, Gate
from okinst.mixtures.where import Where


@dataclass(frozen=True)
class Key:
    """One thing that a recipe may say."""

    kinds: tuple[type, ...]
    told: str
    means: str
    schema: dict[str, Any]

    def check(self, key: str, value: Any, where: Where) -> None:
        """Raise WrongCall for a value that is not of this kind, with the nearest where there are few."""
        allowed = self.schema.get("enum")
        # bool is an int to Python, not to a person
        if not isinstance(value, self.kinds) or (isinstance(value, bool) and bool not in self.kinds):
            raise WrongCall(f"{where / key}: {key} = {value!r} should be {self.told}.")
        if self.schema is _MACHINES and not _are_texts(value):
            raise WrongCall(f'{where / key}: {key} = {value!r} should name them: {key} = ["gpt-4"].')
        if allowed and value not in allowed:
            near = nearest(str(value), allowed)[0]
            raise WrongCall(f"{where / key}: {key} = {value!r} should be {self.told}. Did you mean {near!r}?")


def _are_texts(value: Any) -> bool:
    return bool(value) and all(isinstance(each, str) and each.strip() for each in value)


def check_keys(values: dict[str, Any], known: dict[str, Key], where: Where) -> None:
    """Raise WrongCall for a key that there is not, with the nearest, or for a value of the wrong kind."""
    for key, value in values.items():
        if key not in known:
            raise WrongCall(
                f"{where / key}: there is no key {key!r}. Did you mean {nearest(key, known)[0]!r}? There are "
                f"{', '.join(known)}."
            )
        known[key].check(key, value, where)


def _text(means: str) -> Key:
    return Key((str,), "text", means, {"type": "string"})


def _one_of(values: Iterable[str], means: str) -> Key:
    return Key((str,), f"one of {', '.join(values)}", means, {"enum": list(values)})


_ROWS = {"type": "integer", "minimum": 1}
_SHARE = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
_TOKENS = {"type": "object", "properties": {"tokens": _ROWS}, "required": ["tokens"], "additionalProperties": False}
_NAMES = {"type": "array", "items": {"type": "string"}}
_MACHINES = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}


def _filter_schema() -> dict[str, Any]:
    def some(allowed: Iterable[str], *whole: str) -> dict[str, Any]:
        values = list(allowed)
        listed = {"type": "array", "items": {"enum": values}, "minItems": 1}
        return {"anyOf": [{"enum": [*whole, *values]}, listed]}

    told: dict[str, dict[str, Any]] = {
        "language": some(language.LANGUAGES),
        "language_share": _SHARE,
        "language_in": {"enum": ["answer", "instruction", "both"]},
        "script": {"enum": ["simplified", "traditional"]},
        "code": {"enum": ["drop", "only"]},
        "residue": some(residue.KINDS, "drop"),
        "pii": {"enum": ["mask", "drop"]},
        "secrets": {"enum": ["mask", "drop"]},
    }
    length = {"type": "integer", "minimum": 0}
    properties = {
        each.name: told.get(each.name, length if each.name.startswith(("min_", "max_")) else {"enum": ["drop"]})
        for each in dataclasses.fields(Filter)
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


_FILTER = Key(
    (dict,), 'a table of what is wanted: { language = "ko", refusals = "drop" }', "Which rows are wanted; see below.",
    _filter_schema(),
)  # fmt: skip
KEYS: dict[str, Key] = {
    "name": _text("The name of the set; the file's name otherwise."),
    "description": _text("One sentence on what it is for."),
    "extends": _text(
        "A recipe file, or a mixture, that this one changes: its parts by their `source`, `file` or `name`, and what is said here."
    ),
    "without": Key((list,), "a list of names", "Parts of `extends` to leave out.", _NAMES),
    "seed": Key((int,), "a whole number, 0 or more", "Which rows an amount takes, and their order.", {"type": "integer", "minimum": 0}),
    "shuffle": Key((bool,), "true or false", "false keeps part after part.", {"type": "boolean"}),
    "rate": _one_of(RATES, "How the parts are balanced, where they have no shares."),
    "temperature": Key(
        (int, float), "a number, 1 or more", '1 is proportional; the higher, the more alike the parts. For `rate = "temperature"`.',
        {"type": "number", "minimum": 1},
    ),
    "size": Key(
        (int, dict), "a number of rows, or { tokens = 1000000 }", "Rows, or tokens, of the whole.", {"anyOf": [_ROWS, _TOKENS]}
    ),
    "tokenizer": _text('What counts tokens: a tokenizer.json or its folder, a model on the Hub (owner/name, or owner/name@commit), or "characters".'),
    "filter": _FILTER,
    "dedup": Key(
        (bool, str, dict), 'true, false, "exact", "near", or a table', "Take out what is there twice; the earlier part's row stays.",
        Dedup.SCHEMA,
    ),
    "decontaminate": Key(
        (bool, list, dict), "true (all evaluation sets), a list of them, or a table", "Take out what is in an evaluation set.",
        Decontaminate.SCHEMA,
    ),
    "license": Key(
        (str, list), '"commercial", "redistributable", "open", or licences', "Which rows' licences are wanted; decided per row.",
        Gate.SCHEMA,
    ),
    "select": Key((dict,), "a table: share or rows, rule, groups, clusters, score, scorer, embedder", "Choose a few, by perplexity and clusters; see below.", Select.SCHEMA),
    "validation": Key(
        (int, float), "a number of rows (500) or a share (0.01)", "Set aside as a split, no row of it like one in train.",
        {"anyOf": [_ROWS, {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}]},
    ),
    "parts": Key((list,), "a list of tables: [[parts]]", "What it is made of.", {"type": "array"}),
}  # fmt: skip
PART_KEYS: dict[str, Key] = {
    "source": _text("A name of `okinst list`: a source, or a mixture."),
    "recipe": _text("Another recipe file, from this one's folder."),
    "file": _text("A file of your own: JSON Lines, JSON or Parquet, from this recipe's folder. It needs `license`, `language` and `layout`, where okinst generate did not write it."),
    "hub": _text("A dataset on the Hub, owner/name; `file` names one of its files, or several as a glob."),
    "revision": _text("A commit of that dataset, which is never asked for anew; or a branch (main): its commit when the recipe is opened."),
    "name": _text("What rows of a file of your own bear as their `source`; the file's name otherwise."),
    "split": _text("train, where it is not said."),
    "take": Key(
        (int, float, dict), "a number of rows (500), a share (0.5), or { tokens = 500000 }",
        "So much of it: a whole number is rows, 1.0 is everything.", {"anyOf": [_ROWS, _SHARE, _TOKENS]},
    ),
    "share": Key((int, float), "a share of the mixture (0.7)", "Its share of the whole; all of them are 1 together.", _SHARE),
    "repeat": Key((int,), "a whole number, 1 or more", "How often each row is used; with a rate or shares, may be.", _ROWS),
    "filter": _FILTER,
    "may_be_empty": Key(
        (bool,), "true or false", "true where a filter may leave no row of it; that is refused otherwise.", {"type": "boolean"}
    ),
    "layout": Key(
        (str,), f"{', '.join(LAYOUTS)}, or a set of conversations (oig-smallchip2-ko)",
        "How a file of your own is laid out, or as the files of which set.", {"enum": [*LAYOUTS, *LIKE]},
    ),
    "license": _one_of(get_args(License), "The licence of a file of your own."),
    "language": _one_of(get_args(Language), "The language of a file of your own."),
    "making": _one_of((*get_args(Making), "unstated"), "How the text of a file of your own came to be."),
    "generators": Key(
        (list,), 'a list of models (["gpt-4"])', "Models that wrote text of it; their terms count for its licence.", _MACHINES
    ),
    "translators": Key(
        (list,), 'a list of machines (["DeepL"])', "Machines that translated it; the same.", _MACHINES
    ),
}  # fmt: skip
#: what a file of one's own must declare, unless okinst generate wrote it and said so beside it, and what it may
MUST, MAY = ("license", "language", "layout"), ("making", "generators", "translators", "revision", "name")


def schema() -> dict[str, Any]:
    """The JSON Schema of a recipe, for editors."""

    def table(keys: dict[str, Key]) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {name: {"description": key.means, **key.schema} for name, key in keys.items()},
            "additionalProperties": False,
        }

    own = [*MUST, *MAY]
    part = table(PART_KEYS)
    part["oneOf"] = [
        {"required": ["source"], "not": {"anyOf": [{"required": [key]} for key in ["recipe", "file", "hub", *own]]}},
        {"required": ["recipe"], "not": {"anyOf": [{"required": [key]} for key in ["source", "file", "hub", *own]]}},
        {"required": ["file"], "not": {"anyOf": [{"required": [key]} for key in ["source", "recipe"]]}},
    ]
    # of a file of one's own all of it must be declared; nothing need be of one that says it itself
    part["dependentRequired"] = {key: list(MUST) for key in ("hub", *MUST)}
    # a recipe that extends another names parts of it without saying anew what they are
    changed = {"anyOf": [{"required": [key]} for key in ("source", "recipe", "file", "name")]}
    whole = table(KEYS)
    whole["properties"]["parts"] = {"description": KEYS["parts"].means, "type": "array", "minItems": 1}
    whole["if"] = {"required": ["extends"]}
    whole["then"] = {"properties": {"parts": {"items": {**table(PART_KEYS), **changed}}}}
    whole["else"] = {"required": ["parts"], "properties": {"parts": {"items": part}}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A recipe of okinst", **whole}
