"""Screenshots of `okinst report`, to look at before a change of the page goes out: desktop, phone, dark, in English and Korean.

    python scripts/screenshots.py --mirror ../shared/mirror --to shots     # builds examples/curated-korean.toml and its grid first
    python scripts/screenshots.py --folder out --grid grid --to shots      # of a folder that is there

Needs 'okinst[curation]', playwright (pip install playwright) and Chromium: Debian's package, or CHROMIUM=/path/to/it.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from okinst.publishing.report import write

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "examples" / "curated-korean.toml"
#: name: width, height, colour scheme, language of the browser
VIEWS = {
    "desktop": (1360, 900, "light", "en"),
    "dark": (1360, 900, "dark", "en"),
    "phone": (390, 844, "light", "ko"),
    "phone-dark": (390, 844, "dark", "en"),
}


def built(to: Path, mirror: Path) -> tuple[Path, Path]:
    """The curated set and its grid, made once."""
    folder, grid = to / "set", to / "grid"
    for command, made, more in (
        ("build", folder, ()),
        ("grid", grid, ("--rule", "budget,stride,low", "--groups", "1,5", "--clusters", "10,50", "--share", "0.1")),
    ):
        if not made.exists():
            call = [sys.executable, "-m", "okinst.cli.app", command, RECIPE, "-o", made, "--mirror", mirror, *more]
            subprocess.run(list(map(str, call)), check=True)
    return folder, grid


def shoot(page: Page, to: Path, name: str) -> None:
    """The whole page, and each section by itself."""
    page.wait_for_selector("article.row, #results .muted")
    page.evaluate("document.querySelector('.bar').style.position = 'static'")  # it would lie over what is shot
    page.screenshot(path=to / f"{name}.png", full_page=True)
    for section in page.query_selector_all("section"):
        section.screenshot(path=to / f"{name}-{section.get_attribute('id')}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--grid", type=Path)
    parser.add_argument("--mirror", type=Path)
    given = parser.parse_args()
    if not (given.folder or given.mirror):
        parser.error("name a built folder (--folder), or a mirror to build the example from (--mirror)")
    given.to.mkdir(parents=True, exist_ok=True)
    folder, grid = (given.folder, given.grid) if given.folder else built(given.to, given.mirror)
    told = write(folder, given.to / "report.html", grid=grid)
    print(f"{told.path}: {told.bytes:,} bytes, {told.rows_shown:,} of {told.rows:,} rows")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (width, height, scheme, language) in VIEWS.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                locale=language,
                device_scale_factor=2 if width < 500 else 1,
            )
            page = context.new_page()
            page.on("console", lambda said, name=name: print(f"{name}: {said.type}: {said.text}"))
            page.on("pageerror", lambda error, name=name: print(f"{name}: {error}"))
            page.goto(told.path.resolve().as_uri())
            shoot(page, given.to, name)
            print(given.to / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
