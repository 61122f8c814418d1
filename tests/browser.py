"""The distribution's Chromium, offline, as for a file opened from disk."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
MILLISECONDS = 30_000


def chromium() -> str | None:
    """The path of a Chromium on this machine."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@contextmanager
def open_browser(executable: str) -> Iterator[Browser]:
    """A headless browser while the block lasts."""
    # Chromium refuses to run as root in its sandbox.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page from disk, and what went wrong on it."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """What it requested that is neither in the file nor beside it."""

    def heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def asked(self, request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.requests.append(request.url)


@contextmanager
def visit(
    browser: Browser,
    file: Path,
    rest: str = "",
    width: int = 1280,
    height: int = 1000,
    scheme: str = "light",
) -> Iterator[Visit]:
    """Open a file from disk, offline; `rest` is what follows its name in the address.

    `scheme` is what the reader prefers: light or dark.
    """
    # Not the portfolio's time zone: the page must not depend on where its reader is.
    context = browser.new_context(
        offline=True,
        viewport={"width": width, "height": height},
        timezone_id="America/New_York",
        locale="en-US",
        color_scheme="dark" if scheme == "dark" else "light",
    )
    context.set_default_timeout(MILLISECONDS)
    seen = Visit(context.new_page())
    seen.page.on("console", seen.heard)
    seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
    seen.page.on("request", seen.asked)
    seen.page.goto(file.as_uri() + rest)
    yield seen
    context.close()


def wait_for_report(page: Page) -> str:
    """Wait until the report has drawn its charts; returns what it has drawn."""
    page.wait_for_selector("body[data-drawn]")
    return page.locator("body").get_attribute("data-drawn") or ""
