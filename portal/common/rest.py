"""What all REST endpoints share: strict bodies, one error shape, versions, lists."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, serializers, status
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from portal.common.errors import (
    Invalid,
    NotFound,
    RateLimited,
    Refusal,
    TooLarge,
    UnknownField,
    VersionRequired,
)
from portal.common.paging import LARGEST_PAGE, USUAL_PAGE

LARGEST_BODY = 256 * 1024
"""Bytes of one JSON body."""


class BoundedJSONParser(JSONParser):
    """JSON of at most `LARGEST_BODY` bytes. Raises `TooLarge`, and `ParseError` for what is not JSON."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The parsed body."""
        raw = stream.read(LARGEST_BODY + 1)
        if len(raw) > LARGEST_BODY:
            raise TooLarge
        try:
            return json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise exceptions.ParseError("请求正文不是有效的 JSON。") from None


def _no_constant(word: str) -> None:
    raise ValueError(word)


class StrictSerializer(serializers.Serializer[Any]):
    """A body in which every field is known; unknown ones are refused, not dropped."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises `UnknownField` naming them by their paths, as `subjects.0.colour`."""
        unknown = sorted(_unknown_fields(self, data))
        if unknown:
            raise UnknownField(fields=dict.fromkeys(unknown, "没有这个字段。"))
        return super().to_internal_value(data)


def _unknown_fields(
    field: serializers.Field[Any, Any, Any, Any] | None, data: Any, prefix: str = ""
) -> list[str]:
    """Paths of what the body holds and neither this field nor any below it knows."""
    if isinstance(field, StrictSerializer) and isinstance(data, Mapping):
        unknown = [f"{prefix}{name}" for name in data if name not in field.fields]
        for name, below in field.fields.items():
            unknown += _unknown_fields(below, data.get(name), f"{prefix}{name}.")
        return unknown
    if isinstance(field, serializers.ListField | serializers.ListSerializer) and isinstance(data, list):
        return [
            path
            for number, one in enumerate(data)
            for path in _unknown_fields(field.child, one, f"{prefix}{number}.")
        ]
    return []


class VersionedBody(StrictSerializer):
    """A body that changes something: the version it was made on, unless If-Match carries it."""

    version = serializers.IntegerField(required=False, min_value=0)


def read_body(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The checked body. Raises `Invalid`, `UnknownField`, `TooLarge`."""
    body = kind(data=request.data)
    if not body.is_valid():
        raise Invalid(fields=flat_errors(body.errors))
    return dict(body.validated_data)


def flat_errors(errors: Any, prefix: str = "") -> dict[str, str]:
    """Nested serializer errors as `subjects.0.name: reason`."""
    if isinstance(errors, Mapping):
        pairs = [(str(name), value) for name, value in errors.items()]
    elif isinstance(errors, Sequence) and not isinstance(errors, str):
        if all(not isinstance(one, Mapping | list) for one in errors):
            return {prefix or "body": " ".join(str(one) for one in errors)}
        pairs = [(str(number), value) for number, value in enumerate(errors) if value]
    else:
        return {prefix or "body": str(errors)}
    flat: dict[str, str] = {}
    for name, value in pairs:
        here = "body" if name == "non_field_errors" else name
        flat.update(flat_errors(value, f"{prefix}.{here}" if prefix else here))
    return flat


def required_version(request: Request, body: Mapping[str, Any]) -> int:
    """The version a change was made on, from If-Match (`"3"`, `W/"3"` or `3`) or the body.

    Raises `VersionRequired` where neither is given, `Invalid` where it is no number.
    """
    header = request.headers.get("If-Match")
    if header is not None:
        bare = header.strip().removeprefix("W/").strip('"')
        if not (bare.isascii() and bare.isdigit() and len(bare) < 10):
            raise Invalid(fields={"If-Match": "版本号应为数字。"})
        return int(bare)
    if body.get("version") is None:
        raise VersionRequired
    return int(body["version"])


def versioned(data: Mapping[str, Any], code: int = status.HTTP_200_OK) -> Response:
    """An item with its version as ETag."""
    return Response(data, status=code, headers={"ETag": f'"{data["version"]}"'})


def page_query(request: Request, known: Sequence[str] = ()) -> tuple[str | None, int, dict[str, str]]:
    """(cursor, limit, filters given) of a list request. Raises `Invalid`, `UnknownField`."""
    given = {name: str(value) for name, value in request.query_params.items() if value != ""}
    unknown = sorted(set(given) - {"cursor", "limit", *known})
    if unknown:
        raise UnknownField(fields=dict.fromkeys(unknown, "没有这个查询条件。"))
    raw = given.pop("limit", str(USUAL_PAGE))
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 3 and 1 <= int(raw) <= LARGEST_PAGE):
        raise Invalid(fields={"limit": f"应为 1 到 {LARGEST_PAGE} 的整数。"})
    return given.pop("cursor", None), int(raw), given


def error_body(code: str, detail: str, fields: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The one shape of every error."""
    return {"code": code, "detail": detail, "fields": dict(fields or {})}


_DRF_CODES = {401: "not_signed_in", 403: "forbidden", 404: "not_found", 429: "rate_limited"}


def answer_exception(problem: Exception, context: Mapping[str, Any]) -> Response | None:
    """Any refusal as JSON; anything else is left to the server error page."""
    if isinstance(problem, Http404):
        problem = NotFound()
    if isinstance(problem, RequestDataTooBig):
        problem = TooLarge()
    if isinstance(problem, Refusal):
        headers = {"Retry-After": str(problem.retry_after)} if isinstance(problem, RateLimited) else {}
        body = error_body(problem.code, problem.detail, problem.fields)
        return Response(body, status=problem.status, headers=headers)
    if isinstance(problem, exceptions.APIException):
        code = _DRF_CODES.get(problem.status_code, "invalid")
        detail = str(problem.detail) if isinstance(problem.detail, str) else str(problem.default_detail)
        return Response(error_body(code, detail), status=problem.status_code)
    return None


def json_error(request: HttpRequest, refusal: Refusal) -> JsonResponse:
    """A refusal raised outside a REST view, for a client that speaks JSON."""
    body = error_body(refusal.code, refusal.detail, refusal.fields)
    return JsonResponse(body, status=refusal.status, json_dumps_params={"ensure_ascii": False})
