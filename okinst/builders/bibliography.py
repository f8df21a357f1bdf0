"""The cited works, each once, in bibliography.bib."""

import functools
import re
from collections.abc import Iterable
from pathlib import Path

FILE = Path(__file__).with_name("bibliography.bib")


@functools.lru_cache
def entries() -> dict[str, str]:
    """BibTeX entries by key, as they stand in the file."""
    text = FILE.read_text(encoding="utf-8")
    return {
        found[2]: found[0].strip()
        for found in re.finditer(r"^@(\w+)\{([^,\s]+),.*?^\}", text, re.MULTILINE | re.DOTALL)
    }


def bibtex(keys: Iterable[str]) -> str:
    """The entries of some keys, ready to paste; a key without one is a fault of a card, and no reason to refuse its rows."""
    return "\n\n".join(entries()[key] for key in keys if key in entries())
