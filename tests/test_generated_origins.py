"""Generated rows bear the licence of what they were made from, and name who made them, however they are read."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import okinst
from okinst.builders import DamagedFile, WrongCall
from okinst.builders.origin import Origin, beside, place
from okinst.catalogue import SOURCES
from okinst.generation import sources
from okinst.generation.answering import Answering
from okinst.generation.backends import Options, opened
from okinst.generation.dialogue import Dialogue
from okinst.generation.engine import Plan, Run, run
from okinst.generation.evolving import Evolving
from okinst.generation.translating import Translating
from okinst.licences import Facts, gate, joined
from okinst.mixtures import recipe
from okinst.mixtures.builder import builder_of_mixture, facts
from okinst.mixtures.meta import builder_for
from okinst.publishing import lots
from okinst.publishing.built import BuiltFolder
from okinst.publishing.folder import build
from okinst.publishing.naming import builder_of
from tests.generating import rows
from tests.llm_double import serving
from tests.own_files import Made

NC = "cc-by-nc-4.0"
ENGLISH = "The lantern stands beside the river, because the market is under the hill. "
HARDER = "달빛 강가의 등불을 하룻밤 동안 꺼뜨리지 않으려면 무엇을 준비해야 하나요? 세 가지를 순서대로 설명해 주세요."
ANSWER = "먼저 기름을 넉넉히 채우고, 바람을 막을 유리를 씌운 다음, 심지를 짧게 다듬어 두세요."


def english(messages: list[dict[str, str]]) -> str:
    asked = json.JSONDecoder().raw_decode(messages[-1]["content"])[0]
    return json.dumps({key: as_long(text) for key, text in asked.items()})


def as_long(text: str) -> str:
    """English of about the length of a Korean text, with its figures and marks behind it."""
    words = ENGLISH * (len(text) // 20 + 1)
    return " ".join([words[: 2 * len(text)].strip(), *re.findall(r"⟦\d+⟧|\d[\d.,]*", text)])


def generated(job: Any, file: Path, answer: Any = english, model: str = "gpt-4o-mini") -> Run:
    with serving(answer=answer) as double:
        return run(Plan(job, opened("openai", Options(model=model, base_url=f"{double.url}/v1")), file))


def numberless(name: str, folder: Path, **how: Any) -> sources.Source:
    """A file of single exchanges in Korean, without figures: its translation is made up."""
    texts = ["등불은 왜 강가에 서 있나요?", "장터는 어디에 있나요?"]
    path = folder / name
    lines = (
        {"question": text, "answer": ANSWER, **extra}
        for text, extra in zip(texts, how.pop("extra", ({}, {})), strict=True)
    )
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return sources.opened(str(path), "conversation", **how)


@pytest.fixture(scope="module")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with rows of koalpaca-v1.1's sample in English."""
    folder = tmp_path_factory.mktemp("translated")
    source = sources.opened("koalpaca-v1.1", "conversation", sample=True)
    done = generated(Translating(source, "en", output="oig-smallchip2-ko"), folder / "oig-smallchip2-dedu.jsonl")
    assert done.written.done > 20, done.written
    return folder


def test_rows_read_as_another_sets_bear_their_own_licence(translated: Path) -> None:
    row = okinst.load("oig-smallchip2-ko", data_dir=str(translated), split="train")[0]
    assert (row["source"], row["license"], row["language"]) == ("koalpaca-v1.1-translate-en-gpt-4o-mini", NC, "en")
    assert row["making"] == "human and generated, machine-translated"
    assert SOURCES["oig-smallchip2-ko"].builder.CARD.license == "apache-2.0", "which they would bear as that set's"
    builder = builder_for("oig-smallchip2-ko", data_dir=str(translated))
    assert builder.info.license == NC and "koalpaca-v1.1-translate-en-gpt-4o-mini" in str(builder.info.description)
    known = facts(builder)["koalpaca-v1.1-translate-en-gpt-4o-mini"]
    assert known.generators == ("gpt-3.5-turbo",) and known.translators == ("gpt-4o-mini",)
    raw = okinst.load("oig-smallchip2-ko", data_dir=str(translated), split="train", raw=True)
    assert set(raw.column_names) == {"user", "chip2", "index", "user_translated", "chip2_translated"}


@pytest.mark.parametrize("prepared", [False, True])
def test_the_licence_report_is_of_what_was_worked_on(
    translated: Path, prepared: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    builder = builder_of("oig-smallchip2-ko", data_dir=str(translated))
    if prepared:
        builder.download_and_prepare()
    told = lots.report("oig-smallchip2-ko", data_dir=str(translated))
    (lot,) = told["lots"]
    assert (lot["source"], lot["license"], lot["commercial"]) == ("koalpaca-v1.1-translate-en-gpt-4o-mini", NC, "no")
    assert lot["generators"] == ["gpt-3.5-turbo"] and lot["translators"] == ["gpt-4o-mini"]


def test_a_folder_that_is_built_of_them_says_so_too(translated: Path, tmp_path: Path) -> None:
    build("oig-smallchip2-ko", tmp_path / "built", data_dir=str(translated), cache_dir=str(tmp_path / "cache"))
    built = BuiltFolder.at(tmp_path / "built")
    told = lots.report_of(built)
    assert [(lot["license"], lot["translators"]) for lot in told["lots"]] == [(NC, ["gpt-4o-mini"])]
    card = (tmp_path / "built" / "README.md").read_text(encoding="utf-8")
    assert f"license: {NC}" in card and "heegyu" not in card.partition("\n---\n")[0]
    assert built.provenance["funnel"][0]["upstream_rows"] is None, "these are not some of upstream's rows"


def test_one_line_takes_them_into_a_recipe_beside_any_other_part(translated: Path, tmp_path: Path) -> None:
    text = f'name = "mine"\n[[parts]]\nfile = "{translated}/oig-smallchip2-dedu.jsonl"\n[[parts]]\nsource = "koalpaca-v1.1"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    mixture = recipe.read(tmp_path / "mine.toml")
    assert mixture.parts[0].lots == [
        ("koalpaca-v1.1-translate-en-gpt-4o-mini", NC, "human and generated, machine-translated")
    ]
    assert mixture.facts["koalpaca-v1.1-translate-en-gpt-4o-mini"].translators == ("gpt-4o-mini",)
    builder = builder_of_mixture(mixture, sample=True, cache_dir=str(tmp_path / "cache"))
    builder.download_and_prepare()
    found = Made(builder).rows
    assert {(row["source"], row["license"], row["language"]) for row in found} == {
        ("koalpaca-v1.1-translate-en-gpt-4o-mini", NC, "en"),
        ("koalpaca-v1.1", NC, "ko"),
    }
    build(str(tmp_path / "mine.toml"), tmp_path / "built", sample=True, cache_dir=str(tmp_path / "cache"))
    assert BuiltFolder.at(tmp_path / "built").facts["koalpaca-v1.1-translate-en-gpt-4o-mini"].generators == (
        "gpt-3.5-turbo",
    )


def test_no_recipe_gives_them_another_licence(translated: Path, tmp_path: Path) -> None:
    file = translated / "oig-smallchip2-dedu.jsonl"
    text = f'name = "mine"\nlicense = "commercial"\n[[parts]]\nfile = "{file}"\nname = "free"\nlicense = "mit"\nmaking = "human"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongCall, match=f"keeps no row of free.*{NC} forbids it"):
        builder_of_mixture(recipe.read(tmp_path / "mine.toml"), cache_dir=str(tmp_path / "cache"))


def test_a_file_that_lost_what_stood_beside_it_is_still_not_the_other_sets(translated: Path, tmp_path: Path) -> None:
    (tmp_path / "oig-smallchip2-dedu.jsonl").write_bytes((translated / "oig-smallchip2-dedu.jsonl").read_bytes())
    row = okinst.load("oig-smallchip2-ko", data_dir=str(tmp_path), split="train")[0]
    assert (row["source"], row["license"]) == ("koalpaca-v1.1-translate-en-gpt-4o-mini", NC)
    assert f"{NC} forbids it" in gate("commercial").whys(row["source"], row["license"], row["making"])[0]


def test_each_row_of_a_mixture_keeps_its_own_licence(tmp_path: Path) -> None:
    source = sources.opened("kullm-v2", "instruction", sample=True)
    before = {item.license for item in source.items()}
    assert len(before) > 1, "the sample of kullm-v2 has several licences"
    done = generated(Answering(source), tmp_path / "KoAlpaca_v1.1.jsonl", lambda _: ANSWER)
    found = okinst.load("koalpaca-v1.1", data_dir=str(tmp_path), split="train")
    assert set(found["license"]) == before == {license for license, _ in done.written.origin.standings}
    kept = {item.row.get("instruction"): item.license for item in source.items()}
    assert all(kept[row["messages"][0]["content"]] == row["license"] for row in found)


def test_a_file_says_its_licence_itself_or_its_owner_does(tmp_path: Path) -> None:
    source = numberless("own.jsonl", tmp_path, extra=({"license": "mit", "making": "human"}, {}))
    file = tmp_path / "out.jsonl"
    done = generated(Translating(source, "en"), file)
    standings = (("mit", "human, machine-translated"), ("unstated", "unstated, machine-translated"))
    assert done.written.origin.standings == standings
    assert done.written.origin.generators == ("unstated",) and done.written.origin.translators == ("gpt-4o-mini",)
    declared = numberless(
        "own.jsonl", tmp_path, extra=({"license": "mit", "making": "human"}, {}), license="cc-by-4.0", making="human"
    )
    again = generated(Translating(declared, "en"), file)
    assert again.cost.requests == 0, "a licence is no reason to ask again"
    assert [row["okinst"]["license"] for row in rows(file)] == ["mit", "cc-by-4.0"]
    assert again.written.origin.generators == ()
    assert beside(file) == again.written.origin


@pytest.mark.parametrize(("option", "value"), [("license", "mitt"), ("making", "by hand")])
def test_a_licence_that_is_none_is_refused(tmp_path: Path, option: str, value: str) -> None:
    with pytest.raises(WrongCall, match=f"--{option} {value} should be one of"):
        numberless("own.jsonl", tmp_path, **{option: value})
    with pytest.raises(WrongCall, match="say both themselves"):
        sources.opened("koalpaca-v1.1", "conversation", sample=True, **{option: value})


def test_what_is_made_of_generated_rows_names_all_who_had_a_part(tmp_path: Path) -> None:
    first = tmp_path / "first.jsonl"
    generated(Translating(numberless("own.jsonl", tmp_path, license=NC, making="human"), "en"), first, model="one")
    # the English rows are asked for again in Korean, by another
    second = sources.opened(str(first), "instruction")
    assert {item.license for item in second.items()} == {NC}
    job = Evolving(second)
    assert job.source.translators == ("one",)

    def answer(messages: list[dict[str, str]]) -> str:
        return ANSWER if "friendly" in messages[0]["content"] else HARDER

    origin = generated(job, tmp_path / "second.json", answer, "two").written.origin
    assert origin.standings == ((NC, "generated, machine-translated"),)
    assert (origin.generators, origin.translators) == (("two",), ("one",))
    assert origin.derived_from == ("own-translate-en-one",)


def test_an_origin_that_was_cut_off_is_said_not_passed_over(translated: Path, tmp_path: Path) -> None:
    for path in (translated / "oig-smallchip2-dedu.jsonl", place(translated / "oig-smallchip2-dedu.jsonl")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    told = place(tmp_path / "oig-smallchip2-dedu.jsonl")
    told.write_bytes(told.read_bytes()[:40])
    with pytest.raises(DamagedFile, match=r"what oig-smallchip2-dedu\.jsonl was made from"):
        builder_for("oig-smallchip2-ko", data_dir=str(tmp_path))
    for broken in ("[]", "{}", '{"standings": []}'):
        with pytest.raises((KeyError, TypeError, ValueError)):
            Origin.of(json.loads(broken))


@pytest.mark.parametrize("bound", ["no derivatives", "not passed on"])
def test_what_may_not_be_passed_on_is_not_wherever_the_rows_go(tmp_path: Path, bound: str) -> None:
    license = "cc-by-nd-2.0" if bound == "no derivatives" else "cc-by-4.0"
    source = numberless("own.jsonl", tmp_path, license=license, making="human")
    source = replace(source, not_passed_on=bound == "not passed on")
    done = generated(Translating(source, "en"), tmp_path / "oig-smallchip2-dedu.jsonl")
    assert license in done.written.origin.license_note
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\n[[parts]]\nfile = "oig-smallchip2-dedu.jsonl"\n', encoding="utf-8"
    )
    cache = str(tmp_path / "cache")
    build(str(tmp_path / "mine.toml"), tmp_path / "of-a-recipe", cache_dir=cache)
    build("oig-smallchip2-ko", tmp_path / "of-a-set", data_dir=str(tmp_path), cache_dir=cache)
    build("oig-smallchip2-ko", tmp_path / "raw", data_dir=str(tmp_path), cache_dir=cache, raw=True)
    for name in ("of-a-recipe", "of-a-set", "raw"):
        (lot,) = lots.report_of(BuiltFolder.at(tmp_path / name))["lots"]
        assert lot["redistributable"] != "yes" and lot["not_passed_on"], name
    # a loaded Dataset, a Parquet file: all that is left is the row
    row = okinst.load("oig-smallchip2-ko", data_dir=str(tmp_path), split="train")[0]
    assert gate("redistributable").reason(row["source"], row["license"], row["making"])
    assert gate("redistributable").reason("korquad-1.0", "cc-by-nd-2.0", "human") is None, "as the originals may be"


def test_raw_rows_are_under_their_own_licence_too(translated: Path, tmp_path: Path) -> None:
    build("oig-smallchip2-ko", tmp_path / "raw", data_dir=str(translated), cache_dir=str(tmp_path / "cache"), raw=True)
    (lot,) = lots.report_of(BuiltFolder.at(tmp_path / "raw"))["lots"]
    assert (lot["license"], lot["translators"]) == (NC, ["gpt-4o-mini"])
    card = (tmp_path / "raw" / "README.md").read_text(encoding="utf-8")
    assert f"license: {NC}" in card and "apache-2.0" not in card


def test_every_job_keeps_the_licence_of_what_it_works_on(tmp_path: Path) -> None:
    passages = sources.opened("korquad-1.0", "passage", sample=True)
    asked = sources.opened("koalpaca-v1.1", "instruction", sample=True)
    talks = sources.opened("koalpaca-v1.1", "conversation", sample=True)
    jobs = [Dialogue(passages), Answering(asked), Evolving(asked), Translating(talks, "en")]
    for job in jobs:
        before = {(item.license, item.making) for item in job.source.items()}
        assert {(item.license, item.making) for item in job.items()} == before, job.name
        assert ("unstated", "unstated") not in before
    assert {item.license for item in jobs[0].items()} == {"cc-by-nd-2.0"}


@pytest.mark.parametrize("door", ["data_dir", "mirror"])
def test_a_gate_knows_generated_rows_that_lie_in_place_of_a_sources(tmp_path: Path, door: str) -> None:
    repo = SOURCES["oig-smallchip2-ko"].variant.files["train"][0].repo.id
    folder = tmp_path / repo if door == "mirror" else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    source = numberless("own.jsonl", tmp_path, license="mit", making="generated")
    source = replace(source, generators=("gpt-4",), research_only=True)
    generated(Translating(source, "en"), folder / "oig-smallchip2-dedu.jsonl", model="synatra-7b")
    mixture = recipe.mixture({"name": "mine", "parts": [{"source": "oig-smallchip2-ko"}]}, "mine", "mine.toml")
    builder = builder_of_mixture(mixture, cache_dir=str(tmp_path / "cache"), **{door: str(tmp_path)})
    known = builder.config.facts["own-translate-en-synatra-7b"]
    assert (known.generators, known.translators, known.research_only) == (("gpt-4",), ("synatra-7b",), True)


def test_upstreams_file_beside_a_generated_one_keeps_its_own_licence(tmp_path: Path) -> None:
    asked = tmp_path / "asked.jsonl"
    asked.write_text(json.dumps({"instruction": HARDER}, ensure_ascii=False) + "\n", encoding="utf-8")
    source = sources.opened(str(asked), "instruction", license="mit", making="human")
    upstream = SOURCES["evolve-instruct"].variant.files["train"]
    generated(
        Evolving(source),
        tmp_path / Path(upstream[0].path).name,
        lambda m: ANSWER if "friendly" in m[0]["content"] else HARDER[::-1] + " " + HARDER,
    )
    theirs = [{"input": "등불을 만드는 법을 알려 주세요.", "output": ANSWER}]
    (tmp_path / Path(upstream[1].path).name).write_text(json.dumps(theirs, ensure_ascii=False), encoding="utf-8")
    found = okinst.load("evolve-instruct", data_dir=str(tmp_path), split="train")
    assert set(zip(found["source"], found["license"], strict=True)) == {
        ("asked-evolve-ko-gpt-4o-mini", "mit"),
        ("evolve-instruct", "unstated"),
    }
    builder = builder_for("evolve-instruct", data_dir=str(tmp_path))
    assert builder.card.license == "unstated" and builder.own_licenses == ["unstated", "mit"]


def test_a_row_that_does_not_say_whose_it_is_bears_the_files_licence_or_none(translated: Path, tmp_path: Path) -> None:
    for path in (translated / "oig-smallchip2-dedu.jsonl", place(translated / "oig-smallchip2-dedu.jsonl")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    file = tmp_path / "oig-smallchip2-dedu.jsonl"
    bare = [{key: value for key, value in row.items() if key != "okinst"} for row in rows(file)]
    file.write_text("".join(json.dumps(row) + "\n" for row in bare), encoding="utf-8")
    assert set(okinst.load("oig-smallchip2-ko", data_dir=str(tmp_path), split="train")["license"]) == {NC}
    told = json.loads(place(file).read_text(encoding="utf-8"))
    told["standings"].append(["mit", "human"])
    place(file).write_text(json.dumps(told), encoding="utf-8")
    assert set(okinst.load("oig-smallchip2-ko", data_dir=str(tmp_path), split="train")["license"]) == {"unstated"}


def test_one_name_in_two_places_is_held_to_what_either_says() -> None:
    first = {"mine": Facts("mine", "", ("gpt-4",), (), False, True)}
    both = joined(first, {"mine": Facts("mine", "", ("synatra-7b",), ("DeepL",), True, False)})["mine"]
    assert (both.generators, both.translators) == (("gpt-4", "synatra-7b"), ("DeepL",))
    assert both.research_only and both.not_passed_on


def test_a_machine_that_nobody_names_is_not_made_good_by_one_that_is(tmp_path: Path) -> None:
    for name, extra in (("a", 'generators = ["synatra-7b"]\n'), ("b", "")):
        rows_of = [{"instruction": f"{name} 등불은 왜 강가에 서 있나요?", "input": "", "output": ANSWER}]
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(rows_of[0], ensure_ascii=False) + "\n", encoding="utf-8")
        part = f'[[parts]]\nfile = "{name}.jsonl"\nlayout = "alpaca"\nlicense = "mit"\nlanguage = "ko"\nmaking = "generated"\n{extra}'
        with (tmp_path / "mine.toml").open("a", encoding="utf-8") as file:
            file.write(('name = "mine"\n' if name == "a" else "") + part)
    source = sources.opened(str(tmp_path / "mine.toml"), "instruction")
    assert set(source.generators) == {"synatra-7b", "unstated"}


def test_no_recipe_takes_a_machine_away(translated: Path, tmp_path: Path) -> None:
    text = f'name = "mine"\n[[parts]]\nfile = "{translated}/oig-smallchip2-dedu.jsonl"\ntranslators = ["synatra"]\nlicense = "mit"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    mixture = recipe.read(tmp_path / "mine.toml")
    (known,) = mixture.facts.values()
    assert known.translators == ("synatra", "gpt-4o-mini") and known.generators == ("gpt-3.5-turbo",)
    assert mixture.parts[0].licenses == [NC]


def test_works_that_a_source_goes_back_to_are_told_of_what_is_made_of_it(tmp_path: Path) -> None:
    source = sources.opened("ko-lima-vicuna", "instruction", sample=True)
    done = generated(Answering(source), tmp_path / "KoAlpaca_v1.1.jsonl", lambda _: ANSWER)
    assert done.written.done
    told = lots.report("koalpaca-v1.1", data_dir=str(tmp_path))
    assert [each["origin"] for each in told["origins"]] == ["LIMA"]


@pytest.mark.parametrize("column", ["text of JSON", "text of Python", "anything", "null"])
def test_a_table_that_made_text_of_it_frees_no_row(translated: Path, tmp_path: Path, column: str) -> None:
    def spoilt(said: dict[str, str]) -> object:
        return {"text of JSON": json.dumps(said), "text of Python": str(said), "anything": 7, "null": None}[column]

    file = tmp_path / "oig-smallchip2-dedu.jsonl"
    spoilt_rows = [{**row, "okinst": spoilt(row["okinst"])} for row in rows(translated / file.name)]
    file.write_text("".join(json.dumps(row) + "\n" for row in spoilt_rows), encoding="utf-8")
    expected = {NC} if column.startswith("text") else {"unstated"}
    assert set(okinst.load("oig-smallchip2-ko", data_dir=str(tmp_path), split="train")["license"]) == expected
    own = sources.opened(str(file), "conversation", license="mit", making="human", columns=("user", "chip2"))
    # of a file of one's own, a row with nothing there is one's own
    assert {item.license for item in own.items()} == ({"mit"} if column == "null" else expected)


def test_a_recipe_that_says_another_licence_hears_that_it_does_not_hold(
    translated: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = f'[[parts]]\nfile = "{translated}/oig-smallchip2-dedu.jsonl"\nlicense = "mit"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    recipe.read(tmp_path / "mine.toml")
    assert (
        f"license = 'mit' does not hold for its rows, which okinst generate made: each says its own ({NC})"
        in caplog.text
    )


def test_what_other_does_not_say_the_origin_says(tmp_path: Path) -> None:
    source = numberless("own.jsonl", tmp_path, license="cc-by-nc-nd-4.0", making="human")
    origin = generated(Translating(source, "en"), tmp_path / "oig-smallchip2-dedu.jsonl").written.origin
    assert origin.standings[0][0] == "other" and origin.research_only and origin.not_passed_on
    (lot,) = lots.report("oig-smallchip2-ko", data_dir=str(tmp_path))["lots"]
    assert (lot["commercial"], lot["redistributable"]) == ("no", "no")


def test_a_part_of_several_licences_keeps_the_note_of_its_file(tmp_path: Path) -> None:
    source = numberless(
        "own.jsonl",
        tmp_path,
        extra=({"license": "mit", "making": "human"}, {"license": "cc-by-nd-2.0", "making": "human"}),
    )
    generated(Translating(source, "en"), tmp_path / "oig-smallchip2-dedu.jsonl")
    mixture = recipe.mixture(
        {"name": "mine", "parts": [{"file": "oig-smallchip2-dedu.jsonl"}]}, "mine", "mine.toml", tmp_path
    )
    assert "may not be passed on (cc-by-nd-2.0)" in mixture.parts[0].cards[0].license_note


def test_rows_are_chosen_of_them_as_of_any_others(translated: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    text = f'name = "mine"\n[select]\nshare = 0.5\nclusters = 4\n[[parts]]\nfile = "{translated}/oig-smallchip2-dedu.jsonl"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    builder = builder_of_mixture(recipe.read(tmp_path / "mine.toml"), cache_dir=str(tmp_path / "cache"))
    builder.download_and_prepare()
    chosen, every = Made(builder), rows(translated / "oig-smallchip2-dedu.jsonl")
    assert len(chosen.rows) == round(len(every) / 2) and {row["license"] for row in chosen.rows} == {NC}
    told = chosen.steps["select"]
    assert (told["rows_in"], told["rows_out"]) == (len(every), len(chosen.rows))
