"""Somebody writes a long reply, is called away and comes back: in Chromium, with JavaScript and without."""

import re
import sqlite3

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from portal.accounts.demo_house import PASSPHRASE
from tests.rest import TIP
from tests.server import Server

pytestmark = pytest.mark.browser
REPLY = "您反映的情况已收到。\n" + "我们正在逐项核查，三个月内答复进展。" * 40
FIELD = "form[action$='/reply/'] [name=text]"


def _page(browser: Browser, server: Server, *, scripts: bool) -> Page:
    context = browser.new_context(base_url=server.url, java_script_enabled=scripts, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def _unlock(page: Page) -> None:
    expect(page.get_by_role("heading", name="已锁定")).to_be_visible()
    page.get_by_label("口令", exact=True).fill(PASSPHRASE)
    page.get_by_role("button", name="解锁").click()


def _open_reply(page: Page, server: Server, title: str) -> None:
    """File a tip, sign in, open it and its reply form."""
    filed = page.request.post(f"{server.url}/api/v1/reports", data={**TIP, "title": title})
    assert filed.status == 201
    page.goto("/desk/sign-in/")
    page.get_by_label("用户名").fill("triager")
    page.get_by_label("口令", exact=True).fill(PASSPHRASE)
    page.get_by_role("button", name="登录").click()
    page.goto("/desk/queue/")
    page.get_by_role("link", name=title).first.click()
    page.locator("summary", has_text="答复").first.click()


def _go_away(server: Server) -> None:
    """Nobody touches any session for a long time; no lock yet, that is for the next request."""
    statement = "UPDATE accounts_session SET seen_at = '2026-01-01 00:00:00'"
    if server.database.startswith("sqlite:///"):
        with sqlite3.connect(server.database.removeprefix("sqlite:///"), timeout=10) as connection:
            connection.execute(statement)
        connection.close()
        return
    with psycopg.connect(server.database) as cluster:
        cluster.execute(statement)


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_reply_sent_in_a_locked_session_is_found_again_and_sent(
    server: Server, browser: Browser, scripts: bool
) -> None:
    page = _page(browser, server, scripts=scripts)
    _open_reply(page, server, f"锁屏前的来件（{'有' if scripts else '无'}脚本）")
    page.locator(FIELD).fill(REPLY)
    _go_away(server)

    page.get_by_role("button", name="发出答复").click()
    _unlock(page)

    expect(page.get_by_text("已恢复您")).to_be_visible()
    expect(page.locator(FIELD)).to_be_visible()
    expect(page.locator(FIELD)).to_have_value(REPLY)
    page.get_by_role("button", name="发出答复").click()
    expect(page.locator(".thread__office")).to_have_count(1)
    expect(page.get_by_text("没有提交的草稿")).to_have_count(0)
    page.context.close()


def test_reply_never_sent_is_saved_while_it_is_typed(server: Server, browser: Browser) -> None:
    page = _page(browser, server, scripts=True)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    _open_reply(page, server, "写到一半的来件")
    item = page.url
    page.locator(FIELD).press_sequentially("写到一半，", delay=5)
    expect(page.get_by_text(re.compile(r"草稿已保存 \d\d:\d\d$"))).to_be_visible()

    _go_away(server)
    page.goto(item)
    _unlock(page)
    expect(page.get_by_text("没有提交的草稿")).to_be_visible()
    page.get_by_role("link", name="放回表单").click()

    expect(page.locator(FIELD)).to_have_value("写到一半，")
    page.locator(FIELD).press_sequentially("又写了一半。", delay=5)
    page.get_by_role("button", name="发出答复").click()
    expect(page.locator(".thread__office")).to_have_count(1)
    expect(page.get_by_text("没有提交的草稿")).to_have_count(0)
    assert problems == []
    page.context.close()


def test_typing_on_in_a_locked_session_says_so_and_loses_nothing(server: Server, browser: Browser) -> None:
    page = _page(browser, server, scripts=True)
    _open_reply(page, server, "回来接着写的来件")
    page.locator(FIELD).fill("离开以前写的。")
    _go_away(server)

    page.locator(FIELD).press_sequentially("回来以后写的。", delay=5)
    expect(page.get_by_text("系统已锁定，提交时需要口令，内容不会丢。")).to_be_visible()
    page.get_by_role("button", name="发出答复").click()
    _unlock(page)

    expect(page.locator(FIELD)).to_have_value("离开以前写的。回来以后写的。")
    page.context.close()
