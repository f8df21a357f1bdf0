"""Parts of which no row is left: refused where what is written says so, and where a filter took the last of their rows.

A licence gate, deduplication and decontamination may empty a part: which rows they take hangs on the other parts and on
what the rows say themselves, and the funnel tells it. A filter is the recipe's own wish about the part: one of the two is a
mistake, unless the part says `may_be_empty = true`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from okinst.builders import WrongCall
from okinst.curation.filters import Filter
from okinst.mixtures.where import told

if TYPE_CHECKING:
    from okinst.mixtures.mixture import Mixture, Part

#: reasons that a message lists
LISTED = 3
#: the language that a script of Chinese is
SCRIPTS = {"simplified": "zh-Hans", "traditional": "zh-Hant"}


def expect_language(part: "Part", mixture: "Mixture") -> None:
    """Raise WrongCall where a filter asks for languages of which a part is declared to hold none."""
    for filter, where in ((part.filter, part.where / "filter"), (mixture.filter, part.where)):
        if filter is None or part.may_be_empty:
            continue
        for key, wanted in _asked(filter):
            if not part.languages or any(_fits(each, wanted, key) for each in part.languages):
                continue
            of_part = filter is part.filter
            with told(where / key if of_part else where):
                raise WrongCall(
                    f"{part.name}: filter.{key} = {', '.join(wanted)}{'' if of_part else ' of the recipe'} would leave nothing of "
                    f"it, as it is in {', '.join(sorted(part.languages))}. Take {key} out of the filter, leave the part out, or "
                    f"say may_be_empty = true on it."
                )


def expect_agreement(part: "Part", mixture: "Mixture") -> None:
    """Raise WrongCall where the filters of a part and of its mixture contradict each other: what one leaves the other drops."""
    if part.filter is None or mixture.filter is None or part.may_be_empty:
        return
    for one, other in ((part, mixture), (mixture, part)):
        found = _against(cast(Filter, one.filter), cast(Filter, other.filter))
        if found is None:
            continue
        key, of_whole = (found[0], found[1]) if one is part else (found[1], found[0])
        where = mixture.where / "filter" / of_whole
        with told(part.where / "filter" / key):
            raise WrongCall(
                f"{part.name}: filter.{key} = {getattr(part.filter, key)!r} of the part, and filter.{of_whole} = "
                f"{getattr(mixture.filter, of_whole)!r} of the recipe{f' ({where})' if where.file else ''} leave no row of it. "
                f"Take one of them out, leave the part out, or say may_be_empty = true on it."
            )


def _against(one: Filter, other: Filter) -> tuple[str, str] | None:
    """A key of one filter, and the key of another that drops all that the first leaves; None where there are none.

    >>> _against(Filter(code="only"), Filter(code="drop")), _against(Filter(min_answer=9), Filter(max_length=5))
    (('code', 'code'), ('min_answer', 'max_length'))
    """
    if (one.code, other.code) == ("only", "drop"):
        return "code", "code"
    for name in ("turns", "instruction", "answer", "length"):
        whole = ("max_length",) if name in ("instruction", "answer") else ()
        for most in (f"max_{name}", *whole):
            least, limit = getattr(one, f"min_{name}"), getattr(other, most)
            if least is not None and limit is not None and least > limit:
                return f"min_{name}", most
    return None


def _asked(filter: Filter) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys of a filter that ask for languages, and what each asks for."""
    if filter.language:
        yield "language", filter.language
    if filter.script:
        yield "script", (filter.script,)


def _fits(declared: str, wanted: tuple[str, ...], key: str) -> bool:
    """Whether rows of a declared language can be of one that is wanted.

    >>> _fits("zh-Hans", ("zh",), "language"), _fits("zh-Hans", ("zh-Hant",), "language"), _fits("mul", ("ko",), "language")
    (True, False, True)
    >>> _fits("zh-Hans", ("traditional",), "script"), _fits("ko", ("traditional",), "script")
    (False, True)
    """
    if declared == "mul":
        return True
    if key == "script":  # which is about Chinese alone
        return not declared.startswith("zh") or declared in map(SCRIPTS.__getitem__, wanted)
    return any(declared == each or (each == "zh" and declared.startswith("zh")) for each in wanted)


def expect_rows(mixture: "Mixture", line: dict[str, Any]) -> None:
    """Raise WrongCall where a filter took the last rows of a part; `line` is what the funnel says of that step."""
    for part in mixture.parts:
        told_of = line["sources"][part.name]
        if part.may_be_empty or not told_of["rows_in"] or told_of["rows_out"]:
            continue
        reasons = sorted(told_of["reasons"].items(), key=lambda each: (-each[1], each[0]))
        listed = ", ".join(f"{count:,} {reason}" for reason, count in reasons[:LISTED])
        with told(part.where):
            raise WrongCall(
                f"{part.name}: its filter leaves nothing of its {told_of['rows_in']:,} rows: {listed} (step {line['step']}). Ask "
                f"for less, leave the part out, or say may_be_empty = true on it."
            )
