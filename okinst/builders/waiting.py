"""How long a server asks to wait."""

import email.utils
import time


def retry_after(value: str | None) -> float | None:
    """The seconds in a Retry-After header: a number, or a date. None where it says neither.

    >>> retry_after("7"), retry_after("0.5"), retry_after("Mon, 01 Jan 2024 00:00:00 GMT"), retry_after("soon"), retry_after(None)
    (7.0, 0.5, 0.0, None, None)
    """
    if not value:
        return None
    if value.strip().replace(".", "", 1).isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
