"""The search index. Its own SQL stands here and nowhere else: GIN on PostgreSQL, FTS5 with triggers on SQLite.

SQLite drops triggers with their table: a later migration that rebuilds vault_index_entry there has to run
`build` again.
"""

from django.db import migrations

POSTGRESQL = [
    "CREATE INDEX vault_index_buckets ON vault_index_entry USING gin (buckets) WITH (fastupdate = off)",
    "CREATE INDEX vault_index_bands ON vault_index_entry USING gin (bands) WITH (fastupdate = off)",
    # what a lift takes out is overwritten soon, not when a fifth of the table has changed
    "ALTER TABLE vault_index_entry SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50)",
]
POSTGRESQL_BACK = [
    "ALTER TABLE vault_index_entry RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)",
    "DROP INDEX vault_index_bands",
    "DROP INDEX vault_index_buckets",
]

_DELETE = """
    INSERT INTO vault_index_fts (vault_index_fts, rowid, buckets, bands)
    VALUES ('delete', old.id, old.buckets, old.bands);
"""
_INSERT = """
    INSERT INTO vault_index_fts (rowid, buckets, bands) VALUES (new.id, new.buckets, new.bands);
"""
SQLITE = [
    """
    CREATE VIRTUAL TABLE vault_index_fts USING fts5 (
        buckets, bands, content = 'vault_index_entry', content_rowid = 'id',
        detail = 'none', columnsize = 0, tokenize = 'ascii'
    )
    """,
    f"CREATE TRIGGER vault_index_added AFTER INSERT ON vault_index_entry BEGIN {_INSERT} END",
    f"CREATE TRIGGER vault_index_gone AFTER DELETE ON vault_index_entry BEGIN {_DELETE} END",
    f"CREATE TRIGGER vault_index_changed AFTER UPDATE ON vault_index_entry BEGIN {_DELETE} {_INSERT} END",
]
SQLITE_BACK = [
    "DROP TRIGGER vault_index_changed",
    "DROP TRIGGER vault_index_gone",
    "DROP TRIGGER vault_index_added",
    "DROP TABLE vault_index_fts",
]


def build(_apps, schema_editor):
    """Index the columns as this database does it."""
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def unbuild(_apps, schema_editor):
    """And back."""
    for statement in POSTGRESQL_BACK if schema_editor.connection.vendor == "postgresql" else SQLITE_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(build, unbuild),
    ]
