"""Guanaco, from JosephusCheung: five languages in one file. Every file exists twice, and the mini file is part of another."""

import functools
import re

from okinst.builders import Card, Hub, Row, SourceBuilder, Variant, ask

REPO = Hub("JosephusCheung/GuanacoDataset", "main")  # no commit of it is known
# without the middle dot between them, which Chinese borrows for foreign names
KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
WORD = re.compile("[a-zà-öø-ÿ]+")
# letters of Korean, Cyrillic, Greek, Arabic, Hebrew, Thai and the rest: none of them is one of the card's languages
OTHER = re.compile("[\u0370-\u1cff\u1f00-\u1fff\u3131-\u318e\uac00-\ud7a3]")
ENGLISH = re.compile(r"\b(?:the|and|of|to|is|are|in|that|it|for|with|you|this|was|what|how|can|an|my|on|as|be|do)\b")
GERMAN = re.compile(
    r"\b(?:der|die|das|und|ist|sind|nicht|ein|eine|zu|den|mit|von|auf|ich|sie|es|wie|für|im|dem|auch)\b"
)
#: the share of a row that must be in one language
MOST = 0.7


def language_of(text: str) -> str:
    """The language of a text, from the shares of its scripts; "mul" where it is mixed, or cannot be told.

    A Chinese or Japanese character counts as much as a word of letters. Chinese is traditional where more of its characters
    are in Big5 alone than in GB 2312 alone.

    >>> language_of("请解释 machine learning 是什么。"), language_of("請用三句話介紹臺灣的夜市。")
    ('zh-Hans', 'zh-Hant')
    >>> language_of("今日の天気を教えてください。"), language_of("Was ist der Sinn des Lebens?")
    ('ja', 'de')
    >>> language_of("What is the meaning of life?"), language_of("翻译：Good morning, dear friends 早上好")
    ('en', 'mul')
    """
    lower = text.lower()
    words, han, kana = WORD.findall(lower), HAN.findall(text), len(KANA.findall(text))
    other = len(OTHER.findall(text))
    total = len(words) + len(han) + kana + other
    if len(words) > MOST * total:
        english, german = len(ENGLISH.findall(lower)), len(GERMAN.findall(lower))
        return "en" if english > german else "de" if german > english else "mul"
    if len(han) + kana <= MOST * total:
        return "mul"
    if kana:
        return "ja" if 10 * kana >= len(han) + kana else "mul"
    return "zh-Hant" if sum(map(_traditional, han)) > 0 else "zh-Hans"


@functools.cache
def _traditional(character: str) -> int:
    """1 for a character of traditional Chinese alone, -1 for one of simplified Chinese alone, 0 for one of both."""
    return len(character.encode("big5", "ignore")) // 2 - len(character.encode("gb2312", "ignore")) // 2


def in_its_language(row: Row) -> Row:
    """A conversation with the language its words are in."""
    return row | {"language": language_of("\n".join(message["content"] for message in row["messages"]))}


class Guanaco(SourceBuilder):
    """One instruction, with or without an input, and its answer."""

    CARD = Card(
        title="Guanaco, without the chat",
        homepage="https://huggingface.co/datasets/JosephusCheung/GuanacoDataset",
        license="gpl-3.0",
        license_note="The Hub card; the text is also under OpenAI's terms.",
        languages=("zh-Hans", "zh-Hant", "en", "ja", "de", "mul"),
        making="generated",
        generators=("text-davinci-003",),
        translators=(),
        derived_from=("Self-Instruct", "Stanford Alpaca"),
        overlaps=(),
        warning="Answers about made-up papers and texts: what they state as fact may be made up too.",
        quirks=(
            "Each of the seven files exists twice, X.json (escaped to ASCII) and X-utf8.json: a bare load of the repository has "
            "every row twice (1,173,668). Only the utf8 files are read.",
            "guanaco_non_chat_mini_52K is a part of guanaco_non_chat: never read.",
            "There is no language column: the language of each row is told from its scripts, and mul where it is mixed.",
            "Some outputs are empty: left out.",
            "No commit of the repository is known to okinst: main is read, unpinned.",
        ),
        citations=("guanaco", "alpaca"),
    )
    FORMAT = "JSON array"
    COLUMNS = {"instruction": "string", "input": "string", "output": "string"}
    # how many outputs are empty nobody has counted
    MAY_LOSE = 0.25
    BUILDER_CONFIGS = [
        Variant(
            name="guanaco",
            description="Instructions in Chinese, English, Japanese and German, and questions about texts.",
            files={
                "train": (
                    REPO / "guanaco_non_chat-utf8.json",
                    REPO / "additional/general_ans-utf8.json",
                    REPO / "additional/general_questions-utf8.json",
                    REPO / "additional/paper_answers-utf8.json",
                    REPO / "additional/paper_questions-utf8.json",
                )
            },
            rows={"train": 485_643},
        )
    ]

    def example(self, row: Row) -> Row:
        return in_its_language(ask(row["instruction"], row["output"], row["input"]))
