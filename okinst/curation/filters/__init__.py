"""Which rows stay: what a recipe's `filter = { ... }` says, and what it does to a table."""

from okinst.curation.filters.filter import Filter, Filtered

__all__ = ["Filter", "Filtered"]
