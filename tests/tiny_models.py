"""Tiny models of real architectures with tokenizers of their own, made on the spot: a second, two megabytes, no network."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

#: small numbers, and their own names for them
SIZES: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


def bpe(texts: Iterable[str], vocabulary: int, most: int, kind: str = "bytes") -> Any:
    """A tokenizer of GPT-NeoX's kind (bytes), or Llama's (metaspace)."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token=None if kind == "bytes" else "<unk>"))
    special = ["<|endoftext|>", "<unk>"]
    if kind == "bytes":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        alphabet = []
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|endoftext|>", eos_token="<|endoftext|>", model_max_length=most
    )


def wordpiece(texts: Iterable[str], vocabulary: int, most: int, template: str = "[CLS] $A [SEP]") -> Any:
    """A tokenizer with the special tokens of Korean RoBERTas, where padding is 1."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[CLS]", "[PAD]", "[SEP]", "[UNK]"]
    tokenizer.train_from_iterator(
        texts, trainers.WordPieceTrainer(vocab_size=vocabulary, special_tokens=special, show_progress=False)
    )
    if template:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=template, special_tokens=[("[CLS]", 0), ("[SEP]", 2)]
        )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, cls_token="[CLS]", pad_token="[PAD]", sep_token="[SEP]", unk_token="[UNK]",
        model_max_length=most,
    )  # fmt: skip


def neox(vocabulary: int) -> Any:
    """The architecture of polyglot-ko."""
    return transformers.GPTNeoXForCausalLM(
        transformers.GPTNeoXConfig(vocab_size=vocabulary, max_position_embeddings=256, **SIZES)
    )


def gpt2(vocabulary: int) -> Any:
    """The architecture of KoGPT2: a position above the last is an error."""
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            vocab_size=vocabulary, n_positions=256, n_embd=32, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0
        )
    ).eval()


def roberta(most: int, **values: Any) -> Any:
    """The architecture of KoSimCSE. It has two places more than tokens: RoBERTa counts from the one after padding's."""
    return transformers.RobertaModel(
        transformers.RobertaConfig(**{"vocab_size": 300, "max_position_embeddings": most + 2, **SIZES, **values})
    )


def saved(folder: Path, model: Any, tokenizer: Any) -> Path:
    """A model with opinions, in a folder: its loss is far from log(vocabulary), and texts are told apart."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4 if weight.dim() > 1 else 1)
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
