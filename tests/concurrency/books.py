"""Are the books whole? What must hold of the database after any crash."""

from collections import Counter
from collections.abc import Iterator

from django.db import connection
from django.db.models import Count, F, Model, Q

from portal.audit.models import AuditEntry
from portal.audit.queries import verify_all
from portal.common.clock import BEIJING
from portal.intake.models import Report
from portal.vault.models import Envelope, SealedItem
from portal.vault.receipts import formatted, secrets_from_nonce


def problems() -> list[str]:
    """Every way in which the connected database is not whole; empty where it is."""
    return [*_broken_files(), *_half_reports(), *_unaudited_reports(), *_orphan_items(), *_broken_chains()]


def committed(nonces: list[str]) -> dict[str, dict[str, str]]:
    """Receipt and moment of those submissions that were committed, by nonce."""
    secrets = {nonce: secrets_from_nonce(bytes.fromhex(nonce))[0] for nonce in nonces}
    rows = Report.objects.filter(lookup__in=[one.lookup for one in secrets.values()])
    moments = {bytes(row.lookup): row.received_at.astimezone(BEIJING).isoformat() for row in rows}
    return {
        nonce: {"receipt": formatted(one.digits), "received_at": moments[one.lookup]}
        for nonce, one in secrets.items()
        if one.lookup in moments
    }


def _broken_files() -> Iterator[str]:
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for (line,) in cursor.execute("PRAGMA integrity_check").fetchall():
            if line != "ok":
                yield f"integrity_check: {line}"
        for row in cursor.execute("PRAGMA foreign_key_check").fetchall():
            yield f"foreign_key_check: {row}"


def _half_reports() -> Iterator[str]:
    conditions = {
        "original of another purpose": ~Q(original__purpose="original"),
        "original without envelope": Q(original__envelopes__isnull=True),
        "identity not in two halves": Q(identity__isnull=False) & ~Q(shares=2),
        "no triage item": Q(triage_item__isnull=True),
        "triage item of another holder": ~Q(triage_item__holder=F("holder")),
        "no date promised": Q(reply_due__isnull=True),
        "not two obligations": ~Q(owed=2),
    }
    reports = Report.objects.annotate(
        owed=Count("obligations", distinct=True), shares=Count("identity__envelopes", distinct=True)
    )
    for problem, condition in conditions.items():
        for report in reports.filter(condition).values_list("pk", flat=True):
            yield f"report {report}: {problem}"


def _unaudited_reports() -> Iterator[str]:
    audited = Counter(AuditEntry.objects.filter(action="report_filed").values_list("object_id", "organ_id"))
    reports = Counter((str(pk), holder) for pk, holder in Report.objects.values_list("pk", "holder_id"))
    for (report, organ), count in (reports - audited).items():
        yield f"report {report}: {count} entry report_filed missing from the chain of {organ}"
    for (report, organ), count in (audited - reports).items():
        yield f"report {report}: {count} entry report_filed too many in the chain of {organ}"


def _orphan_items() -> Iterator[str]:
    items = SealedItem.objects.all()
    for owner, field in _owners_of_items():
        items = items.exclude(pk__in=owner._default_manager.exclude(**{field: None}).values(field))
    for item, purpose in items.values_list("pk", "purpose"):
        yield f"item {item}: {purpose} of nothing"


def _owners_of_items() -> Iterator[tuple[type[Model], str]]:
    """Every table and column that may point to a sealed item, whatever room it is in."""
    for relation in SealedItem._meta.get_fields(include_hidden=True):
        if (relation.one_to_one or relation.one_to_many) and relation.related_model is not Envelope:
            yield relation.related_model, relation.field.name  # type: ignore[union-attr,misc]


def _broken_chains() -> Iterator[str]:
    for broken in verify_all()[1]:
        yield f"audit {broken.organ}/{broken.sequence}: {broken.problem}"
