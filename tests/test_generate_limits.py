"""Rates, budgets and the ledger by themselves."""

import asyncio
import html
import json
import random
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from okinst.builders.waiting import retry_after
from okinst.generation.budget import Budget, Cost, Estimates, Prices, Purse, guessed_tokens
from okinst.generation.job import Answer, Ask
from okinst.generation.ledger import Entry, Ledger, digest, entry
from okinst.generation.rates import Rates
from okinst.generation.troubles import LONGEST, MASK, Stopped, hidden, masked, short
from tests.generating import KEY

# -- rates: a clock that the test turns ----------------------------------------------------------------------------------

INFINITE = float("inf")


def sent(rates: Rates, count: int = 1, tokens: int = 0) -> list:  # type: ignore[type-arg]
    assert rates.wait(tokens, 0.0) == 0
    return [rates.send(tokens) for _ in range(count)]


def test_no_more_than_allowed() -> None:
    rates = Rates(2)
    one, _ = sent(rates, 2)
    assert rates.wait(0, 0.0) == INFINITE
    rates.back(one, {}, 1.0, 0.0, refused=False)
    assert rates.wait(0, 1.0) == 0


def test_retry_after_holds_all_back() -> None:
    rates = Rates(4)
    one, other = sent(rates, 2)
    rates.back(one, {"retry-after": "7"}, 10.0, 0.0, refused=True)
    assert rates.wait(0, 10.0) == 7 and rates.wait(0, 16.5) == 0.5 and rates.wait(0, 17.0) == 0
    rates.back(other, {"retry-after": "1"}, 11.0, 0.0, refused=True)
    assert rates.wait(0, 12.0) == 5, "the longest wait stands"


def test_one_crowd_of_refusals_halves_once_and_answers_creep_up() -> None:
    rates = Rates(16)
    for flight in sent(rates, 16):
        rates.back(flight, {}, 0.0, 0.0, refused=True)
    assert rates.allowed == 8
    for flight in sent(rates, 3):
        rates.back(flight, {}, 0.0, 0.0, refused=True)
    assert rates.allowed == 4
    seen = []
    for _ in range(200):
        (flight,) = sent(rates)
        rates.back(flight, {}, 0.0, 0.0, refused=False)
        seen.append(rates.allowed)
    assert seen == sorted(seen) and seen[-1] == 16 and seen.index(5) == 3


def test_what_remains_is_counted_down() -> None:
    rates = Rates(10)
    (flight,) = sent(rates)
    told = {"x-ratelimit-remaining-requests": "2", "x-ratelimit-reset-requests": "1m0s"}
    rates.back(flight, told, 100.0, 0.0, refused=False)
    flights = [rates.send(0), rates.send(0)]
    assert rates.wait(0, 110.0) == 50 and rates.wait(0, 160.0) == 0
    stale = {"x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": "1m0s"}
    rates.back(flights[1], told, 165.0, 0.0, refused=False)
    rates.back(flights[0], stale, 165.0, 0.0, refused=False)
    rates.send(0), rates.send(0)
    assert rates.wait(0, 166.0) == 59, "an older request does not know better"


def test_tokens_that_remain() -> None:
    rates = Rates(10)
    (flight,) = sent(rates, tokens=50)
    told = {"x-ratelimit-remaining-tokens": "100", "x-ratelimit-reset-tokens": "250ms"}
    rates.back(flight, told, 0.0, 0.0, refused=False)
    assert rates.wait(100, 0.0) == 0 and rates.wait(101, 0.0) == 0.25


def test_whoever_waits_hears_of_the_end() -> None:
    async def waits() -> None:
        rates, purse = Rates(1), Purse(Budget(requests=1), Cost())
        await rates.enter(0)
        await purse.reserve(Cost(1))
        waiting = [asyncio.ensure_future(rates.enter(0)), asyncio.ensure_future(purse.reserve(Cost(1)))]
        await asyncio.sleep(0.01)
        rates.gate.close(), purse.gate.close()
        for each in waiting:
            with pytest.raises(Stopped):
                await asyncio.wait_for(each, 1)

    asyncio.run(waits())


@pytest.mark.parametrize("value", ["", "soon", "-1", "Mon, 99 Foo", None])
def test_a_header_that_says_nothing(value: str | None) -> None:
    assert retry_after(value) is None


# -- budget --------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(20, 400))
def test_what_is_on_its_way_never_passes_a_budget(seed: int, workers: int, tokens: int) -> None:
    """Where no answer is longer than its estimate."""

    async def spend() -> Purse:
        purse, draw = Purse(Budget(tokens=tokens), Cost()), random.Random(seed)

        async def work() -> None:
            while True:
                expected = Cost(1, draw.randrange(1, 12), draw.randrange(1, 12))
                if await purse.reserve(expected) is not None:
                    return
                await asyncio.sleep(0)
                purse.settle(expected, replace(expected, tokens_out=draw.randrange(expected.tokens_out + 1)))
                assert (purse.spent + purse.reserved).tokens <= tokens

        await asyncio.gather(*(work() for _ in range(workers)))
        return purse

    purse = asyncio.run(spend())
    assert tokens - 24 < purse.spent.tokens <= tokens and purse.reserved.tokens == 0


def test_estimates_learn_what_was_too_low() -> None:
    estimates = Estimates(Prices(1.0, 1.0), translator=False)
    ask = Ask(({"role": "user", "content": "가" * 100},))
    first = estimates.of(ask)
    assert first.tokens_in > 100 and first.tokens_out >= 512
    estimates.learn(ask, Cost(1, 400, 2_000))
    assert estimates.of(ask).tokens_in >= 400 and estimates.of(ask).tokens_out == 2_000
    assert estimates.of(replace(ask, max_tokens=7)).tokens_out == 7
    assert guessed_tokens("") == 0


# -- the ledger ----------------------------------------------------------------------------------------------------------

ANY = st.text(st.characters(), max_size=40)


@given(ANY, ANY, st.dictionaries(ANY, ANY, max_size=3), st.integers(0, 9), st.floats(0, 9, allow_nan=False))
def test_a_line_says_what_it_was_made_of(key: str, text: str, texts: dict[str, str], number: int, usd: float) -> None:
    """Half characters, line ends and all."""
    made = Entry(
        key,
        number,
        1,
        "f" * 64,
        "accepted",
        text,
        Answer(text, texts, "length"),
        key,
        text,
        0.25,
        Cost(1, 2, 3, 4, usd, 1),
    )
    assert entry(made.line()) == made and made.line().count(b"\n") == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=3)), max_size=12), st.integers(0, 400))
def test_a_ledger_cut_anywhere_gives_back_what_was_whole(
    tmp_path_factory: pytest.TempPathFactory, answers: list[tuple[str, str]], cut: int
) -> None:
    file = tmp_path_factory.mktemp("ledger") / "out"
    ledger = Ledger(file, {"job": "a", "settings": {}, "backend": {}})

    async def keep() -> None:
        await asyncio.gather(
            *(ledger.keep(Entry(key, 0, 0, "ask", "accepted", answer=Answer(text))) for key, text in answers)
        )

    with ledger.opened():
        asyncio.run(keep())
    whole = ledger.path.read_bytes()
    kept = whole[: max(len(whole) - cut, whole.index(b"\n") + 1)]
    ledger.path.write_bytes(kept)
    lines = kept.count(b"\n") - 1
    again = Ledger(file, {"job": "a", "settings": {}, "backend": {}})
    with again.opened():
        for key in "abc":
            for number, text in enumerate([text for each, text in answers[:lines] if each == key]):
                found = again.answered(key, "ask", number)
                assert found is not None and found.answer == Answer(text)
        assert again.path.read_bytes() == kept[: kept.rindex(b"\n") + 1]
        assert again.answered("a", "ask", 99) is None


def test_a_key_may_hold_half_a_character(tmp_path: Path) -> None:
    """As ids of rows do, and names of files."""
    head = {"job": "a", "settings": {}, "backend": {}}
    for _ in range(2):
        ledger = Ledger(tmp_path / "out", head)
        with ledger.opened():
            if not ledger.begun:
                new = Entry("half \udcb5", 0, 0, "ask", "accepted", answer=Answer("차"))
                asyncio.run(asyncio.wait_for(ledger.keep(new), 60))
            found = ledger.answered("half \udcb5", "ask", 0)
            assert found is not None and found.answer == Answer("차")


def test_what_is_asked_decides_where_an_answer_stands() -> None:
    ask = Ask(({"role": "user", "content": "차"},), {"a": "1", "b": "2"})
    asks = [ask, replace(ask, json=True), replace(ask, max_tokens=5), replace(ask, texts={"a": "12", "b": ""})]
    found = {digest(each, settings) for each in asks for settings in ({"model": "a"}, {"model": "b"})}
    assert len(found) == 8
    assert digest(ask, {"a": 1, "b": 2}) == digest(replace(ask, texts={"b": "2", "a": "1"}), {"b": 2, "a": 1})


# -- secrets -------------------------------------------------------------------------------------------------------------


@given(ANY, ANY)
def test_no_secret_in_what_is_said(before: str, after: str) -> None:
    assert KEY not in short(f"{before}{KEY}{after}", (KEY,))
    assert len(short("x" * 9_999)) == LONGEST + 3


@pytest.mark.parametrize(
    "said",
    [
        "Authorization: Bearer abc.def-ghi",
        "key sk-proj-abcdefgh12345678 is wrong",
        "DeepL-Auth-Key 279a2e9d-83b3-c416-7e2d-f721593e42a0:fx",
        "https://user:hunter2@proxy.example/v1",
        "https://example.org/v1?key=hunter2&x=1",
        "https://example.org/v1?x=1&api_key=hunter2",
        "https://example.org/v1?subscription-key=hunter2#top",
        'the header "Ocp-Apim-Subscription-Key": "hunter2" is wrong',
    ],
)
def test_what_looks_like_a_key_is_masked(said: str) -> None:
    told = masked(said)
    assert MASK in told and not any(secret in told for secret in ("abc.def", "abcdefgh", "279a2e9d", "hunter2"))


def spellings(key: str) -> list[str]:
    """As servers echo a key: in JSON, in JSON within JSON, in an address, in a page."""
    in_json = json.dumps(key)[1:-1]
    coded = "".join(each if each.isalnum() else f"\\u{ord(each):04X}" for each in key)
    numbered = "".join(each if each.isalnum() else f"&#{ord(each)};" for each in key)
    twice = json.dumps(in_json)[1:-1]
    return [key, in_json, twice, in_json.replace("/", "\\/"), coded, quote(key, safe=""), html.escape(key), numbered]


@example("".join(map(chr, range(33, 127))).replace("*", ""), "")
@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=MASK), min_size=16, max_size=40), ANY
)
def test_a_key_is_masked_however_it_is_spelt(key: str, around: str) -> None:
    for said in spellings(key):
        assert MASK in masked(f'{{"error": "key {said}"}}', (key,)) and said not in masked(
            f"{around}{said}{around}", (key,)
        )
        assert hidden(f"model-{said}-2026", (key,)) == f"model-{MASK}-2026"


def test_a_short_key_is_a_word_like_others() -> None:
    """Servers of one's own are given `x`, `EMPTY`, `test`."""
    assert masked("x is no key: text, exact", ("x",)) == "*** is no key: text, exact"
    assert hidden("an x, a test", ("x", "test")) == "an x, a test" and hidden(f"It is {KEY}.", (KEY,)) == "It is ***."


def test_nothing_is_written_where_it_may_not(tmp_path: Path) -> None:
    """A ledger in a place that is a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError), Ledger(tmp_path / "file" / "out", {"job": "a"}).opened():
        pass
