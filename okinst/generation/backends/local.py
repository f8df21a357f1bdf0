"""A chat model on this machine: a folder or a Hub id, through its own chat template, in batches."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from okinst.builders import WrongCall
from okinst.curation.scoring import models
from okinst.generation.backends import Options, Reply
from okinst.generation.job import Answer, Ask
from okinst.generation.troubles import TOO_LONG, Halt, Unanswerable

logger = logging.getLogger("okinst")

#: tokens of an answer, where nobody says
MOST = 1024


@dataclass
class _Waiting:
    ids: list[int]
    most: int  # new tokens
    came: "asyncio.Future[Reply]"


def together(waiting: Sequence[_Waiting], reads: int | None) -> int:
    """How many of the first, the longest first, fit into what a model reads: each gets as many tokens as the one with the most room."""
    if reads is None:
        return len(waiting)
    longest, most = len(waiting[0].ids), 0
    for size, each in enumerate(waiting):
        most = max(most, each.most)
        if size and longest + most > reads:
            return size
    return len(waiting)


class Local:
    """A causal language model. Greedy, unless there is a temperature; as many at a time as are on their way, or as memory holds."""

    translator = False

    def __init__(self, options: Options) -> None:
        if not options.model:
            raise WrongCall(
                "--backend local needs a model: --model DIR, or the id of one on the Hub (owner/name@COMMIT)."
            )
        models.libraries("--backend local")
        name, _, revision = options.model.partition("@")
        self._model_id, self._revision = models.identified(name, revision or None)
        self._title = models.title(self._model_id, self._revision)
        self._device = models.chosen_device(options.device, name)
        self._dtype = models.usual_dtype()
        self._sampling: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        if options.temperature > 0:
            self._sampling = {
                "do_sample": True,
                "temperature": options.temperature,
                "top_p": options.top_p,
                "top_k": None,
            }
        self.steady = options.temperature == 0
        self._seed = options.seed or 0
        self._largest = options.concurrency
        self.settings: dict[str, Any] = {
            "name": "local",
            "model": self._title,
            "revision": self._revision,
            "dtype": self._dtype,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "seed": options.seed,
        }
        self.machine = self._title
        self.told = f"{self._title} on {self._device}"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")  # one batch after the other
        self._waiting: list[_Waiting] = []
        self._runner: asyncio.Task[None] | None = None
        self._opened: tuple[Any, Any] | None = None
        self._reads: int | None = None  # tokens, with those that it writes

    async def answer(self, ask: Ask) -> Reply:
        loop = asyncio.get_running_loop()
        ids, most = await loop.run_in_executor(self._thread, self._prepared, ask)
        waiting = _Waiting(ids, most, loop.create_future())
        self._waiting.append(waiting)
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        return await waiting.came

    def requests(self, ask: Ask) -> int:
        return 1

    async def _run(self) -> None:
        """Batches of what waits, until nothing does."""
        await asyncio.sleep(0.01)  # those that come together go together
        while self._waiting:
            self._waiting.sort(key=lambda each: len(each.ids), reverse=True)
            size = together(self._waiting[: self._largest], self._reads)
            batch, self._waiting = self._waiting[:size], self._waiting[size:]
            try:
                replies = await asyncio.get_running_loop().run_in_executor(self._thread, self._generated, batch)
            except Exception as error:  # whoever waits has to hear of it
                for each in batch:
                    if not each.came.done():
                        each.came.set_exception(error)
                continue
            for each, reply in zip(batch, replies, strict=True):
                if not each.came.done():
                    each.came.set_result(reply)

    # -- in the one thread ---------------------------------------------------------------------------------------------

    def _open(self) -> tuple[Any, Any]:
        if self._opened is None:
            import torch
            import transformers

            folder = models.folder_of(self._model_id, self._revision)
            tokenizer = models.tokenizer(folder, self._title)
            if not tokenizer.chat_template:
                raise WrongCall(
                    f"{self._title} has no chat template: it is no chat model, or its tokenizer was saved without one. Take an instruct model."
                )
            model, missing = models.weights(transformers.AutoModelForCausalLM, folder, self._title, self._dtype)
            tied = set(
                getattr(model, "all_tied_weights_keys", None) or getattr(model, "_tied_weights_keys", None) or ()
            )
            if missing - tied:
                raise WrongCall(
                    f"{self._title} lacks weights ({', '.join(sorted(missing)[:3])}): it is no causal language model, or not whole."
                )
            tokenizer.padding_side = "left"
            if tokenizer.pad_token_id is None:
                tokenizer.pad_token = tokenizer.eos_token
            torch.manual_seed(self._seed)
            self._opened = tokenizer, model.to(self._device)
        return self._opened

    def _prepared(self, ask: Ask) -> tuple[list[int], int]:
        """The tokens of a request, and how many may be answered. Raises Unanswerable for one that leaves no room."""
        tokenizer, model = self._open()
        try:
            text = tokenizer.apply_chat_template(list(ask.messages), add_generation_prompt=True, tokenize=False)
        except Exception as error:  # templates raise what they like: no system turn, roles that do not alternate
            raise Halt(
                f"the chat template of {self._title} does not take the messages ({error}). Take another model."
            ) from None
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        self._reads = reads = getattr(model.config, "max_position_embeddings", None)
        wanted = ask.max_tokens or MOST
        room = wanted if reads is None else reads - len(ids)
        if room < min(wanted, 16):
            raise Unanswerable(TOO_LONG, f"{len(ids):,} tokens, and {self._title} reads {reads:,}")
        return ids, min(wanted, room)

    def _generated(self, batch: Sequence[_Waiting]) -> list[Reply]:
        import torch

        try:
            return self._batch(batch)
        except torch.OutOfMemoryError:
            if len(batch) == 1:
                raise Halt(
                    f"{self._title} does not fit into the memory of {self._device}. Take a smaller model."
                ) from None
            torch.cuda.empty_cache()
            half = (len(batch) + 1) // 2
            self._largest = min(self._largest, half)
            logger.warning("%s: no memory for %d at a time; %d from here on", self._title, len(batch), half)
        return [*self._generated(batch[:half]), *self._generated(batch[half:])]

    def _batch(self, batch: Sequence[_Waiting]) -> list[Reply]:
        import torch

        tokenizer, model = self._open()
        longest = max(len(each.ids) for each in batch)
        pad = tokenizer.pad_token_id
        ids = torch.tensor([[pad] * (longest - len(each.ids)) + each.ids for each in batch], device=self._device)
        there = torch.tensor(
            [[0] * (longest - len(each.ids)) + [1] * len(each.ids) for each in batch], device=self._device
        )
        with torch.inference_mode():
            whole = model.generate(
                input_ids=ids,
                attention_mask=there,
                max_new_tokens=max(each.most for each in batch),
                pad_token_id=pad,
                **self._sampling,
            )
        ends = model.generation_config.eos_token_id
        ends = {ends} if isinstance(ends, int) else set(ends or ()) | {tokenizer.eos_token_id}
        return [
            self._reply(each, new, ends, tokenizer)
            for each, new in zip(batch, whole[:, longest:].tolist(), strict=True)
        ]

    def _reply(self, asked: _Waiting, new: list[int], ends: set[int], tokenizer: Any) -> Reply:
        """What came of one of a batch: up to its end, or as many tokens as it may have, whatever the others have."""
        end = next((place for place, token in enumerate(new) if token in ends), None)
        stopped = end is not None and end < asked.most
        kept = new[:end] if stopped else new[: asked.most]
        text = tokenizer.decode(kept, skip_special_tokens=True)
        return Reply(
            Answer(text=text, finish="stop" if stopped else "length"),
            model=self._title,
            tokens_in=len(asked.ids),
            tokens_out=len(kept) + stopped,
        )

    async def close(self) -> None:
        if self._runner is not None:
            self._runner.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._opened = None
