"""Korean by Kiwi's language model, which comes as a package: nothing to download, no GPU.

Kiwi (Lee, 2024) finds the morphemes of a text and gives the analysis a log-likelihood by its neural n-gram model. Its sum with the
sign turned is taken for the negative log-likelihood of the text, its unit is the morpheme. What that is good for: fluent Korean
is told from shuffled or garbled Korean. What not: it does not know whether an answer is true; it sees few morphemes back; text
in another script costs next to nothing, whatever it says (`okinst.mixtures` gives it to the n-gram model); and
a sentence said twice is as fluent as one said once.
"""

import importlib.metadata
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from okinst.builders import WrongCall
from okinst.curation.scoring.scorer import CUT, EMPTY, FINE, Progress
from okinst.curation.scoring.sums import likelihoods

#: texts handed over at a time
BATCH = 512
#: characters of one text that are analysed, at most; a longer one is cut and flagged
MOST = 8_000
BETWEEN = "\n"


@dataclass(frozen=True)
class Kiwi:
    """The scorer. A text after another costs what both cost together, less what the other costs alone."""

    name: ClassVar[str] = "kiwi"
    by_language: ClassVar[bool] = False
    threads: ClassVar[bool] = True
    gpu: ClassVar[bool] = False

    def settings(self) -> dict[str, Any]:
        return {name: _version(name) for name in ("kiwipiepy", "kiwipiepy_model")}

    def fitted(self, corpus: pa.Table, seed: int = 0) -> "Kiwi":
        return self

    def load(self, device: str | None = None) -> "Loaded":
        """The analyser, on all cores of this process. Raises WrongCall where Kiwi is not installed."""
        _version("kiwipiepy")
        import kiwipiepy

        return Loaded(kiwipiepy.Kiwi(num_workers=len(os.sched_getaffinity(0))))


@dataclass(frozen=True)
class Loaded:
    """An analyser, open."""

    kiwi: Any

    def score(self, requests: pa.Table, progress: Progress | None = None) -> pa.Table:
        """Sums in nats over the morphemes of each text; "empty" texts have none, of "cut" ones the beginning is scored."""
        texts, contexts = requests["text"].to_pylist(), requests["context"].to_pylist()
        nll, tokens = np.zeros(len(texts)), np.zeros(len(texts), np.int64)
        flags = [EMPTY if not text.strip() else CUT if len(text) > MOST else FINE for text in texts]
        for start in range(0, len(texts), BATCH):
            ahead = [context[-MOST:] for context in contexts[start : start + BATCH]]
            these = [text[:MOST] for text in texts[start : start + BATCH]]
            whole = [f"{before}{BETWEEN}{text}" if before else text for before, text in zip(ahead, these, strict=True)]
            cost, count = self._analysed(whole)
            before, counted = self._analysed(ahead) if any(ahead) else (0.0, 0)
            # the seam may cost a little less than nothing
            nll[start : start + BATCH] = np.maximum(cost - before, 0.0)
            tokens[start : start + BATCH] = np.maximum(count - counted, 1)
            if progress:
                progress(len(these), int(tokens[start : start + BATCH].sum()))
        return likelihoods(nll, tokens, flags)

    def _analysed(self, texts: Sequence[str]) -> "tuple[Any, Any]":
        clean = [
            text.encode("utf-16", "replace").decode("utf-16") for text in texts
        ]  # half a surrogate pair stops Kiwi
        found: Iterator[Any] = self.kiwi.analyze(clean)
        pairs = [(-best[0][1], len(best[0][0])) for best in found]
        return np.array([cost for cost, _ in pairs]), np.array([count for _, count in pairs], np.int64)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise WrongCall(
            "scoring Korean with nothing to download needs Kiwi, which is not installed: pip install 'okinst[curation]'"
        ) from None
