"""Mixtures: what is taken, in which order, and that the published ones are what was published."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import WrongCall
from okinst.catalogue import SOURCES
from okinst.mixtures import MIXTURES, Mixture, MixtureBuilder, Part
from okinst.mixtures.builder import builder_of_mixture
from okinst.views import render
from tests.conftest import SAMPLE

HRC, V11, KOBEST = (SOURCES[name].builder for name in ("hrc", "koalpaca-v1.1", "kobest-copa"))


def rows_of(mixture: Mixture, cache: Path, **options: Any) -> list[dict[str, Any]]:
    builder = builder_of_mixture(mixture, sample=True, cache_dir=str(cache))
    builder.download_and_prepare(**options)
    return list(builder.as_dataset(split="train"))


# -- as they were: rebuilt here once more, from the upstream files and the published rules alone ------------------------


def array(path: str) -> list[dict[str, Any]]:
    return list(json.loads((SAMPLE / path).read_text(encoding="utf-8-sig")))


def lines(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLE / path).read_text(encoding="utf-8").splitlines()]


def aulm_turns(row: dict[str, Any]) -> list[dict[str, str]]:
    names = {"user": "human", "gpt": "bot", "bard": "bot"}
    return [{"from": names.get(turn["from"], turn["from"]), "value": turn["value"]} for turn in row["conversations"]]


def asked(question: str, answer: str, input: str | None = None) -> list[dict[str, str]]:
    first = [] if input is None else [{"from": "input", "value": input}]
    return [*first, {"from": "human", "value": question}, {"from": "bot", "value": answer}]


def korquad(text: str) -> list[dict[str, str]] | None:
    names = {"<sys>": "input", "<usr>": "human", "A :": "human", "A:": "human"}
    names |= {"<bot>": "bot", "B :": "bot", "B:": "bot"}
    turns = []
    for line in text.split("\n"):
        marker = next((marker for marker in names if line.strip().startswith(marker)), None)
        if marker is None or "\nC:" in text:
            return None
        turns.append({"from": names[marker], "value": line.strip()[len(marker) :].strip()})
    return turns


def published(name: str, cache: Path) -> list[dict[str, Any]]:
    builder = MixtureBuilder(config_name=name, sample=True, cache_dir=str(cache))
    builder.download_and_prepare()
    return list(builder.as_dataset(split="train"))


def test_aulm_0809_as_it_was(tmp_path: Path) -> None:
    """Every row in AULM's own layout, to the letter: nothing stripped, foreign speakers and empty inputs as they were."""
    qa = pq.read_table(SAMPLE / "HAERAE-HUB/KoInstruct-QA/data/train-00000-of-00001.parquet").to_pylist()
    wanted = [
        *[asked(row["input"], row["output"]) for row in array("lcw99/evolve-instruct/gen_data/evol_instruct.json")],
        *[asked(row["instruction"], row["output"]) for row in lines("Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl")],
        *[asked(row["instruction"], row["output"], None if row["input"] == "nan" else row["input"]) for row in qa],
        *map(aulm_turns, array("changpt/ko-lima-vicuna/ko_lima_vicuna.json")),
        *map(aulm_turns, array("changpt/ko-lima-vicuna/no.json")),
        *filter(None, (korquad(row["text"]) for row in lines("heegyu/korquad-chat-v1/korquad-chat.json"))),
        *[
            asked(row["instruction"], row["output"], row["input"] or None)
            for row in lines("nlpai-lab/kullm-v2/kullm-v2.jsonl")
            if "dolly" in row["id"]
        ],
        *map(aulm_turns, array("dbdu/ShareGPT-74k-ko/part2_ko_uncleaned.json")),
    ]
    rows = published("aulm-0809", tmp_path)
    assert [render(row, "aulm")["conversations"] for row in rows] == wanted
    assert Counter(row["language"] for row in rows) == {"en": 4, "ko": len(wanted) - 4}
    assert {"chatgpt", "system"} <= {turn["from"] for row in wanted for turn in row}
    assert any(row[0] == {"from": "input", "value": ""} for row in wanted)


def test_open_korean_instructions_as_it_was(tmp_path: Path) -> None:
    """Every row in its marked text, to the letter, in the order of the published files."""

    def sharegpt(row: dict[str, Any]) -> str | None:
        marks = {"human": "<usr>", "user": "<usr>", "gpt": "<bot>", "chatgpt": "<bot>", "bard": "<bot>"}
        speakers = {turn["from"] for turn in row["conversations"]}
        if "bing" in speakers or not speakers & {"gpt", "chatgpt", "bard"}:
            return None
        return "\n".join(f"{marks[turn['from']]} {turn['value'].strip()}" for turn in row["conversations"])

    def koalpaca(row: dict[str, str]) -> str:
        middle = f"\n<sys> {row['input']}" if row.get("input") else ""
        return f"<usr> {row['instruction']}{middle}\n<bot> {row['output']}"

    oig = lines("heegyu/OIG-small-chip2-ko/oig-smallchip2-dedu.jsonl")
    wanted = [
        *[f"<usr> {row['user_translated'].strip()}\n<bot> {row['chip2_translated'].strip()}" for row in oig],
        *map(koalpaca, array("Beomi/KoAlpaca/ko_alpaca_data.json")),
        *map(koalpaca, lines("Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl")),
        *[row["text"] for row in lines("heegyu/korquad-chat-v1/korquad-chat.json")],
        *filter(None, map(sharegpt, array("junelee/sharegpt_deepl_ko/ko_dataset_2.json"))),
    ]
    assert [render(row, "oki")["text"] for row in published("open-korean-instructions", tmp_path)] == wanted
    assert any("\nC:" in text for text in wanted) and any(text.endswith("<bot> ") for text in wanted)


@pytest.mark.parametrize("name", [name for name, mixture in MIXTURES.items() if not mixture.select])
def test_the_documented_ones_are_clean_and_korean(name: str, tmp_path: Path) -> None:
    builder = MixtureBuilder(config_name=name, sample=True, cache_dir=str(tmp_path))
    builder.download_and_prepare()
    rows = list(builder.as_dataset(split="train"))
    clean_rows = [
        row
        for row in rows
        if row["language"] == "ko"
        and all(turn["content"] and turn["role"] in ("system", "user", "assistant") for turn in row["messages"])
    ]
    assert (len(clean_rows) == len(rows)) == name.endswith("-documented")
    if name == "aulm-0809-documented":
        kullm = [row for row in rows if row["source"] == "kullm-v2"]
        assert Counter(row["license"] for row in kullm) == {"apache-2.0": 16, "cc-by-sa-3.0": 16}
        assert not any(
            "```" in turn["content"] for row in rows if "sharegpt" in row["source"] for turn in row["messages"]
        )


@pytest.mark.parametrize("name", MIXTURES)
def test_the_funnel_adds_up(name: str, tmp_path: Path) -> None:
    builder = MixtureBuilder(config_name=name, sample=True, cache_dir=str(tmp_path))
    builder.download_and_prepare()
    rows = Counter(builder.as_dataset(split="train")["source"])
    for step in builder.funnel():
        assert step["read"] == step["kept"] + sum(step["left_out"].values()) + sum(step["ruled_out"].values())
        assert step["taken"] == rows[step["source"]]


# -- one's own --------------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**32),
    shuffle=st.booleans(),
    share=st.one_of(st.none(), st.floats(0.05, 1.0), st.integers(1, 18)),
    num_proc=st.sampled_from([1, 2]),
)
def test_same_recipe_same_rows(
    seed: int, shuffle: bool, share: float | int | None, num_proc: int, tmp_path_factory: Any
) -> None:
    mixture = Mixture(name="mine", parts=(Part(HRC, take=share), Part(V11)), seed=seed, shuffle=shuffle)
    one = rows_of(mixture, tmp_path_factory.mktemp("one"))
    assert one == rows_of(mixture, tmp_path_factory.mktemp("two"), num_proc=num_proc)
    counts = Counter(row["source"] for row in one)
    assert counts["hrc"] == (18 if share is None else share if isinstance(share, int) else round(share * 18))
    assert counts["koalpaca-v1.1"] == 40
    assert len({row["id"] for row in one}) == len(one)
    if not shuffle:
        order = [int(row["id"].rpartition("/")[2]) for row in one if row["source"] == "hrc"]
        assert (
            order == sorted(order)
            and [row["source"] for row in one] == ["hrc"] * counts["hrc"] + ["koalpaca-v1.1"] * 40
        )


def test_one_is_a_row_and_one_point_nought_is_everything(tmp_path: Path) -> None:
    assert len(rows_of(Mixture(name="row", parts=(Part(HRC, take=1),)), tmp_path)) == 1
    assert len(rows_of(Mixture(name="all", parts=(Part(HRC, take=1.0),)), tmp_path)) == 18


def test_a_part_more_changes_nothing_about_the_others(tmp_path: Path) -> None:
    few = rows_of(Mixture(name="few", parts=(Part(HRC, take=5),), seed=3), tmp_path)
    more = rows_of(Mixture(name="more", parts=(Part(V11, take=7), Part(HRC, take=5)), seed=3), tmp_path)
    assert {row["id"] for row in few} == {row["id"] for row in more if row["source"] == "hrc"}
    other = rows_of(Mixture(name="other", parts=(Part(HRC, take=5),), seed=4), tmp_path)
    assert {row["id"] for row in few} != {row["id"] for row in other}


def test_a_stream_of_a_mixed_set_gives_the_same_rows(tmp_path: Path) -> None:
    mixture = Mixture(name="mine", parts=(Part(HRC, take=0.5), Part(V11)), seed=1)
    stream = builder_of_mixture(mixture, sample=True, cache_dir=str(tmp_path)).as_streaming_dataset(split="train")
    assert list(stream) == rows_of(mixture, tmp_path)


def test_more_rows_than_there_are(tmp_path: Path, mirror: Path) -> None:
    mixture = Mixture(name="mine", parts=(Part(HRC, take=100),))
    assert len(rows_of(mixture, tmp_path)) == 18, "the sample is for trying things out"
    builder = builder_of_mixture(mixture, mirror=str(mirror), accept_drift=True, cache_dir=str(tmp_path))
    with pytest.raises(WrongCall, match="hrc: take = 100 rows were asked for, and 18 are left of it"):
        builder.download_and_prepare()


def test_the_same_part_twice_is_refused() -> None:
    with pytest.raises(WrongCall, match=r"hrc \(train\) is there twice"):
        Mixture(name="mine", parts=(Part(HRC, take=0.5), Part(V11), Part(HRC, take=0.5)))


def test_a_seed_an_amount_and_a_rule_each_name_another_cache(tmp_path: Path) -> None:
    """One name, one cache folder: only the recipe differs."""
    parts = (Part(V11, take=20),)
    seeds = [{row["id"] for row in rows_of(Mixture(name="mine", parts=parts, seed=seed), tmp_path)} for seed in (1, 2)]
    assert seeds[0] != seeds[1]
    assert len(rows_of(Mixture(name="mine", parts=(Part(V11, take=21),), seed=1), tmp_path)) == 21
    ruled = Mixture(name="mine", parts=(Part(V11, rule=nothing_about_buses),), shuffle=False)
    assert len(rows_of(ruled, tmp_path)) < len(
        rows_of(Mixture(name="mine", parts=(Part(V11),), shuffle=False), tmp_path)
    )


def nothing_about_buses(row: dict[str, Any]) -> str | None:
    return "a bus" if "버스" in row["instruction"] else None


def test_a_rule_must_have_a_name() -> None:
    with pytest.raises(WrongCall, match="no function of a module"):
        builder_of_mixture(Mixture(name="mine", parts=(Part(V11, rule=lambda row: None),)), sample=True)


def test_a_published_mixture_is_not_changed_by_options() -> None:
    from okinst.publishing.naming import builder_of

    for option in ({"shuffle": True}, {"seed": 3}, {"parts": ()}, {"raw": True}, {"sampel": True}):
        with pytest.raises(WrongCall, match=f"no option '{next(iter(option))}'"):
            builder_of("aulm-0809", sample=True, **option)
    with pytest.raises(WrongCall, match="did you mean sample"):
        builder_of("hrc", sampel=True)


def test_shapes_do_not_mix() -> None:
    with pytest.raises(WrongCall, match="conversation: hrc; choice: kobest-copa"):
        Mixture(name="mine", parts=(Part(HRC), Part(KOBEST)))


@pytest.mark.parametrize("take", [0, -1, 0.0, -0.5, 1.5, float("nan"), True, "all"])
def test_amounts_that_cannot_be_taken(take: Any) -> None:
    with pytest.raises(WrongCall, match=r"hrc: take = "):
        Part(HRC, take=take)


def test_a_part_names_a_config_and_a_split_that_exist() -> None:
    with pytest.raises(WrongCall, match="it has sharegpt-74k-ko, sharegpt-74k-ko-cleaned"):
        Part(SOURCES["sharegpt-74k-ko"].builder)
    with pytest.raises(WrongCall, match="no split 'test'; it has train"):
        Part(HRC, split="test")


def test_an_empty_mixture(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="at least one part"):
        builder_of_mixture(Mixture(name="mine"))
    with pytest.raises(WrongCall, match="no rows come out"):
        rows_of(Mixture(name="mine", parts=(Part(HRC, take=0.001),)), tmp_path)
