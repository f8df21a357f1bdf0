"""What a translation must not be: figures and names trip nothing, and what is wrong is named."""

import pytest

from okinst.generation import checks, languages
from okinst.generation.job import Rejected

LONG = "The old bakery on the corner opens at six, and the first loaves are gone before seven."


@pytest.mark.parametrize(
    ("source", "text", "to"),
    [
        ("GPT-4, BERT & RoBERTa", "GPT-4, BERT & RoBERTa", "ko"),
        ("3.14 / 2 = 1.57", "3.14 / 2 = 1.57", "ko"),
        ("iPhone", "iPhone", "ko"),
        ("Windows 11 and macOS", "Windows 11과 macOS", "ko"),
        ("OK.", "네.", "ko"),
        ("Yes, please!", "네, 부탁드려요!", "ko"),
        (LONG, "모퉁이의 오래된 빵집은 여섯 시에 문을 열고, 첫 빵은 일곱 시가 되기 전에 다 팔립니다.", "ko"),
        (LONG, "街角那家老面包店六点开门，第一批面包不到七点就卖光了。", "zh-Hans"),
        (LONG, "街角那家老麵包店六點開門，第一批麵包不到七點就賣光了。", "zh-Hant"),
        (LONG, "角の古いパン屋は六時に開き、最初のパンは七時前に売り切れます。", "ja"),
        (LONG, "Die alte Bäckerei an der Ecke öffnet um sechs, und die ersten Brote sind vor sieben weg.", "de"),
        (
            LONG,
            "La vieille boulangerie du coin ouvre à six heures, et les premiers pains sont partis avant sept heures.",
            "fr",
        ),
        ("모퉁이의 오래된 빵집은 여섯 시에 문을 엽니다.", "The old bakery on the corner opens at six o'clock.", "en"),
        ("I'm sorry, but I cannot help you with that.", "죄송하지만 그 일은 도와드릴 수 없습니다.", "ko"),
    ],
)
def test_a_translation_passes(source: str, text: str, to: str) -> None:
    checks.translation(source, text, to=to)


@pytest.mark.parametrize(
    ("source", "text", "to", "reason"),
    [
        (LONG, " \u200b", "ko", "empty"),
        (LONG, LONG.upper(), "ko", "untranslated"),
        (
            LONG,
            "The old bakery on the corner opens early, and there is no bread left in it after seven.",
            "ko",
            "untranslated",
        ),
        (
            LONG,
            "The old bakery on the corner opens early, and there is no bread left in it after seven.",
            "de",
            "untranslated",
        ),
        (
            LONG,
            "모퉁이의 오래된 빵집은 여섯 시에 열어요. The first loaves are gone before seven in the morning.",
            "ko",
            "untranslated",
        ),
        (LONG, "街角那家老面包店六点开门，第一批面包不到七点就卖光了。", "ko", "wrong language"),
        (LONG, "街角那家老麵包店六點開門，第一批麵包不到七點就賣光了。", "zh-Hans", "wrong language"),
        (LONG, "角の古いパン屋は六時に開き、最初のパンは七時前に売り切れます。", "zh-Hans", "wrong language"),
        (LONG, "모퉁이의 빵집.", "ko", "far off in length"),
        (
            LONG,
            "모퉁이의 오래된 빵집은 여섯 시에 문을 열고, 첫 빵은 일곱 시가 되기 전에 다 팔립니다. " * 3,
            "ko",
            "far off in length",
        ),
        (
            LONG,
            "죄송하지만 저는 AI 언어 모델이라서 그 글을 번역해 드릴 수 없습니다. 다른 글을 보내 주세요.",
            "ko",
            "refusal",
        ),
        (LONG, "번역: 모퉁이의 오래된 빵집은 여섯 시에 문을 열고, 첫 빵은 일곱 시 전에 다 팔립니다.", "ko", "label"),
        (
            "모퉁이의 오래된 빵집은 여섯 시에 문을 엽니다.",
            "모퉁이의 오래된 빵집은 여섯 시에 문을 연다.",
            "en",
            "untranslated",
        ),
    ],
)
def test_a_flaw_has_its_reason(source: str, text: str, to: str, reason: str) -> None:
    with pytest.raises(Rejected) as rejected:
        checks.translation(source, text, to=to)
    assert rejected.value.reason == reason


def test_a_code_of_a_language_is_checked() -> None:
    assert languages.checked("pt-BR", "--to") == "pt-BR"
    with pytest.raises(ValueError, match="--to 'korean!' should be the code of a language"):
        languages.checked("korean!", "--to")
