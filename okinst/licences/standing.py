"""Where a row stands: its licence, the machines that had a part in it, and what its authors ask besides the licence.

A row says it itself, in its columns `source`, `license` and `making`; what its source is made with stands on the Card.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from okinst import catalogue
from okinst.builders import WORKS, SourceBuilder
from okinst.builders.origin import Origin
from okinst.licences.machines import NOT_COMMERCIAL, Machine, machine
from okinst.licences.terms import LICENCES, Answer, Licence, strictest

#: the columns of a row that decide
COLUMNS = ("source", "license", "making")


@dataclass(frozen=True)
class Facts:
    """What a Card, or whoever declares a file of their own, says of a source."""

    title: str = ""
    homepage: str = ""
    generators: tuple[str, ...] = ()
    translators: tuple[str, ...] = ()
    #: the authors permit research only, whatever the licence says
    research_only: bool = False
    #: its terms forbid to pass it on
    not_passed_on: bool = False
    #: of generated rows, the sets that they were made from
    derived_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """The licence of a row and what restricts it besides."""

    license: Licence
    generators: tuple[Machine, ...] = ()
    translators: tuple[Machine, ...] = ()
    research_only: bool = False
    not_passed_on: bool = False

    @property
    def commercial(self) -> Answer:
        """Whether a model that is sold or offered may be trained on it, so far as its licence and all terms say."""
        return strictest(
            (
                self.license.commercial,
                "no" if self.research_only or self.license.research_only else "yes",
                *("unstated" if _is_unknown(each) else "no" for _, each in self.forbidding()),
            )
        )

    @property
    def redistributable(self) -> Answer:
        """Whether it may be passed on, under its own terms."""
        return "no" if self.not_passed_on else self.license.redistributable

    def forbidding(self) -> Iterator[tuple[str, Machine]]:
        """The machines whose terms stand against commercial use, each with what it did."""
        for did, machines in (("generated", self.generators), ("translated", self.translators)):
            for each in machines:
                if any(terms.forbids in NOT_COMMERCIAL for terms in each.terms):
                    yield did, each

    def providers(self) -> tuple[str, ...]:
        """Whose terms hold, each once."""
        found = (terms.provider for each in (*self.generators, *self.translators) for terms in each.terms)
        return tuple(dict.fromkeys(found))


def _is_unknown(each: Machine) -> bool:
    return all(terms.forbids == "unknown" for terms in each.terms)


@functools.cache
def known_facts() -> Mapping[str, Facts]:
    """The facts of every source of the catalogue, by the name its rows bear."""
    return {name: facts_of(entry.builder) for name, entry in catalogue.SOURCES.items()}


def facts_of(builder: type[SourceBuilder]) -> Facts:
    """What the Card of a source says."""
    card = builder.CARD
    return Facts(
        card.title, card.homepage, card.generators, card.translators, builder.RESEARCH_ONLY, builder.NOT_PASSED_ON
    )


def facts_of_origin(origin: Origin) -> Facts:
    """What `okinst generate` says of rows that it wrote."""
    return Facts(
        origin.name,
        "",
        origin.generators,
        origin.translators,
        origin.research_only,
        origin.not_passed_on,
        origin.derived_from,
    )


def joined(*known: Mapping[str, Facts]) -> dict[str, Facts]:
    """Facts from several places. What goes by one name in two of them is held to what either says."""
    found: dict[str, Facts] = {}
    for name, facts in (pair for each in known for pair in each.items()):
        before = found.get(name, facts)
        found[name] = Facts(
            before.title,
            before.homepage,
            tuple(dict.fromkeys([*before.generators, *facts.generators])),
            tuple(dict.fromkeys([*before.translators, *facts.translators])),
            before.research_only or facts.research_only,
            before.not_passed_on or facts.not_passed_on,
            tuple(dict.fromkeys([*before.derived_from, *facts.derived_from])),
        )
    return found


def standing(license: str | None, making: str | None, facts: Facts | None = None) -> Standing:
    """Where rows of a licence and a making stand, in a source of which these facts are known.

    A machine has a part in a row where the row's `making` says so: KULLM's rows from Dolly are human work that DeepL
    translated, whatever wrote the others. Where it says so and no machine is known, it is a machine that is not named. A
    licence id that is not known counts as "other", a missing one as "unstated".
    """
    facts, made = facts or Facts(), making or ""
    id = (license or "unstated").lower()
    return Standing(
        LICENCES.get(id, LICENCES["other"]),
        # of an unstated making nobody knows whether a machine had a part in it
        tuple(map(machine, facts.generators or ("unstated",))) if "generated" in made or "unstated" in made else (),
        tuple(map(machine, facts.translators or ("unstated",))) if "machine-translated" in made else (),
        facts.research_only,
        facts.not_passed_on,
    )


def stricter_origins(name: str, facts: Facts | None = None) -> tuple[tuple[str, str], ...]:
    """The works a source was made from, however far back, whose terms are stricter than any its rows state: name, licence.

    Where a licence forbids what the licence of a work made from it permits, somebody may have given what was not theirs to
    give. Which rows come from which work the catalogue does not always know, so this is for reading, not for a gate.

    >>> stricter_origins("ko-lima-vicuna")
    (('LIMA', 'cc-by-nc-sa'),)
    >>> stricter_origins("hrc")
    ()
    """
    if name not in catalogue.SOURCES:
        made_from = facts.derived_from if facts else ()
        return tuple(dict.fromkeys(found for each in made_from for found in stricter_origins(each)))
    own = catalogue.SOURCES[name].builder.licenses()
    laxest = set.intersection(*({"unstated"} if id == "unstated" else _limits(id) for id in own))
    if "unstated" in own:
        return ()
    found = {}
    for origin, license in _origins(name):
        if license not in own and _limits(license) - laxest:
            found[origin] = license
    return tuple(found.items())


def _limits(license: str) -> set[str]:
    """What a licence forbids, from the elements of its id; terms of its own stand for themselves.

    >>> sorted(_limits("cc-by-nc-sa")), _limits("mit"), _limits("AI-Hub terms")
    (['nc', 'sa'], set(), {'AI-Hub terms'})
    """
    if license == "unstated":
        return set()
    if license.startswith("cc-"):
        return set(license.split("-")) & {"nc", "nd", "sa"}
    return set() if license in LICENCES else {license}


def _origins(name: str) -> Iterator[tuple[str, str]]:
    seen, left = {name}, [name]
    while left:
        for origin in catalogue.SOURCES[left.pop()].builder.CARD.derived_from:
            if origin in seen:
                continue
            seen.add(origin)
            if origin in WORKS:
                yield origin, WORKS[origin].license
            else:
                left.append(origin)
                yield from ((origin, license) for license in catalogue.SOURCES[origin].builder.licenses())
