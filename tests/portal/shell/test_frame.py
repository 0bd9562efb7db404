"""The frame around the pages: who sees what, how refusals look, and that nothing public touches a session."""

import re
from typing import Any

import pytest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from portal.accounts.demo_house import PASSPHRASE
from portal.shell.context import site, staff

pytestmark = pytest.mark.usefixtures("house")


def _signed_in(username: str) -> Client:
    client = Client()
    client.post("/desk/sign-in/", {"username": username, "passphrase": PASSPHRASE})
    return client


def _links(page: Any) -> list[tuple[str, str]]:
    found = re.findall(r'<li><a href="([^"]+)"[^>]*>([^<]+)</a></li>', page.content.decode())
    return [(label, path) for path, label in found]


def test_staff_context_of_a_public_page_never_looks_at_the_request() -> None:
    request = RequestFactory().get("/report/")  # has no session at all

    assert staff(request) == {"refusal_frame": "base.html"}


def test_staff_context_of_a_desk_page_costs_nothing_until_asked(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    request = RequestFactory().get("/desk/queue/")

    with django_assert_num_queries(0):
        context = staff(request)
        assert not context["actor"]
        assert list(context["navigation"]) == []


@pytest.mark.parametrize("demo", [True, False])
def test_demo_band_stands_on_every_page_of_a_demo(demo: bool, settings: Settings) -> None:
    settings.YANLU_DEMO = demo

    assert site(RequestFactory().get("/")) == {"demo": demo}
    assert ("演示系统，请勿填写真实信息" in Client().get("/").content.decode()) is demo


def test_desk_frame_shows_person_organ_roles_and_their_pages() -> None:
    page = _signed_in("triager").get("/desk/grants/")

    assert page.status_code == 200
    assert "成都市检察院" in page.content.decode()
    assert "分流员" in page.content.decode()
    assert _links(page) == [
        ("待办", "/desk/"),
        ("受理队列", "/desk/queue/"),
        ("线索台账", "/desk/leads/"),
        ("座谈会", "/desk/forums/"),
        ("身份查阅", "/desk/identity/"),
        ("授权", "/desk/grants/"),
    ]
    assert 'href="/desk/grants/" aria-current="page"' in page.content.decode()


def test_what_is_not_there_is_answered_in_the_frame_one_is_in() -> None:
    client = _signed_in("triager")

    desk, public = client.get("/desk/nothing/"), client.get("/nothing/")

    assert [desk.status_code, public.status_code] == [404, 404]
    assert "回到待办" in desk.content.decode()
    assert "回到首页" in public.content.decode()
    assert "分流员" not in public.content.decode()


def test_what_is_not_there_is_json_for_programs() -> None:
    response = Client().get("/api/v1/nothing")

    assert response.status_code == 404
    assert response.json() == {"code": "not_found", "detail": "没有找到。", "fields": {}}


def test_forbidden_act_says_whom_to_ask() -> None:
    page = _signed_in("clerk").get("/desk/audit/")

    assert page.status_code == 403
    assert "请联系本院系统管理员" in page.content.decode()


def test_only_the_api_description_may_write_its_own_styles() -> None:
    policy = Client().get("/api/v1/docs/").headers["Content-Security-Policy"]

    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src 'self';" in policy + ";"
    assert "unsafe" not in Client().get("/").headers["Content-Security-Policy"]


def test_desk_lets_browsers_name_their_origin_to_it() -> None:
    """Under `no-referrer` a form posts `Origin: null`, and no sign-in would pass the CSRF check."""
    assert Client().get("/desk/sign-in/").headers["Referrer-Policy"] == "same-origin"


def test_sign_in_page_has_no_inline_style_or_script() -> None:
    page = Client().get("/desk/sign-in/").content.decode()

    assert re.findall(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", page) == []
