"""Recipe files: what they may say, and what a user is told who says it wrong."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from okinst.builders import MissingFile, WrongCall
from okinst.catalogue import SOURCES
from okinst.curation.filters import Filter
from okinst.mixtures import MIXTURES, Mixture, Part, recipe
from okinst.mixtures.builder import builder_of_mixture
from okinst.mixtures.keys import KEYS, PART_KEYS
from okinst.mixtures.mixture import Tokens
from okinst.mixtures.steps import Decontaminate, Dedup, Gate
from tests.conftest import ROOT, okinst

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

GOOD = 'name = "mine"\nseed = 3\n[[parts]]\nsource = "hrc"\ntake = 0.5\n[[parts]]\nsource = "koalpaca-v1.1"\ntake = 1\n'


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "my-mix.toml"
    path.write_text(text, encoding="utf-8")
    return recipe.read(path)


def test_a_recipe_is_a_mixture(tmp_path: Path) -> None:
    mixture = recipe.read(ROOT / "examples" / "korean-small.toml")
    assert mixture.name == "korean-small" and mixture.seed == 42 and mixture.shuffle
    assert [(part.config, part.take) for part in mixture.parts][:3] == [
        ("koalpaca-v1.0", 0.25),
        ("koalpaca-v1.1", None),
        ("hrc", 500),
    ]


def test_the_name_is_the_files_where_it_is_not_given(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD.replace('name = "mine"\n', "")).name == "my-mix"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace('"hrc"', '"hcr"'), ("part 1", "'hcr'", "hrc")),
        (GOOD.replace("0.5", "1.5"), ("part 1", "hrc", "1.5", "not a share", "whole number")),
        (GOOD.replace("0.5", "-3"), ("part 1", "hrc", "-3")),
        (GOOD.replace("0.5", '"half"'), ("part 1", "'half'")),
        (GOOD.replace("0.5", "true"), ("part 1", "True")),
        (GOOD.replace("take = 1\n", "takes = 1\n"), ("part 2", "'takes'", "Did you mean 'take'?")),
        (GOOD.replace("seed", "sede"), ("'sede'", "Did you mean 'seed'?")),
        (GOOD.replace("seed = 3", "seed = -3"), ("seed = -3",)),
        (GOOD.replace("seed = 3", "seed = true"), ("seed", "whole number")),
        (GOOD.replace("seed = 3", "shuffle = 1"), ("shuffle", "true or false")),
        (GOOD.replace('"mine"', '"../mine"'), ("name", "letters")),
        (GOOD.replace('"mine"', '"README.md"'), ("README.md", "cannot be the name")),
        (GOOD.replace('"mine"', f'"{"m" * 300}"'), ("at most 100",)),
        (GOOD.replace("0.5", "inf"), ("inf", "not a share")),
        (GOOD.replace("0.5", "nan"), ("nan", "not a share")),
        (GOOD.replace('"koalpaca-v1.1"', '"hrc"'), ("hrc (train) is there twice",)),
        (GOOD.replace('"mine"', '"aulm-0809"'), ("okinst's own", "another")),
        (GOOD.replace("[[parts]]", "[parts]", 1).split("[[parts]]")[0], ("parts", "[[parts]]")),
        ('name = "mine"\n', ("at least one part", "[[parts]]")),
        ("parts = [1]\n", ("part 1", "table")),
        ("[[parts]]\ntake = 1\n", ("part 1", "one origin")),
        ('[[parts]]\nsource = "hrc"\nsplit = "test"\n', ("part 1", "no split 'test'", "train")),
        ('[[parts]]\nsource = "hrc"\n[[parts]]\nsource = "kobest-copa"\n', ("one shape", "choice: kobest-copa")),
        ("[[parts\n", ("not TOML",)),
    ],
)
def test_what_is_wrong_is_named(text: str, words: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(WrongCall) as error:
        read(tmp_path, text)
    for word in words:
        assert word in str(error.value)


def test_a_name_in_hangul_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "나의_레시피.TOML"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace('name = "mine"\n', "").encode())
    assert recipe.is_recipe(str(path)) and recipe.read(path).name == "나의_레시피"
    done = okinst("build", path, "--sample", "-o", tmp_path / "out")
    assert done.returncode == 0 and (tmp_path / "out" / "나의_레시피").is_dir(), done.stderr


def test_a_recipe_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="there is no recipe"):
        recipe.read(tmp_path / "no.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(WrongCall, match="cannot be read"):
        recipe.read(tmp_path / "bad.toml")


def test_a_bad_recipe_is_a_wrong_call_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace('"hrc"', '"hcr"'), encoding="utf-8")
    done = okinst("build", path, "-o", tmp_path / "out", "--sample")
    assert done.returncode == 2 and str(path) in done.stderr and "nearest names" in done.stderr


# -- every key ------------------------------------------------------------------------------------------------------------

OWN = 'file = "own.jsonl"\nlayout = "alpaca"\nlicense = "mit"\nlanguage = "ko"\n'
#: what is wrong, the line that is named, and words of the message
LINES = [
    ('seed = 1\nsise = 5\n[[parts]]\nsource = "hrc"\n', 2, ("'sise'", "Did you mean 'size'?")),
    ('[[parts]]\nsource = "hrc"\nrepeat = 0\n', 3, ("repeat = 0", "1 or more")),
    ('[[parts]]\nsource = "hrc"\nrepaet = 2\n', 3, ("Did you mean 'repeat'?",)),
    ('[[parts]]\nsource = "hrc"\n\n[[parts]]\n# a comment\nsource = "hcr"\n', 6, ("part 2", "'hcr'", "hrc")),
    ('size = 0\n[[parts]]\nsource = "hrc"\n', 1, ("size = 0",)),
    ('size = -3\n[[parts]]\nsource = "hrc"\n', 1, ("size = -3",)),
    ('size = { token = 5 }\n[[parts]]\nsource = "hrc"\n', 1, ("tokens = 500000",)),
    ('size = { tokens = 0 }\ntokenizer = "characters"\n[[parts]]\nsource = "hrc"\n', 1, ("tokens = 0", "1 or more")),
    ('\nsize = { tokens = 100 }\n[[parts]]\nsource = "hrc"\n', 2, ("number of tokens", 'tokenizer = "tokenizer.json"')),
    ('[[parts]]\nsource = "hrc"\ntake = { tokens = 100 }\n', 3, ("take of hrc is a number of tokens",)),
    ('[[parts]]\nsource = "hrc"\ntake = { rows = 100 }\n', 3, ("tokens = 500000",)),
    ('rate = "temprature"\n[[parts]]\nsource = "hrc"\n', 1, ("Did you mean 'temperature'?",)),
    ('temperature = 2\n[[parts]]\nsource = "hrc"\n', 1, ('needs rate = "temperature"',)),
    ('rate = "temperature"\ntemperature = 0.5\n[[parts]]\nsource = "hrc"\n', 2, ("temperature = 0.5", "or more")),
    ('rate = "temperature"\ntemperature = nan\n[[parts]]\nsource = "hrc"\n', 2, ("temperature = nan",)),
    ('rate = "proportional"\n[[parts]]\nsource = "hrc"\nshare = 1.0\n', 1, ("overrule",)),
    ('[[parts]]\nsource = "hrc"\nshare = 0.7\n[[parts]]\nsource = "vaiv-sft"\nshare = 0.2\n', 6, ("0.7 + 0.2 = 0.9", "1 in all", "share = 0.3 for vaiv-sft")),
    ('[[parts]]\nsource = "hrc"\nshare = 1.0\n[[parts]]\nsource = "vaiv-sft"\nshare = 1.0\n', 6, ("1 + 1 = 2", "hrc share = 0.5, vaiv-sft share = 0.5")),
    ('[[parts]]\nsource = "hrc"\nshare = 0.7\n[[parts]]\nsource = "vaiv-sft"\n', 4, ("part 2", "vaiv-sft has no share", "share = 0.3")),
    ('validation = 0\n[[parts]]\nsource = "hrc"\n', 1, ("validation = 0",)),
    ('validation = 1.0\n[[parts]]\nsource = "hrc"\n', 1, ("validation = 1.0", "below 1")),
    ('license = "comercial"\n[[parts]]\nsource = "hrc"\n', 1, ("comercial", "commercial")),
    ('license = ["mitt"]\n[[parts]]\nsource = "hrc"\n', 1, ("mitt", "mit")),
    ('license = "commercial"\n[[parts]]\nsource = "hrc"\n', 1, ("keeps no row of hrc", "OpenAI")),
    ('dedup = "nera"\n[[parts]]\nsource = "hrc"\n', 1, ("Did you mean 'near'?",)),
    ('[dedup]\nkind = "near"\nkeep = "longst"\n[[parts]]\nsource = "hrc"\n', 3, ("Did you mean 'longest'?",)),
    ('[dedup]\non = "anser"\n[[parts]]\nsource = "hrc"\n', 2, ("Did you mean 'answer'?",)),
    ('[dedup]\ntreshold = 0.5\n[[parts]]\nsource = "hrc"\n', 2, ("Did you mean 'threshold'?",)),
    ('[dedup]\nkind = "exact"\nthreshold = 0.5\n[[parts]]\nsource = "hrc"\n', 3, ("Leave one of them out",)),
    ('[dedup]\nthreshold = 2\n[[parts]]\nsource = "hrc"\n', 2, ("threshold = 2",)),
    ('decontaminate = ["kobest-bolq"]\n[[parts]]\nsource = "hrc"\n', 1, ("'kobest-bolq'", "kobest-boolq")),
    ('decontaminate = []\n[[parts]]\nsource = "hrc"\n', 1, ("list of evaluation sets",)),
    ('[decontaminate]\nindex = "no.index"\n[[parts]]\nsource = "hrc"\n', 2, ("there is no index no.index", "okinst index")),
    ('[decontaminate]\nagainst = ["hulic"]\nindxe = "a"\n[[parts]]\nsource = "hrc"\n', 3, ("Did you mean 'index'?",)),
    ('[filter]\nempty = "drop"\nrefusal = "drop"\n[[parts]]\nsource = "hrc"\n', 3, ("Did you mean 'refusals'?",)),
    ('[filter]\nempty = "drop"\npii = "maks"\n[[parts]]\nsource = "hrc"\n', 3, ("Did you mean 'mask'?",)),
    ('[[parts]]\nsource = "hrc"\n[parts.filter]\nlanguage = "kor"\n', 4, ("part 1", "Did you mean 'ko'?")),
    ('filter = { min_answer = 9, max_answer = 3 }\n[[parts]]\nsource = "hrc"\n', 1, ("no row would be left",)),
    ('[[parts]]\nsource = "hrc"\n[parts.filter]\nmin_turns = 9\nmax_turns = 3\n', 4, ("no row would be left",)),
    ('[[parts]]\nsource = "kochatgpt-ppo"\nfilter = { refusals = "drop" }\n', 3, ("refusals", "prompt")),
    ('[[parts]]\nsource = "hrc"\nfile = "own.jsonl"\n', 0, ("part 1", "one origin", "source, file")),
    ('[[parts]]\nsource = "hrc"\nlicense = "mit"\n', 3, ("a file of your own",)),
    ('[[parts]]\nfile = "own.jsonl"\nlayout = "alpaca"\nlanguage = "ko"\n', 2, ("needs its license", "unstated")),
    ('[[parts]]\nfile = "own.jsonl"\nlayout = "alpaca"\nlicense = "mit"\n', 2, ("needs its language",)),
    ('[[parts]]\nfile = "own.jsonl"\nlicense = "mit"\nlanguage = "ko"\n', 2, ("needs its layout", "sharegpt")),
    ("[[parts]]\n" + OWN.replace("alpaca", "alpacca"), 3, ("Did you mean 'alpaca'?",)),
    ("[[parts]]\n" + OWN.replace('"mit"', '"MIT license"'), 4, ("Did you mean 'mit'?",)),
    ("[[parts]]\n" + OWN.replace('"ko"', '"korean"'), 5, ("Did you mean 'ko'?",)),
    ("[[parts]]\n" + OWN + 'making = "by hand"\n', 6, ("making", "Did you mean")),
    ("[[parts]]\n" + OWN.replace("own.jsonl", "gone.jsonl"), 2, ("there is no file", "gone.jsonl")),
    ("[[parts]]\n" + OWN.replace("own.jsonl", "own.csv"), 2, ("own.csv is none of .jsonl",)),
    ("[[parts]]\n" + OWN + 'split = "test"\n', 6, ("split = 'test'", "train")),
    ("[[parts]]\n" + OWN + 'revision = "abc"\n', 6, ("revision", "Hub")),
    ("[[parts]]\n" + OWN + 'name = "hrc"\n', 6, ("the name of a set of okinst", "my-hrc")),
    ('[[parts]]\nrecipe = "other"\n', 2, ("should be a file ending in .toml",)),
    ('[[parts]]\nrecipe = "gone.toml"\n', 2, ("there is no recipe",)),
    ('extends = "aulm-809"\n', 1, ("neither a recipe file nor a mixture", "aulm-0809")),
    ('extends = "gone.toml"\n', 1, ("there is no recipe",)),
    ('extends = "aulm-0809"\nwithout = ["kulm"]\n', 2, ("no part 'kulm'", "kullm-v2")),
    ('without = ["hrc"]\n[[parts]]\nsource = "hrc"\n', 1, ("there is none",)),
    ('[[parts]]\nsource = "hrc"\n[[parts]]\nsource = "vaiv-sft"\n[[parts]]\nsource = "hrc"\n', 5, ("part 3", "hrc (train) is there twice", "line 1, part 1")),
    ("[[parts]]\n" + OWN + "[[parts]]\n" + OWN + 'name = "other"\n', 6, ("part 2", "own.jsonl (train) is in several parts", "line 1", "dedup")),
    ('[[parts]]\nsource = "hrc"\n[[parts]]\nsource = "kobest-copa"\n[[parts]]\nsource = "vaiv-sft"\n', 3, ("part 2", "choice: kobest-copa", "nearest of the shape conversation")),
    ('[[parts]]\nsource = "hrc"\ntake = 0\n', 3, ("take = 0", "leave the part out")),
    ('[[parts]]\nsource = "hrc"\n[parts.filter]\nempty = "drop"\nlanguage = "zh"\n', 5, ("hrc", "it is in ko", "Take language out", "may_be_empty")),
    ('filter = { language = "ko" }\n[[parts]]\nsource = "hrc"\n[[parts]]\nsource = "belle-0.5m"\n', 4, ("belle-0.5m", "it is in zh-Hans", "leave the part out")),
    ('[[parts]]\nsource = "belle-0.5m"\nfilter = { script = "traditional" }\n', 3, ("Take script out",)),
    ('[[parts]]\nsource = "hrc"\nshare = 1.0\nmay_be_empty = true\n', 4, ("share of nothing",)),
    ("[[parts]]\n" + OWN + "generators = []\n", 6, ('generators = ["gpt-4"]',)),
    ("[[parts]]\n" + OWN + "translators = [3]\n", 6, ("translators", "should name them")),
    ('[[parts]]\nsource = "hrc"\ngenerators = ["gpt-4"]\n', 3, ("a file of your own",)),
    ("[[parts]]\n" + OWN.replace("own.jsonl", "owm.jsonl"), 2, ("there is no file", "The nearest: own.jsonl")),
    ('[[parts]]\nhub = "a/b/c"\n' + OWN, 2, ("owner/name",)),
    ('extends = "aulm-0809"\n[[parts]]\nsource = "kullm-v2"\nlicense = "mit"\n', 4, ("okinst's sources say it themselves",)),
    ('extends = "aulm-0809"\n[[parts]]\nname = "kulm"\n', 2, ("no part of what it extends is named 'kulm'", "kullm-v2")),
    ('[[parts]]\nsource = "aulm-0809"\n[[parts]]\nsource = "kullm-v2"\n', 3, ("kullm-v2 (train) is in several parts", "dedup")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), LINES)
def test_the_line_of_the_key_is_named(text: str, line: int | None, words: tuple[str, ...], tmp_path: Path) -> None:
    for name in ("own.jsonl", "own.csv"):
        (tmp_path / name).write_text("{}\n", encoding="utf-8")
    with pytest.raises(WrongCall) as error:
        read(tmp_path, text)
    told = str(error.value)
    assert told.startswith(str(tmp_path / "my-mix.toml")), told
    for word in (*words, f"my-mix.toml, line {line}" if line else "my-mix.toml"):
        assert word in told, told


def test_every_key_can_be_said(tmp_path: Path) -> None:
    """One recipe that says everything, and means what it says."""
    (tmp_path / "own.jsonl").write_text("{}\n", encoding="utf-8")
    (tmp_path / "inner.toml").write_text('[[parts]]\nsource = "kochatgpt-talk"\n', encoding="utf-8")
    (tmp_path / "base.toml").write_text(
        'seed = 1\n[[parts]]\nsource = "hrc"\nshare = 0.2\n[[parts]]\nsource = "vaiv-sft"\nshare = 0.8\n',
        encoding="utf-8",
    )
    text = """
        name = "all"
        description = "All keys."
        extends = "base.toml"
        without = ["vaiv-sft"]
        seed = 7
        shuffle = false
        rate = "as given"
        size = { tokens = 100 }
        tokenizer = "characters"
        dedup = { kind = "near", on = "answer", keep = "longest", threshold = 0.6 }
        decontaminate = { against = ["kobest-copa"], threshold = 0.9 }
        license = "redistributable"
        validation = 0.1
        filter = { empty = "drop" }
        select = { share = 0.5 }
        [[parts]]
        source = "hrc"
        share = 0.5
        take = 0.9
        repeat = 2
        [[parts]]
        recipe = "inner.toml"
        split = "train"
        share = 0.2
        [[parts]]
        file = "own.jsonl"
        name = "mine"
        layout = "messages"
        license = "cc-by-4.0"
        language = "ko"
        making = "generated, machine-translated"
        generators = ["gpt-4"]
        translators = ["DeepL"]
        share = 0.2
        may_be_empty = false
        filter = { code = "drop" }
        [[parts]]
        hub = "me/rows"
        revision = "abc"
        file = "data/*.parquet"
        layout = "sharegpt"
        license = "mit"
        language = "ko"
        share = 0.1
    """
    path = tmp_path / "all.toml"
    path.write_text(
        text.replace('license = "redistributable"', 'license = ["cc-by-sa-4.0", "unstated", "cc-by-4.0", "mit"]')
    )
    mixture = recipe.read(path)
    assert (mixture.name, mixture.seed, mixture.shuffle, mixture.validation) == ("all", 7, False, 0.1)
    assert [part.config for part in mixture.parts] == ["hrc", "inner", "mine", "me--rows"]
    assert [part.share for part in mixture.parts] == [0.5, 0.2, 0.2, 0.1]
    assert (mixture.parts[0].take, mixture.parts[0].repeat) == (0.9, 2)
    assert mixture.dedup == Dedup(True, "answer", "longest", 0.6)
    assert mixture.decontaminate == Decontaminate(("kobest-copa",), 0.9)
    assert mixture.size == Tokens(100) and mixture.filter == Filter(empty="drop")
    assert mixture.splits == ("train", "validation")
    told = mixture.recipe()
    assert told["parts"][3]["layout"] == "sharegpt" and told["parts"][1]["source"]["name"] == "inner"
    said = {line.split(" =")[0].strip() for line in text.splitlines() if " =" in line} | {
        "parts",
        "temperature",
        "source",
    }
    assert said == KEYS.keys() | PART_KEYS.keys()


def test_python_says_what_toml_says(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'dedup = "exact"\nlicense = "open"\nfilter = { language = "ko" }\nseed = 2\nsize = 10\n[[parts]]\nsource = "hrc"\nshare = 0.5\n'
        '[[parts]]\nsource = "koalpaca-v1.1"\nshare = 0.5\nrepeat = 2\n',
        encoding="utf-8",
    )
    parts = (Part(SOURCES["hrc"].builder, share=0.5), Part(SOURCES["koalpaca-v1.1"].builder, share=0.5, repeat=2))
    mixture = Mixture(
        name="mine",
        parts=parts,
        dedup=Dedup(near=False),
        license=Gate("open"),
        filter=Filter(language=("ko",)),
        seed=2,
        size=10,
    )
    one, two = recipe.read(path), mixture
    assert one.recipe() == two.recipe()
    built = [builder_of_mixture(each, sample=True, cache_dir=str(tmp_path / "cache")) for each in (one, two)]
    assert built[0].hash == built[1].hash
    for builder in built:
        builder.download_and_prepare()
    assert list(built[0].as_dataset(split="train")) == list(built[1].as_dataset(split="train"))


def test_recipes_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[[parts]]\nrecipe = "b.toml"\n', encoding="utf-8")
    (tmp_path / "b.toml").write_text('extends = "c.toml"\n', encoding="utf-8")
    (tmp_path / "c.toml").write_text('[[parts]]\nrecipe = "a.toml"\n', encoding="utf-8")
    with pytest.raises(WrongCall, match=r"go round in a circle: a\.toml -> b\.toml -> c\.toml -> a\.toml") as error:
        recipe.read(tmp_path / "a.toml")
    for place in ("a.toml, line 2, part 1: ", "b.toml, line 1: ", "c.toml, line 2, part 1: the recipes go"):
        assert place in str(error.value), error.value
    (tmp_path / "self.toml").write_text('extends = "self.toml"\n', encoding="utf-8")
    with pytest.raises(WrongCall, match=r"self\.toml -> self\.toml"):
        recipe.read(tmp_path / "self.toml")


def test_a_variant_of_a_published_mixture(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "aulm-0809-documented"\nwithout = ["korquad-chat"]\nshuffle = true\n[[parts]]\nsource = "kullm-v2"\ntake = 5\n'
        '[[parts]]\nsource = "hrc"\n',
        encoding="utf-8",
    )
    mixture = recipe.read(path)
    base = MIXTURES["aulm-0809-documented"]
    assert [part.config for part in mixture.parts] == [
        *(part.config for part in base.parts if part.config != "korquad-chat"),
        "hrc",
    ]
    old, new = ({part.config: part for part in each.parts}["kullm-v2"] for each in (base, mixture))
    assert new.take == 5 and new.rule == old.rule and mixture.shuffle and mixture.rows is None


def test_a_base_with_two_splits_of_one_source_keeps_both(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        '[[parts]]\nsource = "vaiv-rm"\n[[parts]]\nsource = "vaiv-rm"\nsplit = "test"\n', encoding="utf-8"
    )
    (tmp_path / "mine.toml").write_text('extends = "base.toml"\nseed = 3\n', encoding="utf-8")
    assert [part.split for part in recipe.read(tmp_path / "mine.toml").parts] == ["train", "test"]
    (tmp_path / "less.toml").write_text('extends = "base.toml"\nwithout = ["vaiv-rm/test"]\n', encoding="utf-8")
    assert [part.split for part in recipe.read(tmp_path / "less.toml").parts] == ["train"]


def test_shares_of_what_is_extended(tmp_path: Path) -> None:
    """The line that is named is this recipe's: what it extends was right before."""
    (tmp_path / "base.toml").write_text(
        "".join(
            f'[[parts]]\nsource = "{name}"\nshare = {share}\n' for name, share in (("hrc", 0.2), ("vaiv-sft", 0.8))
        ),
        encoding="utf-8",
    )
    without = 'extends = "base.toml"\n\nwithout = ["vaiv-sft"]\n'
    for text, words in (
        (without, r"my-mix\.toml, line 3: my-mix: the shares are 0\.2 = 0\.2.*hrc share = 1 .*\[\[parts\]\]"),
        (without + '[[parts]]\nsource = "ko-lima"\n', r"my-mix\.toml, line 4, part 1: .*ko-lima has no share.*share = 0\.8"),
        (without + '[[parts]]\nsource = "ko-lima"\nshare = 0.5\n', r"my-mix\.toml, line 6, part 1: .*share = 0\.8 for ko-lima"),
        ('extends = "base.toml"\n[[parts]]\nsource = "hrc"\nshare = 0.4\n', r"my-mix\.toml, line 4, part 1: .*share = 0\.2 for hrc"),
        ('extends = "base.toml"\nrate = "proportional"\n', r"my-mix\.toml, line 2: .*overrule"),
    ):  # fmt: skip
        with pytest.raises(WrongCall, match=words):
            read(tmp_path, text)
    assert [part.share for part in read(tmp_path, without + '[[parts]]\nsource = "hrc"\nshare = 1\n').parts] == [1]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[[parts]]\nsource = "hrc"\n\ntake = 500_000\n', "4, part 1", ("hrc: take = 500,000", "18 are left of it")),
        ('[[parts]]\nsource = "hrc"\n\ntake = 0.001\n', "4, part 1", ("is none", "0.056 is one row")),
        ('tokenizer = "characters"\n[[parts]]\nsource = "hrc"\ntake = { tokens = 900_000 }\n', "4, part 1", ("at most",)),
        ('\nsize = 41\n[[parts]]\nsource = "hrc"\n', "2", ("size = 41", "18 at most")),
        ('\nsize = 90\nrate = "proportional"\n[[parts]]\nsource = "hrc"\n', "2", ("size = 90", "18 at most")),
        ('size = 50\n[[parts]]\nsource = "hrc"\nshare = 1.0\n', "4, part 1", ("50 rows", "18 rows at most", "repeat = 3")),
        ('[[parts]]\nsource = "hrc"\n[validation]\n', "3", ("validation",)),
        ('validation = 18\n[[parts]]\nsource = "hrc"\n', "1", ("nothing is left to train on",)),
    ],
)  # fmt: skip
def test_what_only_the_rows_can_tell_names_its_line_too(
    text: str, line: str, words: tuple[str, ...], tmp_path: Path, mirror: Path
) -> None:
    """The sample takes what there is; a mirror of the same files does not."""
    with pytest.raises(WrongCall) as error:
        mixture = read(tmp_path, text)
        options = {"mirror": str(mirror), "accept_drift": True, "cache_dir": str(tmp_path / "cache")}
        builder_of_mixture(mixture, **options).download_and_prepare()  # type: ignore[arg-type]
    for word in (*words, f"my-mix.toml, line {line}: "):
        assert word in str(error.value), error.value


def test_files_that_are_not_there_name_the_line_of_the_key(tmp_path: Path, mirror: Path) -> None:
    text = 'decontaminate = ["kobest-copa"]\n[[parts]]\nsource = "hrc"\n[[parts]]\nsource = "koalpaca-v1.1"\n'
    options = {"mirror": str(mirror), "accept_drift": True, "cache_dir": str(tmp_path / "cache")}
    for gone, line in (
        (SOURCES["kobest-copa"].variant.files["test"][0].repo.id, "line 1: decontaminate"),
        ("Beomi/KoAlpaca", "line 4, part 2: koalpaca-v1.1"),
    ):
        (mirror / gone).rename(tmp_path / "away")
        with pytest.raises(MissingFile, match=rf"my-mix\.toml, {line}.*okinst fetch"):
            builder_of_mixture(read(tmp_path, text), **options).download_and_prepare()  # type: ignore[arg-type]
        (tmp_path / "away").rename(mirror / gone)


def test_a_file_of_ones_own_is_changed_by_its_path_or_its_name(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("own.jsonl", "[1].jsonl"):
        (tmp_path / "deep" / name).write_text("{}\n", encoding="utf-8")
    (tmp_path / "deep" / "base.toml").write_text(
        "[[parts]]\n" + OWN + "[[parts]]\n" + OWN.replace("own.jsonl", "[1].jsonl") + 'name = "one"\n'
        '[[parts]]\nhub = "me/rows"\n' + OWN,
        encoding="utf-8",
    )  # fmt: skip
    extends = 'extends = "deep/base.toml"\n[[parts]]\n'
    for text, number, expected in (
        ('file = "deep/own.jsonl"\ntake = 3\n', 0, {"take": 3}),
        ('name = "own"\ntake = 3\nlayout = "sharegpt"\n', 0, {"take": 3, "layout": "sharegpt"}),
        ('file = "deep/[1].jsonl"\nname = "new"\nlicense = "odc-by"\n', 1, {"source": "new", "license": "odc-by"}),
        ('name = "one"\nlanguage = "en"\nmaking = "generated"\n', 1, {"language": "en", "making": "generated"}),
        ('name = "one"\ngenerators = ["gpt-4"]\n', 1, {"generators": ["gpt-4"]}),
        ('hub = "me/rows"\nfile = "own.jsonl"\nrevision = "v2"\n', 2, {"revision": "v2"}),
        ('source = "me--rows"\nfilter = { empty = "drop" }\n', 2, {"filter": {"empty": "drop"}}),
    ):  # fmt: skip
        before, after = (
            each.recipe()["parts"]
            for each in (recipe.read(tmp_path / "deep/base.toml"), read(tmp_path, extends + text))
        )  # type: ignore[attr-defined]
        assert after[number] == {**before[number], **expected}
        assert [*after[:number], *after[number + 1 :]] == [*before[:number], *before[number + 1 :]]
        validator().validate(tomllib.loads(extends + text))
    left = read(tmp_path, 'extends = "deep/base.toml"\nwithout = ["deep/own.jsonl", "one"]\n')
    assert [part.config for part in left.parts] == ["me--rows"]  # type: ignore[attr-defined]
    for text, words in (
        ('name = "own"\nrevision = "v2"\n', r"line 4, part 1: revision is for a dataset on the Hub"),
        ('file = "deep/own.jsonl"\nname = "hrc"\n', r"line 4, part 1: 'hrc' is the name of a set of okinst"),
        ('file = "deep/own.jsonl"\nname = "one"\n', r"one \(train\) is there twice"),
    ):
        with pytest.raises(WrongCall, match=words):
            read(tmp_path, extends + text)


# -- the JSON Schema ------------------------------------------------------------------------------------------------------


def validator() -> Any:
    schema = json.loads((ROOT / "docs" / "recipe.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.toml")), ids=lambda path: path.name)
def test_examples_are_recipes_and_fit_the_schema(path: Path) -> None:
    assert recipe.read(path).name == path.stem
    validator().validate(tomllib.loads(path.read_text(encoding="utf-8")))


#: what a schema cannot know: sums, names of sources and sets, files, contradictions, what goes with what
UNKNOWN_TO_A_SCHEMA = (
    "hcr", "temperature = nan", "validation = 1.0", "in all", "1 + 1", "no share", "twice", "nearest of", "take = 0", "it is in", "script", "share of nothing", "The nearest: own", "owner/name", "say it themselves", "no part of what", "number of tokens", "overrule", "needs rate", "no row", "keeps no row", "comercial", "mitt",
    "kobest-bolq", "no index", "Leave one", "prompt", "no file", "none of .jsonl", "split = 'test'", "revision", "a set of okinst",
    "ending in .toml", "no recipe", "neither a recipe", "no part", "there is none", "in several parts",
)  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), LINES)
def test_what_is_wrong_does_not_fit_the_schema(text: str, line: int | None, words: tuple[str, ...]) -> None:
    if any(known in word or word in known for word in words for known in UNKNOWN_TO_A_SCHEMA):
        return
    assert not validator().is_valid(tomllib.loads(text)), text


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_the_recipe_of_a_readme_is_one(name: str, tmp_path: Path) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert blocks
    (tmp_path / "own.jsonl").write_text("{}\n", encoding="utf-8")
    for block in blocks:
        read(tmp_path, block)
        validator().validate(tomllib.loads(block))


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.toml")), ids=lambda path: path.name)
def test_examples_build_from_the_sample(path: Path, tmp_path: Path) -> None:
    if path.stem in ("koalpaca-and-random-1pct", "curated-korean"):
        pytest.skip("of a file that only a mirror has")
    builder = builder_of_mixture(recipe.read(path), sample=True, cache_dir=str(tmp_path))
    builder.download_and_prepare()
    assert len(builder.as_dataset(split="train"))
