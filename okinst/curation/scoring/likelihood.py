"""What a causal model says of tokens: -log p of each one that counts, and of no other.

Texts of a batch are padded at their right end, where a causal model never looks: so no mask is needed, positions count from 0 by
themselves, and the fast attention kernels stay in use. Logits are made for the positions that count alone, a few at a time:
a tensor of batch x length x vocabulary never exists.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from okinst.builders import WrongCall

Array = np.ndarray[Any, Any]

#: logits that exist at a time (float32), on a CPU, whose caches are small, and on a GPU
LOGITS_CPU, LOGITS_GPU = 1 << 22, 1 << 27
#: tokens of the probe
_PROBE = 24


@dataclass(frozen=True)
class Prepared:
    """A text as the model reads it.

    `ids` (length,): bos, context, separator and text, as far as they are there; `start`, at least 1: the first of them that is scored.
    """

    ids: Array
    start: int

    @property
    def scored(self) -> int:
        return len(self.ids) - self.start


class Likelihood:
    """Sums of -log p for prepared texts, by one of three ways, chosen by trying them on a probe when it is made.

    Most models: the base model once, and its head on the positions that count. Models that do something between or after
    the two (scale or cap the logits): the whole forward, in pieces along the length. Models that cannot go on from a piece: one text
    after the other. Raises WrongCall where what the model says of a token changes with the tokens after it.
    """

    def __init__(self, model: Any, device: str, name: str) -> None:
        self.model, self.device, self.name = model, device, name
        self.head = model.get_output_embeddings()
        self.vocabulary = int(model.get_input_embeddings().weight.shape[0])
        self.at_once = LOGITS_GPU if device.startswith("cuda") else LOGITS_CPU
        self._losses: Callable[[Any, Any, Any], Any] = self._whole
        self._losses = self._chosen()

    def nll(self, texts: list[Prepared]) -> Array:
        """The sum of -log p over the scored tokens of each text, in nats, (n,) float64."""
        import torch

        longest = max(len(text.ids) for text in texts)
        ids = np.zeros((len(texts), longest), np.int64)  # any token pads: nothing looks at it
        for row, text in enumerate(texts):
            ids[row, : len(text.ids)] = text.ids
        counts = np.array([text.scored for text in texts])
        rows = np.repeat(np.arange(len(texts)), counts)
        ends = np.cumsum(counts)
        places = np.arange(len(rows)) - np.repeat(ends - counts, counts) + np.repeat([t.start for t in texts], counts)
        with torch.inference_mode():
            losses = self._losses(
                torch.from_numpy(ids).to(self.device),
                torch.from_numpy(rows).to(self.device),
                torch.from_numpy(places).to(self.device),
            )
            # added up in float64 on the CPU: the order of a sum is the same wherever the model is
            return np.bincount(rows, weights=losses.cpu().double().numpy(), minlength=len(texts))

    def _split(self, ids: Any, rows: Any, places: Any) -> Any:
        """Base model, then the head on what counts."""
        import torch

        # the last token of a text predicts nothing that is scored
        hidden = self.model.base_model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
        wanted = hidden[rows, places - 1]
        targets = ids[rows, places]
        step = max(1, self.at_once // self.vocabulary)
        return torch.cat(
            [_losses(self.head(wanted[at : at + step]), targets[at : at + step]) for at in range(0, len(targets), step)]
        )

    def _pieces(self, ids: Any, rows: Any, places: Any) -> Any:
        """The whole forward in pieces along the length, each going on from the cache of those before."""
        import torch

        step = max(1, self.at_once // (self.vocabulary * len(ids)))
        losses = torch.zeros(len(rows), dtype=torch.float32, device=ids.device)
        cache = None
        for at in range(0, ids.shape[1] - 1, step):
            piece = ids[:, at : min(at + step, ids.shape[1] - 1)]
            out = self.model(input_ids=piece, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            if cache is None:
                raise TypeError("the model keeps no cache")
            here = ((places > at) & (places <= at + piece.shape[1])).nonzero().squeeze(1)
            wanted = out.logits[rows[here], places[here] - 1 - at]
            losses[here] = _losses(wanted, ids[rows[here], places[here]])
        return losses

    def _whole(self, ids: Any, rows: Any, places: Any) -> Any:
        """The whole forward, one text after the other: no more than one text's logits exist."""
        import torch

        losses = []
        for row in range(len(ids)):
            here = places[rows == row]
            logits = self.model(input_ids=ids[row : row + 1, : int(here[-1])], use_cache=False).logits[0]
            losses.append(_losses(logits[here - 1], ids[row, here]))
        return torch.cat(losses)

    def _chosen(self) -> Callable[[Any, Any, Any], Any]:
        """The first way that says of a probe what the model's own forward says."""
        import torch

        half, exact = _PROBE // 2, self.model.dtype == torch.float32
        ids = torch.arange(_PROBE, device=self.device).mul(7919).add(13).remainder(self.vocabulary).unsqueeze(0)
        places = torch.arange(1, _PROBE, device=self.device)
        rows = torch.zeros_like(places)
        with torch.inference_mode():
            own = self._whole(ids, rows, places)
            if not _same(self._whole(ids, rows[:half], places[:half]), own[:half], 1e-3 if exact else 5e-2):
                raise WrongCall(
                    f"{self.name}: what this model says of a token changes with the tokens after it, so it is not causal, and its "
                    f"numbers are no likelihood. Take a causal language model (GPT-NeoX, Llama, Qwen, ...)."
                )
            ways = [(self._split, 1e-4 if exact else 1e-3), (self._pieces, 1e-4 if exact else 1e-2)]
            if getattr(self.model.config, "final_logit_softcapping", None):
                del ways[0]  # small logits, as a probe may give, are hardly changed by a cap
            at_once = self.at_once
            self.at_once = self.vocabulary * half  # two pieces, so that going on from the first is tried, too
            try:
                for way, tolerance in ways:
                    try:
                        found = way(ids, rows, places)
                    except torch.cuda.OutOfMemoryError:
                        raise
                    except (TypeError, AttributeError, ValueError, IndexError, RuntimeError):
                        continue  # no base, no head, no cache: what such a model raises is its own affair
                    if _same(found, own, tolerance):
                        return way
            finally:
                self.at_once = at_once
        return self._whole


def _losses(logits: Any, targets: Any) -> Any:
    """-log p of the targets (n,), softmax in float32, from logits (n, vocabulary)."""
    import torch

    return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")


def _same(found: Any, own: Any, tolerance: float) -> bool:
    """Whether losses differ by no more than rounding: on average, since one token of low precision may stray."""
    scale = own.abs().mean().clamp(min=1.0)
    return bool(((found - own).abs().mean() <= tolerance * scale).item())
