"""Personal data and credentials replaced by what they were, in the row's language."""

import re
from collections.abc import Callable, Iterable
from functools import partial

Span = tuple[int, int, str]
#: a mask for each kind; what has no kind here is a credential
MASKS = {
    "ko": {
        "resident number": "[주민등록번호]",
        "card number": "[카드번호]",
        "bank account": "[계좌번호]",
        "phone number": "[전화번호]",
        "e-mail address": "[이메일]",
        "identity document": "[신분증 번호]",
        "messenger account": "[메신저 계정]",
        "credential": "[비밀 키]",
    },
    "zh-Hans": {
        "resident number": "[身份证号]",
        "card number": "[银行卡号]",
        "bank account": "[银行账户]",
        "phone number": "[手机号]",
        "e-mail address": "[电子邮箱]",
        "identity document": "[证件号]",
        "messenger account": "[社交账号]",
        "credential": "[密钥]",
    },
    "zh-Hant": {
        "resident number": "[身分證字號]",
        "card number": "[信用卡號]",
        "bank account": "[銀行帳戶]",
        "phone number": "[電話號碼]",
        "e-mail address": "[電子郵件]",
        "identity document": "[證件號]",
        "messenger account": "[社交帳號]",
        "credential": "[金鑰]",
    },
    "en": {
        "resident number": "[ID NUMBER]",
        "card number": "[CARD NUMBER]",
        "bank account": "[ACCOUNT]",
        "phone number": "[PHONE]",
        "e-mail address": "[EMAIL]",
        "identity document": "[DOCUMENT NUMBER]",
        "messenger account": "[MESSENGER]",
        "credential": "[SECRET]",
    },
}
ALL_MASKS = frozenset(mask for masks in MASKS.values() for mask in masks.values())


def mask_of(kind: str, language: str) -> str:
    """The mask of a kind in a language; English where the language has none.

    >>> mask_of("phone number", "ko"), mask_of("GitHub Token", "zh-Hans"), mask_of("phone number", "mul")
    ('[전화번호]', '[密钥]', '[PHONE]')
    """
    masks = MASKS.get(language, MASKS["en"])
    return masks.get(kind, masks["credential"])


def found_in(texts: Iterable[str], find: Callable[[str], list[Span]]) -> dict[str, str]:
    """What is found in the texts of one row: the stretches and their kinds."""
    return {text[start:end]: kind for text in dict.fromkeys(texts) for start, end, kind in find(text)}


def masked(
    texts: list[str], context: str, language: str, find: Callable[[str], list[Span]]
) -> tuple[dict[str, str], dict[str, int]]:
    """The texts of one row that change and what they become, and how often each kind was replaced in them.

    What is found in one text is replaced in all, so that a number said again without the word that gave it away goes too.
    `context` repeats a piece of one of the texts word for word, before and after: where it begins and ends, stretches end too.
    Searched until nothing is left, so that masking twice is masking once.
    """
    new = {text: text for text in [*texts, context]}
    replaced: dict[str, int] = {}
    for _ in range(10):
        now = new[context]
        pieces = [piece for text in new.values() for piece in _pieces(text, now)]
        found = found_in(pieces, find)
        if not found:
            break
        longest = sorted(found, key=lambda stretch: (-len(stretch), stretch))
        pattern = re.compile("|".join(map(re.escape, longest)))
        for old, text in new.items():
            changed = []
            for piece in _pieces(text, now):
                for match in pattern.finditer(piece):
                    if old in texts:
                        replaced[found[match[0]]] = replaced.get(found[match[0]], 0) + texts.count(old)
                changed.append(pattern.sub(partial(_mask, found, language), piece))
            new[old] = "".join(changed)
    return {old: text for old, text in new.items() if old != text}, replaced


def _mask(found: dict[str, str], language: str, match: re.Match[str]) -> str:
    return mask_of(found[match[0]], language)


def _pieces(text: str, context: str) -> list[str]:
    if not context or context not in text or text == context:
        return [text]
    before, context, after = text.rpartition(context)
    return [before, context, after]
