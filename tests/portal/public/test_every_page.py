"""What holds on every public page: no cookie, nothing kept, nothing inline, no receipt in an address."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from pytest_django import DjangoAssertNumQueries

from portal.common.clock import now
from portal.intake.actions import post_office_message, set_status
from portal.intake.models import Report, Status
from tests.people import People, file_tip, through_staff_hands
from tests.portal.public.pages import browser, file, receipt_on

POLICY = (
    "base-uri 'none'; connect-src 'self'; default-src 'none'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data:; script-src 'self'; style-src 'self'"
)


@pytest.fixture
def pages(people: People) -> dict[str, HttpResponse]:
    """One answer of every public page in each of its states."""
    client = browser()
    seen: dict[str, Any] = {
        path: client.get(path) for path in ("/", "/report/", "/suggest/", "/track/", "/x/")
    }
    seen["errors"] = client.post("/report/", {"title": "标题"})
    seen["filed"] = file(client)
    receipt = {"receipt": receipt_on(seen["filed"])}
    report, moment = Report.objects.get(), now()
    with transaction.atomic():
        post_office_message(report=report, actor=people.triager, text="请说明。", act="question", now=moment)
        set_status(report=report, status=Status.SUPPLEMENT_NEEDED, now=moment)
    seen["asked"] = client.post("/track/", receipt)
    with transaction.atomic():
        post_office_message(report=report, actor=people.triager, text="已经办结。", act="reply", now=moment)
        set_status(report=report, status=Status.ANSWERED, now=moment)
    seen["answered"] = client.post("/track/", receipt)
    seen["rated"] = client.post("/track/rate/", {**receipt, "rating": "4"})
    seen["added"] = client.post("/track/add/", {**receipt, "text": "再补充。", "nonce": "c" * 32})
    seen["withdraw"] = client.post("/track/withdraw/", receipt)
    seen["unknown"] = client.post("/track/", {"receipt": "1"})
    through_staff_hands(Report.objects.get().pk)
    seen["to change"] = client.post("/track/", receipt)
    seen["changed"] = client.post("/track/receipt/", {**receipt, "nonce": "d" * 32})
    return seen


def test_no_page_sets_a_cookie_or_may_be_kept(pages: dict[str, HttpResponse]) -> None:
    assert {name: page.cookies.output() for name, page in pages.items()} == dict.fromkeys(pages, "")
    assert {page.headers["Cache-Control"] for page in pages.values()} == {"no-store"}
    assert {page.headers.get("Vary", "") for page in pages.values()} == {""}


def test_every_page_carries_the_strict_policy(pages: dict[str, HttpResponse]) -> None:
    policies = {
        "; ".join(sorted(page.headers["Content-Security-Policy"].split("; "))) for page in pages.values()
    }

    assert policies == {POLICY}


def test_no_page_tells_another_where_its_reader_came_from(pages: dict[str, HttpResponse]) -> None:
    assert {page.headers["Referrer-Policy"] for page in pages.values()} == {"no-referrer"}


class _Reader(HTMLParser):
    """Collects what a strict policy forbids, ids, and what refers to them."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.referred: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.inline.append(tag)
        self.addresses += [given[name] or "" for name in ("href", "action", "formaction") if name in given]
        self.ids += [given["id"] or ""] if "id" in given else []
        for name in ("for", "aria-describedby", "aria-labelledby", "list"):
            self.referred += (given.get(name) or "").split()


def _read(page: HttpResponse) -> _Reader:
    reader = _Reader()
    reader.feed(page.content.decode())
    return reader


def test_no_page_has_inline_style_or_script(pages: dict[str, HttpResponse]) -> None:
    assert {name: _read(page).inline for name, page in pages.items()} == {name: [] for name in pages}


def test_every_label_and_description_leads_somewhere_and_no_id_is_used_twice(
    pages: dict[str, HttpResponse],
) -> None:
    for name, page in pages.items():
        read = _read(page)
        lost = [id_ for id_ in read.referred if id_ not in read.ids]
        lost += [to for to in read.addresses if to.startswith("#") and to[1:] not in read.ids]
        assert (name, lost) == (name, [])
        assert (name, len(read.ids)) == (name, len(set(read.ids)))


def test_no_address_on_any_page_carries_a_receipt(pages: dict[str, HttpResponse]) -> None:
    addresses = {address for page in pages.values() for address in _read(page).addresses}

    assert [address for address in addresses if re.search(r"\d{5}", address)] == []


def test_receipt_in_an_address_is_not_read() -> None:
    page = browser().get("/track/?receipt=00000-00000-00000-00000-00001")

    assert page.status_code == 200
    assert "00001" not in page.content.decode()


@pytest.mark.usefixtures("house")
def test_front_page_asks_the_database_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        browser().get("/")


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(("path", "queries"), [("/report/", 3), ("/suggest/", 3), ("/track/", 0)])
def test_page_needs_few_queries(
    path: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser().get(path)

    with django_assert_num_queries(queries):
        browser().get(path)


@pytest.mark.parametrize("replies", [1, 3])
def test_thread_page_needs_the_same_queries_for_one_answer_as_for_three(
    replies: int, people: People, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    receipt = file_tip().number
    report = Report.objects.get()
    for number in range(replies):
        with transaction.atomic():
            post_office_message(
                report=report, actor=people.triager, text=f"答复{number}", act="reply", now=now()
            )

    with django_assert_num_queries(4):
        browser().post("/track/", {"receipt": receipt})
