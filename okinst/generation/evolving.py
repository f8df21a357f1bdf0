"""`okinst generate evolve`: instructions made harder, or other ones of their kind, round by round, and then answered.

The way of Evol-Instruct (WizardLM): each round one of six mutations, chosen by the seed and the item's key; what a model makes of
the instruction is kept only where it passes the named checks below. Rejected, it is asked for with another mutation.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from okinst.builders import Row, WrongCall, clean
from okinst.curation.scripts import weight
from okinst.generation import checks, formats, languages
from okinst.generation.job import TRIED, Answer, Ask, Item, Rejected, State, UpstreamFile
from okinst.generation.prompts import prompt
from okinst.generation.protect import masked
from okinst.generation.sources import Source, once, readable

#: in depth, and in breadth; each is a prompt of its own
DEPTH = ("constraints", "deepening", "concretising", "reasoning", "input")
BREADTH = "breadth"
MUTATIONS = (*DEPTH, BREADTH)
#: an evolved instruction may have so many times the wide characters of the one before, and so many more (a table, a listing)
GROWTH, MORE = 3, 300
#: the share of the pairs of characters of a new instruction that the one before had, from which on it copies it
COPIED = 0.8
#: upstream dropped answers of so many characters
SHORTEST_ANSWER = 10
_PROMPTS_WORDS = re.compile(
    r"원래\s?(?:글|지시)|주어진\s?(?:글|지시|프롬프트)|(?:새로\s?쓴|다시\s?쓴|고쳐\s?쓴|바꾼|새로운|진화된|수정된)\s?(?:글|지시|지시문|프롬프트|명령)|지시문|프롬프트"
    r"|(?:given|original|rewritten|created|new) (?:prompt|instruction)",
    re.IGNORECASE,
)
#: How Korean asks: a question mark, or the ending of a question, a request or an order at the end of a sentence. All of 200 instructions
#: of KoAlpaca v1.1 and 30 of evolve-instruct have it (benchmarks/generation_checks.py); of the answers 60 and 93 %, of those of KoAlpaca
#: v1.0 24 %: what is written in place of a question is often not found. Where the instruction before has none (v1.0: 20 %, "요약합니다."), it
#: says nothing.
_ASKS = re.compile(
    r"[?？]|(?:세요|십시오|시오|줘|줘요|주라|달라|하라|해라|어라|아라|거라|하자|보자|바랍니다|바란다|부탁해|부탁합니다|부탁드립니다|싶습니다|싶어요?|궁금합니다|궁금해요?|까요|나요|"
    r"가요|는가|은가|인가|는지|은지|ㄹ까|할까|될까|니까|것|하기|쓰기|찾기|만들기|해봐|해보세요|해요|해)(?:[.!~:)\"'”’\s]|$)"
)


@dataclass
class Evolving:
    """Evolved instructions in Korean, and their answers."""

    source: Source
    rounds: int = 1
    seed: int = 0
    prompt_file: Path | None = (
        None  # a folder with prompts named as in okinst/generation/prompts; those that it has not are okinst's
    )
    name: str = "evolve"
    settings: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise WrongCall(f"--rounds {self.rounds} should be 1 or more.")
        if self.prompt_file is not None and not self.prompt_file.is_dir():
            raise WrongCall(
                f"--prompt {self.prompt_file} should be a folder here: evolve has {len(MUTATIONS) + 1} prompts, evolve-*.v1.txt."
            )
        self._mutations = {
            each: prompt(f"evolve-{each}.v1", ("instruction",), self._own(f"evolve-{each}.v1")) for each in MUTATIONS
        }
        self._answer = prompt("answers.v1", ("language", "instruction"), self._own("answers.v1"))
        self.settings = {
            **self.source.settings,
            "prompts": {each.name: each.sha256 for each in (*self._mutations.values(), self._answer)},
            "rounds": self.rounds,
            "seed": self.seed,
        }

    def _own(self, name: str) -> Path | None:
        path = self.prompt_file / f"{name}.txt" if self.prompt_file else None
        return path if path and path.is_file() else None

    def items(self) -> Iterator[Item]:
        return once(self.source.items(), "asked before")

    def start(self, item: Item) -> State:
        return {"instruction": readable(item)["instruction"], "round": 0, "mutations": []}

    def mutation(self, item: Item, state: State) -> str:
        """The mutation of the round: the same for the same seed, key and number of rejected answers."""
        said = f"{self.seed}\n{item.key}\n{state['round']}\n{len(state.get(TRIED, ()))}"
        return MUTATIONS[int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big") % len(MUTATIONS)]

    def ask(self, item: Item, state: State) -> Ask | None:
        if "answer" in state:
            return None
        values = {"instruction": state["instruction"]}
        if state["round"] == self.rounds:
            return Ask(self._answer.messages({**values, "language": languages.name_of("ko")}, state.get(TRIED, ())))
        return Ask(self._mutations[self.mutation(item, state)].messages(values, state.get(TRIED, ())))

    def read(self, item: Item, state: State, answer: Answer) -> State:
        text = clean(checks.said(answer))
        if state["round"] == self.rounds:
            checks.answer(state["instruction"], text, "ko")
            if len(text) <= SHORTEST_ANSWER:
                raise Rejected("answer of ten characters or fewer", text)
            return {**state, "answer": text}
        chosen = self.mutation(item, state)
        accept(state["instruction"], text, in_breadth=chosen == BREADTH)
        return {
            "instruction": text,
            "round": state["round"] + 1,
            "mutations": [*state["mutations"], chosen],
        }

    def row(self, item: Item, state: State) -> Row:
        return formats.evolve_instruct(state["instruction"], state["answer"])

    def file(self) -> UpstreamFile:
        return formats.EVOLVE_INSTRUCT


def accept(before: str, text: str, in_breadth: bool = False) -> None:
    """Raise Rejected for what is no new instruction.

    >>> accept("한강의 길이는?", "한강의 길이와 유역 면적을 낙동강과 견주어 표로 정리해 주세요.")
    >>> accept("한강의 길이는?", "한강의 길이는 494킬로미터입니다.")
    Traceback (most recent call last):
    okinst.generation.job.Rejected: no question: '한강의 길이는 494킬로미터입니다.'
    """
    if not text:
        raise Rejected("empty", "nothing came back")
    checks.sound(text, before)
    if checks.plain(text) == checks.plain(before):
        raise Rejected("same as before", text[:200])
    if refusal := checks.refused(text, before):
        raise Rejected("refusal", refusal)
    if (found := _PROMPTS_WORDS.search(text)) and found[0] not in before:
        raise Rejected("mentions the prompt's own words", f"{found[0]!r} in {text[:200]!r}")
    if weight(text) > GROWTH * weight(before) + MORE:
        raise Rejected("too long", f"{len(text)} characters, of {len(before)}")
    share = languages.share(masked(text).bare, "ko")
    if share is None or share < checks.SCRIPT_SHARE:
        raise Rejected("wrong language", text[:200])
    if _ASKS.search(before) and not _ASKS.search(text):
        raise Rejected("no question", repr(text[:200]))
    if in_breadth and checks.copied(text, before) >= COPIED:
        raise Rejected("copies the one before", text[:200])
