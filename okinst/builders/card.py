"""What a reader must know of a source before trusting it: written by hand, never computed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import datasets

from okinst.builders.schema import Row
from okinst.builders.upstream import Upstream

Language = Literal["ko", "zh-Hans", "zh-Hant", "en", "ja", "de", "mul"]
License = Literal[
    "apache-2.0",
    "cc-by-2.0",
    "cc-by-4.0",
    "cc-by-nc-4.0",
    "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0",
    "cc-by-nc-sa-4.0",
    "cc-by-nd-2.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "gpl-3.0",
    "mit",
    "odc-by",
    "other",  # terms of its own: license_note has them
    "unstated",
]
Making = Literal[
    "human",  # people wrote it
    "generated",  # a model wrote it
    "human and generated",  # people asked, a model answered
    "human, machine-translated",
    "generated, machine-translated",
    "human and generated, machine-translated",
]


@dataclass(frozen=True, kw_only=True)
class Card:
    """The standing of one source. Every field is asked for, none has a default; "unstated" is typed out."""

    title: str
    homepage: str
    license: License
    #: where the licence stands, and what restricts the text besides it
    license_note: str
    #: BCP-47; the first is the language of a row that does not say otherwise
    languages: tuple[Language, ...]
    making: Making
    #: models that wrote text in it, as upstream names them
    generators: tuple[str, ...]
    #: machines that translated it
    translators: tuple[str, ...]
    #: works it was made from: the okinst name where okinst has the work, else its name in works.py
    derived_from: tuple[str, ...]
    #: okinst names that share rows with it; said on one of the two cards, it holds for both
    overlaps: tuple[str, ...]
    #: what in the text may hurt a reader or a model; "" if nothing is known
    warning: str
    #: what is odd in the upstream files, and what the builder does about it
    quirks: tuple[str, ...]
    #: keys of bibliography.bib
    citations: tuple[str, ...]


@dataclass
class Variant(datasets.BuilderConfig):
    """One name a source is loaded by: which upstream files, by split.

    The fields below `overlaps` are set by the caller, never by a source: `load_dataset("okinst", NAME, raw=True)`.
    """

    files: dict[str, tuple[Upstream, ...]] = field(default_factory=dict)
    #: rows upstream claims, by split; a claim, not a measurement (those stand in measured.tsv)
    rows: dict[str, int] = field(default_factory=dict)
    #: False where `rows` was inferred or rounded
    rows_exact: bool = True
    #: okinst names that share rows with this name, where the Card is one for several
    overlaps: tuple[str, ...] = ()
    #: give the upstream columns untouched
    raw: bool = False
    #: how a published mixture once read an upstream row, in place of the source's own mapping: nothing is left out but what
    #: it left out itself, by raising Unmapped
    reading: Callable[[Row], Row] | None = None
    #: a mixture's rule on the upstream row: the reason why it does not want it, or None
    rule: Callable[[Row], str | None] | None = None
    #: columns that upstream renamed: the file's name for each, and the catalogue's
    rename: dict[str, str] = field(default_factory=dict)
    #: a folder laid out <owner>/<repo>/<path>; wins over the environment variable OKINST_MIRROR
    mirror: str | None = None
    #: read the sample corpus that comes with okinst
    sample: bool = False
    #: go on, and record it, when a file differs from measured.tsv
    accept_drift: bool = False
