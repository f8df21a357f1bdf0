"""Pushing to the Hub, end to end: huggingface_hub and datasets against a real server on loopback."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import okinst as package
from okinst.builders import DamagedFile, NoNetwork, NotPushed, WrongCall
from okinst.cli import pushing
from okinst.publishing import build, patience, plain_set, readme, report
from okinst.publishing.card import write as write_card
from okinst.publishing.hub import Pushed, push
from okinst.publishing.refusal import LicenceRefused
from tests.conftest import okinst, python
from tests.hub_double import Fault, Hub, Repo, serving
from tests.report_page import parsed

TOKEN = "hf_ofOurOwnMaking1234567890abcdefgh"
REPO = "user/koquality"
COUNT = """
import json, sys, datasets
datasets.disable_progress_bars()
rows = datasets.load_dataset(*sys.argv[1:])
print(json.dumps({split: rows[split].to_list() for split in rows}, sort_keys=True))
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as hub:
        hub.users = {TOKEN: ("user", "write"), "hf_readerOnly": ("user", "read"), "hf_otherPerson": ("other", "write")}
        yield hub


@pytest.fixture(scope="session")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """KoQuality from the sample: built, scored, chosen."""
    return build("koquality", tmp_path_factory.mktemp("sets") / "koq", sample=True).folder


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source that may be passed on."""
    return build("dolly-ko", tmp_path_factory.mktemp("sets") / "dolly", sample=True).folder


def pushed(folder: Any, hub: Hub, repo_id: str = REPO, **options: Any) -> Pushed:
    return push(folder, **{"repo_id": repo_id, "token": TOKEN, "endpoint": hub.url, **options})


def loaded(hub: Hub, tmp_path: Path, *arguments: str, **environment: str) -> dict[str, list[dict[str, Any]]]:
    """The rows that load_dataset gives back, in a fresh interpreter with an empty cache."""
    home = {"HF_HOME": str(tmp_path / "hf-load"), "HF_ENDPOINT": hub.url}
    rows: dict[str, list[dict[str, Any]]] = json.loads(python(COUNT, *arguments, cwd=tmp_path, **home, **environment))
    return rows


def rows_of(folder: Path) -> dict[str, list[dict[str, Any]]]:
    told = json.loads((folder / "provenance.json").read_text())
    return {
        split: datasets.Dataset.from_parquet(
            [str(path) for path in sorted((folder / told["name"]).glob(f"{split}-*.parquet"))],
            cache_dir=str(folder.parent / "cache"),
        ).to_list()
        for split in told["rows"]
    }


def head_of(repo: Repo) -> dict[str, Any]:
    return readme.parted(repo.files["README.md"].decode(), "here")[0]


# -- there and back ----------------------------------------------------------------------------------------------------


def test_a_curated_set_comes_back_as_it_was_and_is_not_pushed_twice(curated: Path, hub: Hub, tmp_path: Path) -> None:
    done = pushed(curated, hub)
    repo = hub.repos[REPO]
    assert (done.new, done.commit, done.private) == (True, repo.commit, False) and repo.made == 1
    assert set(repo.files) == {
        ".gitattributes", "README.md", "koquality/provenance.json", "koquality/selection.parquet",
        "koquality/train-00000-of-00001.parquet",
    }  # fmt: skip
    assert set(done.kept_back) == {"dropped.parquet", "clusters.parquet"}
    assert loaded(hub, tmp_path, REPO) == rows_of(curated)
    again = pushed(curated, hub)
    assert (again.new, again.commit, again.files) == (False, done.commit, []) and repo.made == 1
    # what is told of the files is true of the files
    told = json.loads(repo.files["koquality/provenance.json"])
    for file in told["files"]:
        assert len(repo.files[file["path"]]) == file["bytes"]


def test_the_command_line_pushes_and_says_what_it_did(small: Path, hub: Hub, tmp_path: Path) -> None:
    environment = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path / "hf")}
    dry = pushed(small, hub, dry_run=True)
    assert dry.new and dry.commit == "" and not hub.repos and "which would be made" in "".join(pushing.lines(dry))
    done = okinst("push", small, REPO, **environment)
    assert done.returncode == 0, done.stderr
    assert f"{hub.url}/datasets/{REPO} (public): commit {hub.repos[REPO].commit[:12]}" in done.stdout
    assert f'load_dataset("{REPO}", "dolly-ko")' in done.stdout
    again = okinst("push", small, REPO, "--json", **environment)
    assert json.loads(again.stdout)["new"] is False and hub.repos[REPO].made == 1
    # the token is in no output, and in no file that was made
    assert TOKEN not in "".join(each.stdout + each.stderr for each in (done, again))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in written if TOKEN.encode() in path.read_bytes()]


def test_a_push_that_was_killed_goes_on_where_it_stopped(small: Path, hub: Hub, tmp_path: Path) -> None:
    rows = datasets.Dataset.from_list(rows_of(small)["train"])
    folder = plain_set.write(
        datasets.DatasetDict({"a": rows.select([0]), "b": rows.select([1])}), tmp_path / "two", "two"
    )
    told = json.loads((folder / "provenance.json").read_text())
    first, second = (file["sha256"] for file in told["files"] if file["path"].startswith("two/"))
    hub.faults = [Fault("PUT", f"/_large/{second}", times=99, after=100)]  # cut in the middle of the upload
    process = subprocess.Popen(
        [sys.executable, "-m", "okinst.cli.app", "push", str(folder), REPO, "--i-have-the-rights"],
        env={**os.environ, "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path / "hf")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert hub.failed.wait(120)
        deadline = time.monotonic() + 60
        while first not in hub.large and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert set(hub.large) == {first} and hub.repos[REPO].made == 0, "one file arrived, and nobody sees it yet"
    hub.faults.clear()
    hub.requests.clear()
    done = pushed(folder, hub, i_have_the_rights=True)
    assert done.new and hub.repos[REPO].made == 1
    assert hub.asked("PUT", "/_large/") == [f"/_large/{second}"], "what has arrived is not sent again"
    assert not pushed(folder, hub, i_have_the_rights=True).new


def test_an_upload_that_is_cut_once_is_no_failure(small: Path, hub: Hub) -> None:
    hub.faults = [Fault("PUT", "/_large/", after=100)]
    assert pushed(small, hub).new and hub.failed.is_set() and hub.repos[REPO].made == 1


# -- several sets in one repository ------------------------------------------------------------------------------------


def test_other_sets_and_what_was_written_by_hand_stay(small: Path, hub: Hub, tmp_path: Path) -> None:
    card = (
        "---\npretty_name: Ours\nlicense: mit\ntags: [ours]\nlanguage: [en]\n"
        "configs:\n- config_name: notes\n  default: true\n  data_files: notes/*.parquet\n---\n# By hand\n\nStays.\n"
    )
    notes = {"notes/a.parquet": b"not read here", "notes/dolly-ko.md": b"about"}
    hub.repos[REPO] = Repo({"README.md": card.encode(), **notes})
    pushed(small, hub)
    pushed(small, hub, config="twin")
    files, head = hub.repos[REPO].files, head_of(hub.repos[REPO])
    assert all(files[path] == data for path, data in notes.items())
    assert [each["config_name"] for each in head["configs"]] == ["notes", "dolly-ko", "twin"]
    assert head["configs"][0] == {"config_name": "notes", "default": True, "data_files": "notes/*.parquet"}
    assert (head["pretty_name"], head["license"], head["tags"], head["language"]) == (
        "Ours", "other", ["ours", "okinst", "instruction-tuning"], ["en", "ko"],
    )  # fmt: skip
    text = files["README.md"].decode()
    assert text.count("# By hand\n\nStays.") == 1 and text.count("<!-- okinst: end of") == 2
    assert {"dolly-ko/provenance.json", "twin/provenance.json"} <= set(files)
    assert loaded(hub, tmp_path, REPO, "twin") == rows_of(small)
    assert hub.repos[REPO].made == 2 and not pushed(small, hub).new


def test_files_of_an_earlier_push_go_and_notes_stay(small: Path, hub: Hub) -> None:
    pushed(small, hub, private=True, with_dropped=True)
    repo = hub.repos[REPO]
    name = "dolly-ko/train-00000-of-00001.parquet"
    stale = {"dolly-ko/train-00000-of-00002.parquet": b"old", "dolly-ko/old-00000-of-00001-ab12.parquet": b"old"}
    repo.files |= {**stale, "dolly-ko/dropped.parquet": b"old", "dolly-ko/notes.md": b"mine", name: b"old"}
    done = pushed(small, hub, private=True)
    assert done.removed == sorted([*stale, "dolly-ko/dropped.parquet"]) and [file["path"] for file in done.files] == [
        name
    ]
    assert not (set(stale) & set(repo.files)) and repo.files["dolly-ko/notes.md"] == b"mine"


def test_sets_pushed_at_once_are_all_there(small: Path, hub: Hub) -> None:
    names = ["one", "two", "three"]
    pushed(small, hub, config="zero")
    with ThreadPoolExecutor(len(names)) as pool:
        done = list(pool.map(lambda name: pushed(small, hub, config=name), names))
    assert all(each.new for each in done) and hub.repos[REPO].made == 4
    head = head_of(hub.repos[REPO])
    assert {each["config_name"] for each in head["configs"]} == {"zero", *names}
    assert all(f"{name}/train-00000-of-00001.parquet" in hub.repos[REPO].files for name in names)


@pytest.mark.parametrize(
    "files, config, told",
    [
        ({"data/train.csv": b"a\n1\n"}, None, "has data (data/train.csv) and no configs"),
        (
            {"README.md": b"---\nconfigs:\n- config_name: dolly-ko\n  data_files: data/*.csv\n---\n"},
            None,
            "has a set named dolly-ko already, of other files (data/*.csv)",
        ),
        (
            {"README.md": b"---\nconfigs:\n- config_name: all\n  data_files: '**/*.parquet'\n---\n"},
            None,
            "has a set all that would take dolly-ko/",
        ),
        (
            {"README.md": b"---\nconfigs: [\n---\n"},
            None,
            "the head of README.md in user/koquality on the Hub cannot be read",
        ),
    ],
)
def test_a_repository_with_other_content_is_left_alone(
    files: dict[str, bytes], config: str | None, told: str, small: Path, hub: Hub
) -> None:
    hub.repos[REPO] = Repo(dict(files))
    with pytest.raises((WrongCall, DamagedFile)) as error:
        pushed(small, hub, config=config)
    assert told in str(error.value)
    assert hub.repos[REPO].files == files and not hub.large


def test_a_branch_is_made_and_main_stays(small: Path, hub: Hub) -> None:
    hub.repos[REPO] = Repo({"README.md": b"# Ours\n"})
    done = pushed(small, hub, revision="next")
    assert done.url.endswith("/tree/next") and "dolly-ko/provenance.json" in hub.repos[REPO].branches["next"]
    assert hub.repos[REPO].files == {"README.md": b"# Ours\n"}
    assert not pushed(small, hub, revision="next").new


# -- the card of several sets ------------------------------------------------------------------------------------------

HEADS = st.fixed_dictionaries(
    {},
    optional={
        "license": st.sampled_from(["mit", "other", "cc-by-4.0"]),
        "tags": st.lists(st.sampled_from(["a", "b", "okinst"]), unique=True),
        "pretty_name": st.text(max_size=8),
    },
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r", exclude_categories=["Cs"]), max_size=60)


def _card(head: dict[str, Any], text: str) -> str:
    return f"---\n{yaml.safe_dump(head)}---\n{text}"


@given(HEADS, TEXTS, HEADS, TEXTS, HEADS, TEXTS)
def test_merging_is_idempotent_and_keeps_the_others(
    head: dict[str, Any], text: str, one: dict[str, Any], of_one: str, two: dict[str, Any], of_two: str
) -> None:
    first = readme.merged(_card(head, text), _card(one, of_one), "one", ["train"])
    both = readme.merged(first, _card(two, of_two), "two", ["train"])
    assert readme.merged(first, _card(one, of_one), "one", ["train"]) == first
    assert readme.merged(both, _card(two, of_two), "two", ["train"]) == both
    again = readme.merged(both, _card(one, of_one), "one", ["train"])
    assert readme.parted(again, "")[1] == readme.parted(both, "")[1]
    assert [each["config_name"] for each in readme.parted(both, "")[0]["configs"]] == ["one", "two"]


def test_what_an_earlier_upload_said_of_the_columns_goes() -> None:
    theirs = _card({"dataset_info": [{"config_name": "a", "features": []}, {"config_name": "b", "features": []}]}, "")
    head, _ = readme.parted(readme.merged(theirs, _card({}, "text"), "a", ["train"]), "")
    assert head["dataset_info"] == {"config_name": "b", "features": []}


# -- the Hub has its moods ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [409, 412, 429, 500, 503])
def test_a_commit_is_tried_again(code: int, small: Path, hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    hub.faults = [Fault("POST", "/commit/", code, times=2, retry_after="0")]
    assert pushed(small, hub).new and hub.repos[REPO].made == 1
    assert len(hub.asked("POST", "/commit/")) == 3 and len(set(hub.asked("PUT", "/_large/"))) == len(hub.large)
    assert f"answered {code} ({patience.PASSING[code]})" in caplog.text


def test_a_commit_whose_answer_was_lost_is_not_made_twice(small: Path, hub: Hub) -> None:
    hub.faults = [Fault("POST", "/commit/", done=True)]
    done = pushed(small, hub)
    assert hub.failed.is_set() and hub.repos[REPO].made == 1 and done.commit == hub.repos[REPO].commit


def test_a_storm_ends_with_what_to_do(small: Path, hub: Hub) -> None:
    hub.faults = [Fault("POST", "/commit/", 429, times=99, retry_after="0")]
    with pytest.raises(NotPushed, match=r"answered 429 again and again.*Run the same again later"):
        pushed(small, hub)
    assert len(hub.asked("POST", "/commit/")) == patience.TRIES and hub.repos[REPO].made == 0


def test_nobody_waits_an_hour_in_silence(small: Path, hub: Hub) -> None:
    hub.faults = [Fault("POST", "/commit/", 429, retry_after="3600")]
    with pytest.raises(NoNetwork, match="asks to wait 3,600 seconds"):
        pushed(small, hub)


def test_a_card_that_the_hub_does_not_take(small: Path, hub: Hub) -> None:
    hub.yaml_errors = ['"license" must be one of a list']
    with pytest.raises(NotPushed, match=r"does not take the head of README.md.*must be one of a list"):
        pushed(small, hub)
    assert hub.repos[REPO].made == 0


def test_a_gitignore_leaves_nothing_out_in_silence(small: Path, hub: Hub) -> None:
    hub.repos[REPO] = Repo({".gitignore": b".parquet\n"})
    with pytest.raises(NotPushed, match=r"\.gitignore of the repository leaves dolly-ko/.*out"):
        pushed(small, hub)
    assert hub.repos[REPO].made == 0


# -- who may -----------------------------------------------------------------------------------------------------------


def test_no_token(small: Path, hub: Hub) -> None:
    with pytest.raises(WrongCall, match=r"there is no token to push with.*hf auth login"):
        push(small, REPO, endpoint=hub.url)
    assert not hub.requests


@pytest.mark.parametrize(
    "token, told",
    [
        ("hf_readerOnly", "may not write there"),
        ("hf_otherPerson", "may not write there"),
        ("hf_unknown", "does not know this"),
    ],
)
@pytest.mark.parametrize("there", [False, True])
def test_a_token_without_rights(token: str, told: str, there: bool, small: Path, hub: Hub) -> None:
    if there:
        hub.repos[REPO] = Repo({})
    with pytest.raises(NotPushed, match=told) as error:
        pushed(small, hub, token=token)
    assert token not in str(error.value) and not hub.large and all(not repo.made for repo in hub.repos.values())


def test_a_name_alone_is_the_users_own(small: Path, hub: Hub) -> None:
    assert pushed(small, hub, "koquality").repo_id == REPO and REPO in hub.repos


@pytest.mark.parametrize(
    "options, told",
    [
        ({"repo_id": "no good/name"}, "no name of a repository"),
        ({"config": "../up"}, "cannot be the name of a set"),
        ({"revision": "0" * 40}, "is a commit"),
        ({"with_dropped": True}, "--with-dropped sends rows that were dropped"),
    ],
)
def test_calls_that_cannot_be_meant(options: dict[str, Any], told: str, small: Path, hub: Hub) -> None:
    with pytest.raises(WrongCall) as error:
        pushed(small, hub, **options)
    assert told in str(error.value) and not hub.requests


def test_private_means_private(small: Path, hub: Hub) -> None:
    assert pushed(small, hub, private=True).private and hub.repos[REPO].private
    assert pushed(small, hub).private, "it was private before, and is"
    hub.repos["user/open"] = Repo({})
    with pytest.raises(WrongCall, match="is there and public"):
        pushed(small, hub, "user/open", private=True)
    assert hub.repos["user/open"].files == {}


# -- what is sent ------------------------------------------------------------------------------------------------------


def test_a_folder_that_has_changed_is_not_pushed(small: Path, hub: Hub, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(small, tmp_path / "copy"))
    (shard,) = (folder / "dolly-ko").glob("*.parquet")
    shard.write_bytes(shard.read_bytes() + b" ")
    with pytest.raises(DamagedFile, match="not as it was built"):
        pushed(folder, hub, i_have_the_rights=True)
    shard.unlink()
    with pytest.raises(DamagedFile, match=r"has no dolly-ko/train-.* any more"):
        pushed(folder, hub, i_have_the_rights=True)
    (folder / "provenance.json").unlink()
    with pytest.raises(WrongCall, match=r"has no provenance\.json"):
        pushed(folder, hub, i_have_the_rights=True)
    with pytest.raises(WrongCall, match="there is no folder"):
        pushed(tmp_path / "nowhere", hub)
    assert not hub.requests


def test_what_may_hold_dropped_rows_stays_here(curated: Path, hub: Hub, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(curated, tmp_path / "copy"))
    whole = report.write(folder, folder / "report.html")
    assert whole.dropped_shown > 0
    own = whole.path.read_bytes()
    done = pushed(folder, hub)
    assert done.kept_back == ["dropped.parquet", "clusters.parquet"]
    assert whole.path.read_bytes() == own
    told, texts, _ = parsed(hub.repos[REPO].files["koquality/report.html"])
    assert told["dropped"] == whole.dropped and told["dropped shown"] == 0 and texts["dropped"] == []
    inside = set(pq.read_table(folder / "koquality")["id"].to_pylist())
    named = [id for cluster in texts["clusters"] for id, _ in cluster["examples"]]
    assert named and set(named) <= inside
    assert {id for id, text in zip(texts["point ids"], texts["points"], strict=True) if text} <= inside
    # the same page again: no commit
    assert not pushed(folder, hub).new
    done = pushed(folder, hub, "user/all", private=True, with_dropped=True)
    assert done.kept_back == [] and "koquality/dropped.parquet" in hub.repos["user/all"].files


def test_the_card_is_in_the_language_of_the_folder_s_own(small: Path, hub: Hub, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(small, tmp_path / "copy"))
    heads = {"en": "## What is in it", "ko": "## 구성", "zh": "## 数据构成"}

    def sent() -> str:
        return hub.repos[REPO].files["README.md"].decode()

    pushed(folder, hub)
    assert heads["en"] in sent()
    write_card(folder, "ko", measured=False)
    pushed(folder, hub)
    assert heads["ko"] in sent() and heads["en"] not in sent()
    pushed(folder, hub, card_language="zh")
    assert heads["zh"] in sent() and heads["ko"] not in sent()
    own = folder / "README.md"
    own.write_text(own.read_text(encoding="utf-8") + "\n\n우리가 덧붙인 말.\n", encoding="utf-8")
    pushed(folder, hub)
    assert heads["ko"] in sent() and "우리가 덧붙인 말." in sent()


def test_no_folder_of_this_machine_is_told(hub: Hub, tmp_path: Path) -> None:
    rows = {"messages": [{"role": "user", "content": "비가 오면?"}, {"role": "assistant", "content": "우산을 폅니다."}]}
    (tmp_path / "own.jsonl").write_text(json.dumps(rows) + "\n")
    (tmp_path / "my-mix.toml").write_text(
        f'[[parts]]\nfile = "{tmp_path}/own.jsonl"\nlayout = "messages"\nlicense = "cc-by-4.0"\nlanguage = "ko"\nmaking = "human"\n'
    )
    folder = build(str(tmp_path / "my-mix.toml"), tmp_path / "out").folder
    assert str(tmp_path) in (folder / "provenance.json").read_text()
    pushed(folder, hub)
    assert not [path for path, data in hub.repos[REPO].files.items() if str(tmp_path).encode() in data]
    assert b'"own.jsonl"' in hub.repos[REPO].files["my-mix/provenance.json"]


def test_a_dataset_of_ones_own(hub: Hub, tmp_path: Path) -> None:
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    rows = datasets.Dataset.from_dict({"text": ["하나", "둘"], "label": [0, 1]}, features=features)
    with pytest.raises(LicenceRefused, match="nothing is known of their licence"):
        package.push(rows, REPO, token=TOKEN, endpoint=hub.url)
    done = package.push(rows, REPO, token=TOKEN, endpoint=hub.url, i_have_the_rights=True)
    assert (
        done.config == "default"
        and not package.push(rows, REPO, token=TOKEN, endpoint=hub.url, private=False, i_have_the_rights=True).new
    )
    code = "import sys, datasets; print(datasets.load_dataset(sys.argv[1])['train'].features['label'].names)"
    told = python(code, REPO, cwd=tmp_path, HF_HOME=str(tmp_path / "hf-load"), HF_ENDPOINT=hub.url)
    assert told.strip().endswith("['no', 'yes']")
    with pytest.raises(WrongCall, match="stream has to be loaded"):
        package.push(rows.to_iterable_dataset(), REPO, token=TOKEN, endpoint=hub.url)


# -- the licence gate --------------------------------------------------------------------------------------------------


def test_what_nobody_has_permitted_is_not_passed_on(hub: Hub, tmp_path: Path) -> None:
    whole = build("aulm-0809", tmp_path / "whole", sample=True).folder
    told = okinst("push", whole, "user/aulm", HF_ENDPOINT=hub.url, HF_TOKEN=TOKEN, HF_HOME=str(tmp_path / "hf"))
    assert told.returncode == 2 and not hub.requests, "nothing has left the machine"
    for part in (
        "aulm-0809 is not pushed to user/aulm", "source", "unstated: nobody has permitted passing it on", "--private",
        'license = "redistributable"', "rows stay", "--i-have-the-rights",
    ):  # fmt: skip
        assert part in told.stderr
    assert pushed(whole, hub, "user/hidden", private=True).private
    assert pushed(whole, hub, "user/mine", i_have_the_rights=True).private is False
    recipe = tmp_path / "free.toml"
    recipe.write_text('extends = "aulm-0809"\nlicense = "commercial"\n')
    assert pushed(build(str(recipe), tmp_path / "free", sample=True).folder, hub, "user/free").new


def test_a_licence_that_nobody_knows_is_not_taken_for_a_permission(hub: Hub) -> None:
    row = {"id": "1", "source": "somewhere", "language": "ko", "license": "wtf-99", "making": "human", "text": "하나"}
    with pytest.raises(LicenceRefused, match=r"somewhere +1 +wtf-99 .*terms of its own"):
        pushed(datasets.Dataset.from_list([row]), hub)
