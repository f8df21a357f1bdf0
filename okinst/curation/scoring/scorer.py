"""What a scorer is: settings that decide the scores, and a model that is opened where they are made.

A scorer is a frozen dataclass that can be pickled: `fitted` says which scores they will be, `learnt` makes what is learnt once,
before it is sent, and `load` opens what is heavy in the process that will use it. A scorer of
likelihood gives `nll` (float64: the sum of negative log-likelihoods, in nats, of the scored tokens; null where there is none),
`tokens` (int32: how many they are) and `flag`; an embedder gives `embedding` (FixedSizeList<float32>[d]) and `flag`. Never NaN,
never infinite. Ratios are derived, never stored: perplexity is exp(nll / tokens).
"""

from collections.abc import Callable
from typing import Any, ClassVar, Protocol

import pyarrow as pa

#: flags: nothing is wrong; there is no text; one token alone, which nothing precedes; longer than the model reads: scored up to there
FINE, EMPTY, ONE_TOKEN, CUT = "", "empty", "one token", "cut"
FLAGS = (FINE, EMPTY, ONE_TOKEN, CUT)

#: told of rows and tokens that were scored since it was last told
Progress = Callable[[int, int], None]


class Loaded(Protocol):
    """A scorer whose model is open. It may have a method `close()`, which frees what it holds."""

    def score(self, requests: pa.Table, progress: Progress | None = None) -> pa.Table:
        """The scores of requests (`requests.SCHEMA`), one row each, in their order; none for none. The same requests in the same
        table get the same bytes."""


class Scorer(Protocol):
    """The settings of a scorer."""

    #: a folder's name in the store
    name: ClassVar[str]
    #: whether what stands before a text decides its score, too; where it does not, the store leaves it out
    reads_context: ClassVar[bool]
    #: whether one process uses all cores by itself
    threads: ClassVar[bool]
    #: whether it uses a GPU where there is one
    gpu: ClassVar[bool]

    def settings(self) -> dict[str, Any]:
        """JSON values that decide the scores: model, revision, dtype, pooling, the version of a library that decides. Never the
        device, the batch size or the number of processes."""

    def fitted(self, corpus: pa.Table, seed: int) -> "Scorer":
        """The scorer of a corpus of requests; itself, where it is of one or nothing has to be learnt. Same corpus and seed, same scores
        and settings, which name the corpus' digest. Cheap: it keeps what it would learn from, and learns nothing yet."""

    def learnt(self) -> "Scorer":
        """The scorer with what it learns, ready to be sent to where it is loaded; itself, where it has learnt, or nothing has to be."""

    def load(self, device: str | None = None) -> Loaded:
        """Open the model: on "cpu", "cuda", "cuda:1", or the best device there is (None)."""
