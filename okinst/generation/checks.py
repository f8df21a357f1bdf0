"""What an answer must not be, each named: the first flaw of a text is the reason that its row is asked again, or set aside, under.

The bounds were measured once, by hand, on the package descriptions of Debian 12 and their translations (short and long descriptions, pairs
from 955 Chinese-Korean to 39,009 English-French, 8,266 English-Korean); the shares of false alarms stand with them. All checks of a translation
together set aside 1.1 % of 6,000 English-Korean pairs (three quarters of it for lines that only a width had broken), 0.4 % of Korean-English,
0.9 % of English-Chinese, 0.4 % of English-Japanese, many of them pairs that are wrong (of figures, see
`okinst.generation.figures`). How often the checks are wrong on instructions that two projects translated from the same English ones, and what
`answer` rejects of published answers, is measured by
benchmarks/generation_checks.py: none of 230 of KoAlpaca v1.1 and evolve-instruct, 0.26 % of 11,420 of KoAlpaca v1.0.
"""

import re
import unicodedata

from okinst.builders import clean, scripts
from okinst.curation.filters import refusals, residue
from okinst.curation.filters.code import without_code
from okinst.curation.scripts import weight
from okinst.generation import figures, languages
from okinst.generation.job import Answer, Rejected
from okinst.generation.protect import masked

#: How much longer a text is in a language than in English, in wide characters (`okinst.curation.scripts.weight`): the median of long
#: descriptions. Of a language that is not here nobody knows; most are near English.
VERBOSITY = {"de": 1.15, "en": 1.0, "es": 1.15, "fr": 1.19, "ja": 1.17, "ko": 1.06, "pt": 1.1, "ru": 1.08, "zh": 0.76}
#: From so many wide characters of the source on a translation is between half and twice as long as is to be expected; a shorter one
#: between a third and thrice; SLACK characters less or more are no matter. False alarms: English to Korean 0.05 %, to Chinese 0.05 %, to
#: Japanese none of 11,628, Korean to English 0.04 %, Chinese to Korean 0.31 %. Of long English-Korean translations cut to a third
#: 98.5 % are found (English-Chinese 92 %), cut to a half 44 %, given three times 98.7 %, and of those of another source 59 %.
LONG = 20
LONG_BOUNDS, SHORT_BOUNDS = (1 / 2, 2.0), (1 / 3, 3.0)
SLACK = (2, 4)
#: Lines of so many wide characters may be those of a paragraph that was broken to a width; shorter ones only where no sign ends them.
#: False alarms, of pairs with more lines than one: English to Korean 2.1 %, all broken to a width, to Chinese 1.0 %, to French 0.6 %, to
#: Japanese 0.1 %, to German and Korean to English none.
WIDTH, SHORTEST_WIDTH = (24.0, 40.0), 14.0
_ENDS = tuple(".!?:;…。！？：；|")
_CLOSING = " \"'”’)]»」』"
_LISTED = re.compile(r"\s*(?:[-*+•·‧○●▪#>|]|\(?\d{1,3}[.)]|[①-⑳]|[A-Za-z가-하][.)]\s)")
#: the least share of a translation that is in the scripts of its language. False alarms: Korean 0.08 %, Chinese 0.19 %, Japanese
#: 0.03 %, Russian 0.02 %; English texts that pass for Korean: none of 8,266.
SCRIPT_SHARE = 0.5
#: and of a line that has as many words, or characters of another script, as tell: one that is left in the source's language has hardly any
LINE_SHARE = 0.2
#: a sentence in Latin letters that stands in the source word for word is told by fewer small words: in German many are capitalised
LEAST_SMALL = 5
#: a line word for word the source's, with a sentence's end, has so many words, one of them a little one where the source is English, or so many
#: characters of another script. False alarms: lines in none of 8,950 Chinese-Korean, three of 8,266 English-Korean, three of 39,009 English-French pairs
LEAST_WORDS, LEAST_LETTERS = 4, 5
_SENTENCE_ENDS = re.compile(r"(?:(?<![.…])[.!?]|[。！？])[\s\"'”’)」』]*\Z")
#: a quotation in marks that the source has, too, may stay in its language up to so many characters: "What does 'je ne sais pas' mean?"
QUOTATION = 120
_MARKED = re.compile(
    rf"“[^”\n]{{1,{QUOTATION}}}”|‘[^’\n]{{1,{QUOTATION}}}’|「[^」\n]{{1,{QUOTATION}}}」|『[^』\n]{{1,{QUOTATION}}}』|《[^》\n]{{1,{QUOTATION}}}》"
    rf"|\"[^\"\n]{{1,{QUOTATION}}}\"|(?<!\w)'[^'\n]{{1,{QUOTATION}}}'(?![A-Za-z])"
)
#: a text that says nothing that could be translated has fewer small words, or characters of another script, than this
WORDS = 1
#: how servers say that an answer is whole: OpenAI's and most others, Anthropic's, text-generation-inference's, Cohere's
WHOLE = ("stop", "end_turn", "stop_sequence", "eos", "eos_token", "complete")
_CUT = ("cut off", "the answer ended at the limit of tokens")
_WITHHELD = ("withheld", "the provider's filter withheld the answer")
#: and that it is not, in the ways that are known
NOT_WHOLE = {
    **dict.fromkeys(("length", "max_tokens", "model_length", "max_length"), _CUT),
    **dict.fromkeys(("content_filter", "safety", "recitation", "blocklist", "prohibited_content", "spii"), _WITHHELD),
    "refusal": ("refusal", "the server marks the answer as a refusal"),
}
# where the template of the prompt opens it, the answer only has the end
_REASONING = re.compile(
    r"\A(?:(?:<(think|thinking|reasoning|thought|analysis)>.*?</\1>|\[THINK\].*?\[/THINK\])\s*)+|\A(?:(?!<think>).)*?</think>\s*",
    re.DOTALL | re.IGNORECASE,
)
_BEGUN = re.compile(r"(?:<(?:think|thinking|reasoning|thought|analysis)>|\[THINK\])", re.IGNORECASE)
# What tokenizers put for blanks and bytes: Ġ and Ċ (which Maltese has, too, before small letters), ▁ before a word, <0xEA>, and the letters that
# stand for the bytes of Korean, Chinese and Japanese. These are Slovak, Latvian or Esperanto elsewhere, but never behind such a vowel.
_DEBRIS = re.compile(
    r"[ĠĊ]{2,}|[ĠĊ](?=[가-힣\u3041-\u30ff\u4e00-\u9fff])|(?<=[가-힣\u3041-\u30ff\u4e00-\u9fffa-z])[ĠĊ]|▁(?=\w)|<0x[0-9A-F]{2}>"
    r"|[âãäåæçèéêëìí](?:[\u0121-\u0143]|[¡-¿][¡-¿\u0121-\u0143])"
)
#: what a chat is written with, where nobody quotes it; headings of one that goes on; a word, or a line, over and over
_TEMPLATE = re.compile(
    r"(?<![`\"'‘“])(?:<\|(?:im_start|im_end|im_sep|endoftext|eot_id|eom_id|end|end_of_text|begin_of_text|start_header_id|end_header_id|user|assistant"
    r"|system|start|channel|message|return|endofturn|stop)\|>|<(?:start|end)_of_turn>|<<SYS>>|\[/INST\])|</s>\Z|\A<s>"
)
_HEADED = re.compile(
    r"^[ \t]*(?:#{2,4} ?|\*\*)(?:답변|질문|응답|지시(?:사항|문)?|명령(?:어|문)?|instruction|response|human|assistant|user|question|answer|回答|问题|問題|指令)(?:\*\*)?[ ]?[:：]",
    re.MULTILINE | re.IGNORECASE,
)
#: what a translation has of its own: addresses and code blocks (its source's are protected), and words about itself in front
_ADDED = re.compile(
    r"^[ \t]*```|https?://[^\s⟦]{1,200}|\bwww\.[^\s⟦]{1,200}|[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}\.[A-Za-z]{2,}",
    re.MULTILINE,
)
_OF_ITSELF = re.compile(
    r"\A\W*(?:(?:네|예|물론|알겠습니다|다음은|아래는|여기|요청하신)[^\n:：]{0,40}번역[^\n:：]{0,30}(?:[:：]|[.!]?\n)"
    r"|(?:sure|certainly|of course|okay|here|below|the following)\b[^\n:]{0,60}translat[^\n:]{0,40}(?::|[.!]?\n)"
    r"|(?:好的|当然|當然|以下是|这是|這是|下面是|はい|以下は)[^\n:：]{0,30}(?:翻[译譯訳]|[译譯訳]文)[^\n:：]{0,20}(?:[:：]|[。！]?\n))",
    re.IGNORECASE,
)
_ON_TRANSLATION = re.compile(r"번역|옮겨|translat|翻[译譯訳]|[译譯訳]文", re.IGNORECASE)
TIMES = 15
_OVER_AND_OVER = re.compile(
    rf"(?<!\w)([^\W\d_]\w{{0,30}})(?=[\s.,!?])(?:[.,!?]?\s+\1(?=[\s.,!?]|\Z)){{{TIMES - 1},}}|^([^\n]{{4,200}})(?:\s*\n\2){{{TIMES - 1},}}$",
    re.MULTILINE,
)
_REPEAT_ASKED = re.compile(r"반복|되풀이|번\s|재복|重复|重複|遍|repeat|times|노래|가사|시를", re.IGNORECASE)
#: of what an instruction asks for, that which only makes code, not prose, stand in another language
_CODE_ASKED = re.compile(
    r"코드|프로그램\w*|함수|스크립트|파이썬|자바(?:스크립트)?|HTML|SQL|쿼리|代码|编程|函数|程序|脚本|\w*(?:code|python|java|function|program|script)\w*",
    re.IGNORECASE,
)
# what is told all the same: "I do not know exactly, but about 9.4 million"
_TOLD_ALL_THE_SAME = re.compile(r"지만,?\s[^.!?\n]{0,120}?(?:알려져\s?있|추정|(?:약|대략)\s?[0-9])")
_BESIDE = re.compile(r"[\W_]+")


def said(answer: Answer) -> str:
    """What a model said to its end, without the reasoning that stands before it. Raises Rejected for anything less.

    >>> said(Answer("<think>인사를 해야지.</think>\\n안녕하세요."))
    '안녕하세요.'
    >>> said(Answer("<think>인사를", finish="max_tokens"))
    Traceback (most recent call last):
    okinst.generation.job.Rejected: cut off: the answer ended at the limit of tokens
    """
    finish = answer.finish.casefold()
    if finish not in WHOLE:
        reason, detail = NOT_WHOLE.get(finish, ("not finished", f"the server ended it with {answer.finish[:40]!r}"))
        raise Rejected(reason, detail)
    text = _REASONING.sub("", answer.text.lstrip("\ufeff\u200b \t\r\n"))
    if begun := _BEGUN.match(text):
        raise Rejected("reasoning without an end", f"it begins with {begun[0]!r}, and nothing closes that")
    return text


def refused(text: str, asked: str = "") -> str | None:
    """How a text declines, or speaks of itself as a model; None where it does neither, or was asked to.

    >>> refused("죄송하지만 그 요청은 도와드릴 수 없습니다."), refused("네, 도와드릴게요.")
    ('죄송하지만 그 요청은 도와드릴 수 없', None)
    """
    found = refusals.refuses(text, asked)
    if found:
        end = text.find(found) + len(found)
        told = _TOLD_ALL_THE_SAME.search(text, end - len("지만"))
        found = None if told and told.start() <= end + len("는다") else found
    return found or refusals.speaks_of_itself(text, asked)


def sound(text: str, source: str = "") -> None:
    """Raise Rejected for a text that no file can hold (half a character, or NUL), or one with debris that its source has not.

    >>> sound("ĠĠ 한강ìĥ")
    Traceback (most recent call last):
    okinst.generation.job.Rejected: broken encoding: 'ĠĠ'
    """
    if "\0" in text or (not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)):
        raise Rejected("broken encoding", "half a character (a lone surrogate), or NUL")
    debris = _DEBRIS.search(text)
    broken = debris[0] if debris else residue.mojibake(text)
    if broken and not (_DEBRIS.search(source) or residue.mojibake(source)):
        raise Rejected("broken encoding", repr(broken))


def untokened(text: str, source: str = "") -> None:
    """Raise Rejected for a text with a token of a chat's template that its source has not, and that nobody quotes.

    >>> untokened("네, 길어요.<|im_end|>")
    Traceback (most recent call last):
    okinst.generation.job.Rejected: template token: '<|im_end|>'
    """
    token = _TEMPLATE.search(text)
    if token and token[0] not in source:
        raise Rejected("template token", repr(token[0]))


def translation(source: str, text: str, *, to: str, source_language: str | None = None) -> None:
    """Raise Rejected where a text cannot be the translation of its source: both without what is protected.

    Nothing, untranslated as a whole or in a line, another language, far off in length, other figures, a refusal, a label of the model's, or
    an address or code block of its own (two of 8,950 Chinese-Korean, none of 8,266 English-Korean pairs).
    What the source itself quotes in a third language is no reason; nor are figures and names in Latin letters,
    which are the same in every language; so 1.4 % of English descriptions pass for their own translation: titles in
    capitals, taken for names.

    >>> translation("The iPhone 15 costs $999.", "아이폰 15는 999달러입니다.", to="ko")
    >>> translation("GPT-4, BERT", "GPT-4, BERT", to="ko")
    >>> translation("The tea is hot.", "The tea is hot.", to="ko")
    Traceback (most recent call last):
    okinst.generation.job.Rejected: untranslated: the source text came back
    """
    if not clean(text):
        raise Rejected("empty", "nothing came back")
    wordy = sum(languages.counted(source).values()) >= WORDS
    if wordy and plain(source) == plain(text):
        raise Rejected("untranslated", "the source text came back")
    _in_language(source, text, to, source_language)
    _refusal_of_its_own(source, text)
    if found := residue.label(text, source):
        raise Rejected("label", f"it begins with {found!r}")
    if (itself := _OF_ITSELF.search(text)) and not _ON_TRANSLATION.search(source):
        raise Rejected("label", f"it begins with {itself[0].strip()!r}")
    if added := next((each[0].strip() for each in _ADDED.finditer(text) if each[0].strip() not in source), None):
        raise Rejected("something added", f"{added[:80]!r}, which its source has not")
    if (got := sum(bool(line.strip()) for line in text.splitlines())) < (wanted := lines(source)):
        raise Rejected("lines lost", f"{got} of {wanted} lines")
    _as_long(source, text, to, source_language or languages.likely(source) or "en")
    read = all((language or "en").partition("-")[0] in figures.READ for language in (to, source_language))
    lost, made = figures.changed(source, text, read=read)
    if lost or made:
        raise Rejected("figures changed", f"{', '.join(lost[:5]) or 'none'} -> {', '.join(made[:5]) or 'none'}")


def lines(text: str) -> int:
    """How many lines of a text stay lines in its translation: not those of a paragraph that was broken to a width.

    >>> lines("Do this:\\n- boil it\\n- drink it"), lines("A line that goes on and on, until it comes to an\\nend in the next.")
    (3, 1)
    """
    count, before = 0, ""
    for line in text.splitlines():
        size, ended = weight(before), before.rstrip().endswith(_ENDS)
        broken = WIDTH[0] <= size <= WIDTH[1] or (SHORTEST_WIDTH <= size < WIDTH[0] and not ended)
        count += bool(line.strip()) and (not broken or _LISTED.match(line) is not None)
        before = line
    return count


def plain(text: str) -> str:
    """A text as it is compared: without differences of width, case, spaces and punctuation.

    >>> plain("Ａ, b  c.")
    'abc'
    """
    return _BESIDE.sub("", unicodedata.normalize("NFKC", text).casefold())


def copied(text: str, other: str) -> float:
    """The share of the pairs of characters of a text that another has, too; 0 for a text without two.

    >>> copied("봄비가 온다", "봄비가 내린다")
    0.5
    """
    pairs, others = _pairs(text), _pairs(other)
    return len(pairs & others) / len(pairs) if pairs else 0.0


def _pairs(text: str) -> set[str]:
    bare = plain(text)
    return {bare[start : start + 2] for start in range(len(bare) - 1)}


def answer(instruction: str, text: str, language: str) -> None:
    """Raise Rejected where a text is no answer to an instruction: nothing, a refusal, the instruction back, or in another language.

    >>> answer("인사해 줘.", "안녕하세요, 반갑습니다.", "ko")
    >>> answer("인사해 줘.", "죄송하지만 그 요청은 도와드릴 수 없습니다.", "ko")
    Traceback (most recent call last):
    okinst.generation.job.Rejected: refusal: 죄송하지만 그 요청은 도와드릴 수 없
    """
    if not text:
        raise Rejected("empty", "nothing came back")
    sound(text, instruction)
    untokened(text, instruction)
    if plain(text) == plain(instruction):
        raise Rejected("copies the instruction", text[:200])
    if refusal := refused(text, instruction):
        raise Rejected("refusal", refusal)
    if (headed := _HEADED.search(text)) and headed[0].strip() not in instruction:
        raise Rejected("label", f"it has the heading {headed[0].strip()!r}")
    if (over := _OVER_AND_OVER.search(text)) and not _REPEAT_ASKED.search(instruction):
        raise Rejected("repetition", repr(over[0][:80]))
    foreign = languages.foreign(masked(without_code(text)).bare, language)
    if foreign and not residue.asks_for_another_language(_CODE_ASKED.sub(" ", instruction)):
        raise Rejected("wrong language", text[:200])


def _in_language(source: str, text: str, to: str, source_language: str | None) -> None:
    spoken = languages.written(source_language) if source_language else languages.script_of(source)
    own = _without_quotations(source, text, to, spoken)
    share, found = languages.share(own, to), languages.script_of(own)
    if share is not None and share < SCRIPT_SHARE:
        same = found is not None and found == languages.script_of(source)
        raise Rejected("untranslated" if same else "wrong language", f"{share:.0%} of it is in {languages.name_of(to)}")
    if found is not None and languages.foreign(own, to):
        if found == languages.LATIN:
            raise Rejected("untranslated", "it is in English")
        if languages.written(to) != languages.LATIN:  # Japanese where Chinese was asked for
            raise Rejected("wrong language", f"it is written in {' and '.join(found)}")
    if to in ("zh-Hans", "zh-Hant"):
        tilt = sum(map(scripts.traditional, scripts.HAN.findall(own)))
        # a single telling character tells nothing: 呎 stands in simplified texts too
        if (tilt > 1) if to == "zh-Hans" else (tilt < -1):
            raise Rejected("wrong language", f"it is not in {languages.name_of(to)}")
    span = residue.untranslated(own, "") if to.partition("-")[0] in ("ko", "zh", "ja") else None
    # what the source itself has in a third language may stay: a sentence in English in a Korean text
    if span and (span not in source or spoken is None or languages.script_of(span) in (None, spoken)):
        raise Rejected("untranslated", f"left in it: {span!r}")
    if line := _line_left(source, own, to):
        raise Rejected("untranslated", f"left in it: {line[:80]!r}")


def _without_quotations(source: str, text: str, to: str, spoken: tuple[str, ...] | None) -> str:
    """A translation without what its source has in it, too, in quotation marks or in a script of neither language."""
    own = _MARKED.sub(lambda quoted: " " if quoted[0][1:-1] in source else quoted[0], text)
    if spoken:
        for run in languages.in_scripts_but({*languages.written(to), *spoken}, own):
            own = own.replace(run, " ") if run in source else own
    return own if any(map(str.isalpha, own)) else text


def _line_left(source: str, text: str, to: str) -> str | None:
    """A line of a translation that is not in its language, or None. A list of names in Latin letters is none."""
    lines_of_source = {plain(line) for line in source.splitlines()}
    for line in text.splitlines():
        telling, same = sum(languages.counted(line).values()), plain(line) in lines_of_source
        if same and _a_sentence_of(source, line, to):
            return line.strip()
        if telling < (LEAST_SMALL if same else languages.ENOUGH_WORDS):
            continue
        if languages.script_of(line) == languages.LATIN:
            english = languages.is_english(line)
            words = len(line.split())
            sentence = words >= languages.ENOUGH_WORDS and line.count(",") * 3 < words
            sentence = sentence and (english or line.rstrip(_CLOSING).endswith(_ENDS))
            # what an English text has in French may stay
            own = not english and languages.likely(source) == "en"
            left = sentence and (not own if same else english and languages.written(to) != languages.LATIN)
        else:
            left = telling >= languages.ENOUGH_WORDS
        if left and (same or (languages.share(line, to) or 0.0) < LINE_SHARE):
            return line.strip()
    return None


def _a_sentence_of(source: str, line: str, to: str) -> bool:
    """Whether a line that the source has, too, is a short sentence of the source's language."""
    found, ended = languages.script_of(line), _SENTENCE_ENDS.search(line) is not None
    if not ended or found is None or found != languages.script_of(source):
        return False
    if found != languages.LATIN:
        return languages.counted(line).total() >= LEAST_LETTERS and not languages.share(line, to)
    words = len(line.split())
    said = languages.counted(line)["Latin"] >= LEAST_WORDS - 1 and words >= LEAST_WORDS and line.count(",") * 3 < words
    return said and (bool(scripts.ENGLISH.search(line.lower())) or languages.likely(source) != "en")


def _refusal_of_its_own(source: str, text: str) -> None:
    if (found := refused(text)) and not refused(source) and not refusals.ASKED.search(source[:2000]):
        raise Rejected("refusal", found)


def _as_long(source: str, text: str, to: str, source_language: str) -> None:
    expected = weight(source) * _verbosity(to) / _verbosity(source_language)
    low, high = LONG_BOUNDS if weight(source) >= LONG else SHORT_BOUNDS
    got = weight(text)
    # a word or two more or less are much of a short text
    if not low * expected - SLACK[0] <= got <= high * expected + SLACK[1]:
        raise Rejected("far off in length", f"{got:.0f} wide characters where about {expected:.0f} were to be expected")


def _verbosity(language: str) -> float:
    return VERBOSITY.get(language.partition("-")[0], 1.0)
