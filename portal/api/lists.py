"""Pages of short lists that are made in memory: organs, categories, forms, keys."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from drf_spectacular.utils import OpenApiParameter

from portal.common.errors import Invalid
from portal.common.paging import decode_cursor, encode_cursor

Item = TypeVar("Item")

PAGING = [
    OpenApiParameter("cursor", str, description="上一页的 next"),
    OpenApiParameter("limit", str, description="每页条数，1 到 200，默认 50"),
]
"""What every list takes."""


def list_page(
    items: Sequence[Item], *, key: Callable[[Item], Sequence[object]], cursor: str | None, limit: int
) -> tuple[list[Item], str | None]:
    """One page of `items` and the cursor of the next, `None` at the end.

    `key` gives what tells an item from all others. Raises `Invalid` for a cursor that names no item of
    this list.
    """
    keys = [list(key(item)) for item in items]
    start = 0
    if cursor is not None:
        last = decode_cursor(cursor, len(keys[0]) if keys else 1)
        if last not in keys:
            raise Invalid(fields={"cursor": "翻页标记无效。"})
        start = keys.index(last) + 1
    end = start + limit
    return list(items[start:end]), encode_cursor(keys[end - 1]) if end < len(items) else None
