"""Answers that stop in mid-sentence.

Lists, titles, verses, code and short answers have no full stop either: what is judged is the last line, where it is prose, and
only by signs that a finished text does not have. Precision comes first: an answer that ends on a noun at the end of a sentence,
as transcripts and headings do, is left in peace.
"""

import re

#: characters that an answer may end on, as an RE2 class
END = r"[.!?。！？…．~～”’」』】》)）\]}>|*`;#\"'♪♡♥☆★:\x{1F300}-\x{1FAFF}✨]"
#: RE2: candidates have no such end, or an open fence, or a number at the end that nothing follows
HINT = (
    r"[^.!?。！？…．~～”’」』】》)）\]}>|*`;#\"'♪♡♥☆★\s]\s*$|```"
    r"|\n\s*\**(?:\d{1,3}[.)、．]|[(（]\d{1,3}[)）]|[①-⑳]|[一二三四五六七八九十]{1,3}、|[-*•·]|#{1,4})\s*$"
)
LIST_ITEM = re.compile(
    r"^\s*(?:[-*•·▶◦○●■□※→>+|#]|\(?\d{1,3}[.):、．]|[①-⑳]|[가-하a-zA-Z][.)]\s|第.{1,4}[章节步类类天]|Q\d|Step)"
)
DANGLING = re.compile(
    r"^\s*\**(?:\d{1,3}[.)、．]|[(（]\d{1,3}[)）]|[①-⑳]|[一二三四五六七八九十]{1,3}、|[-*•·]|#{1,4})\s*$"
)
# an item with a heading of its own: "3. 音色：", "2. 보험:"
HEADED = re.compile(r"^\s*\**\d{1,3}[.)、．]\s?[^：:\n]{1,20}[：:]\**(.*)$", re.MULTILINE)
# what announces the rest and has to be followed by it
ANNOUNCED = re.compile(
    r"(?:如下|以下[几幾][种種点點个個项項步]|包括|例如|比如|다음과 같(?:습니다|다|아요|이)|아래와 같(?:습니다|다)|예를 들(?:어|면))\s?[：:]$"
)
OPENER = re.compile(r"[(（\[「『《“‘]$")
SENTENCE_END = re.compile(r"(?:[다요죠까네][.!?]|[a-z]{2}[.!?](?=\s)|[。！？])[\"'”’」』)）]?\s*")
# the ends of a Korean word after which a sentence cannot stop, and no title does either
KO_OPEN = re.compile(
    r"(?:[가-힣](?<![가마노])을|[가-힣]를|[가-힣]에서|[가-힣]에게|(?:하|되|있|없|받|주|갖|가지|이루어지|나타나|만드|보이|시키)는|"
    r"(?:위한|통한|대한|의한|관한|인한|따른|같은|또는|그리고|하지만|그러나|따라서|때문에|대해|위해|통해|의해|관해|따라|뿐만|아니라|만약|것을|것은|것이|수)|"
    r"(?:되|하|있|없|았|었|였|이)(?:으)?(?:면서|므로|거나|려면|도록|며)|[가-힣]지면서|[가-힣](?<=[을할될올갈칠볼줄]) 때)$"
)
# with which a next sentence begins: said of a text whose sentences end as they should
KO_BEGUN = re.compile(
    r"(?:^|\s)(?:예를 들어|예를 들면|예컨대|특히|또한|즉|그래서|그런데|게다가|한편|먼저|마지막으로|결론적으로|이를 통해|이를 위해|반면에?|첫째|둘째|셋째|이러한|그러한|모든|다양한|및|혹은)$"
)
# which alone may answer a "why" or a "when"
KO_REASON = re.compile(r"(?:대해|위해|통해|의해|때문에| 때|따라)$")
# inside prose: a word with a particle or a verb that goes on
KO_CLAUSE = re.compile(r"[가-힣](?:을|를|은|는|이|가|에서|에게|으로|에|고|며|면|서|도록|지만|는데|의)(?=\s)")
KO_CLOSED = re.compile(
    r"(?:다|요|죠|까|네|군|자|지|함|됨|임|음|기|것|등|바람|냐|니|라|어|아|야|해|돼|게|걸|데|든|래|거|고|응|도|ㅋ|ㅎ|ㅠ|드림|올림|배상|중|점|수|법|때)$"
)
KO_CLOSED_WRITTEN = re.compile(r"(?:다|요|죠|까|네|함|됨|임|음|기|것|등|바람|ㅋ|ㅎ|ㅠ|드림|올림|배상)$")
ZH_OPEN = re.compile(
    r"(?:和|与|與|及|或|并|並|而|但|把|被|将|將|因为|因為|如果|以及|并且|或者|由于|由於|例如|通过|通過|就要|需要|可以|能够|能夠|应该|應該|必须|必須|不要|就会|就會|对于|關於|关于|为了|為了|，|、|在)$"
)
# The same, said of a text whose sentences end in a full stop: openers of sentences, and characters that a sentence seldom ends
# on. Chosen so on one half of 21,634 answers, they were 19 % of the other half's characters and 0.8 % of its sentences' last ones.
ZH_BEGUN = re.compile(
    r"(?:然后|然後|特别是|特別是|比如|此外|另外|同时|同時|其中|所以|因此|不过|不過|虽然|雖然|即使|只要|只有|无论|無論|还有|還有|以便|直到|不仅|不僅|因为|因為|首先|其次|最后|最後|总之|總之|换句话说|一方面|"
    r"[和是以可有个这于并不更使提如工自最或将其而保供从经需该之公创技建还相很都括交智帮无当也够被减每但两让第许找社什完直且基非三优必总指给各至太打参未政反那消共随研续再清专探简细投潜编寻企朋含拥访首即检须希允努媒黑另個這於並將從經該創還幫無當夠減讓細])$"
)
ZH_CLOSED = re.compile("[吧吗嗎呢啊呀了的们們过過着著等]$")
EN_OPEN = re.compile(
    r"\b(?:the|an?|of|to|and|or|but|with|for|from|in|on|at|by|that|which|who|is|are|was|were|will|can|as|their|its|his|her|your|our)$"
)
HAN = re.compile(r"[\u4e00-\u9fff]")
LEAST = 40
COMMAS = ",，、"


def cut_off(text: str) -> str | None:
    """The end of an answer that stops in mid-sentence, or None.

    >>> cut_off("잎에 들어온 이산화 탄소가 엽록체에 모입니다. 빛을 받은 엽록소가 물을 분해하고, 이때 나온 에너지를")
    '잎에 들어온 이산화 탄소가 엽록체에 모입니다. 빛을 받은 엽록소가 물을 분해하고, 이때 나온 에너지를'
    >>> cut_off("1. 사과\\n2. 바나나\\n3. 포도") is cut_off("서울") is None
    True
    """
    text = text.rstrip()
    last = text[text.rfind("\n") + 1 :]
    evidence = last[-60:].split(" ", 1)[-1] if len(last) > 60 else last
    if text.count("```") % 2:
        return evidence
    before = text[: len(text) - len(last)].rstrip()
    if DANGLING.match(last) and _listed_before(last, before):
        return evidence
    # a Chinese character says as much as two of the others
    if len(text) < LEAST and len(text) + len(HAN.findall(text)) < LEAST:
        return None
    if OPENER.search(text) or ANNOUNCED.search(text) or _headed_alone(last, before):
        return evidence
    if not _bare(text[-1]):
        return None
    if "://" in last[-200:] or "#" in last[-200:]:
        return None
    if _open_bracket(last):
        return evidence
    if _is_code(last):
        return None
    listed = bool(LIST_ITEM.match(last))
    fragment = last[-400:]
    sentences = list(SENTENCE_END.finditer(fragment))
    # the items before this one may be sentences too
    punctuated = bool(sentences) or (listed and bool(SENTENCE_END.search(before[-6:])))
    if not punctuated and (listed or _lines_without_end(text)):
        return None
    if text[-1] in COMMAS and punctuated and not _closes_letter(last):
        return evidence
    closed = KO_CLOSED
    if sentences:
        stop = sentences[-1]
        # after "-습니다." a sentence does not end on "-어" or "-고", as talk among friends does
        if fragment[: stop.start() + 1].endswith("니다"):
            closed = KO_CLOSED_WRITTEN
        fragment = fragment[stop.end() :]
    return evidence if _open(fragment.strip(), punctuated, listed and not sentences, closed) else None


def _bare(character: str) -> bool:
    return character.isalnum() or character in COMMAS


def _listed_before(last: str, before: str) -> bool:
    """Whether a list number or bullet alone at the end follows an item: the line before, or, of a number, the one before it."""
    if LIST_ITEM.match(before[before.rfind("\n") + 1 :]):
        return True
    number = re.match(r"\s*\**[(（]?(\d{1,3})[.)、．）]", last)
    if not number or number[1] == "1":
        return False
    return bool(re.search(rf"(?m)^\s*\**[(（]?{int(number[1]) - 1}[.)、．）]\s?\S", before))


def _headed_alone(last: str, before: str) -> bool:
    """Whether the last item is a heading alone, where the items before have text behind theirs; a form to fill in has none."""
    own = HEADED.match(last)
    others = HEADED.findall(before[-4000:]) if own and not own[1].strip() else []
    return len(others) >= 2 and all(len(other.strip()) >= 8 for other in others)


def _closes_letter(line: str) -> bool:
    """Whether a line that ends in a comma is a letter's first or last one: "真挚地，", "亲爱的史密斯博士，", "Sincerely,"."""
    return len(line) <= 14 and not re.search("[。！？.!?]", line)


def _is_code(line: str) -> bool:
    return bool(re.search(r"[=(){}<>\[\];_\\]\s*\w{0,20}$", line)) or line.startswith(("    ", "\t", "  "))


def _open_bracket(line: str) -> bool:
    """An opening bracket or quote in prose that nothing closes: "노인복지시설(제10조" but no smiley and no list letter."""
    for opening, closing in (("(（", ")）"), ("「", "」"), ("『", "』"), ("《", "》"), ("“", "”")):
        depth, place = 0, -1
        for match in re.finditer(f"[{opening}]|[{closing}]", line[-400:]):
            if match[0] in opening:
                depth, place = depth + 1, match.end()
            else:
                depth = max(depth - 1, 0)
        rest = line[-400:][place:]
        if depth > 0 and 0 < len(rest) < 80 and rest[0].isalnum():
            return True
    return False


def _lines_without_end(text: str) -> bool:
    """Verses, headings and lists: three lines or more, most of which have no full stop."""
    lines = [line.rstrip() for line in text[-2000:].splitlines() if line.strip()]
    return len(lines) >= 3 and sum(_bare(line[-1]) for line in lines) * 2 > len(lines)


def _open(fragment: str, punctuated: bool, listed: bool, closed: re.Pattern[str]) -> bool:
    if not fragment:
        return False
    words = fragment.split()
    hangul, han = len(re.findall("[가-힣]", fragment)), len(HAN.findall(fragment))
    commas = len(re.findall("[,，、]", fragment))
    if hangul * 2 >= len(fragment.replace(" ", "")) or (hangul > han and hangul > 4):
        # "아름다운, 거대한, 장엄한": words in a row, not a sentence
        if commas * 3 >= len(words) or (len(words) < 3 and not punctuated):
            return False
        if punctuated and KO_BEGUN.search(fragment):
            return True
        if KO_OPEN.search(fragment):
            return punctuated or (len(words) >= 4 and not KO_REASON.search(fragment))
        # In a text whose sentences end as they should, the last one that does not has been cut
        return (
            punctuated
            and not listed
            and len(words) >= 4
            and bool(KO_CLAUSE.search(fragment))
            and not closed.search(fragment)
            and not re.search(r"\d[.)]\s|[-–:]\s|[,!~]$", fragment)
        )
    if punctuated and han and not re.search(r"[—–#＃]|[-”\"] ", fragment) and ZH_BEGUN.search(fragment):
        return True
    if han >= 8:
        if ZH_OPEN.search(fragment):
            return commas * 6 <= han
        # Chinese words do not show where they end: only a clause that has barely begun tells.
        begun = re.split("[，、；：]", fragment)[-1].replace(" ", "")
        return (
            punctuated
            and not listed
            and han >= 12
            and "，" in fragment
            and len(begun) <= 6
            and not ZH_CLOSED.search(begun)
        )
    return bool(len(words) >= 4 and EN_OPEN.search(fragment))
