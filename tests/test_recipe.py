"""Recipe files: what they may say, and what a user is told who says it wrong."""

from pathlib import Path

import pytest

from okinst.builders import WrongCall
from okinst.mixtures import recipe
from tests.conftest import ROOT, okinst

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
