"""Gathers the rooms' tables, so that the app has one migration history."""

from portal.accounts.factor_models import Factor, FactorChallenge, FactorTries
from portal.accounts.models import Draft, Staff, StaffSession
from portal.audit.models import AuditEntry, AuditHead, AuditSeal
from portal.calendar.models import *  # noqa: F403
from portal.identity.models import CarryOver, IdentityRequest
from portal.intake.models import Form, IdentityOpening, Message, Report
from portal.organs.models import *  # noqa: F403
from portal.vault.models import (
    Envelope,
    Grant,
    IndexEntry,
    PassphraseLock,
    PurposeKey,
    RootShare,
    SealedItem,
    VaultKey,
)

__all__ = [
    "AuditEntry",
    "AuditHead",
    "AuditSeal",
    "CarryOver",
    "Draft",
    "Envelope",
    "Factor",
    "FactorChallenge",
    "FactorTries",
    "Form",
    "Grant",
    "IdentityOpening",
    "IdentityRequest",
    "IndexEntry",
    "Message",
    "PassphraseLock",
    "PurposeKey",
    "Report",
    "RootShare",
    "SealedItem",
    "Staff",
    "StaffSession",
    "VaultKey",
]
