"""Numbers: from 1, without a gap, per organ and year, whoever asks at the same time."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from moderation.ledger.models import Lead, NumberSeries
from moderation.ledger.numbers import LEADS, lead_no, next_number
from portal.audit.actions import record
from portal.audit.queries import verify_all
from portal.common.errors import Invalid
from tests.moderation.ledger.leads import SUBJECT, hand_over
from tests.people import CITY, COUNTY, People, signed_in

pytestmark = pytest.mark.django_db


def _next(organ: str = CITY, year: int = 2026, series: str = LEADS) -> int:
    with transaction.atomic():
        return next_number(organ=organ, year=year, series=series)


def test_number_counts_each_organ_year_and_series_apart(house: None) -> None:
    given = [_next(), _next(), _next(organ=COUNTY), _next(year=2027), _next(series="other"), _next()]

    assert given == [1, 2, 1, 1, 1, 3]


def test_number_rolled_back_is_given_again(house: None) -> None:
    _next()
    with transaction.atomic():
        next_number(organ=CITY, year=2026, series=LEADS)
        transaction.set_rollback(True)

    assert _next() == 2


def test_number_refused_lead_takes_none(people: People) -> None:
    hand_over(people.triager)
    with pytest.raises(Invalid):
        hand_over(people.triager, title=" ")

    assert hand_over(people.triager).lead_no == "XS-510100-2026-00002"


def test_number_follows_the_year_in_beijing(people: People) -> None:
    before = dt.datetime(2026, 12, 31, 15, 59, tzinfo=dt.UTC)
    after = dt.datetime(2026, 12, 31, 16, 0, tzinfo=dt.UTC)

    given = [hand_over(people.triager, now=now).lead_no for now in (before, after)]

    assert given == ["XS-510100-2026-00001", "XS-510100-2027-00001"]


def test_number_grows_past_five_digits() -> None:
    assert lead_no(organ=CITY, year=2026, number=123456) == "XS-510100-2026-123456"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_number_many_threads_leave_no_gap_and_no_repeat(people: People) -> None:
    start = Barrier(6)

    def work(number: int) -> None:
        try:
            actor = signed_in("triager" if number % 2 else "leader")
            start.wait(timeout=30)
            for _ in range(4):
                hand_over(actor)
            with transaction.atomic():
                hand_over(actor)
                transaction.set_rollback(True)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    numbers = list(Lead.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 25))
    assert NumberSeries.objects.get(organ=CITY, year=2026).last == 24
    assert verify_all()[1] == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_number_reports_and_hand_overs_at_once_do_not_wait_for_each_other(people: People) -> None:
    """Triage writes its own audit entry before it enters a lead; a hand-over has nothing before it."""
    start = Barrier(4)

    def work(number: int) -> None:
        try:
            actor = signed_in("triager")
            start.wait(timeout=30)
            for _ in range(4):
                with transaction.atomic():
                    if number % 2:
                        record(organ=CITY, actor="triager", action="t", object_kind="t", object_id=number)
                    hand_over(actor, subjects=[SUBJECT])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert sorted(Lead.objects.values_list("number", flat=True)) == list(range(1, 17))
