"""The second factor as people meet it, in a real house under YANLU_DEMO=0 and in Chromium.

The security key is Chromium's own virtual authenticator, so page, script, browser and server are all real.
"""

import base64
import datetime as dt
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.accounts.demo_house import PASSPHRASE
from portal.vault.one_time_codes import code_at, step_at
from tests.server import Server, running_server

pytestmark = pytest.mark.browser
PAGES = re.compile(r"/desk/$")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server(demo=False, host="localhost") as server:
        yield server


def _page(browser: Browser, server: Server, *, scripts: bool = True) -> tuple[Page, list[str]]:
    """A page in a browser of its own, and what went wrong on it: script errors, whatever the CSP blocked."""
    context = browser.new_context(base_url=server.url, java_script_enabled=scripts, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(15_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    return page, problems


def _security_key(page: Page) -> tuple[object, str]:
    """A security key plugged into this page's browser, ready to be touched."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, str(made["authenticatorId"])


def _first_step(page: Page, username: str) -> None:
    page.goto("/desk/sign-in/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("口令", exact=True).fill(PASSPHRASE)
    page.get_by_role("button", name="登录", exact=True).click()


def test_security_key_registers_signs_in_and_confirms(server: Server, browser: Browser) -> None:
    page, problems = _page(browser, server)
    _security_key(page)

    _first_step(page, "triager")
    expect(page.get_by_role("heading", name="登录第二步")).to_be_visible()
    page.get_by_role("button", name="登记安全密钥").click()
    page.get_by_role("button", name="登记并登录").click()
    expect(page).to_have_url(PAGES)

    page.get_by_role("button", name="退出").click()
    _first_step(page, "triager")
    page.goto("/desk/queue/")  # half signed in: nothing but the second step
    expect(page).to_have_url(re.compile(r"/desk/second-step/\?next=%2Fdesk%2Fqueue%2F$"))
    page.get_by_role("button", name="使用安全密钥").click()
    expect(page).to_have_url(re.compile(r"/desk/queue/$"))

    page.get_by_role("link", name="登录验证").click()
    page.get_by_role("button", name="使用安全密钥").click()
    expect(page.get_by_role("link", name="再登记一种")).to_be_visible()
    assert problems == []


def test_security_key_nobody_touches_or_knows_says_so(server: Server, browser: Browser) -> None:
    page, problems = _page(browser, server)
    _security_key(page)
    _first_step(page, "leader")
    page.get_by_role("button", name="登记安全密钥").click()
    page.get_by_role("button", name="登记并登录").click()
    expect(page).to_have_url(PAGES)
    stranger, _ = _page(browser, server)
    _security_key(stranger)  # another key, on which nothing is registered

    _first_step(stranger, "leader")
    stranger.get_by_role("button", name="使用安全密钥").click()

    expect(stranger.locator("[data-said]")).to_contain_text("没有完成")
    stranger.goto("/desk/")
    expect(stranger).to_have_url(re.compile(r"/desk/second-step/"))
    assert problems == []


@pytest.mark.parametrize(("scripts", "username"), [(True, "moderator"), (False, "clerk")])
def test_phone_registers_and_signs_in(server: Server, browser: Browser, scripts: bool, username: str) -> None:
    page, problems = _page(browser, server, scripts=scripts)

    _first_step(page, username)
    page.get_by_role("button", name="登记手机").click()
    picture = page.locator("img.qr")
    expect(picture).to_be_visible()
    page.locator("summary", has_text="手工输入密钥").click()
    secret = base64.b32decode(page.locator(".fingerprint").inner_text().replace(" ", ""))
    step = step_at(dt.datetime.now(dt.UTC))
    page.get_by_label("手机上现在显示的六位数字").fill(code_at(secret, step))
    page.get_by_role("button", name="完成登记并登录").click()
    expect(page).to_have_url(PAGES)

    page.get_by_role("button", name="退出").click()
    _first_step(page, username)
    page.get_by_label("手机上的六位数字").fill("000000")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("没有通过")
    page.get_by_label("手机上的六位数字").fill(code_at(secret, step + 1))
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(PAGES)

    assert [text for text in problems if "400" not in text] == []
