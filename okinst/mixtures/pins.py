"""What moves, pinned when a recipe is opened: a branch of a dataset, a tokenizer or a model becomes the commit that it is now, and a
model without a dtype gets this machine's.

The commit names the cache and stands in provenance.json. What is written as a whole commit needs no request; where the Hub
cannot be reached, it is the commit of the last time.
"""

import contextlib
import dataclasses
from typing import Any

from okinst.builders import Hub, NoNetwork, WrongCall, doors, network
from okinst.curation.scoring import models
from okinst.mixtures import tokens
from okinst.mixtures.mixture import Mixture, Part
from okinst.mixtures.selecting import Model, Select
from okinst.mixtures.where import told


def pin(mixture: Mixture, door: dict[str, Any]) -> None:
    """Pin the parts and the tokenizer of a mixture that is being opened, through the door that its parts come through.

    Raises MissingFile for what the Hub does not have, NoNetwork where it cannot be reached and was not before.
    """
    chosen = doors.choose(
        data_dir=None, mirror=door.get("mirror"), sample=bool(door.get("sample")), token=door.get("token")
    )
    # elsewhere a branch is what lies there; a tokenizer comes through no door
    files, scored = chosen.name == "network", chosen.name != "sample"
    mixture.parts = _parts(mixture.parts, door.get("token"), files, scored)
    with told(mixture.where / "tokenizer"):
        mixture.tokenizer = tokens.pinned(mixture.tokenizer, door.get("token"))
    if scored:  # the sample is scored by what comes as packages
        mixture.select = _select(mixture.select)


def _select(select: Select | None) -> Select | None:
    """A selection with its models pinned, as far as that can be done here: what cannot be had is said when rows are to be measured."""
    if select is None:
        return None
    pinned: dict[str, Any] = {
        name: dataclasses.replace(model, **_settled(model))
        for name, model in (("scorer", select.scorer), ("embedder", select.embedder))
        if model is not None
    }
    return dataclasses.replace(select, **pinned)


def _settled(model: Model) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if not model.is_folder and not models.is_commit(model.revision):
        with contextlib.suppress(NoNetwork, WrongCall):
            found["revision"] = models.identified(model.model, model.revision)[1]
    if model.dtype is None and models.installed():
        found["dtype"] = models.usual_dtype()
    return found


def _parts(parts: tuple[Part, ...], token: str | bool | None, files: bool, scored: bool) -> tuple[Part, ...]:
    return tuple(_part(part, token, files, scored) for part in parts)


def _part(part: Part, token: str | bool | None, files: bool, scored: bool) -> Part:
    """A part, or what it holds, pinned; `files` says whether those of the Hub are, `scored` whether models are."""
    if mixture := part.mixture:
        inner = _parts(mixture.parts, token, files, scored)
        with told(mixture.where / "tokenizer"):
            tokenizer = tokens.pinned(mixture.tokenizer, token)
        select = _select(mixture.select) if scored else mixture.select
        same = all(one is other for one, other in zip(inner, mixture.parts, strict=True))
        if same and tokenizer == mixture.tokenizer and select == mixture.select:
            return part
        pinned_mixture = dataclasses.replace(mixture, parts=inner, tokenizer=tokenizer, select=select)
        return dataclasses.replace(part, source=pinned_mixture)
    if part.variant is None or not files:
        return part
    (file,) = part.variant.files["train"]
    if not isinstance(file.repo, Hub):
        return part
    with told(part.where / ("revision" if part.where.has("revision") else "hub")):
        commit = network.commit_of(file.repo, part.config, token)
    if commit == file.repo.revision:
        return part
    pinned = dataclasses.replace(file, repo=dataclasses.replace(file.repo, revision=commit))
    return dataclasses.replace(part, variant=dataclasses.replace(part.variant, files={"train": (pinned,)}))
