"""What a recipe's `filter = { ... }` says, checked; and what it does to a table of rows.

Kept rows stay in order and, but for masks, as they were. A dropped row has one reason, the first in the order of the keys below,
in few fixed words that the funnel counts, and the stretch that gave it.

What is judged, by shape: a conversation's and a rated row's answers are the assistant's messages, and one bad answer is enough; its
instructions are the user's. A preference is judged by its prompt and its chosen answer (the rejected one is there to be bad); only
personal data, credentials, emptiness and the whole length see the rejected one. A prompt has no answer. Evaluation rows (choice, span,
labelled) can be filtered by language, script and length, and dropped for what they leak; masks would change what a model is shown.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from okinst.builders import WrongCall
from okinst.builders.schema import BLANK, SHAPES
from okinst.curation.filters import code, cut_off, language, masks, pii, refusals, residue, secrets
from okinst.curation.filters.texts import (
    ANSWER,
    CONTEXT,
    OTHER,
    REJECTED,
    SYSTEM,
    USER,
    Flags,
    Rows,
    Texts,
    changed,
    texts,
)
from okinst.curation.values import share

#: rows at a time: bounds the memory, and what a regular expression sees at once
BATCH = 20_000
#: characters of evidence
EVIDENCE = 80
_JUDGED = (SYSTEM, USER, ANSWER, OTHER)
_NOT_BLANK = "[^" + "".join(f"\\x{{{ord(char):x}}}" for char in BLANK) + "]"
_EVALUATION = ("choice", "span", "labelled")
_ANSWER_KEYS = ("min_answer", "max_answer", "cut_off", "refusals", "self_reference")


@dataclass(frozen=True)
class Filtered:
    """What a filter made of a table."""

    #: the rows that stay, same columns, in their order
    table: pa.Table
    #: one row for each dropped one: `index` in the table that was filtered, `reason`, `evidence`
    dropped: pa.Table
    #: the dropped rows themselves, one for each of `dropped`; masked where the filter knows what to mask, even if it drops for it
    aside: pa.Table
    #: the rows of the table that was filtered in which something was masked, in order, kept or not
    touched: tuple[int, ...] = ()
    #: stretches that were masked in kept rows, by kind
    masked: Mapping[str, int] = field(default_factory=dict)

    @property
    def reasons(self) -> dict[str, int]:
        """Dropped rows by reason, the commonest first."""
        found = self.dropped["reason"].value_counts().to_pylist()
        return {
            each["values"]: each["counts"] for each in sorted(found, key=lambda each: (-each["counts"], each["values"]))
        }


@dataclass(frozen=True)
class Filter:
    """What rows have to be. A key that is not given asks nothing. Lengths are characters; "drop" drops rows that have it."""

    #: the languages a row may be in: ko, zh-Hans, zh-Hant, zh (either), ja, en; one, or a list
    language: tuple[str, ...] = ()
    #: the share of the letters that must be of one of them; a word in Latin letters counts as much as one character of the others
    language_share: float = 0.7
    #: what is measured: "answer", "instruction" or "both" (each by itself). Default: the answers; of shapes without any, the rest.
    #: What has only figures, formulas, code or one or two Latin words is in the language of the other side
    language_in: str | None = None
    #: "simplified" or "traditional": Chinese rows in the other one, or too much mixed, are dropped; other languages stay
    script: str | None = None
    #: "drop": no code; "only": nothing but rows with code (fences, or lines that can be nothing else)
    code: str | None = None
    #: a turn is an answer of the assistant (of a prompt, a message of the user)
    min_turns: int | None = None
    max_turns: int | None = None
    #: the user's messages of a row together
    min_instruction: int | None = None
    max_instruction: int | None = None
    #: the assistant's messages of a row together
    min_answer: int | None = None
    max_answer: int | None = None
    #: all texts of a row together
    min_length: int | None = None
    max_length: int | None = None
    #: "drop": rows with a blank message, or without an answer
    empty: str | None = None
    #: "drop": an answer stops in mid-sentence, in an open block of code or bracket, or at the number of the next item
    cut_off: str | None = None
    #: "drop": an answer begins by declining, or by asking for what was not given
    refusals: str | None = None
    #: "drop": an answer speaks of itself as a model: "As an AI language model"
    self_reference: str | None = None
    #: "drop", or a list of kinds: untranslated, english (as a whole, to a prompt that is not), label ("번역:"), speaker ("네, A씨."), placeholder, mojibake
    residue: tuple[str, ...] = ()
    #: "mask" or "drop": resident numbers, telephones, e-mail, bank accounts, cards, passports, licences and messengers in Korean and Chinese forms
    pii: str | None = None
    #: "mask" or "drop": access tokens, API keys, private keys, and values named so or as a password
    secrets: str | None = None

    def __post_init__(self) -> None:
        wrong = _contradiction(self)
        if wrong:
            raise WrongCall(f"filter: {wrong}")

    @classmethod
    def from_values(cls, values: Mapping[str, Any], where: str) -> "Filter":
        """The filter that a recipe's table means; `where` names it in messages. Raises WrongCall for one that means nothing."""
        if not isinstance(values, Mapping):
            raise WrongCall(
                f'{where}: filter = {values!r} should be a table: filter = {{ language = "ko", refusals = "drop" }}.'
            )
        given: dict[str, Any] = {}
        for key, value in values.items():
            if key not in _KINDS:
                near = difflib.get_close_matches(str(key), list(_KINDS), n=1, cutoff=0.0)[0]
                raise WrongCall(
                    f"{where}: filter has no key {key!r}. Did you mean {near!r}? There are {', '.join(_KINDS)}."
                )
            given[key] = _KINDS[key](value, f"{where}: filter.{key} = {value!r}")
        try:
            return cls(**given)
        except WrongCall as error:
            raise WrongCall(f"{where}: {error}") from None

    def values(self) -> dict[str, Any]:
        """What was said, as plain values in the order of the keys: what `from_values` takes, for provenance."""
        said: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value != each.default:
                said[each.name] = list(value) if isinstance(value, tuple) else value
        if self.residue == residue.KINDS:
            said["residue"] = "drop"
        return said

    def apart(self) -> "tuple[Filter | None, Filter | None]":
        """What it says of personal data and credentials, and all the rest, each as a filter; None where it says nothing."""
        leaks = Filter(pii=self.pii, secrets=self.secrets) if self.pii or self.secrets else None
        rest = replace(self, pii=None, secrets=None)
        return leaks, rest if rest.values() else None

    def check(self, shape: str, where: str) -> None:
        """Raises WrongCall where a key makes no sense for rows of a shape, before any row is read."""
        if shape not in SHAPES:
            raise WrongCall(f"{where}: there is no shape {shape!r}. There are {', '.join(SHAPES)}.")
        said = self.values()
        wrong: list[str] = []
        advice = "Leave it out."
        if shape in _EVALUATION:
            fit = {"language", "language_share", "script", "min_length", "max_length"}
            wrong = [key for key in said if key not in fit and not (key in ("pii", "secrets") and said[key] == "drop")]
            advice = 'Evaluation rows can be filtered by language, script, min_length, max_length, and pii or secrets = "drop".'
        elif shape == "prompt":
            wrong = [key for key in said if key in _ANSWER_KEYS]
            if self.language_in in ("answer", "both"):
                wrong.append("language_in")
            if set(self.residue) - {"mojibake"}:
                wrong.append("residue")
                advice = 'A prompt may ask for any of it; residue = ["mojibake"] is judged.'
        if wrong:
            raise WrongCall(f"{where}: filter.{wrong[0]} means nothing for rows of the shape {shape}. {advice}")

    def apply(self, table: pa.Table) -> Filtered:
        """Filter rows: kept and dropped ones together are all of them. The same rows give the same, however they are cut up."""
        parts = [_filtered(self, table.slice(start, BATCH), start) for start in range(0, table.num_rows, BATCH)]
        if not parts:
            return Filtered(table, _dropped([]), table)
        counts: dict[str, int] = {}
        for part in parts:
            for kind, count in part.masked.items():
                counts[kind] = counts.get(kind, 0) + count
        return Filtered(
            pa.concat_tables([part.table for part in parts]),
            pa.concat_tables([part.dropped for part in parts]),
            pa.concat_tables([part.aside for part in parts]),
            tuple(chain.from_iterable(part.touched for part in parts)),
            dict(sorted(counts.items())),
        )


class _Verdicts:
    """The first reason for each row of a batch."""

    def __init__(self, rows: int) -> None:
        self.found: dict[int, tuple[str, str]] = {}
        self.open = np.ones(rows, np.bool_)

    def drop(self, row: int, reason: str, evidence: str = "") -> None:
        if self.open[row]:
            self.open[row] = False
            self.found[row] = (reason, _short(evidence))

    def drop_all(self, rows: Flags, reason: str, evidence: Callable[[int], str] = lambda row: "") -> None:
        for row in np.flatnonzero(rows & self.open).tolist():
            self.drop(row, reason, evidence(row))


def _filtered(filter: Filter, table: pa.Table, start: int) -> Filtered:
    verdicts = _Verdicts(table.num_rows)
    table, masked = _without_leaks(filter, table, verdicts)
    every = texts(table)
    # by the columns, not by what is in them: a batch in which nobody answers is still one of conversations
    answered = bool({"messages", "chosen"} & set(table.column_names))
    _by_size(filter, every, answered, verdicts)
    if filter.language or filter.script:
        _by_language(filter, every, answered, verdicts)
    if filter.code:
        _by_code(filter.code, every, verdicts)
    _by_answer(filter, every, verdicts)
    if not filter.secrets:  # else they are masked by now
        _hide_secrets(every, verdicts)
    gone = sorted(verdicts.found)
    counted: dict[str, int] = {}
    for row in np.flatnonzero(verdicts.open).tolist() if masked else ():
        for kind, count in masked.get(row, {}).items():
            counted[kind] = counted.get(kind, 0) + count
    return Filtered(
        table.filter(pa.array(verdicts.open)) if gone else table,
        _dropped([(start + row, *verdicts.found[row]) for row in gone]),
        table.take(pa.array(gone, pa.int64())),
        tuple(start + row for row in sorted(masked)),
        counted,
    )


def _without_leaks(filter: Filter, table: pa.Table, verdicts: _Verdicts) -> tuple[pa.Table, dict[int, dict[str, int]]]:
    """The table with credentials and personal data masked, and for each such row how many of each kind (none to be dropped)."""
    counts: dict[int, dict[str, int]] = {}
    if filter.secrets:
        every = texts(table)
        hinted = every.take(secrets.candidates(every.text))
        table = _masked(filter.secrets, "credential", secrets.secrets, every, hinted, table, counts, verdicts)
    if filter.pii:
        every = texts(table)
        hinted = every.matching(pii.HINT)
        table = _masked(filter.pii, "personal data", pii.pii, every, hinted, table, counts, verdicts)
    return table, counts


def _masked(
    action: str,
    reason: str,
    find: Callable[[str], list[masks.Span]],
    every: Texts,
    hinted: Texts,
    table: pa.Table,
    counts: dict[int, dict[str, int]],
    verdicts: _Verdicts,
) -> pa.Table:
    chosen = every.take(np.isin(every.row, hinted.row))
    of_row: dict[int, list[tuple[int, str]]] = {}
    for row, part, text in zip(chosen.row.tolist(), chosen.part.tolist(), chosen.text.to_pylist(), strict=True):
        of_row.setdefault(row, []).append((part, text))
    new: dict[int, dict[str, str]] = {}
    for row, parts in of_row.items():
        found = masks.found_in((text for _, text in parts), find)
        if not found:
            continue
        counts.setdefault(row, {})
        if action == "drop":
            stretch, kind = next(iter(found.items()))
            verdicts.drop(row, reason, f"{kind}: {secrets.redacted(stretch)}")
        context = next((text for part, text in parts if part == CONTEXT), "")
        tongue = table["language"][row].as_py() if "language" in table.column_names else ""
        new[row], replaced = masks.masked([text for part, text in parts if part != CONTEXT], context, tongue, find)
        if action == "mask":
            for kind, count in replaced.items():
                counted = counts[row]
                counted[kind] = counted.get(kind, 0) + count
    return changed(table, new)


def _by_size(filter: Filter, every: Texts, answered: bool, verdicts: _Verdicts) -> None:
    rows = len(verdicts.open)
    if filter.empty:
        said = every.take(every.part != CONTEXT)
        blank = ~pc.match_substring_regex(said.text, _NOT_BLANK).to_numpy(zero_copy_only=False).astype(bool)
        silent = np.bincount(said.row[blank], minlength=rows) > 0
        needed = ANSWER if answered else USER
        silent |= np.bincount(said.row[said.part == needed], minlength=rows) == 0
        verdicts.drop_all(silent, "empty text")
    turns = np.bincount(every.row[every.part == (ANSWER if answered else USER)], minlength=rows)
    _between(turns, filter.min_turns, filter.max_turns, ("too few turns", "too many turns"), "turns", verdicts)
    for name, parts in (("instruction", (USER,)), ("answer", (ANSWER,)), ("length", (*_JUDGED, REJECTED))):
        least, most = getattr(filter, f"min_{name}"), getattr(filter, f"max_{name}")
        if least is None and most is None:
            continue
        chosen = every.where(*parts)
        sizes = np.bincount(chosen.row, pc.utf8_length(chosen.text).to_numpy(zero_copy_only=False), minlength=rows)
        what = "row" if name == "length" else name
        reasons = (f"{what} too short", f"{what} too long")
        _between(sizes.astype(np.int64), least, most, reasons, "characters", verdicts)


def _between(
    sizes: Rows, least: int | None, most: int | None, reasons: tuple[str, str], unit: str, verdicts: _Verdicts
) -> None:
    if least is not None:
        verdicts.drop_all(sizes < least, reasons[0], lambda row: f"{sizes[row]:,} {unit}")
    if most is not None:
        verdicts.drop_all(sizes > most, reasons[1], lambda row: f"{sizes[row]:,} {unit}")


def _by_language(filter: Filter, every: Texts, answered: bool, verdicts: _Verdicts) -> None:
    instructions, answers = every.where(USER), every.where(ANSWER)
    where = filter.language_in or ("answer" if answered else "instruction")
    sides = {"answer": [(answers, instructions)], "instruction": [(instructions, answers)]}
    for measured, other in sides[where] if where != "both" else sides["instruction"] + sides["answer"]:
        counted = _counted(filter, measured, verdicts.open)
        found = language.telling(counted)
        silent = verdicts.open & (found[:, :5].sum(axis=1) == 0)
        if silent.any():
            # Figures, a name, code: the row is in the language of the other side; with nothing there, in that of its few words.
            beside = _counted(filter, other.take(silent[other.row]), silent)
            told = language.telling(beside)
            found = found + told
            nothing = silent & (found[:, :5].sum(axis=1) == 0)
            found[nothing] = counted[nothing] + beside[nothing]
        fits, foreign = _fits(filter, found, measured)
        if filter.language:
            reason = f"not {' or '.join(filter.language)}"
            verdicts.drop_all(~fits, reason, partial(_language_evidence, found, foreign))
        if filter.script:
            wrong = language.off_script(found, filter.script, filter.language_share)
            verdicts.drop_all(wrong, f"not {filter.script}", partial(_script_evidence, found))


def _fits(filter: Filter, found: language.Counts, measured: Texts) -> tuple[Flags, Flags]:
    """Whether rows are in the languages allowed, and whether their Latin words are of another language than English."""
    foreign: Flags = np.zeros(len(found), np.bool_)
    if "en" in filter.language:
        latin = 2 * found[:, 0] > found[:, :5].sum(axis=1)
        few = measured.take(latin[measured.row])
        for row, text in zip(few.row.tolist(), few.text.to_pylist(), strict=True):
            foreign[row] |= language.looks_foreign(text)
    return language.in_one_of(found, filter.language, filter.language_share, foreign), foreign


def _counted(filter: Filter, measured: Texts, open: Flags) -> language.Counts:
    """The counts of rows' texts; without code and figures where that decides: only there are they looked for."""
    found = language.per_row(measured, len(open))
    fits, _ = _fits(filter, found, measured)
    doubtful = measured.take((~fits & open)[measured.row])
    coded = {row for row, _ in _found(doubtful.matching(code.HINT), code.code_in)}
    dressed = coded | set(doubtful.matching(language.FIGURES).row.tolist())
    if not dressed:
        return found
    again = doubtful.take(np.isin(doubtful.row, list(dressed)))
    prose = [
        language.without_figures(code.without_code(text) if row in coded else text)
        for row, text in zip(again.row.tolist(), again.text.to_pylist(), strict=True)
    ]
    found[list(dressed)] = 0
    found += language.per_row(Texts(pa.array(prose, again.text.type), again.row, again.part), len(found))
    return found


def _language_evidence(found: language.Counts, foreign: Flags, row: int) -> str:
    return language.shares(found[row]) + (", not English" if foreign[row] else "")


def _script_evidence(found: language.Counts, row: int) -> str:
    return f"{found[row, 5]} characters traditional alone, {found[row, 6]} simplified alone"


def _by_code(action: str, every: Texts, verdicts: _Verdicts) -> None:
    hits = dict(_found(every.where(*_JUDGED).matching(code.HINT), code.code_in))
    if action == "drop":
        for row, found in hits.items():
            verdicts.drop(row, "code", found)
    else:
        verdicts.drop_all(~np.isin(np.arange(len(verdicts.open)), list(hits)), "no code")


def _by_answer(filter: Filter, every: Texts, verdicts: _Verdicts) -> None:
    answers = every.where(ANSWER)
    if filter.cut_off:
        for row, found in _found(answers.matching(cut_off.HINT), cut_off.cut_off):
            verdicts.drop(row, "cut-off answer", found)
    asked = every.asked()[every.part == ANSWER]

    def judge(hint: str, head: int | None, finder: Callable[[str, str], str | None], reason: str) -> None:
        seen = pc.utf8_slice_codeunits(answers.text, 0, head) if head else answers.text
        hits = pc.match_substring_regex(seen, hint).to_numpy(zero_copy_only=False).astype(bool)
        for place in np.flatnonzero(hits & verdicts.open[answers.row]).tolist():
            question = int(asked[place])
            found = finder(answers.text[place].as_py(), every.text[question].as_py() if question >= 0 else "")
            if found:
                verdicts.drop(int(answers.row[place]), reason, found)

    if filter.refusals:
        judge(refusals.REFUSAL_HINT, refusals.HEAD, refusals.refuses, "refusal")
    if filter.self_reference:
        judge(refusals.SELF_HINT, refusals.SELF_HEAD, refusals.speaks_of_itself, "self-reference")
    for kind in filter.residue:
        if kind == "mojibake":
            for row, found in _found(every.where(*_JUDGED).matching(residue.HINTS[kind]), residue.mojibake):
                verdicts.drop(row, residue.REASONS[kind], found)
        else:
            judge(residue.HINTS[kind], None, residue.FINDERS[kind], residue.REASONS[kind])


def _found(candidates: Texts, judge: Callable[[str], str | None]) -> Iterable[tuple[int, str]]:
    """Row and finding of those candidates in which a judge finds something."""
    for row, text in zip(candidates.row.tolist(), candidates.text.to_pylist(), strict=True):
        found = judge(text)
        if found:
            yield row, found


def _short(evidence: str) -> str:
    line = " ".join(evidence[: 4 * EVIDENCE].split())
    return line if len(line) <= EVIDENCE else line[: EVIDENCE - 1] + "…"


def _hide_secrets(every: Texts, verdicts: _Verdicts) -> None:
    """Take the evidence from rows that hold a credential: a stretch may hold half of one, which nothing would find."""
    gone = every.take(~verdicts.open[every.row])
    hinted = gone.take(secrets.candidates(gone.text))
    for row, text in zip(hinted.row.tolist(), hinted.text.to_pylist(), strict=True):
        if secrets.secrets(text):
            verdicts.found[row] = (verdicts.found[row][0], "not shown: the row holds a credential")


def _dropped(rows: list[tuple[int, str, str]]) -> pa.Table:
    index, reason, evidence = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "index": pa.array(index, pa.int64()),
            "reason": pa.array(reason, pa.string()),
            "evidence": pa.array(evidence, pa.string()),
        }
    )


def _contradiction(filter: Filter) -> str | None:
    for name in ("turns", "instruction", "answer", "length"):
        least, most = getattr(filter, f"min_{name}"), getattr(filter, f"max_{name}")
        if least is not None and most is not None and least > most:
            return f"min_{name} = {least} is more than max_{name} = {most}: no row would be left."
    if filter.max_length is not None:
        for key in ("min_instruction", "min_answer"):
            if (getattr(filter, key) or 0) > filter.max_length:
                return f"{key} = {getattr(filter, key)} is more than max_length = {filter.max_length}: no row would be left."
    if filter.max_answer == 0 and filter.empty:
        return 'max_answer = 0 and empty = "drop" leave no row.'
    if filter.language_in and not filter.language and not filter.script:
        return 'language_in says where a language is measured, but there is no language: add language = ["ko"].'
    if filter.language_share != Filter.language_share and not filter.language and not filter.script:
        return f'language_share = {filter.language_share} is of a language, and there is none: add language = ["ko"].'
    if filter.language and filter.script:
        fit = {"zh", "zh-Hans" if filter.script == "simplified" else "zh-Hant"}
        if not fit & set(filter.language):
            return f"script = {filter.script!r} is about Chinese, and language = {list(filter.language)} allows none of it."
    return None


def _one_of(*allowed: str) -> Callable[[Any, str], str]:
    def read(value: Any, where: str) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise WrongCall(f"{where} should be {' or '.join(map(repr, allowed))}.{_near(value, allowed)}")
        return value

    return read


def _some_of(allowed: tuple[str, ...], whole: str | None = None) -> Callable[[Any, str], tuple[str, ...]]:
    def read(value: Any, where: str) -> tuple[str, ...]:
        if whole and value == whole:
            return allowed
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, (list, tuple)) or not values or not all(isinstance(each, str) for each in values):
            raise WrongCall(
                f"{where} should be {f'{whole!r} or ' if whole else 'one or '}a list of: {', '.join(allowed)}."
            )
        for each in values:
            if each not in allowed:
                raise WrongCall(f"{where}: there is no {each!r}.{_near(each, allowed)} There are {', '.join(allowed)}.")
        # the order of the keys is nobody's choice: the same set is the same filter
        return tuple(each for each in allowed if each in values)

    return read


def _whole(value: Any, where: str) -> int:
    # bool is an int to Python, not to a person
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise WrongCall(f"{where} should be a whole number, 0 or more.")
    return value


def _near(value: Any, allowed: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(value, allowed, n=1, cutoff=0.5) if isinstance(value, str) else []
    return f" Did you mean {near[0]!r}?" if near else ""


_drop = _one_of("drop")
_KINDS: dict[str, Callable[[Any, str], Any]] = {
    "language": _some_of(language.LANGUAGES),
    "language_share": share,
    "language_in": _one_of("answer", "instruction", "both"),
    "script": _one_of("simplified", "traditional"),
    "code": _one_of("drop", "only"),
    **dict.fromkeys(
        [f"{end}_{name}" for name in ("turns", "instruction", "answer", "length") for end in ("min", "max")], _whole
    ),
    "empty": _drop,
    "cut_off": _drop,
    "refusals": _drop,
    "self_reference": _drop,
    "residue": _some_of(residue.KINDS, whole="drop"),
    "pii": _one_of("mask", "drop"),
    "secrets": _one_of("mask", "drop"),
}
