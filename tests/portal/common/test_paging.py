"""Keyset pages: every row exactly once in order, whatever the page size; foreign cursors are refused."""

import contextlib
import datetime as dt
import uuid

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from portal.audit.models import AuditEntry
from portal.common.errors import Invalid
from portal.common.paging import decode_cursor, encode_cursor, keyset_page
from portal.organs.models import Organ

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("order", [("code",), ("-code",), ("level", "code"), ("-level", "name", "-code")])
@pytest.mark.parametrize("limit", [1, 7, 200])
def test_pages_give_every_row_once_in_order(house: None, order: tuple[str, ...], limit: int) -> None:
    rows = Organ.objects.filter(division_code__startswith="5101")
    seen, cursor = [], None
    while True:
        page = keyset_page(rows, order=order, cursor=cursor, limit=limit)
        seen += [row.code for row in page.items]
        cursor = page.next
        if cursor is None:
            break

    assert seen == list(rows.order_by(*order).values_list("code", flat=True))


@pytest.mark.parametrize("count", [1, 3])
def test_page_costs_two_queries(
    house: None, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    codes = ["510000", "510100", "510104"][:count]

    with django_assert_num_queries(2):
        page = keyset_page(Organ.objects.filter(code__in=codes), order=("code",), related=("parent",))
        assert page.items[0].parent is None

    assert len(page.items) == count


VALUES = st.lists(
    st.one_of(
        st.integers(-(2**53), 2**53),
        st.text(max_size=20),
        st.booleans(),
        st.uuids(),
        st.dates(),
        st.datetimes(timezones=st.just(dt.UTC)),
    ),
    min_size=1,
    max_size=4,
)


@given(VALUES)
def test_cursor_comes_back(values: list[object]) -> None:
    assert decode_cursor(encode_cursor(values), len(values)) == values


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_cursor_any_other_text_is_refused_or_harmless(text: str) -> None:
    with contextlib.suppress(Invalid):
        assert len(decode_cursor(text, 2)) == 2


@pytest.mark.parametrize(
    "edge", [dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=14))), "0001-01-01T00:00:00+14:00"]
)
def test_cursor_at_the_edge_of_the_calendar_finds_nothing_or_is_refused(house: None, edge: object) -> None:
    cursor = encode_cursor([edge, uuid.UUID(int=1)])  # SQLite can't hold it, PostgreSQL can

    with contextlib.suppress(Invalid):
        assert keyset_page(AuditEntry.objects.all(), order=("-at", "-id"), cursor=cursor).items == []


@pytest.mark.parametrize("limit", ["000001" + "0" * 5000, "0001", "201", "0", "²", "-1", "x"])
def test_limit_of_another_shape_is_refused(limit: str) -> None:
    answer = Client().get("/api/v1/organs", {"limit": limit})

    assert (answer.status_code, answer.json()["fields"]) == (400, {"limit": "应为 1 到 200 的整数。"})


@pytest.mark.parametrize("limit", ["1", "200", "007"])
def test_limit_of_three_digits_is_taken(house: None, limit: str) -> None:
    assert Client().get("/api/v1/organs", {"limit": limit}).status_code == 200


@pytest.mark.parametrize("values", [["x"], [1, 2], [{"t": "x"}], ["\x00"]])
def test_cursor_of_another_list_is_refused(house: None, values: list[object]) -> None:
    cursor = encode_cursor(values)

    with pytest.raises(Invalid):
        keyset_page(Organ.objects.all(), order=("valid_from",), cursor=cursor)
