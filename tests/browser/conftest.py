"""A house that serves, and a browser to look at it with."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.machine import chromium
from tests.server import Server, running_server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The demo house; a module that needs another one has its own."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()
