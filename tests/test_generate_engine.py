"""The engine of `okinst generate` against a real server that misbehaves: nothing lost, nothing twice, nothing paid twice."""

import json
import logging
import os
import random
import resource
import stat
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from okinst.builders import WrongCall
from okinst.generation import engine, halting
from okinst.generation.backends import Options, Reply, opened
from okinst.generation.backends.openai_chat import OpenAIChat
from okinst.generation.budget import Budget, Prices
from okinst.generation.course import courses
from okinst.generation.job import TRIED, Answer, Ask, Item, Rejected, State, UpstreamFile
from tests.generating import KEY, Retelling, aside, entries, go, plan, rows, texts
from tests.llm_double import ANSWERS, TRANSPORT, Double, serving, translation

pytest.importorskip("openai")
#: a short timeout on a busy machine would cut what is not meant to be
QUICK = tuple(kind for kind in TRANSPORT + ANSWERS if kind != "slow")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of milliseconds, and a key that must not be seen again."""
    monkeypatch.setattr(engine, "FIRST", 0.01)
    monkeypatch.setattr(engine, "LONGEST", 0.05)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def double() -> Iterator[Double]:
    with serving(key=KEY) as found:
        yield found


def whole(file: Path, count: int) -> None:
    """Every row, once, in order."""
    assert [row["text"] for row in rows(file)] == texts(count)


@pytest.mark.parametrize("fault", TRANSPORT)
def test_a_fault_of_the_transport_is_no_answer(fault: str, double: Double, tmp_path: Path) -> None:
    double.faults, double.slow = [fault] * 3, 1.5
    file = tmp_path / "out.jsonl"
    done = go(Retelling(texts(4)), double, file, timeout=0.5 if fault == "slow" else 30.0, concurrency=2)
    whole(file, 4)
    assert done.stopped is None and not done.written.set_aside
    assert set(double.paid.values()) == {1} and len(double.requests) == 7 == done.cost.requests
    lines = entries(file)
    assert {line["outcome"] for line in lines} == {"accepted"} and sum(line["attempts"] for line in lines) == 7


@pytest.mark.parametrize("fault", ANSWERS)
def test_a_wrong_answer_is_asked_for_again(fault: str, double: Double, tmp_path: Path) -> None:
    double.faults = [fault]
    file = tmp_path / "out.jsonl"
    done = go(Retelling(texts(3)), double, file)
    whole(file, 3)
    outcomes = Counter(line["outcome"].partition(":")[0] for line in entries(file))
    assert outcomes == {"accepted": 3, "rejected": 1} and done.cost.requests == 4
    again = next(request for request in double.requests if "Not again" in request.question)
    (reason,) = [line["outcome"] for line in entries(file) if line["outcome"] != "accepted"]
    assert reason.removeprefix("rejected: ") in again.question, "the job is told why"


@pytest.mark.parametrize("fault", ANSWERS)
def test_an_item_that_is_never_answered_well_is_set_aside(fault: str, double: Double, tmp_path: Path) -> None:
    double.always = {"number 1 ": fault}
    file = tmp_path / "out.jsonl"
    done = go(Retelling(texts(3)), double, file)
    assert [row["text"] for row in rows(file)] == [texts(3)[0], texts(3)[2]]
    (found,) = aside(file)
    assert found["number"] == 1 and found["row"] == {"text": texts(3)[1]} and len(found["tried"]) == 3
    assert done.written.set_aside == {found["reason"]: 1} and found["tried"][-1]["reason"] == found["reason"]
    assert done.written.helps == {"tries": 1, "run": 0}
    assert len(double.requests) == 5
    go(Retelling(texts(3)), double, file)
    assert len(double.requests) == 5, "what was set aside is not paid for again"
    double.always = {}
    go(Retelling(texts(3)), double, file, tries=4)
    whole(file, 3)
    assert len(double.requests) == 6 and not aside(file)


def test_an_item_that_the_server_always_fails_at_is_set_aside_and_asked_by_the_next_run(
    double: Double, tmp_path: Path
) -> None:
    double.always, double.latency = {"number 1 ": "500"}, 0.02
    file = tmp_path / "out.jsonl"
    done = go(Retelling(texts(30)), double, file, concurrency=2)
    assert done.written.set_aside == {"no answer": 1} and done.written.done == 29 and done.stopped is None
    assert done.written.helps == {"tries": 0, "run": 1}
    assert aside(file)[0]["detail"].startswith("500: ") and "The server had an error" in aside(file)[0]["detail"]
    double.always = {}
    asked = len(double.requests)
    go(Retelling(texts(30)), double, file)
    whole(file, 30)
    assert len(double.requests) == asked + 1 and not aside(file)


@pytest.mark.parametrize("fault", ["500", "429", "garbage", "cut"])
@pytest.mark.parametrize(("place", "concurrency"), [(0, 1), (3, 1), (9, 8)])
def test_one_item_does_not_stop_a_run(fault: str, place: int, concurrency: int, double: Double, tmp_path: Path) -> None:
    """Though nobody else is answered meanwhile, and though the next run has nothing but it."""
    double.always = {f"number {place} ": fault}
    file = tmp_path / "out.jsonl"
    for _ in range(2):
        done = go(Retelling(texts(10)), double, file, concurrency=concurrency)
        assert done.stopped is None and done.written.set_aside == {"no answer": 1} and done.written.done == 9
    double.always = {}
    go(Retelling(texts(10)), double, file)
    whole(file, 10)


@pytest.mark.parametrize("count", [1, 20])
def test_a_server_that_never_answers(count: int, double: Double, tmp_path: Path) -> None:
    double.share, double.kinds = 1.0, ("500", "503", "429")
    done = go(Retelling(texts(count)), double, tmp_path / "out.jsonl", concurrency=1)
    assert done.stopped == "halted" and "does not answer" in done.why and done.written.done == 0
    assert len(double.requests) == halting.ATTEMPTS * min(count, halting.SEVERAL)


def test_too_large_for_a_minute_is_too_long(double: Double, tmp_path: Path) -> None:
    """A 429 that waiting does not help against."""
    double.always = {"number 1 ": "429 large"}
    done = go(Retelling(texts(3)), double, tmp_path / "out.jsonl")
    assert done.written.set_aside == {"too long": 1} and done.written.done == 2


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with serving() as double:
        gone = plan(Retelling(texts(3)), double, tmp_path / "out.jsonl")
    done = engine.run(gone)
    assert done.stopped == "halted" and "does not answer" in done.why and double.url in done.why
    assert done.written.left == 3 and rows(tmp_path / "out.jsonl") == []


@pytest.mark.parametrize("wrong", ["an unknown key", "expired", "no money"])
def test_a_key_and_money_stop_the_run_at_once(wrong: str, double: Double, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    if wrong == "an unknown key":
        double.key = "another"
    elif wrong == "expired":
        double.expires = 5
    else:
        double.broke = 5
    done = go(Retelling(texts(40)), double, file, concurrency=3)
    good = 0 if wrong == "an unknown key" else 5
    assert done.stopped == "halted" and done.written.done == good and done.written.left == 40 - good
    assert len(double.requests) <= good + 3, "no request after that, but those on their way"
    assert "run the same again" in done.why and KEY not in done.why
    if wrong == "no money":
        assert "no money left" in done.why and "current quota" in done.why
    else:
        assert "OPENAI_API_KEY" in done.why and "Incorrect API key provided: ***" in done.why
    double.key, double.expires, double.broke = KEY, None, None
    go(Retelling(texts(40)), double, file)
    whole(file, 40)
    assert set(double.paid.values()) == {1}


def test_no_key_in_any_file_or_log(double: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    double.answer = lambda messages: translation(messages).replace("}", f' {KEY}"}}', 1).replace('" ', " ")
    double.faults = ["500", "garbage", "refusal"]
    go(Retelling(texts(3)), double, tmp_path / "out.jsonl")
    double.key = "another"
    go(Retelling(texts(4)), double, tmp_path / "out.jsonl")
    told = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir()) + caplog.text
    assert "***" in told and KEY not in told


@pytest.mark.parametrize("key", [KEY, 'sk+quoted"and/slashed-0123456789'])
def test_a_key_that_a_server_says_elsewhere(
    key: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its model, as the end of an answer, in JSON within an error: nowhere is it kept, or said."""
    caplog.set_level(logging.DEBUG, "okinst")
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with serving(model=f"model of {key}", finish=f"stopped by {key}") as double:
        done = go(Retelling(texts(2)), double, tmp_path / "out.jsonl")
        double.key = "another"
        refused = go(Retelling(texts(2), steps=2), double, tmp_path / "other.jsonl")
    assert done.written.done == 2
    assert "model of ***" in entries(tmp_path / "out.jsonl")[0]["model"]
    assert entries(tmp_path / "out.jsonl")[0]["answer"]["finish"] == "stopped by ***"
    told = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir()) + caplog.text + refused.why
    assert refused.stopped == "halted" and "provided: ***" in refused.why
    assert key not in told and json.dumps(key)[1:-1] not in told and "0123456789" not in told


@pytest.mark.parametrize("key", ["test", "EMPTY", "x"])
def test_a_short_key_is_not_masked_in_answers(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    said = "이것은 test 입니다. EMPTY 하지 않아요, x."
    with serving(key=key, answer=lambda messages: json.dumps({"1-user": said})) as double:
        go(Retelling(texts(1)), double, tmp_path / "out.jsonl")
    assert rows(tmp_path / "out.jsonl")[0]["told"] == [said]


def test_ids_that_look_like_keys_are_kept_and_the_key_itself_is_not(double: Double, tmp_path: Path) -> None:
    identity = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    double.headers = {"x-request-id": f"{identity} {KEY}"}
    go(Retelling(texts(1)), double, tmp_path / "out.jsonl")
    assert entries(tmp_path / "out.jsonl")[0]["request_id"] == f"{identity} ***"


@pytest.mark.parametrize("key", ["여기에-키를-넣으세요", "sk-abcdefgh12345678\n", "sk-abcd efgh"])
def test_a_key_that_no_header_can_hold(
    key: str, double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(WrongCall, match="the key in OPENAI_API_KEY holds a blank, a line end") as said:
        go(Retelling(texts(1)), double, tmp_path / "out.jsonl")
    assert key.strip() not in str(said.value) and not list(tmp_path.iterdir())


def test_half_a_character_in_a_text_is_set_aside(double: Double, tmp_path: Path) -> None:
    class Half(Retelling):
        def ask(self, item: Item, state: State) -> Ask | None:
            found = super().ask(item, state)
            return found and Ask(({"role": "user", "content": found.messages[0]["content"] + "\ud83d"},))

    done = go(Half(texts(1)), double, tmp_path / "out.jsonl")
    assert done.written.set_aside == {"no Unicode text": 1} and not double.requests and not done.cost.requests


def test_a_context_too_long_is_asked_once(double: Double, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    double.longest = 300
    job = Retelling([*texts(2), "The tea. " * 100, "The kettle is small."])
    done = go(job, double, file)
    assert done.written.set_aside == {"too long": 1} and len(rows(file)) == 3
    assert "maximum context length" in aside(file)[0]["detail"]
    assert done.written.helps == {"tries": 0, "run": 1}, "no number of tries makes it shorter"


@pytest.mark.parametrize("reason", ["too long", "refused"])
def test_what_was_rejected_without_an_answer_is_tried_by_the_next_run(
    reason: str, double: Double, tmp_path: Path
) -> None:
    """A server may read more by then, or say something else; nobody has to say anything for that."""
    many = [f"{'The tea. ' * 100}{number} of 7" for number in range(7)]
    if reason == "too long":
        double.longest = 300
    else:
        double.always = {"of 7": "403"}
    file, job = tmp_path / "out.jsonl", Retelling([*texts(2), *many])
    before = go(job, double, file, concurrency=1, max_items=5)
    assert before.written.set_aside == {reason: 3} and before.written.done == 2
    for _ in range(2):
        done = go(job, double, file, concurrency=1, max_items=5)
        assert done.stopped is None and done.written == before.written, "several in a row are no reason to stop"
        assert 3 <= done.cost.requests <= 9
    asked = len(double.requests)
    stopped = go(job, double, file, concurrency=1, max_items=5, budget=Budget(requests=asked))
    assert stopped.stopped == "budget" and stopped.written == before.written, (
        "what was set aside stays so until it is asked"
    )
    double.longest, double.always = None, {}
    done = go(job, double, file)
    assert done.written.done == 9 and done.cost.requests == 7 == len(double.requests) - asked
    go(job, double, file)
    assert [row["text"] for row in rows(file)] == job.texts and len(double.requests) == asked + 7


class Halving(Retelling):
    """Asks for half a text where the whole was too long, as a translation does."""

    def ask(self, item: Item, state: State) -> Ask | None:
        found = super().ask(item, {**state, TRIED: []})
        if found is None or not state.get(TRIED):
            return found
        half = item.row["text"][: len(item.row["text"]) // 2]
        return Ask(({"role": "user", "content": json.dumps({"1-user": half})},))


def test_what_was_too_long_and_then_answered_in_part_is_done(double: Double, tmp_path: Path) -> None:
    double.longest = 300
    file, job = tmp_path / "out.jsonl", Halving(["The tea. " * 50])
    for _ in range(2):
        assert go(job, double, file).written.done == 1 and len(double.requests) == 2


def test_settings_may_be_mended_where_all_was_too_long(double: Double, tmp_path: Path) -> None:
    double.longest = 10
    go(Retelling(texts(2)), double, tmp_path / "out.jsonl")
    double.longest = None
    assert go(Retelling(texts(2)), double, tmp_path / "out.jsonl", model="larger").written.done == 2


def test_a_request_that_is_refused_stops_the_run(double: Double, tmp_path: Path) -> None:
    double.unknown = ("model",)
    done = go(Retelling(texts(20)), double, tmp_path / "out.jsonl", concurrency=2)
    assert done.stopped == "halted" and "Unsupported parameter: 'model'" in done.why
    assert len(double.requests) <= halting.SEVERAL + 1, "several items in a row, and those on their way"
    double.unknown = ()
    go(Retelling(texts(20)), double, tmp_path / "out.jsonl", model="right")
    whole(tmp_path / "out.jsonl", 20)


@pytest.mark.parametrize("place", [0, 3, 9])
def test_one_request_that_is_refused_is_set_aside(place: int, double: Double, tmp_path: Path) -> None:
    """Of a text that is moderated, say, a server says 403, as of a wrong key."""
    double.always = {f"number {place} ": "403"}
    file = tmp_path / "out.jsonl"
    for _ in range(2):
        done = go(Retelling(texts(10)), double, file, concurrency=1)
        assert done.stopped is None and done.written.done == 9 and done.written.left == 0
    assert aside(file)[0]["number"] == place and "403" in aside(file)[0]["detail"]


def test_options_that_a_server_does_not_know_are_left_out(double: Double, tmp_path: Path) -> None:
    double.unknown = ("response_format", "max_tokens", "temperature")
    done = go(Retelling(texts(5), max_tokens=500), double, tmp_path / "out.jsonl", concurrency=1)
    whole(tmp_path / "out.jsonl", 5)
    assert done.stopped is None and len(double.requests) == 8 == done.cost.requests
    assert double.requests[-1].body["max_completion_tokens"] == 500
    assert not {"response_format", "max_tokens", "temperature"} & double.requests[-1].body.keys()


def test_a_temperature_that_was_asked_for_is_not_left_out(double: Double, tmp_path: Path) -> None:
    double.unknown = ("temperature",)
    backend = opened("openai", Options(model="test", base_url=f"{double.url}/v1", temperature=0.7))
    done = engine.run(engine.Plan(Retelling(texts(1)), backend, tmp_path / "out.jsonl"))
    assert done.stopped == "halted" and "'temperature'" in done.why


# -- rates ---------------------------------------------------------------------------------------------------------------


def test_never_more_on_their_way_than_is_said(double: Double, tmp_path: Path) -> None:
    double.latency = 0.02
    go(Retelling(texts(60)), double, tmp_path / "out.jsonl", concurrency=7)
    assert double.most_flying == 7


def test_all_wait_when_the_server_says_so(double: Double, tmp_path: Path) -> None:
    double.headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "300ms"}
    go(Retelling(texts(3)), double, tmp_path / "out.jsonl", concurrency=1)
    times = [request.at for request in double.requests]
    assert all(after - before >= 0.29 for before, after in pairwise(times))


def test_a_server_with_a_limit_a_second_is_not_run_against(double: Double, tmp_path: Path) -> None:
    double.per_second = 20
    done = go(Retelling(texts(50)), double, tmp_path / "out.jsonl", concurrency=16)
    whole(tmp_path / "out.jsonl", 50)
    refused = double.faulty()
    assert done.stopped is None and refused <= 60, "16 at a time would have met hundreds"


def test_a_wait_that_is_too_long_is_left_to_a_person(double: Double, tmp_path: Path) -> None:
    double.headers, double.faults = {"Retry-After": "86400"}, ["503"]
    done = go(Retelling(texts(3)), double, tmp_path / "out.jsonl", concurrency=1)
    assert done.stopped == "halted" and "asks to wait 86,400 seconds" in done.why and len(double.requests) == 1


@pytest.mark.parametrize("how", ["seconds", "milliseconds", "Retry-After"])
def test_a_good_answer_may_ask_for_too_long_a_wait(how: str, double: Double, tmp_path: Path) -> None:
    until = "86400" if how == "seconds" else str(int(time.time() * 1000) + 86_400_000)
    resets = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": until}
    double.headers = {"Retry-After": "86400"} if how == "Retry-After" else resets
    done = go(Retelling(texts(3)), double, tmp_path / "out.jsonl", concurrency=1)
    assert done.stopped == "halted" and "asks to wait 86," in done.why and done.written.done == 1


def test_a_wait_is_said(
    double: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(halting, "LONG", 0.1)
    double.headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "400ms"}
    go(Retelling(texts(2)), double, tmp_path / "out.jsonl", concurrency=1)
    assert "asks to wait" in caplog.text


@pytest.mark.parametrize("value", ["inf", "nan", "a moment in milliseconds"])
def test_a_reset_that_is_no_long_wait(value: str, double: Double, tmp_path: Path) -> None:
    until = value if len(value) == 3 else str(int(time.time() * 1000) + 50)
    double.headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": until}
    done = go(Retelling(texts(2)), double, tmp_path / "out.jsonl", concurrency=1)
    assert done.stopped is None and done.written.done == 2


def test_too_many_requests_are_waited_for_as_long_as_others_are_answered(double: Double, tmp_path: Path) -> None:
    """More often than a request is tried otherwise."""

    def answer(messages: list[dict[str, str]]) -> str:
        if double.faulty() > 3 * halting.ATTEMPTS:
            double.always = {}
        return translation(messages)

    double.always, double.answer, double.latency = {"number 1 ": "429"}, answer, 0.02
    done = go(Retelling(texts(300)), double, tmp_path / "out.jsonl", concurrency=2)
    whole(tmp_path / "out.jsonl", 300)
    assert done.stopped is None and double.faulty() > 3 * halting.ATTEMPTS


# -- budget --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["requests", "tokens", "usd"])
def test_a_budget_is_not_passed_and_a_larger_one_goes_on(kind: str, seed: int, double: Double, tmp_path: Path) -> None:
    file, draw = tmp_path / "out.jsonl", random.Random(seed)
    job = Retelling([f"{text} {'It is cold. ' * draw.randrange(6)}" for text in texts(40)])
    double.share, double.seed, double.kinds = 0.2, seed, QUICK
    prices = Prices(1.0, 2.0)
    budget: dict[str, Any] = (
        {"requests": 17} if kind == "requests" else {"tokens": 4_000} if kind == "tokens" else {"usd": 0.005}
    )
    done = go(job, double, file, budget=Budget(**budget), prices=prices, concurrency=5)
    assert done.stopped == "budget" and "larger one goes on" in done.why and 0 < done.written.done < 40
    spent = {"requests": done.spent.requests, "tokens": done.spent.tokens, "usd": done.spent.usd}
    assert spent[kind] <= budget[kind] and done.spent.usd == pytest.approx(sum(line["usd"] for line in entries(file)))
    larger = go(job, double, file, budget=Budget(**{kind: budget[kind] * 20}), prices=prices)
    assert larger.stopped is None and larger.written.left == 0
    assert set(double.paid.values()) == {1} and larger.spent.requests == len(double.requests)


def test_a_budget_counts_every_request(double: Double, tmp_path: Path) -> None:
    """Those that a server refuses for an option it does not know, too."""
    double.unknown, double.latency = ("response_format",), 0.05
    budget = Budget(requests=20)
    done = go(Retelling(texts(50)), double, tmp_path / "out.jsonl", budget=budget, concurrency=16)
    assert done.stopped == "budget" and len(double.requests) == done.spent.requests == 20


@pytest.mark.parametrize("kind", ["tokens", "usd"])
def test_a_server_that_does_not_count_is_paid_what_was_put_by(kind: str, double: Double, tmp_path: Path) -> None:
    double.usage = False
    budget = Budget(tokens=9_000) if kind == "tokens" else Budget(usd=0.018)
    done = go(Retelling(texts(50)), double, tmp_path / "out.jsonl", budget=budget, prices=Prices(1.0, 2.0))
    assert done.stopped == "budget" and 0 < done.written.done < 50
    assert done.spent.guessed == done.spent.requests == len(double.requests) > 0 == done.spent.unpriced
    assert 0 < double.written <= done.spent.tokens_out and done.spent.usd > 0
    assert done.as_json()["this run"]["guessed"] == done.spent.guessed
    assert sum(line["guessed"] for line in entries(tmp_path / "out.jsonl")) == done.spent.guessed


@pytest.mark.parametrize("fault", ["garbage", "half", "cut", "slow", "null"])
def test_an_answer_that_never_came_whole_is_paid_all_the_same(fault: str, double: Double, tmp_path: Path) -> None:
    double.faults, double.slow = [fault] * 2, 1.5
    how: dict[str, Any] = {"timeout": 0.5} if fault == "slow" else {}
    done = go(Retelling(texts(1)), double, tmp_path / "out.jsonl", budget=Budget(tokens=10**6), **how)
    assert done.written.done == 1 and done.spent.guessed == 2 and done.spent.tokens_out >= 2 * 512


def test_an_answer_nested_too_deeply_is_no_answer(double: Double, tmp_path: Path) -> None:
    double.faults = ["deep"]
    go(Retelling(texts(3)), double, tmp_path / "out.jsonl", concurrency=1)
    whole(tmp_path / "out.jsonl", 3)
    assert [(line["attempts"], line["guessed"]) for line in entries(tmp_path / "out.jsonl")] == [(2, 1), (1, 0), (1, 0)]


@pytest.mark.parametrize("count", [-(10**9), float("inf"), float("nan"), 10**15, "many", [1]])
@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens"])
def test_a_count_that_cannot_be_is_none(name: str, count: object, double: Double, tmp_path: Path) -> None:
    """The answer is one all the same, and is charged what was put by for it."""
    double.counts = {name: count}
    prices = Prices(1.0, 2.0)
    done = go(Retelling(texts(2)), double, tmp_path / "out.jsonl", prices=prices, budget=Budget(usd=1.0))
    whole(tmp_path / "out.jsonl", 2)
    assert done.cost.guessed == 2 == len(double.requests)
    assert 0 < done.cost.usd < 1 and min(done.cost.tokens_in, done.cost.tokens_out) > 0


@pytest.mark.parametrize("seed", range(3))
def test_long_answers_do_not_pass_a_budget(seed: int, double: Double, tmp_path: Path) -> None:
    """Short ones first, then such as are longer than all estimates, many at a time, some of them lost on the way."""
    draw = random.Random(seed)

    def answer(messages: list[dict[str, str]]) -> str:
        return json.dumps({"1-user": "가" * draw.choice((5, 50, 900, 3_000))}, ensure_ascii=False)

    double.answer, double.latency = answer, 0.01
    double.share, double.seed, double.kinds = 0.2, seed, ("half", "cut", "429", "500")
    budget = Budget(tokens=30_000)
    done = go(Retelling(texts(60)), double, tmp_path / "out.jsonl", budget=budget, concurrency=32)
    assert done.stopped == "budget" and done.written.done > 0 and done.spent.tokens <= 30_000
    assert double.written <= done.spent.tokens_out, "what the server bills is in the ledger"
    larger = go(Retelling(texts(60)), double, tmp_path / "out.jsonl", budget=Budget(tokens=10**7), tries=5)
    assert larger.stopped is None and larger.written.done == 60, "an answer that the budget cut off gets more room"


def test_room_grows_where_nobody_counts(double: Double, tmp_path: Path) -> None:
    double.usage, double.answer = False, lambda messages: json.dumps({"1-user": "가" * 3_000}, ensure_ascii=False)
    done = go(Retelling(texts(3)), double, tmp_path / "out.jsonl", budget=Budget(tokens=10**6), concurrency=1)
    assert done.written.done == 3 and len(double.requests) == 6, "512, 1,024, 2,048 and 4,096 tokens, and then no less"


def test_a_server_that_limits_no_answer_is_said(
    double: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    double.unknown = ("max_tokens", "max_completion_tokens")
    double.answer = lambda messages: json.dumps({"1-user": "가" * 3_000}, ensure_ascii=False)
    go(Retelling(texts(9)), double, tmp_path / "out.jsonl", budget=Budget(tokens=10_000), concurrency=2)
    assert caplog.text.count("wrote 3,014 tokens where 512 were asked for at most") == 1


def test_a_budget_that_leaves_more_room_than_a_model_has(double: Double, tmp_path: Path) -> None:
    """Servers refuse a request whose answer might not fit beside it."""
    double.context = 400
    done = go(Retelling(texts(3)), double, tmp_path / "out.jsonl", budget=Budget(tokens=10**6))
    assert done.stopped is None and done.written.done == 3


@pytest.mark.parametrize("counting", [True, False])
def test_what_was_paid_without_a_price_is_charged_at_a_later_one(
    counting: bool, double: Double, tmp_path: Path
) -> None:
    """It counts against a budget of money, and the sum is known again."""
    double.usage = counting
    file, prices = tmp_path / "out.jsonl", Prices(1_000.0, 2_000.0)
    first = go(Retelling(texts(20)), double, file, max_items=4)
    assert first.as_json()["all runs"]["usd"] is None and first.as_json()["all runs"]["unpriced"] == 4
    paid = (first.spent.tokens_in * 1_000 + first.spent.tokens_out * 2_000) / 1e6
    none = go(Retelling(texts(20)), double, file, prices=prices, budget=Budget(usd=paid))
    assert none.stopped == "budget" and none.cost.requests == 0 and len(double.requests) == 4
    assert none.spent.usd == pytest.approx(paid) == none.priced_later.usd and none.priced_later.requests == 4
    done = go(Retelling(texts(20)), double, file, prices=prices)
    assert done.as_json()["all runs"]["unpriced"] == 0 and done.spent.usd == pytest.approx(paid + done.cost.usd)
    known = go(Retelling(texts(20)), double, file).as_json()["all runs"]
    assert known["usd"] == pytest.approx(done.cost.usd, abs=1e-6) and known["unpriced"] == 4, "a part is not nothing"


def test_money_needs_prices(double: Double, tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="needs prices: --usd-in and --usd-out"):
        plan(Retelling(texts(1)), double, tmp_path / "out.jsonl", budget=Budget(usd=1.0))
    with pytest.raises(WrongCall, match="--usd-in -1"):
        Prices(-1.0)


# -- the ledger ----------------------------------------------------------------------------------------------------------


def test_order_and_steps_whatever_comes_when(tmp_path: Path) -> None:
    draw = random.Random(0)

    def late(messages: list[dict[str, str]]) -> str:
        time.sleep(draw.random() * 0.03)
        return translation(messages)

    with serving(answer=late, share=0.2, seed=3, kinds=QUICK) as double:
        file = tmp_path / "out.jsonl"
        done = go(Retelling(texts(30), steps=3), double, file, concurrency=9, tries=6)
        whole(file, 30)
        assert done.written.items == done.written.done == 30 and set(double.paid.values()) == {1}
        assert all(len(row["told"]) == 3 for row in rows(file))
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        asked = len(double.requests)
        again = go(Retelling(texts(30), steps=3), double, file, tries=6)
        assert len(double.requests) == asked and again.cost.requests == 0
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


class Stubborn(Retelling):
    """Asks the same again, whatever was wrong."""

    def ask(self, item: Item, state: State) -> Ask | None:
        return super().ask(item, {**state, TRIED: []})


def test_the_same_request_has_several_answers(double: Double, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    double.faults = ["empty", "refusal"]
    for _ in range(2):
        done = go(Stubborn(texts(1)), double, file)
        assert done.written.done == 1 and len(double.requests) == 3
    lines = entries(file)
    assert len({line["ask"] for line in lines}) == 1 and [line["try"] for line in lines] == [0, 1, 2]
    assert [request.body["temperature"] for request in double.requests] == [0, 0.3, 0.6], (
        "the same request says the same"
    )
    assert [line.get("varied") for line in lines] == [None, {"temperature": 0.3}, {"temperature": 0.6}]


@pytest.mark.parametrize(("temperature", "seed"), [(0.0, 5), (0.7, 5), (0.7, None)])
def test_no_two_requests_of_an_item_are_the_same(
    temperature: float, seed: int | None, double: Double, tmp_path: Path
) -> None:
    """But where a temperature draws another answer anyway."""
    double.faults = ["empty", "refusal"]
    options = Options(model="test", base_url=f"{double.url}/v1", temperature=temperature, seed=seed)
    engine.run(engine.Plan(Stubborn(texts(1)), opened("openai", options), tmp_path / "out.jsonl"))
    sent = [json.dumps(request.body, sort_keys=True) for request in double.requests]
    assert len(sent) == 3 and len(set(sent)) == (1 if seed is None else 3)
    assert [request.body.get("seed") for request in double.requests] == [seed and seed + n for n in range(3)]
    assert {request.body["temperature"] for request in double.requests} == ({0.7} if temperature else {0, 0.3, 0.6})


def test_a_server_without_temperatures_is_asked_again_without(double: Double, tmp_path: Path) -> None:
    double.unknown, double.faults = ("temperature",), ["", "empty"]
    done = go(Stubborn(texts(1)), double, tmp_path / "out.jsonl")
    assert done.written.done == 1 and not any("varied" in line for line in entries(tmp_path / "out.jsonl"))


def test_a_line_that_was_cut_off_is_asked_again(
    double: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "out.jsonl"
    go(Retelling(texts(3)), double, file, concurrency=1)
    ledger = tmp_path / "out.jsonl.ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    # the head, and what was sent and answered twice
    ledger.write_bytes(b"".join(lines[:5]) + lines[6][:100])
    file.unlink()
    for beside in ("set-aside.jsonl", "origin.json"):
        (tmp_path / f"out.jsonl.{beside}").unlink()
    go(Retelling(texts(3)), double, file)
    whole(file, 3)
    assert len(double.requests) == 4 and "line 6 was cut off" in caplog.text


def test_other_settings_are_refused_by_name(double: Double, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    go(Retelling(texts(1)), double, file)
    with pytest.raises(WrongCall, match=r'backend\.model was "test" and is "larger"'):
        go(Retelling(texts(1)), double, file, model="larger")
    with pytest.raises(WrongCall, match=r'settings\.prompt was "retelling.v1" and is "own"'):
        go(Retelling(texts(1), settings={"prompt": "own"}), double, file)
    assert len(double.requests) == 1


def test_settings_may_be_mended_while_nothing_is_answered(double: Double, tmp_path: Path) -> None:
    double.unknown = ("model",)
    file = tmp_path / "out.jsonl"
    assert go(Retelling(texts(2)), double, file, model="mistyped").stopped == "halted"
    double.unknown = ()
    for _ in range(2):
        assert go(Retelling(texts(2)), double, file, model="right").written.done == 2
    whole(file, 2)
    heads = [line for line in rows(tmp_path / "out.jsonl.ledger.jsonl") if "okinst" in line]
    assert [head["backend"]["model"] for head in heads] == ["mistyped", "right"]


@pytest.mark.parametrize("priced", [True, False])
def test_other_settings_do_not_give_a_budget_back(priced: bool, double: Double, tmp_path: Path) -> None:
    """Answers that never came whole are paid; what is asked with other settings after them is paid out of what is left."""
    double.share, double.kinds = 1.0, ("half",)
    file, prices = tmp_path / "out.jsonl", Prices(1_000.0, 2_000.0)
    first = go(Retelling(texts(1)), double, file, prices=prices if priced else Prices())
    asked = len(double.requests)
    paid = (first.spent.tokens_in * 1_000 + first.spent.tokens_out * 2_000) / 1e6
    assert first.written.set_aside == {"no answer": 1} and paid
    for prompt in ("another", "a third"):
        again = Retelling(texts(1), settings={"prompt": prompt})
        done = go(again, double, file, prices=prices, budget=Budget(usd=paid * 1.5))
        assert done.stopped == "budget" and paid < done.spent.usd <= paid * 1.5
    assert asked < len(double.requests) < 2 * asked
    double.share = 0.0
    last = go(again, double, file, prices=prices)
    assert last.written.done == 1 and last.spent.requests == len(double.requests)


def test_a_ledger_that_is_damaged_says_where(double: Double, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    go(Retelling(texts(3)), double, file)
    ledger = tmp_path / "out.jsonl.ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(lines[0] + b'{"half": \n' + b"".join(lines[2:]))
    with pytest.raises(Exception, match=r"ledger.jsonl: line 2 is no line of a ledger"):
        go(Retelling(texts(3)), double, file)
    ledger.write_bytes(b'{"rows": 1}\n')
    with pytest.raises(WrongCall, match="is no ledger of okinst generate"):
        go(Retelling(texts(3)), double, file)


def test_files_of_others_are_not_overwritten(double: Double, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    file.write_text("mine\n")
    with pytest.raises(WrongCall, match="no ledger beside it says that okinst generate wrote it"):
        go(Retelling(texts(1)), double, file)
    assert list(tmp_path.iterdir()) == [file], "nothing is left beside what is refused"
    file.unlink()
    go(Retelling(texts(1)), double, file)
    file.write_text(file.read_text(encoding="utf-8") + "{}\n")
    with pytest.raises(WrongCall, match="was changed since okinst generate wrote it"):
        go(Retelling(texts(2)), double, file)
    assert file.read_text(encoding="utf-8").endswith("{}\n") and len(double.requests) == 1


@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_what_is_no_file_is_refused_at_once(kind: str, double: Double, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    if kind == "device":
        file.symlink_to("/dev/zero")  # reading it would never end
    else:
        os.mkfifo(file)
    with pytest.raises(WrongCall, match="is a device or a pipe"):
        go(Retelling(texts(1)), double, file)
    assert list(tmp_path.iterdir()) == [file] and not double.requests


@pytest.mark.parametrize("array", [False, True])
def test_a_file_that_gets_shorter_is_said(
    array: bool, double: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Told(Retelling):
        def file(self) -> UpstreamFile:
            return UpstreamFile("retelling", "retelling.json", array)

    file = tmp_path / "out.json"
    for _ in range(2):
        go(Told(texts(5)), double, file)
    assert "held" not in caplog.text
    go(Told(texts(5)), double, file, max_items=2)
    assert "out.json held 5 rows, and holds 2 now" in caplog.text and "ledger" in caplog.text
    caplog.clear()
    go(Told(texts(5)), double, file)
    assert file.read_bytes().count(b'"told"') == 5 == len(double.requests) and "held" not in caplog.text


def test_the_names_of_new_files_are_on_the_disk(
    double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, real = list[set[str]](), os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            synced.append({path.name for path in tmp_path.iterdir()})
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    go(Retelling(texts(1)), double, tmp_path / "out")
    assert "out.ledger.jsonl" in synced[0] and {"out", "out.set-aside.jsonl"} <= synced[-1]


def test_two_runs_do_not_write_one_file(double: Double, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    first = plan(Retelling(texts(1)), double, file)
    with engine.Ledger(file, first.head).opened(), pytest.raises(WrongCall, match="is being written by another run"):
        go(Retelling(texts(1)), double, file)
    go(Retelling(texts(1)), double, file)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.jsonl",
        "out.jsonl.ledger.jsonl",
        "out.jsonl.origin.json",
        "out.jsonl.set-aside.jsonl",
    ]


def test_two_items_of_one_key_are_not_mixed_up(double: Double, tmp_path: Path) -> None:
    job = Retelling(texts(3), keys=["a", "b", "a"])
    done = go(job, double, tmp_path / "out.jsonl")
    assert done.written.set_aside == {"the same key as an item before": 1} and done.written.done == 2


def test_items_that_cannot_be_worked_on_cost_nothing(double: Double, tmp_path: Path) -> None:
    done = go(Retelling(["", *texts(2)]), double, tmp_path / "out.jsonl", max_items=2)
    assert done.written.set_aside == {"empty text": 1} and done.written.done == 1 and len(double.requests) == 1


def test_an_answer_that_okinst_fails_to_read_is_kept(
    double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out.jsonl"

    def broken(self: Retelling, item: Item, state: State, answer: Answer) -> State:
        raise ZeroDivisionError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr(Retelling, "read", broken)
        with pytest.raises(ZeroDivisionError):
            go(Retelling(texts(1)), double, file)
    assert entries(file)[0]["outcome"] == "unread: ZeroDivisionError"
    go(Retelling(texts(1)), double, file)
    whole(file, 1)
    assert len(double.requests) == 1


def test_what_a_backend_fails_at_is_charged(double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be billed; and it is asked again."""
    file = tmp_path / "out.jsonl"

    def broken(self: OpenAIChat, *_: object) -> Reply:
        raise ZeroDivisionError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr(OpenAIChat, "_reply", broken)
        with pytest.raises(ZeroDivisionError):
            go(Retelling(texts(1)), double, file, prices=Prices(1.0, 2.0))
    (line,) = entries(file)
    assert line["outcome"] == "failed: ZeroDivisionError" and line["attempts"] == 1 == line["guessed"]
    assert line["usd"] > 0 and line["tokens_in"] > 0
    done = go(Retelling(texts(1)), double, file, prices=Prices(1.0, 2.0))
    whole(file, 1)
    assert done.spent.requests == 2 and done.spent.usd == pytest.approx(line["usd"] + done.cost.usd)


def test_half_a_character_is_kept_as_it_came(double: Double, tmp_path: Path) -> None:
    double.answer = lambda messages: '{"1-user": "반쪽 \\ud83d"}'
    file = tmp_path / "out.jsonl"
    go(Retelling(texts(1)), double, file)
    asked = len(double.requests)
    go(Retelling(texts(1)), double, file)
    assert len(double.requests) == asked and rows(file)[0]["told"] == ["반쪽 \ud83d"]


# -- the disk ------------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_written_whole_leaves_nothing(tmp_path: Path) -> None:
    """A real write that fails while the rows are put down, and again when their file is closed."""
    file, job = tmp_path / "out.jsonl", Retelling([f"{number} {'차' * 900}" for number in range(4)])
    ledger = engine.Ledger(file, {"job": "a", "settings": {}, "backend": {}})
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with ledger.opened(), engine.Outcomes(file, ledger, "test") as outcomes:
        for course in courses(job, 3, opened("openai", Options(model="test"))):
            course.take(Answer('{"1-user": "네"}'))
            outcomes.add(course)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
        try:
            with pytest.raises(engine.DiskFull, match="no room left for"):
                outcomes.put_down(job)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert [path.name for path in tmp_path.iterdir() if "incomplete" in path.name] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_disk_that_is_really_full(double: Double, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("this machine does not let its root mount")
    try:
        file = disk / "out.jsonl"
        with pytest.raises(engine.DiskFull, match=r"no room left .*out.jsonl.* run the same again"):
            go(Retelling(texts(100)), double, file, concurrency=2)
        kept = len(entries(file))
        assert 0 < kept < 100 and not file.exists() and not list(disk.glob(".*incomplete"))
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        go(Retelling(texts(100)), double, file)
        whole(file, 100)
        assert sum(double.paid.values()) <= 100 + 4
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_what_is_needed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongCall, match="needs a model: --model"):
        opened("openai", Options())
    with pytest.raises(WrongCall, match="--base-url ftp://x: it should be an address"):
        opened("openai", Options(model="m", base_url="ftp://x"))
    with pytest.raises(WrongCall, match=r"there is no such backend\. There are openai, deepl"):
        opened("gpt", Options(model="m"))
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(WrongCall, match="no key in OPENAI_API_KEY"):
        opened("openai", Options(model="m"))


def test_the_job_is_a_job() -> None:
    """What the tests' job says is what the engine's Protocol wants."""
    from okinst.generation.job import Job

    job: Job = Retelling([])
    with pytest.raises(Rejected):
        job.start(Item(0, "a", {"text": ""}))
    assert json.dumps(job.settings)


def test_what_no_disk_took_was_not_asked(double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out.jsonl"

    async def full(self: object, sent: object) -> None:
        raise engine.DiskFull("no room left")

    with monkeypatch.context() as patched:
        patched.setattr(engine.Ledger, "send", full)
        done = go(Retelling(texts(4)), double, file)
    assert done.stopped == "halted" and not double.requests
    assert (done.spent.requests, done.spent.tokens_in, done.spent.guessed) == (0, 0, 0)


def test_attempts_without_an_outcome_are_all_charged_once(double: Double, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    go(Retelling(texts(2)), double, file, concurrency=1)
    lines = rows(file.with_name("out.jsonl.ledger.jsonl"))
    sent = next(line for line in lines if "sent" in line)
    ledger = file.with_name("out.jsonl.ledger.jsonl")
    with ledger.open("a", encoding="utf-8") as more:
        more.write((json.dumps(sent) + "\n") * 3)
    for _ in range(2):  # and the next opening charges nothing anew
        done = go(Retelling(texts(2)), double, file)
        assert (done.spent.requests, done.spent.guessed) == (2 + 3, 3) and len(double.requests) == 2
