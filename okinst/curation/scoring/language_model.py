"""Perplexity by any causal language model of transformers.

    scorer = LanguageModel()                                  # polyglot-ko-1.3b, as KoQuality used it
    scores = scorer.load().score(requests(instructions))      # perplexity of the instruction: exp(nll / tokens)
    scores = scorer.load().score(requests(answers, contexts=instructions))    # of the answer, given the instruction

`nll` is the sum of -log p(x_t | x_<t) over the scored tokens, in nats. Without a context these are the tokens 2..T of the text, because
nothing precedes the first: exp(nll / tokens) is the reference's exp(-1/(T-1) sum_{t=2..T} log p(x_t | x_<t)). With `bos` the token that begins
texts precedes it, and all T are scored. With a context all T tokens of the text are scored, given those of the context.

Context and text are tokenised each by itself, with the separator at the end of the context: so the text has the same tokens with and
without a context. IFD, exp(nll(answer | instruction) / n - nll(answer) / m), is the ratio of two perplexities, and not quite of the same
tokens: n is T, and m is T - 1, for nothing precedes the first token of an answer alone. The code of Li et al., "Superfiltering", arXiv
2402.00530, does the same; with `bos` both are T. Where `max_tokens` cuts an answer, fewer of its tokens are scored after an instruction,
which takes up to half of the room, than alone (theirs cuts both alike): such rows are flagged "cut".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from okinst.builders import WrongCall
from okinst.curation.scoring import models
from okinst.curation.scoring.batches import in_batches
from okinst.curation.scoring.likelihood import Likelihood, Prepared
from okinst.curation.scoring.scorer import CUT, EMPTY, FINE, ONE_TOKEN, Progress
from okinst.curation.scoring.tokens import tokens

POLYGLOT = "EleutherAI/polyglot-ko-1.3b"
POLYGLOT_COMMIT = "557e162cf6e944fdbae05bab2e45d066a125eacb"
#: counts up when the same settings would give other numbers; torch's version only changes their last digits
RULES = 1
#: what a model reads of a text, where nobody says; less, where the model itself reads less
MAX_TOKENS = 1024
#: padded tokens of a batch: enough to keep the device busy
BUDGET_CPU, BUDGET_GPU = 4096, 1 << 15


@dataclass(frozen=True)
class LanguageModel:
    """A causal language model, by its Hub id or the folder it is in.

    `revision`: a commit, branch or tag, which becomes its commit here and now; None is the newest (the pinned one of the default
    model), and for a folder the sha256 of its contents. `max_tokens`: what the model reads at most, bos and context included (None: 1,024, or what it can); a
    longer context loses its beginning, but keeps half of the room; then the text loses its end; either is flagged "cut". `dtype`:
    None is bfloat16 on a machine with a GPU and else float32, decided here and now, because it decides the scores; who
    sends the scorer from a machine without a GPU to others with one, should name it.

    Raises WrongCall or NoNetwork where there is no such model or revision. It opens nothing: `load` does.
    """

    name: ClassVar[str] = "transformers"
    reads_context: ClassVar[bool] = True
    threads: ClassVar[bool] = True
    gpu: ClassVar[bool] = True

    model: str = POLYGLOT
    revision: str | None = None
    max_tokens: int | None = None
    bos: bool = False
    dtype: str | None = None
    separator: str = "\n"

    def __post_init__(self) -> None:
        asked = MAX_TOKENS if self.max_tokens is None else self.max_tokens
        if isinstance(asked, bool) or not isinstance(asked, int) or asked < 2:
            raise WrongCall(
                f"{self.model}: max_tokens = {self.max_tokens!r} should be a whole number, 2 or more: a token is scored after another."
            )
        revision = POLYGLOT_COMMIT if self.revision is None and self.model == POLYGLOT else self.revision
        models.settle(self, revision, "Scoring")

    def settings(self) -> dict[str, Any]:
        """What decides the scores. A folder goes by its name and its contents, wherever it is."""
        return {
            "model": models.title(self.model, str(self.revision)),
            "revision": self.revision,
            "dtype": self.dtype,
            "max_tokens": self.max_tokens or MAX_TOKENS,
            "bos": self.bos,
            "separator": self.separator,
            **models.versions(f"Scoring by {self.model}"),
            "rules": RULES,
        }

    def fitted(self, corpus: pa.Table, seed: int) -> "LanguageModel":
        """Itself: nothing is learnt."""
        return self

    def learnt(self) -> "LanguageModel":
        """Itself."""
        return self

    def check(self) -> None:
        """Raise WrongCall, before anything long is done, where a model that is at hand is not causal or has no tokenizer."""
        models.libraries(f"Scoring by {self.model}")
        if folder := models.at_hand(self.model, str(self.revision)):
            _check_causal(models.configuration(folder, self.model), self.model)
            models.tokenizer(folder, self.model)

    def load(self, device: str | None = None, budget: int | None = None) -> "LoadedLanguageModel":
        """Open the model, in the dtype of the settings, on any device.

        `budget`: padded tokens of a batch; None is 4,096 on a CPU, 32,768 on a GPU. Raises WrongCall or NoNetwork: a model that
        is not causal, has no tokenizer, no head or needs its own code, a device that is not there.
        """
        return LoadedLanguageModel(self, device, budget)


class LoadedLanguageModel:
    """A causal language model in memory. Use it in one thread."""

    def __init__(self, scorer: LanguageModel, device: str | None = None, budget: int | None = None) -> None:
        models.libraries(f"Scoring by {scorer.model}")
        self.scorer = scorer
        assert scorer.revision and scorer.dtype
        folder = models.folder_of(scorer.model, scorer.revision)
        self.device = models.chosen_device(device, scorer.model)
        self.budget = budget or (BUDGET_GPU if self.device.startswith("cuda") else BUDGET_CPU)
        config = models.configuration(folder, scorer.model)
        _check_causal(config, scorer.model)
        most = next((at for key in ("max_position_embeddings", "n_positions") if (at := getattr(config, key, None))), 0)
        self.max_tokens = scorer.max_tokens or min(MAX_TOKENS, most or MAX_TOKENS)
        if 0 < most < self.max_tokens:
            raise WrongCall(
                f"{scorer.model} reads at most {most:,} tokens: max_tokens = {self.max_tokens:,} is too many."
            )
        self.tokenizer = models.tokenizer(folder, scorer.model)
        if scorer.bos and self.tokenizer.bos_token_id is None:
            raise WrongCall(f"{scorer.model}: its tokenizer has no token that begins texts: leave bos out (bos=False).")
        import transformers

        opened, missing = models.weights(transformers.AutoModelForCausalLM, folder, scorer.model, scorer.dtype)
        if missing:
            raise WrongCall(
                f"{scorer.model}: its files lack {', '.join(sorted(missing)[:3])}{', ...' if len(missing) > 3 else ''}: a base model without "
                f"its language-model head, or another model's files. Random numbers would stand in their place."
            )
        self.likelihood = Likelihood(opened.to(self.device), self.device, scorer.model)

    def score(self, requests: pa.Table, progress: Progress | None = None) -> pa.Table:
        """Columns nll, tokens and flag, one row a request, in their order.

        `progress(rows, tokens)` counts what the model has read since the last call. Values do not depend on the order or the
        company of the requests, but for rounding. Raises WrongCall where a text does not fit into memory even alone.
        """
        texts, contexts = ([value or "" for value in requests[column].to_pylist()] for column in ("text", "context"))
        prepared, flags = self._prepared(texts, contexts)
        nll: np.ndarray[Any, Any] = np.full(len(texts), np.nan)
        counts = np.array([text.scored if text else 0 for text in prepared], np.int32)
        there = np.flatnonzero(counts)
        tell = progress or (lambda rows, tokens: None)
        if len(there) < len(texts):
            tell(len(texts) - len(there), 0)

        def run(batch: np.ndarray[Any, Any]) -> None:
            chosen = [text for row in there[batch] if (text := prepared[row])]
            found = self.likelihood.nll(chosen)
            if not np.isfinite(found).all():
                raise WrongCall(
                    f"{self.scorer.model} gives no finite number in {self.scorer.dtype} for a text of "
                    f"{len(chosen[int(np.flatnonzero(~np.isfinite(found))[0])].ids):,} tokens. Set dtype='bfloat16' or 'float32'."
                )
            nll[there[batch]] = found
            tell(len(batch), sum(len(text.ids) for text in chosen))

        lengths = np.array([len(text.ids) for row in there if (text := prepared[row])], np.int64)
        # every table begins with the whole budget: what one was short of, another is not made to pay for
        in_batches(lengths, self.budget, run, name=self.scorer.model, device=self.device)
        return pa.table(
            {
                "nll": pa.array(nll, pa.float64(), mask=counts == 0),
                "tokens": pa.array(counts, pa.int32()),
                "flag": pa.array(flags, pa.string()),
            }
        )

    def close(self) -> None:
        """Give the memory back."""
        import torch

        del self.likelihood
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _prepared(self, texts: Sequence[str], contexts: Sequence[str]) -> tuple[list[Prepared | None], list[str]]:
        """Each text as the model reads it, or None where nothing is scored, and the flags."""
        most = self.max_tokens
        bodies = tokens(self.tokenizer, texts, most + 1)
        # one more than fits says that there is more
        given = [row for row, context in enumerate(contexts) if context and bodies[row]]
        before: dict[int, list[int]] = dict(
            zip(
                given,
                tokens(self.tokenizer, [contexts[row] + self.scorer.separator for row in given], most + 1, "last"),
                strict=True,
            )
        )
        prepared: list[Prepared | None] = []
        flags = []
        for row, body in enumerate(bodies):
            text, flag = _laid_out(self._bos(), before.get(row, []), body, most)
            if text:
                self._check_ids(text)
            prepared.append(text)
            flags.append(flag)
        return prepared, flags

    def _bos(self) -> list[int]:
        return [self.tokenizer.bos_token_id] if self.scorer.bos else []

    def _check_ids(self, text: Prepared) -> None:
        highest = int(text.ids.max())
        if highest >= self.likelihood.vocabulary:
            raise WrongCall(
                f"{self.scorer.model}: its tokenizer gives the token {self.tokenizer.convert_ids_to_tokens(highest)!r} the number "
                f"{highest:,}, and the model knows {self.likelihood.vocabulary:,} tokens: they do not belong together."
            )


def _laid_out(bos: list[int], context: list[int], text: list[int], most: int) -> tuple[Prepared | None, str]:
    """bos, context and text within `most` tokens: the text as Prepared (None where nothing is scored), and its flag.

    >>> laid_out, flag = _laid_out([], [1, 2, 3, 4, 5, 6], [7, 8, 9], 6)
    >>> laid_out.ids.tolist(), laid_out.start, flag
    ([4, 5, 6, 7, 8, 9], 3, 'cut')
    """
    if not text:
        return None, EMPTY
    room = most - len(bos)
    # at least one token of the context stays, and one of the text
    kept = text[: max(1, room - min(len(context), max(room // 2, 1 - len(bos))))]
    space = room - len(kept)
    ahead = context[len(context) - space :] if len(context) > space else context
    start = len(bos) + len(ahead)
    flag = CUT if len(kept) < len(text) or len(ahead) < len(context) else FINE
    if not start and len(kept) == 1:
        return None, ONE_TOKEN
    # without anything ahead, the first token of the text is what the second one follows
    return Prepared(np.array([*bos, *ahead, *kept], np.int32), max(1, start)), flag


def _check_causal(config: Any, model: str) -> None:
    """Raise WrongCall where a model's type or configuration is not that of a causal language model."""
    from transformers.models.auto import modeling_auto as known

    kind = config.model_type
    causal = kind in known.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and not getattr(config, "is_encoder_decoder", False)
    # encoders are in both lists; they are causal only where their configuration says so
    encoder = kind in known.MODEL_FOR_MASKED_LM_MAPPING_NAMES
    if not causal or (encoder and not (getattr(config, "is_decoder", False) or getattr(config, "causal", False))):
        raise WrongCall(
            f"{model} is a {kind} model ({', '.join(config.architectures or ['no architecture named'])}), which is not a causal language model: "
            f"it does not give a token's probability given the ones before. Take a causal one (GPT-NeoX, Llama, Qwen, ...); "
            f"an encoder is for embeddings."
        )
