"""Korean by Kiwi's language model, which comes as a package: nothing to download, no GPU.

Kiwi (Lee, 2024) finds the morphemes of a text and gives the analysis a log-likelihood by its neural n-gram model. Its sum with the
sign turned is taken for the negative log-likelihood of the text, its unit is the morpheme. What that is good for: fluent Korean
is told from shuffled or garbled Korean. What not: it does not know whether an answer is true; it sees few morphemes back; text
in another script costs next to nothing, whatever it says (`okinst.curation.selection.measures` gives it to the n-gram model); and
a sentence said twice is as fluent as one said once.

It begins anew with every sentence, so what stands before a text changes nothing: a text costs the same whatever its context, and a ratio
of the two (IFD) would be 1. Ngram and LanguageModel read contexts.
"""

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from okinst.builders import WrongCall
from okinst.curation.processes import processors
from okinst.curation.scoring.scorer import CUT, EMPTY, FINE, Progress
from okinst.curation.scoring.sums import likelihoods

#: texts handed over at a time
BATCH = 512
#: characters of one text that are analysed, at most; a longer one is cut and flagged
MOST = 8_000
#: how words in no dictionary are analysed: by rule is a sixth faster than Kiwi's default, and tells spoilt text from sound as well
UNKNOWN = "rule"
#: of this module: scores of other rules are other scores
RULES = 2


@dataclass(frozen=True)
class Kiwi:
    """The scorer. It reads the text alone, not its context."""

    name: ClassVar[str] = "kiwi"
    reads_context: ClassVar[bool] = False
    threads: ClassVar[bool] = True
    gpu: ClassVar[bool] = False

    def settings(self) -> dict[str, Any]:
        """The versions of Kiwi and of its model. Raises WrongCall where they are not installed."""
        return {name: _version(name) for name in ("kiwipiepy", "kiwipiepy_model")} | {"most": MOST, "rules": RULES}

    def fitted(self, corpus: pa.Table, seed: int = 0) -> "Kiwi":
        """Itself: nothing is learnt."""
        return self

    def learnt(self) -> "Kiwi":
        """Itself."""
        return self

    def load(self, device: str | None = None) -> "Loaded":
        """The analyser, on all processors of this process; it needs no device. Raises WrongCall where Kiwi is not installed."""
        try:
            import kiwipiepy
        except ImportError:
            raise _absent() from None
        return Loaded(kiwipiepy.Kiwi(num_workers=processors()))


@dataclass(frozen=True)
class Loaded:
    """An analyser, open."""

    kiwi: Any

    def score(self, requests: pa.Table, progress: Progress | None = None) -> pa.Table:
        """Columns nll, tokens and flag, one row a request, in their order: sums in nats over the morphemes of each text.

        An "empty" text has none; of a "cut" one the first MOST characters are scored, blanks at its start not counted.
        `progress(rows, tokens)` counts morphemes. Values do not depend on the order or the company of the requests, nor on the
        number of processors.
        """
        texts = [text.strip() for text in requests["text"].to_pylist()]
        nll, tokens = np.zeros(len(texts)), np.zeros(len(texts), np.int64)
        for start in range(0, len(texts), BATCH):
            part = slice(start, min(start + BATCH, len(texts)))
            nll[part], tokens[part] = self._analysed([text[:MOST] for text in texts[part]])
            if progress:
                progress(part.stop - part.start, int(tokens[part].sum()))
        return likelihoods(nll, tokens, [_flag(text, int(count)) for text, count in zip(texts, tokens, strict=True)])

    def _analysed(self, texts: Sequence[str]) -> "tuple[Any, Any]":
        """What the best analysis of each text costs, in nats, and how many morphemes it has."""
        best = [analyses[0] for analyses in self.kiwi.analyze(texts, oov_handling=UNKNOWN)]
        # a logarithm of a probability may be rounded to a little more than 0
        return [max(-score, 0.0) for _, score in best], [len(morphemes) for morphemes, _ in best]


def _flag(text: str, morphemes: int) -> str:
    if not morphemes:
        return EMPTY
    return CUT if len(text) > MOST else FINE


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise _absent() from None


def _absent() -> WrongCall:
    return WrongCall(
        "scoring Korean with nothing to download needs Kiwi, which is not installed: pip install 'okinst[curation]'"
    )
