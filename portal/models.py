"""Gathers the rooms' tables, so that the app has one migration history."""

from portal.accounts.factor_models import Factor, FactorChallenge, FactorTries
from portal.accounts.models import Staff, StaffSession
from portal.audit.models import AuditEntry, AuditHead
from portal.calendar.models import *  # noqa: F403
from portal.intake.models import Form, Message, Report
from portal.organs.models import *  # noqa: F403
from portal.vault.models import Envelope, Grant, PassphraseLock, PurposeKey, SealedItem, VaultKey

__all__ = [
    "AuditEntry",
    "AuditHead",
    "Envelope",
    "Factor",
    "FactorChallenge",
    "FactorTries",
    "Form",
    "Grant",
    "Message",
    "PassphraseLock",
    "PurposeKey",
    "Report",
    "SealedItem",
    "Staff",
    "StaffSession",
    "VaultKey",
]
