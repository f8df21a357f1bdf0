"""`okinst generate answers`: an answer to every instruction, in the format of KoAlpaca v1.1 or of KoChatGPT's first step."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from okinst.builders import Row, WrongCall, clean
from okinst.generation import checks, formats, languages
from okinst.generation.job import TRIED, Answer, Ask, Item, OfSource, Rejected, State, UpstreamFile, Way
from okinst.generation.prompts import prompt
from okinst.generation.sources import Source, once, readable
from okinst.korean_instructions.kochatgpt_sft import unquote

Output = Literal["koalpaca-v1.1", "kochatgpt-sft"]
OUTPUTS: tuple[Output, ...] = get_args(Output)


@dataclass
class Answering(OfSource):
    """Answers to instructions. One that says what an earlier one said is set aside: nobody pays twice for it."""

    source: Source
    output: str = "koalpaca-v1.1"
    language: str = "ko"
    prompt_file: Path | None = None
    name: str = "answers"
    way: Way = "answered"
    settings: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.language = languages.checked(self.language, "--language")
        if self.output not in OUTPUTS:
            raise WrongCall(f"--format {self.output} should be one of {', '.join(OUTPUTS)}.")
        self._prompt = prompt("answers.v2", ("language", "instruction"), self.prompt_file)
        self.settings = {
            **self.source.settings,
            **self._prompt.settings,
            "language": self.language,
            "format": self.output,
        }

    def items(self) -> Iterator[Item]:
        return once(self.source.items(), "asked before")

    def start(self, item: Item) -> State:
        readable(item)
        return {}

    def ask(self, item: Item, state: State) -> Ask | None:
        if "answer" in state:
            return None
        values = {"language": languages.name_of(self.language), "instruction": item.row["instruction"]}
        return Ask(self._prompt.messages(values, state.get(TRIED, ())))

    def read(self, item: Item, state: State, answer: Answer) -> State:
        text = clean(checks.said(answer))
        checks.answer(item.row["instruction"], text, self.language)
        if self.output == "kochatgpt-sft" and unquote(text) != text:
            raise Rejected(
                "a quote that is never closed", "the reader of this format takes it for upstream's, and away"
            )
        return {**state, "answer": text}

    def row(self, item: Item, state: State) -> Row:
        make = formats.koalpaca if self.output == "koalpaca-v1.1" else formats.kochatgpt_sft
        return make(item.row["instruction"], state["answer"])

    def file(self) -> UpstreamFile:
        return formats.KOALPACA if self.output == "koalpaca-v1.1" else formats.KOCHATGPT_SFT
