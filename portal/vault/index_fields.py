"""A column of numbers and the one question put to it, for both databases.

PostgreSQL keeps `integer[]` under GIN. SQLite keeps the numbers as words of a text, over which a full-text
index (FTS5) lies; triggers of the migration keep it in step with the table.
"""

from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Lookup
from django.db.models.sql.compiler import SQLCompiler

FTS_TABLE = "vault_index_fts"
FORGET = f"INSERT INTO {FTS_TABLE} ({FTS_TABLE}) VALUES ('optimize')"  # noqa: S608  names of ours
"""Merges the text index into one piece, which leaves deleted entries out."""


class NumbersField(Field):  # type: ignore[type-arg]  # both types are given below
    """A set of numbers from 0 to 2³¹ - 1; `prefix` keeps those of two columns apart in the text index."""

    _pyi_private_set_type: Iterable[int]
    _pyi_private_get_type: frozenset[int]

    def __init__(self, *args: Any, prefix: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prefix = prefix

    def deconstruct(self) -> Any:
        """With the prefix."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "prefix": self.prefix}

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """What the column is."""
        return "integer[]" if connection.vendor == "postgresql" else "text"

    def from_db_value(self, value: Any, _expression: Any, connection: BaseDatabaseWrapper) -> frozenset[int]:
        """The numbers."""
        if connection.vendor == "postgresql":
            return frozenset(value)
        return frozenset(int(word[len(self.prefix) :]) for word in value.split())

    def get_db_prep_value(
        self, value: Iterable[int], connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        """In order, so that the order in which words stood is not kept."""
        numbers = sorted(frozenset(value))
        return numbers if connection.vendor == "postgresql" else " ".join(self.words(numbers))

    def words(self, numbers: Iterable[int]) -> list[str]:
        """The numbers as SQLite's text index knows them."""
        return [f"{self.prefix}{number}" for number in numbers]


@NumbersField.register_lookup
class HasAny(Lookup):
    """`buckets__has_any=[…]`: rows with at least one of these numbers; at least one must be asked for."""

    lookup_name = "has_any"
    lhs: Any

    def get_prep_lookup(self) -> list[int]:
        """The numbers asked for, in order."""
        return sorted(frozenset(self.rhs))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """PostgreSQL: the array's operator, which GIN answers."""
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} && %s::integer[]", (*parameters, self.rhs)

    def as_sqlite(
        self, compiler: SQLCompiler, _connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """SQLite: the rows the full-text index finds."""
        table = compiler.quote_name_unless_alias(self.lhs.alias)
        query = " OR ".join(self.lhs.output_field.words(self.rhs))
        found = f"SELECT rowid FROM {FTS_TABLE} WHERE {FTS_TABLE} MATCH %s"  # noqa: S608  a name of ours
        return f"{table}.id IN ({found})", (query,)
