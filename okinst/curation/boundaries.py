"""Whether a stretch of a text stands there on its own: as a whole sentence, or as a whole line.

Numbers, list marks, quotation marks and brackets beside it do not count, nor does a label (`질문:`) in front of or behind it.
"""

import re

#: what ends a sentence, Korean, Chinese or other; a colon in front of one ends a label
_END = ".!?。！？．｡…‥"
#: nothing is said here: blanks, punctuation, symbols, numbers
_SILENT = r"[\W\d_]*"
_LABEL = r"[^\s:：]{1,12} ?[:：]"
_BEFORE_SENTENCE = re.compile(rf"(?:\A|[{_END}:：;；\n\r]){_SILENT}\Z")
_BEFORE_LINE = re.compile(rf"(?:\A|[:：\n\r]){_SILENT}\Z")
_BEHIND_SENTENCE = re.compile(rf"[\W_]*?(?:\Z|[{_END}\n\r])|[\W_]*{_LABEL}")
_BEHIND_LINE = re.compile(rf"[\W_]*?(?:\Z|[\n\r])|[\W_]*{_LABEL}")
#: how far numbers and marks are looked through
_FAR = 40


def is_sentence(text: str, first: int, last: int) -> bool:
    """Whether `text[first:last]` is one or more whole sentences, or lines.

    >>> text = "1. 비가 왔다. 민수는 우산을 폈다! 질문: 왜?"
    >>> text[3:8], is_sentence(text, 3, 8), text[14:20], is_sentence(text, 14, 20)
    ('비가 왔다', True, '우산을 폈다', False)
    """
    return bool(_BEFORE_SENTENCE.search(text[max(0, first - _FAR) : first]) and _BEHIND_SENTENCE.match(text, last))


def is_line(text: str, first: int, last: int) -> bool:
    r"""Whether nothing is said beside `text[first:last]` on its line, but for labels.

    >>> text = "질문: 비가 왔다.\n비가 왔다. 우산을 폈다."
    >>> is_line(text, 4, 9), is_line(text, 11, 16), is_line(text, 11, 24)
    (True, False, True)
    """
    return bool(_BEFORE_LINE.search(text[max(0, first - _FAR) : first]) and _BEHIND_LINE.match(text, last))
