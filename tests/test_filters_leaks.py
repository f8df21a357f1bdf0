"""Personal data and credentials: real forms are found, near ones and textbook ones are not, and no secret is ever shown.

Every number and key here is made up: by arithmetic, or by hypothesis.
"""

import re
import time
from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okinst.builders import Row, ask, prefer, talk
from okinst.curation.filters import Filter
from okinst.curation.filters import secrets as secrets_module
from okinst.curation.filters.masks import MASKS
from okinst.curation.filters.pii import is_ko_resident, is_zh_resident, luhn, pii
from okinst.curation.filters.secrets import detectors, secrets
from tests.test_filters import rows_of


def kinds(text: str) -> list[str]:
    return [kind for _, _, kind in pii(text)]


def masked(row: Row, language: str = "ko", **kind: str) -> Row:
    done = Filter.from_values(kind or {"pii": "mask", "secrets": "mask"}, "here").apply(rows_of(row, language=language))
    found: Row = done.table.to_pylist()[0]
    return found


# --- personal data

FOUND = [
    ("phone number", "제 번호는 010-2847-6193입니다."),
    ("phone number", "연락처: 01028476193"),
    ("phone number", "010.2847.6193"),
    ("phone number", "+82-10-2847-6193"),
    ("phone number", "사무실 02-784-2916, 평일만"),
    ("phone number", "(031) 784-2916"),
    ("phone number", "我的手机号是13728461953。"),
    ("phone number", "请拨打 +86 137 2846 1953"),
    ("phone number", "137-2846-1953"),
    ("phone number", "０１０－２８４７－６１９３"),
    ("e-mail address", "kim.ys@naver.com으로 보내 주세요."),
    ("e-mail address", "请发到 lilei_84@163.com。"),
    ("e-mail address", "write to anna.m@uni-bonn.de, please"),
    ("bank account", "국민은행 계좌번호 284719-04-365182 예금주 김모"),
    ("bank account", "입금은 신한은행 110-284-719365로"),
    ("bank account", "开户行：工商银行，账号 6222021001098714536"),
    ("card number", "카드 4539 1488 0343 6467 결제"),
    ("bank account", "국민은행 284-04-365182"),
    ("bank account", "284-04-365182 (카카오뱅크)"),
    ("bank account", "工商银行 6222028374659102835"),
    ("phone number", "电话：010-6552 9983"),
    ("phone number", "021-58374629"),
    ("phone number", "0755-83746192"),
    ("phone number", "（010）65529983"),
    ("phone number", "+86 10 6552 9983"),
    ("phone number", "(010)8372-9164"),
    ("e-mail address", "ｇｉｌ．ｙｓ＠ｎａｖｅｒ．ｃｏｍ"),
    ("resident number", "주민등록번호는 850314-2847196입니다."),
    ("bank account", "우리 1002-738-201846으로 입금"),
    ("bank account", "우리 1002-738-201846"),
    ("identity document", "여권번호 M38201749"),
    ("identity document", "护照号码：E84720163"),
    ("identity document", "운전면허 11-87-382017-49"),
    ("messenger account", "加我微信号：lilei_8427"),
    ("messenger account", "我的QQ号是8473920165"),
]
NOT_FOUND = [
    "예: 010-1234-5678, 010-0000-0000, 010-1111-2222, 010-1234-1234",
    "name@example.com, user@test.co.kr, abc@abc.com, your_email@gmail.com, info@seoul.go.kr",
    "2023-10-12부터 2024-01-31까지, 1990-2020년",
    "가격은 1,234,567,890원이고 코드는 20231012345입니다.",
    "3.141592653589793, 1.1428571428571428, 0.762848570174394",
    "10.1007/s00038-010-0172-7",
    "https://blog.naver.com/pinion_official/221947426345",
    "192.168.0.1, 127.0.0.1:8080, 00-14-22-01-23-45",
    "ISBN 978-89-349-4246-1, 978-7-5327-1234-6",
    "1717569778870, 13712345678은 소수입니까?",
    "13 + 14 = 27, 1371 2346",
    "주문 번호 110-284-719365",
    "4539 1488 0343 6468",  # fails Luhn
    "850314-2847196번째 항목",  # no check digit, nothing said
    "身份证号 110105194912310021",  # fails MOD 11-2
    "11010519491231002X",  # GB 11643's own example
    "git@github.com:okinst/okinst.git, @app.route('/x'), pip install a@1.2",
    "계좌를 개설한 날은 2023-10-12입니다.",
    "4111 1111 1111 1111, 4242 4242 4242 4242",
    "119에 전화하세요. 1588-1234",
    "국민은행 123-45-678901, 000-0000-0000",
    "工商银行 6222028374659102836",  # fails Luhn
    "https://board.kr/2023/010-8372-9164 /home/2023/010-8372-9164",
    "중국은행은 1912-02-05에, 010-12345678",
    "우리 2023-10-12에 만나요, 우리 11-22-3344",
    "여권번호 M12345678, 여권번호는 알파벳 한 자와 숫자 여덟 자",
    "微信号：wechat_id 微信公众平台，QQ号：123456",
]


@pytest.mark.parametrize(("kind", "text"), FOUND)
def test_personal_data_is_found(kind: str, text: str) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_names_nobody_is_not(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "stretches"),
    [
        ("010-8372-9164/010-2736-4815", ["010-8372-9164", "010-2736-4815"]),
        ("010-8372-9164/9165", ["010-8372-9164/9165"]),
        ("02-784-2916~7, 평일만", ["02-784-2916~7"]),
        ("010-8372-9164/김", ["010-8372-9164"]),
    ],
)
def test_numbers_in_a_row_are_found_whole(text: str, stretches: list[str]) -> None:
    assert [text[start:end] for start, end, _ in pii(text)] == stretches


days = st.dates(date(1920, 1, 1), date(2019, 12, 31))


@given(days, st.integers(0, 99999), st.booleans(), st.integers(1, 9))
def test_korean_resident_numbers(born: date, serial: int, woman: bool, off: int) -> None:
    first = f"{born:%y%m%d}" + str((1 if born.year < 2000 else 3) + woman) + f"{serial:05d}"
    (good,) = (first + str(digit) for digit in range(10) if is_ko_resident(first + str(digit)))
    bad = good[:12] + str((int(good[12]) + off) % 10)
    assert not is_ko_resident(bad)
    textbook = (
        len(set(good[6:])) <= 2 or len(set(good[7:])) <= 2 or good[6:] in "01234567890" or good[7:] in "01234567890"
    )
    assert (kinds(f"{good[:6]}-{good[6:]}") == ["resident number"]) is not textbook
    assert kinds(f"{bad[:6]}-{bad[6:]}") == []
    # a day that does not exist
    assert kinds(f"{good[:2]}13{good[4:6]}-{good[6:]}") == []


@given(st.dates(date(2020, 10, 6), date(2030, 1, 1)))
def test_numbers_without_a_check_digit_need_their_hyphen(born: date) -> None:
    assert kinds(f"{born:%y%m%d}-3829174") == ["resident number"]


@given(st.dates(date(1930, 1, 1), date(2024, 1, 1)), st.integers(0, 999), st.integers(1, 9))
def test_chinese_identity_numbers(born: date, serial: int, off: int) -> None:
    first = f"440305{born:%Y%m%d}{serial:03d}"
    (good,) = (first + digit for digit in "0123456789X" if is_zh_resident(first + digit))
    assert kinds(f"身份证：{good}。") == ["resident number"]
    digits = "0123456789X"
    bad = first + digits[(digits.index(good[-1]) + off) % 11]
    assert not is_zh_resident(bad)
    assert kinds(bad) == []
    assert kinds("99" + good[2:]) == []


@given(st.from_regex(r"[4569]\d{14}", fullmatch=True), st.integers(1, 9))
def test_card_numbers(first: str, off: int) -> None:
    (good,) = (first + str(digit) for digit in range(10) if luhn(first + str(digit)))
    bad = good[:15] + str((int(good[15]) + off) % 10)
    assert not luhn(bad)
    grouped = " ".join(good[start : start + 4] for start in range(0, 16, 4))
    if kinds(grouped):
        assert kinds(grouped) == ["card number"]
    else:  # typed at a keyboard
        assert len(set(good)) <= 2 or "12345" in good or good in ("4242424242424242",)
    assert kinds(" ".join(bad[start : start + 4] for start in range(0, 16, 4))) == []
    assert kinds(good) == []  # sixteen bare digits are anything


@given(st.text(st.sampled_from("0123456789-. ()@abc.com카드계좌手机+xX\n"), max_size=60))
def test_stretches_are_in_order_and_apart(text: str) -> None:
    last = 0
    for start, end, _ in pii(text):
        assert last <= start < end <= len(text)
        last = end


def test_years_are_no_telephones() -> None:
    for offset in range(0, 3000, 7):
        day = date(1990, 1, 1) + timedelta(days=offset)
        assert kinds(f"{day:%Y-%m-%d} {day:%Y.%m.%d} {day:%Y%m%d}") == []


# --- masks


@pytest.mark.parametrize("language", ["ko", "zh-Hans", "zh-Hant", "en", "mul"])
def test_masks_speak_the_language_of_the_row(language: str) -> None:
    row = masked(ask("번호?", "010-2847-6193, kim.ys@naver.com"), language)
    masks = MASKS.get(language, MASKS["en"])
    assert row["messages"][1]["content"] == f"{masks['phone number']}, {masks['e-mail address']}"
    assert row["id"] == "t/train/0"


def test_messages_and_context_stay_one() -> None:
    row = masked(ask("요약해 줘.", "김 씨의 전화는 010-2847-6193이다.", "김 씨: 010-2847-6193, kim.ys@naver.com"))
    assert row["context"] == "김 씨: [전화번호], [이메일]"
    assert row["messages"][0]["content"] == "요약해 줘.\n\n" + row["context"]
    assert row["messages"][1]["content"] == "김 씨의 전화는 [전화번호]이다."
    row = masked(talk([("human", "누구?"), ("gpt", "김 씨.")], "김 씨: 010-2847-6193"))
    assert (
        row["messages"][0]
        == {"role": "system", "content": row["context"]}
        == {"role": "system", "content": "김 씨: [전화번호]"}
    )


def test_a_number_said_again_goes_too() -> None:
    row = masked(ask("계좌번호가 뭐예요?", "계좌번호 110-284-719365입니다. 다시 말해 110-284-719365."))
    assert row["messages"][1]["content"] == "계좌번호 [계좌번호]입니다. 다시 말해 [계좌번호]."


def test_masks_are_counted_and_dropping_is_by_reason() -> None:
    rows = rows_of(ask("번호?", "010-2847-6193, 010-2847-6193"), ask("왜?", "그냥."))
    done = Filter.from_values({"pii": "mask"}, "").apply(rows)
    assert done.masked == {"phone number": 2}
    done = Filter.from_values({"pii": "drop"}, "").apply(rows)
    assert done.dropped.to_pylist() == [{"index": 0, "reason": "personal data", "evidence": "phone number: 010-…"}]
    assert done.aside["messages"][0].as_py()[1]["content"] == "[전화번호], [전화번호]"
    assert done.masked == {}


def test_masks_of_dropped_rows_are_not_counted() -> None:
    done = Filter.from_values({"pii": "mask", "max_turns": 0}, "").apply(rows_of(ask("번호?", "010-2847-6193")))
    assert (done.table.num_rows, done.masked) == (0, {})
    assert "[전화번호]" in str(done.aside.to_pylist())


def test_every_message_of_a_preference_is_masked() -> None:
    row = prefer("010-2847-6193은 누구?", "kim.ys@naver.com", "010-5826-3917")
    done = Filter.from_values({"pii": "mask"}, "").apply(rows_of(row, shape="preference"))
    (kept,) = done.table.to_pylist()
    assert [kept[name][0]["content"] for name in ("prompt", "chosen", "rejected")] == [
        "[전화번호]은 누구?",
        "[이메일]",
        "[전화번호]",
    ]


# --- credentials: put together here, so that nobody's scanner takes this file for a leak

_B = "b7Qx2Lk9Vw4Zt8Rn5Hc3Mf6Jd1Gs0Pa" * 4
SECRETS = {
    "GitHub Token": "ghp" + "_" + _B[:36],
    "AWS Access Key": "AK" + "IA" + "Q7ZX2LK9VW4T8RNB",
    "Slack Token": "xox" + "b-2847193655-7361948265-" + _B[:24].lower(),
    "Stripe Access Key": "sk" + "_live_" + _B[:24],
    "Google API key": "AI" + "za" + _B[:35],
    "Hugging Face token": "hf" + "_" + _B[:34],
    "NPM token": "npm" + "_" + _B[:36],
    "PyPI token": "pypi" + "-AgEIcHlwaS5vcmc" + _B[:60],
    "Groq key": "gsk" + "_" + _B[:52],
    "Replicate token": "r8" + "_" + _B[:37],
    "Notion token": "ntn" + "_" + _B[:46],
    "OpenAI key": "sk" + "-" + _B[:48],
    "Anthropic key": "sk" + "-ant-" + _B[:60],
    "SendGrid API Key": "SG" + "." + _B[:22] + "." + _B[:43],
    "GitLab Token": "gl" + "pat-" + _B[:20],
    "Telegram Bot Token": "2847193655:" + "A" + _B[:34],
    "Twilio API Key": "S" + "K" + "b7c2d9e4f8a5b3c6d1e0f7a2b9c4d8e5",
    "Facebook token": "EA" + "A" + _B[:90],
    "JSON Web Token": "ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiJraW0ifQ." + _B[:43],
    "Private Key": "-----BEGIN RSA PRIVATE" + " KEY-----\n" + _B[:64] + "\n" + _B[3:67] + "\n-----END RSA PRIVATE" + " KEY-----",
}  # fmt: skip


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("around", ["{}", "키는 {}입니다.", "token = '{}'", "密钥：{}。", "```\nexport KEY={}\n```"])
def test_credentials_are_found_and_masked(kind: str, around: str) -> None:
    text = around.format(SECRETS[kind])
    assert [text[start:end] for start, end, _ in secrets(text)] == [SECRETS[kind]]
    row = masked(ask("제 키를 보세요: " + text, "네, " + text))
    assert row["messages"][1]["content"] == "네, " + around.format("[비밀 키]")
    assert row["messages"][0]["content"] == "제 키를 보세요: " + around.format("[비밀 키]")


_HEX = "b7c2d9e4f8a5b3c6" + "d1e0f7a2b9c4d8e5"
_LOCK = "mK7!" + "vq2Zr"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("aws_secret_access_key={}", _B[:20] + "/" + _B[20:39]),
        ("AWS Secret Access Key: {}", _B[:40]),
        ("https://api.kim.kr/v1?access_token={}&page=1", _B[:32]),
        ('{{"access_token":"{}"}}', _B[:32]),
        ("curl -H 'Authorization: Bearer {}'", _B[:40]),
        ("client_secret: '{}'", _B[:24]),
        ('API_KEY="{}"', _HEX),
        ("X-API-Key: {}", _HEX),
        ("API 키는 {}입니다.", _B[:32]),
        ("密钥：{}。", _B[:32]),
        ("password={}", _LOCK),
        ("DB_PASSWORD: '{}'", "w9#L" + "q2pTz(x"[:5]),
        ("비밀번호: {}입니다.", _LOCK),
        ("비밀번호는 {} 입니다.", "Kimchi" + "2024!"),
        ("密码：{}。", "mK7v" + "q2Zr"),
        ("password is {}", _LOCK),
        ("sessionid={}", _B[:32]),
        ('{{"private_key_id": "{}"}}', _HEX + "0a1b2c3d"),
    ],
)
def test_what_a_name_makes_a_credential_is_masked_whole(text: str, secret: str) -> None:
    said = text.format(secret)
    assert [said[start:end] for start, end, _ in secrets(said)] == [secret]
    assert masked(ask("키?", said))["messages"][1]["content"] == text.format("[비밀 키]")
    assert masked(ask("키?", text.format("[비밀 키]")))["messages"][1]["content"] == text.format("[비밀 키]")
    done = Filter.from_values({"secrets": "drop"}, "").apply(rows_of(ask("키?", said)))
    assert secret[4:] not in str(done.dropped.to_pylist())


@pytest.mark.parametrize(
    "text",
    [
        "api_key = 'YOUR_API_KEY', client_secret = 'yourclientsecret', token=<token>",
        "password: xxxxxxxx1, password='password123', 비밀번호: 12345678",
        'api_key=os.environ["X"], secret = process.env.APP_SECRET_2, key = settings.SECRET_KEY_2',
        "password = input('pw1'), password=request.form['password1'], password = hashlib.sha256(x)",
        "access_token={{token}}, access_token=${ACCESS_TOKEN_2}, password=$DB_PW_2023",
        "secret = get_secret_value_2(name), token = tokenizer.encode(text2), pwd=/home/user1/data",
        "비밀번호: 영문과 숫자 8자 이상, 密码：至少8位",
        "token_count=1283, max_token: 4096, token: 2023-10-12T10:20:30",
        "password_hash=5f4dcc3b5aa765d61d8327deb882cf99, nextPageToken=" + _B[:30],
        "Bearer token, Authorization: Bearer <token>, api_key = 1234567890abcdef1234567890abcdef",
        "密钥：ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "The password is required, your password is incorrect2, sessionid=yoursessionid",
    ],
)
def test_what_stands_for_a_credential_is_none(text: str) -> None:
    assert secrets(text) == []


@given(st.text(st.sampled_from("pasword=:비밀번호密码\"' \tbearerkToen_aB3x9Zq!$/.-\n"), max_size=80))
def test_names_are_searched_in_all_candidates(text: str) -> None:
    """What is found lies in the text, and the pattern that looks for candidates passes none of it over."""
    found = secrets(text)
    assert all(0 <= start < end <= len(text) for start, end, _ in found)
    assert not found or secrets_module.candidates(pa.array([text]))[0]


def test_a_long_line_of_names_costs_one_pass() -> None:
    started = time.process_time()
    for text in ("password=" * 20_000, "token=" + "aB3x" * 50_000, "비밀번호: " * 20_000, "Bearer " * 20_000):
        secrets(text)
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "sk-your-api-key-goes-here-please",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "postgres://user:password@localhost:5432/db",
        "mongodb://<user>:<password>@host/db",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "550e8400-e29b-41d4-a716-446655440000",
        "password = 'hunter2', api_key = os.environ['API_KEY']",
        "-----BEGIN RSA PRIVATE" + " KEY-----\n...\n-----END RSA PRIVATE KEY-----",
        "APCalculusBC, APPLICATIONSERVER",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4",
    ],
)
def test_what_opens_nothing_is_no_credential(text: str) -> None:
    assert secrets(text) == []


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("values", [{"secrets": "drop"}, {"secrets": "mask", "code": "only"}, {"refusals": "drop"}])
def test_no_secret_is_shown(kind: str, values: dict[str, str]) -> None:
    """Neither in reasons nor in evidence, and not in the rows put aside by a filter for secrets."""
    answer = "죄송하지만 그 키는 쓸 수 없습니다. " + SECRETS[kind]
    done = Filter.from_values(values, "here").apply(rows_of(ask("키?", answer)))
    assert done.dropped.num_rows == 1
    body = SECRETS[kind].splitlines()[-2 if kind == "Private Key" else 0][6:]
    assert body[:12] not in str(done.dropped.to_pylist())
    if "secrets" in values:
        assert body[:12] not in str(done.aside.to_pylist())
        assert body[:12] not in str(done.reasons)
    if values["secrets" if "secrets" in values else "refusals"] == "drop" and "secrets" in values:
        assert re.fullmatch(r".+: .{4}…", done.dropped["evidence"][0].as_py())


@pytest.mark.parametrize("detector", detectors(), ids=lambda detector: detector.secret_type)
def test_nothing_a_detector_finds_is_passed_over(detector: object) -> None:
    """The pattern that looks for candidates finds all that the detectors' own patterns do."""

    printable = st.characters(min_codepoint=32, max_codepoint=126)

    @settings(max_examples=10)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        for pattern in detector.denylist:  # type: ignore[attr-defined]
            text = data.draw(st.from_regex(pattern, alphabet=printable))
            assert secrets_module.candidates(pa.array([text]))[0]

    check()


def test_entropy_and_words_are_no_detectors() -> None:
    names = {detector.secret_type for detector in detectors()}
    assert not names & {"Base64 High Entropy String", "Hex High Entropy String", "Secret Keyword", "Public IP (ipv4)"}
    assert {"GitHub Token", "AWS Access Key", "JSON Web Token", "Basic Auth Credentials"} <= names


def test_half_a_secret_is_not_shown_either() -> None:
    row = ask("키?", "```python\nclient = connect(region='ap-northeast-2', key='" + SECRETS["OpenAI key"] + "')\n```")
    done = Filter.from_values({"code": "drop"}, "").apply(rows_of(row))
    assert done.dropped["evidence"].to_pylist() == ["not shown: the row holds a credential"]
