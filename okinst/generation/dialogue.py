"""`okinst generate dialogue`: A asks, B answers from a passage alone. What a model wrote is parsed strictly, and checked against it.

The rules are Korquad-Chat's: lines that begin with A: or B:, in turn, A first and B last, three sentences an utterance, the passage never
mentioned, A씨 and B씨 for names; about 8 exchanges and 200 words. One dialogue for each distinct passage.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from okinst.builders import Row, clean
from okinst.generation import checks, formats, grounding, languages
from okinst.generation.job import TRIED, Answer, Ask, Item, OfSource, Rejected, State, UpstreamFile, Way
from okinst.generation.prompts import prompt
from okinst.generation.sources import UNREADABLE, Source, readable
from okinst.korean_instructions import korquad_chat

#: fewest and most exchanges, of a question and an answer each; fewest and most words, where languages have spaces
EXCHANGES = (4, 12)
WORDS = (40, 400)
SENTENCES = 3
Turn = tuple[str, str]
_LINE = re.compile(
    r"(?:(?P<bold>\*\*|__)(?P<a>[AB])\s?(?:[:：]\s?(?P=bold)|(?P=bold)\s?[:：])|(?P<b>[AB])\s?[:：])\s*(?P<words>.+)"
)
_ALL_BOLD = re.compile(r"(\*\*|__)([AB]\s?[:：](?:(?!\1).)+)\1")
_FENCED = re.compile(r"\s*```[a-z]{0,20}[ \t]*\n((?:(?!```).)+)```\s*", re.DOTALL)
#: a line in front of a dialogue that nobody says: marked as a heading; in bold or brackets only where it does not end as a sentence does
_TITLE = re.compile(
    r"#{1,6}\s.+|(?:제목|주제|title|topic|标题|題目|主题|主題)\s?[:：].+|-{3,}"
    r"|(?!.*(?:[.!?…。！？~]|요|니다|까|죠|지)[\"'”’)\]*_>》\s]*$)(?:\*\*.+\*\*|__.+__|\[[^\[\]]+\]|<[^<>]+>|《[^《》]+》|[^.!?:：\n]{1,40}\s대화)",
    re.IGNORECASE,
)
_END = re.compile(r"(?<!\d)[.!?…]+[\"'”’)\]」』]*(?=\s|$)|\d[.!?]+(?=\s|$)|[。！？]+[」』”’]*")
_TEXT = "글|텍스트|문서|문단|단락|기사|지문"
#: somebody speaks of the passage itself
_MENTIONED = re.compile(
    rf"본문|제시문|(?<![가-힣])(?:위|해당|제시된|제공된|주어진)\s(?:{_TEXT}|내용|자료|정보|설명)(?=[은는이가을를에의도과와만,.\s]|$)"
    r"|(?<![가-힣])글에\s?따르면|(?:텍스트|문서|문단|단락|기사|지문|자료|내용)에\s?따르면"
    r"|文中|本文|原文|(?:这|這|该|該|上)(?:篇|段)?(?:文章|文字|文本|段落|短文)|根据(?:文章|文本|上文|段落)",
)
#: or of a thing of that name: a knight (기사), a fingerprint (지문), an old document, where the passage has it, too
_MENTIONED_OR_THING = (
    re.compile(rf"(?<![가-힣])이런?\s({_TEXT})(?:에서|에는|에도|에\s|의\s내용|[을를]\s(?:보|읽))"),
    re.compile(
        rf"(?<![가-힣])이런?\s({_TEXT})[은는이가]\s[^.!?]*(?:설명|다루|다룬|소개|말하|말해|말합|전하|언급|서술|주제|내용|대한|관한)"
    ),
    re.compile(r"(?<![가-힣])(글)(?:에서는|에\s?(?:나와|나온|쓰여|적혀))"),
    re.compile(r"(텍스트|문서|문단|단락|기사|지문|자료)(?:에서는?|에)\s?(?:나와|나온|나오|언급|쓰여|적혀)"),
    re.compile(r"\b(?:the|this|that)\s(text|passage|article|document|paragraph|excerpt)\b", re.IGNORECASE),
)
_NAMES = {"A": re.compile(r"(?<![A-Za-z])A\s?씨"), "B": re.compile(r"(?<![A-Za-z])B\s?씨")}
#: B agrees with what A said, and answers for its figures
_AGREES = re.compile(
    r"(?:네|예|응|그럼요|물론이(?:죠|지요|에요)|물론입니다|是|是的|是啊|对|对的|對|對的|没错|沒錯|はい|ええ|yes|yeah|exactly|correct)(?=[,.!~…，。！、]|$)"
    r"|(?:(?:네|예)\s+)?(?:맞(?:아|습|죠|지)|정확(?:해|합)|그렇(?:습|죠|지요|답|네)|그래요|没错|that's right|right[,.!])",
    re.IGNORECASE,
)
_DISAGREES = re.compile(
    r"아니|아뇨|않|틀렸|틀려|달라요|다릅니다|不是|不对|不對|没有|沒有|違い|\b(?:no|not|but)\b|n't", re.IGNORECASE
)
#: "두 가지만 더 알려 주세요": a figure of what A wants, not of the passage
_WANTS = re.compile(
    r"(?:세요|줘요?|줄래요|주실래요|게요|싶어요|부탁\S*|주시겠어요)[.!?~]*$|请|請|告诉我|\bplease\b", re.IGNORECASE
)
#: what people say to each other about nothing
_COURTEOUS = re.compile(
    r"안녕|반가[워웠]|반갑|고마[워웠]|고맙|감사|천만에|별말씀|언제든|도움이\s?(?:되|돼)|물어\s?보|궁금|你好|您好|谢谢|謝謝|不客气|\b(?:hello|thank|welcome)\b",
    re.IGNORECASE,
)
#: a line of a passage that would be read as the beginning of a turn
_MARKER = re.compile(r"\s*\n\s*(?=" + "|".join(map(re.escape, korquad_chat.SPEAKERS)) + ")")


@dataclass
class Dialogue(OfSource):
    """Dialogues about passages."""

    source: Source
    language: str = "ko"
    prompt_file: Path | None = None
    name: str = "dialogue"
    way: Way = "written"
    settings: dict[str, Any] = field(init=False)
    _again: int = field(default=0, init=False)

    @property
    def left_out(self) -> Mapping[str, int]:
        again = {"a passage that is there before": self._again} if self._again else {}
        return {**self.source.left_out, **again}

    def __post_init__(self) -> None:
        self.language = languages.checked(self.language, "--language")
        values = ("language", "title", "passage", "name_a", "name_b")
        self._prompt = prompt("dialogue.v2", values, self.prompt_file)
        self.settings = {
            **self.source.settings,
            **self._prompt.settings,
            "language": self.language,
            "exchanges": list(EXCHANGES),
            "words": list(WORDS),
            "sentences": SENTENCES,
            "grounded": [grounding.GROUNDED, grounding.GROUNDED_EACH],
        }

    def items(self) -> Iterator[Item]:
        """The distinct passages, under the first of their titles: many questions of KorQuAD are about one."""
        seen: set[str] = set()
        number, self._again = 0, 0
        for item in self.source.items():
            said = " ".join(str(item.row.get("context", "")).split())
            if said not in seen or UNREADABLE in item.row:
                yield replace(item, number=number)
                number += 1
            else:
                self._again += 1
            seen.add(said)

    def start(self, item: Item) -> State:
        passage = readable(item)["context"]
        found, english = languages.script_of(passage), self.language.partition("-")[0] == "en"
        told = found is not None or languages.written(self.language) == languages.LATIN
        if not told or languages.foreign(passage, self.language) or (english and not languages.is_english(passage)):
            raise Rejected("passage in another language", clean(passage)[:80])
        return {}

    def ask(self, item: Item, state: State) -> Ask | None:
        if "turns" in state:
            return None
        suffix = "씨" if self.language == "ko" else ""
        values = {
            "language": languages.name_of(self.language),
            "title": item.row["title"],
            "passage": item.row["context"],
            "name_a": f"A{suffix}",
            "name_b": f"B{suffix}",
        }
        return Ask(self._prompt.messages(values, state.get(TRIED, ())))

    def read(self, item: Item, state: State, answer: Answer) -> State:
        text = checks.said(answer)
        checks.sound(text, item.row["context"])
        spoken = turns(text, item.row["title"])
        self._spoken_well(item.row["context"], spoken)
        self._grounded(item.row, spoken)
        named = [(speaker, _called(words)) for speaker, words in spoken]
        row = formats.korquad_chat(_one_turn(item.row["context"]), named)
        if korquad_chat.dialogue(row["text"])[1] != [(speaker, f" {words}") for speaker, words in named]:
            raise Rejected("would be read back otherwise", "a line of it looks like another turn")
        return {**state, "turns": [list(turn) for turn in named]}

    def row(self, item: Item, state: State) -> Row:
        return formats.korquad_chat(
            _one_turn(item.row["context"]), [(speaker, words) for speaker, words in state["turns"]]
        )

    def file(self) -> UpstreamFile:
        return formats.KORQUAD_CHAT

    def _spoken_well(self, passage: str, spoken: list[Turn]) -> None:
        for _, words in spoken:
            if (count := len(each_sentence(words))) > SENTENCES:
                raise Rejected("too many sentences", f"{count} in {words[:120]!r}")
            if found := mentioned(words, passage):
                raise Rejected("the passage is mentioned", f"{found!r} in {words[:120]!r}")
        whole = " ".join(words for _, words in spoken)
        share = languages.share(whole, self.language)
        if share is None or share < checks.SCRIPT_SHARE or (languages.is_english(whole) and self.language != "en"):
            raise Rejected("wrong language", whole[:120])
        # Chinese and Japanese put no spaces between words: two characters are one, roughly
        spaced = languages.written(self.language)[-1] != "Han"
        count = len(whole.split()) if spaced else len(whole) // 2
        if not WORDS[0] <= count <= WORDS[1]:
            raise Rejected("too few words" if count < WORDS[0] else "too many words", f"{count}")

    def _grounded(self, row: Row, spoken: list[Turn]) -> None:
        known = f"{row['title']}\n{row['context']}"
        answers = [words for speaker, words in spoken if speaker == "assistant"]
        claims = [
            *answers,
            *(
                claim
                for asked, answer in zip(spoken[::2], spoken[1::2], strict=True)
                for claim in agreed(asked[1], answer[1])
            ),
        ]
        if made_up := grounding.unfounded_figures("\n".join(claims), known):
            raise Rejected("a figure that is not in the passage", ", ".join(made_up)[:200])
        share = grounding.share(" ".join(answers), known)
        if share is None or share < grounding.GROUNDED:
            raise Rejected("not grounded", f"{share or 0:.0%} of B's words are in the passage")
        for words in answers:
            matter = " ".join(each for each in each_sentence(words) if not _COURTEOUS.search(each))
            if grounding.astray(matter, known):
                raise Rejected("not grounded", f"hardly a word of it is in the passage: {words[:120]!r}")


def turns(text: str, title: str = "") -> list[Turn]:
    """The turns of a dialogue as (user or assistant, words). Raises Rejected for anything but lines of A and B in turn.

    A code fence around all, speakers in bold and one title in front, which say nothing, are laid aside.

    >>> turns("A: 왜 그런가요?\\nB: 비가 와서요.\\n" * 4)[:2]
    [('user', '왜 그런가요?'), ('assistant', '비가 와서요.')]
    >>> turns("```\\n# 비\\n" + "**A:** 왜 그런가요?\\n**B**: 비가 **많이** 와서요.\\n" * 4 + "```")[:2]
    [('user', '왜 그런가요?'), ('assistant', '비가 **많이** 와서요.')]
    """
    fenced = _FENCED.fullmatch(text)
    lines = [line.strip() for line in (fenced[1] if fenced else text).splitlines() if line.strip()]
    lines = [whole[2] if (whole := _ALL_BOLD.fullmatch(line)) else line for line in lines]
    if len(lines) > 1 and not _LINE.fullmatch(lines[0]) and _LINE.fullmatch(lines[1]):
        lines = lines[_TITLE.fullmatch(lines[0]) is not None or lines[0] == clean(title) :]
    if not lines:
        raise Rejected("empty", "nothing came back")
    spoken: list[Turn] = []
    for line in lines:
        found = _LINE.fullmatch(line)
        if not found:
            if len(spoken) == 0 and (refusal := checks.refused(text)):
                raise Rejected("refusal", refusal)
            raise Rejected("a line of neither speaker", line[:120])
        speaker = "user" if "A" in (found["a"], found["b"]) else "assistant"
        spoken.append((speaker, clean(found["words"])))
    for number, (speaker, words) in enumerate(spoken):
        if speaker != ("user", "assistant")[number % 2]:
            raise Rejected("speakers that do not take turns", f"line {number + 1}: {lines[number][:120]}")
        if not words:
            raise Rejected("an empty utterance", f"line {number + 1}")
    if len(spoken) % 2:
        raise Rejected("A speaks last", lines[-1][:120])
    if not EXCHANGES[0] <= len(spoken) // 2 <= EXCHANGES[1]:
        few = len(spoken) // 2 < EXCHANGES[0]
        raise Rejected("too few exchanges" if few else "too many exchanges", f"{len(spoken) // 2}")
    return spoken


def mentioned(words: str, passage: str) -> str | None:
    """How an utterance speaks of the passage as a text, or None. What the passage itself says is no such thing.

    >>> mentioned("자료에 따르면 1919년이래요.", "1919년에 나왔다."), mentioned("이 기사는 왕을 모셨어요.", "그는 기사였다.")
    ('자료에 따르면', None)
    """
    for found in _MENTIONED.finditer(words):
        if found[0] not in passage:
            return found[0]
    for pattern in _MENTIONED_OR_THING:
        for found in pattern.finditer(words):
            if found[0] not in passage and not re.search(rf"(?<![가-힣]){found[1]}", passage, re.IGNORECASE):
                return found[0]
    return None


def each_sentence(words: str) -> list[str]:
    """The sentences that somebody says.

    >>> each_sentence("네, 3.5미터예요. 정말 높죠? 그럼요"), each_sentence("是的。很高！")
    (['네, 3.5미터예요.', '정말 높죠?', '그럼요'], ['是的。', '很高！'])
    """
    ends = [0, *(found.end() for found in _END.finditer(words)), len(words)]
    return [each for start, end in pairwise(ends) if (each := words[start:end].strip())]


def agreed(asked: str, answer: str) -> list[str]:
    """The sentences of A that B's answer agrees with, and so says, too; not what A wants.

    >>> agreed("1950년에 세워졌다고요? 두 가지만 더 알려 주세요.", "네, 맞아요."), agreed("1950년이지요?", "1931년이에요.")
    (['1950년에 세워졌다고요?'], [])
    """
    if not _AGREES.match(answer) or _DISAGREES.search(answer):
        return []
    return [each for each in each_sentence(asked) if not _WANTS.search(each)]


def _called(words: str) -> str:
    """An utterance with the names that the set's speakers have.

    >>> _called("그건 B씨가 더 잘 알죠, A 씨.")
    '그건 <|bot|>가 더 잘 알죠, <|user|>.'
    """
    return _NAMES["B"].sub("<|bot|>", _NAMES["A"].sub("<|user|>", words))


def _one_turn(passage: str) -> str:
    """A passage, no line of which can be taken for a turn: such a line goes on after a blank.

    >>> _one_turn("차림표\\nA: 국수\\nB: 만두\\n끝")
    '차림표 A: 국수 B: 만두\\n끝'
    """
    return _MARKER.sub(" ", clean(passage))
