"""A user's own mixture, as a TOML file. `okinst.mixtures.keys` says all that can stand in one; docs/recipe.schema.json is made
of it, for editors.

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
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from okinst import catalogue
from okinst.builders import Hub, WrongCall
from okinst.builders.origin import Origin, beside
from okinst.curation.filters import Filter
from okinst.mixtures import MIXTURES, Mixture, Part
from okinst.mixtures.keys import KEYS, MAY, MUST, PART_KEYS, check_keys, schema
from okinst.mixtures.mixture import Tokens, place_of
from okinst.mixtures.own import FORMATS, LAYOUTS, OwnRows, OwnVariant, own_variant
from okinst.mixtures.selecting import CLUSTERS, SELECTION, Select
from okinst.mixtures.steps import Decontaminate, Dedup, Gate
from okinst.mixtures.where import Where, lines, told

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Where", "is_recipe", "mixture", "read", "schema"]

#: letters of any script, digits, and . _ - inside
NAME = re.compile(r"\w[\w.-]{0,99}")
#: what stands beside a set in its folder
TAKEN = frozenset(("readme.md", "provenance.json", "set-aside.jsonl", "dropped.parquet", SELECTION, CLUSTERS))
#: a dataset on the Hub
_ON_HUB = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
logger = logging.getLogger("okinst")
SUFFIX = ".toml"
#: where a part may come from
ORIGINS = ("source", "recipe", "file", "hub")
#: the keys that are fields of a Mixture, and of a Part
_GIVEN = (
    "seed", "shuffle", "rate", "temperature", "size", "tokenizer", "filter", "dedup", "decontaminate", "license", "select", "validation"
)  # fmt: skip
_GIVEN_PART = ("take", "share", "repeat", "filter", "may_be_empty")
#: of a file of one's own, what a recipe that extends another may say anew
_DECLARED = ("license", "language", "layout", "making", "generators", "translators", "revision", "name")


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
        raise WrongCall(f"the recipes go round in a circle: {chain}. Leave one of them out.")
    try:
        text = path.expanduser().read_text(encoding="utf-8-sig")
        values = tomllib.loads(text)
    except FileNotFoundError:
        raise WrongCall(f"there is no recipe {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise WrongCall(f"the recipe {path} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise WrongCall(f"{path} is not TOML: {error}.") from error
    where = Where(str(path), dict(reversed(list(lines(text)))))  # of a key that stands twice, the first
    return mixture(values, name=path.name[: -len(SUFFIX)], where=where, folder=real.parent, above=(*above, real))


def mixture(
    values: dict[str, Any], name: str, where: Where | str, folder: Path = Path(), above: tuple[Path, ...] = ()
) -> Mixture:
    """The mixture that a recipe's values describe; `name` is used where they give none, `where` in messages, and `folder` is
    where its files are looked for."""
    where = Where(where) if isinstance(where, str) else where
    check_keys(values, KEYS, where)
    name = values.get("name", name)
    _check_name(name, "a set", where / "name")
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
    given = {key: _value(key, values[key], where / key, folder) for key in _GIVEN if key in values}
    changes: dict[str, Any] = {
        "name": name,
        "description": values.get("description", f"Built from {name}{SUFFIX}."),
        "parts": tuple(parts),
        "rows": None,
        "written": values if base is None or not base.written else {**values, "extended": base.written},
        "where": where,
        **given,
    }
    with told(where, values):
        return dataclasses.replace(base or Mixture(), **changes)


def _check_name(name: str, what: str, where: Where) -> None:
    if not NAME.fullmatch(name) or len(name.encode()) > 150 or name.lower() in TAKEN:
        raise WrongCall(
            f"{where}: {name!r} cannot be the name of {what}: letters, digits, and '.', '_', '-' inside, at most 100 of "
            f'them (50 in Hangul). Write one into the recipe: name = "my-mix".'
        )


def _value(key: str, value: Any, where: Where, folder: Path) -> Any:
    if key in ("size", "take") and isinstance(value, dict):
        if list(value) != ["tokens"]:
            raise WrongCall(f"{where}: {key} = {value!r} should be {{ tokens = 500000 }}.")
        with told(where):
            return Tokens(value["tokens"])
    if key == "tokenizer" and (folder / Path(value).expanduser()).exists():
        # like every file of a recipe, from its folder; what is not there may be a name on the Hub
        return str((folder / Path(value).expanduser()).absolute())
    if key == "filter":
        with told(where, value, said=f"{where}: "):
            return Filter.from_values(value, str(where))
    readers: dict[str, Callable[[Any, Where, Path], Any]] = {
        "dedup": Dedup.from_values,
        "decontaminate": Decontaminate.from_values,
        "license": Gate.from_values,
        "select": Select.from_values,
    }
    return readers[key](value, where, folder) if key in readers else value


def _base(values: dict[str, Any], where: Where, folder: Path, above: tuple[Path, ...]) -> Mixture | None:
    if "extends" not in values:
        if "without" in values:
            raise WrongCall(f"{where / 'without'}: without leaves out parts of extends, and there is none.")
        return None
    name = values["extends"]
    if is_recipe(name):
        with told(where / "extends"):
            return read(folder / Path(name).expanduser(), above)
    if name not in MIXTURES:
        near = ", ".join(catalogue.nearest(name, MIXTURES))
        raise WrongCall(
            f"{where / 'extends'}: {name!r} is neither a recipe file nor a mixture. The nearest are {near}."
        )
    return MIXTURES[name]


_NO_HUB = "{where}: revision is for a dataset on the Hub: name it by hub, or leave it out."


def _expect_own(table: dict[str, Any], where: Where) -> None:
    """Raise WrongCall where something is declared of rows that declare it themselves."""
    own = [key for key in (*MUST, *MAY) if key in table]
    if own and "file" not in table:
        raise WrongCall(f"{where / own[0]}: {own[0]} is for a file of your own; okinst's sources say it themselves.")


def _named_nothing(table: dict[str, Any], origins: list[str], extended: list[str]) -> str:
    """What is near a name that stands alone, and is no part of what is extended."""
    if origins or "name" not in table or not extended:
        return ""
    near = ", ".join(catalogue.nearest(table["name"], extended))
    return f", and no part of what it extends is named {table['name']!r}; the nearest: {near}"


def _near_files(path: Path) -> str:
    """The files of a folder that are named most like one that is not there."""
    if not path.parent.is_dir():
        return f" There is no folder {path.parent}."
    there = [each.name for each in path.parent.iterdir() if each.suffix.lower() in FORMATS]
    return f" The nearest: {', '.join(catalogue.nearest(path.name, there))}." if there else ""


def _declared_beside(origin: Origin | None, table: dict[str, Any]) -> dict[str, Any]:
    """What a part says of its file, and for what it does not say, what okinst generate has put beside it."""
    if origin is None:
        return table
    said = {"name": origin.name, "layout": origin.layout, "language": origin.languages[0], **origin.alike}
    machines = {"generators": list(origin.generators), "translators": list(origin.translators)}
    if others := [f"{key} = {table[key]!r}" for key in ("license", "making") if table.get(key, said[key]) != said[key]]:
        logger.warning(
            "%s: %s does not hold for its rows, which okinst generate made: each says its own (%s). okinst generate --license says it of the "
            "file that they were made from",
            *(
                table["file"],
                " and ".join(others),
                ", ".join(dict.fromkeys(license for license, _ in origin.standings)),
            ),
        )
    return {**said, **machines, **table}


class _PartReader:
    """Reads the parts of one recipe."""

    def __init__(self, where: Where, folder: Path, above: tuple[Path, ...]) -> None:
        self.where, self.folder, self.above = where, folder, above

    def all(self, tables: list[Any], base: Mixture | None, without: list[Any]) -> list[Part]:
        """The parts of the base, changed by those of the same name or file, and then the new ones."""
        parts = {(part.config, part.split): part for part in base.parts} if base else {}
        for name in without:
            there = [
                key
                for key, part in parts.items()
                if name in (key[0], "/".join(key)) or (isinstance(name, str) and self._is_file(part, {"file": name}))
            ]
            if not there:
                near = ", ".join(catalogue.nearest(str(name), [config for config, _ in parts])) or "none"
                raise WrongCall(
                    f"{self.where / 'without'}: there is no part {name!r} to leave out. The nearest: {near}."
                )
            for key in there:
                del parts[key]
        new: list[Part] = []
        for number, table in enumerate(tables):
            where = self.where / "parts" / number
            if not isinstance(table, dict):
                raise WrongCall(f"{where}: a part is a table: [[parts]] and source = NAME.")
            check_keys(table, PART_KEYS, where)
            given: dict[str, Any] = {
                name: _value(name, table[name], where / name, self.folder) for name in _GIVEN_PART if name in table
            }
            given["where"] = where
            with told(where, table):
                changed = self._changed(table, parts)
                if changed is None:
                    new.append(self._part(table, where, given, [config for config, _ in parts]))
                else:
                    parts[changed] = self._change(parts[changed], table, where, given)
        return [*parts.values(), *new]

    def _changed(self, table: dict[str, Any], parts: dict[tuple[str, str], Part]) -> tuple[str, str] | None:
        """The part of the base that a table is about: by its source, by its file, or, with neither, by its name alone."""
        if "file" in table:
            return next((key for key, part in parts.items() if self._is_file(part, table)), None)
        name = table.get("source") or (table.get("name") if "recipe" not in table else None)
        key = (name or "", table.get("split", "train"))
        return key if key in parts else None

    def _is_file(self, part: Part, table: dict[str, Any]) -> bool:
        """Whether a part of one's own is the file that a table names, of whatever commit."""
        if part.variant is None:
            return False
        (file,) = part.variant.files["train"]
        if isinstance(file.repo, Hub):
            return (file.repo.id, file.path) == (table.get("hub", file.repo.id), table["file"])
        return "hub" not in table and place_of(part.variant) == str(self._place(table["file"]).resolve())

    def _place(self, file: str) -> Path:
        return (self.folder / Path(file).expanduser()).absolute()

    def _change(self, part: Part, table: dict[str, Any], where: Where, given: dict[str, Any]) -> Part:
        """A part of the base, with what a table says of it."""
        declared = {key: table[key] for key in _DECLARED if key in table}
        if part.variant is None:
            _expect_own(table, where)
            return dataclasses.replace(part, **given)
        assert isinstance(part.variant, OwnVariant)
        if "revision" in declared and not isinstance(part.variant.files["train"][0].repo, Hub):
            raise WrongCall(_NO_HUB.format(where=where / "revision"))
        if declared.get("name", part.config) != part.config:
            self._check_own_name(declared["name"], where / "name")
        return dataclasses.replace(part, config="", variant=part.variant.changed(**declared), **given)

    def _part(self, table: dict[str, Any], where: Where, given: dict[str, Any], extended: list[str]) -> Part:
        origins = [key for key in ORIGINS if key in table]
        if origins not in (["source"], ["recipe"], ["file"], ["file", "hub"]):
            raise WrongCall(
                f"{where}: a part has one origin: source (a name of `okinst list`), recipe, file, or hub with file; this one has "
                f"{', '.join(origins) or 'none'}{_named_nothing(table, origins, extended)}."
            )
        _expect_own(table, where)
        split = table.get("split", "train")
        if "file" in table:
            return self._own(table, where, given)
        if "recipe" in table:
            if not is_recipe(table["recipe"]):
                raise WrongCall(
                    f"{where / 'recipe'}: recipe = {table['recipe']!r} should be a file ending in {SUFFIX}."
                )
            with told(where / "recipe"):
                inner = read(self.folder / Path(table["recipe"]).expanduser(), self.above)
            return Part(inner, split=split, **given)
        if table["source"] in MIXTURES:
            return Part(MIXTURES[table["source"]], split=split, **given)
        if table["source"] not in catalogue.SOURCES:
            near = catalogue.unknown(table["source"], [*catalogue.SOURCES, *MIXTURES])
            raise WrongCall(f"{where / 'source'}: {near}")
        entry = catalogue.source(table["source"])
        return Part(entry.builder, entry.name, split=split, **given)

    def _own(self, table: dict[str, Any], where: Where, given: dict[str, Any]) -> Part:
        found = None if "hub" in table else beside(self._place(table["file"]))
        table = _declared_beside(found, table)
        for key in MUST:
            if key not in table:
                hint = {
                    "license": "who reads the mixture must know what may be done with it; say unstated if nobody says",
                    "language": "as BCP-47: ko, zh-Hans, en",
                    "layout": f"one of {', '.join(LAYOUTS)}, or a set of conversations as whose files it is laid out",
                }[key]
                raise WrongCall(f"{where / 'file'}: {table['file']} needs its {key}: {hint}.")
        if table.get("split", "train") != "train":
            raise WrongCall(f"{where / 'split'}: split = {table['split']!r}: a file of your own is train, all of it.")
        hub, place = table.get("hub"), table["file"]
        if hub is None and "revision" in table:
            raise WrongCall(_NO_HUB.format(where=where / "revision"))
        if hub is not None and not _ON_HUB.fullmatch(hub):
            raise WrongCall(f'{where / "hub"}: hub = {hub!r} should be a dataset on the Hub, "owner/name".')
        if hub is None:
            place = str(self._place(place))
            if not Path(place).is_file():
                raise WrongCall(f"{where / 'file'}: there is no file {place}.{_near_files(Path(place))}")
        name = table.get("name", Path(table["file"]).stem if hub is None else hub.replace("/", "--"))
        self._check_own_name(name, where / ("name" if "name" in table else "file"))
        with told(where / "file"):
            variant = own_variant(
                name,
                place=place,
                hub=hub,
                revision=table.get("revision", "main"),
                layout=table["layout"],
                license=table["license"],
                language=table["language"],
                making=table.get("making", "unstated"),
                generators=tuple(table.get("generators", ())),
                translators=tuple(table.get("translators", ())),
                origin=found,
            )
        return Part(OwnRows, variant=variant, **given)

    def _check_own_name(self, name: str, where: Where) -> None:
        _check_name(name, "a part", where)
        if name in catalogue.SOURCES or name in MIXTURES:
            # its rows would be taken for that source's, and judged by its card
            raise WrongCall(
                f'{where}: {name!r} is the name of a set of okinst. Give yours another: name = "my-{name}".'
            )
