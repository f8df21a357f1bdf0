"""Licences: the tables are complete, the arithmetic is sound, and the gate decides row by row."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from okinst.builders import License, WrongCall
from okinst.builders.card import Making
from okinst.catalogue import SOURCES, Entry
from okinst.licences import (
    COLUMNS,
    KINDS,
    LICENCES,
    Facts,
    Lot,
    attribution,
    gate,
    known_facts,
    licence,
    lot,
    machine,
    standing,
    stricter_origins,
    together,
)
from okinst.licences.machines import FAMILIES, UNHEARD
from okinst.licences.terms import ANSWERS
from okinst.mixtures import MixtureBuilder
from okinst.publishing import build
from tests.conftest import okinst

every_source = pytest.mark.parametrize("entry", SOURCES.values(), ids=SOURCES)


# -- the tables -------------------------------------------------------------------------------------------------------


def test_every_licence_of_a_row_has_its_line() -> None:
    ids = {*get_args(License), "other", "cc-by-nd-2.0", "cc-by-nc-nd-4.0"}
    assert ids <= LICENCES.keys()
    for id, known in LICENCES.items():
        assert known.id == id == id.lower() and known.name and known.url.startswith("https://")
        assert known.hub in (id, "other")
        assert ("nc" in id.split("-")) == (known.commercial == "no")
        assert ("nd" in id.split("-")) == known.no_derivatives
        assert (known.spdx is None) == (known.redistributable == "unstated") == (id in ("other", "unstated"))


def test_nobody_permitted_what_is_unstated() -> None:
    at = standing("unstated", "human")
    assert (at.commercial, at.redistributable) == ("unstated", "unstated")
    assert all(gate(kind).reason("koinstruct-qa", "unstated", "human") for kind in KINDS)


def test_an_unknown_licence_names_the_nearest() -> None:
    with pytest.raises(WrongCall, match=r"'cc-by-nc-sa-40'.*cc-by-nc-sa-4\.0"):
        licence("cc-by-nc-sa-40")


@every_source
def test_every_machine_of_a_card_is_known(entry: Entry) -> None:
    card = entry.builder.CARD
    for named in (*card.generators, *card.translators):
        assert UNHEARD not in machine(named).terms, f"{entry.name}: {named} has no line in okinst/licences/machines.py"
    makings = [making for _, making in entry.builder.standings()]
    assert bool(card.generators) == any("generated" in making for making in makings), entry.name
    assert bool(card.translators) == any("machine-translated" in making for making in makings), entry.name


def test_terms_say_as_of_when() -> None:
    for _, terms in FAMILIES:
        assert terms.explanation.endswith(".")
        if terms.forbids not in ("nothing", "unknown"):
            assert terms.url.startswith("https://") and len(terms.as_of) == 7, terms.provider


@pytest.mark.parametrize(
    ("named", "providers"),
    [
        ("gpt-4 and gpt-3.5-turbo (the rows from airoboros and guanaco)", {"OpenAI"}),
        ("ChatGPT (Vicuna)", {"OpenAI"}),
        ("unstated (OpenAI's API)", {"OpenAI"}),
        ("unstated (Anthropic's assistants)", {"Anthropic"}),
        ("unstated (Self-Instruct)", {"not named"}),
        ("DeepL (Dolly, OpenAssistant)", {"DeepL"}),
        ("GPT4All-J", {"unknown"}),
        ("A model nobody has heard of", {"unknown"}),
    ],
)
def test_free_text_finds_its_terms(named: str, providers: set[str]) -> None:
    assert {terms.provider for terms in machine(named).terms} == providers


@every_source
def test_rows_stand_as_the_source_declares(entry: Entry, tmp_path: Path) -> None:
    builder = entry.builder(config_name=entry.name, cache_dir=str(tmp_path), sample=True)
    builder.download_and_prepare()
    found = {
        (row["license"], row["making"])
        for rows in builder.as_dataset().values()
        for row in rows.select_columns(["license", "making"])
    }
    assert found == set(entry.builder.standings()), "ROW_LICENSES and ROW_MAKINGS should say what example() does"
    assert {making for _, making in found} <= set(get_args(Making))


def test_stricter_origins_are_told() -> None:
    assert stricter_origins("korquad-chat") == (("korquad-1.0", "cc-by-nd-2.0"),)
    assert stricter_origins("alpaca-zh-hikariming") == (("Stanford Alpaca", "cc-by-nc-4.0"),)
    assert "koalpaca-v1.1" in dict(stricter_origins("korean-rlhf"))
    for name in ("dolly-ko", "koalpaca-v1.0", "koinstruct-qa", "kobest-copa", "a-file-of-mine"):
        assert stricter_origins(name) == ()


# -- the arithmetic ---------------------------------------------------------------------------------------------------

a_lot = st.builds(
    lot,
    st.sampled_from([*SOURCES, "mine"]),
    st.sampled_from(sorted(LICENCES)),
    st.sampled_from(get_args(Making)),
    st.one_of(st.none(), st.integers(0, 5)),
)
some_lots = st.lists(a_lot, max_size=6)


@given(some_lots.flatmap(lambda lots: st.tuples(st.just(lots), st.permutations(lots))))
def test_the_order_of_the_parts_never_matters(both: tuple[list[Lot], list[Lot]]) -> None:
    lots, other = both
    assert together(lots) == together(other)
    assert attribution(lots) == attribution(other)


@given(some_lots, some_lots)
def test_more_rows_never_make_it_freer(lots: list[Lot], more: list[Lot]) -> None:
    before, after = together(lots), together([*lots, *more])
    for one, other in ((before.commercial, after.commercial), (before.redistributable, after.redistributable)):
        assert ANSWERS.index(one) <= ANSWERS.index(other)
    assert before.research_only <= after.research_only and before.attribution <= after.attribution
    for property in ("share_alike", "no_derivatives", "providers"):
        assert set(getattr(before, property)) <= set(getattr(after, property))
    assert {conflict.kind for conflict in before.conflicts} <= {conflict.kind for conflict in after.conflicts} or (
        # a set that is all non-commercial has no conflict about it, until something else comes in
        "non-commercial" not in {conflict.kind for conflict in before.conflicts}
    )


@given(some_lots)
def test_a_card_has_one_licence_or_other(lots: list[Lot]) -> None:
    whole = together(lots)
    ids = {each.standing.license.id for each in lots if each.rows != 0}
    assert whole.licenses.keys() == ids
    assert whole.hub == (LICENCES[ids.pop()].hub if len(ids) == 1 else "other")
    assert "not legal advice" in whole.explanation


def test_rows_are_added_up() -> None:
    lots = [lot("hrc", "cc-by-sa-4.0", "generated", 2), lot("dolly-ko", "cc-by-sa-3.0", "human", 3)]
    assert together(lots).rows == 5 and together(lots).licenses == {"cc-by-sa-3.0": 3, "cc-by-sa-4.0": 2}
    unknown = together([*lots, lot("kullm-v2", "apache-2.0", "human")])
    assert unknown.rows is None and unknown.licenses == {"apache-2.0": None, "cc-by-sa-3.0": 3, "cc-by-sa-4.0": 2}
    nothing = together([lot("koalpaca-v1.1", "cc-by-nc-4.0", "human", 0)])
    assert (nothing.rows, nothing.commercial, nothing.hub) == (0, "yes", "other")


@pytest.mark.parametrize(
    ("ids", "kinds"),
    [
        (["mit", "apache-2.0", "cc-by-4.0"], []),
        (["cc-by-sa-3.0", "cc-by-sa-4.0"], []),  # a later version may stand in
        (["cc-by-sa-4.0", "gpl-3.0"], []),  # one way, but it goes
        (["cc-by-nc-sa-2.0", "cc-by-nc-sa-4.0"], []),
        (["cc-by-sa-4.0", "cc-by-nc-sa-4.0"], ["non-commercial", "share-alike"]),
        (["gpl-3.0", "cc-by-nc-sa-4.0"], ["non-commercial", "share-alike"]),
        (["gpl-3.0", "cc-by-nc-4.0"], ["non-commercial", "share-alike"]),
        (["mit", "cc-by-nc-4.0"], ["non-commercial"]),
        (["cc-by-nc-4.0"], []),
        (["mit", "cc-by-nd-2.0"], ["no-derivatives"]),
        (["mit", "unstated"], ["unstated"]),
        (["other"], ["other"]),
    ],
)
def test_conflicts_are_named(ids: list[str], kinds: list[str]) -> None:
    conflicts = together(lot("mine", id, "human", 1) for id in ids).conflicts
    assert [conflict.kind for conflict in conflicts] == kinds
    assert all(id in " ".join(conflict.text for conflict in conflicts) for id in ids if kinds == ["share-alike"])


def test_research_only_and_terms_are_told() -> None:
    whole = together([lot("belle-1m", "gpl-3.0", "generated", 1)])
    assert (
        whole.hub == "gpl-3.0" and whole.commercial == "no" and whole.research_only and whole.providers == ("OpenAI",)
    )
    assert [conflict.kind for conflict in whole.conflicts] == ["research-only", "terms"]


def test_who_is_named() -> None:
    lots = [
        lot("kullm-v2", "cc-by-sa-3.0", "human, machine-translated", 1),
        lot("kullm-v2", "apache-2.0", "generated, machine-translated", 1),
        lot("mine", "mit", "human", 1),
    ]
    mine = {"mine": Facts(title="My own set", homepage="https://example.org")}
    assert attribution(lots, mine) == [
        "kullm-v2: KULLM v2, https://github.com/nlpai-lab/KULLM, apache-2.0, cc-by-sa-3.0",
        "mine: My own set, https://example.org, mit",
    ]


# -- the gate ---------------------------------------------------------------------------------------------------------


def rows(*groups: tuple[str | None, ...]) -> pa.Table:
    return pa.Table.from_pylist(
        [dict(zip(COLUMNS, group, strict=True)) for group in groups],
        schema=pa.schema([(name, pa.string()) for name in COLUMNS]),
    )


@pytest.mark.parametrize("sample", ["kullm-v2"])
def test_dolly_stays_and_chatgpt_goes(sample: str, tmp_path: Path) -> None:
    builder = SOURCES[sample].builder(config_name=sample, cache_dir=str(tmp_path), sample=True)
    builder.download_and_prepare()
    table = builder.as_dataset(split="train").with_format("arrow")[:]
    raw = SOURCES[sample].builder(config_name=sample, cache_dir=str(tmp_path), sample=True, raw=True)
    raw.download_and_prepare()
    upstream = raw.as_dataset(split="train")["id"]
    mask, reasons = gate("commercial").apply(table)
    ids = [upstream[int(id.rpartition("/")[2])] for id in table["id"].to_pylist()]
    by_origin = {(id.partition("_")[0], reason) for id, reason in zip(ids, reasons.to_pylist(), strict=True)}
    terms = (
        "commercial: generated by gpt-3.5-turbo or ChatGPT, whose terms (OpenAI) forbid developing models that compete"
    )
    assert by_origin == {("dolly", None), ("alpaca", terms), ("vicuna", terms)}
    assert mask.to_pylist() == ["dolly" in id for id in ids]


@pytest.mark.parametrize(
    ("kind", "row", "reason"),
    [
        ("commercial", ("koalpaca-v1.1", "cc-by-nc-4.0", "human and generated"), "commercial: cc-by-nc-4.0 forbids it"),
        ("commercial", ("koinstruct-qa", "unstated", "human"), "commercial: unstated: nobody has permitted it"),
        ("commercial", ("belle-seed", "odc-by", "human"), "commercial: its authors permit research only"),
        ("commercial", ("dolly-ko", "cc-by-sa-3.0", "human, machine-translated"), None),
        ("commercial", ("guanaco-ko", "apache-2.0", "human, machine-translated"), None),
        ("commercial", ("kobest-copa", "cc-by-sa-4.0", "human"), None),
        (
            "commercial",
            ("ko-lima-vicuna", "cc-by-2.0", "human, machine-translated"),
            "commercial: translated by GPT-4, whose terms (OpenAI) forbid developing models that compete",
        ),
        (
            "commercial",
            ("oig-smallchip2-ko", "apache-2.0", "generated, machine-translated"),
            "commercial: generated by a machine that is not named (OIG small-chip2), whose terms are unknown",
        ),
        ("commercial", ("mine", "mit", "human"), None),
        (
            "commercial",
            ("mine", "mit", "generated"),
            "commercial: generated by a machine that is not named, whose terms are unknown",
        ),
        (
            "commercial",
            ("mine", "my-own-terms", "human"),
            "commercial: the licence is terms of its own, which may or may not permit it",
        ),
        ("commercial", (None, None, None), "commercial: unstated: nobody has permitted it"),
        ("redistributable", ("koalpaca-v1.1", "cc-by-nc-4.0", "human and generated"), None),
        (
            "redistributable",
            ("hh-rlhf-ko", "unstated", "human"),
            "redistributable: unstated: nobody has permitted passing it on",
        ),
        ("open", ("koalpaca-v1.1", "cc-by-nc-4.0", "human and generated"), None),
        ("open", ("mine", "other", "human"), "open: terms of its own, no public licence"),
        ("MIT", ("korquad-chat", "mit", "generated"), None),
        (
            ["mit", "apache-2.0"],
            ("dolly-ko", "cc-by-sa-3.0", "human"),
            "license: cc-by-sa-3.0 is not among mit, apache-2.0",
        ),
    ],
)
def test_reasons(kind: str | list[str], row: tuple[str | None, ...], reason: str | None) -> None:
    assert gate(kind).reason(*row) == reason
    mask, reasons = gate(kind).apply(rows(row, row))
    assert (mask.to_pylist(), reasons.to_pylist()) == ([reason is None] * 2, [reason] * 2)


def test_a_file_of_ones_own_may_declare_what_made_it() -> None:
    table = rows(("mine", "mit", "generated"))
    assert gate("commercial", {"mine": Facts(generators=("Synatra-7B",))}).apply(table)[0].to_pylist() == [True]
    _, reasons = gate("commercial", {"mine": Facts(generators=("Claude 2",))}).apply(table)
    assert "Claude 2, whose terms (Anthropic)" in reasons.to_pylist()[0]


a_row = st.tuples(
    st.one_of(st.none(), st.sampled_from([*SOURCES, "mine"])),
    st.one_of(st.none(), st.sampled_from([*sorted(LICENCES), "nobody knows"])),
    st.one_of(st.none(), st.sampled_from(get_args(Making))),
)


@given(st.lists(a_row, max_size=30), st.sampled_from([*KINDS, "mit"]), st.integers(1, 7))
def test_the_gate_parts_rows_in_two(some: list[tuple[str | None, ...]], kind: str, chunk: int) -> None:
    pieces = [rows(*some[start : start + chunk]) for start in range(0, len(some), chunk)]
    table = pa.concat_tables(pieces) if pieces else rows()
    mask, reasons = gate(kind).apply(table)
    assert len(mask) == len(reasons) == len(some) and not mask.null_count
    for row, kept, reason in zip(some, mask.to_pylist(), reasons.to_pylist(), strict=True):
        assert kept == (reason is None) and reason == gate(kind).reason(*row)
    encoded = pa.table({name: table[name].dictionary_encode() for name in COLUMNS})
    assert gate(kind).apply(encoded)[1].to_pylist() == reasons.to_pylist()


@given(some_lots)
def test_what_passes_the_commercial_gate_is_commercial(lots: list[Lot]) -> None:
    passed = [each for each in lots if not gate("commercial").whys(each.source, each.license, each.making)]
    assert together(passed).commercial == "yes"
    assert all(each.standing.commercial != "yes" for each in lots if each not in passed)
    handed_on = [each for each in lots if not gate("redistributable").whys(each.source, each.license, each.making)]
    assert together(handed_on).redistributable == "yes"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("comercial", "no such kind. The nearest are commercial"),
        (["mit", "apache2"], "no licence 'apache2'. The nearest are apache-2.0"),
        (["commercial", "mit"], "'commercial' stands alone"),
        ([], "would keep nothing"),
        ([3], "3 should be text"),
    ],
)
def test_a_gate_that_is_not_there(kind: str | list[str], told: str) -> None:
    with pytest.raises(WrongCall, match=told):
        gate(kind)


def test_raw_rows_cannot_be_judged() -> None:
    with pytest.raises(WrongCall, match="no source, license, making"):
        gate("commercial").apply(pa.table({"instruction": ["왜?"]}))


def test_the_facts_know_every_source() -> None:
    assert known_facts().keys() == SOURCES.keys()
    for_research = {name for name, facts in known_facts().items() if facts.research_only}
    assert {name for name in SOURCES if name.startswith("belle-")} - {"belle-eval"} <= for_research


# -- okinst licence ---------------------------------------------------------------------------------------------------


def told(*arguments: object, **environment: str) -> list[dict]:
    return json.loads(okinst("licence", *arguments, "--json", **environment).stdout)


def test_a_mixture_that_is_not_built_is_told_from_the_cards() -> None:
    (report,) = told("aulm-0809")
    assert report["basis"] == "cards" and report["told"].startswith("Not built here")
    stays = [(each["source"], each["license"], each["rows"], each["among"]) for each in report["lots"] if each["kept"]]
    assert stays == [("kullm-v2", "cc-by-sa-3.0", None, 15_011)]
    assert report["whole"]["hub"] == "other" and report["whole"]["commercial"] == "no"
    assert {"source": "ko-lima-vicuna", "origin": "LIMA", "license": "cc-by-nc-sa"} in report["origins"]
    text = okinst("license", "aulm-0809").stdout
    for part in ("of ~15,011", "koalpaca-v1.1", "cc-by-nc-4.0 forbids it", "not legal advice", "stays  kullm-v2"):
        assert part in text


def test_a_mixture_that_is_built_is_counted(tmp_path: Path) -> None:
    home = {"HF_HOME": str(tmp_path / "hf")}
    okinst("build", "aulm-0809-documented", "--sample", "-o", tmp_path / "out", **home)
    here, folder = told("aulm-0809-documented", tmp_path / "out", "--sample", **home)
    assert here["basis"] == folder["basis"] == "counted"
    assert here["lots"] == folder["lots"] and here["whole"] == folder["whole"]
    provenance = json.loads((tmp_path / "out/provenance.json").read_text(encoding="utf-8"))
    wanted = Counter[tuple[str, str, str]]()
    for group in provenance["composition"]:
        wanted[group["source"], group["license"], group["making"]] += group["rows"]
    assert {(each["source"], each["license"], each["making"]): each["rows"] for each in folder["lots"]} == wanted
    assert f"would keep {wanted['kullm-v2', 'cc-by-sa-3.0', 'human, machine-translated']} of" in (
        okinst("licence", tmp_path / "out").stdout
    )


def test_a_source_a_recipe_and_several_names(tmp_path: Path) -> None:
    (tmp_path / "나의-섞음.toml").write_text(
        '[[parts]]\nsource = "hrc"\ntake = 0.5\n[[parts]]\nsource = "dolly-ko"\ntake = 500\n', encoding="utf-8"
    )
    source, recipe = told("korquad-chat", tmp_path / "나의-섞음.toml", HF_HOME=str(tmp_path / "hf"))
    assert source["lots"][0]["rows"] == 9_619 and source["lots"][0]["terms"] == ["OpenAI"]
    assert [(each["source"], each["rows"]) for each in recipe["lots"]] == [("hrc", 774), ("dolly-ko", 500)]
    assert recipe["whole"]["share_alike"] == ["cc-by-sa-3.0", "cc-by-sa-4.0"]


def test_folders_that_say_little(tmp_path: Path) -> None:
    built = build("kullm-v2", tmp_path / "raw", sample=True, raw=True, cache_dir=str(tmp_path / "cache"))
    (raw,) = told(built.folder)
    assert raw["basis"] == "cards" and "Upstream's own columns" in raw["told"]
    assert {each["among"] for each in raw["lots"]} == {built.rows["train"]}
    (built.folder / "provenance.json").unlink()
    wrong = okinst("licence", built.folder)
    assert wrong.returncode == 2 and "without the columns source, license, making" in wrong.stderr
    (tmp_path / "empty").mkdir()
    wrong = okinst("licence", tmp_path / "empty")
    assert wrong.returncode == 2 and "holds no Parquet files" in wrong.stderr
    wrong = okinst("licence", "kulm-v2")
    assert wrong.returncode == 2 and "kullm-v2" in wrong.stderr


def test_columns_are_enough(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    builder = MixtureBuilder(config_name="aulm-0809-documented", sample=True, cache_dir=str(tmp_path / "cache"))
    builder.download_and_prepare()
    (tmp_path / "somewhere").mkdir()
    pq.write_table(builder.as_dataset(split="train").with_format("arrow")[:], tmp_path / "somewhere/rows.parquet")
    (report,) = told(tmp_path / "somewhere")
    assert report["name"] == "somewhere" and sum(each["rows"] for each in report["lots"]) == report["whole"]["rows"]


@pytest.mark.skipif(not shutil.which("script"), reason="script, which gives a command a terminal, is not there")
def test_it_fits_into_80_columns(tmp_path: Path) -> None:
    import subprocess
    import sys

    from rich.cells import cell_len

    command = f"stty cols 80; {sys.executable} -m okinst.cli.app licence aulm-0809"
    done = subprocess.run(["script", "-qec", command, "/dev/null"], capture_output=True, text=True, cwd=tmp_path)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).splitlines()
    assert any(line.startswith("koalpaca-v1.1") and "cc-by-nc-4.0" in line for line in lines), done.stdout
    tables = [line for line in lines if not line.startswith(("aulm-0809:", "license =", "This adds"))]
    assert max(map(cell_len, tables)) <= 80
