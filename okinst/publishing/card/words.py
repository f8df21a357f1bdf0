"""The wording of a card in one language: each thing a card says has a key, and a sentence in every language."""

from typing import Any

from okinst.builders import WrongCall
from okinst.publishing.card import words_en, words_ko, words_zh

LANGUAGES = {"en": words_en.WORDS, "ko": words_ko.WORDS, "zh": words_zh.WORDS}


class Words:
    """What a card says, by key. Raises WrongCall for a language there is no card in.

    >>> words = Words("ko")
    >>> words("rows"), words("tokens by", tokenizer="mine"), words("of split", split="train", rows=1200)
    ('행', '토큰 수는 한 행의 메시지를 줄바꿈으로 이어 `mine` 토크나이저로 세었습니다.', '`train` 1,200행')
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise WrongCall(f"there is no card in {language!r}. There are {', '.join(LANGUAGES)}.")
        self.language = language
        self._words = LANGUAGES[language]

    def __call__(self, key: str, **values: Any) -> str:
        told = {name: f"{value:,}" if isinstance(value, int) else str(value) for name, value in values.items()}
        return self._words[key].format(**told) if told else self._words[key]

    def or_itself(self, kind: str, value: str) -> str:
        """The word for a value of a kind; the value itself where there is none, as for what a recipe declares in its own words."""
        return self._words.get(f"{kind} {value}", value)

    @property
    def comma(self) -> str:
        """What stands between the parts of a list."""
        return "、" if self.language == "zh" else ", "
