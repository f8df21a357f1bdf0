"""`okinst generate` as a user meets it: another process, a real server, kills on the way."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset

import okinst as package
from tests.conftest import okinst
from tests.generating import KEY, aside, entries, rows
from tests.llm_double import Double, serving

pytest.importorskip("openai")
OUT = "oig-smallchip2-dedu.jsonl"
WORDS = [
    "tea",
    "market",
    "river",
    "morning",
    "small",
    "kettle",
    "bridge",
    "garden",
    "letter",
    "music",
    "window",
    "quiet",
    "bread",
    "station",
    "winter",
    "story",
]


def english(file: Path, count: int) -> list[dict[str, str]]:
    """Questions and answers made of some words, each other than the others, some with code."""
    draw = random.Random(count)

    def sentence(words: int) -> str:
        return " ".join(draw.choice(WORDS) for _ in range(words))

    made = [
        {
            "user": f"How do I find the {sentence(5)} near number {number}?" + " Use `code()`." * (number % 3 == 0),
            "chip2": f"You take the {sentence(12)}. Then the {sentence(6)}.",
        }
        for number in range(count)
    ]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in made), encoding="utf-8")
    return made


def call(double: Double, source: Path, output: Path, *more: object) -> list[str]:
    """The words of a call."""
    address = ("--model", "test", "--base-url", f"{double.url}/v1")
    return [
        str(each)
        for each in ("generate", "translate", source, "--to", "ko", "--from", "en", "-o", output, *address, *more)
    ]


def begin(words: list[str], **options: Any) -> subprocess.Popen[str]:
    """A run that may be killed."""
    environment = {**os.environ, "OPENAI_API_KEY": KEY}
    return subprocess.Popen(
        [sys.executable, "-m", "okinst.cli.app", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options,
    )  # fmt: skip


def wait_for(double: Double, requests: int, running: subprocess.Popen[str]) -> None:
    """Until so many requests have come in."""
    end = time.monotonic() + 60
    while len(double.requests) < requests:
        assert running.poll() is None, running.communicate()[1]
        assert time.monotonic() < end, "no requests came"
        time.sleep(0.005)


def accounted(made: list[dict[str, str]], folder: Path) -> None:
    """Every row is in the output or set aside, in order, once, and beside its own translation."""
    out, others = rows(folder / OUT), aside(folder / OUT)
    places = [row["index"] for row in out]
    assert places == sorted(set(places)) and sorted([*places, *(row["number"] for row in others)]) == list(
        range(len(made))
    )
    for row in out:
        assert {"user": row["user"], "chip2": row["chip2"]} == made[row["index"]]
        assert f"{row['index']}?" in row["user_translated"], "the number of the row comes through"
        assert ("`code()`" in row["user_translated"]) == ("`code()`" in row["user"])
    assert all(row["reason"] and row["row"]["messages"] for row in others)


def test_500_rows_a_fifth_of_the_requests_fail_and_two_kills(tmp_path: Path) -> None:
    """Shows 1 of the issue."""
    source, out = tmp_path / "en.jsonl", tmp_path / "out"
    out.mkdir()
    made = english(source, 500)
    with serving(key=KEY, share=0.2, seed=7, slow=5.0) as double:
        words = call(
            double, source, out, "--timeout", "2", "--concurrency", "16", "--usd-in", "0.15", "--usd-out", "0.6"
        )
        for requests in (150, 350):
            running = begin(words)
            wait_for(double, requests, running)
            running.kill()
            running.communicate()
            assert not (out / OUT).exists() and entries(out / OUT)
        done = okinst(*words, OPENAI_API_KEY=KEY)
        assert done.returncode == 0, done.stderr
        accounted(made, out)
        assert len(double.requests) < 900 and double.faulty() > 80, "the server did misbehave"
        assert len(aside(out / OUT)) < 25
        # a kill loses the answers that are on their way just then, and no others
        assert sum(double.paid.values()) <= 500 + 2 * 16
        asked = len(double.requests)
        again = okinst(*words, "--json", OPENAI_API_KEY=KEY)
        told = json.loads(again.stdout)
        assert len(double.requests) == asked and told["this run"]["requests"] == 0
        assert told["items"] == 500 == told["done"] + sum(told["set_aside"].values()) and told["left"] == 0
        assert told["all runs"]["usd"] == pytest.approx(sum(line["usd"] for line in entries(out / OUT)))
    for path in out.iterdir():
        assert KEY not in path.read_text(encoding="utf-8")
    package.register()
    loaded = load_dataset("okinst", "oig-smallchip2-ko", data_dir=str(out), cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].num_rows == len(rows(out / OUT))
    assert f'load_dataset("okinst", "oig-smallchip2-ko", data_dir="{out}")' in done.stdout


def test_ctrl_c_waits_for_what_is_on_its_way(tmp_path: Path) -> None:
    source, out = tmp_path / "en.jsonl", tmp_path / "out"
    out.mkdir()
    made = english(source, 60)
    with serving(latency=0.3) as double:
        running = begin(call(double, source, out, "--concurrency", "4"))
        wait_for(double, 10, running)
        running.send_signal(signal.SIGINT)
        said, error = running.communicate(timeout=60)
        assert running.returncode == 130, error
        assert "stopping: what is on its way is awaited" in error and "not asked yet" in said
        kept = rows(out / OUT)
        assert len(kept) == len(double.requests) == sum(double.paid.values()), "what was on its way is kept"
        double.latency = 0.0
        assert okinst(*call(double, source, out)).returncode == 0
        accounted(made, out)
        assert set(double.paid.values()) == {1}


def test_ctrl_c_twice_ends_at_once(tmp_path: Path) -> None:
    source = tmp_path / "en.jsonl"
    english(source, 5)
    with serving(latency=20.0) as double:
        running = begin(call(double, source, tmp_path / "out.jsonl"))
        wait_for(double, 5, running)
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
        assert running.returncode == 130 and time.monotonic() - began < 10


def test_a_key_that_expires_is_said_and_never_shown(tmp_path: Path) -> None:
    source, out = tmp_path / "en.jsonl", tmp_path / "out.jsonl"
    english(source, 40)
    with serving(key=KEY, expires=10) as double:
        done = okinst("--debug", *call(double, source, out, "--concurrency", "2"), OPENAI_API_KEY=KEY)
    assert done.returncode == 1
    told = done.stdout + done.stderr + "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert KEY not in told and "does not accept the key in OPENAI_API_KEY" in done.stderr
    assert len(rows(out)) == 10 and "not asked yet" in done.stdout


def test_a_budget_ends_well_and_says_how_to_go_on(tmp_path: Path) -> None:
    source, out = tmp_path / "en.jsonl", tmp_path / "out.jsonl"
    english(source, 30)
    with serving() as double:
        done = okinst(*call(double, source, out, "--budget-requests", "12"))
        assert done.returncode == 0, done.stderr
        assert len(double.requests) == 12 == len(rows(out))
        assert "The budget of 12 requests (--budget-requests) is used up" in done.stdout
        assert "reads it where it is called oig-smallchip2-dedu.jsonl" in done.stdout


def test_a_disk_without_room(tmp_path: Path) -> None:
    """A real write that fails: the process may write no file longer than 20 KB."""
    source, out = tmp_path / "en.jsonl", tmp_path / "out.jsonl"
    made = english(source, 60)
    with serving() as double:

        def small_files() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

        running = begin(call(double, source, out, "--concurrency", "4"), preexec_fn=small_files)
        _, error = running.communicate(timeout=60)
        assert running.returncode == 1 and "no room left for" in error and "Traceback" not in error, error
        kept = len(entries(out))
        assert 0 < kept < 60 and not out.exists() and len(double.requests) <= kept + 8
        assert okinst(*call(double, source, out)).returncode == 0
        assert len(rows(out)) == 60 == len(made) and sum(double.paid.values()) <= 60 + 8


def test_a_dry_run_asks_and_writes_nothing(tmp_path: Path) -> None:
    source, out = tmp_path / "en.jsonl", tmp_path / "out.jsonl"
    made = english(source, 20)
    with serving() as double:
        words = call(double, source, out, "--dry-run", "--usd-in", "1", "--usd-out", "2")
        done = okinst(*words)
        assert done.returncode == 0, done.stderr
        assert made[2]["chip2"] in done.stdout and made[3]["chip2"] not in done.stdout
        assert "20 items, 20 first requests to test at" in done.stdout and "about $0." in done.stdout
        told = json.loads(okinst(*words, "--json").stdout)
        assert not double.requests and not list(tmp_path.glob("out*"))
        real = json.loads(okinst(*call(double, source, out, "--json")).stdout)
    assert told["items"] == 20 and len(told["prompts"]) == 3
    assert told["tokens_in"] > 0.2 * real["this run"]["tokens_in"], "the double counts characters, not tokens"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--backend", "gpt"), "There are openai, deepl, google, local"),
        (("--sample", "--mirror", "x"), "exclude each other: name one"),
        (("--budget-usd", "1"), "--budget-usd 1 needs prices: --usd-in and --usd-out"),
        (("--prompt", "none.txt"), "there is no prompt none.txt"),
        (("--column", "question"), "has no column 'question'"),
    ],
)
def test_wrong_calls(more: tuple[str, ...], told: str, tmp_path: Path) -> None:
    source = tmp_path / "en.jsonl"
    english(source, 2)
    done = okinst(*call(Double(url="http://127.0.0.1:9"), source, tmp_path / "out.jsonl", *more))
    assert done.returncode in (1, 2) and told in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*out.jsonl*"))
