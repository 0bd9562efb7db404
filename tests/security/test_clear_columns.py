"""What the database shows without a key is listed, with a reason, column by column."""

import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import FileField, Model, TextField

OURS = ("portal", "moderation", "wechat_bot")
LISTED = tomllib.loads(Path("portal/vault/clear_columns.toml").read_text(encoding="utf-8"))
LIBRARIES = frozenset({"django_content_type", "django_migrations", "django_session"})
"""Tables of Django; those of other libraries carry the name of their app."""
LIBRARY_APPS = ("django_q_",)
SQLITE_ALONE = frozenset({"vault_index_fts"})
"""Tables that only SQLite has, with the names of those that SQLite makes beside them for itself."""


def _tables() -> dict[str, type[Model]]:
    return {model._meta.db_table: model for app in OURS for model in apps.get_app_config(app).get_models()}


def _of_a_library(table: str) -> bool:
    return table in LIBRARIES or table.startswith(LIBRARY_APPS)


def _expected() -> dict[str, set[str]]:
    """What is listed, as far as this database has it."""
    elsewhere = connection.vendor != "sqlite"
    return {
        table: set(columns)
        for table, columns in LISTED.items()
        if not (elsewhere and table.startswith(tuple(SQLITE_ALONE)))
    }


def test_clear_columns_every_column_of_the_models_is_listed() -> None:
    models = {
        table: {str(field.column) for field in model._meta.concrete_fields}
        for table, model in _tables().items()
    }
    raw = {table for table in LISTED if table.startswith(tuple(SQLITE_ALONE))}

    assert {table: set(columns) for table, columns in LISTED.items() if table not in raw} == models


@pytest.mark.django_db
def test_clear_columns_every_column_of_the_database_is_listed_and_none_is_stale() -> None:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor, include_views=True)
        actual = {
            table: {column.name for column in connection.introspection.get_table_description(cursor, table)}
            for table in tables
            if not _of_a_library(table)
        }

    assert actual == _expected()


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
