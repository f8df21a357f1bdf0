"""A report page, read back as a browser's parser reads it."""

import base64
import gzip
import json
from collections import Counter
from html.parser import HTMLParser
from typing import Any


class Elements(HTMLParser):
    """What a browser's parser finds in a page: elements, and the contents of each script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.scripts: dict[str, str] = {}
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag == "script":
            self._inside = dict(attributes).get("id") or f"code {self.tags[tag]}"
            self.scripts[self._inside] = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[self._inside] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = None


def parsed(page: bytes) -> tuple[dict[str, Any], dict[str, Any], Counter[str]]:
    """What a page tells, the texts in it, and its elements."""
    found = Elements()
    found.feed(page.decode())
    texts = json.loads(gzip.decompress(base64.b64decode(found.scripts["texts"])))
    return json.loads(found.scripts["told"]), texts, found.tags
