"""Every number of a card at its place: cell by cell, line by line, against what is counted here in the files and in provenance.json."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from okinst.builders import ask, schema
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card import LANGUAGES, card
from okinst.publishing.card.words import Words

#: split, source, language, licence, making, and how many such rows the files hold; no two sums of them are equal
LOTS = [
    ("train", "alpha", "ko", "mit", "human", 1_009),
    ("train", "alpha", "ko", "mit", "generated", 2_003),
    ("train", "alpha", "zh-Hans", "odc-by", "human", 3_011),
    ("train", "beta", "en", "odc-by", "human", 4_027),
    ("train", "gamma", "ko", "unstated", "unstated", 2_539),
    ("validation", "beta", "en", "odc-by", "human", 1_213),
]
COLUMNS = ("split", "source", "language", "license", "making")
TOTAL = sum(lot[-1] for lot in LOTS)
#: by source what its rows weigh
TOKENS = {"alpha": 1_234_567, "beta": 2_345_679, "gamma": 3_456_781}
CHARACTERS = {"alpha": 7_654_321, "beta": 6_543_217, "gamma": 5_432_111}


def line_of_funnel(source: str, first: int, **more: Any) -> dict[str, Any]:
    """What was read of a source, in numbers that are nowhere else."""
    left, ruled = {"no answer": first + 101, "unknown role": first + 211}, {"not wanted": first + 307}
    return {
        "source": source, "split": "train", "read": first + 9_001, "left_out": left, "ruled_out": ruled, "kept": first + 8_017,
        "taken": first + 7_019, "license_note": "", "warning": "", "licenses": ["mit"], "languages": ["ko"], "making": "human",
        **more,
    }  # fmt: skip


def step(name: str, first: int, **more: Any) -> dict[str, Any]:
    sources = {
        source: {
            "rows_in": first + 10 * n,
            "rows_out": first + n,
            "reasons": {"made up": first + 31 * n, "others": 7 + n},
        }
        for n, source in enumerate(TOKENS, 1)
    }
    return {"step": name, "rows_in": first + 5_003, "rows_out": first + 4_001, "sources": sources, **more}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as okinst build and okinst card write it, of numbers made up so that none stands for another."""
    path = tmp_path_factory.mktemp("numbers")
    (path / "made").mkdir()
    features = schema.features("conversation").arrow_schema.remove_metadata()
    for split in ("train", "validation"):
        rows = [
            {
                "id": f"{source}/{split}/{number}",
                "source": source,
                **dict(zip(COLUMNS[2:], those, strict=True)),
                **ask("왜?", "네."),
            }
            for of, source, *those, count in LOTS
            if of == split
            for number in range(count)
        ]
        pq.write_table(pa.Table.from_pylist(rows, schema=features), path / "made" / f"{split}-00000-of-00001.parquet")
    nested = line_of_funnel("outer", 40_000, parts=[line_of_funnel("inner", 60_000)])
    last = step("take", 90_000, rows_out=TOTAL, tokens_in=99_999_999, tokens_out=sum(TOKENS.values()))
    for source, weight in TOKENS.items():
        last["sources"][source]["tokens_out"] = weight
    checks = (
        "exact",
        "near",
        "language",
        "refusals",
        "self_reference",
        "cut_off",
        "residue",
        "empty",
        "pii",
        "secrets",
        "overlap",
    )
    told = {
        "name": "made", "description": "", "citation": "", "okinst": "0.1.0", "published": False, "pyarrow": "26.0.1",
        "recipe": {"seed": 424_243, "tokenizer": "made-up", "parts": []}, "view": "okinst", "door": None,
        "rows": {"train": TOTAL - 1_213, "validation": 1_213},
        "composition": [dict(zip((*COLUMNS, "rows"), lot, strict=True)) for lot in LOTS],
        "inputs": [{"for": "alpha", "revision": "1234567890abcdef"}, {"for": "beta", "revision": "main"}],
        "funnel": [line_of_funnel("alpha", 20_000), line_of_funnel("beta", 30_000), nested],
        "steps": [
            step("leaks", 70_000, changed={"e-mail": 3_307, "telephone": 4_409}),
            step("decontaminate", 80_000, **{"searched for": {"set a": {"items": 6_007, "not searchable": 1_301}, "set b": {"items": 2_203, "not searchable": 0}}}),
            step("validation of alpha", 85_000, **{"set aside": 1_733}),
            last,
        ],
        "set_aside": {"two answers": 5_701},
        "measured": {
            "okinst": "0.1.0", "rows": TOTAL, "looked at": 12_007, "seed": 171_717, "characters": CHARACTERS,
            "checks": {name: {"rows": 211 + 103 * n, "of": 12_007 - n} for n, name in enumerate(checks)},
            "evaluation sets": {"searched": {"set a": {"rows": 1_451}, "set b": {"rows": 2_557}}, "not reached": ["set c"]},
            "not measured": {}, "plots": [],
        },
        "files": [],
    }  # fmt: skip
    (path / "provenance.json").write_text(json.dumps(told), encoding="utf-8")
    return path


# -- what a card says, by place ---------------------------------------------------------------------------------------

#: a section (or "" above the first), then the line's text; or the line of a table, its column, and the text of the cell
Place = tuple[str, ...]


def said(text: str) -> list[Place]:
    """Everything in a card's body that has a digit, in order, with its place."""
    found: list[Place] = []
    section, heads = "", list[str]()
    for line in text.split("\n---\n", 1)[1].splitlines():
        if line.startswith("## "):
            section = line[3:]
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] if line.startswith("|") else []
        if not cells:
            heads = []
            found += [(section, line)] * any(each.isdigit() for each in line)
        elif not heads:
            heads = cells
        elif not set(line) <= set("|-:"):
            places = zip(heads, cells, strict=True)
            found += [(section, cells[0], head, cell) for head, cell in places if any(map(str.isdigit, cell))]
    return found


def counted(folder: Path) -> Counter[tuple[str, ...]]:
    """Rows of the files by split, source, language, licence and making."""
    found = Counter[tuple[str, ...]]()
    for path in sorted((folder / "made").glob("*.parquet")):
        table = pq.read_table(path, columns=list(COLUMNS[1:]))
        lines = zip(*(table[column].to_pylist() for column in COLUMNS[1:]), strict=True)
        found.update((path.name.partition("-")[0], *line) for line in lines)
    return found


def expected(folder: Path, language: str) -> list[Place]:
    """What a card of the folder should say, at each place, in order."""
    words, told, rows = Words(language), json.loads((folder / "provenance.json").read_text()), counted(folder)
    comma = "、" if language == "zh" else ", "

    def together(amounts: dict[str, int]) -> str:
        return comma.join(f"{name}: {amount:,}" for name, amount in amounts.items())

    def cells(section: str, row: str, **of: str) -> Iterator[Place]:
        yield from (
            (words(section), row, words(head.replace("_", " ")), cell)
            for head, cell in of.items()
            if re.search(r"\d", cell)
        )

    def by(number: int, among: Counter[tuple[str, ...]]) -> Counter[str]:
        sums = Counter[str]()
        for key, count in among.items():
            sums[key[number]] += count
        return Counter(dict(sums.most_common()))

    found: list[Place] = [("", LANGUAGES[language]["built by"].format(version=told["okinst"]))]
    splits = comma.join(LANGUAGES[language]["of split"].format(split=s, rows=f"{n:,}") for s, n in by(0, rows).items())
    found.append(
        (words("contents"), LANGUAGES[language]["rows of splits"].format(rows=f"{rows.total():,}", splits=splits))
    )
    last = told["steps"][-1]
    unit, weights = ("tokens", {s: each["tokens_out"] for s, each in last["sources"].items()}) if "tokens_out" in last else (
        "characters", told["measured"]["characters"],
    )  # fmt: skip
    for source, count in by(1, rows).most_common():
        own = Counter({key: each for key, each in rows.items() if key[1] == source})
        several = {
            column: ({named(value): n for value, n in by(at, own).items()} if len(by(at, own)) > 1 else {})
            for at, column, named in (
                (2, "language", lambda value: words(f"language {value}")),
                (3, "licence", lambda value: f"`{value}`"),
                (4, "making", lambda value: words(f"making {value}")),
            )
        }
        yes = [f"`{each['revision'][:12]}`" for each in told["inputs"] if each["for"] == source]
        found += cells("contents", source, rows=f"{count:,}", **{unit: f"{weights[source]:,}"},
                       **{column: together(each) for column, each in several.items()}, revision=comma.join(yes))  # fmt: skip

    lines = [("", each) for each in told["funnel"]]
    for inside, line in lines:
        if "parts" in line:
            at = lines.index((inside, line)) + 1
            lines[at:at] = [(f"{inside}{line['source']} / ", each) for each in line["parts"]]
    for inside, line in lines:
        why = {**line["left_out"], **line["ruled_out"]}
        found += cells("funnel", f"{inside}{line['source']}", read=f"{line['read']:,}", left_out=f"{sum(line['left_out'].values()):,}",
                       ruled_out=f"{sum(line['ruled_out'].values()):,}", kept=f"{line['kept']:,}", taken=f"{line['taken']:,}", why=together(why))  # fmt: skip
    for each in told["steps"]:
        reasons = Counter[str]()
        for line in each["sources"].values():
            reasons.update(line["reasons"])
        why = [together(dict(reasons.most_common()))]
        why += [
            LANGUAGES[language]["masked"].format(count=f"{n:,}", kind=kind)
            for kind, n in each.get("changed", {}).items()
        ]
        if "set aside" in each:
            why.append(LANGUAGES[language]["set aside"].format(count=f"{each['set aside']:,}"))
        if sets := each.get("searched for"):
            items = sum(one["items"] - one["not searchable"] for one in sets.values())
            why.append(LANGUAGES[language]["searched"].format(items=f"{items:,}", sets=len(sets)))
        kind, _, part = each["step"].partition(" of ")
        name = words(f"step {kind}") + (f" ({part})" if part else "")
        found += cells(
            "funnel", name, rows_in=f"{each['rows_in']:,}", rows_out=f"{each['rows_out']:,}", why=comma.join(why)
        )
    [(reason, count)] = told["set_aside"].items()
    found.append((words("funnel"), LANGUAGES[language]["view cannot hold"].format(count=f"{count:,}", reason=reason)))

    for licence, count in sorted(by(3, rows).items()):
        found += cells("licences", f"`{licence}`", rows=f"{count:,}")

    seen = told["measured"]
    found.append((words("weaknesses"), LANGUAGES[language]["measured some"].format(
        version=seen["okinst"], looked=f"{seen['looked at']:,}", rows=f"{rows.total():,}", seed=seen["seed"])))  # fmt: skip
    for name, check in seen["checks"].items():
        found += cells("weaknesses", words(f"check {name}"), found=f"{check['rows']:,}", looked_at=f"{check['of']:,}")
    sets = comma.join(
        LANGUAGES[language]["overlap of set"].format(set=name, rows=f"{each['rows']:,}")
        for name, each in seen["evaluation sets"]["searched"].items()
    )
    found.append((words("weaknesses"), LANGUAGES[language]["overlap told"].format(sets=sets)))

    found.append((words("making of"), LANGUAGES[language]["seed"].format(seed=told["recipe"]["seed"])))
    versions = comma.join(f"{library} {told[library]}" for library in ("okinst", "pyarrow"))
    found.append((words("making of"), LANGUAGES[language]["versions"].format(versions=versions)))
    found.append((words("making of"), f"seed = {told['recipe']['seed']}"))
    return found


def wrong(text: str, should: list[Place]) -> list[Place]:
    """What a card says and should not, and what it should say and does not."""
    one, other = Counter(said(text)), Counter(should)
    return [*(one - other).elements(), *(other - one).elements()]


def raised(text: str) -> Iterator[tuple[str, str]]:
    """The card with one of its numbers raised by one, for each number below its head; and that number."""
    start = text.index("\n---\n")
    for found in re.finditer(r"\d[\d,]*", text[start:]):
        digits = found[0].rstrip(",")
        more = f"{int(digits.replace(',', '')) + 1:,}"
        yield text[: start + found.start()] + more + text[start + found.start() + len(digits) :], digits


@pytest.mark.parametrize("unit", ["tokens", "characters"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_is_what_is_counted_and_no_other_would_pass(
    language: str, unit: str, folder: Path, tmp_path: Path
) -> None:
    if unit == "characters":  # without a step that weighed the rows, they weigh what was measured
        told = json.loads((folder / "provenance.json").read_text())
        told["steps"][-1].pop("tokens_out")
        (tmp_path / "made").symlink_to(folder / "made")
        (tmp_path / "provenance.json").write_text(json.dumps(told))
        folder = tmp_path
    text, should = card(BuiltFolder.at(folder), language), expected(folder, language)
    assert wrong(text, should) == []
    numbers = [*raised(text)]
    assert len(numbers) > 100
    unnoticed = [number for changed, number in numbers if not wrong(changed, should)]
    assert unnoticed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_numbers_that_changed_places_would_be_found(language: str, folder: Path) -> None:
    text, should = card(BuiltFolder.at(folder), language), expected(folder, language)
    for one, other in (
        ("6,023", "5,240"),
        ("29,001", "28,017"),
        ("211", "314"),
        ("1,451", "2,557"),
        ("3,307", "4,409"),
    ):
        parts = re.split(rf"(?<![\d,])({one}|{other})(?![\d,])", text)
        swapped = "".join({one: other, other: one}.get(part, part) for part in parts)
        assert len(parts) > 4 and wrong(swapped, should)
