"""Building the index in a browser, with JavaScript and without, and what a search says before and after."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.accounts.demo_house import PASSPHRASE
from tests.server import Server, running_server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server(seed=True) as server:
        yield server


def _signed_in(browser: Browser, server: Server, username: str, *, scripts: bool) -> Page:
    page = browser.new_context(base_url=server.url, java_script_enabled=scripts, locale="zh-CN").new_page()
    page.set_default_timeout(20_000)
    page.goto("/desk/sign-in/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=passphrase]").fill(PASSPHRASE)
    page.get_by_role("button", name="登录").click()
    return page


@pytest.mark.parametrize(("username", "scripts"), [("triager", True), ("triager-province", False)])
def test_building_the_index_ends_and_leaves_nothing_missing(
    browser: Browser, server: Server, username: str, scripts: bool
) -> None:
    page = _signed_in(browser, server, username, scripts=scripts)
    page.goto("/desk/queue/index/")
    expect(page.get_by_text("件没有索引。")).to_be_visible()

    page.get_by_role("button", name="开始").click()

    expect(page.get_by_text("已建完")).to_be_visible()
    page.goto("/desk/queue/index/")
    expect(page.get_by_text("没有需要补建的来件")).to_be_visible()
    page.context.close()
