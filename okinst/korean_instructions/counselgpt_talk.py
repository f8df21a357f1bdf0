"""CounselGPT, dialogues, from MrBananaHuman. Each line of the file is a JSON array of turns, not an object."""

from collections.abc import Iterator
from dataclasses import replace
from typing import IO

import orjson

from okinst.builders import DamagedFile, Row, Unmapped, Variant, talk
from okinst.builders.formats import BOM
from okinst.korean_instructions.counselgpt import REPO, CounselGPT

ROLES = {"상담사": "assistant", "내담자": "user"}


class CounselGPTTalk(CounselGPT):
    """One session of a client and a counsellor."""

    CARD = replace(
        CounselGPT.CARD,
        title="CounselGPT, dialogues",
        quirks=(
            "Each line is a JSON array of turns: load_dataset cannot read it.",
            "상담사, the counsellor, is the assistant and often speaks first; 내담자, the client, is the user.",
            "Names are masked as OO, ㅇㅇ or XXX: kept.",
        ),
    )
    COLUMNS = {"turns": [{"speaker": "string", "utterance": "string"}]}
    BUILDER_CONFIGS = [
        Variant(
            name="counselgpt-talk",
            description="Counselling sessions, both sides made up by a model.",
            files={"train": (REPO / "total_kor_multiturn_counsel_bot.jsonl",)},
            rows={"train": 8_731},
        )
    ]

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        for number, line in enumerate(file, 1):
            line = line.removeprefix(BOM).strip()
            if not line:
                continue
            try:
                turns = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise DamagedFile(f"line {number} of {name} is not JSON ({error}).") from error
            if not isinstance(turns, list):
                raise DamagedFile(f"line {number} of {name} is a {type(turns).__name__}, not a list of turns.")
            yield {"turns": turns}

    def example(self, row: Row) -> Row:
        return talk((ROLES.get(turn["speaker"], turn["speaker"]), turn["utterance"]) for turn in row["turns"])
