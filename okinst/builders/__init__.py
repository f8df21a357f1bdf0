"""What every source stands on. Imports no other room."""

from okinst.builders.card import Card, Language, License, Making, Variant
from okinst.builders.errors import (
    DamagedFile,
    Drift,
    LostProcess,
    MissingFile,
    NoNetwork,
    NotGenerated,
    NotPushed,
    OkinstError,
    TooManyLost,
    Unmapped,
    Unwanted,
    WrongCall,
)
from okinst.builders.schema import Row, ask, choose, clean, find, label, prefer, rate, request, talk
from okinst.builders.source import SourceBuilder
from okinst.builders.upstream import ByHand, GitHub, Hub, Upstream
from okinst.builders.works import WORKS, Work

__all__ = [
    "WORKS",
    "ByHand",
    "Card",
    "DamagedFile",
    "Drift",
    "GitHub",
    "Hub",
    "Language",
    "License",
    "LostProcess",
    "Making",
    "MissingFile",
    "NoNetwork",
    "NotGenerated",
    "NotPushed",
    "OkinstError",
    "Row",
    "SourceBuilder",
    "TooManyLost",
    "Unmapped",
    "Unwanted",
    "Upstream",
    "Variant",
    "Work",
    "WrongCall",
    "ask",
    "choose",
    "clean",
    "find",
    "label",
    "prefer",
    "rate",
    "request",
    "talk",
]
