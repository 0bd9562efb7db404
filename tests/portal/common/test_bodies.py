"""Bodies: every unknown field is named by its path, however deep it lies, and nothing else is said."""

from typing import Any

import pytest
from rest_framework import serializers

from portal.common.errors import UnknownField
from portal.common.rest import StrictSerializer


class _Leaf(StrictSerializer):
    name = serializers.CharField()


class _Body(StrictSerializer):
    one = _Leaf(required=False)
    listed = serializers.ListField(child=_Leaf(), required=False)
    others = _Leaf(many=True, required=False)
    free = serializers.DictField(required=False)


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"x": 1}, ["x"]),
        ({"one": {"name": "a", "x": 1}}, ["one.x"]),
        ({"listed": [{"name": "a"}, {"x": 1, "y": 2}]}, ["listed.1.x", "listed.1.y"]),
        ({"others": [{"name": "a", "x": 1}], "z": 0}, ["others.0.x", "z"]),
    ],
)
def test_body_unknown_fields_are_named_by_their_paths(body: dict[str, Any], paths: list[str]) -> None:
    with pytest.raises(UnknownField) as refusal:
        _Body(data=body).is_valid()

    assert list(refusal.value.fields) == paths


@pytest.mark.parametrize("body", [{}, {"one": {"name": "a"}, "listed": [], "free": {"x": 1}}])
def test_body_known_fields_are_taken(body: dict[str, Any]) -> None:
    assert _Body(data=body).is_valid()


@pytest.mark.parametrize("body", [{"one": 3}, {"listed": [3]}, {"others": "x"}, []])
def test_body_of_another_shape_is_wrong_not_unknown(body: Any) -> None:
    assert not _Body(data=body).is_valid()
