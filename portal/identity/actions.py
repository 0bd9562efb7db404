"""The door to every act on identities; each has its module, by who does it."""

from portal.identity.asking import ask_for_identity, cancel_request, return_identity
from portal.identity.carrying import carry_identities
from portal.identity.deciding import approve_request, refuse_request, withdraw_approval
from portal.identity.ending import end_expired, report_moved, take_stray_halves
from portal.identity.opening import open_identity

__all__ = [
    "approve_request",
    "ask_for_identity",
    "cancel_request",
    "carry_identities",
    "end_expired",
    "open_identity",
    "refuse_request",
    "report_moved",
    "return_identity",
    "take_stray_halves",
    "withdraw_approval",
]
