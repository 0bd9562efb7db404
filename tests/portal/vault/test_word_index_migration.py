"""The index can be taken out of the database and put back."""

import importlib

import pytest
from django.apps import apps
from django.db import connection

from portal.vault.models import IndexEntry
from portal.vault.word_index import find_words
from tests.people import CITY, People
from tests.portal.vault.test_word_index import REPORTS, enter, key_of


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_migration_goes_back_and_forth(people: People) -> None:
    migration = importlib.import_module("portal.migrations.0002_word_index")
    key = key_of(CITY, people)

    with connection.schema_editor() as editor:
        migration.unbuild(apps, editor)
    with connection.schema_editor() as editor:
        migration.build(apps, editor)

    enter(REPORTS[0], key, "现金")
    assert list(find_words([[frozenset({"现金"})]], [key]).reports) == [REPORTS[0]]
    assert IndexEntry.objects.count() == 1
