"""`okinst generate evolve`: instructions made harder, or other ones of their kind, round by round, and then answered.

The way of Evol-Instruct (WizardLM): each round one of six mutations, chosen by the seed and the item's key; what a model makes of
the instruction is kept only where it passes the named checks below. Rejected, it is asked for with another mutation.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from okinst.builders import Row, WrongCall, clean
from okinst.curation.scripts import weight
from okinst.generation import checks, formats, languages
from okinst.generation.job import TRIED, Answer, Ask, Item, OfSource, Rejected, State, UpstreamFile, Way
from okinst.generation.prompts import prompt
from okinst.generation.protect import masked
from okinst.generation.sources import Source, once, readable

#: in depth, and in breadth; each is a prompt of its own
DEPTH = ("constraints", "deepening", "concretising", "reasoning", "input")
BREADTH = "breadth"
MUTATIONS = (*DEPTH, BREADTH)
ANSWERS = "answers.v2"
#: an evolved instruction may have so many times the wide characters of the one before, and so many more (a table, a listing)
GROWTH, MORE = 3, 300
#: the share of the pairs of characters of a new instruction that the one before had, from which on it copies it
COPIED = 0.8
#: upstream dropped answers of so many characters
SHORTEST_ANSWER = 10
_NEW = r"(?:새|새로운|새로\s?쓴|다시\s?쓴|고쳐\s?쓴|고친|수정된|수정한|바뀐|바꾼|변경된|변형된|개선된|진화된|심화된|재작성된|더\s?(?:복잡한|어려운|구체적인|까다로운))"
_TASK = r"(?:글|질문|지시\s?사항|지시문|지시|요청|과제|문제|프롬프트|명령문?|버전)"
#: what a prompt calls its own work, and no task does
_PROMPTS_WORDS = re.compile(
    r"원래\s?(?:글|지시|질문)|사용자가\s?보낸\s?글|주어진\s?(?:지시|프롬프트)(?![^\n]*\n\s*\S)|(?:진화된|재작성된)\s?(?:글|지시|질문|프롬프트)"
    r"|(?:given|original|rewritten|created) (?:prompt|instruction)",
    re.IGNORECASE,
)
#: what dresses a new instruction and can be no part of it: a fence, a name in front, quotation marks around all
_FENCED = re.compile(r"```(?:text|plaintext|markdown|md)?[ \t]*\n((?:(?!```).)+)```", re.DOTALL)
_LABEL = re.compile(
    rf"[*_#\[\s]*(?:{_NEW}\s?{_TASK}|(?:new|rewritten|evolved|created) (?:prompt|instruction|question|task))[\]*_ \t]*(?:[:：][*_]*\s*|\n+)(?=\S)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|'([^']+)'|‘([^‘’]+)’|「([^「」]+)」|『([^『』]+)』|«([^«»]+)»")
#: what is said around it to the one who asked for it
_PREAMBLE = re.compile(
    rf"(?:네|예)[,!]\s(?:알겠|바꿔|바꾸|고쳐|다시|여기\s(?:있|새)|말씀하신)|물론(?:입니다|이죠|이지요|이에요)[.!,]|알겠습니다[.!,]|(?:sure|of course|certainly)[,!.]|here(?:'s| is)\b"
    rf"|(?:다음은|아래는|여기)\s[^\n]{{0,40}}?{_NEW}\s?(?:{_TASK}|일)(?:입니다|이에요|예요|이\s있습니다)?\s?[.:：]|(?:다음은|아래는)\s[^\n]{{0,60}}?버전(?:입니다|이에요|예요)?\s?[.:：]"
    rf"|[^\n]{{0,30}}{_NEW}\s?{_TASK}[은는이가]?\s(?:다음|아래)과\s?같습니다|[^\n]{{0,60}}(?:다음과|아래와|이와)?\s?(?:같이|이렇게)\s(?:바꿉니다|바꾸었습니다|바꿨습니다|고쳤습니다|수정했습니다|다시\s썼습니다)\s?[.:：]\s",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"[(（\[][^()（）\n]{0,200}(?:더했|추가했|추가하였|추가됨|바꿨|바꾸었|수정했|반영했|높였)[^()（）\n]{0,200}[)）\]]\Z"
    r"|\n[ \t]{0,20}[*_]{0,3}(?:※|변경\s?사항|변경된\s?점|추가된\s?(?:조건|점)|note)[*_]*\s?[:：][^\n]{0,200}\Z"
    r"|\n[^\n]{0,200}(?:바꾸어|바꿔|고쳐|수정해|추가해|만들어|다시\s?써)\s?(?:보았|봤|드렸)[^\n]{0,200}\Z|\n[^\n]{0,200}(?:도움이\s?되(?:길|시길|기를|었으면)|마음에\s?드(?:시길|셨으면|시면|시나요))[^\n]{0,200}\Z",
    re.IGNORECASE,
)
_ANSWERED = re.compile(
    r"\A[*_\s]*질문[*_]*\s?[:：].*?\s[*_]*답변?[*_]*\s?[:：][*_]*\s*\S|\n[*_# \t]{0,20}(?:답변|정답|모범\s?답안)[*_]*\s?[:：][*_]*[ \t]*\S",
    re.DOTALL,
)
#: the reasons in the language of the prompts
TOLD = {
    "template token": "대화 틀의 표식이 섞임",
    "empty": "글이 오지 않았음",
    "broken encoding": "글자가 깨졌음",
    "cut off": "글이 끝까지 오지 않았음",
    "not finished": "글이 끝까지 오지 않았음",
    "reasoning without an end": "생각만 있고 글이 없음",
    "withheld": "제공자의 필터가 글을 막았음",
    "refusal": "거절하는 말이었음",
    "same as before": "보낸 글과 똑같음",
    "copies the one before": "보낸 글을 거의 그대로 되풀이함",
    "mentions the prompt's own words": "'원래 글'처럼 이 작업을 가리키는 말이 들어 있음",
    "preamble": "글 앞에 머리말이 붙어 있음",
    "closing remark": "글 뒤에 덧붙인 말이 있음",
    "answered as well": "답까지 써 놓았음",
    "too long": "너무 긺",
    "wrong language": "한국어가 아님",
    "no question": "묻거나 시키는 말이 없음",
}
#: How Korean asks: a question mark, or the ending of a question, a request or an order at the end of a sentence. All of 200 instructions
#: of KoAlpaca v1.1 and 30 of evolve-instruct have it (benchmarks/generation_checks.py); of the answers 60 and 93 %, of those of KoAlpaca
#: v1.0 24 %: what is written in place of a question is often not found. Where the instruction before has none (v1.0: 20 %, "요약합니다."), it
#: says nothing.
_ASKS = re.compile(
    r"[?？]|(?:세요|십시오|시오|줘|줘요|주라|달라|하라|해라|어라|아라|거라|하자|보자|바랍니다|바란다|부탁해|부탁합니다|부탁드립니다|싶습니다|싶어요?|궁금합니다|궁금해요?|까요|나요|"
    r"가요|는가|은가|인가|는지|은지|ㄹ까|할까|될까|니까|것|하기|쓰기|찾기|만들기|해봐|해보세요|해요|해)(?:[.!~:)\"'”’\s]|$)"
)


@dataclass
class Evolving(OfSource):
    """Evolved instructions in Korean, and their answers."""

    source: Source
    rounds: int = 1
    seed: int = 0
    prompt_file: Path | None = (
        None  # a folder with prompts named as in okinst/generation/prompts; those that it has not are okinst's
    )
    name: str = "evolve"
    way: Way = "written"
    language: str = "ko"
    settings: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise WrongCall(f"--rounds {self.rounds} should be 1 or more.")
        if self.prompt_file is not None and not self.prompt_file.is_dir():
            raise WrongCall(
                f"--prompt {self.prompt_file} should be a folder here: evolve has {len(MUTATIONS) + 1} prompts, evolve-*.v2.txt and answers.v2.txt."
            )
        named = {each: f"evolve-{each}.v2" for each in MUTATIONS}
        self._known_names((*named.values(), ANSWERS))
        self._mutations = {each: prompt(name, ("instruction",), self._own(name)) for each, name in named.items()}
        self._answer = prompt(ANSWERS, ("language", "instruction"), self._own(ANSWERS))
        self.settings = {
            **self.source.settings,
            "prompts": {each.name: each.sha256 for each in (*self._mutations.values(), self._answer)},
            "rounds": self.rounds,
            "seed": self.seed,
        }

    @property
    def steps(self) -> int:  # type: ignore[override]
        return self.rounds + 1

    def _own(self, name: str) -> Path | None:
        path = self.prompt_file / f"{name}.txt" if self.prompt_file else None
        return path if path and path.is_file() else None

    def _known_names(self, names: Sequence[str]) -> None:
        """Raise WrongCall for a prompt in the folder that would not be read: one of an older version, or of another name."""
        for path in sorted(self.prompt_file.glob("*.txt")) if self.prompt_file else ():
            if path.stem not in names:
                raise WrongCall(
                    f"--prompt: {path} is no prompt of evolve. Name it one of {', '.join(f'{name}.txt' for name in names)}."
                )

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
        reasons = [TOLD.get(reason, reason) for reason in state.get(TRIED, ())]
        return Ask(self._mutations[self.mutation(item, state)].messages(values, reasons))

    def read(self, item: Item, state: State, answer: Answer) -> State:
        text = clean(checks.said(answer))
        if state["round"] == self.rounds:
            checks.answer(state["instruction"], text, "ko")
            if len(text) <= SHORTEST_ANSWER:
                raise Rejected("answer of ten characters or fewer", text)
            return {**state, "answer": text}
        chosen, text = self.mutation(item, state), undressed(text)
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


def undressed(text: str) -> str:
    """A new instruction without a fence or quotation marks around all of it, or a name in front.

    >>> undressed('**수정된 질문:** "한강은 왜 서쪽으로 흐르나요?"'), undressed("'봄'과 '비'의 뜻은?")
    ('한강은 왜 서쪽으로 흐르나요?', "'봄'과 '비'의 뜻은?")
    """
    before = None
    while text != before:
        before = text
        if around := _FENCED.fullmatch(text) or _QUOTED.fullmatch(text):
            text = next(filter(None, around.groups())).strip()
        text = text[label.end() :].strip() if (label := _LABEL.match(text)) else text
    return text


def said_around(text: str, before: str) -> tuple[str, str] | None:
    """What a model says beside a new instruction to the one who asked for it, by its reason, and where; or None.

    >>> said_around("물론입니다! 봄나물을 세 가지 골라 주세요.", ""), said_around("프롬프트를 세 가지 써 주세요.", "")
    (('preamble', '물론입니다!'), None)
    """
    found = {
        "mentions the prompt's own words": _PROMPTS_WORDS.search(text),
        "preamble": _PREAMBLE.match(text),
        "closing remark": _REMARK.search(text),
        "answered as well": _ANSWERED.search(text),
    }
    for reason, said in found.items():
        if said and said[0].strip() not in before:
            return reason, said[0].strip()[:80]
    return None


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
    checks.untokened(text, before)
    if checks.plain(text) == checks.plain(before):
        raise Rejected("same as before", text[:200])
    if refusal := checks.refused(text, before):
        raise Rejected("refusal", refusal)
    if around := said_around(text, before):
        raise Rejected(around[0], f"{around[1]!r} in {text[:200]!r}")
    if weight(text) > GROWTH * weight(before) + MORE:
        raise Rejected("too long", f"{len(text)} characters, of {len(before)}")
    share = languages.share(masked(text).bare, "ko")
    if share is None or share < checks.SCRIPT_SHARE:
        raise Rejected("wrong language", text[:200])
    if _ASKS.search(before) and not _ASKS.search(text):
        raise Rejected("no question", repr(text[:200]))
    if in_breadth and checks.copied(text, before) >= COPIED:
        raise Rejected("copies the one before", text[:200])
