"""Keyset pages: ids first, rows second; a page costs the same wherever it lies."""

import base64
import datetime as dt
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from portal.common.errors import Invalid

Row = TypeVar("Row", bound=Model)

LARGEST_PAGE = 200
USUAL_PAGE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows in order, and the cursor of the next page (`None` at the end)."""

    items: list[Row]
    next: str | None


def _pack(value: object) -> object:
    if isinstance(value, dt.datetime):
        return {"t": value.isoformat()}
    if isinstance(value, dt.date):
        return {"d": value.isoformat()}
    if isinstance(value, uuid.UUID):
        return {"u": value.hex}
    return value


_UNPACK: dict[str, Callable[[str], object]] = {
    "t": dt.datetime.fromisoformat,
    "d": dt.date.fromisoformat,
    "u": uuid.UUID,
}


def _unpack(value: object) -> object:
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _UNPACK[kind](text)
    return value


def encode_cursor(values: list[object]) -> str:
    """The sort values of a page's last row as one opaque word."""
    raw = json.dumps([_pack(value) for value in values], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, count: int) -> list[object]:
    """The sort values again. Raises `Invalid` for anything that is not a cursor of this list."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = [_unpack(value) for value in json.loads(raw)]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise Invalid(fields={"cursor": "翻页标记无效。"}) from None
    if len(values) != count or any(isinstance(value, list) for value in values):
        raise Invalid(fields={"cursor": "翻页标记无效。"})
    return values


def _after(order: tuple[str, ...], values: list[object]) -> Q:
    """Rows strictly behind `values` in an order of non-null columns ('-' marks descending)."""
    behind, same = Q(), Q()
    for column, value in zip(order, values, strict=True):
        name = column.lstrip("-")
        step = "lt" if column.startswith("-") else "gt"
        behind |= same & Q(**{f"{name}__{step}": value})
        same &= Q(**{name: value})
    return behind


def keyset_page(
    rows: QuerySet[Row],
    *,
    order: tuple[str, ...],
    cursor: str | None = None,
    limit: int = USUAL_PAGE,
    related: tuple[str, ...] = (),
) -> Page[Row]:
    """One page of `rows` in `order`, whose last column must be unique and whose columns are never null.

    `limit` is taken as 1 to 200. Two queries: ids by the index alone, then the rows with what
    `related` names (as for `select_related`). Raises `Invalid` for a cursor that is not one of this list.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    keys = rows.order_by(*order)
    try:
        if cursor:
            keys = keys.filter(_after(order, decode_cursor(cursor, len(order))))
        ids: list[Any] = list(keys.values_list("pk", flat=True)[: limit + 1])
    except (ValueError, TypeError, OverflowError, ValidationError):
        raise Invalid(fields={"cursor": "翻页标记无效。"}) from None
    if not ids:
        return Page([], None)
    fetch = rows.model._default_manager.filter(pk__in=ids[:limit])
    found = {row.pk: row for row in (fetch.select_related(*related) if related else fetch)}
    items = [found[key] for key in ids[:limit] if key in found]
    if len(ids) <= limit:
        return Page(items, None)
    last = items[-1]
    return Page(items, encode_cursor([getattr(last, column.lstrip("-")) for column in order]))
