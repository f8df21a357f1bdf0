"""What a translation must not be: figures and names trip nothing, and what is wrong is named."""

import contextlib
import subprocess
import sys
import time

import pytest

from okinst.builders import WrongCall
from okinst.generation import checks, languages
from okinst.generation.job import Answer, Rejected

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
        (
            "The old bakery on the corner opens at six, and the first\nloaves are gone before seven.",
            "모퉁이의 오래된 빵집은 여섯 시에 문을 열고, 첫 빵은 일곱 시가 되기 전에 다 팔립니다.",
            "ko",
        ),
        ("First:\n1. boil\n2. drink", "먼저:\n\n1. 끓이기\n\n2. 마시기", "ko"),
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
            "Do this:\n\n- boil the water\n- warm the pot\n- wait four minutes\n\nThen drink it.",
            "이렇게 하세요: - 물을 끓입니다 - 주전자를 데웁니다 - 4분 기다립니다 그런 다음 마십니다.",
            "ko",
            "lines lost",
        ),
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
    for code in (
        "ko",
        "zh-Hans",
        "zh-TW",
        "ka",
        "fil",
        "yue-Hant",
        "sr-Latn",
        "uz-Cyrl",
        "kr-Latn",
        "xyz-Arab",
        "es-419",
    ):
        assert languages.checked(code, "--to") == code
    assert languages.checked("zh_hans", "--to") == "zh-Hans"


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("kr", "ko"),
        ("cn", "zh-Hans"),
        ("jp", "ja"),
        ("tw", "zh-Hant"),
        ("kr-KR", "ko"),
        ("Korean", "ko"),
        ("kor", "ko"),
    ],
)
def test_a_country_is_no_language(code: str, meant: str) -> None:
    with pytest.raises(WrongCall, match=f"did you mean {meant}\\?"):
        languages.checked(code, "--to")


@pytest.mark.parametrize("code", ["xx", "qz", "xyz", "und", "bo"])
def test_a_language_that_nothing_is_known_of_needs_its_script(code: str) -> None:
    with pytest.raises(WrongCall, match=f"name its script, as in {code}-Latn"):
        languages.checked(code, "--to")


OPENS = {
    "ar": "يفتح المخبز القديم في الزاوية عند الساعة السادسة، وتنفد الأرغفة الأولى قبل الساعة السابعة.",
    "be": "Старая пякарня на рагу адчыняецца ў шэсць, а першыя боханы разбіраюць яшчэ да сёмай гадзіны.",
    "bg": "Старата пекарна на ъгъла отваря в шест, а първите хлябове свършват още преди седем часа.",
    "el": "Ο παλιός φούρνος στη γωνία ανοίγει στις έξι και τα πρώτα καρβέλια τελειώνουν πριν από τις επτά.",
    "fa": "نانوایی قدیمی سر کوچه ساعت شش باز می‌شود و نان‌های اول پیش از ساعت هفت تمام می‌شوند.",
    "he": "המאפייה הישנה בפינה נפתחת בשש, והכיכרות הראשונות נגמרות עוד לפני השעה שבע בבוקר.",
    "hi": "कोने की पुरानी बेकरी छह बजे खुलती है, और पहली रोटियाँ सात बजे से पहले ही बिक जाती हैं।",
    "ja": "角の古いパン屋は六時に開き、最初のパンは七時前に売り切れます。",
    "kk": "Бұрыштағы ескі наубайхана сағат алтыда ашылады, ал алғашқы нандар жетіге жетпей таусылады.",
    "ko": "모퉁이의 오래된 빵집은 여섯 시에 문을 열고, 첫 빵은 일곱 시가 되기 전에 다 팔립니다.",
    "ky": "Бурчтагы эски нан жайы саат алтыда ачылат, ал эми биринчи нандар жетиге чейин эле түгөнөт.",
    "mk": "Старата пекара на аголот отвора во шест, а првите лебови се продаваат уште пред седум часот.",
    "mn": "Буланд байдаг хуучин талхны газар зургаан цагт нээгддэг бөгөөд эхний талх долоон цагаас өмнө дуусдаг.",
    "mr": "कोपऱ्यावरची जुनी बेकरी सहा वाजता उघडते आणि पहिले पाव सात वाजायच्या आधीच संपतात.",
    "ne": "कुनाको पुरानो बेकरी छ बजे खुल्छ, र पहिलो पाउरोटीहरू सात बज्नुअघि नै सकिन्छन्।",
    "ru": "Старая пекарня на углу открывается в шесть, а первые буханки расходятся ещё до семи часов.",
    "sr": "Стара пекара на углу отвара се у шест, а прве векне се распродају још пре седам сати.",
    "th": "ร้านขนมปังเก่าแก่ตรงหัวมุมเปิดตอนหกโมงเช้า และขนมปังชุดแรกขายหมดก่อนเจ็ดโมง",
    "uk": "Стара пекарня на розі відчиняється о шостій, а перші буханці розбирають ще до сьомої години.",
    "ur": "کونے پر واقع پرانی بیکری چھ بجے کھلتی ہے، اور پہلی روٹیاں سات بجے سے پہلے ہی بک جاتی ہیں۔",
    "zh": "街角那家老面包店六点开门，第一批面包不到七点就卖光了。",
    "am": "በማዕዘኑ ላይ ያለው አሮጌው ዳቦ ቤት በስድስት ሰዓት ይከፈታል፣ የመጀመሪያው ዳቦ ከሰባት በፊት ያልቃል።",
    "bn": "মোড়ের পুরোনো বেকারিটি ছয়টায় খোলে, আর প্রথম রুটিগুলো সাতটার আগেই শেষ হয়ে যায়।",
    "gu": "ખૂણા પરની જૂની બેકરી છ વાગ્યે ખૂલે છે, અને પહેલી રોટલીઓ સાત વાગ્યા પહેલાં ખલાસ થઈ જાય છે.",
    "hy": "Անկյունի հին հացատունը բացվում է վեցին, և առաջին հացերը վերջանում են յոթից առաջ։",
    "ka": "კუთხის ძველი საცხობი ექვს საათზე იღება და პირველი პურები შვიდამდე იყიდება.",
    "km": "ហាងនំប៉័ងចាស់នៅជ្រុងបើកនៅម៉ោងប្រាំមួយ ហើយនំប៉័ងដំបូងអស់មុនម៉ោងប្រាំពីរ។",
    "kn": "ಮೂಲೆಯ ಹಳೆಯ ಬೇಕರಿ ಆರು ಗಂಟೆಗೆ ತೆರೆಯುತ್ತದೆ, ಮೊದಲ ಬ್ರೆಡ್‌ಗಳು ಏಳರ ಮೊದಲೇ ಮುಗಿಯುತ್ತವೆ.",
    "lo": "ຮ້ານເຂົ້າຈີ່ເກົ່າຢູ່ແຈເປີດຕອນຫົກໂມງ ແລະເຂົ້າຈີ່ຊຸດທຳອິດໝົດກ່ອນເຈັດໂມງ",
    "ml": "മൂലയിലെ പഴയ ബേക്കറി ആറു മണിക്ക് തുറക്കും, ആദ്യത്തെ അപ്പം ഏഴിനു മുമ്പ് തീരും.",
    "my": "ထောင့်က မုန့်ဖုတ်ဆိုင်ဟောင်းက ခြောက်နာရီမှာ ဖွင့်ပြီး ပထမဆုံး ပေါင်မုန့်တွေ ခုနစ်နာရီမတိုင်ခင် ကုန်သွားတယ်။",
    "pa": "ਨੁੱਕਰ ਵਾਲੀ ਪੁਰਾਣੀ ਬੇਕਰੀ ਛੇ ਵਜੇ ਖੁੱਲ੍ਹਦੀ ਹੈ, ਅਤੇ ਪਹਿਲੀਆਂ ਰੋਟੀਆਂ ਸੱਤ ਵਜੇ ਤੋਂ ਪਹਿਲਾਂ ਮੁੱਕ ਜਾਂਦੀਆਂ ਹਨ।",
    "si": "කෙළවරේ පරණ බේකරිය හයට ඇරෙනවා, මුල්ම පාන් හතට කලින් ඉවර වෙනවා.",
    "ta": "மூலையில் உள்ள பழைய பேக்கரி ஆறு மணிக்குத் திறக்கிறது, முதல் ரொட்டிகள் ஏழு மணிக்கு முன்பே தீர்ந்துவிடும்.",
    "te": "మూలన ఉన్న పాత బేకరీ ఆరు గంటలకు తెరుచుకుంటుంది, మొదటి రొట్టెలు ఏడుకు ముందే అయిపోతాయి.",
}


def test_there_is_a_sentence_in_every_script() -> None:
    assert {languages.written(code) for code in OPENS} == set(languages.WRITTEN.values())


@pytest.mark.parametrize("language", sorted(OPENS))
def test_every_language_that_has_letters_of_its_own_passes_as_itself(language: str) -> None:
    checks.translation(LONG, OPENS[language], to=language, source_language="en")
    checks.answer("When does it open?", OPENS[language], language)
    wrong = OPENS["ko" if language != "ko" else "ru"]
    with pytest.raises(Rejected, match="wrong language"):
        checks.translation(LONG, wrong, to=language, source_language="en")
    with pytest.raises(Rejected, match="wrong language"):
        checks.answer("When does it open?", wrong, language)


def test_what_the_source_has_in_a_third_language_may_stay() -> None:
    spell = "once the shaking stops you turn off the gas and open the door"
    korean = f"간판에는 이렇게 적혀 있었습니다: {spell}. 우리는 그대로 따라 하고 나서 밖으로 나갔습니다."
    chinese = f"招牌上是这样写的: {spell}. 我们照着做了以后就一起走到外面去了。"
    checks.translation(korean, chinese, to="zh-Hans", source_language="ko")
    english = "The sign says 안녕하세요 to all who come in, and nobody here knows what that is."
    checks.translation(english, "招牌上写着안녕하세요，向所有进来的人问好，这里没有人知道那是什么意思。", to="zh-Hans")
    with pytest.raises(Rejected, match="untranslated"):
        checks.translation(f"The sign said this: {spell}. So we did, and went out.", chinese, to="zh-Hans")


EN = (
    "The old bakery on the corner opens at six every morning.",
    "The first loaves are gone before seven, and that is how it has always been.",
    "People come from all over the town to buy bread here.",
)
KO = (
    "모퉁이의 오래된 빵집은 매일 아침 여섯 시에 문을 엽니다.",
    "첫 빵은 일곱 시가 되기 전에 다 팔리고, 늘 그래 왔습니다.",
    "온 마을에서 사람들이 빵을 사러 이곳에 옵니다.",
)
DE = (
    "Die alte Bäckerei an der Ecke öffnet jeden Morgen um sechs.",
    "Die ersten Brote sind vor sieben weg, und so war es schon immer.",
    "Aus der ganzen Stadt kommen Leute, um hier Brot zu kaufen.",
)


@pytest.mark.parametrize(
    ("source", "text", "to"),
    [(EN, KO, "ko"), (KO, EN, "en"), (EN, DE, "de"), (DE, EN, "en"), (DE, KO, "ko"), (KO, DE, "de")],
)
def test_a_paragraph_that_is_left_in_its_language_is_found(
    source: tuple[str, ...], text: tuple[str, ...], to: str
) -> None:
    checks.translation("\n\n".join(source), "\n\n".join(text), to=to)
    for left in range(3):
        mixed = [*text[:left], source[left], *text[left + 1 :]]
        with pytest.raises(Rejected, match="untranslated"):
            checks.translation("\n\n".join(source), "\n\n".join(mixed), to=to)


@pytest.mark.parametrize(
    ("source", "text", "to", "source_language"),
    [
        (
            "What does 'Je ne sais pas ce que tu veux dire' mean?",
            "'Je ne sais pas ce que tu veux dire'는 무슨 뜻인가요?",
            "ko",
            None,
        ),
        ('Is "He go to school by bus" correct?', '"He go to school by bus"가 맞는 문장인가요?', "ko", None),
        (
            "다음을 번역하세요: “今天天气很好，我们去公园散步吧”",
            "Translate this: “今天天气很好，我们去公园散步吧”",
            "en",
            None,
        ),
        (
            "다음을 번역하세요: 今天天气很好，我们去公园散步吧",
            "Translate this: 今天天气很好，我们去公园散步吧",
            "en",
            "ko",
        ),
        (
            "How do you say こんにちは、元気ですか in Korean?",
            "こんにちは、元気ですか는 한국어로 어떻게 말하나요?",
            "ko",
            "en",
        ),
        (
            "These are the commands that come with it:\narch cat chcon chgrp chmod chown chroot comm",
            "이 패키지에 함께 들어 있는 명령은 다음과 같습니다:\narch cat chcon chgrp chmod chown chroot comm",
            "ko",
            "en",
        ),
    ],
)
def test_what_a_text_itself_quotes_may_stay(source: str, text: str, to: str, source_language: str | None) -> None:
    checks.translation(source, text, to=to, source_language=source_language)


def test_a_long_quotation_is_translated() -> None:
    with pytest.raises(Rejected, match="untranslated"):
        checks.translation(f'Shorten this: "{" ".join(EN)}"', f'짧게 줄이세요: "{" ".join(EN)}"', to="ko")


@pytest.mark.parametrize(
    ("source", "text", "to"),
    [
        (
            "It begins here.\nAlso remember to drink water every day.\nIt ends here.",
            "여기서 시작합니다.\nAlso remember to drink water every day.\n여기서 끝납니다.",
            "ko",
        ),
        ("It begins here.\nSecond line is here.", "여기서 시작합니다.\nSecond line is here.", "ko"),
        (
            "여기서 시작합니다. 앞으로 갑니다.\n물을 마시세요.",
            "It begins here, and it goes on from there.\n물을 마시세요.",
            "en",
        ),
    ],
)
def test_a_short_line_that_is_left_is_found(source: str, text: str, to: str) -> None:
    with pytest.raises(Rejected, match=r"untranslated|wrong language"):
        checks.translation(source, text, to=to)


@pytest.mark.parametrize(
    "line",
    ["GNU Image Manipulation Program.", "ls, cat, wc, and sort.", "Je ne sais pas vraiment.", "The Lord of the Rings"],
)
def test_a_short_line_of_names_may_stay(line: str) -> None:
    checks.translation(
        f"These are the lines that you will see there:\n{line}",
        f"거기서 보게 될 줄은 다음과 같습니다:\n{line}",
        to="ko",
        source_language="en",
    )


@pytest.mark.parametrize("debris", ["ĠĠ 한강ìĥ", "íķľêµŃìĸ´", "▁한강은▁길다", "ä½łå¥½", "한강Ġ길이", "한<0xEA>강"])
def test_debris_of_a_tokenizer_is_no_answer(debris: str) -> None:
    with pytest.raises(Rejected, match="broken encoding"):
        checks.answer("한강은 얼마나 긴가요?", f"네, {debris} 답입니다.", "ko")
    checks.sound(f"네, {debris}", f"{debris}: 무엇인가요?")


@pytest.mark.parametrize(
    "text", ["Kráľ mal dĺžku. Đà Nẵng, nghĩa. Ġunju, għażla.", "Łódź, kâğıt, ķēniņš, eĥo", "▁▂▃▅▇ 42%"]
)
def test_letters_of_other_languages_are_no_debris(text: str) -> None:
    checks.sound(text)


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("length", "cut off"),
        ("MAX_TOKENS", "cut off"),
        ("content_filter", "withheld"),
        ("SAFETY", "withheld"),
        ("refusal", "refusal"),
        ("abort", "not finished"),
        ("error", "not finished"),
        ("tool_calls", "not finished"),
    ],
)
def test_only_what_was_said_to_its_end_is_read(finish: str, reason: str) -> None:
    with pytest.raises(Rejected) as rejected:
        checks.said(Answer("그 주제는 다루지 않겠습니다.", finish=finish))
    assert rejected.value.reason == reason
    for whole in ("stop", "STOP", "end_turn", "eos_token"):
        assert checks.said(Answer("네, 그래요.", finish=whole)) == "네, 그래요."


@pytest.mark.parametrize(
    "text",
    [
        "<think>\n무엇을 말할까?\n</think>\n\n답입니다.",
        "\n<thinking>흠 <think></thinking>답입니다.",
        "무엇을 말할까?\n</think>\n답입니다.",
        "[THINK]흠[/THINK]답입니다.",
        "<think></think>답입니다.",
        "<Think>흠</Think>\n답입니다.",
        "<thought>흠</thought><think>흠</think>답입니다.",
        "\ufeff\u200b<think>흠</think>답입니다.",
    ],
)
def test_reasoning_before_an_answer_is_no_part_of_it(text: str) -> None:
    assert checks.said(Answer(text)) == "답입니다."


def test_reasoning_without_an_end_is_no_answer() -> None:
    with pytest.raises(Rejected, match="reasoning without an end"):
        checks.said(Answer("<think>무엇을 말할까? 답입니다."))
    began = time.process_time()
    assert checks.said(Answer(" " * 40_000)) == ""
    assert time.process_time() - began < 1.0
    inside = "답의 앞에는 <think>생각</think>이 온다."
    assert checks.said(Answer(inside)) == inside, "what an answer speaks of stays"


@pytest.mark.parametrize(
    ("instruction", "text", "reason"),
    [
        ("한강은 얼마나 긴가요?", "<|im_end|>", "template token"),
        ("한강은 얼마나 긴가요?", "약 494킬로미터예요.</s>", "template token"),
        ("한강은 얼마나 긴가요?", "### 답변: 약 494킬로미터예요.\n\n### 질문: 낙동강은 얼마나 긴가요?", "label"),
        ("한강은 얼마나 긴가요?", "한강 " * 25, "repetition"),
        ("한강은 얼마나 긴가요?", "네, 그래요.\n" * 25, "repetition"),
        (
            "파이썬 코드로 목록을 정렬하는 법을 설명해 줘.",
            "You can sort a list in Python with the sorted function, which returns a new list, and the old one is not changed.",
            "wrong language",
        ),
    ],
)
def test_what_is_no_answer_has_its_reason(instruction: str, text: str, reason: str) -> None:
    with pytest.raises(Rejected) as rejected:
        checks.answer(instruction, text, "ko")
    assert rejected.value.reason == reason


@pytest.mark.parametrize(
    ("instruction", "text"),
    [
        ("서울 인구는?", "죄송하지만 정확한 수치는 모르지만 약 940만 명으로 알려져 있습니다."),
        ("서울 인구는?", "저는 정확한 수치는 알 수 없지만, 약 940만 명이에요."),
        ("'네'를 스무 번 반복해 줘.", "네 " * 20),
        ("채팅 양식을 알려 줘.", "모든 말은 `<|im_end|>`로 끝납니다."),
        ("파이썬으로 1을 출력해 줘.", "print(1)"),
        ("보고서를 써 줘.", "### 서론\n글입니다.\n\n### 질문 목록\n1. 왜?"),
    ],
)
def test_what_is_an_answer_passes(instruction: str, text: str) -> None:
    checks.answer(instruction, text, "ko")


def test_a_refusal_with_something_else_on_offer_is_one() -> None:
    with pytest.raises(Rejected, match="refusal"):
        checks.answer("서울 인구는?", "죄송하지만 그 질문에는 답할 수 없지만, 다른 것은 물어보셔도 됩니다.", "ko")


def test_what_never_ends_takes_no_time_to_check() -> None:
    began = time.process_time()
    for text in ("가 " * 30_000, "가나다라\n나\n" * 20_000, "죄송하지만 " * 20_000, "ab" * 50_000):
        with contextlib.suppress(Rejected):
            checks.answer("왜?", text, "ko")
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize(
    "call",
    [
        "grounding.unfounded_figures('십' * 100_000, '이' * 100_000)",
        "grounding.figures('만 ' * 60_000), grounding.figures('일' * 150_000 + '명')",
        "grounding.figures('一' * 300_000)",
        "figures._IDLE.sub('', '1' * 300_000)",
        "masked('\\n' * 200_000 + ' ' * 300_000)",
        "figures.changed('3 ' + '천' * 100_000, '4 ' + '만' * 100_000)",
        "residue.label('번역이 아닌 글' + '\\n' * 100_000 + '끝', '')",
        "troubles.short('x-' * 100_000)",
        "without_code('\\t' * 300_000)",
    ],
)
def test_a_text_is_read_in_time(call: str) -> None:
    """They run between the answers of others. A minute is many times what it takes, and a part of what a pattern takes that begins
    anew at every character.
    """
    script = (
        "from okinst.curation.filters import residue\n"
        "from okinst.curation.filters.code import without_code\n"
        "from okinst.generation import figures, grounding, troubles\n"
        "from okinst.generation.protect import masked\n"
    )
    subprocess.run([sys.executable, "-c", script + call], check=True, timeout=60)
