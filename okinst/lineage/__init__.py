"""Who comes from whom: sources, mixtures and the works outside okinst, as one graph. A value, and ways to draw it."""

from okinst.lineage.drawing import as_json, as_mermaid, as_text
from okinst.lineage.graph import Edge, Graph, Kind, Node, Relation, around, whole

__all__ = ["Edge", "Graph", "Kind", "Node", "Relation", "around", "as_json", "as_mermaid", "as_text", "whole"]
