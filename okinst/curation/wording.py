"""Whether two texts that are nearly the same differ by another word, which makes them two texts, or by a slip of the pen.

The texts are aligned word by word (Chinese: character by character). What stands in one place of one text and not of the other
is a `Change`. It is another word, up to `SPELT_OUT` wide characters, where

- the two are opposites (`opposites`), or one denies the other (불가능), or they are letters or names such as C, C++ and C#,
- they share less than they differ in, two syllables or three Latin letters at least: 서울, 부산,
- the place is a slot: the pairs compared hold `FILLERS` and more words between the same neighbours, slips in one word not counted,
  as rows made from one template do, or
- the texts weigh up to `BRIEF` and the two are numbers, or differ by less than that, of one length, and both stand in other
  texts, too (of Chinese, with either neighbour).

Signs that carry meaning beside a digit or a Latin letter (-10, 50%, !true, Rh-, a[1:]) have to be the same, which punctuation does
not. Two words that have changed places are a swap, but not in a list: 철수가 영희에게, 把中文翻译成英文, Korean into English. Of Chinese a character
that turns (成, 到, 比, ...) has to stand between them: 狗咬猫 is beyond it. An ending of the same verb (하세요, 하시오), a particle,
words run together or apart, letters in another order or written twice are no other word.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from okinst.curation.attestation import standing_in
from okinst.curation.normal import normalise
from okinst.curation.opposites import are_opposites, negates
from okinst.curation.scripts import (
    COORDINATING,
    ENDINGS,
    INFLECTIONS,
    OBJECT,
    OTHER,
    PARTICLE,
    PARTICLES_ZH,
    PRONOUNS_ZH,
    TOPIC,
    TURNING,
    is_korean,
    words,
)

#: in wide characters: texts up to here are looked at word by word, and up to there words one edit apart are looked for elsewhere
SPELT_OUT, BRIEF = 120, 45
#: so many different words between the same neighbours make a slot; the neighbours are so many characters on either side, or on one
FILLERS, NEIGHBOURS = 4, 6
#: of one place, words that are looked at
LOOKED_AT = 40
#: two things that have changed places stand in so many words, or Chinese characters, at most
NEARBY = 24
#: in so many texts, at least, stands what is a word and no slip: the one compared, and another
ELSEWHERE = 2

#: a word of Latin letters, or one that is written with a sign
_NAME = re.compile(r"[a-z]+(?:\+\+|#)?$")
_HAN = re.compile("[\u3400-\u9fff]")

#: of those that the blind form leaves out, in sighted form; blanks within are left out of what is compared
_SIGNS = re.compile(
    r"""
      (?<![\w)\]}-])[-−](?=\d)                                # a minus: -10
    | (?<=[a-z])[-−](?![-−a-z\d])(?!\s[a-z\d])                # behind a letter, no hyphen: Rh-, A-
    | (?<=\d)\s?[%‰]                                            # 50%
    | !=|(?<![^\s(&|=,])!(?=[a-z\d(])|(?<=\d)!(?=[가-힣+*/=)])   # !true, 5!은; no exclamation: hello!
    | [$€£¥₩]\s?\d+|\d\s?[$€£¥₩]
    | (?<=[a-z\d_)\]])\[[^\]\n]{0,40}\]                        # a[1:]
    | [+*/^×÷]\s?\((?=[^()]{0,40}\d)|(?<=\d)\)\s?[+*^×÷]      # 2*(3+4)
    """,
    re.VERBOSE,
)


def signs(spoken: str) -> list[str]:
    """The signs beside a digit or a Latin letter that carry meaning, sorted: texts with others are two texts.

    >>> signs("-10도는 50%, !true, rh- 와 a[1:]"), signs("k-pop, hello! (네) 끝 - 1.")
    (['!', '%', '-', '-', '[1:]'], [])
    """
    return sorted("".join(found.split()) for found in _SIGNS.findall(spoken))


class Change(NamedTuple):
    """What two texts hold in one place: words of the one, words of the other, and the text around that both share."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    before: str
    after: str


class Alignment:
    """Two texts in sighted normal form, word beside word.

    `gaps` are the places in which they differ, as (start, end) in the words of the one and (start, end) in those of the other.
    """

    def __init__(self, a: str, b: str) -> None:
        self.spoken = a, b
        self.a, self.b = _words(a), _words(b)
        self.gaps = _gaps(self.a, self.b)

    def changes(self) -> list[Change]:
        """The places where both texts hold words that the other has not; words moved from elsewhere are not counted.

        >>> Alignment("가장 높은 산은 어디인가요", "가장 낮은 산은 어디인가요").changes()
        [Change(ours=('높은',), theirs=('낮은',), before='가장', after='산은어디인가')]
        """
        # what stands outside the gaps is in both
        gone = Counter(word for start, end, _, _ in self.gaps for word in self.a[start:end])
        come = Counter(word for _, _, start, end in self.gaps for word in self.b[start:end])
        more, less = gone - come, come - gone
        found, last = [], 0
        for number, (start, end, other_start, other_end) in enumerate(self.gaps):
            ours = tuple(word for word in self.a[start:end] if word in more)
            theirs = tuple(word for word in self.b[other_start:other_end] if word in less)
            one, other = "".join(ours), "".join(theirs)
            if ours and theirs and (are_opposites(one, other) or not _same_word(one, other)):
                stop = self.gaps[number + 1][0] if number + 1 < len(self.gaps) else len(self.a)
                before, after = ("".join(self.a[each]) for each in (slice(last, start), slice(end, stop)))
                found.append(Change(ours, theirs, before[-NEIGHBOURS:], after[:NEIGHBOURS]))
            last = end
        return found

    def swapped(self) -> bool:
        """Whether two things have changed places, and with them who does what to whom; not so in a list.

        >>> Alignment("철수가 영희에게 사과를 주었다", "영희가 철수에게 사과를 주었다").swapped()
        True
        >>> Alignment("cats chase dogs", "dogs chase cats").swapped()
        True
        >>> Alignment("猫和狗的区别", "狗和猫的区别").swapped()
        False
        """
        # what changed decides, not what follows: an English question may have a Korean answer
        if any(is_korean("".join(self.a[start:end])) for start, end, _, _ in self.gaps):
            return _swapped_roles(*self.spoken)
        for place, (start, end, other_start, other_end) in enumerate(self.gaps):
            ours, theirs = self.a[start:end], self.b[other_start:other_end]
            for next_start, next_end, next_other, next_other_end in self.gaps[place + 1 :]:
                if next_end - start > NEARBY:
                    break
                later, theirs_later = self.a[next_start:next_end], self.b[next_other:next_other_end]
                if ours and theirs:  # X M Y, Y M X: X and Y in each other's place
                    between = self.a[end:next_start] if (ours, theirs) == (theirs_later, later) else []
                    persons = {*ours, *theirs} <= PRONOUNS_ZH and COORDINATING.isdisjoint(between)
                    if _turns(between) or (between and persons):
                        return True
                    continue
                # the same, seen as Y M that has come before X, and M Y that has gone from behind it
                came, gone = (ours, theirs_later) if ours else (theirs, later)
                if any(came[at:] + came[:at] == gone and _turns(came[at:]) for at in range(1, len(came))):
                    return True
        return False


def tell_apart(
    pairs: Sequence[tuple[int, int]], texts: Sequence[str], spoken: Sequence[str], weights: Sequence[float]
) -> list[bool]:
    """Of pairs of texts that are nearly the same: which ones a word, or a swap, makes two texts.

    `texts` are all texts of the corpus in blind normal form, `spoken` in sighted, `weights` in wide characters.
    """
    apart = [False] * len(pairs)
    changed: list[tuple[int, Change]] = []
    for number, (one, other) in enumerate(pairs):
        heavy = max(weights[one], weights[other])
        if heavy > SPELT_OUT:
            continue
        if signs(spoken[one]) != signs(spoken[other]):
            apart[number] = True
            continue
        aligned = Alignment(spoken[one], spoken[other])
        found = aligned.changes()
        changed += ((number, change) for change in found)
        apart[number] = aligned.swapped() or any(_for_sure(change, heavy) for change in found)
    fillers = defaultdict[tuple[str, str], set[str]](set)
    for _, change in changed:
        if len(change.before + change.after) >= NEIGHBOURS:
            fillers[change.before, change.after] |= {"".join(change.ours), "".join(change.theirs)}
    slots = {place for place, words in fillers.items() if _unlike(words) >= FILLERS}
    doubtful = list[tuple[int, Change]]()
    for number, change in changed:
        if (change.before, change.after) in slots:
            apart[number] = True
        elif not apart[number] and max(weights[each] for each in pairs[number]) < BRIEF:
            doubtful.append((number, change))
    asked = {word for _, change in doubtful for side in _evidence(change) for word in side}
    standing = standing_in(texts, spoken, asked)
    for number, change in doubtful:
        sides = _evidence(change)
        if all(side and all(standing(word) >= ELSEWHERE for word in side) for side in sides):
            apart[number] = True
    return apart


def _unlike(words: Iterable[str]) -> int:
    """How many words there are, a word and slips in it counted once; no more than `FILLERS`.

    >>> _unlike({"바다와", "바가와", "바다나", "나다와"}), _unlike({"서울", "부산", "대구", "대전"})
    (1, 4)
    """
    some = sorted(words)[:LOOKED_AT]
    near = {word: [other for other in some if _one_apart(word, other)] for word in some}
    found = 0
    # first the words that most others are slips of
    for word in sorted(some, key=lambda word: -len(near[word])):
        if word in near:
            found += 1
            for other in near.pop(word):
                near.pop(other, None)
        if found == FILLERS:
            break
    return found


def _one_apart(one: str, other: str) -> bool:
    """Whether two words of three characters and more differ in one of them."""
    longer = max(len(one), len(other))
    return one != other and longer > 2 and (Counter(one) & Counter(other)).total() >= longer - 1


def _for_sure(change: Change, heavy: float) -> bool:
    """Whether a change puts another word in the place of a word, whatever other texts hold."""
    ours, theirs = "".join(change.ours), "".join(change.theirs)
    if negates(_stem(ours), _stem(theirs)):
        return True
    one_by_one = zip(change.ours, change.theirs, strict=True) if len(change.ours) == len(change.theirs) else ()
    if any(are_opposites(one, other) or _two_names(one, other) for one, other in ((ours, theirs), *one_by_one)):
        return True
    if ours.isdigit() and theirs.isdigit():
        return heavy < BRIEF
    one, other = Counter(_stem(ours)), Counter(_stem(theirs))
    new = min(map(_syllables, (one - other, other - one)))
    return new >= 2 and new >= _syllables(one & other)


def _two_names(one: str, other: str) -> bool:
    """Whether two words of Latin letters are single letters, or one has a sign that the other has not: C, C++, C#, R."""
    if one == other or not (_NAME.match(one) and _NAME.match(other)):
        return False
    return len(one) == len(other) == 1 or one.rstrip("+#") == other.rstrip("+#")


def _evidence(change: Change) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """For each side, what has to stand in other texts, too, if it is a word: it, or of Chinese it with its neighbours.

    Nothing, if a slip is likelier: a letter left out or put in, a word of one syllable, a Chinese particle.
    """
    ours, theirs = _stem("".join(change.ours)), _stem("".join(change.theirs))
    if len(ours) != len(theirs) or ours == theirs:
        return (), ()
    if not _HAN.search(ours + theirs):
        return ((ours,), (theirs,)) if len(ours) > 1 else ((), ())
    if not (_HAN.fullmatch(ours) and _HAN.fullmatch(theirs)) or ours in PARTICLES_ZH or theirs in PARTICLES_ZH:
        return (), ()
    before, after = change.before[-1:], change.after[:1]
    return tuple(
        tuple(pair for pair in (before + side[0], side[-1] + after) if len(pair) == 2) for side in (ours, theirs)
    )  # type: ignore[return-value]


@lru_cache(maxsize=1024)
def _words(spoken: str) -> list[str]:
    # one text is compared with several others in a row
    return words(spoken)


def _syllables(chars: Counter[str]) -> float:
    """How many characters, of Latin letters three counted as two."""
    return sum(count if char >= "\u1100" else count * 2 / 3 for char, count in chars.items())


def _turns(between: list[str]) -> bool:
    """Whether what stands between two things tells the one from the other: in Chinese 成, 比 and the like, in English all but a list's and."""
    if any(_HAN.match(word) for word in between):
        return not TURNING.isdisjoint(between)
    return bool(between) and COORDINATING.isdisjoint(between)


def _same_word(one: str, other: str) -> bool:
    """Whether two words are the same but for a particle, an ending, or letters in another order or written twice."""
    if _bare(one) == _bare(other) or Counter(one) == Counter(other):
        return True
    start, end = in_common(one, other)
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    if not left or not right:
        added = left or right
        longer = one if left else other
        if len(added) == 1 and added in longer[max(start - 1, 0) : start] + longer[start + 1 : start + 2]:
            return True
        return not end and added in INFLECTIONS and one[:1].isascii()
    return start > 0 and one[-1] in ENDINGS and other[-1] in ENDINGS


def _bare(word: str) -> str:
    return word[:-1] if len(word) > 2 and word[-1] in TOPIC + OBJECT + OTHER else word


def _stem(word: str) -> str:
    found = PARTICLE.search(word, 1)
    return word[: found.start()] if found else word


def _swapped_roles(a: str, b: str) -> bool:
    """Whether two Korean words have exchanged their particles: 철수가 영희에게, 영희가 철수에게."""
    ours, theirs = set(a.split()), set(b.split())
    marked: list[dict[str, str]] = []
    for only in (ours - theirs, theirs - ours):
        stems = {}
        # in order: of a stem with two particles the last one counts, and of a set that is another one in every process
        for word in map(normalise, sorted(only)):
            stem = _stem(word)
            mark = word[len(stem) :]
            if mark:
                stems[stem] = next((kind for kind in (TOPIC, OBJECT) if mark in kind), mark)
        marked.append(stems)
    turned = {(marked[0][stem], marked[1][stem]) for stem in marked[0].keys() & marked[1].keys()}
    return any(one != other and (other, one) in turned and not {one, other} & set(OTHER) for one, other in turned)


def in_common(a: str | list[str], b: str | list[str]) -> tuple[int, int]:
    """How many characters, or words, two texts have in common at the start, and then at the end."""
    shorter = min(len(a), len(b))
    start = 0
    while start < shorter and a[start] == b[start]:
        start += 1
    end = 0
    while end < shorter - start and a[-1 - end] == b[-1 - end]:
        end += 1
    return start, end


def _gaps(a: list[str], b: list[str]) -> list[tuple[int, int, int, int]]:
    start, end = in_common(a, b)
    stop, other_stop = len(a) - end, len(b) - end
    if start == stop == other_stop:
        return []
    if min(stop, other_stop) - start < 2:
        return [(start, stop, start, other_stop)]
    matched = SequenceMatcher(None, a[start:stop], b[start:other_stop], autojunk=False)
    return [
        (left + start, left_end + start, right + start, right_end + start)
        for kind, left, left_end, right, right_end in matched.get_opcodes()
        if kind != "equal"
    ]
