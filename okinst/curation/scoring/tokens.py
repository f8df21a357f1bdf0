"""The first or the last tokens of texts of any length, without tokenising what is thrown away."""

from collections.abc import Sequence
from typing import Any, Literal

#: tokens between the last one that counts and the place where a text was cut: a cut is felt by the word it falls into
MARGIN = 256
#: characters a token to begin with; where they give too few tokens, four times as many are taken
_CHARACTERS = 4
#: characters that are tokenised at once: their tokens with all that is kept beside them take some 300 bytes each
_AT_ONCE = 1 << 20


def tokens(tokenizer: Any, texts: Sequence[str], most: int, end: Literal["first", "last"] = "first") -> list[list[int]]:
    """The first (or last) `most` tokens of each text, fewer where there are no more; no special tokens are added.

    They are those that the whole text would give: a long text is cut before it is tokenised, but never nearer than MARGIN
    tokens to one that counts.
    """
    found: list[list[int]] = [[] for _ in texts]
    size = _CHARACTERS * (most + MARGIN)
    todo = list(range(len(texts)))
    while todo:
        more = []
        for some in _portions(texts, todo, size):
            parts = [texts[row][:size] if end == "first" else texts[row][-size:] for row in some]
            encoded = tokenizer(
                parts, add_special_tokens=False, return_attention_mask=False, return_token_type_ids=False, verbose=False
            )
            for row, ids in zip(some, encoded["input_ids"], strict=True):
                if len(texts[row]) > size and len(ids) < most + MARGIN:
                    more.append(row)
                else:
                    found[row] = ids[:most] if end == "first" else ids[max(0, len(ids) - most) :]
        todo, size = more, 4 * size
    return found


def _portions(texts: Sequence[str], rows: list[int], size: int) -> list[list[int]]:
    portions: list[list[int]] = []
    room = 0
    for row in rows:
        length = min(len(texts[row]), size) + 1
        if length > room or not portions:
            portions.append([])
            room = _AT_ONCE
        portions[-1].append(row)
        room -= length
    return portions
