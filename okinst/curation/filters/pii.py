"""What names or reaches one person, in the forms that Korea and China write it in.

A number is believed where its own arithmetic says so (check digits, a date that exists, Luhn), where its form is one of a telephone,
or where a word beside it says what it is, a bank's name among them.

Left in place on purpose, as they reach nobody: numbers and addresses that look made up at a keyboard (010-1234-5678, 000-0000-0000,
123-45-678901, name@example.com, the cards of payment services' manuals), offices' mailboxes (info@, support@) and service numbers
(1588-..., 400-...). Names and street addresses are not looked for.
"""

import re
from collections.abc import Iterator
from datetime import date

#: RE2: what every candidate has
HINT = r"[0-9０-９][-0-9０-９ .()－‐‑–]{7,}[0-9０-９xX]|[\p{L}0-9][@＠][A-Za-z0-9Ａ-Ｚａ-ｚ０-９]|여권|护照|護照|微信|(?i:qq)"
#: kinds, as the funnel names them
KINDS = (
    "resident number",
    "card number",
    "bank account",
    "phone number",
    "e-mail address",
    "identity document",
    "messenger account",
)

# Full-width digits and signs become ASCII, one for one, so that places stay the same.
_NARROW = {0xFF01 + n: 0x21 + n for n in range(0x5E)} | dict.fromkeys((0x2010, 0x2011, 0x2013, 0x2212), 0x2D)
# A Korean or Chinese word may stand right before or behind a number; a letter, or the sign of an address or a sum, may not.
_START, _STOP = r"(?<![A-Za-z\d_.+@/=&%#-])", r"(?![A-Za-z0-9_@%/=]|[.-]\d)"
_KO_RESIDENT = re.compile(rf"{_START}(\d{{6}})[ ]?(-?)[ ]?([1-8]\d{{6}}){_STOP}")
_ZH_RESIDENT = re.compile(rf"{_START}([1-9]\d{{16}}[\dXx]){_STOP}")
_CARD = re.compile(
    rf"{_START}(?:[3-69]\d{{3}}([- ])\d{{4}}\1\d{{4}}\1\d{{1,4}}(?:\1\d{{1,3}})?|3[47]\d\d([- ])\d{{6}}\2\d{{5}}|[3-69]\d{{14,18}}){_STOP}"
)
# Behind a slash only where a number stands before it, and not in an address: _in_address
_PHONE = re.compile(
    rf"""(?:{_START}|(?<=\d{{4}}/))(?:
      (?:\(?\+?82\)?[ -]?\(?0?\)?|0)1[016789]([- .]?)\d{{3,4}}\1\d{{4}}                     # Korean mobile
    | (?:\+?82[ -]|0)(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50\d)([- .])\d{{3,4}}\2\d{{4}}      # Korean landline
    | \(0(?:2|1[016789]|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70)\)[ ]?\d{{3,4}}-\d{{4}}
    | (?:\(?(?:\+|00)86\)?[ -]?)1[3-9]\d([- ]?)\d{{4}}\3\d{{4}}                              # Chinese mobile, from abroad
    | 1[3-9]\d([- ])\d{{4}}\4\d{{4}}
    | \(?0(?:10|2[0-57-9]|[3-9]\d\d)(?:\)[ ]?|-)[2-8]\d{{2,3}}[- ]?\d{{4}}                     # Chinese landline
    | \(?(?:\+|00)86\)?[ -]\(?0?(?:10|2[0-57-9]|[3-9]\d\d)(?:\)[ ]?|[- ])[2-8]\d{{2,3}}[- ]?\d{{4}}
    )(?:[/~]\d{{1,4}}(?![-\d.]))?(?![A-Za-z0-9_@%=]|[.-]\d)""",
    re.VERBOSE,
)
_GROUP_BEFORE = re.compile(r"\d{4} \Z")
_BARE_MOBILE = re.compile(rf"{_START}1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9\d)\d{{8}}{_STOP}")
_EMAIL = re.compile(
    r"(?<![\w.+%@/:-])([A-Za-z0-9][\w.+-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,12})(?![\w@-])", re.ASCII
)
_ACCOUNT = re.compile(
    rf"{_START}(?:\d{{2,6}}-\d{{2,6}}-\d{{2,8}}(?:-\d{{1,3}})?|\d{{10,14}}|\d{{16,19}}|\d{{4}}(?: \d{{4}}){{3}}(?: \d{{1,3}})?){_STOP}"
)

# Woori's own form of an account: "우리" alone is a word of every other sentence
_WOORI, _WOORI_BEFORE = re.compile(r"1002-\d{3}-\d{6}"), re.compile(r"(?<![가-힣])우리\s{0,2}$")
_PASSPORT = re.compile(
    r"(?:여권\s?번호|护照号码?|護照號碼?)[는은이是为為 :：]{0,4}([A-Z]\d{8}|[A-Z]\d{3}[A-Z]\d{4}|[A-Z]{2}\d{7})(?![A-Za-z0-9])"
)
_LICENCE = re.compile(rf"면허(?:증)?(?:\s?번호)?[는은이 :：]{{0,4}}(\d\d-\d\d-\d{{6}}-\d\d){_STOP}")
_MESSENGER = re.compile(
    r"(?:微信号|微信號|微信(?=[:：]))[码碼]?[是为為 :：]{1,4}([A-Za-z][A-Za-z0-9_-]{5,19})(?![A-Za-z0-9_@-])|"
    r"(?:QQ[号號][码碼]?|QQ(?=[:：]))[是为為 :：]{0,4}([1-9]\d{5,10})(?!\d)",
    re.IGNORECASE,
)
_RESIDENT_SAID = re.compile(r"주민(?:등록)?\s?번호|외국인\s?등록\s?번호|주민\s?번호")
_CARD_SAID = re.compile(r"카드|card|卡号|卡號|信用卡|银行卡|銀行卡|visa|master", re.IGNORECASE)
_KO_BANKS = (
    r"(?:(?:KB|NH|IBK|SC)\s?)?(?:국민|신한|우리|하나|농협|기업|산업|외환|카카오|토스|새마을|우체국|케이|제일|씨티|수협|신협|부산|대구|광주|전북|경남|제주)(?:은행|뱅크|금고)|"
    r"(?:국민|신한|농협|카카오|우체국|수협|신협)|\b(?:KB|NH|IBK|SC)\b"
)
_ZH_BANKS = "(?:工商|建设|建設|农业|農業|中国|中國|交通|招商|邮储|邮政储蓄|中信|光大|民生|浦发|兴业|平安|华夏|广发|北京|上海|台灣|國泰世華|玉山|中國信託)(?:银行|銀行)|工行|建行|农行|招行|交行"
_BANK_BEFORE = re.compile(rf"(?:{_KO_BANKS}|{_ZH_BANKS})\s{{0,2}}[)）:：,，]?\s{{0,2}}$")
_BANK_BEHIND = re.compile(rf"\s{{0,2}}[(（,，]?\s?(?:{_KO_BANKS}|{_ZH_BANKS})")
_ACCOUNT_SAID = re.compile(
    r"계좌(?!번호\])|입금|송금|통장|예금주|"
    r"账号|帳號|账户(?!\])|帳戶|开户行|開戶行|汇款|匯款|转账|轉帳|银行卡|卡号",
)
_MOBILE_SAID = re.compile(
    r"手机(?!号\])|手機|电话|電話|联系|聯繫|聯絡|致电|拨打|微信|热线|来电|号码|tel|phone|mobile|전화|휴대폰|연락처",
    re.IGNORECASE,
)
#: how far before a number the word may stand that says what it is, in characters of the same line
NEAR = 30

_PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
    ]
)
# GB 11643's own example, the cards that payment services give to testers, the number of a telephone shop in every advertisement
_TEXTBOOK = frozenset(
    [
        "11010519491231002X",
        "4111111111111111",
        "4242424242424242",
        "5555555555554444",
        "4012888888881881",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "4000056655665556",
        "5105105105105100",
        "13800138000",
        "13912345678",
        "13812345678",
        "18812345678",
        "13888888888",
    ]
)
_RUNS = "01234567890123456789 98765432109876543210"
_DOMAINS = re.compile(
    r"(?:^|\.)(?:example|sample|test|domain|e?mail|company|mycompany|yourcompany|mydomain|yourdomain|website|mysite|yoursite|site|abc|xyz|abcd|foo|bar|acme|xxx+|yyy+|localhost|host|server|isp|provider)\.[a-z.]{2,8}$|"
    r"\.(?:test|invalid|local|example|localhost|png|jpe?g|gif|svg|js|py|html?)$",
    re.IGNORECASE,
)
# of a service or of nobody
_MAILBOXES = re.compile(
    r"(?:your|my|the|some|new|old)?[._-]?(?:e?mail|name|user|username|address|id|account|example|sample|test|someone|somebody|person|recipient|sender|customer|client)[._-]?(?:e?mail|name|address|id)?\d{0,3}|"
    r"(?:no-?reply|do-?not-?reply|info|contact|contact-?us|support|help|help-?desk|admin|administrator|sales|service|services|customer-?service|cs|hr|jobs?|careers?|recruit|press|media|marketing|office|team|hello|webmaster|postmaster|root|git|feedback|privacy|security|abuse|alerts?|notifications?|updates?|billing|orders?|news|newsletter|abc|xyz|xxx+|aaa+|foo|bar|john\.?doe|jane\.?doe|jdoe|honggildong|gildong\.?hong|hong)\d{0,4}",
    re.IGNORECASE,
)


def pii(text: str) -> list[tuple[int, int, str]]:
    """Where a text names or reaches somebody: (start, end, kind), in order, none inside another.

    >>> [(kind, "문의는 010-2847-6193, kim.ys@naver.com"[a:b]) for a, b, kind in pii("문의는 010-2847-6193, kim.ys@naver.com")]
    [('phone number', '010-2847-6193'), ('e-mail address', 'kim.ys@naver.com')]
    >>> pii("예: 010-1234-5678, name@example.com, 2023-10-12, 1,234,567,890원")
    []
    """
    narrow = text.translate(_NARROW)
    found: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(_all(narrow), key=lambda span: (span[0], KINDS.index(span[2]))):
        if not found or start >= found[-1][1]:
            found.append((start, end, kind))
    return found


def _all(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _KO_RESIDENT.finditer(text):
        if _is_ko_resident(match[1] + match[3], bool(match[2]), _said(text, match.start(), _RESIDENT_SAID)):
            yield *match.span(), "resident number"
    for match in _ZH_RESIDENT.finditer(text):
        if is_zh_resident(match[1]) and not _textbook(match[1].upper()):
            yield *match.span(), "resident number"
    for match in _CARD.finditer(text):
        digits = _digits(match[0])
        if luhn(digits) and not _textbook(digits) and (match[1] or match[2] or _said(text, match.start(), _CARD_SAID)):
            yield *match.span(), "card number"
    for match in _ACCOUNT.finditer(text):
        digits = _digits(match[0])
        if (
            10 <= len(digits) <= 19
            and not _textbook(digits)
            and not _day(match[0])
            and (_said(text, match.start(), _ACCOUNT_SAID) or _banked(text, match, digits))
        ):
            yield *match.span(), "bank account"
    last = 0
    for match in _PHONE.finditer(text):
        # a card's or an account's groups: a telephone in them would begin anywhere
        if (
            match.start() > last + 1
            and " " in match[0]
            and _GROUP_BEFORE.search(text[max(0, match.start() - 5) : match.start()])
        ):
            continue
        last = match.end()
        digits = _digits(re.split("[/~]", match[0])[0])
        if not _textbook(digits[-8:]) and not _textbook(digits[-11:]) and not _in_address(text, match.start()):
            yield *match.span(), "phone number"
    for match in _BARE_MOBILE.finditer(text):
        if not _textbook(match[0]) and not _textbook(match[0][-8:]) and _said(text, match.start(), _MOBILE_SAID):
            yield *match.span(), "phone number"
    for match in _EMAIL.finditer(text):
        if not _MAILBOXES.fullmatch(match[1]) and not _DOMAINS.search(match[2]):
            yield *match.span(), "e-mail address"
    for pattern in (_PASSPORT, _LICENCE):
        for match in pattern.finditer(text):
            if not _made_up(_digits(match[1])):
                yield *match.span(1), "identity document"
    for match in _MESSENGER.finditer(text):
        group = 1 if match[1] else 2
        named = match[1] and (not re.search(r"\d", match[1]) or _MAILBOXES.fullmatch(match[1]))
        if not named and not _made_up(_digits(match[group])):
            yield *match.span(group), "messenger account"


def _made_up(digits: str) -> bool:
    return _textbook(digits) or digits.startswith("12345")


def is_ko_resident(digits: str) -> bool:
    """Whether 13 digits are a Korean resident's or foreigner's registration number: a day that exists and the check digit.

    The check digit is (11 - sum(weight * digit) mod 11) mod 10 with the weights 2 to 9, 2 to 5; a foreigner's is 2 more, mod 10.

    >>> is_ko_resident("9001011234568"), is_ko_resident("9013011234568")
    (True, False)
    """
    weighed = sum(
        int(digit) * weight for digit, weight in zip(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=False)
    )
    check = (11 - weighed % 11) % 10
    if digits[6] in "5678":
        check = (check + 2) % 10
    return _ko_day(digits) is not None and check == int(digits[12])


def is_zh_resident(number: str) -> bool:
    """Whether 18 characters are a Chinese resident's identity number: province, day, and ISO 7064 MOD 11-2 (GB 11643).

    >>> is_zh_resident("11010519491231002X"), is_zh_resident("110105194912310021")
    (True, False)
    """
    if number[:2] not in _PROVINCES or _as_day(number[6:10], number[10:12], number[12:14]) is None:
        return False
    weighed = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
    return "10X98765432"[weighed % 11] == number[17].upper()


def luhn(digits: str) -> bool:
    """Whether the last digit is Luhn's check digit (ISO/IEC 7812-1, annex B).

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def _is_ko_resident(digits: str, hyphen: bool, said: bool) -> bool:
    day = _ko_day(digits)
    if day is None or _textbook(digits[6:]) or _textbook(digits[7:]):
        return False
    if said or is_ko_resident(digits):
        return True
    # numbers given since October 2020 have six random digits and no check digit
    return hyphen and day >= date(2020, 10, 5)


def _ko_day(digits: str) -> date | None:
    return _as_day(("19" if digits[6] in "1256" else "20") + digits[:2], digits[2:4], digits[4:6])


def _as_day(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if date(1900, 1, 1) <= found <= date(2035, 12, 31) else None


def _day(text: str) -> bool:
    """Whether digits in hyphens are a day: 2023-10-12, 20231012..."""
    return bool(re.match(r"(?:19|20)\d\d-?(?:0[1-9]|1[0-2])-?(?:[0-2]\d|3[01])", text))


def _said(text: str, start: int, words: re.Pattern[str]) -> bool:
    before = text[max(0, start - NEAR) : start]
    return bool(words.search(before[before.rfind("\n") + 1 :]))


def _banked(text: str, match: re.Match[str], digits: str) -> bool:
    """Whether a bank's name stands right before or behind a number; one that is as long as a card's has to pass Luhn."""
    before = text[max(0, match.start() - NEAR) : match.start()]
    named = _BANK_BEFORE.search(before) or _BANK_BEHIND.match(text[match.end() : match.end() + NEAR])
    if _WOORI.fullmatch(match[0]) and _WOORI_BEFORE.search(before):
        return True
    return bool(named) and (len(digits) < 16 or luhn(digits))


def _in_address(text: str, start: int) -> bool:
    """Whether what leads up to a slash before a number is an address or a path: no telephone begins in one."""
    if text[start - 1 : start] != "/":
        return False
    lead = text[max(0, start - 200) : start].split()[-1]
    return bool(re.search(r"[A-Za-z%=&_:]", lead)) or lead.startswith("/")


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _textbook(digits: str) -> bool:
    """Numbers made up at a keyboard: 1234..., 0000-1111, 1234-1234, 12341234."""
    return (
        digits in _TEXTBOOK
        or len(set(digits)) <= 2
        or digits in _RUNS
        or (
            len(digits) == 8
            and (
                digits[:4] == digits[4:]
                or all(len(set(half)) == 1 or half in _RUNS for half in (digits[:4], digits[4:]))
            )
        )
        or (len(digits) >= 10 and ("123456789" in digits or (digits[:6] in _RUNS and digits[-4:] in _RUNS)))
    )
