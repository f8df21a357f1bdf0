"""Rows that nobody published: what a generated row says of itself, and what stands beside its file (FILE.origin.json).

`okinst generate` writes files as upstream's sets are laid out, and the builders of those sets read them. Such rows are not those sets':
each says under the key ORIGIN whose it is, and the file beside says who made them all.
"""

import ast
import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from okinst.builders.card import Card, License, Making
from okinst.builders.errors import DamagedFile
from okinst.builders.schema import Row

#: the key of a row under which its source, license, making and language stand
ORIGIN = "okinst"
#: what it says
SAID = ("source", "language", "license", "making")
ENDING = ".origin.json"
#: the licence, or the making, of what nobody said it of
UNSTATED = "unstated"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a reader must know of a generated file; what a Card is to a source."""

    #: its rows bear it as their source
    name: str
    #: the set as whose files it is laid out
    layout: str
    languages: tuple[str, ...]
    #: every license and making that its rows have, the most frequent first
    standings: tuple[tuple[str, str], ...]
    license_note: str
    #: models that wrote text of it, and machines that translated it
    generators: tuple[str, ...]
    translators: tuple[str, ...]
    #: the sets, or files, that were worked on
    derived_from: tuple[str, ...]
    #: the terms of one of them permit research only, or forbid to pass it on
    research_only: bool = False
    not_passed_on: bool = False

    @property
    def alike(self) -> dict[str, str]:
        """The license and making of a row that does not say its own; where they differ from row to row, nobody can tell."""
        license, making = self.standings[0] if len(self.standings) == 1 else (UNSTATED, UNSTATED)
        return {"license": license, "making": making}

    @property
    def card(self) -> Card:
        """The same as a card."""
        license, making = self.standings[0]
        return Card(
            title=self.name,
            homepage="",
            license=cast(License, license),
            license_note=self.license_note,
            languages=self.languages,  # type: ignore[arg-type]
            making=cast(Making, making),
            generators=self.generators,
            translators=self.translators,
            derived_from=self.derived_from,
            overlaps=(),
            warning="",
            quirks=(),
            citations=(),
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Origin":
        """The origin that `as_json` told. Raises KeyError, TypeError or ValueError for anything else."""
        lists = {
            name: tuple(map(str, told[name])) for name in ("languages", "generators", "translators", "derived_from")
        }
        standings = tuple((str(license), str(making)) for license, making in told["standings"])
        words = {name: str(told[name]) for name in ("name", "layout", "license_note")}
        flags = {name: bool(told.get(name)) for name in ("research_only", "not_passed_on")}
        if not (standings and lists["languages"]):
            raise ValueError("standings and languages should not be empty")
        return cls(standings=standings, **words, **lists, **flags)  # type: ignore[arg-type]


def place(file: Path) -> Path:
    """Where the origin of a file stands."""
    return file.with_name(f"{file.name}{ENDING}")


def beside(file: Path) -> Origin | None:
    """The origin of a file, if it has one. Raises DamagedFile for one that nobody can read."""
    path = place(file)
    try:
        return Origin.of(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DamagedFile(
            f"{path} says what {file.name} was made from and by whom, and cannot be read ({error}). Run the okinst generate that wrote it "
            f"again: it asks for nothing that was answered."
        ) from error


def said(row: Row) -> dict[str, str]:
    """What a generated row says of itself; nothing where it is none. What a table has made text of is read again; of what nobody can read
    there, nobody can tell the licence.

    >>> said({"user": "네?", "okinst": {"source": "mine-translate-ko", "license": "mit", "number": 3}})
    {'source': 'mine-translate-ko', 'license': 'mit', 'making': 'unstated'}
    >>> said({"okinst": "{'license': 'mit', 'making': 'human'}"}), said({"okinst": "mit"}), said({"okinst": None})
    ({'license': 'mit', 'making': 'human'}, {'license': 'unstated', 'making': 'unstated'}, {})
    """
    told = row.get(ORIGIN)
    if told is None:  # a column of a table in which other rows are generated
        return {}
    if isinstance(told, str):
        with contextlib.suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            told = ast.literal_eval(told.strip())  # JSON of words alone, and what pandas writes
    found = told if isinstance(told, dict) else {}
    known = {name: found[name] for name in SAID if isinstance(found.get(name), str) and found[name]}
    return known | {name: known.get(name, UNSTATED) for name in ("license", "making")}
