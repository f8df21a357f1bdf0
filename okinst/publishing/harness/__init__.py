"""Evaluation sets as tasks of lm-evaluation-harness, and a model's scores on them."""

from okinst.publishing.harness.folder import TaskFolder, write

__all__ = ["TaskFolder", "write"]
