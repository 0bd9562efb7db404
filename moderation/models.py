"""Gathers the rooms' tables, so that the app has one migration history."""

from moderation.deadlines.models import Obligation, Rule
from moderation.forum.models import Attendee, Forum, Utterance
from moderation.ledger.models import Lead, NumberSeries
from moderation.triage.models import TriageItem, TriageNote

__all__ = [
    "Attendee",
    "Forum",
    "Lead",
    "NumberSeries",
    "Obligation",
    "Rule",
    "TriageItem",
    "TriageNote",
    "Utterance",
]
