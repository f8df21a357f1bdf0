"""All that a built set was made of: upstream files and files of one's own, evaluation sets, an index, a tokenizer, libraries."""

import importlib.metadata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from okinst.builders import SourceBuilder
from okinst.builders.doors import sha256
from okinst.mixtures import Mixture, MixtureBuilder, tokens
from okinst.mixtures.selecting import EMBEDDED
from okinst.mixtures.tokens import CHARACTERS

#: numpy's generator decides which rows a share takes; rows.parquet is pyarrow's and datasets' work
ALWAYS = ("datasets", "pyarrow", "numpy")


def inputs(builder: SourceBuilder | MixtureBuilder, funnel: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry a file: what for, where from, its sha256 where it was on disk."""
    found = [*_of_parts(funnel)]
    if isinstance(builder, MixtureBuilder):
        found += _of_steps(builder)
    return [dict(each) for each in dict.fromkeys(tuple(each.items()) for each in found)]


def _of_parts(funnel: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in funnel:
        yield from (_file(part["source"], file) for file in part["files"])
        yield from _of_parts(part.get("parts", ()))


def _file(used_for: str, file: dict[str, Any]) -> dict[str, Any]:
    known = {key: file.get(key) for key in ("repo", "revision", "path", "bytes", "sha256")}
    return {"for": used_for, **{key: value for key, value in known.items() if value is not None}}


def _of_steps(builder: MixtureBuilder) -> Iterator[dict[str, Any]]:
    mixture = builder.config
    for part in builder.parts():
        if isinstance(part, MixtureBuilder):
            yield from _of_steps(part)
    decontaminate = mixture.decontaminate
    if decontaminate and decontaminate.index:
        yield _on_disk("decontaminate", Path(decontaminate.index))
    elif decontaminate:
        for source in decontaminate.builders(builder.door_of_parts()):
            for count in source.tallies():
                yield _file("decontaminate", {**count.file, "bytes": count.bytes, "sha256": count.sha256})
    if mixture.tokenizer not in (None, CHARACTERS):
        yield {"for": "tokenizer", **tokens.describe(str(mixture.tokenizer), builder.token)}


def _on_disk(used_for: str, path: Path) -> dict[str, Any]:
    return {"for": used_for, "path": str(path), "bytes": path.stat().st_size, "sha256": sha256(path)}


def versions(builder: SourceBuilder | MixtureBuilder) -> dict[str, str]:
    """The version of every library that decides which rows come out, by its name."""
    used = list(ALWAYS)
    if isinstance(builder, MixtureBuilder):
        used += _of_work(builder.config)
        used += _of_selection(builder.steps())
    return {library: importlib.metadata.version(library) for library in dict.fromkeys(used)}


#: what measures rows where no model is named: Kiwi's language model, TF-IDF and its decomposition
_EMBEDDED = {"scorer": ("kiwipiepy", "kiwipiepy_model"), "embedder": ("scikit-learn", "scipy")}
_MODELS = ("torch", "transformers")


def _of_selection(steps: Iterable[dict[str, Any]]) -> Iterator[str]:
    """What measured the rows that a selection chose from: of the sample that is not what the recipe names."""
    for step in steps:
        for measure, libraries in _EMBEDDED.items() if "select" in step else ():
            yield from libraries if step["select"][measure] == EMBEDDED else _MODELS


def _of_work(mixture: Mixture) -> Iterator[str]:
    for part in mixture.parts:
        if part.mixture:
            yield from _of_work(part.mixture)
    if (mixture.dedup and mixture.dedup.near) or mixture.validation is not None:
        yield "rensa"
    if mixture.tokenizer not in (None, CHARACTERS):
        yield "tokenizers"
    if any(each and each.secrets for each in (mixture.filter, *(part.filter for part in mixture.parts))):
        yield "detect-secrets"
