"""A licence gate: which rows may be kept for a purpose, and why the others may not. Decided per row, never per source."""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from okinst.builders import WrongCall
from okinst.catalogue import nearest
from okinst.licences.machines import NOT_COMMERCIAL, Machine
from okinst.licences.standing import COLUMNS, Facts, Standing, known_facts, standing
from okinst.licences.terms import LICENCES, UNNAMED, licence

COMMERCIAL, REDISTRIBUTABLE, OPEN = "commercial", "redistributable", "open"


def _unpermitted(at: Standing, what: str) -> str:
    if at.license.id == "unstated":
        return f"unstated: nobody has permitted {what}"
    return f"the licence is terms of its own, which may or may not permit {what}"


def _commercial(at: Standing) -> list[str]:
    found = []
    if at.license.commercial == "no":
        found.append(f"{at.license.id} forbids it")
    elif at.license.commercial == "unstated":
        found.append(_unpermitted(at, "it"))
    if at.research_only or at.license.research_only:
        found.append("its authors permit research only")
    # every machine that did the same thing under the same terms in one clause
    told: dict[tuple[str, str], list[str]] = {}
    for did, each in at.forbidding():
        told.setdefault((did, _terms(each)), []).append(each.name)
    found += [f"{did} by {_listed(names)}, whose {terms}" for (did, terms), names in told.items()]
    return found


def _terms(each: Machine) -> str:
    terms = next(terms for terms in each.terms if terms.forbids in NOT_COMMERCIAL)
    return {
        "competing models": f"terms ({terms.provider}) forbid developing models that compete",
        "commercial use": f"licence ({terms.provider}) forbids commercial use",
    }.get(terms.forbids, "terms are unknown")


def _listed(names: Iterable[str]) -> str:
    """
    >>> _listed(["gpt-4"]), _listed(["ChatGPT", "Bard", "Bing"]), _listed(["gpt-4", "gpt-4"])
    ('gpt-4', 'ChatGPT, Bard or Bing', 'gpt-4')
    """
    *first, last = dict.fromkeys(names)
    return f"{', '.join(first)} or {last}" if first else last


def _redistributable(at: Standing) -> list[str]:
    if at.redistributable == "yes":
        return []
    return ["its terms forbid passing it on" if at.not_passed_on else _unpermitted(at, "passing it on")]


def _open(at: Standing) -> list[str]:
    if at.license.id not in UNNAMED:
        return []
    return ["unstated" if at.license.id == "unstated" else "terms of its own, no public licence"]


def _not_among(ids: tuple[str, ...], at: Standing) -> list[str]:
    return [] if at.license.id in ids else [f"{at.license.id} is not among {', '.join(ids)}"]


#: by kind: all that stands against rows of a standing, nothing where they may be kept
KINDS: dict[str, Callable[[Standing], list[str]]] = {
    COMMERCIAL: _commercial,
    REDISTRIBUTABLE: _redistributable,
    OPEN: _open,
}


@dataclass(frozen=True)
class Gate:
    """What a recipe's `license` asks for: one of KINDS, or licence ids."""

    kind: str
    against: Callable[[Standing], list[str]]
    #: of sources beyond the catalogue too
    facts: Mapping[str, Facts] = field(default_factory=known_facts, repr=False)

    def whys(self, source: str | None, license: str | None, making: str | None) -> list[str]:
        """All that stands against rows like this; nothing where they may be kept."""
        return self.against(standing(license, making, self.facts.get(source or "")))

    def reason(self, source: str | None, license: str | None, making: str | None) -> str | None:
        """Why rows like this may not be kept, the first that stands against them; None where they may.

        >>> gate("commercial").reason("koalpaca-v1.1", "cc-by-nc-4.0", "human and generated")
        'commercial: cc-by-nc-4.0 forbids it'
        >>> gate("commercial").reason("kullm-v2", "cc-by-sa-3.0", "human, machine-translated")
        """
        found = self.whys(source, license, making)
        return f"{self.kind}: {found[0]}" if found else None

    def apply(self, table: pa.Table) -> tuple[pa.BooleanArray, pa.DictionaryArray]:
        """Which rows of a table are kept, and the reason of each that is not (null where it is kept).

        Only the distinct combinations of `source`, `license` and `making` are judged: 400,000 rows take a moment. Reasons
        are dictionary-encoded, as they are few. Raises WrongCall for a table without these columns, such as raw rows.
        """
        if missing := [name for name in COLUMNS if name not in table.column_names]:
            raise WrongCall(
                f"license = {self.kind!r} decides by the columns {', '.join(COLUMNS)}, and these rows have no "
                f"{', '.join(missing)}. Rows in raw form have none of them: leave raw out."
            )
        code = np.zeros(len(table), np.int64)
        values: list[list[str | None]] = []
        for name in COLUMNS:
            column = _encoded(table[name])
            values.append([*column.dictionary.to_pylist(), None])
            indices = pc.fill_null(column.indices, len(column.dictionary)).to_numpy(zero_copy_only=False)
            code = code * len(values[-1]) + indices
        distinct, place = np.unique(code, return_inverse=True)
        judged = [self.reason(*_decoded(int(each), values)) for each in distinct]
        reasons = list(dict.fromkeys(reason for reason in judged if reason))
        numbers = pa.array([reasons.index(reason) if reason else None for reason in judged], pa.int32())
        indices = numbers.take(pa.array(place))
        return indices.is_null(), pa.DictionaryArray.from_arrays(indices, pa.array(reasons, pa.string()))


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    combined = column.cast(pa.string()).combine_chunks()
    if isinstance(combined, pa.ChunkedArray):  # which older versions of pyarrow give back
        combined = pa.concat_arrays(combined.chunks) if combined.num_chunks else pa.array([], pa.string())
    return combined.dictionary_encode()


def _decoded(code: int, values: list[list[str | None]]) -> list[str | None]:
    found = []
    for column in reversed(values):
        code, place = divmod(code, len(column))
        found.append(column[place])
    return found[::-1]


def gate(kind: str | Iterable[str], facts: Mapping[str, Facts] | None = None) -> Gate:
    """The gate that a recipe's `license` names: "commercial", "redistributable", "open", a licence id, or several.

    * commercial: what a model that is sold or offered may be trained on, so far as licences and the terms of generators say;
    * redistributable: what may be passed on under its own terms (non-commercial and share-alike licences included);
    * open: what has a public licence at all, so neither "unstated" nor "other";
    * licence ids: rows under these and no others, whatever wrote them.

    `facts` adds sources that the catalogue does not have: local files with what their owner declares. Raises WrongCall, with
    the nearest, for a kind or id that is not known.
    """
    known = {**known_facts(), **(facts or {})}
    if isinstance(kind, str) and kind in KINDS:
        return Gate(kind, KINDS[kind], known)
    wanted = [kind] if isinstance(kind, str) else list(kind)
    if not wanted:
        raise WrongCall("license = [] would keep nothing: name a kind or licence ids.")
    for each in wanted:
        if not isinstance(each, str):
            raise WrongCall(f"license = {each!r} should be text.")
        if each in KINDS:
            raise WrongCall(f"license = {each!r} stands alone: not in a list.")
    try:
        ids = [licence(each).id for each in wanted]
    except WrongCall as error:
        if not isinstance(kind, str):
            raise
        close = ", ".join(nearest(kind, [*KINDS, *LICENCES]))
        raise WrongCall(
            f"license = {kind!r}: there is no such kind. The nearest are {close}. There are {', '.join(KINDS)}, and "
            f"licence ids."
        ) from error
    return Gate("license", functools.partial(_not_among, tuple(ids)), known)
