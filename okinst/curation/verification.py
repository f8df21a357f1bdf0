"""Whether two texts that look alike are the same: the last word on every candidate pair.

Likeness alone cannot tell. "Write a poem about spring" and "... about autumn" are one Chinese character apart, and so is
a slip of the pen; two tasks on one long passage share nearly all of it. So the *kind* of difference decides.

A long text (20 wide characters and more) is the same where

- the Jaccard similarity of the shingle sets reaches the threshold (shingles of 3 wide or 6 other characters, of 2 or 4 below 40
  wide characters), and
- no single place holds much that the other text does not have: 5 % of the text, at most 4 wide characters or, of longer ones,
  2 %. Small edits are scattered; another task, name or answer stands in one place. Words that moved are not new.

A shorter text is the same where it differs

- in the order of its words (but not around a word such as 成 or 比, or a particle such as 로, that turns one thing into
  another), or
- in Korean topic, object and genitive particles or Chinese 的, 了, 请 and the like, or
- by one character at one place that is a slip: two neighbours exchanged, one written twice, or a change that leaves
  neighbours which stand together in no other text. Where both readings are found elsewhere they are two words, and two texts.

Numbers, negations and signs of arithmetic make different texts, however alike: numbers in short texts always, in long ones where
they are all that differs or the rest is not alike enough to make up for it; negations and signs in texts of up to 45 wide
characters. Another word, two things that have changed places, and the slots of a template are told apart after this, in texts
of up to 120: see `wording`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from okinst.curation.attestation import Standing
from okinst.curation.fingerprints import NARROW, WIDE
from okinst.curation.normal import normalise
from okinst.curation.scripts import (
    NARROW_WEIGHT,
    OBJECT,
    OTHER,
    PARTICLES_ZH,
    TOPIC,
    TURNING,
    WEIGHTY,
    is_korean,
    numbers,
    weight,
)
from okinst.curation.wording import in_common

#: in wide characters: texts from here on are compared by their shingles
LONG = 20
#: up to this weight the shingles that are compared are shorter, of wide characters and of others: an edit touches fewer of them
AMPLE, SHORTER = 40, (2, 4)
#: of two texts that are shingled alike: a text is of wide characters where it weighs this much a character
MOSTLY_WIDE = 0.7
#: texts whose lengths differ more than shingles that stand twice can explain are not compared
SHORTEST = 0.8
#: the most that one place of a long text may hold and the other text not: a share of the text up to so many wide characters,
#: and from then on a smaller share
SHARE, PLACE, SHARE_OF_LONGER = 0.05, 4, 0.02
#: below these similarities the numbers have to be the same, too: of texts under that weight, and of others
ALIKE = (0.7, 0.6)
#: up to this weight a text says one thing, which a negation or a sign of arithmetic turns round
SAYING_ONE_THING = 45
REVERSING = frozenset("안못不没未别+-=<>×÷*^")
#: characters that a text needs before other order, or a slip, is told from other words; and before one edit is always a slip
ENOUGH, ENOUGH_FOR_ONE = 7, 18
#: of two short texts whose words stand in another order and have a slip besides: the least Jaccard similarity of their bigrams
REORDERED = 0.4

_NEITHER = str.maketrans("", "", PARTICLES_ZH)
#: Korean numerals that are words of their own
_COUNTS = frozenset(("한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "몇", "여러"))


def similarity_of_long(a: str, b: str, threshold: float) -> float:
    """The Jaccard similarity of two long texts in normal form where they are the same, else 0.

    >>> text = "우리는 오늘 서울 날씨가 맑고 바람이 조금 불어서 한강 공원에서 자전거를 타고 점심으로 김밥을 먹었어요".replace(" ", "")
    >>> similarity_of_long(text, text.replace("바람이", "바람은"), 0.6) > 0.8
    True
    >>> similarity_of_long("다음 글을 한 문장으로 요약하세요" + text * 2, "제목을 지어 주세요" + text * 2, 0.6)
    0.0
    """
    shorter, longer = (a, b) if len(a) <= len(b) else (b, a)
    if len(shorter) < SHORTEST * threshold * len(longer):
        return 0.0
    heavy = weight(shorter)
    lengths = SHORTER if heavy < AMPLE else (WIDE, NARROW)
    length = lengths[heavy < MOSTLY_WIDE * len(shorter)]
    left, right = _shingles(a, length), _shingles(b, length)
    shared = len(left & right)
    jaccard = shared / (len(left) + len(right) - shared) if shared else 0.0
    if jaccard < threshold or _numbers_alone(a, b):
        return 0.0
    if jaccard < ALIKE[heavy >= AMPLE] and Counter(numbers(a)) != Counter(numbers(b)):
        return 0.0
    most = max(min(SHARE * heavy, PLACE), SHARE_OF_LONGER * heavy, 1)
    count, other = Counter(a), Counter(b)
    more, less = count - other, other - count
    if heavy < SAYING_ONE_THING and not REVERSING.isdisjoint({*more, *less}):
        return 0.0
    for text, theirs, new in ((a, right, more), (b, left, less)):
        # where nothing much is new in all, nothing is at one place
        if _weight_of(new) > most and any(_novel(place, new) > most for place in _places(text, length, theirs)):
            return 0.0
    return jaccard


def similarity_of_short(a: str, b: str, attested: Standing, spoken: tuple[str, str]) -> float:
    """The share of characters that two different short texts in normal form have in common where they are the same, else 0.

    `attested` tells how many texts have two neighbouring characters; `spoken` is both texts with their blanks.
    """
    if numbers(a) != numbers(b) or _counts(spoken[0]) != _counts(spoken[1]):
        return 0.0
    if _one_slip(a, b, attested) or _same_words(a, b, attested, spoken):
        common = sum((Counter(a) & Counter(b)).values())
        return common / max(len(a), len(b))
    return 0.0


def needed(a: str, b: str) -> set[str]:
    """The pairs of neighbours that only one of two texts has."""
    return _bigrams(a) ^ _bigrams(b)


def _one_slip(a: str, b: str, attested: Standing) -> bool:
    start, end = in_common(a, b)
    ours, theirs = a[start : len(a) - end], b[start : len(b) - end]
    enough = min(len(a), len(b))
    if enough < ENOUGH or _weighty(ours + theirs):
        return False
    if len(ours) == len(theirs) == 2 and ours == theirs[::-1]:
        return True
    if max(len(ours), len(theirs)) > 1:
        return False
    if not ours or not theirs:
        longer, char = (a, ours) if ours else (b, theirs)
        if char in longer[max(start - 1, 0) : start] + longer[start + 1 : start + 2]:
            return True
    if enough >= ENOUGH_FOR_ONE:
        return True
    if ours and theirs:  # another character: a slip where one of the two is at home with neither of its neighbours
        new = _bigrams(a) - _bigrams(b), _bigrams(b) - _bigrams(a)
        return any(all(attested(pair) < 2 for pair in pairs) for pairs in new)
    return any(attested(pair) < 2 for pair in needed(a, b))


def _same_words(a: str, b: str, attested: Standing, spoken: tuple[str, str]) -> bool:
    if min(len(a), len(b)) < ENOUGH:
        return False
    start, end = in_common(a, b)
    korean = is_korean(a)
    if korean:
        verdict = _same_korean_words(*spoken)
        if verdict is not None:
            return verdict
        one, other = map(_without_particles, spoken)
    else:
        one, other = a.translate(_NEITHER), b.translate(_NEITHER)
        if one == other:
            return True
    if len(a) - start - end < 2 or len(b) - start - end < 2:
        return False  # one character at one place: no matter of order
    if korean:
        only_here = Counter(spoken[0].split()) - Counter(spoken[1].split())
        turned = any(normalise(word)[-1:] in TURNING for word in only_here)
    else:
        turned = not TURNING.isdisjoint(a[start : len(a) - end])
    if turned:
        return False
    return _reordered(one, other, attested, freely=not korean)


def _reordered(a: str, b: str, attested: Standing, freely: bool) -> bool:
    """Whether two texts have the same characters in another order, but for one slip."""
    ours, theirs = Counter(a) - Counter(b), Counter(b) - Counter(a)
    if max(ours.total(), theirs.total()) > 1 or _weighty({*ours, *theirs}):
        return False
    if freely and not ours and not theirs:
        return True
    left, right = _bigrams(a), _bigrams(b)
    if len(left & right) < REORDERED * len(left | right):
        return False
    if not ours or not theirs:
        return True
    slips = [pair for pair in left if ours.keys() & set(pair)], [pair for pair in right if theirs.keys() & set(pair)]
    return any(all(attested(pair) < 2 for pair in pairs) for pairs in slips)


def _bigrams(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _counts(spoken: str) -> list[str]:
    return sorted(word for word in spoken.split() if word in _COUNTS)


def _weighty(chars: Iterable[str]) -> bool:
    return any(char in WEIGHTY or char.isdigit() for char in chars)


def _same_korean_words(a: str, b: str) -> bool | None:
    """Whether two texts of the same words say the same; None where the words are not the same."""
    # Word by word, each with what its particle marks: 한국어를 영어로 and 영어를 한국어로 are made of the same syllables.
    ours, theirs = (sorted(_stem(normalise(word)) for word in text.split()) for text in (a, b))
    if [stem for stem, _ in ours] != [stem for stem, _ in theirs]:
        return None
    changes = {
        (mine, yours) for (_, mine), (_, yours) in zip(ours, theirs, strict=True) if mine and yours and mine != yours
    }
    return len(changes) < 2  # 개가 고양이를, 개를 고양이가: subject and object have changed places


def _without_particles(text: str) -> str:
    return "".join(normalise(_stem(word)[0]) for word in text.split())


def _stem(word: str) -> tuple[str, str]:
    for mark in (TOPIC, OBJECT, OTHER):
        if len(word) > 2 and word[-1] in mark:
            return word[:-1], mark if mark != OTHER else ""
    return word, ""


@lru_cache(maxsize=1024)
def _shingles(text: str, length: int) -> frozenset[str]:
    # one text is compared with several others in a row
    return frozenset([text[at : at + length] for at in range(len(text) - length + 1)])


def _places(text: str, length: int, theirs: frozenset[str]) -> Iterator[str]:
    """The stretches of a text of which no shingle is in the other text, less what shared shingles cover."""
    start: int | None = 0
    for at in range(len(text) - length + 1):
        if text[at : at + length] not in theirs:
            if start is None:
                start = at - 1 + length
        elif start is not None:
            yield text[start:at]
            start = None
    if start is not None:
        yield text[start:]


def _novel(place: str, new: Counter[str]) -> float:
    """What a place holds of the characters that its text has more of than the other; words moved from elsewhere are not new."""
    return _weight_of(Counter(place) & new)


def _weight_of(chars: Counter[str]) -> float:
    return sum(count * (1.0 if char >= "\u1100" else NARROW_WEIGHT) for char, count in chars.items())


def _numbers_alone(a: str, b: str) -> bool:
    """Whether the digits are all that differs."""
    if numbers(a) == numbers(b):
        return False
    return [char for char in a if not char.isdigit()] == [char for char in b if not char.isdigit()]
