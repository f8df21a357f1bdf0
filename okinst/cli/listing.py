"""What `okinst list` and `okinst show` say: the catalogue and the mixtures as plain values."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from okinst import catalogue
from okinst.builders import SourceBuilder, WrongCall, bibliography
from okinst.builders.tally import Tally
from okinst.catalogue import Entry
from okinst.mixtures import MIXTURES, Mixture, MixtureBuilder
from okinst.publishing.naming import builder_of

MIXTURE_ROOM = "mixtures"


def entries(**wanted: str | None) -> list[dict[str, Any]]:
    """Every name with what a reader chooses by, mixtures first; only those that match `language`, `license`, `shape`, `room`."""
    found = [*map(_mixture_entry, MIXTURES.values()), *map(_source_entry, catalogue.SOURCES.values())]
    for key, value in wanted.items():
        if value is None:
            continue
        column = {"language": "languages", "license": "licenses"}.get(key, key)
        known = sorted({each for entry in found for each in _values(entry[column])})
        matching = [entry for entry in found if any(_matches(value, each) for each in _values(entry[column]))]
        if not matching and not any(_matches(value, each) for entry in entries() for each in _values(entry[column])):
            raise WrongCall(f"--{key} {value}: there is no such {key}. There are {', '.join(known)}.")
        found = matching
    return found


def card(name: str, **door: Any) -> dict[str, Any]:
    """All that is known of one name, and what was built of it here through that door."""
    builder = builder_of(name, **door)
    if isinstance(builder, SourceBuilder):
        return _source_card(builder)
    flags = [f"--{key.replace('_', '-')}" + (f" {value}" if value is not True else "") for key, value in door.items()]
    return _mixture_card(builder, how=" ".join(["okinst build", name, *flags, "-o DIR"]))


def card_lines(card: dict[str, Any]) -> Iterator[str]:
    """A card for a terminal."""
    yield f"{card['name']}: {card['description']}"
    for key in ("title", "homepage", "shape", "making"):
        if key in card:
            yield f"{key + ':':<14}{card[key]}"
    yield f"{'languages:':<14}{', '.join(card['languages'])}"
    yield f"{'licence:':<14}{', '.join(card['licenses'])}" + (
        f" ({card['license_note']})" if "license_note" in card else ""
    )
    for key in ("generators", "translators", "derived_from", "overlaps"):
        if card.get(key):
            yield f"{key.replace('_', ' ') + ':':<14}{', '.join(card[key])}"
    if card.get("warning"):
        yield f"{'warning:':<14}{card['warning']}"
    for split, count in card["rows"].items():
        yield f"{'rows:':<14}{split} {'' if card['rows_exact'] else '~'}{count:,} (upstream's word)"
    for file in card.get("files", ()):
        yield f"{'file:':<14}{file['split']} {file['repo']}/{file['path']} at {file['revision'][:12]}"
    for line in card.get("measured", ()):
        lost = f"; left out: {line['left_out']}" if line["left_out"] else ""
        yield f"{'measured:':<14}{line['split']} {line['file']}: {line['rows']:,} rows, {line['kept']:,} kept{lost}"
    yield from (f"{'built here:':<14}{Tally(**tally)}" for tally in card.get("built", ()))
    if quirks := card.get("quirks"):
        yield "quirks:"
        yield from (f"  - {quirk}" for quirk in quirks)


def _values(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _matches(wanted: str, value: str) -> bool:
    # zh finds zh-Hans
    return value == wanted or value.partition("-")[0] == wanted


def _source_entry(entry: Entry) -> dict[str, Any]:
    card = entry.builder.CARD
    return {
        "name": entry.name,
        "room": entry.room,
        "shape": entry.builder.SHAPE,
        "languages": list(card.languages),
        "licenses": list(entry.builder.licenses()),
        "making": card.making,
        "rows": dict(entry.variant.rows),
        "rows_exact": entry.variant.rows_exact,
        "description": entry.variant.description,
    }


def _mixture_entry(mixture: Mixture) -> dict[str, Any]:
    cards = [card for part in mixture.parts for card in part.cards]
    return {
        "name": mixture.name,
        "room": MIXTURE_ROOM,
        "shape": mixture.shape,
        "languages": list(dict.fromkeys(language for card in cards for language in card.languages)),
        "licenses": list(dict.fromkeys(each for part in mixture.parts for each in part.licenses)),
        "making": "a mixture of sources",
        "rows": {"train": mixture.rows} if mixture.rows else {},
        "rows_exact": mixture.rows_exact,
        "description": mixture.description,
    }


def _source_card(builder: SourceBuilder) -> dict[str, Any]:
    card, config = builder.CARD, builder.config
    return {
        **_source_entry(catalogue.source(config.name)),
        "title": card.title,
        "homepage": card.homepage,
        "license_note": card.license_note,
        "generators": list(card.generators),
        "translators": list(card.translators),
        "derived_from": list(card.derived_from),
        "overlaps": [*card.overlaps, *config.overlaps],
        "warning": card.warning,
        "columns": list(builder.COLUMNS),
        "files": [
            {"split": split, "repo": file.repo.id, "revision": file.repo.revision, "path": file.path}
            for split, files in config.files.items()
            for file in files
        ],
        "measured": [asdict(line) for line in builder.measures() if line.config == config.name],
        "built": [tally.values() for tally in builder.tallies()],
        "quirks": list(card.quirks),
        "citation": bibliography.bibtex(card.citations),
    }


def _mixture_card(builder: MixtureBuilder, how: str) -> dict[str, Any]:
    mixture = builder.config
    funnel, steps = builder.funnel(), builder.steps()
    parts: list[dict[str, Any]] = []
    for part, step in zip(mixture.parts, funnel or [{}] * len(mixture.parts), strict=True):
        reasons = {**step["left_out"], **step["ruled_out"], **step.get("dropped", {})} if step else {}
        for line in steps:
            for reason, count in line["sources"][part.name]["reasons"].items():
                reasons[reason] = reasons.get(reason, 0) + count
        parts.append(
            {
                "source": str(part),
                "expected": part.take if isinstance(part.take, int) else part.rows,
                "expected_exact": part.rows_exact,
                "built": step["taken"] if step else None,
                "why": ", ".join(f"{count:,} {reason}" for reason, count in reasons.items()),
                **({"share": part.share} if part.share is not None else {}),
            }
        )
    total = {
        "source": "all",
        "expected": mixture.rows,
        "expected_exact": mixture.rows_exact,
        "built": sum(step["taken"] for step in funnel) if funnel else None,
        "why": "" if funnel else f"not built here yet: {how}",
    }
    return {
        **_mixture_entry(mixture),
        "recipe": mixture.recipe(),
        "parts": [*parts, total],
        "citation": str(builder.info.citation),
    }
