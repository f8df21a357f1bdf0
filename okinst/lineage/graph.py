"""The graph: its nodes and edges, read from the Cards and the mixtures, and the walks over it.

An edge reads as a sentence: `start` derived from `end`, `start` part of `end`, `start` overlaps `end`. The first two have a
parent, from which text flows, and a child; `overlaps` has neither. Cards are written by hand, so a cycle is possible: no
walk here minds one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from okinst import catalogue
from okinst.builders import WORKS
from okinst.mixtures import MIXTURES

Kind = Literal["mixture", "source", "work"]
Relation = Literal["derived_from", "part_of", "overlaps"]


@dataclass(frozen=True)
class Node:
    """One name of okinst, or a work outside it."""

    name: str
    kind: Kind
    licenses: tuple[str, ...]
    #: "" for a mixture
    homepage: str


@dataclass(frozen=True)
class Edge:
    """One relation of two names."""

    start: str
    end: str
    relation: Relation

    @property
    def parent(self) -> str | None:
        """The end that text flows from, where it flows."""
        return {"derived_from": self.end, "part_of": self.start, "overlaps": None}[self.relation]

    @property
    def child(self) -> str | None:
        """The end that text flows to, where it flows."""
        return {"derived_from": self.start, "part_of": self.end, "overlaps": None}[self.relation]


@dataclass(frozen=True)
class Graph:
    """Nodes by name, mixtures first and works last, and their edges, each once."""

    nodes: dict[str, Node]
    edges: tuple[Edge, ...]

    def parents(self, name: str) -> tuple[str, ...]:
        """What a node was made from, in the order of the edges."""
        return tuple(dict.fromkeys(edge.parent for edge in self.edges if edge.child == name and edge.parent))

    def children(self, name: str) -> tuple[str, ...]:
        """What was made from a node, in the order of the edges."""
        return tuple(dict.fromkeys(edge.child for edge in self.edges if edge.parent == name and edge.child))


def whole() -> Graph:
    """The graph of every source, every published mixture, and every work that a Card names."""
    nodes = [
        *(
            Node(
                mixture.name,
                "mixture",
                tuple(dict.fromkeys(license for part in mixture.parts for license in part.source.licenses())),
                "",
            )
            for mixture in MIXTURES.values()
        ),
        *(
            Node(entry.name, "source", entry.builder.licenses(), entry.builder.CARD.homepage)
            for entry in catalogue.SOURCES.values()
        ),
        *(Node(work.name, "work", (work.license,), work.homepage) for work in WORKS.values()),
    ]
    edges: list[Edge] = [
        Edge(part.config, mixture.name, "part_of") for mixture in MIXTURES.values() for part in mixture.parts
    ]
    place = {node.name: number for number, node in enumerate(nodes)}
    for entry in catalogue.SOURCES.values():
        card = entry.builder.CARD
        edges += [Edge(entry.name, origin, "derived_from") for origin in card.derived_from]
        # it holds both ways, and one card may be the only one to say so
        pairs = [sorted((entry.name, other), key=lambda name: place[name]) for other in entry.overlaps]
        edges += [Edge(first, second, "overlaps") for first, second in pairs]
    return Graph({node.name: node for node in nodes}, tuple(dict.fromkeys(edges)))


def around(graph: Graph, names: Iterable[str]) -> Graph:
    """Of a graph, what these come from, however far back, what was made from them, and how all that hangs together.

    Raises WrongCall, with the three nearest names, for a name that the graph does not have.
    """
    wanted = list(names)
    for name in wanted:
        if name not in graph.nodes:
            raise catalogue.unknown(name, graph.nodes)
    kept = _reached(wanted, graph.parents) | _reached(wanted, graph.children)
    return Graph(
        {name: node for name, node in graph.nodes.items() if name in kept},
        tuple(edge for edge in graph.edges if edge.start in kept and edge.end in kept),
    )


def _reached(names: Iterable[str], neighbours: Callable[[str], tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    left = list(names)
    while left:
        if (name := left.pop()) not in found:
            found.add(name)
            left += neighbours(name)
    return found
