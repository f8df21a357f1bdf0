"""What comes from what: that the Cards name it properly, and that the graph and its drawings say what they say."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst import lineage
from okinst.builders import WORKS, WrongCall
from okinst.catalogue import SOURCES
from okinst.lineage import Edge, Graph, Node, around, as_json, as_mermaid, as_text, whole
from okinst.mixtures import MIXTURES
from tests.conftest import okinst

GRAPH = whole()


def graph(*edges: Edge, kinds: dict[str, lineage.Kind] | None = None) -> Graph:
    names = dict.fromkeys(name for edge in edges for name in (edge.start, edge.end))
    return Graph({name: Node(name, (kinds or {}).get(name, "source"), ("mit",), "") for name in names}, edges)


CYCLE = graph(Edge("a", "b", "derived_from"), Edge("b", "c", "derived_from"), Edge("c", "a", "derived_from"))

# -- the Cards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SOURCES)
def test_cards_name_what_there_is(name: str) -> None:
    card = SOURCES[name].builder.CARD
    strange = [origin for origin in card.derived_from if origin not in SOURCES and origin not in WORKS]
    assert not strange, f"neither a source of okinst nor a work of okinst/builders/works.py: {strange}"
    assert set(SOURCES[name].overlaps) <= SOURCES.keys()
    assert name not in {*card.derived_from, *SOURCES[name].overlaps}
    assert len(set(card.derived_from)) == len(card.derived_from)


def test_every_work_is_used() -> None:
    used = {origin for entry in SOURCES.values() for origin in entry.builder.CARD.derived_from}
    assert used - SOURCES.keys() == WORKS.keys()


def test_works_stand_once_in_order_and_outside() -> None:
    assert list(WORKS) == sorted(WORKS, key=str.lower)
    assert all(work.homepage.startswith("https://") and work.license for work in WORKS.values())
    assert len({work.homepage for work in WORKS.values()}) == len(WORKS)
    inside = [name for name in WORKS if name.lower().replace(" ", "-") in {*SOURCES, *MIXTURES}]
    assert not inside, f"okinst has these: name the source in the Cards, and take the work out of works.py: {inside}"


# -- the graph ------------------------------------------------------------------------------------------------------------


def test_the_graph_is_whole() -> None:
    assert list(GRAPH.nodes) == [*MIXTURES, *SOURCES, *WORKS]
    assert GRAPH.parents("openorca-ko") == ("OpenOrca", "kocot-2000")
    assert GRAPH.children("belle-seed") == ("belle-0.5m", "belle-1m", "belle-2m")
    for mixture in MIXTURES.values():
        assert GRAPH.parents(mixture.name) == tuple(part.config for part in mixture.parts)
    assert len(set(GRAPH.edges)) == len(GRAPH.edges)


def test_an_overlap_is_one_edge_whoever_states_it() -> None:
    pairs = [{edge.start, edge.end} for edge in GRAPH.edges if edge.relation == "overlaps"]
    assert pairs.count({"hrc", "hrc-preference"}) == 1, "both cards say so"
    stated = {frozenset((name, other)) for name, entry in SOURCES.items() for other in entry.overlaps}
    assert set(map(frozenset, pairs)) == stated and len(pairs) == len(stated)


def test_around_a_name_are_its_ancestors_and_descendants() -> None:
    part = around(GRAPH, ["guanaco-ko"])
    assert list(part.nodes) == ["guanaco-ko", "korean-rlhf", "openassistant-guanaco", "OASST1"]
    assert Edge("guanaco-ko", "korean-rlhf", "overlaps") in part.edges, "what hangs together stays together"
    assert "dolly-ko" not in part.nodes, "another parent of a child is none of its kin"
    assert set(around(GRAPH, ["kobest-wic", "hh-rlhf-ko"]).nodes) == {"kobest-wic", "hh-rlhf-ko", "HH-RLHF"}
    with pytest.raises(WrongCall, match="ShareGPT"):
        around(GRAPH, ["ShareGTP"])


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), min_size=1, max_size=20))
def test_no_graph_is_too_tangled(pairs: list[tuple[str, str]]) -> None:
    tangle = graph(*(Edge(start, end, "derived_from") for start, end in dict.fromkeys(pairs)))
    assert around(tangle, tangle.nodes) == tangle
    told = list(as_text(tangle))
    for name in tangle.nodes:
        assert any(line.strip() == f"{name} (mit)" for line in told), "each node is told in full once"
        assert next(as_text(around(tangle, [name]), [name])) == f"{name} (mit)"


# -- the drawings ---------------------------------------------------------------------------------------------------------


def test_text_tells_each_node_once_in_full() -> None:
    told = graph(
        Edge("x", "mix", "part_of"),
        Edge("y", "mix", "part_of"),
        Edge("x", "Work", "derived_from"),
        Edge("y", "x", "derived_from"),
        Edge("x", "y", "overlaps"),
        kinds={"mix": "mixture", "Work": "work"},
    )
    assert list(as_text(told)) == [
        "mix (mixture, mit)",
        "  x (mit)",
        "    Work (outside okinst, mit)",
        "  y (mit)",
        "    x (mit), see above",
        "",
        "Share rows:",
        "  x and y",
    ]
    assert list(as_text(around(told, ["y"]), ["y"]))[:5] == [
        "y (mit)",
        "  x (mit)",
        "    Work (outside okinst, mit)",
        "  went into:",
        "    mix (mixture, mit)",
    ]


def test_text_of_a_cycle_ends() -> None:
    assert list(as_text(CYCLE)) == ["a (mit)", "  b (mit)", "    c (mit)", "      a (mit), see above"]
    assert len(list(as_text(CYCLE, ["b"]))) == 9


def test_json_has_every_node_and_edge() -> None:
    values = as_json(around(GRAPH, ["korquad-chat"]))
    assert {"from": "korquad-chat", "to": "aulm-0809", "relation": "part_of"} in values["edges"]
    assert {edge["relation"] for edge in as_json(GRAPH)["edges"]} == {"derived_from", "part_of", "overlaps"}
    assert values["nodes"][-1]["kind"] == "work" and values["nodes"][-1]["homepage"].startswith("https://")
    names = {node["name"] for node in values["nodes"]}
    assert all({edge["from"], edge["to"]} <= names for edge in values["edges"])


#: the part of Mermaid's grammar that a flowchart of ours needs
NODE = re.compile(r'  (n_\w+)(?:\[\["([^"]+)"\]\]|\["([^"]+)"\]|\(\["([^"]+)"\]\))')
LINK = re.compile(r"  (n_\w+) (?:-->|-\.-) (n_\w+)")
STYLE = re.compile(r"  classDef work stroke-dasharray: 4|  class n_\w+(?:,n_\w+)* work")


@pytest.mark.parametrize(
    "drawn",
    [
        GRAPH,
        CYCLE,
        Graph({}, ()),
        graph(Edge('end "of" <b>\n[x] #1;', "end", "overlaps"), Edge("a-b", "a.b", "derived_from")),
    ],
    ids=["whole", "cycle", "empty", "wild names"],
)
def test_mermaid_is_a_flowchart(drawn: Graph) -> None:
    first, *lines = as_mermaid(drawn)
    assert first == "flowchart LR"
    nodes = [found for line in lines if (found := NODE.fullmatch(line))]
    links = [found for line in lines if (found := LINK.fullmatch(line))]
    styles = [line for line in lines if STYLE.fullmatch(line)]
    assert len(nodes) + len(links) + len(styles) == len(lines), "no line of another kind"
    ids = {node[1] for node in nodes}
    assert len(ids) == len(nodes) == len(drawn.nodes) and len(links) == len(drawn.edges)
    assert all({link[1], link[2]} <= ids for link in links)
    for node in nodes:
        label = next(filter(None, node.groups()[1:]))
        assert not re.search(r"[<>&`]|#(?!\d+;)", label.replace("<br/>", ""))


# -- the command ----------------------------------------------------------------------------------------------------------


def test_the_command() -> None:
    assert okinst("lineage", "ko-lima").stdout == ("ko-lima (cc-by-nc-sa-4.0)\n  LIMA (outside okinst, cc-by-nc-sa)\n")
    assert okinst("lineage", "LIMA", "--format", "mermaid").stdout.startswith("flowchart LR\n  n_aulm_0809[[")
    assert json.loads(okinst("lineage", "--json").stdout) == as_json(GRAPH)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["koalpaca-v1"], "okinst has no 'koalpaca-v1'. The nearest names are koalpaca-v1."),
        (["--format", "svg"], "There are text, mermaid"),
        (["--format", "mermaid", "--json"], "exclude each other"),
    ],
)
def test_a_wrong_call(arguments: list[str], told: str) -> None:
    done = okinst("lineage", *arguments)
    assert done.returncode == 2 and done.stdout == "" and told in done.stderr
