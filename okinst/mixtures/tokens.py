"""What a row weighs: the tokens, or the characters, of what is said in it. No chat template is counted."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from okinst.builders import Hub, WrongCall, network
from okinst.builders.doors import sha256
from okinst.curation import passages

CHARACTERS = "characters"
#: what a tokenizer is, in a folder or in a model's repository
FILE = "tokenizer.json"
Weights = np.ndarray[Any, np.dtype[np.int64]]
Token = str | bool | None
#: a model on the Hub, maybe at a commit or branch: owner/name@revision
_ON_HUB = re.compile(r"(?P<id>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]+))?")


def weigher(tokenizer: str | None, token: Token = None) -> Callable[[pa.Table], Weights]:
    """What weighs the rows of a table, by the name of a tokenizer: a file, a folder with tokenizer.json, or a model on the Hub.

    `token` is the Hub's. Raises WrongCall for a tokenizer that cannot be read, MissingFile for one that the Hub does not have,
    and NoNetwork where the Hub cannot be reached.
    """
    if tokenizer in (None, CHARACTERS):
        return lambda table: passages.lengths(table, "whole")
    encode = _encoder(str(tokenizer), token)

    def weigh(table: pa.Table) -> Weights:
        return np.fromiter(map(len, encode(passages.whole(table))), np.int64, len(table))

    return weigh


def pinned(tokenizer: str | None, token: Token = None) -> str | None:
    """A tokenizer by a name that never means another one: of a model on the Hub, with the commit that its revision is now.

    >>> pinned("owner/name@" + "0" * 40) == "owner/name@" + "0" * 40, pinned("characters")
    (True, 'characters')
    """
    if tokenizer in (None, CHARACTERS) or _is_on_disk(str(tokenizer)):
        return tokenizer
    id, revision = _on_hub(str(tokenizer))
    return f"{id}@{network.commit_of(Hub(id, revision), _named(str(tokenizer)), token, 'model')}"


def identity(tokenizer: str | None, token: Token = None) -> str:
    """What changes when a tokenizer does: the checksum of its file."""
    return CHARACTERS if tokenizer in (None, CHARACTERS) else sha256(_file(str(tokenizer), token))


def describe(tokenizer: str, token: Token = None) -> dict[str, Any]:
    """What provenance.json says of a tokenizer that is no CHARACTERS: its file, and the commit it is of on the Hub."""
    path = _file(tokenizer, token)
    known: dict[str, Any] = {"path": str(path)}
    if not _is_on_disk(tokenizer):
        id, revision = _on_hub(tokenizer)
        known = {"repo": id, "revision": revision, "path": FILE}
    return {**known, "bytes": path.stat().st_size, "sha256": sha256(path)}


def _named(tokenizer: str) -> str:
    return f"tokenizer = {tokenizer!r}"


def _is_on_disk(tokenizer: str) -> bool:
    path = Path(tokenizer).expanduser()
    return path.exists() or path.suffix == ".json" or path.is_absolute()


def _on_hub(tokenizer: str) -> tuple[str, str]:
    """
    >>> _on_hub("owner/name"), _on_hub("owner/name@v1")
    (('owner/name', 'main'), ('owner/name', 'v1'))
    """
    found = _ON_HUB.fullmatch(tokenizer)
    if not found:
        raise WrongCall(
            f'{_named(tokenizer)} is no file, and no name on the Hub either: write "owner/name", "owner/name@commit", the path of '
            f'a {FILE}, or "{CHARACTERS}".'
        )
    return found["id"], found["revision"] or "main"


def _file(tokenizer: str, token: Token) -> Path:
    if _is_on_disk(tokenizer):
        path = Path(tokenizer).expanduser()
        path = path / FILE if path.is_dir() else path
        if not path.is_file():
            raise WrongCall(f'{_named(tokenizer)}: there is no file {path}. Name one that is there, or "{CHARACTERS}".')
        return path
    id, revision = _on_hub(tokenizer)
    commit = network.commit_of(Hub(id, revision), _named(tokenizer), token, "model")
    return network.model_file(id, commit, FILE, _named(tokenizer), token)


def _encoder(name: str, token: Token) -> Callable[[Sequence[str]], list[Any]]:
    from tokenizers import Tokenizer

    path = _file(name, token)
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # it raises Exception itself, for any fault of the file
        raise WrongCall(f"{_named(name)}: {path} cannot be read as a {FILE} ({error}).") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return lambda texts: list(tokenizer.encode_batch(list(texts), add_special_tokens=False))
