"""The public lists are walked page by page: everything once and in order; a foreign cursor is refused."""

from typing import Any
from urllib.parse import urlencode

import pytest

from portal.organs.queries import children_of, find_organs, public_categories
from tests.people import CITY, PROVINCE
from tests.rest import Rest, read

pytestmark = pytest.mark.django_db


def _walk(path: str, limit: int, **filters: str) -> list[list[dict[str, Any]]]:
    """The pages of a list, first to last."""
    pages, cursor = [], ""
    while True:
        page = read(Rest().get(f"{path}?{urlencode({**filters, 'limit': limit, 'cursor': cursor})}"))
        pages.append(page["items"])
        cursor = page["next"]
        if cursor is None:
            return pages


@pytest.mark.parametrize(
    ("limit", "sizes"), [(2, [2] * 10 + [1]), (7, [7, 7, 7]), (20, [20, 1]), (21, [21]), (200, [21])]
)
def test_organs_of_a_level_are_walked_page_by_page(house: None, limit: int, sizes: list[int]) -> None:
    pages = _walk("organs", limit, parent=PROVINCE)

    assert [len(page) for page in pages] == sizes
    assert [one["code"] for page in pages for one in page] == [node.code for node in children_of(PROVINCE)]


def test_organs_found_are_walked_best_first(house: None) -> None:
    pages = _walk("organs", 3, q="江")

    found = [node.code for node in find_organs("江", limit=1000)]
    assert [one["code"] for page in pages for one in page] == found
    assert [len(page) for page in pages[:-1]] == [3] * (len(pages) - 1)
    assert len(pages) > 2


def test_organs_default_page_is_fifty(house: None) -> None:
    page = read(Rest().get("organs?q=区"))

    assert len(page["items"]) == 50
    assert page["next"] is not None


def test_categories_are_walked_page_by_page(house: None) -> None:
    pages = _walk("categories", 4)

    every = [(kind, term.code) for kind in ("tip", "suggestion") for term in public_categories(kind)]
    assert [(one["kind"], one["code"]) for page in pages for one in page] == every
    assert [len(page) for page in pages[:-1]] == [4] * (len(pages) - 1)
    assert len(pages) > 1


@pytest.mark.parametrize("path", ["organs", f"organs?parent={CITY}", "categories", "forms", "proof-keys"])
def test_lists_foreign_cursor_and_wrong_limit_are_refused(house: None, path: str) -> None:
    join = "&" if "?" in path else "?"
    foreign = read(Rest().get(f"organs?parent={PROVINCE}&limit=2"))["next"]
    assert foreign is not None

    for given, field in (
        ("cursor=zzz", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=W10", "cursor"),
        (f"cursor={foreign}", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
    ):
        answer = Rest().get(f"{path}{join}{given}")
        assert (answer.status_code, read(answer)["code"], list(read(answer)["fields"])) == (
            400,
            "invalid",
            [field],
        )
