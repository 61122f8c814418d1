"""Fixtures of the tests of pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium, open_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The distribution's Chromium; without it, tests that need it are skipped."""
    executable = chromium()
    if executable is None:
        pytest.skip("there is no Chromium: install the distribution's (apt-get install chromium)")
    with open_browser(executable) as opened:
        yield opened
