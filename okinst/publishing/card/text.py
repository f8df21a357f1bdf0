"""The text of a card, section by section; every number in it stands in provenance.json, or is a sum of those that do."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import yaml

from okinst import catalogue
from okinst.builders import bibliography
from okinst.licences import together
from okinst.mixtures import MIXTURES
from okinst.publishing import funnel
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card import licence
from okinst.publishing.card.head import head, shape_of
from okinst.publishing.card.markdown import LIMIT, code, fenced, plain, table, toml, within
from okinst.publishing.card.words import Words
from okinst.publishing.public import without_folders

#: of a commit: as much of it as tells it from others
SHORT = 12


def card(built: BuiltFolder, language: str = "en", repo: str | None = None, config: str | None = None) -> str:
    """The whole README.md of a folder that `build` wrote, in English (en), Korean (ko) or Chinese (zh).

    `repo` is where it is on the Hub, and `config` what the set is called there, for the lines that load it. Raises WrongCall for
    another language.
    """
    words = Words(language)
    # a card is made to be passed on
    built = replace(built, provenance=without_folders(built.provenance))
    there = licence.lots(built)
    whole = together(there)
    groups = _groups(built)
    sections = {
        "contents": _contents(built, groups, words),
        "plots": _plots(built, words),
        "funnel": _funnel(built, words),
        "licences": licence.section(built, there, whole, words),
        "weaknesses": _weaknesses(built, words),
        "loading": _loading(built, repo, config, words),
        "making of": _making(built, words),
        "citing": _citing(built, words),
    }
    languages = [each for group in groups for each in group["language"].split(", ")]
    lines = [
        "---",
        yaml.safe_dump(head(built, languages, whole), allow_unicode=True, sort_keys=False, width=10_000).strip(),
        "---",
        f"# {plain(built.name)}",
        "",
        *_opening(built, words),
    ]
    for key, section in sections.items():
        if told := within(section, LIMIT, words("cut")):
            lines += ["", f"## {words(key)}", "", *told]
    return "\n".join(lines) + "\n"


def _opening(built: BuiltFolder, words: Words) -> Iterator[str]:
    known = built.provenance
    if known.get("door") == "sample":
        yield from (words("sample"), "")
    if description := str(known.get("description") or ""):
        yield from within([plain(description)], LIMIT, words("cut"))
        yield ""
    yield words("built by", version=known["okinst"])


# -- what is in it ----------------------------------------------------------------------------------------------------


def _groups(built: BuiltFolder) -> list[dict[str, Any]]:
    """Rows by split, source, language, licence and making; of upstream's own columns, what the cards say of all rows of a source."""
    if found := built.provenance.get("composition"):
        return list(found)
    return [
        {
            "split": line["split"],
            "source": line["source"],
            "language": ", ".join(line["languages"]),
            "license": ", ".join(line["licenses"]),
            "making": line["making"],
            "rows": line["taken"],
        }
        for line in built.funnel
    ]


def _contents(built: BuiltFolder, groups: list[dict[str, Any]], words: Words) -> Iterator[str]:
    rows = built.provenance["rows"]
    total = sum(rows.values())
    shape = shape_of(built)
    if not total:
        yield words("nothing")
        return
    splits = words.comma.join(words("of split", split=split, rows=count) for split, count in rows.items())
    yield words("rows of splits", rows=total, splits=splits)
    yield ""
    yield words(f"shape {shape}", view=built.provenance["view"]) if shape == "view" else words(f"shape {shape}")
    yield ""
    unit, weights = _weights(built, total)
    by_source: dict[str, list[dict[str, Any]]] = {}
    for group in groups:
        by_source.setdefault(group["source"], []).append(group)
    yield from table(
        (
            words("source"), f">{words('rows')}", *((f">{words(unit)}",) if unit else ()), words("language"), words("licence"),
            words("making"), words("revision"),
        ),
        (
            (
                plain(source),
                f"{sum(group['rows'] for group in of):,}",
                *((f"{weights[source]:,}",) if unit else ()),
                _each(of, "language", lambda value: _named("language", value, words), words),
                _each(of, "license", code, words),
                _each(of, "making", lambda value: _named("making", value, words), words),
                words.comma.join(map(code, _revisions(built, source))),
            )
            for source, of in sorted(by_source.items(), key=lambda each: -sum(group["rows"] for group in each[1]))
        ),
    )  # fmt: skip
    if unit == "tokens":
        yield from ("", words("tokens by", tokenizer=built.provenance["recipe"]["tokenizer"]))
    elif unit:
        yield from ("", words("characters of"))
    if shape != "raw":
        yield from ("", words("columns"))


def _each(groups: list[dict[str, Any]], column: str, named: Callable[[str], str], words: Words) -> str:
    """The values of a column among the rows of a source; of several, how many rows have each."""
    counts = Counter[str]()
    for group in groups:
        counts[group[column]] += group["rows"]
    if len(counts) == 1:
        return named(next(iter(counts)))
    return words.comma.join(f"{named(value)}: {count:,}" for value, count in counts.most_common())


def _named(kind: str, value: str, words: Words) -> str:
    """A value in words; of upstream's own columns, the languages that a source may have."""
    parts = value.split(", ") if kind == "language" else [value]
    return words.comma.join(plain(words.or_itself(kind, part)) for part in parts)


def _weights(built: BuiltFolder, total: int) -> tuple[str, dict[str, int]]:
    """The unit that rows were weighed in, and what those of each source weigh: as the last step counted them, else as measured."""
    steps = built.provenance.get("steps") or []
    last = steps[-1] if steps else {}
    for unit in ("tokens", "characters"):
        if f"{unit}_out" in last and last["rows_out"] == total:
            found = Counter[str]()
            for place, line in last["sources"].items():
                for inner, each in (line.get("sources") or {place: line}).items():
                    found[inner.rpartition("/")[2]] += each[f"{unit}_out"]
            return unit, found
    measured = built.provenance.get("measured", {}).get("characters")
    return ("characters", Counter(measured)) if measured else ("", {})


def _revisions(built: BuiltFolder, source: str) -> list[str]:
    found = (
        str(file["revision"])[:SHORT]
        for file in built.provenance["inputs"]
        if file["for"] == source and "revision" in file
    )
    return list(dict.fromkeys(found))


# -- what became of every row -----------------------------------------------------------------------------------------


def _funnel(built: BuiltFolder, words: Words) -> Iterator[str]:
    lines = [*funnel.parts(built.funnel)]
    yield words("funnel told")
    yield ""
    numbers = ("read", "left out", "ruled out", "kept", "taken")
    yield from table(
        (words("source"), words("split"), *(f">{words(each)}" for each in numbers), words("why")),
        (
            (
                plain(line["source"]),
                code(line["split"]),
                *(
                    f"{each:,}"
                    for each in (
                        line["read"], sum(line["left_out"].values()), sum(line["ruled_out"].values()), line["kept"], line["taken"],
                    )
                ),
                _reasons({**line["left_out"], **line["ruled_out"]}, words),
            )
            for line in lines
        ),
    )  # fmt: skip
    steps = [funnel.step(each) for each in built.provenance.get("steps", ())]
    if steps:
        yield from ("", words("steps told"), "")
        yield from table(
            (words("step"), f">{words('rows in')}", f">{words('rows out')}", words("why")),
            (
                (_step(each["step"], words), f"{each['in']:,}", f"{each['out']:,}", _happened(each, words))
                for each in steps
            ),
        )
    if any(each["reasons"] or each["changed"] for each in steps) or any(
        {**line["left_out"], **line["ruled_out"]} for line in lines
    ):
        yield from ("", words("reasons as recorded"))
    for reason, count in built.provenance.get("set_aside", {}).items():
        yield from ("", words("view cannot hold", count=count, reason=plain(reason)))


def _step(name: str, words: Words) -> str:
    """The name of a step; where it is one part's, that part behind it."""
    kind, _, part = name.partition(" of ")
    told = words.or_itself("step", kind)
    return plain(f"{told} ({part})" if part else told)


def _reasons(reasons: dict[str, int], words: Words) -> str:
    return words.comma.join(f"{plain(reason)}: {count:,}" for reason, count in reasons.items())


def _happened(step: dict[str, Any], words: Words) -> str:
    told = [_reasons(step["reasons"], words)] if step["reasons"] else []
    told += [words("masked", count=count, kind=plain(kind)) for kind, count in step["changed"].items()]
    if step["set aside"] is not None:
        told.append(words("set aside", count=step["set aside"]))
    if step["searched"] is not None:
        items, sets = step["searched"]
        told.append(words("searched", items=items, sets=sets))
    return words.comma.join(told)


# -- how to use it, how it was made -----------------------------------------------------------------------------------


def _loading(built: BuiltFolder, repo: str | None, config: str | None, words: Words) -> Iterator[str]:
    where = json.dumps(repo or words("this folder"), ensure_ascii=False)
    name = json.dumps(config or built.name, ensure_ascii=False)
    yield words("loading told")
    yield ""
    yield from fenced(f"from datasets import load_dataset\n\nrows = load_dataset({where}, {name})", "python")


def _making(built: BuiltFolder, words: Words) -> Iterator[str]:
    known = built.provenance
    recipe = known.get("written") or known["recipe"]
    published = known["published"] or recipe.keys() <= {"source", "raw"}
    yield words("again published" if published else "again")
    yield ""
    name = known["name"] if published else "recipe.toml"
    flags = "".join(
        [
            " --raw" * bool(recipe.get("raw")),
            f" --view {known['view']}" * (known["view"] != "okinst"),
            " --sample" * (known["door"] == "sample"),
        ]
    )
    yield from fenced(f"okinst build {name} -o DIR{flags}", "sh")
    yield ""
    if (seed := known["recipe"].get("seed")) is not None:
        yield words("seed", seed=str(seed))
    yield from _selected(built, words)
    told = {
        library: known[library] for library in ("okinst", *sorted(built.versions)) if isinstance(known[library], str)
    }
    yield words("versions", versions=words.comma.join(f"{library} {version}" for library, version in told.items()))
    yield from ("", words("recipe"), "")
    yield from fenced(toml(recipe), "toml")


def _selected(built: BuiltFolder, words: Words) -> Iterator[str]:
    """By what measures rows were chosen, as it was done: of the sample it is done otherwise than the recipe says."""
    for step in built.provenance.get("steps", ()):
        if how := step.get("select"):
            scored = words.comma.join(f"{code(name)}: {rows:,}" for name, rows in how["scored by"].items())
            yield words(
                "selected", rows=step["rows_out"], of=step["rows_in"], rule=how["rule"], groups=how["groups"],
                clusters=how["clusters made"], score=how["score"], scored=scored, embedder=how["embedder"],
            )  # fmt: skip
            yield ""


def _citing(built: BuiltFolder, words: Words) -> Iterator[str]:
    cited = str(built.provenance.get("citation") or "") or bibliography.bibtex(_keys(built))
    if cited:
        yield from (words("citing told"), "", *fenced(cited, "bibtex"))


def _keys(built: BuiltFolder) -> list[str]:
    """What to cite for a folder whose provenance does not say it: works of the mixture, and of every source with rows."""
    own = list(MIXTURES[built.name].citations) if built.name in MIXTURES else []
    sources = dict.fromkeys(group["source"] for group in _groups(built))
    cards = [catalogue.SOURCES[source].builder.CARD for source in sources if source in catalogue.SOURCES]
    return list(dict.fromkeys([*own, *(key for card in cards for key in card.citations)]))


# -- what was measured ------------------------------------------------------------------------------------------------


def _weaknesses(built: BuiltFolder, words: Words) -> Iterator[str]:
    found = built.provenance.get("measured")
    if not sum(built.provenance["rows"].values()):
        return
    if not found:
        yield words("not measured yet")
        return
    if found["looked at"] < found["rows"]:
        yield words(
            "measured some",
            version=found["okinst"],
            looked=found["looked at"],
            rows=found["rows"],
            seed=str(found["seed"]),
        )
    else:
        yield words("measured all", version=found["okinst"], rows=found["rows"])
    checks = found["checks"]
    if checks:
        yield ""
        yield from table(
            (words("weakness"), f">{words('found')}", f">{words('looked at')}"),
            ((words(f"check {name}"), f"{each['rows']:,}", f"{each['of']:,}") for name, each in checks.items()),
        )
    if "exact" in checks and checks["exact"]["of"] < found["rows"]:
        yield from ("", words("duplicates of some"))
    searched = found.get("evaluation sets")
    if searched:
        sets = words.comma.join(
            words("overlap of set", set=name, rows=each["rows"]) for name, each in searched["searched"].items()
        )
        yield from ("", words("overlap told", sets=sets))
        if searched["not reached"]:
            yield from ("", words("not reached", sets=words.comma.join(searched["not reached"])))
    if found["not measured"]:
        yield from ("", words("not measured"), "")
        for name, why in found["not measured"].items():
            yield f"- {words('does not apply', check=words(f'check {name}')) if why == 'shape' else words(f'no {name} {why}'.strip())}"


def _plots(built: BuiltFolder, words: Words) -> Iterator[str]:
    for name in built.provenance.get("measured", {}).get("plots", ()):
        title = words(f"plot {name}")
        yield from (f"![{title}](card/{name}.png)", "")
