"""What the database shows without a key is listed, with a reason, column by column."""

import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import FileField, Model, TextField

OURS = ("portal", "moderation", "wechat_bot")
LISTED = tomllib.loads(Path("portal/vault/clear_columns.toml").read_text(encoding="utf-8"))


def _tables() -> dict[str, type[Model]]:
    return {model._meta.db_table: model for app in OURS for model in apps.get_app_config(app).get_models()}


def test_clear_columns_every_column_is_listed_and_none_is_stale() -> None:
    actual = {
        table: [field.column for field in model._meta.concrete_fields] for table, model in _tables().items()
    }

    assert {table: sorted(columns) for table, columns in LISTED.items()} == {
        table: sorted(map(str, columns)) for table, columns in actual.items()
    }


def test_clear_columns_every_reason_says_something() -> None:
    empty = [
        f"{table}.{column}"
        for table, columns in LISTED.items()
        for column, reason in columns.items()
        if len(reason) < 5
    ]

    assert empty == []


def test_clear_columns_no_column_takes_free_text() -> None:
    allowed = {"intake_report.proof"}
    free = {
        f"{table}.{field.column}"
        for table, model in _tables().items()
        for field in model._meta.concrete_fields
        if isinstance(field, TextField | FileField)
    }

    assert free == allowed


@pytest.mark.parametrize("app", OURS)
def test_clear_columns_tables_carry_their_rooms_name(app: str) -> None:
    rooms = {
        model._meta.db_table: model.__module__.split(".")[1]
        for model in apps.get_app_config(app).get_models()
    }

    assert {table: table.split("_")[0] for table in rooms} == rooms
