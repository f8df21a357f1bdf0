"""What translation and generation leave behind in a text.

Every kind is narrow on purpose: what is matched is residue nearly always, and much that may be residue is not matched.

- untranslated: eight English words in a row in a Korean or Chinese answer, kana in one of neither, Hangul in a Chinese one. Not
  matched: single words, names, titles, what stands in quotes, brackets or code, and where the prompt speaks of another language.
- english: an answer that is English as a whole, to a prompt in Korean or Chinese that asks for no English, code or translation. Not
  matched: fewer than eight words, lists of names, other languages, mixed answers; these are left to `language`.
- label: a line that begins "번역:", "Translation:", "翻译：". Not matched: in the middle of a line, or where a translation was asked for.
- speaker: "네, A씨." to somebody's face. Not matched: "A씨는", "A씨가" of a report or a case, "A:", "화자1".
- placeholder: "{{name}}", "&quot;", "[UNK]", "#@이름#", and [이름], [날짜], [회사명], [姓名], ... where no letter, form or
  dialogue was asked for. Not matched: other words in brackets ([서울], [1], [주의]), XXX, "홍길동", blanks (____).
- mojibake: U+FFFD, UTF-8 read as Latin-1 or Windows-1252, GBK's 锟斤拷. Not matched: rare but correct characters.
"""

import re
from collections.abc import Callable, Collection

from okinst.builders import scripts
from okinst.curation.filters.code import code_in

KINDS = ("untranslated", "english", "label", "speaker", "placeholder", "mojibake")
#: RE2: what every candidate has, a kind at a time
HINTS = {
    "untranslated": (
        r"[A-Za-z][a-z'’]*(?:[,;:]? [A-Za-z][a-z'’-]*){7}"
        "|[\u3041-\u3096\u30a1-\u30fa]|[\u4e00-\u9fff]{6}(?s:.*)[가-힣]{2}|[가-힣]{2}(?s:.*)[\u4e00-\u9fff]{6}"
    ),
    "english": r"[A-Za-z][a-z'’]*(?:[,;:]? [A-Za-z][a-z'’-]*){3}",
    "label": r"(?mi:^[^\S\n]*[\"“(\[]?(?:번역|번역문|번역본|한국어 번역|translation|translated text|翻译|翻譯|译文|譯文)[)\]]?\s*[:：])",
    "speaker": r"[AB]\s?씨[,.!?~]",
    "placeholder": (
        r"\{\{[^{}\n]{1,40}\}\}|<0x[0-9A-Fa-f]{2}>|&(?:lt|gt|amp|quot|nbsp|apos|#\d{1,5});|#@[^#\s]{1,30}#|\[UNK\]|\bname[1-9] ?[가-힣]"
        r"|<\|?(?:unk|pad|mask|endoftext|im_start|im_end|usr|bot|sys|user)\|?>"
        r"|\[(?:이름|성명|회사명|회사 이름|날짜|주소|당신의 이름|姓名|名字|公司名称|公司名稱|日期|您的姓名|您的名字|你的名字)\]"
    ),
    "mojibake": "\ufffd|(?:[ÃÂ][\u0080-\u00bf]){2}|â€[™œ\u009d\u009c\u0099]|ï»¿|(?:[ëìíêåæçèéä][\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ€]{2}){2}|锟斤拷|烫烫烫",
}
_RUN = re.compile(r"[A-Za-z][A-Za-z'’-]*(?:[,;:.]? [A-Za-z0-9][A-Za-z0-9'’-]*)+")
# quotes of mixed text are speech, not a foreign text quoted
_QUOTED = re.compile(
    r"```.{0,20000}?(?:```|\Z)|`[^`\n]{1,300}`|\"[^\"\n가-힣一-鿿]{0,600}\"|“[^”\n가-힣一-鿿]{0,600}”|‘[^’\n가-힣一-鿿]{0,600}’|「[^」\n]{0,600}」|『[^』\n]{0,600}』|《[^》\n]{0,300}》"
    r"|<[^<>\n]{1,300}>|(?<![\w])'[^'\n가-힣一-鿿]{0,300}'(?![\w])|\([^()\n]{0,600}\)|（[^（）\n]{0,600}）|\[[^\[\]\n]{0,300}\]|https?://\S{1,500}",
    re.DOTALL,
)
_KANA_RUN = re.compile(
    "[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]{0,20}[\u3041-\u3096\u30a1-\u30fa][\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff]{0,20}"
)
_HANGUL_RUN = re.compile("[가-힣]{2,}")
_CITED = re.compile(r"\bet al\b|\b(?:19|20)\d\d\b|\bvol\.|\bpp\.|\bdoi\b|[A-Z]\. ?[A-Z]\.", re.IGNORECASE)
_FOREIGN_ASKED = re.compile(
    r"영어|영문|영작|번역|다른 언어|외국어|프랑스어|불어로|독일어|스페인어|이탈리아어|라틴어|일본|일어로|중국어|히라가나|가타카나|단어|숙어|표현|문법|가사|노래|코드|프로그램|함수|스크립트|파이썬|자바|HTML|SQL|쿼리|논문|참고 ?문헌|인용|(?:^|\s)시를|"
    r"英语|英文|英語|翻译|翻譯|外语|法语|德语|西班牙语|日语|日文|日本|日語|韩语|韩国|韩文|韓|单词|歌|诗|引用|代码|编程|函数|程序|脚本|元音|字母|论文|文献|语法|押韵|谚语|"
    # a foreign word in quotes: the question is about that language
    r"[\"“‘'「][A-Za-z][A-Za-z' -]{0,60}[\"”’'」]|"
    r"english|translat|code|python|java|function|program|script|korean|japanese",
    re.IGNORECASE,
)
_LABEL_ASKED = re.compile(r"번역|옮겨|해석|영어|translat|翻译|翻譯|译成|譯成|英文|英语", re.IGNORECASE)
_MARKUP_ASKED = re.compile(
    r"html|xml|jinja|vue|angular|handlebars|mustache|template|템플릿|양식|서식|태그|토큰|엔티티|코드|code|模板|模版|标签|標籤|代码|程序|실체|token|이스케이프",
    re.IGNORECASE,
)
# a letter to fill in has gaps to fill in
_LETTER_ASKED = re.compile(
    r"편지|레터|메일|메시지|답장|초대|인사|템플릿|양식|서식|이력서|소개|지원서|계약|영수증|광고|대본|연설|응답|고객|카드|문구|멘트|전단|보도|대화|보고서|발표|"
    r"信|情书|写一封|传单|新闻稿|对话|邮件|郵件|模板|简历|簡歷|介绍|合同|收据|广告|脚本|演讲|消息|邀请|客户|便条|通知|卡|报告|文案|电子邮件|letter|mail|template|message|resume|invitation",
    re.IGNORECASE,
)


def asks_for_another_language(instruction: str) -> bool:
    """Whether an instruction speaks of a language, a translation, code or the like: its answer may be in any language.

    >>> asks_for_another_language("영어로 인사해 줘."), asks_for_another_language("인사해 줘.")
    (True, False)
    """
    return _FOREIGN_ASKED.search(instruction) is not None


def untranslated(text: str, instruction: str) -> str | None:
    """A span of another language in a Korean or Chinese answer that nobody asked for, or None.

    English: eight words or more outside quotes, brackets and code, most of them in small letters, some of them little words; kana
    in a text of neither; Hangul in a Chinese one. Names, titles and references are none.

    >>> untranslated("먼저 몸을 숨깁니다. Once the shaking stops, turn off the gas valve and open the door. 그다음 나갑니다.", "")
    'Once the shaking stops, turn off the gas valve and open the'
    >>> untranslated("책 이름은 'The Lord of the Rings'입니다.", "") is untranslated("네.", "") is None
    True
    """
    if _FOREIGN_ASKED.search(instruction):
        return None
    bare = _QUOTED.sub(" ", text)
    hangul, han = len(_HANGUL.findall(bare)), len(scripts.HAN.findall(bare))
    if hangul + han < 10:
        return None
    # the instruction's own English may be quoted, and spoken of
    for run in _RUN.finditer(bare):
        words = re.findall(r"[A-Za-z'’-]+", run[0])
        small = sum(word[0].islower() for word in words)
        little = len(scripts.ENGLISH.findall(run[0].lower()))
        if len(words) >= 8 and small >= 0.6 * len(words) and little >= 2 and not _CITED.search(run[0]):
            piece = run[0][:60].rsplit(" ", 1)[0] if len(run[0]) > 60 else run[0]
            if run[0][:30] not in instruction:
                return piece
    if hangul > 2 * han:
        kana = _KANA_RUN.search(bare)
        return kana[0] if kana and not scripts.KANA.search(instruction) else None
    if han > 2 * hangul and not scripts.KANA.search(bare):
        korean = _HANGUL_RUN.search(bare)
        return korean[0] if korean and not scripts.HANGUL.search(instruction) else None
    return None


def english(text: str, instruction: str) -> str | None:
    """The beginning of an answer in English to a Korean or Chinese prompt that asked for none, or None.

    Eight words or more, most of them in small letters, some of them little words, and hardly a character of another script.

    >>> english("Turn off the gas first, and then open the door for the others.", "지진이 나면 어떻게 하나요?")
    'Turn off the gas first, and then open the door for the'
    >>> english("Turn off the gas first, and then open the door.", "영어로 답해 주세요.") is None
    True
    """
    asked = len(scripts.HANGUL.findall(instruction)) + len(scripts.HAN.findall(instruction))
    if _FOREIGN_ASKED.search(instruction) or asked <= 4 * len(re.findall("[A-Za-z]{2,}", instruction)):
        return None
    bare = _ADDRESS.sub(" ", text)
    words = re.findall(r"[A-Za-z][A-Za-z'’-]*", bare)
    own = sum(len(script.findall(bare)) for script in (scripts.HANGUL, scripts.HAN, scripts.KANA))
    small = sum(word[0].islower() for word in words)
    if (
        len(words) < 8
        or own * 5 > len(words)
        or small < 0.6 * len(words)
        or len(scripts.ENGLISH.findall(bare.lower())) < 2
    ):
        return None
    if code_in(text) or _SYMBOLS.search(bare):
        return None
    return text[:60].rsplit(" ", 1)[0] if len(text) > 60 else text


# queries and formulas that no line gives away as code
_SYMBOLS = re.compile(r"[A-Za-z]_[A-Za-z]|\s==?\s")
_ADDRESS = re.compile(r"https?://\S{1,500}|\S{1,60}@\S{1,60}")
_HANGUL = re.compile("[가-힣]")


def label(text: str, instruction: str) -> str | None:
    """A line that begins "번역:", "Translation:" or "翻译：" where no translation was asked for, or None."""
    return None if _LABEL_ASKED.search(instruction) else _first("label", text)


def speaker(text: str, instruction: str) -> str | None:
    """Somebody is called A씨 or B씨 to the face, as generated dialogues do ("네, B씨."); a report about A씨 is none.

    >>> speaker("네, A씨. 맞습니다.", ""), speaker("A씨는 회사를 그만두었다.", "")
    ('A씨.', None)
    """
    return None if re.search(r"[AB]\s?씨", instruction) else _first("speaker", text)


def placeholder(text: str, instruction: str) -> str | None:
    """A placeholder that was never filled, a token or an entity that was never decoded, or None."""
    for found in _COMPILED["placeholder"].finditer(_CODE.sub(" ", text)):
        gap = found[0].startswith("[") and found[0] != "[UNK]"
        asked = _LETTER_ASKED if gap else _MARKUP_ASKED
        if found[0] not in instruction and not asked.search(instruction):
            return found[0]
    return None


def mojibake(text: str, instruction: str = "") -> str | None:
    """Text that was decoded wrongly, or None."""
    return _first("mojibake", text)


def _first(kind: str, text: str) -> str | None:
    found = _COMPILED[kind].search(text)
    return found[0].strip() if found else None


_CODE = re.compile(r"```.{0,50000}?(?:```|\Z)|`[^`\n]{1,300}`", re.DOTALL)
_COMPILED = {kind: re.compile(HINTS[kind]) for kind in KINDS[2:]}
FINDERS: dict[str, Callable[[str, str], str | None]] = {
    "untranslated": untranslated,
    "english": english,
    "label": label,
    "speaker": speaker,
    "placeholder": placeholder,
    "mojibake": mojibake,
}
#: what each kind is called in the funnel
REASONS = {
    "untranslated": "untranslated span",
    "english": "English answer",
    "label": "translation label",
    "speaker": "A씨, B씨",
    "placeholder": "broken placeholder",
    "mojibake": "broken encoding",
}


def residue(text: str, instruction: str, kinds: Collection[str] = KINDS) -> tuple[str, str] | None:
    """The first kind of residue in a text, and where; or None."""
    for kind in KINDS:
        if kind in kinds:
            found = FINDERS[kind](text, instruction)
            if found:
                return kind, found
    return None
