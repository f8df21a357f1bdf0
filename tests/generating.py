"""A small job, and what its run comes to, for the tests of the engine."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from okinst.builders import Row
from okinst.generation import sources
from okinst.generation.backends import Options, opened
from okinst.generation.engine import Plan, Run, run
from okinst.generation.job import TRIED, Answer, Ask, Item, Rejected, State, UpstreamFile
from tests.llm_double import Double

KEY = "sk-test-do-not-write-me-anywhere"


@dataclass
class Retelling:
    """Each text told anew, in as many steps as is said; an answer is one JSON object with one key, in Hangul."""

    texts: list[str]
    steps: int = 1
    keys: list[str] | None = None
    max_tokens: int | None = None
    name: str = "retelling"
    way: str = "written"
    language: str = "ko"
    source: sources.Source = field(
        default_factory=lambda: sources.Source("texts", "train", {}, lambda: iter(()), "as it is here.")
    )
    settings: dict[str, Any] = field(default_factory=lambda: {"prompt": "retelling.v1"})

    def items(self) -> Iterator[Item]:
        for number, text in enumerate(self.texts):
            yield Item(number, self.keys[number] if self.keys else f"texts/{number}", {"text": text})

    def start(self, item: Item) -> State:
        if not item.row["text"]:
            raise Rejected("empty text")
        return {"told": []}

    def ask(self, item: Item, state: State) -> Ask | None:
        step = len(state["told"])
        if step == self.steps:
            return None
        again = f" Not again: {', '.join(state[TRIED])}." if state.get(TRIED) else ""
        text = json.dumps({f"{step + 1}-user": item.row["text"]}, ensure_ascii=False)
        return Ask(
            ({"role": "user", "content": f"Step {step}.{again} {text}"},),
            {"text": item.row["text"]},
            True,
            self.max_tokens,
        )

    def read(self, item: Item, state: State, answer: Answer) -> State:
        if answer.finish == "length":
            raise Rejected("cut off")
        text = answer.texts.get("text")
        if text is None:
            try:
                pairs = json.loads(answer.text, object_pairs_hook=list)
                ((_, text),) = pairs
            except (ValueError, TypeError) as error:
                raise Rejected("no object with one key", answer.text[:50]) from error
        if not re.search("[가-힣]", text):
            raise Rejected("untranslated", text)
        return {**state, "told": [*state["told"], text]}

    def row(self, item: Item, state: State) -> Row:
        return {"text": item.row["text"], "told": state["told"]}

    def file(self) -> UpstreamFile:
        return UpstreamFile("retelling", "retelling.jsonl", array=False)


def texts(count: int) -> list[str]:
    """Different from each other."""
    return [f"The tea number {number} stands on the table and gets cold." for number in range(count)]


def plan(job: Any, double: Double, file: Path, *, model: str = "test", timeout: float = 30.0, **how: Any) -> Plan:
    """A run against the server."""
    backend = opened("openai", Options(model=model, base_url=f"{double.url}/v1", timeout=timeout))
    return Plan(job, backend, file, **how)


def go(job: Any, double: Double, file: Path, **how: Any) -> Run:
    """Run it."""
    return run(plan(job, double, file, **how))


def rows(file: Path) -> list[dict[str, Any]]:
    """Of a JSON Lines file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def entries(file: Path) -> list[dict[str, Any]]:
    """The lines of the ledger that are of requests."""
    return [line for line in rows(file.with_name(f"{file.name}.ledger.jsonl")) if "key" in line]


def aside(file: Path) -> list[dict[str, Any]]:
    """What was set aside."""
    return rows(file.with_name(f"{file.name}.set-aside.jsonl"))
