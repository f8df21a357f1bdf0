"""KoChatGPT, step 1, conversations, from airobotlab. Upstream calls the file .jsonl; it is a transcript."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO

from okinst.builders import DamagedFile, Row, SourceBuilder, Variant, talk
from okinst.builders.formats import marked_turns
from okinst.korean_instructions.kochatgpt_sft import FOLDER, REPO, KoChatGPTSFT

START = "<<start conversation>>"
SPEAKERS = {"<사람>:": "사람", "<챗봇>:": "챗봇"}
ROLES = {"사람": "user", "챗봇": "assistant", "": ""}


def talks(lines: Iterable[str]) -> Iterator[list[tuple[str, str]]]:
    """Cut a transcript into talks, and each talk into (speaker, words).

    >>> list(talks(["<<start conversation>>\\n", "<사람>: 안녕\\n", "하세요\\n", "<챗봇>: 네\\n"]))
    [[('사람', ' 안녕\\n하세요'), ('챗봇', ' 네')]]
    """
    block: list[str] | None = None
    for line in lines:
        if line.strip() == START:
            if block is not None:
                yield turns_of(block)
            block = []
        elif block is not None:
            block.append(line)
        elif line.strip():
            raise DamagedFile(f"the transcript begins with {line.strip()[:40]!r}, not with {START}")
    if block is not None:
        yield turns_of(block)


def turns_of(block: list[str]) -> list[tuple[str, str]]:
    """The turns of one talk, none for an empty block."""
    text = "".join(block).strip()
    return marked_turns(text, SPEAKERS) if text else []


class KoChatGPTTalk(SourceBuilder):
    """One dialogue of four questions and four answers."""

    CARD = replace(
        KoChatGPTSFT.CARD,
        title="KoChatGPT, step 1: conversations",
        making="generated",
        derived_from=(),
        overlaps=(),
        quirks=(
            "A transcript in spite of the name .jsonl: <<start conversation>>, then lines <사람>: and <챗봇>:.",
            "The model plays both sides: the person often sounds like the chatbot.",
        ),
    )
    COLUMNS = {"turns": [{"speaker": "string", "text": "string"}]}
    BUILDER_CONFIGS = [
        Variant(
            name="kochatgpt-talk",
            description="Dialogues in which ChatGPT plays both sides.",
            files={"train": (REPO / f"{FOLDER}/kochatgpt_1_SFT_conversation.jsonl",)},
            rows={"train": 439},
        )
    ]

    def read(self, file: IO[bytes], name: str) -> Iterator[Row]:
        try:
            lines = (line.decode("utf-8-sig") for line in file)
            for turns in talks(lines):
                yield {"turns": [{"speaker": speaker, "text": text} for speaker, text in turns]}
        except (DamagedFile, UnicodeDecodeError) as error:
            raise DamagedFile(f"{name} is damaged: {error}.") from error

    def example(self, row: Row) -> Row:
        return talk((ROLES[turn["speaker"]], turn["text"]) for turn in row["turns"])
