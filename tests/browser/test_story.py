"""The main job as people do it, in headless Chromium, with JavaScript and without."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.accounts.demo_house import PASSPHRASE
from tests.server import Server

pytestmark = pytest.mark.browser
TITLE = "锦江区院一名干警收受请托人财物"
WORDS = "今年三月，该干警在茶楼收受当事人亲属现金。"
REPLY = "您反映的情况已收到，正在核查，三个月内答复进展。"


def _page(browser: Browser, server: Server, *, scripts: bool) -> Page:
    """A page in a browser of its own; any script error or blocked resource fails the test."""
    context = browser.new_context(base_url=server.url, java_script_enabled=scripts, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(10_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.on("close", lambda _: _no_problems(problems))
    return page


def _no_problems(problems: list[str]) -> None:
    assert [text for text in problems if "404" not in text] == []


def _file_tip(page: Page) -> str:
    """File a tip to the city about the county; the receipt as shown."""
    page.goto("/")
    page.get_by_role("link", name="开始举报").click()
    page.locator("select[name=organ]").select_option("510100")
    page.get_by_label("不是：").check()
    page.get_by_label("标题").fill(TITLE)
    page.get_by_label("详细情况").fill(WORDS)
    page.locator("[name=subjects-0-name]").fill("王某")
    page.locator("[name=subjects-0-organ_text]").fill("锦江区检察院")
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="提交", exact=True).last.click()
    found = re.search(
        r"(\d{5})\D+(\d{5})\D+(\d{5})\D+(\d{5})\D+(\d{5})", page.locator(".receipt").inner_text()
    )
    assert found is not None
    assert "-".join(found.groups()) not in page.url
    return "-".join(found.groups())


def _sign_in(page: Page, username: str) -> None:
    page.goto("/desk/sign-in/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("口令", exact=True).fill(PASSPHRASE)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile(r"/desk/$"))


def _work_on_it(page: Page) -> None:
    """Read, claim, reply, make it a lead."""
    page.goto("/desk/queue/")
    page.get_by_role("link", name=TITLE).first.click()
    expect(page.get_by_role("article").get_by_text(WORDS)).to_be_visible()
    page.get_by_role("button", name="认领").click()
    page.locator("summary", has_text="答复").first.click()
    page.locator("form[action$='/reply/'] [name=text]").fill(REPLY)
    page.get_by_role("button", name="发出答复").click()
    page.locator("form[action$='/decide/'] [name=outcome][value=lead]").check()
    page.get_by_role("button", name="定性", exact=True).click()
    page.get_by_role("link", name="查看台账中的线索").first.click()
    expect(page.get_by_role("heading", name=re.compile(TITLE))).to_be_visible()


def _track(page: Page, receipt: str) -> None:
    page.goto("/track/")
    page.get_by_label("回执号").fill(receipt.replace("-", " "))
    page.get_by_role("button", name="查询").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_story_in_a_browser(server: Server, browser: Browser, scripts: bool) -> None:
    reporter = _page(browser, server, scripts=scripts)
    receipt = _file_tip(reporter)
    assert reporter.context.cookies() == []

    triager = _page(browser, server, scripts=scripts)
    _sign_in(triager, "triager")
    _work_on_it(triager)
    lead = triager.url

    _track(reporter, receipt)
    expect(reporter.get_by_text(REPLY)).to_be_visible()
    expect(reporter.get_by_text(TITLE)).to_have_count(0)
    assert receipt not in reporter.url

    for name in ("triager-county", "supervisor-county"):
        county = _page(browser, server, scripts=scripts)
        _sign_in(county, name)
        for path in ("/desk/", "/desk/queue/", "/desk/leads/", "/desk/queue/?q=茶楼"):
            county.goto(path)
            expect(county.get_by_text(TITLE)).to_have_count(0)
        answer = county.goto(lead)
        assert answer is not None
        assert answer.status == 404
        county.close()
    for page in (reporter, triager):
        page.close()
