"""What a plain Django project would do: check the body, write the rows in one transaction, answer.

The rows are those of a real filing, in the same tables, of the same sizes (`test_bare` compares them), and
as durable. Left out is what makes a filing a filing: screening, choice of the holder, sealing, the receipt,
the audit chain, the calendar, the rate limit.
"""

import datetime as dt
import json
import secrets
from functools import cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from moderation.deadlines.models import Obligation, Rule
from moderation.triage.models import TriageItem
from portal.audit.models import AuditEntry, AuditHead
from portal.intake.forms_archive import current_form
from portal.intake.models import Report
from portal.vault.models import Envelope, SealedItem, VaultKey
from portal.vault.padding import padded_size

ORGAN = "510100"
_FRAME_BYTES = 1 + 24 + 16
"""Suite, nonce and tag around a padded original."""
_LENGTH_BYTES = 8
_ENVELOPE_BYTES = 180
_PROOF_CHARACTERS = 296


class SubjectBody(serializers.Serializer[Any]):
    """A person or unit complained about."""

    name = serializers.CharField(max_length=60, required=False, allow_blank=True)
    organ = serializers.CharField(max_length=16, required=False, allow_blank=True)
    organ_text = serializers.CharField(max_length=100, required=False, allow_blank=True)
    post = serializers.CharField(max_length=60, required=False, allow_blank=True)


class ReportBody(serializers.Serializer[Any]):
    """The fields of a filing."""

    kind = serializers.ChoiceField(choices=["tip", "suggestion"])
    organ = serializers.CharField(max_length=16)
    about_organ = serializers.BooleanField(allow_null=True)
    title = serializers.CharField(max_length=100)
    content = serializers.CharField(max_length=20_000)
    subjects = serializers.ListField(child=SubjectBody(), required=False)
    category = serializers.CharField(max_length=40, required=False, allow_blank=True)
    occurred = serializers.CharField(max_length=200, required=False, allow_blank=True)
    place = serializers.CharField(max_length=200, required=False, allow_blank=True)


class BareView(APIView):
    """Open to everybody, as the public API is."""

    authentication_classes: tuple[Any, ...] = ()
    permission_classes = (AllowAny,)


class BareReports(BareView):
    """Writing."""

    def post(self, request: Request) -> Response:
        """Check, write, answer."""
        body = ReportBody(data=request.data)
        body.is_valid(raise_exception=True)
        report = write_rows(dict(body.validated_data))
        return Response(
            {"id": report.id, "status": report.status, "received_at": report.received_at}, status=201
        )


class BareReport(BareView):
    """Reading."""

    def get(self, request: Request, report: UUID) -> Response:
        """One row by its primary key."""
        row = get_object_or_404(Report, pk=report)
        return Response({"status": row.status, "received_at": row.received_at, "reply_due": row.reply_due})


def write_rows(body: dict[str, Any]) -> Report:
    """The rows of one filing, in one transaction."""
    words = json.dumps({"form": current_form(body["kind"]), **body}, ensure_ascii=False).encode()
    size = _FRAME_BYTES + padded_size(_LENGTH_BYTES + len(words))
    now, due = timezone.now(), timezone.localdate() + dt.timedelta(days=7)
    with transaction.atomic():
        item = SealedItem.objects.create(purpose="original", ciphertext=secrets.token_bytes(size))
        Envelope.objects.create(
            item=item, recipient_id=_key(), share="whole", sealed=secrets.token_bytes(_ENVELOPE_BYTES)
        )
        report = Report.objects.create(
            lookup=secrets.token_bytes(32),
            key_version=1,
            thread_public=secrets.token_bytes(32),
            body_digest=secrets.token_bytes(32),
            kind=body["kind"],
            channel="web",
            addressed_id=ORGAN,
            holder_id=ORGAN,
            form_id=current_form(body["kind"]),
            received_at=now,
            status_at=now,
            reply_due=due,
            proof="p" * _PROOF_CHARACTERS,
            original=item,
        )
        _write_audit(report, now)
        TriageItem.objects.create(
            report=report,
            holder_id=ORGAN,
            state="open",
            kind=report.kind,
            channel=report.channel,
            addressed_id=ORGAN,
            received_at=now,
            due=due,
        )
        Obligation.objects.bulk_create(
            Obligation(
                report=report,
                rule_id=rule,
                rule_code=code,
                started_on=now,
                original_due=due,
                due=due,
                provisional=False,
            )
            for rule, code in _rules()
        )
    return report


def _write_audit(report: Report, now: dt.datetime) -> None:
    head = AuditHead.objects.select_for_update().filter(organ_id=ORGAN).first()
    sequence = head.sequence if head else 0
    AuditEntry.objects.create(
        organ_id=ORGAN,
        sequence=sequence + 1,
        at=now,
        actor="public",
        action="report_filed",
        object_kind="report",
        object_id=str(report.id),
        detail={"kind": report.kind, "channel": report.channel},
        link=secrets.token_bytes(32),
    )
    AuditHead.objects.filter(organ_id=ORGAN).update(sequence=sequence + 1, link=secrets.token_bytes(32))


@cache
def _key() -> UUID:
    return VaultKey.objects.get(path__endswith=f"/{ORGAN}", purpose="triage", superseded_at=None).pk


@cache
def _rules() -> list[tuple[int, str]]:
    return list(
        Rule.objects.filter(code__in=["procedural_reply", "substantive_reply"]).values_list("id", "code")
    )
