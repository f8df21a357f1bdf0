"""The file itself: the page's own parts, read from the folder `page`, and the data in two blocks that no browser takes for code.

Words and numbers are in a block of JSON; the texts of rows, most of the bytes, are gzipped. A Content-Security-Policy in the page forbids
it every network, and every script and style but those whose hash it names: what a row brings along cannot run.
"""

import base64
import gzip
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from okinst.builders import DamagedFile, WrongCall
from okinst.publishing.public import OF_THE_SET

#: the page's scripts, in the order in which they are run
SCRIPTS = (
    "dom",
    "state",
    "charts",
    "overview",
    "composition",
    "funnel",
    "distributions",
    "map",
    "duplicates",
    "grid",
    "rows",
    "making",
    "main",
)
LANGUAGES = ("en", "ko")
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_TOLD = re.compile(rb'<script type="application/json" id="told">(.*?)</script>', re.DOTALL)


def assemble(told: dict[str, Any], texts: dict[str, Any], of_the_set: bool) -> bytes:
    """The page of some data, in UTF-8. `of_the_set` says whether it shows rows of the set alone."""
    chart, app, style = _part("echarts.min.js"), _app(), _part("page.css")
    policy = {
        "default-src": "'none'",
        "script-src": f"{_hash(chart)} {_hash(app)}",
        "style-src": _hash(style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    parts = {
        "policy": "; ".join(f"{key} {value}" for key, value in policy.items()),
        "rows": OF_THE_SET if of_the_set else f"{OF_THE_SET}, and others",
        "title": _escaped(f"{told['name']} · okinst"),
        "style": style,
        "words": embedded({language: words(language) for language in LANGUAGES}),
        "told": embedded(told),
        "texts": base64.b64encode(gzip.compress(_json(texts).encode(), 9, mtime=0)).decode(),
        "charts": chart,
        "app": app,
    }
    # one pass: what is put in is not looked through for places again
    return _PLACE.sub(lambda place: parts[place[1]], _part("page.html")).encode()


def told_in(page: Path) -> dict[str, Any]:
    """What a page tells, without the texts of rows. Raises DamagedFile for a file that is no page of okinst."""
    try:
        found = _TOLD.search(page.read_bytes())
        told = json.loads(found[1]) if found else None
    except (OSError, ValueError) as error:
        raise DamagedFile(f"{page} cannot be read as a page of okinst report ({error}). Write it again.") from error
    if not isinstance(told, dict):
        raise DamagedFile(f"{page} is no page of okinst report. Write it again, or remove it.")
    return told


def words(language: str) -> dict[str, str]:
    """What the page says, by key. Raises WrongCall for another language."""
    if language not in LANGUAGES:
        raise WrongCall(f"there is no page in {language!r}. There are {', '.join(LANGUAGES)}.")
    found: dict[str, str] = json.loads(_part(f"words.{language}.json"))
    return found


def embedded(value: Any) -> str:
    """A value as JSON that can stand in a script element: nothing in it ends the element or begins a comment.

    >>> embedded({"said": "</script><!-- \\u2028"})
    '{"said":"\\\\u003c/script\\\\u003e\\\\u003c!-- \\\\u2028"}'
    """
    told = _json(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return told.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _app() -> str:
    """The page's own scripts as one, so that their names are no names of the window."""
    return "\n".join(['"use strict";', "(() => {", *(_part(f"app/{name}.js") for name in SCRIPTS), "})();"])


@cache
def _part(name: str) -> str:
    return files(__package__).joinpath("page", *name.split("/")).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
