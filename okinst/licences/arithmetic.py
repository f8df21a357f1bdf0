"""The licence of rows put together: the most restrictive of each property, and what does not go together.

A set of rows is a collection: every row keeps its own licence. What is computed here is what may be done with all of it at
once, and what stands in the way of publishing it as one work under one licence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from okinst.licences.standing import Facts, Standing, known_facts, standing
from okinst.licences.terms import Answer, Licence, strictest

NOT_ADVICE = "This adds up what cards, licences and terms say. It is not legal advice."


@dataclass(frozen=True)
class Lot:
    """Rows of one source that stand alike; `rows` is None where nobody has counted them."""

    source: str
    license: str
    making: str
    rows: int | None
    standing: Standing


@dataclass(frozen=True)
class Conflict:
    """What does not go together, or stands in the way of one who publishes or uses the whole."""

    kind: str
    text: str


@dataclass(frozen=True)
class Whole:
    """What holds for all rows of a set at once."""

    #: None where those of some lot are not known
    rows: int | None
    #: licence ids in alphabetical order, with their rows
    licenses: dict[str, int | None]
    commercial: Answer
    redistributable: Answer
    #: whether the makers must be named
    attribution: bool
    #: ids that ask for themselves on what is made of the rows
    share_alike: tuple[str, ...]
    #: ids that permit passing on unchanged only
    no_derivatives: tuple[str, ...]
    research_only: bool
    #: providers whose terms hold besides
    providers: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    #: `license:` of a card on the Hub
    hub: str
    explanation: str

    def as_json(self) -> dict[str, Any]:
        return {
            **{key: value for key, value in vars(self).items() if key != "conflicts"},
            "share_alike": list(self.share_alike),
            "no_derivatives": list(self.no_derivatives),
            "providers": list(self.providers),
            "conflicts": [vars(conflict) for conflict in self.conflicts],
        }


def lot(
    source: str, license: str, making: str, rows: int | None = None, facts: Mapping[str, Facts] | None = None
) -> Lot:
    """Rows of one source as its columns tell them; `facts` are of sources beyond the catalogue."""
    known = (facts or {}).get(source) or known_facts().get(source)
    return Lot(source, license, making, rows, standing(license, making, known))


def together(lots: Iterable[Lot]) -> Whole:
    """What holds for all these rows at once. Lots of no rows count for nothing; their order never matters.

    >>> whole = together([lot("koalpaca-v1.1", "cc-by-nc-4.0", "human", 3), lot("dolly-ko", "cc-by-sa-3.0", "human", 1)])
    >>> whole.commercial, whole.share_alike, whole.hub, [conflict.kind for conflict in whole.conflicts]
    ('no', ('cc-by-sa-3.0',), 'other', ['non-commercial', 'share-alike'])
    """
    there = [each for each in lots if each.rows != 0]
    standings = [each.standing for each in there]
    licences = sorted({at.license.id: at.license for at in standings}.values(), key=lambda each: each.id)
    ids: dict[str, int | None] = {
        each.id: _sum(other.rows for other in there if other.standing.license == each) for each in licences
    }
    conflicts = tuple(_conflicts(licences, standings))
    commercial = strictest(at.commercial for at in standings)
    redistributable = strictest(at.redistributable for at in standings)
    share_alike = tuple(each.id for each in licences if each.share_alike)
    providers = tuple(sorted({provider for at in standings for provider in at.providers()}))
    research_only = any(at.research_only or at.license.research_only for at in standings)
    hub = licences[0].hub if len(licences) == 1 else "other"
    return Whole(
        rows=_sum(each.rows for each in there),
        licenses=ids,
        commercial=commercial,
        redistributable=redistributable,
        attribution=any(each.attribution for each in licences),
        share_alike=share_alike,
        no_derivatives=tuple(each.id for each in licences if each.no_derivatives),
        research_only=research_only,
        providers=providers,
        conflicts=conflicts,
        hub=hub,
        explanation=_explanation(ids, commercial, redistributable, share_alike, research_only, providers),
    )


def attribution(lots: Iterable[Lot], facts: Mapping[str, Facts] | None = None) -> list[str]:
    """Whom to name, one line a source: of every lot with rows, as who stated no licence still made it.

    >>> attribution([lot("hrc", "cc-by-sa-4.0", "generated", 2)])
    ['hrc: Human Rights Corpus v1, https://github.com/human-rights-corpus/HRC, cc-by-sa-4.0']
    """
    known = {**known_facts(), **(facts or {})}
    licences: dict[str, list[str]] = {}
    for each in lots:
        if each.rows != 0:
            licences.setdefault(each.source, []).append(each.standing.license.id)
    lines = []
    for source, ids in sorted(licences.items()):
        at = known.get(source, Facts())
        lines.append(f"{source}: " + ", ".join(filter(None, (at.title, at.homepage, *sorted(set(ids))))))
    return lines


def _sum(counts: Iterable[int | None]) -> int | None:
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total


def _listed(licences: Iterable[Licence]) -> str:
    return " and ".join(each.id for each in licences)


def _conflicts(licences: list[Licence], standings: list[Standing]) -> Iterable[Conflict]:
    by_id = {each.id: each for each in licences}
    if "unstated" in by_id:
        yield Conflict("unstated", "Some rows have no stated licence: nobody has permitted passing them on.")
    if "other" in by_id:
        yield Conflict("other", "Some rows are under terms of their own: read them on the card of their source.")
    closed = [each for each in licences if each.commercial == "no"]
    if closed and len(licences) > len(closed):
        text = f"{_listed(closed)}: not for commercial use, and so neither is the whole, whatever else is in it."
        yield Conflict("non-commercial", text)
    asking = [each for each in licences if each.share_alike]
    pairs = [(one, other) for one, other in combinations(asking, 2) if not _go_together(one, other)]
    for one, other in pairs:
        text = f"{one.id} and {other.id} each ask for themselves on what is made of them: the whole cannot be one work."
        yield Conflict("share-alike", text)
    open_to_all = [each for each in asking if each.commercial == "yes"]
    if (limited := [each for each in closed if not each.share_alike]) and open_to_all:
        text = (
            f"{_listed(open_to_all)}: what is made of it must stay open to commercial use, which {_listed(limited)} "
            f"forbids: the whole cannot be one work."
        )
        yield Conflict("share-alike", text)
    fixed = [each for each in licences if each.no_derivatives]
    if fixed:
        text = f"{_listed(fixed)}: rows may be passed on unchanged only; a mixture that filters, masks or rewrites text changes them."
        yield Conflict("no-derivatives", text)
    if any(at.research_only for at in standings):
        yield Conflict(
            "research-only", "Authors of some rows permit research only, which their licence id does not say."
        )
    explained = {
        terms.explanation
        for at in standings
        for each in (*at.generators, *at.translators)
        for terms in each.terms
        if terms.forbids != "nothing"
    }
    yield from (Conflict("terms", text) for text in sorted(explained))


def _go_together(one: Licence, other: Licence) -> bool:
    """Whether one work may be made of both.

    Later versions of a Creative Commons licence may stand in for earlier ones; and Creative Commons names GPL 3.0 as a
    licence that BY-SA 4.0, and so through it 3.0, may become.
    """
    return {one.share_alike, other.share_alike} in ({one.share_alike}, {"by-sa", "gpl"})


def _explanation(
    ids: Mapping[str, int | None],
    commercial: Answer,
    redistributable: Answer,
    share_alike: tuple[str, ...],
    research_only: bool,
    providers: tuple[str, ...],
) -> str:
    if not ids:
        return f"There are no rows. {NOT_ADVICE}"
    counted = ", ".join(id if rows is None else f"{id} ({rows:,} rows)" for id, rows in ids.items())
    sentences = [
        f"Every row keeps its own licence, which stands in its column license: {counted}."
        if len(ids) > 1
        else f"Licence: {counted}.",
        f"Of the whole: commercial use {commercial}; passing on {redistributable}.",
    ]
    if share_alike:
        sentences.append(f"What is made of it must be under the same terms where it rests on {', '.join(share_alike)}.")
    if research_only:
        sentences.append("Some authors permit research only.")
    if providers:
        sentences.append(f"Terms of whoever generated or translated text hold besides: {', '.join(providers)}.")
    return " ".join([*sentences, NOT_ADVICE])
