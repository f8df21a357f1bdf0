"""Tokenizers: on disk and on the Hub, over real HTTP."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from okinst.builders import WrongCall
from okinst.mixtures import tokens
from tests.conftest import okinst, python
from tests.hub_double import Hub, Repo, serving
from tests.own_files import asked, part

#: says how many tokens the two rows of a table have, and what the tokenizer is known by
WEIGH = """
import json, sys, logging
import pyarrow as pa
from okinst.mixtures import tokens
logging.basicConfig(level="WARNING", stream=sys.stdout)
token = sys.argv[2] if len(sys.argv) > 2 else None
name = tokens.pinned(sys.argv[1], token)
rows = [[{"role": "user", "content": text}] for text in ("one two", "one two three")]
found = tokens.weigher(name, token)(pa.table({"messages": rows})).tolist()
print(json.dumps([name, found, tokens.identity(name, token)]))
"""


def tokenizer(*words: str) -> bytes:
    """A tokenizer.json that knows some words."""
    made = Tokenizer(WordLevel({word: number for number, word in enumerate(("?", *words))}, unk_token="?"))
    made.pre_tokenizer = Whitespace()
    return str(made.to_str()).encode()


def weigh(hub: Hub, home: Path, *arguments: str, **environment: str) -> list[object]:
    where = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), **environment}
    return list(json.loads(python(WEIGH, *arguments, **where).splitlines()[-1]))


def test_a_tokenizer_of_the_hub_is_pinned_to_a_commit(tmp_path: Path) -> None:
    with serving() as hub:
        hub.repos["models/me/words"] = Repo({"tokenizer.json": tokenizer("one", "two")})
        commit = hub.repos["models/me/words"].commit
        name, found, identity = weigh(hub, tmp_path, "me/words")
        assert (name, found) == (f"me/words@{commit}", [2, 3])
        # the branch moves: another commit, another identity
        hub.repos["models/me/words"] = Repo({"tokenizer.json": tokenizer("one", "two", "three")})
        moved, _, other = weigh(hub, tmp_path, "me/words@main")
        assert moved != name and other != identity
        # what is pinned, and here, asks nobody; a branch without a network is the commit of the last time
        hub.requests.clear()
        assert weigh(hub, tmp_path, str(name), HF_HUB_OFFLINE="1") == [name, [2, 3], identity]
        assert weigh(hub, tmp_path, "me/words", HF_HUB_OFFLINE="1")[0] == moved
        assert weigh(hub, tmp_path, "me/words", HF_ENDPOINT="http://127.0.0.1:9")[0] == moved
        assert weigh(hub, tmp_path, str(name))[0] == name
        # the client of the Hub asks things of its own
        assert not [path for _, path, _ in hub.requests if "words" in path]


def test_a_private_tokenizer_gets_the_token(tmp_path: Path) -> None:
    with serving() as hub:
        hub.repos["models/me/words"] = Repo({"tokenizer.json": tokenizer("one")}, token="a-token-of-ours")
        assert weigh(hub, tmp_path, "me/words", "a-token-of-ours")[1] == [2, 3]
        assert weigh(hub, tmp_path / "b", "me/words", HF_TOKEN="a-token-of-ours")[1] == [2, 3]


@pytest.mark.parametrize(
    ("name", "repo", "words"),
    [
        ("me/words", None, "the Hub has no such repository, or it is private: hf auth login"),
        ("me/words@v9", Repo({}), "me/words at v9 is not on the Hub. Name a revision that it has"),
        ("me/words", Repo({"vocab.txt": b"one"}), "is not on the Hub. Name a model that has it"),
        ("me/words", Repo({"tokenizer.json": b"{"}), "cannot be read as a tokenizer.json"),
        ("me/words and more", None, "no name on the Hub either"),
        ("gone/tokenizer.json", None, "there is no file"),
    ],
)
def test_a_tokenizer_that_cannot_be_had_names_its_line(
    name: str, repo: Repo | None, words: str, tmp_path: Path
) -> None:
    (tmp_path / "own.jsonl").write_text(asked([("하나?", "둘.")]), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(f'seed = 1\ntokenizer = "{name}"\n{part("own")}', encoding="utf-8")
    with serving() as hub:
        if repo:
            hub.repos["models/me/words"] = repo
        where = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}
        done = okinst("build", tmp_path / "mine.toml", "-o", tmp_path / "out", **where)
    assert done.returncode and "mine.toml, line 2: tokenizer = " in done.stderr and words in done.stderr, done.stderr


def test_provenance_says_which_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text(asked([("하나?", "둘.")]), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(f'tokenizer = "me/words"\n{part("own")}', encoding="utf-8")
    with serving() as hub:
        hub.repos["models/me/words"] = Repo({"tokenizer.json": tokenizer("one")})
        where = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}
        done = okinst("build", tmp_path / "mine.toml", "-o", tmp_path / "out", **where)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "out/provenance.json").read_text(encoding="utf-8"))
    commit = hub.repos["models/me/words"].commit
    (file,) = (each for each in told["inputs"] if each["for"] == "tokenizer")
    assert (file["repo"], file["revision"], file["path"]) == ("me/words", commit, "tokenizer.json") and file["sha256"]
    assert told["recipe"]["tokenizer"] == f"me/words@{commit}" and told["written"]["tokenizer"] == "me/words"


def test_a_tokenizer_on_disk_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(tokenizer("one"))
    first = tokens.identity(str(path))
    assert tokens.identity(str(tmp_path)) == first and tokens.pinned(str(tmp_path)) == str(tmp_path)
    assert tokens.describe(str(tmp_path))["path"] == str(path)
    path.write_bytes(tokenizer("one", "two"))
    assert tokens.identity(str(path)) != first
    table = pa.table({"messages": [[{"role": "user", "content": "one two"}]]})
    assert tokens.weigher(str(path))(table).tolist() == [2]
    path.unlink()
    with pytest.raises(WrongCall, match="there is no file"):
        tokens.identity(str(path))


#: opens a recipe, and says how its first part names its tokenizer
OPEN = """
import sys
from pathlib import Path
from okinst.mixtures import recipe
from okinst.mixtures.builder import builder_of_mixture
builder = builder_of_mixture(recipe.read(Path(sys.argv[1])), cache_dir=sys.argv[2])
print(builder.config.recipe()["parts"][0]["source"]["tokenizer"])
"""


def test_the_tokenizer_of_a_nested_recipe_is_pinned(tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text(asked([("one", "two")]), encoding="utf-8")
    (tmp_path / "inner.toml").write_text('tokenizer = "me/words"\n' + part("own"), encoding="utf-8")
    (tmp_path / "outer.toml").write_text('[[parts]]\nrecipe = "inner.toml"\n', encoding="utf-8")
    with serving() as hub:
        hub.repos["models/me/words"] = Repo({"tokenizer.json": tokenizer("one", "two")})
        where = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}
        told = python(OPEN, tmp_path / "outer.toml", tmp_path / "cache", **where)
    assert told.strip() == f"me/words@{hub.repos['models/me/words'].commit}"
