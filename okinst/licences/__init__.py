"""What may be done with rows: licences, the terms of generators, how both add up, and a gate that decides row by row."""

from okinst.licences.arithmetic import NOT_ADVICE, Conflict, Lot, Whole, attribution, lot, together
from okinst.licences.gate import KINDS, Gate, gate
from okinst.licences.machines import Machine, Terms, machine
from okinst.licences.standing import (
    COLUMNS,
    Facts,
    Standing,
    facts_of,
    facts_of_origin,
    joined,
    known_facts,
    standing,
    stricter_origins,
)
from okinst.licences.terms import LICENCES, Answer, Licence, licence

__all__ = [
    "COLUMNS",
    "KINDS",
    "LICENCES",
    "NOT_ADVICE",
    "Answer",
    "Conflict",
    "Facts",
    "Gate",
    "Licence",
    "Lot",
    "Machine",
    "Standing",
    "Terms",
    "Whole",
    "attribution",
    "facts_of",
    "facts_of_origin",
    "gate",
    "joined",
    "known_facts",
    "licence",
    "lot",
    "machine",
    "standing",
    "stricter_origins",
    "together",
]
