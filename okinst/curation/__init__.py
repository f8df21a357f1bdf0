"""From many rows, few good ones: filters, deduplication, decontamination, overlap."""
