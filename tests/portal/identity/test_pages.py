"""The identity pages: what each person sees and does by form."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from moderation.triage.actions import lift
from portal.common.clock import now
from portal.identity.actions import approve_request, ask_for_identity
from portal.identity.models import IdentityRequest
from portal.intake.content import Subject
from tests.moderation.ledger.browser import browser
from tests.people import CITY, People, file_tip
from tests.portal.identity.requests import REASON, WHO, again, shares, signed_tip
from tests.rest import Rest, read

pytestmark = pytest.mark.django_db

DESK = "/desk/identity/"
_ROW = '<td class="table__main"'


def _asked_by_form(people: People, report: UUID) -> IdentityRequest:
    answer = browser("triager").post(f"{DESK}reports/{report}/", {"reason": REASON})
    assert answer.status_code == 302
    return IdentityRequest.objects.get(report=report)


def _post(client: Client, request: IdentityRequest, act: str, **given: Any) -> Any:
    return client.post(f"{DESK}{request.pk}/{act}/", given)


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def test_pages_from_asking_to_what_the_reporter_sees(people: People) -> None:
    receipt = signed_tip()
    triager, custodian, reporter = browser("triager"), browser("custodian"), Client()
    untouched = _text(reporter.post("/track/", {"receipt": receipt.number}))
    request = _asked_by_form(people, receipt.report)

    waiting = _text(custodian.get(DESK))
    _post(custodian, request, "approve", days=3)
    approved_page = _text(triager.get(f"{DESK}{request.pk}/"))
    opened = _post(triager, request, "open")
    closed = _text(triager.get(f"{DESK}{request.pk}/"))
    thread = _text(reporter.post("/track/", {"receipt": receipt.number}))

    assert (REASON in waiting, "分流员 张" in waiting) == (True, True)
    assert ("打开身份信息" in approved_page, WHO.name in approved_page) == (True, False)
    assert [word in _text(opened) for word in (WHO.name, WHO.phone, WHO.address, "没有填写")] == [True] * 4
    assert opened["Cache-Control"] == "no-store"
    assert WHO.name not in closed
    assert ("您的身份信息尚未被查阅" in untouched, "系统通知" in untouched) == (True, False)
    assert ("您的身份信息尚未被查阅" in thread, "系统通知" in thread) == (False, True)
    assert [word in thread for word in ("分流员", "triager", "张", WHO.name)] == [False] * 4


def test_api_thread_has_a_notice_and_the_same_keys(people: People) -> None:
    receipt = signed_tip()
    request = ask_for_identity(actor=people.triager, report_id=receipt.report, reason=REASON)
    approve_request(actor=people.custodian, request_id=request.pk)
    header = f"Receipt {receipt.number}"
    before = read(Rest().get("report", Authorization=header))

    _post(browser("triager"), request, "open")

    after = read(Rest().get("report", Authorization=header))
    (notice,) = after["messages"]
    assert (list(before), before["messages"]) == (list(after), [])
    assert (sorted(notice), notice["from"]) == (["at", "from", "text"], "notice")
    assert notice["text"] == "经身份保管员批准，工作人员查阅了您留下的身份信息。"


def test_track_page_of_an_anonymous_report_says_nothing_of_an_identity(people: People) -> None:
    page = _text(Client().post("/track/", {"receipt": file_tip().number}))

    assert "您的身份" not in page


def test_item_page_says_whether_there_is_an_identity_and_offers_to_ask(people: People) -> None:
    named, nameless = signed_tip().report, file_tip().report
    pages = {
        name: _text(browser(name).get(f"/desk/queue/{named}/")) for name in ("triager", "supervisor-province")
    }
    without = _text(browser("triager").get(f"/desk/queue/{nameless}/"))
    form = f'action="{DESK}reports/{named}/"'

    assert [("有实名信息" in page, form in page) for page in pages.values()] == [(True, True), (True, False)]
    assert ("无实名信息" in without, "申请查阅身份" in without) == (True, False)
    assert [word in page for page in pages.values() for word in (WHO.name, WHO.phone)] == [False] * 4


def test_item_page_shows_where_requests_stand(people: People) -> None:
    receipt = signed_tip()
    request = _asked_by_form(people, receipt.report)
    mine = _text(browser("triager").get(f"/desk/queue/{receipt.report}/"))
    colleagues = _text(browser("leader").get(f"/desk/queue/{receipt.report}/"))
    approve_request(actor=people.custodian, request_id=request.pk)
    later = _text(browser("triager").get(f"/desk/queue/{receipt.report}/"))

    assert ("待批准" in mine, "申请查阅身份</summary>" in mine) == (True, False)
    assert ("分流员 张 申请：待批准" in colleagues, "申请查阅身份</summary>" in colleagues) == (True, True)
    assert REASON not in colleagues
    assert "您可以查阅" in later


@pytest.mark.parametrize("reason", ["", "字" * 501])
def test_asking_by_form_refused_keeps_what_was_typed(people: People, reason: str) -> None:
    answer = browser("triager").post(f"{DESK}reports/{signed_tip().report}/", {"reason": reason})

    assert (answer.status_code, IdentityRequest.objects.count()) == (400, 0)
    assert reason in _text(answer)


def test_asking_twice_by_form_says_so(people: People) -> None:
    request = _asked_by_form(people, signed_tip().report)

    answer = browser("triager").post(f"{DESK}reports/{request.report_id}/", {"reason": REASON})

    assert (answer.status_code, "已有一份未结束的申请" in _text(answer)) == (400, True)


@pytest.mark.parametrize(
    ("act", "given", "told"),
    [
        ("approve", {"days": "40"}, "30"),
        ("approve", {"days": "x"}, "整数"),
        ("refuse", {"reason": ""}, "请写明理由"),
    ],
)
def test_deciding_by_form_refused_says_why(
    people: People, act: str, given: dict[str, str], told: str
) -> None:
    request = _asked_by_form(people, signed_tip().report)

    answer = _post(browser("custodian"), request, act, **given)

    assert (answer.status_code, told in _text(answer)) == (400, True)
    assert again(request).state == "requested"


def test_refusing_by_form_reaches_the_person_who_asked(people: People) -> None:
    request = _asked_by_form(people, signed_tip().report)

    _post(browser("custodian"), request, "refuse", reason="先用电话联系")

    assert "先用电话联系" in _text(browser("triager").get(f"{DESK}{request.pk}/"))


def test_withdrawing_returning_and_cancelling_by_form(people: People) -> None:
    custodian, triager = browser("custodian"), browser("triager")
    requests = [_asked_by_form(people, signed_tip(title=f"第{n}件").report) for n in range(3)]
    for request in requests[:2]:
        _post(custodian, request, "approve", days=7)

    _post(custodian, requests[0], "withdraw")
    _post(triager, requests[1], "return")
    _post(triager, requests[2], "cancel")
    late = _post(triager, requests[1], "open")

    assert [again(one).closed_for for one in requests] == ["withdrawn", "returned", "cancelled"]
    assert [len(shares(one)) for one in requests] == [2, 2, 2]
    assert (late.status_code, "不能进行这项操作" in _text(late)) == (400, True)


def test_opening_a_damaged_half_is_told_and_not_shown(people: People) -> None:
    request = _asked_by_form(people, signed_tip().report)
    _post(browser("custodian"), request, "approve", days=7)
    IdentityRequest.objects.filter(pk=request.pk).update(requested_at=now())

    answer = _post(browser("triager"), request, "open")

    assert (answer.status_code, WHO.name in _text(answer)) == (503, False)


def test_carrying_by_form(people: People) -> None:
    receipt = signed_tip()
    lift(actor=people.triager, item_id=receipt.report, version=1, subjects=[Subject(name="钱某", organ=CITY)])
    below, above = browser("custodian"), browser("custodian-province")

    pages = [_text(client.get(path)) for client in (below, above) for path in (DESK, "/desk/")]
    done = _text(above.post(f"{DESK}carry/", follow=True))

    assert ["移交" in page for page in pages] == [False, False, True, True]
    assert "移交 1 份" in pages[2]
    assert ("已移交 1 份" in done, "等待移交" in done) == (True, False)


def test_home_tells_the_custodian_what_waits(people: People) -> None:
    client = browser("custodian")
    before = _text(client.get("/desk/"))
    _asked_by_form(people, signed_tip().report)

    assert ("现在没有" in before, "1 份查阅身份的申请等待批准" in _text(client.get("/desk/"))) == (True, True)


def test_pages_of_custodians_below_are_the_same_before_and_after(people: People) -> None:
    client = browser("custodian-county")
    pages = (DESK, "/desk/")
    before = [_token_free(client.get(path)) for path in pages]

    request = _asked_by_form(people, signed_tip().report)
    _post(browser("custodian"), request, "approve", days=7)
    _post(browser("triager"), request, "open")

    assert [_token_free(client.get(path)) for path in pages] == before


def _token_free(answer: Any) -> str:
    return re.sub(r'"[A-Za-z0-9]{64}"', "", _text(answer))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("name", "queries"), [("custodian", 24), ("triager", 11)])
def test_lists_cost_the_same(
    people: People,
    name: str,
    queries: int,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        for title in (f"待{number}", f"已{number}"):
            report = signed_tip(title=title).report
            request = ask_for_identity(actor=people.triager, report_id=report, reason=REASON)
            if title.startswith("已"):
                approve_request(actor=people.custodian, request_id=request.pk)
    client = browser(name)
    client.get(DESK)

    with django_assert_num_queries(queries):
        page = _text(client.get(DESK))

    assert page.count(_ROW) == 2 * count
