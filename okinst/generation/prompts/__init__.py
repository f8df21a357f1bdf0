"""The prompts: files `<job>.v<number>.txt` in our own words, one section a message, `${name}` where a value goes.

    === system ===
    You translate into ${language}.
    === user ===
    ${texts}
    === again ===
    An earlier answer could not be used: ${reasons}.

A published prompt is never edited, only followed by the next number: what was made with it says so in its ledger. `again` is added to
the last message when an earlier answer was rejected. A dollar sign of the prompt's own is written $$.
"""

import hashlib
import re
import string
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from okinst.builders import MissingFile, WrongCall

FOLDER = Path(__file__).parent
AGAIN = "again"
_HEADING = re.compile(r"^=== *(\w+) *===[ \t]*\n", re.MULTILINE)
_ROLES = ("system", "user", "assistant")


@dataclass(frozen=True)
class Prompt:
    """The messages of a request, but for the values that differ."""

    name: str  # of the file
    sha256: str
    parts: tuple[tuple[str, string.Template], ...]
    again: string.Template | None

    @property
    def settings(self) -> dict[str, str]:
        """What the ledger says of it."""
        return {"prompt": self.name, "prompt_sha256": self.sha256}

    def messages(self, values: dict[str, Any], tried: Sequence[str] = ()) -> tuple[dict[str, str], ...]:
        """The messages with their values; `tried` are the reasons why earlier answers were rejected."""
        made = [{"role": role, "content": text.substitute(values).strip()} for role, text in self.parts]
        if tried and self.again:
            reasons = ", ".join(dict.fromkeys(tried))
            made[-1]["content"] += "\n\n" + self.again.substitute({**values, "reasons": reasons})
        return tuple(made)


def prompt(name: str, values: Collection[str], own: Path | None = None) -> Prompt:
    """The prompt of a name in this folder, or of a file of one's own, that uses all of these values and no others.

    >>> prompt("translate.v1", ("language", "source", "texts")).parts[0][0]
    'system'
    """
    path = own or FOLDER / f"{name}.txt"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise MissingFile(f"there is no prompt {path}. Copy {FOLDER / name}.txt, and change the copy.") from error
    except UnicodeDecodeError as error:
        raise WrongCall(f"the prompt {path} is not text in UTF-8.") from error
    pieces = _HEADING.split(text)
    if pieces[0].strip() or len(pieces) == 1:
        raise WrongCall(f"the prompt {path} should begin with a heading: === system === or === user ===.")
    sections = [(role, string.Template(words.strip())) for role, words in zip(pieces[1::2], pieces[2::2], strict=True)]
    for role, words in sections:
        _check(path, role, words)
    parts = tuple(section for section in sections if section[0] != AGAIN)
    again = [words for role, words in sections if role == AGAIN]
    if not parts or parts[-1][0] != "user" or len(again) > 1:
        raise WrongCall(
            f"the prompt {path} should end with the section === user ===, and === again === once behind it at most."
        )
    used = {name for _, words in parts for name in words.get_identifiers()}
    if used != set(values) or any(set(words.get_identifiers()) - {*values, "reasons"} for words in again):
        raise WrongCall(
            f"the prompt {path} should use each of {', '.join(f'${{{value}}}' for value in sorted(values))} and nothing else; it uses "
            f"{', '.join(f'${{{value}}}' for value in sorted(used)) or 'none'}."
        )
    return Prompt(path.name, hashlib.sha256(text.encode()).hexdigest(), parts, again[0] if again else None)


def _check(path: Path, role: str, words: string.Template) -> None:
    if role not in (*_ROLES, AGAIN):
        raise WrongCall(f"the prompt {path} has a section {role!r}; there are {', '.join((*_ROLES, AGAIN))}.")
    if not words.is_valid():
        raise WrongCall(
            f"the prompt {path} has a $ in its section {role} that begins no ${{name}}: write $$ for a dollar."
        )
