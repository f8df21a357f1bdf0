"""Embeddings by any encoder of transformers.

    scorer = Encoder()                                          # KoSimCSE, as KoQuality used it, but pooled as it was trained
    vectors = scorer.load().score(requests(instructions))["embedding"]     # (n, 768), of length 1
    exact = Encoder(pooling="pooler", normalised=False)         # KoQuality's own recipe

`cls`: the last hidden state of the token that begins a text. `pooler`: the same through the model's pooling layer (`pooler_output`).
`mean`: the mean of the last hidden states of all tokens, special ones included, as sentence-transformers takes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
import pyarrow as pa

from okinst.builders import WrongCall
from okinst.curation.scoring import models
from okinst.curation.scoring.batches import in_batches
from okinst.curation.scoring.scorer import CUT, EMPTY, FINE, Progress
from okinst.curation.scoring.tokens import tokens
from okinst.curation.scoring.vectors import embeddings

Array = np.ndarray[Any, Any]
Pooling = Literal["cls", "pooler", "mean"]

KOSIMCSE = "BM-K/KoSimCSE-roberta-multitask"
#: counts up when the same settings would give other numbers; torch's version only changes their last digits
RULES = 1
#: what a model reads of a text, where nobody says; less, where the model itself reads less
MAX_TOKENS = 512
#: padded tokens of a batch: enough to keep the device busy; on a CPU what its cache holds (a tenth faster than 4,096)
BUDGET_CPU, BUDGET_GPU = 1024, 1 << 16
#: texts that are tokenised at a time
_PORTION = 8192


@dataclass(frozen=True)
class Encoder:
    """An encoder, by its Hub id or the folder it is in.

    `revision`: a commit, branch or tag, which becomes its commit here and now; None is the newest, and for a folder the sha256 of
    its contents. `normalised`: vectors of length 1. `max_tokens`: what the model reads at most, special tokens included (None: 512, or what it can); the rest
    of a text is left out, and flagged "cut". `dtype`: None is bfloat16 on a machine with a GPU and else float32, decided here and
    now, because it decides the vectors; who sends the scorer from a machine without a GPU to others with one, should name it.

    Raises WrongCall or NoNetwork where there is no such model or revision. It opens nothing: `load` does.
    """

    name: ClassVar[str] = "encoder"
    reads_context: ClassVar[bool] = False
    threads: ClassVar[bool] = True
    gpu: ClassVar[bool] = True

    model: str = KOSIMCSE
    revision: str | None = None
    pooling: Pooling = "cls"
    normalised: bool = True
    max_tokens: int | None = None
    dtype: str | None = None

    def __post_init__(self) -> None:
        if self.pooling not in get_args(Pooling):
            raise WrongCall(
                f"{self.model}: pooling = {self.pooling!r} should be one of {', '.join(get_args(Pooling))}: the one the model was "
                f"trained with; its page on the Hub says which, or 1_Pooling/config.json beside it."
            )
        asked = MAX_TOKENS if self.max_tokens is None else self.max_tokens
        if isinstance(asked, bool) or not isinstance(asked, int) or asked < 3:
            raise WrongCall(
                f"{self.model}: max_tokens = {self.max_tokens!r} should be a whole number, 3 or more: a token stands between two special ones."
            )
        models.settle(self, self.revision, "Embedding")

    def settings(self) -> dict[str, Any]:
        """What decides the vectors. A folder goes by its name and its contents, wherever it is."""
        return {
            "model": models.title(self.model, str(self.revision)),
            "revision": self.revision,
            "dtype": self.dtype,
            "pooling": self.pooling,
            "normalised": self.normalised,
            "max_tokens": self.max_tokens or MAX_TOKENS,
            **models.versions(f"Embedding by {self.model}"),
            "rules": RULES,
        }

    def fitted(self, corpus: pa.Table, seed: int) -> "Encoder":
        """Itself: nothing is learnt."""
        return self

    def learnt(self) -> "Encoder":
        """Itself."""
        return self

    def check(self) -> None:
        """Raise WrongCall, before anything long is done, where a model that is at hand is no encoder or has no tokenizer."""
        models.libraries(f"Embedding by {self.model}")
        if folder := models.at_hand(self.model, str(self.revision)):
            _check_encoder(models.configuration(folder, self.model), self.model)
            models.tokenizer(folder, self.model)

    def load(self, device: str | None = None, budget: int | None = None) -> "LoadedEncoder":
        """Open the model, in the dtype of the settings, on any device.

        `budget`: padded tokens of a batch; None is 1,024 on a CPU, 65,536 on a GPU. Raises WrongCall or NoNetwork: a model that
        is no encoder, has no tokenizer, not the pooling asked for or needs its own code, a device that is not there.
        """
        return LoadedEncoder(self, device, budget)


class LoadedEncoder:
    """An encoder in memory. Use it in one thread."""

    def __init__(self, scorer: Encoder, device: str | None = None, budget: int | None = None) -> None:
        models.libraries(f"Embedding by {scorer.model}")
        import transformers

        self.scorer = scorer
        self.device = models.chosen_device(device, scorer.model)
        self.budget = budget or (BUDGET_GPU if self.device.startswith("cuda") else BUDGET_CPU)
        assert scorer.revision and scorer.dtype
        folder = models.folder_of(scorer.model, scorer.revision)
        config = models.configuration(folder, scorer.model)
        _check_encoder(config, scorer.model)
        self.tokenizer = models.tokenizer(folder, scorer.model)
        self.before, self.after = _special_tokens(self.tokenizer, scorer.model)
        if scorer.pooling != "mean" and not self.before:
            raise WrongCall(
                f"{scorer.model}: its tokenizer puts no token before a text, so pooling={scorer.pooling!r} would take the first word for "
                f"the whole. Set pooling='mean'."
            )
        if (scorer.max_tokens or MAX_TOKENS) <= len(self.before) + len(self.after):
            raise WrongCall(
                f"{scorer.model}: max_tokens = {scorer.max_tokens} leaves no room for a text between {len(self.before) + len(self.after)} "
                f"special tokens. Set it higher."
            )
        opened, missing = models.weights(transformers.AutoModel, folder, scorer.model, scorer.dtype)
        self.model = opened.to(self.device)
        _check_weights(self.model, missing, scorer)
        most = _positions(self.model)
        self.max_tokens = scorer.max_tokens or min(MAX_TOKENS, most or MAX_TOKENS)
        if 0 < most < self.max_tokens:
            raise WrongCall(
                f"{scorer.model} reads at most {most:,} tokens: max_tokens = {self.max_tokens:,} is too many."
            )
        # what pads is never looked at, but has to be a token; RoBERTa counts places by it
        self.pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else 0
        self.width = int(config.hidden_size)
        self.vocabulary = int(self.model.get_input_embeddings().num_embeddings)

    def score(self, requests: pa.Table, progress: Progress | None = None) -> pa.Table:
        """Columns embedding and flag, one row a request, in their order. The text alone is embedded, not its context.

        A text without tokens is "empty", and its vector 0. `progress(rows, tokens)` counts what the model has read since the last
        call. Values do not depend on the order or the company of the requests, but for rounding. Raises WrongCall where a text
        does not fit into memory even alone.
        """
        read, flags = self._read(requests["text"].to_pylist())
        vectors: Array = np.zeros((len(read), self.width), np.float32)
        there = np.flatnonzero([len(ids) > 0 for ids in read])
        tell = progress or (lambda rows, tokens: None)
        if len(there) < len(read):
            tell(len(read) - len(there), 0)

        def run(batch: Array) -> None:
            chosen = [read[row] for row in there[batch]]
            found = self._embedded(chosen)
            if not np.isfinite(found).all():
                longest = len(chosen[int(np.flatnonzero(~np.isfinite(found).all(1))[0])])
                raise WrongCall(
                    f"{self.scorer.model} gives no finite vector in {self.scorer.dtype} for a text of {longest:,} tokens. Set "
                    f"dtype='bfloat16' or 'float32'."
                )
            vectors[there[batch]] = found
            tell(len(batch), sum(map(len, chosen)))

        lengths = np.array([len(read[row]) for row in there], np.int64)
        in_batches(lengths, self.budget, run, name=self.scorer.model, device=self.device)
        return embeddings(vectors, flags)

    def close(self) -> None:
        """Give the memory back."""
        import torch

        del self.model
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _read(self, texts: Sequence[str]) -> tuple[list[Array], list[str]]:
        """The tokens of each text as the model reads them, none where there is no text, and the flags."""
        room = self.max_tokens - len(self.before) - len(self.after)
        read, flags = [], []
        for start in range(0, len(texts), _PORTION):
            # one more than fits says that there is more
            for ids in tokens(self.tokenizer, texts[start : start + _PORTION], room + 1):
                flags.append(EMPTY if not ids else CUT if len(ids) > room else FINE)
                read.append(np.array([*self.before, *ids[:room], *self.after] if ids else [], np.int32))
        highest = max((int(ids.max()) for ids in read if len(ids)), default=0)
        if highest >= self.vocabulary:
            raise WrongCall(
                f"{self.scorer.model}: its tokenizer gives the token {self.tokenizer.convert_ids_to_tokens(highest)!r} the number "
                f"{highest:,}, and the model knows {self.vocabulary:,} tokens: they do not belong together."
            )
        return read, flags

    def _embedded(self, texts: Sequence[Array]) -> Array:
        """The vectors of one batch, (n, width) float32. It is padded on the right, whatever side the tokenizer would take."""
        import torch

        lengths = np.array([len(ids) for ids in texts])
        ids = np.full((len(texts), int(lengths.max())), self.pad, np.int64)
        real = np.arange(ids.shape[1]) < lengths[:, None]
        ids[real] = np.concatenate(texts)
        mask = torch.from_numpy(real).to(self.device)
        with torch.inference_mode():
            out = self.model(input_ids=torch.from_numpy(ids).to(self.device), attention_mask=mask.long())
            if self.scorer.pooling == "pooler":
                found = out.pooler_output.float()
            elif self.scorer.pooling == "cls":
                found = out.last_hidden_state[:, 0].float()
            else:
                # as a product of matrices: states of padding have no part in it
                found = (mask.float() / mask.sum(1, keepdim=True)).unsqueeze(1) @ out.last_hidden_state.float()
                found = found.squeeze(1)
            if self.scorer.normalised:
                found = torch.nn.functional.normalize(found, dim=1)
            return np.asarray(found.cpu().numpy(), np.float32)


def _special_tokens(tokenizer: Any, model: str) -> tuple[list[int], list[int]]:
    """The tokens that the tokenizer puts before and after every text."""
    word = "가 a"
    inside, whole = (tokenizer(word, add_special_tokens=special)["input_ids"] for special in (False, True))
    for start in range(len(whole) - len(inside) + 1):
        if whole[start : start + len(inside)] == inside:
            return whole[:start], whole[start + len(inside) :]
    raise WrongCall(
        f"{model}: its tokenizer does not put its special tokens around a text, but into it: okinst cannot cut texts for it. Take "
        f"another model."
    )


def _positions(model: Any) -> int:
    """How many tokens the model has places for; 0 where there is no limit."""
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    # RoBERTa and its kin count from the place after that of padding: 514 places, 512 tokens
    padding = getattr(table, "padding_idx", None)
    first = 0 if padding is None else padding + 1
    return (getattr(model.config, "max_position_embeddings", 0) or first) - first


def _check_encoder(config: Any, model: str) -> None:
    """Raise WrongCall where a model's type or configuration is not that of an encoder."""
    from transformers.models.auto import modeling_auto as known

    kind = config.model_type
    both = getattr(config, "is_encoder_decoder", False)
    causal = kind in known.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in known.MODEL_FOR_MASKED_LM_MAPPING_NAMES
    if both or causal or getattr(config, "is_decoder", False):
        raise WrongCall(
            f"{model} is a {kind} model ({', '.join(config.architectures or ['no architecture named'])}), which is not an encoder: "
            f"{'half of it writes' if both else 'a token sees only what precedes it'}. Take an encoder (BERT, RoBERTa, ...) that was trained "
            f"for embeddings; a causal model is for perplexity."
        )


def _check_weights(opened: Any, missing: set[str], scorer: Encoder) -> None:
    """Raise WrongCall where the files of a model lack what its vectors need."""
    pooler = {name for name in missing if name.startswith("pooler.")}
    if lost := missing - pooler:
        raise WrongCall(
            f"{scorer.model}: its files lack {', '.join(sorted(lost)[:3])}{', ...' if len(lost) > 3 else ''}: another model's files. Random "
            f"numbers would stand in their place."
        )
    if scorer.pooling == "pooler" and (pooler or getattr(opened, "pooler", None) is None):
        raise WrongCall(
            f"{scorer.model} has no pooling layer that was trained (pooler). Set pooling='cls' or 'mean', as the model was trained."
        )
