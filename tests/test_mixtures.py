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
from okinst.builders.schema import clean
from okinst.catalogue import SOURCES
from okinst.mixtures import MIXTURES, Mixture, MixtureBuilder, Part
from okinst.publishing.folder import recipe_builder
from tests.conftest import SAMPLE

HRC, V11, KOBEST = (SOURCES[name].builder for name in ("hrc", "koalpaca-v1.1", "kobest-copa"))


def rows_of(mixture: Mixture, cache: Path, **options: Any) -> list[dict[str, Any]]:
    builder = recipe_builder(mixture, sample=True, cache_dir=str(cache))
    builder.download_and_prepare(**options)
    return list(builder.as_dataset(split="train"))


# -- as they were: rebuilt here once more, from the upstream files and the published rules alone ------------------------


def array(path: str) -> list[dict[str, Any]]:
    return list(json.loads((SAMPLE / path).read_text(encoding="utf-8-sig")))


def lines(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLE / path).read_text(encoding="utf-8").splitlines()]


def aulm_turns(row: dict[str, Any]) -> list[tuple[str, str]]:
    """The turns as AULM had them, but for names: human is user, bot, gpt and every other bot is assistant."""
    names = {"human": "user", "user": "user", "gpt": "assistant", "chatgpt": "assistant", "bard": "assistant"}
    return [(names.get(turn["from"], turn["from"]), clean(turn["value"])) for turn in row["conversations"]]


def asked(instruction: str, output: str, input: str = "") -> list[tuple[str, str]]:
    question = "\n\n".join(part for part in (clean(instruction), clean(input)) if part)
    return [("user", question), ("assistant", clean(output))]


def korquad(text: str) -> list[tuple[str, str]] | None:
    names = {"<sys>": "system", "<usr>": "user", "A :": "user", "A:": "user"}
    names |= {"<bot>": "assistant", "B :": "assistant", "B:": "assistant"}
    turns = []
    for line in text.split("\n"):
        marker = next((marker for marker in names if line.strip().startswith(marker)), None)
        if marker is None or "\nC:" in text:
            return None
        turns.append((names[marker], line.strip()[len(marker) :].strip()))
    return turns


def test_aulm_0809_as_it_was(tmp_path: Path) -> None:
    qa = pq.read_table(SAMPLE / "HAERAE-HUB/KoInstruct-QA/data/train-00000-of-00001.parquet").to_pylist()
    wanted = [
        *[asked(row["input"], row["output"]) for row in array("lcw99/evolve-instruct/gen_data/evol_instruct.json")],
        *[asked(row["instruction"], row["output"]) for row in lines("Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl")],
        *[asked(row["instruction"], row["output"], row["input"].replace("nan", "")) for row in qa],
        *map(aulm_turns, array("changpt/ko-lima-vicuna/ko_lima_vicuna.json")),
        *map(aulm_turns, array("changpt/ko-lima-vicuna/no.json")),
        *filter(None, (korquad(row["text"]) for row in lines("heegyu/korquad-chat-v1/korquad-chat.json"))),
        *[
            asked(row["instruction"], row["output"], row["input"])
            for row in lines("nlpai-lab/kullm-v2/kullm-v2.jsonl")
            if "dolly" in row["id"]
        ],
        *map(aulm_turns, array("dbdu/ShareGPT-74k-ko/part2_ko_uncleaned.json")),
    ]
    builder = MixtureBuilder(config_name="aulm-0809", sample=True, cache_dir=str(tmp_path))
    builder.download_and_prepare()
    rows = builder.as_dataset(split="train")
    assert [[(turn["role"], turn["content"]) for turn in row["messages"]] for row in rows] == wanted
    assert Counter(rows["language"]) == {"en": 4, "ko": len(wanted) - 4}


def test_open_korean_instructions_as_it_was(tmp_path: Path) -> None:
    def sharegpt(row: dict[str, Any]) -> list[tuple[str, str]] | None:
        speakers = {turn["from"] for turn in row["conversations"]}
        return None if "bing" in speakers or not speakers & {"gpt", "chatgpt", "bard"} else aulm_turns(row)

    v1_0 = array("Beomi/KoAlpaca/ko_alpaca_data.json")
    wanted = {
        "oig-smallchip2-ko": [
            asked(row["user_translated"], row["chip2_translated"])
            for row in lines("heegyu/OIG-small-chip2-ko/oig-smallchip2-dedu.jsonl")
        ],
        "koalpaca-v1.0": [asked(row["instruction"], row["output"], row["input"]) for row in v1_0],
        "koalpaca-v1.1": [
            asked(row["instruction"], row["output"]) for row in lines("Beomi/KoAlpaca/KoAlpaca_v1.1.jsonl")
        ],
        "korquad-chat": [None] * 22,  # every row, the one with a third speaker as well
        "sharegpt-deepl-ko": list(filter(None, map(sharegpt, array("junelee/sharegpt_deepl_ko/ko_dataset_2.json")))),
    }
    builder = MixtureBuilder(config_name="open-korean-instructions", sample=True, cache_dir=str(tmp_path))
    builder.download_and_prepare()
    rows = list(builder.as_dataset(split="train"))
    assert list(dict.fromkeys(row["source"] for row in rows)) == list(wanted), "in the order of the published files"
    for source, turns in wanted.items():
        built = [
            [(turn["role"], turn["content"]) for turn in row["messages"]] for row in rows if row["source"] == source
        ]
        assert len(built) == len(turns)
        assert turns[0] is None or built == turns
    assert any(not row["messages"][-1]["content"] for row in rows), "an empty answer that was published is still there"


@pytest.mark.parametrize("name", MIXTURES)
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
    stream = recipe_builder(mixture, sample=True, cache_dir=str(tmp_path)).as_streaming_dataset(split="train")
    assert list(stream) == rows_of(mixture, tmp_path)


def test_more_rows_than_there_are(tmp_path: Path, mirror: Path) -> None:
    mixture = Mixture(name="mine", parts=(Part(HRC, take=100),))
    assert len(rows_of(mixture, tmp_path)) == 18, "the sample is for trying things out"
    builder = recipe_builder(mixture, mirror=str(mirror), accept_drift=True, cache_dir=str(tmp_path))
    with pytest.raises(WrongCall, match="hrc: take = 100 rows were asked for, and there are 18"):
        builder.download_and_prepare()


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
        recipe_builder(Mixture(name="mine"))
    with pytest.raises(WrongCall, match="no rows come out"):
        rows_of(Mixture(name="mine", parts=(Part(HRC, take=0.001),)), tmp_path)
