"""What the tasks beside this file call. It needs lm-evaluation-harness, and no okinst."""

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

#: what KorQuAD's official script reads as a blank
_AS_BLANK = re.compile(r"""['"《》<>〈〉()‘’]""")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def rows(okinst_set: str, **_: Any) -> Any:
    """The rows of a set by split, from rows/<set>/<split>.parquet beside this file: the folder may be moved.

    The harness passes its own metadata along, which is passed over.
    """
    import datasets
    import pyarrow.parquet as pq

    files = sorted((Path(__file__).parent / "rows" / okinst_set).glob("*.parquet"))
    return datasets.DatasetDict({file.stem: datasets.Dataset(pq.read_table(file)) for file in files})


def right_choice(doc: Mapping[str, Any]) -> str:
    """The words of the right choice: what the harness's COPA compares, so that of two equal choices either is right.

    >>> right_choice({"choices": ["비가 왔다.", "눈이 왔다."], "answer": 1})
    '눈이 왔다.'
    """
    return str(doc["choices"][doc["answer"]])


def macro_f1(items: Sequence[tuple[int, int]]) -> float:
    """The mean of every answer's F1, from pairs of (right, given).

    >>> round(macro_f1([(0, 0), (0, 1), (1, 1), (1, 1)]), 4)
    0.7333
    """
    from sklearn.metrics import f1_score

    right, given = zip(*items, strict=True)
    return float(f1_score(right, given, average="macro"))


def first_answer(doc: Mapping[str, Any]) -> str:
    """What an example of a span set answers."""
    return str(doc["answers"]["text"][0])


def span_scores(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """KorQuAD's official scores of one answer, from 0 to 1: the best over the right answers."""
    given, right = results[0], doc["answers"]["text"]
    return {
        "exact_match": max(float(normal(given) == normal(each)) for each in right),
        "f1": max(character_f1(given, each) for each in right),
    }


def normal(text: str) -> str:
    """A text as KorQuAD's official script compares it: quotation marks are blanks, ASCII punctuation is gone.

    >>> normal("《한강》의  물길, 셋(3)")
    '한강 의 물길 셋 3'
    """
    return " ".join(_AS_BLANK.sub(" ", text).lower().translate(_PUNCTUATION).split())


def character_f1(given: str, right: str) -> float:
    """KorQuAD's official F1, which counts characters and no blanks.

    >>> character_f1("세종 대왕", "세종대왕"), character_f1("세종", "세종대왕"), character_f1("", "세종")
    (1.0, 0.6666666666666666, 0.0)
    """
    ours, theirs = (normal(text).replace(" ", "") for text in (given, right))
    same = (Counter(ours) & Counter(theirs)).total()
    if not same:
        return 0.0
    precision, recall = same / len(ours), same / len(theirs)
    return 2 * precision * recall / (precision + recall)
