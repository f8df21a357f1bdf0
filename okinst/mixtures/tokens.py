"""What a row weighs: the tokens, or the characters, of what is said in it. No chat template is counted."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from okinst.builders import NoNetwork, WrongCall
from okinst.builders.doors import sha256
from okinst.curation import passages

CHARACTERS = "characters"
Weights = np.ndarray[Any, np.dtype[np.int64]]


def weigher(tokenizer: str | None) -> Callable[[pa.Table], Weights]:
    """What weighs the rows of a table, by the name of a tokenizer: a file, a folder with tokenizer.json, or a Hub id.

    Raises WrongCall for a tokenizer that cannot be read, and NoNetwork for one that cannot be reached.
    """
    if tokenizer in (None, CHARACTERS):
        return lambda table: passages.lengths(table, "whole")
    encode = _encoder(str(tokenizer))

    def weigh(table: pa.Table) -> Weights:
        return np.fromiter(map(len, encode(passages.whole(table))), np.int64, len(table))

    return weigh


def identity(tokenizer: str | None) -> str:
    """What changes when a tokenizer on disk does; the name of any other."""
    if tokenizer in (None, CHARACTERS):
        return CHARACTERS
    path = _path(str(tokenizer))
    return sha256(path) if path.is_file() else str(tokenizer)


def _path(name: str) -> Path:
    path = Path(name).expanduser()
    return path / "tokenizer.json" if path.is_dir() else path


def _encoder(name: str) -> Callable[[Sequence[str]], list[Any]]:
    from tokenizers import Tokenizer

    path = _path(name)
    if path.suffix == ".json" or path.exists():
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # it raises Exception itself, for any fault of the file
            raise WrongCall(f"tokenizer = {name!r}: {path} cannot be read as a tokenizer.json ({error}).") from error
    else:
        try:
            tokenizer = Tokenizer.from_pretrained(name)
        except Exception as error:  # the same
            raise NoNetwork(
                f"tokenizer = {name!r} cannot be had from the Hub ({error}). Name a tokenizer.json on disk, or "
                f'tokenizer = "{CHARACTERS}".'
            ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return lambda texts: list(tokenizer.encode_batch(list(texts), add_special_tokens=False))
