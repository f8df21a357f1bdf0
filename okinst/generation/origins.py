"""Whose the rows of a run are: under the licence of what was worked on, and by everyone who had a part in them.

A row that is made from another bears the other's licence, never that of the set whose file format it has. What machines of its own
making ask besides, terms that stand in no licence, is told by their names.
"""

import re
from collections import Counter
from typing import Any

from okinst.builders.origin import ORIGIN, UNSTATED, Origin
from okinst.generation.job import Item, Job, Way
from okinst.generation.sources import Source
from okinst.licences import LICENCES

TRANSLATED = ", machine-translated"
_NO_NAME = re.compile(r"[^\w.-]+")
#: characters of a name, of which one in Hangul is three bytes
LONGEST = 30
OTHER = "other"


def made(making: str, way: Way) -> str:
    """How a row came to be that is made from one of a given making.

    >>> made("human", "translated"), made("human", "answered"), made("human", "written")
    ('human, machine-translated', 'human and generated', 'generated')
    >>> made("generated, machine-translated", "answered"), made("unstated", "translated")
    ('generated, machine-translated', 'unstated, machine-translated')
    """
    by, translated = making.removesuffix(TRANSLATED), making.endswith(TRANSLATED) or way == "translated"
    if way == "answered" and by == "human":
        by = "human and generated"
    elif way == "written":
        by = "generated"
    return by + TRANSLATED * translated


def name_of(job: Job, machine: str) -> str:
    """What the rows of a job bear as their source: what was worked on, what was done, the language that came of it, and by whom."""
    return f"{_short(job.source.called or job.source.name)}-{job.name}-{job.language}-{_short(machine)}"


def _short(name: str) -> str:
    return _NO_NAME.sub("-", name)[:LONGEST].strip("-.") or "rows"


def licence_of(license: str, source: Source) -> str:
    """The licence of a row that is made from one under a given licence. It is kept, but for one that permits passing on the row itself and
    nothing made from it: wherever the new row goes, it must not look as if somebody had permitted that."""
    known = LICENCES.get(license.lower())
    return OTHER if source.not_passed_on or (known is not None and known.no_derivatives) else license


def said(job: Job, machine: str, item: Item) -> dict[str, Any]:
    """What a row says of itself, under a key that no upstream's row has."""
    whose = {
        "source": name_of(job, machine),
        "language": job.language,
        "license": licence_of(item.license, job.source),
        "making": made(item.making, job.way),
    }
    return {ORIGIN: whose}


def origin(job: Job, machine: str, standings: Counter[tuple[str, str]]) -> Origin:
    """What stands beside the file. `standings` are the licence and making of what was worked on, counted in rows."""
    source = job.source
    known = standings or Counter([(UNSTATED, UNSTATED)])
    after: Counter[tuple[str, str]] = Counter()
    for (license, making), rows in known.items():
        after[licence_of(license, source), made(making, job.way)] += rows
    note, bound = source.license_note, [license for license, _ in known if licence_of(license, source) != license]
    if bound:
        note += f" What is made from it may not be passed on ({', '.join(dict.fromkeys(bound))})."
    generators, translators = source.generators, source.translators
    if any(UNSTATED in making for _, making in known) or (
        not generators and any("generated" in making for _, making in known)
    ):
        generators = (*generators, UNSTATED)
    if not translators and any(making.endswith(TRANSLATED) for _, making in known):
        translators = (UNSTATED,)
    if job.way == "translated":
        translators = (*translators, machine)
    else:
        generators = (*generators, machine)
    return Origin(
        name=name_of(job, machine),
        layout=job.file().set_name,
        languages=(job.language,),
        standings=tuple(pair for pair, _ in sorted(after.items(), key=lambda each: (-each[1], each[0]))),
        license_note=f"{note} The terms of {machine} hold besides.",
        generators=tuple(dict.fromkeys(generators)),
        translators=tuple(dict.fromkeys(translators)),
        derived_from=source.derived_from,
        # what "other" does not say
        research_only=source.research_only
        or any(LICENCES.get(each.lower(), LICENCES[OTHER]).commercial == "no" for each in bound),
        not_passed_on=source.not_passed_on or len(bound) == len(known),
    )
