"""`okinst generate` as a user meets it: another process, a real server, kills on the way."""

import json
import multiprocessing
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from datasets import load_dataset

import okinst as package
from okinst.cli import app
from tests.generating import KEY, aside, entries, rows
from tests.llm_double import Double, serving
from tests.test_dialogue import SPOKEN
from tests.test_generated_files import KOREAN, PASSAGES

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


@dataclass
class Done:
    """A call that was made in this process: starting another takes seconds."""

    returncode: int
    stdout: str
    stderr: str


Calling = Callable[..., Done]


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Calling:
    """The command line, called in this process."""

    def called(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["okinst", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            app.main()
        said = capsys.readouterr()
        return Done(int(end.value.code or 0), said.out, said.err)

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return called


#: a process that has imported what takes seconds to import; those that are killed are forked from it
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["okinst.cli.app", "okinst.generation.translating", "okinst.generation.backends.openai_chat", "openai"]
)
#: what it forks is of one worker
pytestmark = pytest.mark.xdist_group("generate")


def _called(words: list[str], said: str, largest_file: int | None) -> None:
    for name, descriptor in (("out", 1), ("err", 2)):
        os.dup2(os.open(f"{said}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    os.environ["OPENAI_API_KEY"] = KEY
    sys.argv = ["okinst", *words]
    app.main()


class Running:
    """The command line in a process of its own, which may be killed."""

    def __init__(self, words: list[str], folder: Path, largest_file: int | None = None) -> None:
        self.said = folder / "said"
        self.process = FORKS.Process(target=_called, args=(words, str(self.said), largest_file))
        self.process.start()

    def signal(self, which: int) -> None:
        """As the terminal does, or a system without memory."""
        os.kill(self.process.pid or 0, which)

    def end(self) -> Done:
        """Wait for it."""
        self.process.join(60)
        assert self.process.exitcode is not None, "it still runs after a minute"
        out, err = (self.said.with_suffix(end).read_text(encoding="utf-8") for end in (".out", ".err"))
        return Done(self.process.exitcode, out, err)


def wait_for(double: Double, requests: int, running: Running) -> None:
    """Until so many requests have come in."""
    end = time.monotonic() + 60
    while len(double.requests) < requests:
        assert running.process.is_alive(), running.end().stderr
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


def test_500_rows_a_fifth_of_the_requests_fail_and_two_kills(here: Calling, tmp_path: Path) -> None:
    """Shows 1 of the issue."""
    source, out = tmp_path / "en.jsonl", tmp_path / "out"
    out.mkdir()
    made = english(source, 500)
    with serving(key=KEY, share=0.2, seed=7, slow=10.0) as double:
        words = call(
            double, source, out, "--timeout", "4", "--concurrency", "16", "--usd-in", "0.15", "--usd-out", "0.6"
        )
        for requests in (150, 350):
            running = Running(words, tmp_path)
            wait_for(double, requests, running)
            running.signal(signal.SIGKILL)
            assert running.end().returncode == -signal.SIGKILL
            assert not (out / OUT).exists() and entries(out / OUT)
        done = here(*words)
        assert done.returncode == 0, done.stderr
        accounted(made, out)
        assert len(double.requests) < 900 and double.faulty() > 80, "the server did misbehave"
        assert len(aside(out / OUT)) < 25
        # a kill loses the answers that are on their way just then, and no others
        assert sum(double.paid.values()) <= 500 + 2 * 16
        asked = len(double.requests)
        again = here(*words, "--json")
        told = json.loads(again.stdout)
        assert len(double.requests) == asked and told["this run"]["requests"] == 0
        assert told["items"] == 500 == told["done"] + sum(told["set_aside"].values()) and told["left"] == 0
        assert told["all runs"]["usd"] == pytest.approx(sum(line["usd"] for line in entries(out / OUT)), abs=1e-6)
    for path in out.iterdir():
        assert KEY not in path.read_text(encoding="utf-8")
    package.register()
    loaded = load_dataset("okinst", "oig-smallchip2-ko", data_dir=str(out), cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].num_rows == len(rows(out / OUT))
    assert f'load_dataset("okinst", "oig-smallchip2-ko", data_dir="{out}")' in done.stdout


def test_kills_do_not_pass_a_budget(here: Calling, tmp_path: Path) -> None:
    source, out = tmp_path / "en.jsonl", tmp_path / "out.jsonl"
    english(source, 60)
    with serving(latency=0.5) as double:
        words = call(double, source, out, "--concurrency", "4", "--budget-requests", "20")
        for requests in (6, 14):
            running = Running(words, tmp_path)
            wait_for(double, requests, running)
            running.signal(signal.SIGKILL)
            assert running.end().returncode == -signal.SIGKILL
        done = here(*words, "--json")
        told = json.loads(done.stdout)
        assert len(double.requests) <= 20 == told["all runs"]["requests"]
        assert told["all runs"]["guessed"] and "requests have no outcome: a run was killed" in done.stderr
        # the next run charges nothing anew
        again = json.loads(here(*call(double, source, out, "--budget-requests", "30"), "--json").stdout)
        assert again["all runs"]["requests"] == 30 and len(double.requests) <= 30


def test_ctrl_c_waits_for_what_is_on_its_way(here: Calling, tmp_path: Path) -> None:
    source, out = tmp_path / "en.jsonl", tmp_path / "out"
    out.mkdir()
    made = english(source, 60)
    with serving(latency=0.3) as double:
        running = Running(call(double, source, out, "--concurrency", "4"), tmp_path)
        wait_for(double, 10, running)
        running.signal(signal.SIGINT)
        done = running.end()
        assert done.returncode == 130, done.stderr
        assert "stopping: what is on its way is awaited" in done.stderr and "not asked yet" in done.stdout
        kept = rows(out / OUT)
        assert len(kept) == len(double.requests) == sum(double.paid.values()), "what was on its way is kept"
        double.latency = 0.0
        assert here(*call(double, source, out)).returncode == 0
        accounted(made, out)
        assert set(double.paid.values()) == {1}


def test_ctrl_c_twice_ends_at_once(tmp_path: Path) -> None:
    source = tmp_path / "en.jsonl"
    english(source, 5)
    with serving(latency=20.0) as double:
        running = Running(call(double, source, tmp_path / "out.jsonl"), tmp_path)
        wait_for(double, 5, running)
        began = time.monotonic()
        running.signal(signal.SIGINT)
        time.sleep(0.5)
        running.signal(signal.SIGINT)
        done = running.end()
        assert done.returncode == 130 and time.monotonic() - began < 10
    assert "Given up on their way: 5 of the requests. They are charged what was put by for them" in done.stdout
    assert "5 of these requests are charged what was put by for them" in done.stdout
    lines = entries(tmp_path / "out.jsonl")
    assert [(line["outcome"], line["attempts"], line["guessed"]) for line in lines] == [("failed: stopped", 1, 1)] * 5
    assert all(line["tokens_in"] > 50 and line["tokens_out"] >= 512 for line in lines)


def test_ctrl_c_is_heard_while_a_run_stops_for_another_reason(tmp_path: Path) -> None:
    source = tmp_path / "en.jsonl"
    english(source, 2)
    always = {"number 0?": "slow", "number 1?": "503"}
    with serving(slow=30.0, always=always, headers={"Retry-After": "86400"}) as double:
        running = Running(call(double, source, tmp_path / "out.jsonl"), tmp_path)
        wait_for(double, 2, running)
        began = time.monotonic()
        for _ in range(2):
            time.sleep(0.5)
            running.signal(signal.SIGINT)
        done = running.end()
    assert done.returncode == 1 and time.monotonic() - began < 10
    assert "asks to wait 86,400 seconds" in done.stderr and "Given up on their way: 1 of the requests" in done.stderr


def test_a_key_that_expires_is_said_and_never_shown(tmp_path: Path) -> None:
    source, out = tmp_path / "en.jsonl", tmp_path / "out.jsonl"
    english(source, 40)
    with serving(key=KEY, expires=10) as double:
        done = Running(["--debug", *call(double, source, out, "--concurrency", "2")], tmp_path).end()
    assert done.returncode == 1
    told = done.stdout + done.stderr + "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert KEY not in told and "does not accept the key in OPENAI_API_KEY" in done.stderr
    assert len(rows(out)) == 10 and "not asked yet" in done.stdout


def test_a_budget_ends_well_and_says_how_to_go_on(here: Calling, tmp_path: Path) -> None:
    source, out = tmp_path / "en.jsonl", tmp_path / "out.jsonl"
    english(source, 30)
    with serving() as double:
        done = here(*call(double, source, out, "--budget-requests", "12"))
        assert done.returncode == 0, done.stderr
        assert len(double.requests) == 12 == len(rows(out))
        assert "The budget of 12 requests (--budget-requests) is used up" in done.stdout
        assert "reads it with data_dir= where it is called oig-smallchip2-dedu.jsonl" in done.stdout


def test_it_is_said_what_asks_again_and_what_does_not(here: Calling, tmp_path: Path) -> None:
    """More tries help against rejected answers alone; a broken line and a text that is too long, they do not."""
    source, out = tmp_path / "en.jsonl", tmp_path / "out.jsonl"
    english(source, 4)
    with source.open("a", encoding="utf-8") as file:
        file.write('{"user": "broken\n')
    with serving(always={"number 1?": "source", "number 2?": "429 large", "number 3?": "429 large"}) as double:
        told = here(*call(double, source, out)).stdout
        assert "More --tries ask 1 of them again. 2 came to no answer: the same command asks them again." in told
        double.always = {}
        told = here(*call(double, source, out, "--tries", "4", "--usd-in", "1", "--usd-out", "1")).stdout
    assert "set aside: a line that is no JSON object" in told and len(rows(out)) == 4
    assert "More --tries" not in told and "the same command asks" not in told
    assert "requests of earlier runs, which knew no price" in told


def test_a_disk_without_room(here: Calling, tmp_path: Path) -> None:
    """A real write that fails: the process may write no file longer than 20 KB."""
    source, out = tmp_path / "en.jsonl", tmp_path / "out.jsonl"
    made = english(source, 60)
    with serving() as double:
        done = Running(call(double, source, out, "--concurrency", "4"), tmp_path, largest_file=20_000).end()
        assert done.returncode == 1 and "no room left for" in done.stderr and "Traceback" not in done.stderr, (
            done.stderr
        )
        kept = len(entries(out))
        assert 0 < kept < 60 and len(double.requests) <= kept + 8
        assert not out.exists() or len(rows(out)) <= kept, (
            "where the ledger has no room left to note it, it is not put down"
        )
        assert "answers that came meanwhile could not be kept" in done.stderr
        assert here(*call(double, source, out)).returncode == 0
        assert len(rows(out)) == 60 == len(made) and sum(double.paid.values()) <= 60 + 8


def test_a_dry_run_asks_and_writes_nothing(here: Calling, tmp_path: Path) -> None:
    source, out = tmp_path / "en.jsonl", tmp_path / "out.jsonl"
    made = english(source, 20)
    with serving() as double:
        words = call(double, source, out, "--dry-run", "--usd-in", "1", "--usd-out", "2")
        done = here(*words)
        assert done.returncode == 0, done.stderr
        assert made[2]["chip2"] in done.stdout and made[3]["chip2"] not in done.stdout
        assert "20 items, 20 requests to test at" in done.stdout and "about $0." in done.stdout
        told = json.loads(here(*words, "--json").stdout)
        assert not double.requests and not list(tmp_path.glob("out*"))
        real = json.loads(here(*call(double, source, out, "--json")).stdout)
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
def test_wrong_calls(more: tuple[str, ...], told: str, here: Calling, tmp_path: Path) -> None:
    source = tmp_path / "en.jsonl"
    english(source, 2)
    done = here(*call(Double(url="http://127.0.0.1:9"), source, tmp_path / "out.jsonl", *more))
    assert done.returncode in (1, 2) and told in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*out.jsonl*"))


HARDER = "파도가 치는 바닷가에서 모래성은 어떻게 쌓나요? 세 단계로 나누어 설명해 주세요."
ASKED = '{"instruction": "모래성은 어떻게 쌓나요?"}\n'
JOBS = {
    "korquad-chat": (("dialogue",), json.dumps(PASSAGES[0]) + "\n", lambda _: SPOKEN),
    "koalpaca-v1.1": (("answers",), ASKED, lambda _: KOREAN["sand"]),
    "kochatgpt-sft": (("answers", "--format", "kochatgpt-sft"), ASKED, lambda _: KOREAN["sand"]),
    "evolve-instruct-evolved": (
        ("evolve", "--seed", "3"),
        ASKED,
        lambda messages: KOREAN["sand"] if HARDER in messages[-1]["content"] else HARDER,
    ),
}


@pytest.mark.parametrize("name", JOBS)
def test_every_job_writes_what_its_set_reads(name: str, here: Calling, tmp_path: Path) -> None:
    words, text, answer = JOBS[name]
    source, out = tmp_path / "source.jsonl", tmp_path / "new"
    source.write_text(text, encoding="utf-8")
    with serving(answer=answer, faults=["503", "empty"]) as double:
        call = ("generate", words[0], source, *words[1:], "-o", out, "--model", "m", "--base-url", f"{double.url}/v1")
        done = here(*call)
    assert done.returncode == 0, done.stderr
    told = done.stdout
    assert f'load_dataset("okinst", "{name}", data_dir="{out}")' in told and "set aside" not in told, told
    loaded = package.load(name, data_dir=str(out), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(loaded) == 1
    if name == "evolve-instruct-evolved":
        assert [turn["content"] for turn in loaded[0]["messages"]] == [HARDER, KOREAN["sand"]]


def test_a_translator_does_nothing_but_translate(here: Calling, tmp_path: Path) -> None:
    source = tmp_path / "source.jsonl"
    source.write_text(ASKED, encoding="utf-8")
    done = here("generate", "answers", source, "-o", tmp_path / "new", "--backend", "deepl")
    assert done.returncode == 2 and "--backend deepl translates, and does nothing else" in done.stderr


def test_rows_that_no_longer_fit_one_format_are_not_all_paid_again(here: Calling, tmp_path: Path) -> None:
    source, out = tmp_path / "en.jsonl", tmp_path / "new"
    turns = [
        {"role": "user", "content": "Where is the bridge?"},
        {"role": "assistant", "content": "It is by the mill."},
    ]
    source.write_text((json.dumps({"messages": turns}) + "\n") * 3, encoding="utf-8")
    with serving() as double:
        assert here(*call(double, source, out)).returncode == 0
        asked = len(double.requests)
        with source.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"messages": turns * 2}) + "\n")
        done = here(*call(double, source, out))
        assert done.returncode == 2 and "--format oig-smallchip2-ko" in done.stderr, done.stderr
        assert len(double.requests) == asked
        assert here(*call(double, source, out, "--format", "oig-smallchip2-ko")).returncode == 0
        assert len(double.requests) == asked and [
            row["reason"] for row in aside(out / "oig-smallchip2-dedu.jsonl")
        ] == ["not one exchange"]


def test_a_name_with_a_number_behind_a_dot_is_a_folder(here: Calling, tmp_path: Path) -> None:
    source = tmp_path / "en.jsonl"
    english(source, 1)
    with serving() as double:
        assert here(*call(double, source, tmp_path / "an_koalpaca-v1.1")).returncode == 0
    assert (tmp_path / "an_koalpaca-v1.1" / "oig-smallchip2-dedu.jsonl").is_file()


def test_what_a_dry_run_tells_of_evolve_is_what_each_item_takes_at_least(here: Calling, tmp_path: Path) -> None:
    (tmp_path / "asked.jsonl").write_text('{"instruction": "등불은 왜 강가에 서 있나요?"}\n', encoding="utf-8")
    words = (
        "generate",
        "evolve",
        tmp_path / "asked.jsonl",
        "-o",
        tmp_path / "new",
        "--model",
        "m",
        "--base-url",
        "http://127.0.0.1:9/v1",
    )
    told = json.loads(here(*words, "--rounds", "3", "--dry-run", "--json").stdout)
    assert (told["items"], told["requests"]) == (1, 4)
