"""The report page in headless Chromium: it says nothing in the console, opens no connection, searches, and hostile rows do nothing.

Needs playwright (pip install playwright) and Chromium (Debian: apt-get install chromium; elsewhere CHROMIUM=/path/to/it).
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from okinst.publishing import build
from okinst.publishing.report import page as pages
from okinst.publishing.report import write
from tests.test_report import HOSTILE, conversations, folder_of

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium, or CHROMIUM=/path/to/it"),
]
WAIT = 30_000  # ms: shared machines stall


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


class Visit:
    """A page that was opened, and all that it said and asked for."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.context = browser.new_context(**{"locale": "en", "color_scheme": "light", **options})
        self.context.set_default_timeout(WAIT)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        self.address = path.resolve().as_uri()
        self.page.goto(self.address)
        # the page's policy forbids evaluating text, so nothing here waits by a script
        self.status = self.page.locator("#rows [role=status]")
        playwright.expect(self.status).not_to_be_empty(timeout=WAIT)

    def quiet(self) -> bool:
        """Whether nothing was said, and nothing asked for but the page itself."""
        return not self.said and {each.partition("#")[0] for each in self.asked} == {self.address}

    def count(self) -> str:
        return str(self.status.text_content())


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    opened: list[Visit] = []

    def open(path: Path, **options: Any) -> Visit:
        opened.append(Visit(browser, path, **options))
        return opened[-1]

    yield open
    for each in opened:
        each.context.close()


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("aulm")
    folder = build("aulm-0809", path / "out", sample=True, cache_dir=str(path / "cache")).folder
    return write(folder, path / "page.html").path


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile")
    rows = conversations([(text, f"답 {text}") for text in HOSTILE])
    return write(folder_of(path, rows, description=HOSTILE[1]), path / "page.html").path


def test_it_is_quiet_and_searches(visit: Any, mixture: Path) -> None:
    seen = visit(mixture)
    page = seen.page
    assert seen.count() == "160 of 160 rows"
    page.fill("#search", "koalpaca-v1.1/train/1")
    playwright.expect(seen.status).not_to_have_text("160 of 160 rows", timeout=WAIT)
    ids = page.locator("article.row header code").all_text_contents()
    assert ids and all(id.startswith("koalpaca-v1.1/train/1") for id in ids)
    assert page.locator("#results mark").count() == 0  # the id is no text of the row
    word = page.locator("article.row .said").first.text_content().split()[0]
    page.fill("#search", word.upper())
    page.wait_for_selector("#results mark")
    assert page.locator("#results mark").first.text_content().lower() == word.lower()
    page.fill("#search", "무엇과도 같지 않은 말")
    playwright.expect(seen.status).to_have_text("0 of 160 rows", timeout=WAIT)
    assert "No row is like that" in page.text_content("#results")
    assert seen.quiet(), (seen.said, seen.asked)


def test_filters_and_rows_that_did_not_come_through(visit: Any, mixture: Path) -> None:
    seen = visit(mixture)
    page = seen.page
    page.get_by_label("Source").last.select_option(label="koalpaca-v1.1")
    assert all(id.startswith("koalpaca-v1.1/") for id in page.locator("article.row header code").all_text_contents())
    page.get_by_label("Show").select_option("dropped")
    assert seen.count() == "30 of 30 rows"
    reasons = page.get_by_label("Reason").locator("option").all_text_contents()
    page.get_by_label("Reason").select_option(label=reasons[1])
    assert page.locator("article.row .tag.warn").count() == page.locator("article.row").count() > 0
    assert seen.quiet()


def test_hostile_rows_do_nothing(visit: Any, hostile: Path) -> None:
    seen = visit(hostile)
    page = seen.page
    assert page.title() == "made · okinst"
    assert page.locator("main script, main img, main iframe, main style").count() == 0
    texts = page.locator(".block.user .said").all_text_contents()
    assert texts[0] == HOSTILE[0] and texts[1] == HOSTILE[1] and texts[2] == HOSTILE[2]
    # marks that turn text around are named, not obeyed; so are control characters
    assert (
        texts[4].startswith("왼쪽 U+202Egnirts a si sihtU+202C 오른쪽 U+2066U+200F끝")
        and "\u202e" not in page.content().split("<script")[0]
    )
    assert texts[6].startswith("널U+0000문자 U+001B[31m")
    # a long line does not make the page wider than the window, and the cut says where the whole is
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert 'load_dataset("DIR", "made", split="train")[5]' in page.locator("article.row").nth(5).text_content()
    for wanted in ("<script", "__proto__", "onerror"):
        page.fill("#search", wanted)
        page.wait_for_selector("#results mark")
    assert page.title() == "made · okinst" and seen.quiet(), seen.said


def test_script_that_got_in_does_not_run(visit: Any, hostile: Path) -> None:
    seen = visit(hostile)
    seen.page.evaluate(
        """() => { const made = document.createElement("div"); made.innerHTML = "<img src=x onerror=\\"document.title='in'\\">";
        document.body.append(made); const run = document.createElement("script"); run.textContent = "document.title='in'";
        document.body.append(run); }"""
    )
    seen.page.wait_for_timeout(200)
    assert seen.page.title() == "made · okinst"
    assert any("Content Security Policy" in said for said in seen.said)


def test_the_language(visit: Any, mixture: Path) -> None:
    seen = visit(mixture, locale="ko-KR")
    page, korean, english = seen.page, pages.words("ko"), pages.words("en")
    assert page.get_attribute("html", "lang") == "ko"
    assert page.text_content("#rows h2") == korean["section.rows"]
    page.click("#language")
    assert page.text_content("#rows h2") == english["section.rows"]
    assert page.evaluate("document.activeElement.id") == "language"
    page.reload()  # remembered
    playwright.expect(page.locator("#rows h2")).to_have_text(english["section.rows"], timeout=WAIT)
    # every key that the page asks for has a word: a missing one would stand there itself
    page.click("#language")
    shown = page.evaluate("document.querySelector('main').innerText")
    assert not [key for key in korean if "." in key and key in shown]
    assert seen.quiet()


def test_dark(visit: Any, mixture: Path) -> None:
    def paper(seen: Visit) -> int:
        found = seen.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        return int(sum(found[:3]))

    seen = visit(mixture, color_scheme="dark")
    assert paper(seen) < 200
    seen.page.click("#scheme")
    assert paper(seen) > 600
    assert visit(mixture).page.evaluate("matchMedia('(prefers-color-scheme: light)').matches") and seen.quiet()


def test_phone_and_keyboard(visit: Any, mixture: Path) -> None:
    seen = visit(mixture, viewport={"width": 360, "height": 740})
    page = seen.page
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#rows")
    # everything that can be clicked can be reached: no click stands on what takes no focus
    assert page.evaluate("[...document.querySelectorAll('canvas')].every((each) => each.closest('[aria-label]'))")
    assert page.evaluate("[...document.querySelectorAll('select, input')].every((each) => each.closest('label'))")
    assert seen.quiet()


def test_the_map_by_keyboard(visit: Any, tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="pip install 'okinst[curation]'")
    pytest.importorskip("kiwipiepy", reason="pip install 'okinst[curation]'")
    folder = build("koquality", tmp_path / "out", sample=True, cache_dir=str(tmp_path / "cache")).folder
    seen = visit(write(folder, tmp_path / "page.html").path)
    page = seen.page
    before = page.text_content("#selection aside")
    page.focus("#selection .map [tabindex='0'].chart")
    page.keyboard.press("ArrowRight")
    assert page.text_content("#selection aside") != before
    page.get_by_label("Chosen only").check()
    page.keyboard.press("Tab")
    for colour in ("group", "score", "source"):
        page.get_by_label("Colour by").select_option(colour)
    page.locator("#selection table button.plain").first.click()
    assert seen.quiet(), seen.said


def test_an_empty_set_has_a_page(visit: Any, tmp_path: Path) -> None:
    seen = visit(write(folder_of(tmp_path, conversations([])), tmp_path / "page.html").path)
    assert "This set has no rows" in seen.page.text_content("main")
    assert seen.quiet(), seen.said
