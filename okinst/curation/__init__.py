"""Curation: from many rows, few good ones."""
