"""The queue's pages and who sees what on them, in browsers without JavaScript."""

import datetime as dt
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from moderation.triage import actions
from moderation.triage.showing import Piece, due_shown, pieces
from moderation.triage.tallies import tally
from portal.common.clock import now
from portal.hooks import Finding
from tests.moderation.ledger.browser import browser
from tests.moderation.triage.items import held
from tests.moderation.triage.pages import INDEX_ASKED, acts_on, fresh, send, url
from tests.people import COUNTY, People

pytestmark = pytest.mark.django_db

TITLE = "锦江区院一名干警收受请托人财物"
WORDS = "该干警在茶楼收受当事人亲属现金"


# --- who --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["moderator", "triager", "leader", "supervisor-province"])
def test_item_page_opens_the_letter_for_its_readers(house: None, person: str) -> None:
    item = fresh()

    page = browser(person).get(url(item))

    assert page.status_code == 200
    assert WORDS in page.content.decode()


@pytest.mark.parametrize(
    "person",
    [
        *("clerk", "handler", "supervisor", "custodian", "verifier", "sysadmin", "secadmin", "auditor"),
        *("triager-county", "leader-county", "triager-province", "triager-discipline"),
    ],
)
def test_item_page_is_not_there_for_others(house: None, person: str) -> None:
    item = fresh()
    client = browser(person)

    answers = [client.get(url(item)), client.get(url(item, "merge")), send(client, item, "claim")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert [TITLE in str(getattr(answer, "content", b""), "utf-8") for answer in answers] == [False] * 3


@pytest.mark.parametrize("person", ["clerk", "handler", "custodian", "verifier", "sysadmin", "auditor"])
def test_queue_page_is_refused_to_people_without_a_queue(house: None, person: str) -> None:
    client = browser(person)

    assert (client.get("/desk/queue/").status_code, client.get("/desk/queue/next/").status_code) == (403, 403)


def test_queue_page_of_the_accused_organ_shows_nothing_of_it(house: None) -> None:
    fresh()
    for person in ("triager-county", "leader-county", "moderator-county"):
        page = browser(person).get("/desk/queue/").content.decode()

        assert (TITLE in page, "这里没有来件" in page) == (False, True)


def test_pages_without_a_session_lead_to_the_sign_in_page(house: None, client: Client) -> None:
    item = fresh()

    assert client.get(url(item))["Location"] == f"/desk/sign-in/?next=%2Fdesk%2Fqueue%2F{item.pk}%2F"


# --- the list -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_queue_page_query_count_is_constant(
    house: None, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        fresh(title=f"第{number}件")
    client = browser("triager")
    client.get("/desk/queue/")

    with django_assert_num_queries(25):
        page = client.get("/desk/queue/").content.decode()

    assert page.count('class="table__main"') == count


def test_queue_page_marks_urgent_with_a_word_and_says_how_long_is_left(house: None) -> None:
    fresh(text="今晚再没有人管我就不想活了。", now=now() - dt.timedelta(days=20))

    page = browser("triager").get("/desk/queue/").content.decode()

    assert "紧急" in page
    assert re.search(r"已超期\d+天", page)


def test_queue_page_narrows_by_filters_and_keeps_them(house: None) -> None:
    fresh(title="网站来的")
    fresh(title="微信来的", channel="wechat")

    page = browser("triager").get("/desk/queue/?channel=wechat").content.decode()

    assert ("微信来的" in page, "网站来的" in page) == (True, False)
    assert '<option value="wechat" selected>' in page


def test_queue_page_finds_words_inside_the_letters(house: None) -> None:
    fresh(title="甲", text="说的是一家游泳馆。")
    fresh(title="乙", text="说的是一家书店。")

    page = browser("triager").get("/desk/queue/", {"q": "游泳馆"}).content.decode()

    assert re.findall(r'/">(甲|乙)</a>', page) == ["甲"]


def test_queue_page_with_an_unknown_filter_says_so(house: None) -> None:
    page = browser("triager").get("/desk/queue/?state=lost")

    assert (page.status_code, "筛选条件有误" in page.content.decode()) == (400, True)


def test_next_leads_through_what_is_free(people: People) -> None:
    first, second, third = (fresh(now=now() - dt.timedelta(days=days)) for days in (3, 2, 1))
    actions.claim(actor=people.triager2, item_id=second.pk, version=second.version)
    client = browser("triager")

    start = client.get("/desk/queue/next/")["Location"]
    then = client.get(f"/desk/queue/next/?after={first.pk}")["Location"]
    end = client.get(f"/desk/queue/next/?after={third.pk}")["Location"]

    assert (start, then, end) == (url(first), url(third), "/desk/queue/?state=open")


def test_tally_stops_at_ninety_nine() -> None:
    class Many:
        """A query set that answers a slice's count."""

        def __init__(self, count: int) -> None:
            self.held = count

        def order_by(self) -> "Many":
            return self

        def __getitem__(self, part: slice) -> "Many":
            return Many(min(self.held, part.stop))

        def count(self) -> int:
            return self.held

    assert [tally(Many(count)) for count in (0, 99, 100, 5000)] == ["0", "99", "99+", "99+"]  # type: ignore[arg-type]


# --- one item -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_item_page_query_count_is_constant(
    people: People, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    item = fresh()
    for number in range(count):
        item = actions.reply(
            actor=people.triager, item_id=item.pk, version=item.version, text=f"第{number}次"
        )
    client = browser("triager")
    client.get(url(item))

    with django_assert_num_queries(29 + INDEX_ASKED):
        page = client.get(url(item)).content.decode()

    assert page.count('class="thread__office"') == count


def test_item_page_marks_findings_and_keeps_the_words(house: None) -> None:
    item = fresh(text="<b>锦江区检察院</b>的人扬言报复。\n第二行")

    page = browser("triager").get(url(item)).content.decode()

    assert (
        "&lt;b&gt;<mark>锦江区检察院</mark>&lt;/b&gt;的人"
        '<mark class="mark--urgent">扬言</mark>报复。\n第二行' in page
    )


def test_item_page_marks_the_time_and_says_what_was_noticed(house: None) -> None:
    item = fresh(title="收钱", text="有人收钱。", place="", occurred="在锦江区检察院扬言那天", subjects=())

    page = browser("triager").get(url(item)).content.decode()

    assert '<dd>在<mark>锦江区检察院</mark><mark class="mark--urgent">扬言</mark>那天</dd>' in page
    assert "<strong>疑似紧急</strong> “扬言”</li>" in page


def test_pieces_of_overlapping_findings_join_to_the_text() -> None:
    text = "甲乙丙丁戊"
    found = [
        Finding(code="organ_named", severity="info", field="text", start=0, end=3),
        Finding(code="urgent_words", severity="warning", field="text", start=2, end=4),
        Finding(code="organ_named", severity="info", field="text", start=4, end=99),
        Finding(code="organ_named", severity="info", field="title", start=0, end=1),
    ]

    cut = pieces(text, found, field="text")

    assert cut == [Piece("甲乙", "noticed"), Piece("丙", "urgent"), Piece("丁", "urgent"), Piece("戊")]
    assert "".join(piece.text for piece in cut) == text


@pytest.mark.parametrize(
    ("left", "words", "tone"),
    [(-1, "已超期1天", "wrong"), (0, "今天到期", "careful"), (2, "还有2天", "careful"), (3, "还有3天", "")],
)
def test_due_is_told_in_days(left: int, words: str, tone: str) -> None:
    today = dt.date(2026, 3, 2)

    shown = due_shown(today + dt.timedelta(days=left), today)

    assert shown is not None
    assert (shown.words, shown.tone) == (words, tone)


def test_item_page_offers_only_what_would_not_be_refused(people: People) -> None:
    item = fresh()
    mine, other = browser("triager"), browser("triager2")
    everything = {"claim", "decide", "ask", "reply", "refer", "void", "lift"}

    free = acts_on(mine.get(url(item)).content.decode(), item)
    send(other, item, "claim")
    taken = acts_on(mine.get(url(item)).content.decode(), item)
    theirs = acts_on(other.get(url(item)).content.decode(), item)
    moderators = acts_on(browser("moderator").get(url(item)).content.decode(), item)
    supervisors = acts_on(browser("supervisor-province").get(url(item)).content.decode(), item)

    assert (free, taken, theirs) == (everything, {"take_over", "lift"}, everything | {"release"})
    assert (moderators, supervisors) == ({"lift"}, {"lift"})


def test_item_addressed_to_the_county_stays_with_the_county(house: None) -> None:
    item = fresh(organ=COUNTY, kind="suggestion", subjects=(), title="建议", text="希望多开放日。")

    codes = [
        browser(person).get(url(item)).status_code
        for person in ("triager-county", "supervisor", "triager", "supervisor-province")
    ]

    assert codes == [200, 200, 404, 404]


def test_next_leads_a_moderator_to_what_is_held(house: None) -> None:
    fresh()
    waiting = held()

    answer = browser("moderator").get("/desk/queue/next/")

    assert answer["Location"] == url(waiting)
