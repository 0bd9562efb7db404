"""Leads as JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from moderation.ledger.actions import HAND_OVER_SOURCES
from moderation.ledger.models import Lead, LeadState, SourceClass
from moderation.ledger.queries import LeadDetail, LeadLine
from portal.common.clock import BEIJING
from portal.common.rest import StrictSerializer
from portal.intake.content import LONGEST


class SubjectBody(StrictSerializer):
    """A person or unit complained about; any field may be empty."""

    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=LONGEST["name"])
    organ = serializers.CharField(required=False, allow_blank=True, default="", max_length=LONGEST["organ"])
    organ_text = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=LONGEST["organ_text"]
    )
    post = serializers.CharField(required=False, allow_blank=True, default="", max_length=LONGEST["post"])


class RegisterLeadBody(StrictSerializer):
    """A lead that was handed over or found by the office itself."""

    source_class = serializers.ChoiceField(choices=[(one.value, one.label) for one in HAND_OVER_SOURCES])
    title = serializers.CharField(max_length=LONGEST["title"])
    summary = serializers.CharField(max_length=LONGEST["text"], trim_whitespace=False)
    subjects = SubjectBody(many=True, required=False, default=list)
    received_on = serializers.DateField()


class LeadLineAnswer(serializers.Serializer[Any]):
    """One line of the ledger."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    lead_no = serializers.CharField()
    state = serializers.ChoiceField(choices=LeadState.choices)
    source_class = serializers.ChoiceField(choices=SourceClass.choices)
    title = serializers.CharField(allow_null=True)
    organ = serializers.CharField()
    received_on = serializers.DateField()
    registered_at = serializers.DateTimeField()
    registered_by = serializers.CharField()


class HistoryAnswer(serializers.Serializer[Any]):
    """One thing that was done to a lead."""

    at = serializers.DateTimeField()
    actor = serializers.CharField()
    action = serializers.CharField()


class LeadAnswer(LeadLineAnswer):
    """One lead, opened."""

    summary = serializers.CharField(allow_null=True)
    subjects = SubjectBody(many=True)
    report = serializers.UUIDField(allow_null=True)
    history = HistoryAnswer(many=True)


class LeadPageAnswer(serializers.Serializer[Any]):
    """A page of the ledger."""

    items = LeadLineAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class NumberAnswer(serializers.Serializer[Any]):
    """All that a clerk learns of a lead they entered."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    lead_no = serializers.CharField()


def number_answer(lead: Lead) -> dict[str, Any]:
    """A lead's number and nothing else."""
    return {"id": str(lead.id), "version": lead.version, "lead_no": lead.lead_no}


def line_answer(line: LeadLine) -> dict[str, Any]:
    """One line of the ledger."""
    return {**_clear(line.lead), "title": line.title}


def lead_answer(detail: LeadDetail) -> Mapping[str, Any]:
    """One lead, opened."""
    lead, text = detail.lead, detail.text
    return {
        **_clear(lead),
        "title": text.title if text else None,
        "summary": text.summary if text else None,
        "subjects": [asdict(subject) for subject in text.subjects] if text else [],
        "report": str(lead.report_id) if lead.report_id else None,
        "history": [
            {"at": entry.at.astimezone(BEIJING), "actor": entry.actor, "action": entry.action}
            for entry in detail.history
        ],
    }


def _clear(lead: Lead) -> dict[str, Any]:
    return {
        **number_answer(lead),
        "state": lead.state,
        "source_class": lead.source_class,
        "organ": lead.organ_id,
        "received_on": lead.received_on,
        "registered_at": lead.registered_at.astimezone(BEIJING),
        "registered_by": lead.registered_by.username,
    }
