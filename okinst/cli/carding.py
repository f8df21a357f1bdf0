"""What `okinst card` prints of what it measured."""

from collections.abc import Iterator

from okinst.publishing.card import Told
from okinst.publishing.card.words import Words

HEADS = ("weakness", ">rows", ">of")
LANGUAGE_NAMES = {"en": "English", "ko": "Korean", "zh": "Chinese"}


def table(told: Told) -> Iterator[tuple[str, str, str]]:
    """One line a check; heads as HEADS."""
    words = Words("en")
    for name, each in told.measured.get("checks", {}).items():
        yield words(f"check {name}"), f"{each['rows']:,}", f"{each['of']:,}"


def lines(told: Told) -> Iterator[str]:
    """What was written, what was not measured and why, and why there are no pictures."""
    words = Words("en")
    for name, why in told.measured.get("not measured", {}).items():
        if why != "shape":
            yield f"not measured: {words(f'no {name} {why}'.strip())}"
    if told.no_plots:
        yield f"no pictures: {told.no_plots}"
    pictures = f", with {', '.join(told.plots)}" if told.plots else ""
    yield f"{told.path}: written in {LANGUAGE_NAMES[told.language]}{pictures}"
