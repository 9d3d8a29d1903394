"""A browser for the tests of pages: Debian's Chromium without a screen and without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

#: Graphics are computed by the processor, so that they are the same everywhere.
OPTIONS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
DESKTOP, PHONE = (1280, 800), (390, 844)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, if there is one."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium is installed, with which pages are tested")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        yield chromium
        chromium.close()


@contextmanager
def opened(browser: Browser, file: Path, fragment: str = "", size: tuple[int, int] = DESKTOP) -> Iterator[Page]:
    """A page that was opened from a file; afterwards, it must have said no error and asked for no other file."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, accept_downloads=True)
    context.set_default_timeout(120_000)  # a machine that has other work to do is slow, not broken
    page = context.new_page()
    page.on(
        "console", lambda said: wrong.append(f"console: {said.text}") if said.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on(
        "request", lambda asked: None if asked.url.startswith(("file:", "data:", "blob:")) else wrong.append(asked.url)
    )
    page.goto(file.as_uri() + fragment)
    yield page
    context.close()
    assert not wrong


def serious_violations(page: Page) -> list[str]:
    """Rules of accessibility that a page breaks and that axe finds serious or critical, with the elements that do."""
    # browsers give neither style sheets of files to scripts nor messages to frames, whose pages have own tests
    found = Axe().run(page, options={"preload": False, "iframes": False}).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in ("serious", "critical")
    ]
