"""What may be done to an item, as data: one table of acts, one of outcomes."""

from dataclasses import dataclass

from moderation.triage.models import Outcome, State
from portal.intake.models import Status

_QUEUE = frozenset({"moderator", "triager", "leader"})
_TRIAGE = frozenset({"triager", "leader"})
_READERS = _QUEUE | {"supervisor"}


@dataclass(frozen=True)
class Step:
    """Where an act leads from one state, and who may take it there."""

    to: str
    roles: frozenset[str]


def _stay(states: tuple[str, ...], roles: frozenset[str]) -> dict[str, Step]:
    return {state: Step(state, roles) for state in states}


_EARLY = (State.HELD, State.OPEN, State.VOID_PROPOSED)
_LATER = (State.WAITING, State.DECIDED)

TRANSITIONS: dict[str, dict[str, Step]] = {
    "claim": _stay(_EARLY, _QUEUE) | _stay(_LATER, _TRIAGE),
    "release": _stay(_EARLY, _QUEUE) | _stay(_LATER, _QUEUE),
    "take_over": _stay(_EARLY, _TRIAGE) | _stay(_LATER, _TRIAGE),
    "open": {
        State.HELD: Step(State.OPEN, _QUEUE),
        State.VOID_PROPOSED: Step(State.OPEN, _QUEUE),
        State.VOID: Step(State.OPEN, _QUEUE),
        State.WAITING: Step(State.OPEN, _TRIAGE),
        State.DECIDED: Step(State.OPEN, _TRIAGE),
    },
    "void": {
        State.HELD: Step(State.VOID_PROPOSED, _QUEUE),
        State.OPEN: Step(State.VOID_PROPOSED, _QUEUE),
        State.VOID_PROPOSED: Step(State.VOID, _QUEUE),
    },
    "decide": {State.OPEN: Step(State.DECIDED, _TRIAGE)},
    "ask": {State.OPEN: Step(State.WAITING, _TRIAGE)},
    "reply": _stay((State.OPEN, State.DECIDED), _TRIAGE),
    "merge": {State.OPEN: Step(State.DECIDED, _TRIAGE)},
    "unmerge": {State.DECIDED: Step(State.OPEN, _TRIAGE)},
    "refer": {State.OPEN: Step(State.OPEN, _TRIAGE)},
    "lift": {
        State.HELD: Step(State.HELD, _READERS),
        State.OPEN: Step(State.OPEN, _READERS),
        State.WAITING: Step(State.WAITING, _READERS),
        State.VOID_PROPOSED: Step(State.OPEN, _READERS),
        State.VOID: Step(State.OPEN, _READERS),
        State.DECIDED: Step(State.OPEN, _READERS),
    },
}
"""act → state it starts from → where it leads and who may. What is not here cannot be done."""

DESPITE_A_CLAIM = frozenset({"take_over", "lift"})
"""Acts that somebody else's live claim does not stop."""

AFTER_A_MESSAGE: dict[str, str] = {
    State.HELD: State.HELD,
    State.OPEN: State.OPEN,
    State.WAITING: State.OPEN,
    State.VOID_PROPOSED: State.OPEN,
    State.VOID: State.OPEN,
    State.DECIDED: State.OPEN,
}
"""Where the reporter's own words take an item: whatever was decided was decided without them."""


@dataclass(frozen=True)
class OutcomeRule:
    """What an outcome means for the reporter, and who may decide it."""

    status: str
    roles: frozenset[str] = _TRIAGE
    needs_reason: bool = False


OUTCOMES: dict[str, OutcomeRule] = {
    Outcome.LEAD: OutcomeRule(Status.ACCEPTED),
    Outcome.INVESTIGATION_DEPT: OutcomeRule(Status.ACCEPTED),
    Outcome.SUPERVISORY_COMMISSION: OutcomeRule(Status.REFERRED),
    Outcome.COMPLAINTS_DEPT: OutcomeRule(Status.ACCEPTED),
    Outcome.SUGGESTION_REPLY: OutcomeRule(Status.ACCEPTED),
    Outcome.INQUIRY_REPLY: OutcomeRule(Status.IN_PROGRESS),
    Outcome.OTHER_BODY: OutcomeRule(Status.REFERRED),
    Outcome.REPEAT: OutcomeRule(Status.ACCEPTED),
    Outcome.ESCALATED: OutcomeRule(Status.IN_PROGRESS),
    Outcome.CLASSIFIED_MATERIAL: OutcomeRule(Status.ACCEPTED),
    Outcome.NO_SUBSTANCE: OutcomeRule(Status.SUPPLEMENT_NEEDED),
    Outcome.DECLINED: OutcomeRule(Status.DECLINED, needs_reason=True),
}
"""outcome → public status word, roles, whether one of the nine reasons is asked for.

A repeat looks like any accepted report: nobody learns of a merge (DESIGN promise 6).
"""
