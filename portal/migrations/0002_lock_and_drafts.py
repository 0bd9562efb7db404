import django.db.models.deletion
from django.db import migrations, models

import portal.common.ids


class Migration(migrations.Migration):
    """Sessions from before end: the key they hold lies elsewhere now. Everybody signs in once more."""

    dependencies = [
        ("portal", "0001_initial"),
    ]

    operations = [
        migrations.DeleteModel(name="StaffSession"),
        migrations.CreateModel(
            name="StaffSession",
            fields=[
                ("session_key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                (
                    "handle",
                    models.UUIDField(default=portal.common.ids.new_id, editable=False, unique=True),
                ),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("stored_key", models.BinaryField(null=True)),
                ("mark", models.BinaryField()),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="portal.vaultkey"
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to="portal.staff",
                    ),
                ),
            ],
            options={"db_table": "accounts_session"},
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.common.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("page", models.CharField(max_length=120)),
                ("about", models.UUIDField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="drafts", to="portal.staff"
                    ),
                ),
                (
                    "words",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="portal.sealeditem",
                    ),
                ),
            ],
            options={
                "db_table": "accounts_draft",
                "indexes": [
                    models.Index(fields=["staff", "page"], name="accounts_draft_of_page"),
                    models.Index(
                        condition=models.Q(("about__isnull", False)),
                        fields=["about"],
                        name="accounts_draft_about",
                    ),
                ],
            },
        ),
    ]
