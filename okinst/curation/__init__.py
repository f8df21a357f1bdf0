"""From many rows, the ones worth keeping: what repeats, what is in an evaluation set, what is not fit to learn from."""
