"""A scorer that is real, and so simple that every score is known beforehand: it counts characters.

It writes down each row that it scores, so that tests can count; and it does what texts ask it to: fail, die, or die once.
"""

import hashlib
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from okinst.builders import WrongCall
from okinst.curation.scoring.requests import requests
from okinst.curation.scoring.scorer import EMPTY, FINE, Progress

#: what texts ask for
FAIL, DIE, DIE_ONCE = "fail!", "die!", "die once!"


@dataclass(frozen=True)
class Counting:
    """The negative log-likelihood of a text is its number of characters; its tokens are its words."""

    #: where rows are written down
    log: str = ""
    #: of a row
    seconds: float = 0.0
    #: what decides the scores
    factor: int = 1
    fails_to_load: bool = False

    name: ClassVar[str] = "counting"
    reads_context: ClassVar[bool] = False
    threads: ClassVar[bool] = False
    gpu: ClassVar[bool] = False

    def settings(self) -> dict[str, Any]:
        return {"factor": self.factor}

    def fitted(self, corpus: pa.Table, seed: int) -> "Counting":
        return self

    def learnt(self) -> "Counting":
        return self

    def load(self, device: str | None = None) -> "Counting":
        if self.fails_to_load:
            raise WrongCall("no model is here: name another one.")
        return self

    def score(self, requests: pa.Table, progress: Progress | None = None) -> pa.Table:
        texts = requests["text"].to_pylist()
        for text in texts:
            if text == FAIL:
                raise ValueError(f"{text} it says")
            if text == DIE or (text == DIE_ONCE and not self._died()):
                os.kill(os.getpid(), signal.SIGKILL)
            if self.seconds:
                time.sleep(self.seconds)
            if self.log:
                with Path(self.log).open("a") as file:
                    file.write(hashlib.sha256(text.encode()).hexdigest() + "\n")
            if progress:
                progress(1, len(text.split()))
        return pa.table(
            {
                "nll": pa.array([float(len(text) * self.factor) if text else None for text in texts], pa.float64()),
                "tokens": pa.array([len(text.split()) for text in texts], pa.int32()),
                "flag": [FINE if text else EMPTY for text in texts],
            }
        )

    def _died(self) -> bool:
        mark = Path(f"{self.log}.died")
        if mark.exists():
            return True
        mark.touch()
        return False


def counted(log: Path) -> Counter[str]:
    """How often each text was scored."""
    return Counter(log.read_text().split()) if log.exists() else Counter()


def made_up(rows: int) -> pa.Table:
    """So many different requests, of many lengths."""
    return requests([f"{number}번 문장은 {'아주 ' * (number * 7 % 23)}길다." for number in range(rows)])


def shard_files(store: Path) -> dict[str, bytes]:
    """The shards of a store, byte by byte."""
    return {str(path.relative_to(store)): path.read_bytes() for path in sorted(store.glob("*/*.parquet"))}
