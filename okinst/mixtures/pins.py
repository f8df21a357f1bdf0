"""What moves upstream, pinned when a recipe is opened: a branch of a dataset or of a model becomes the commit that it is now.

The commit names the cache and stands in provenance.json. What is written as a whole commit needs no request; where the Hub
cannot be reached, it is the commit of the last time.
"""

import dataclasses
from typing import Any

from okinst.builders import Hub, doors, network
from okinst.mixtures import tokens
from okinst.mixtures.mixture import Mixture, Part
from okinst.mixtures.where import told


def pin(mixture: Mixture, door: dict[str, Any]) -> None:
    """Pin the parts and the tokenizer of a mixture that is being opened, through the door that its parts come through.

    Raises MissingFile for what the Hub does not have, NoNetwork where it cannot be reached and was not before.
    """
    chosen = doors.choose(
        data_dir=None, mirror=door.get("mirror"), sample=bool(door.get("sample")), token=door.get("token")
    )
    # elsewhere a branch is what lies there; a tokenizer comes through no door
    mixture.parts = _parts(mixture.parts, door.get("token"), files=chosen.name == "network")
    with told(mixture.where / "tokenizer"):
        mixture.tokenizer = tokens.pinned(mixture.tokenizer, door.get("token"))


def _parts(parts: tuple[Part, ...], token: str | bool | None, files: bool) -> tuple[Part, ...]:
    return tuple(_part(part, token, files) for part in parts)


def _part(part: Part, token: str | bool | None, files: bool) -> Part:
    """A part, or what it holds, pinned; `files` says whether those of the Hub are."""
    if mixture := part.mixture:
        inner = _parts(mixture.parts, token, files)
        with told(mixture.where / "tokenizer"):
            tokenizer = tokens.pinned(mixture.tokenizer, token)
        same = all(one is other for one, other in zip(inner, mixture.parts, strict=True))
        if same and tokenizer == mixture.tokenizer:
            return part
        return dataclasses.replace(part, source=dataclasses.replace(mixture, parts=inner, tokenizer=tokenizer))
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
