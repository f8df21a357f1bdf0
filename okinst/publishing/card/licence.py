"""What a card says of licences: what they add up to, in words of one language, and what stands against it."""

from collections.abc import Iterator
from typing import Any

from okinst.licences import LICENCES, Lot, Whole, attribution, lot
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card.markdown import code, plain, table
from okinst.publishing.card.words import Words
from okinst.publishing.lots import of_cards


def lots(built: BuiltFolder) -> list[Lot]:
    """Rows of one source, licence and making, as the set was counted; of upstream's own columns, as the cards say."""
    counted = built.provenance.get("composition", ())
    facts = built.facts
    if counted:
        return [lot(each["source"], each["license"], each["making"], each["rows"], facts) for each in counted]
    return of_cards(built.funnel, facts)


def section(built: BuiltFolder, there: list[Lot], whole: Whole, words: Words) -> Iterator[str]:
    """The lines of the section."""
    if len(whole.licenses) == 1:
        yield words("one licence", licence=next(iter(whole.licenses)))
    elif whole.licenses:
        yield words("several licences")
        yield ""
        yield from table(
            (words("licence"), f">{words('rows')}"),
            ((code(id), "" if rows is None else f"{rows:,}") for id, rows in whole.licenses.items()),
        )
    yield ""
    yield words("taken together")
    yield ""
    yield from table((words("use"), words("answer")), _answers(whole, words))
    against = [*_against(there, whole, words)]
    yield from ("", *(f"- {each}" for each in against)) if against else ()
    if notes := [*_notes(built.funnel)]:
        yield from ("", words("notes told"), "")
        yield from (
            f"- {plain(source)}: {plain(note)}{f' **{plain(warning)}**' if warning else ''}"
            for source, note, warning in notes
        )
    if named := attribution(there, built.facts):
        yield from ("", words("whom to name"), "", *(f"- {plain(line)}" for line in named))
    yield from ("", words("not advice"))


def _answers(whole: Whole, words: Words) -> Iterator[tuple[str, str]]:
    yield words("commercial"), words(whole.commercial)
    yield words("redistributable"), words(whole.redistributable)
    yield words("attribution"), words("asked" if whole.attribution else "not asked")
    asking = words.comma.join(map(code, whole.share_alike))
    yield words("share alike"), words("asked by", licences=asking) if asking else words("not asked")
    yield words("research only"), words("restricted" if whole.research_only else "not restricted")


def _against(there: list[Lot], whole: Whole, words: Words) -> Iterator[str]:
    """What does not go together, each kind once; the terms of providers by what they forbid."""
    named = {
        "non-commercial": [id for id in whole.licenses if id in LICENCES and LICENCES[id].commercial == "no"],
        "share-alike": list(whole.share_alike),
        "no-derivatives": list(whole.no_derivatives),
    }
    for kind in dict.fromkeys(each.kind for each in whole.conflicts if each.kind != "terms"):
        ids = named.get(kind)
        yield words(f"conflict {kind}", licences=words.comma.join(map(code, ids))) if ids else words(f"conflict {kind}")
    forbidding: dict[str, set[str]] = {}
    for each in there:
        for machine in (*each.standing.generators, *each.standing.translators) if each.rows != 0 else ():
            for terms in machine.terms:
                forbidding.setdefault(terms.forbids, set()).add(terms.provider)
    for forbids in ("competing models", "commercial use", "competing translators"):
        if forbids in forbidding:
            yield words(f"terms {forbids}", providers=words.comma.join(sorted(forbidding[forbids])))
    if "unknown" in forbidding:
        yield words("terms unknown")


def _notes(funnel: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """What the card of each source that gave rows says of its licence."""
    seen = set()
    for line in funnel:
        if line.get("parts"):
            yield from _notes(line["parts"])
        elif line["source"] not in seen and line.get("license_note") and line["taken"]:
            seen.add(line["source"])
            yield line["source"], line["license_note"], line["warning"]
