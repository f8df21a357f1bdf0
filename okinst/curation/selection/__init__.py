"""From scores to rows: length groups, clusters, and the rules that take rows from them. Pure functions of numpy arrays."""
