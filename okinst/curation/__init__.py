"""Curation: from many rows, few good ones."""
"""From many rows, few good ones: filters, deduplication, decontamination, overlap."""
