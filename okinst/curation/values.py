"""Values that a person gave, checked."""

from typing import Any

from okinst.builders import WrongCall


def share(value: Any, told: str) -> float:
    """A share: more than 0, at most 1. `told` says in the message what was given, and where.

    >>> share(1, "threshold = 1")
    1.0
    """
    # bool is an int to Python, not to a person
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise WrongCall(f"{told} should be a share: more than 0, at most 1.")
    return float(value)
