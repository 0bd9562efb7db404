"""The queue as JSON."""

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from moderation.ledger.serializers import SubjectBody
from moderation.triage.filters import LONGEST_Q
from moderation.triage.letters import QueueLine
from moderation.triage.models import Outcome, Reason, State
from moderation.triage.notes import LONGEST as LONGEST_NOTE
from moderation.triage.queries import ItemDetail
from portal.common.clock import BEIJING
from portal.common.clock import now as present
from portal.common.rest import VersionedBody
from portal.intake.content import LONGEST
from portal.intake.models import Channel, Kind, Message


class VoidBody(VersionedBody):
    """A reason to propose; the person who confirms may add one."""

    reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=LONGEST_NOTE, trim_whitespace=False
    )


class DecideBody(VersionedBody):
    """One outcome; `reason` only with `declined`; `note` stays in the house."""

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    reason = serializers.ChoiceField(
        choices=Reason.choices, required=False, allow_blank=True, allow_null=True, default=""
    )
    note = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        default="",
        max_length=LONGEST_NOTE,
        trim_whitespace=False,
    )


class AskBody(VersionedBody):
    """Everything that is missing, in one question."""

    text = serializers.CharField(max_length=LONGEST["text"], trim_whitespace=False)


class ReplyBody(AskBody):
    """The office's words; `final` calls them the result."""

    final = serializers.BooleanField(required=False, default=False)


class MergeBody(VersionedBody):
    """The item that governs from now on."""

    into = serializers.UUIDField()


class ReferBody(VersionedBody):
    """The organ that gets the item."""

    organ = serializers.CharField(max_length=LONGEST["organ"])


class LiftBody(VersionedBody):
    """Who turned out to be here; empty only to carry over the rest of an item that moved up by itself."""

    subjects = SubjectBody(many=True, required=False, default=list)


class QueueQuery(serializers.Serializer[Any]):
    """What a list may be narrowed to; for the schema."""

    state = serializers.ChoiceField(choices=State.choices, required=False)
    outcome = serializers.ChoiceField(choices=Outcome.choices, required=False)
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    q = serializers.CharField(max_length=LONGEST_Q, required=False)
    due = serializers.ChoiceField(choices=["overdue", "today", "week"], required=False)
    claimed = serializers.ChoiceField(choices=["me", "none", "any"], required=False)
    sort = serializers.ChoiceField(choices=["received", "-received", "due"], required=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50, required=False)


class ItemAnswer(serializers.Serializer[Any]):
    """One line of the queue. `organ` is the organ the reporter addressed; `title` null where unopened."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=State.choices)
    outcome = serializers.ChoiceField(choices=Outcome.choices, allow_null=True)
    title = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(choices=Kind.choices)
    channel = serializers.ChoiceField(choices=Channel.choices)
    organ = serializers.CharField()
    received_at = serializers.DateTimeField()
    due = serializers.DateField(allow_null=True)
    claimed_by = serializers.CharField(allow_null=True)
    urgent = serializers.BooleanField()


class DecidedAnswer(ItemAnswer):
    """A decided item; `lead_id` where it became a lead."""

    lead_id = serializers.UUIDField(allow_null=True)


class ItemMessageAnswer(serializers.Serializer[Any]):
    """One entry of the thread."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    act = serializers.ChoiceField(choices=Message.Act.choices)
    final = serializers.BooleanField()
    text = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of the language, so it is added by name."""
        return {**super().get_fields(), "from": serializers.ChoiceField(choices=Message.Author.choices)}


class ItemFindingAnswer(serializers.Serializer[Any]):
    """What screening notices in the opened text; `start` and `end` count characters of `field`."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=["info", "warning", "hold"])
    field = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    organs = serializers.ListField(child=serializers.CharField())
    detail = serializers.CharField()


class ItemHistoryAnswer(serializers.Serializer[Any]):
    """One thing that was done to the item."""

    at = serializers.DateTimeField()
    actor = serializers.CharField()
    action = serializers.CharField()
    detail = serializers.DictField()


class ItemDetailAnswer(ItemAnswer):
    """One item, opened."""

    content = serializers.CharField(allow_null=True)
    subjects = SubjectBody(many=True)
    messages = ItemMessageAnswer(many=True)
    attachments = serializers.ListField(child=serializers.DictField())
    findings = ItemFindingAnswer(many=True)
    history = ItemHistoryAnswer(many=True)


class QueuePageAnswer(serializers.Serializer[Any]):
    """A page of the queue."""

    items = ItemAnswer(many=True)
    next = serializers.CharField(allow_null=True)


def line_answer(line: QueueLine) -> dict[str, Any]:
    """One line of the queue."""
    item = line.item
    claimed = item.claimed_until is not None and item.claimed_until > present()
    return {
        "id": str(item.pk),
        "version": item.version,
        "state": item.state,
        "outcome": item.outcome or None,
        "title": line.title,
        "kind": item.kind,
        "channel": item.channel,
        "organ": item.addressed_id,
        "received_at": item.received_at.astimezone(BEIJING),
        "due": item.due,
        "claimed_by": item.claimed_by.username if claimed and item.claimed_by else None,
        "urgent": item.urgent,
    }


def detail_answer(detail: ItemDetail) -> dict[str, Any]:
    """One item, opened."""
    content = detail.content
    return {
        **line_answer(QueueLine(detail.item, content.title if content else None)),
        "content": content.text if content else None,
        "subjects": [asdict(subject) for subject in content.subjects] if content else [],
        "messages": [
            {
                "id": entry.id,
                "at": entry.at.astimezone(BEIJING),
                "from": entry.author,
                "act": entry.act,
                "final": entry.final,
                "text": entry.text,
            }
            for entry in detail.messages
        ],
        "attachments": [],
        "findings": [asdict(finding) for finding in detail.findings],
        "history": [
            {
                "at": entry.at.astimezone(BEIJING),
                "actor": entry.actor,
                "action": entry.action,
                "detail": entry.detail,
            }
            for entry in detail.history
        ],
    }
