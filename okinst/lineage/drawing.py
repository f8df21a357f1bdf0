"""Three ways to write a graph down: for a terminal, for Mermaid, and as plain values for JSON."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from okinst.lineage.graph import Graph, Node

INDENT = "  "


def as_json(graph: Graph) -> dict[str, Any]:
    """Nodes and edges as plain values. An edge reads `from` derived_from (part_of, overlaps) `to`."""
    return {
        "nodes": [
            {"name": node.name, "kind": node.kind, "licenses": list(node.licenses), "homepage": node.homepage}
            for node in graph.nodes.values()
        ],
        "edges": [{"from": edge.start, "to": edge.end, "relation": edge.relation} for edge in graph.edges],
    }


def as_text(graph: Graph, names: Iterable[str] = ()) -> Iterator[str]:
    """Lines for a terminal: under each name what it was made from, one step further in each time.

    With `names` these are told, first what they come from, then what was made from them. Without, every node that
    nothing was made from is, so that each node of the graph is there. What stands under a node is told once.
    """
    wanted = list(dict.fromkeys(names))
    up: set[str] = set()
    down: set[str] = set()
    if wanted:
        for name in wanted:
            yield from _tree(graph, name, graph.parents, up)
            if made := graph.children(name):
                yield f"{INDENT}went into:"
                for child in made:
                    yield from _tree(graph, child, graph.children, down, depth=2)
    else:
        for name in graph.nodes:
            if not graph.children(name):
                yield from _tree(graph, name, graph.parents, up)
        for name in graph.nodes:
            if name not in up:  # in a cycle everything has children
                yield from _tree(graph, name, graph.parents, up)
    shared = [edge for edge in graph.edges if edge.relation == "overlaps"]
    if shared:
        yield ""
        yield "Share rows:"
        yield from (f"{INDENT}{edge.start} and {edge.end}" for edge in shared)


def _tree(
    graph: Graph, name: str, below: Callable[[str], tuple[str, ...]], told: set[str], depth: int = 0
) -> Iterator[str]:
    line = INDENT * depth + _told(graph.nodes[name])
    if name in told and below(name):
        yield f"{line}, see above"
        return
    told.add(name)
    yield line
    for other in below(name):
        yield from _tree(graph, other, below, told, depth + 1)


def _told(node: Node) -> str:
    kind = {"mixture": "mixture, ", "source": "", "work": "outside okinst, "}[node.kind]
    return f"{node.name} ({kind}{', '.join(node.licenses)})"


def as_mermaid(graph: Graph) -> Iterator[str]:
    """Lines of a Mermaid flowchart: arrows go from what was there to what was made of it, dotted lines mean shared rows."""
    ids = _ids(graph.nodes)
    shapes = {"mixture": ("[[", "]]"), "source": ("[", "]"), "work": ("([", "])")}
    yield "flowchart LR"
    for node in graph.nodes.values():
        begin, end = shapes[node.kind]
        label = f"{_escaped(node.name)}<br/>{_escaped(', '.join(node.licenses))}"
        yield f'{INDENT}{ids[node.name]}{begin}"{label}"{end}'
    for edge in graph.edges:
        if edge.parent and edge.child:
            yield f"{INDENT}{ids[edge.parent]} --> {ids[edge.child]}"
        else:
            yield f"{INDENT}{ids[edge.start]} -.- {ids[edge.end]}"
    works = [ids[node.name] for node in graph.nodes.values() if node.kind == "work"]
    if works:
        yield f"{INDENT}classDef work stroke-dasharray: 4"
        yield f"{INDENT}class {','.join(works)} work"


def _ids(names: Iterable[str]) -> dict[str, str]:
    """An id for each name, of letters, digits and underscores. The n in front keeps Mermaid's own words (end) out.

    >>> _ids(["koalpaca-v1.0", "koalpaca v1-0", "end", "왜"])
    {'koalpaca-v1.0': 'n_koalpaca_v1_0', 'koalpaca v1-0': 'n_koalpaca_v1_0_2', 'end': 'n_end', '왜': 'n__'}
    """
    ids: dict[str, str] = {}
    for name in names:
        plain = id = "n_" + re.sub(r"[^A-Za-z0-9]", "_", name)
        number = 1
        while id in ids.values():
            number += 1
            id = f"{plain}_{number}"
        ids[name] = id
    return ids


def _escaped(text: str) -> str:
    """A text that may stand in a quoted label: whatever means something to Mermaid or HTML becomes an entity of Mermaid's.

    >>> _escaped('say "<b>" #1')
    'say #34;#60;b#62;#34; #35;1'
    """
    return re.sub(r"[\"#&<>`\\\n]", lambda character: f"#{ord(character[0])};", text)
