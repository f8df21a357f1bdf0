"""Whose the rows of a run are: under the licence of what was worked on, and by everyone who had a part in them.

A row that is made from another bears the other's licence, never that of the set whose file format it has. What machines of its own
making ask besides, terms that stand in no licence, is told by their names.
"""

import re
from collections import Counter
from typing import Any

from okinst.builders.origin import ORIGIN, Origin
from okinst.generation.job import Item, Job, Way

TRANSLATED = ", machine-translated"
UNSTATED = "unstated"
_NO_NAME = re.compile(r"[^\w.-]+")
#: characters of a name, of which one in Hangul is three bytes
LONGEST = 50


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


def name_of(job: Job) -> str:
    """What the rows of a job bear as their source: what was worked on, what was done, and the language that came of it."""
    name = _NO_NAME.sub("-", job.source.called or job.source.name).strip("-.") or "rows"
    return f"{name[:LONGEST]}-{job.name}-{job.language}"


def said(job: Job, item: Item) -> dict[str, Any]:
    """What a row says of itself, under a key that no upstream's row has."""
    whose = {
        "source": name_of(job),
        "language": job.language,
        "license": item.license,
        "making": made(item.making, job.way),
    }
    return {ORIGIN: whose}


def origin(job: Job, machine: str, standings: Counter[tuple[str, str]]) -> Origin:
    """What stands beside the file. `standings` are the licence and making of what was worked on, counted in rows."""
    source = job.source
    known = standings or Counter([(UNSTATED, UNSTATED)])
    after: Counter[tuple[str, str]] = Counter()
    for (license, making), rows in known.items():
        after[license, made(making, job.way)] += rows
    generators, translators = source.generators, source.translators
    if not generators and any("generated" in making or UNSTATED in making for _, making in known):
        generators = (UNSTATED,)
    if not translators and any(making.endswith(TRANSLATED) for _, making in known):
        translators = (UNSTATED,)
    if job.way == "translated":
        translators = (*translators, machine)
    else:
        generators = (*generators, machine)
    return Origin(
        name=name_of(job),
        layout=job.file().set_name,
        languages=(job.language,),
        standings=tuple(pair for pair, _ in sorted(after.items(), key=lambda each: (-each[1], each[0]))),
        license_note=f"{source.license_note} The terms of {machine} hold besides.",
        generators=tuple(dict.fromkeys(generators)),
        translators=tuple(dict.fromkeys(translators)),
        derived_from=source.derived_from,
        research_only=source.research_only,
        not_passed_on=source.not_passed_on,
    )
