"""Every act in every state by every role, against a table written down a second time."""

import pytest

from moderation.triage import actions
from moderation.triage.gate import ready
from moderation.triage.models import Outcome, Reason, State
from moderation.triage.transitions import AFTER_A_MESSAGE, OUTCOMES, TRANSITIONS
from moderation.triage.wording import DECLINED
from portal.accounts.models import ROLES
from portal.common.errors import Refusal
from tests.moderation.triage.items import EVEN_LATER, item_in
from tests.people import People

STATES = ("held", "open", "waiting", "void_proposed", "void", "decided")

# act: per state, in the order above, the initials of those who may: Moderator, Triager, Leader, Supervisor.
WHO_MAY = {
    "claim": ("MTL", "MTL", "TL", "MTL", "", "TL"),
    "release": ("MTL", "MTL", "MTL", "MTL", "", "MTL"),
    "take_over": ("TL", "TL", "TL", "TL", "", "TL"),
    "open": ("MTL", "", "TL", "MTL", "MTL", "TL"),
    "void": ("MTL", "MTL", "", "MTL", "", ""),
    "decide": ("", "TL", "", "", "", ""),
    "ask": ("", "TL", "", "", "", ""),
    "reply": ("", "TL", "", "", "", "TL"),
    "merge": ("", "TL", "", "", "", ""),
    "unmerge": ("", "", "", "", "", "TL"),
    "refer": ("", "TL", "", "", "", ""),
    "lift": ("MTLS", "MTLS", "MTLS", "MTLS", "MTLS", "MTLS"),
}
ENDS_IN = {
    "open": "open",
    "decide": "decided",
    "ask": "waiting",
    "merge": "decided",
    "unmerge": "open",
    "refer": "open",
}
INITIALS = {"moderator": "M", "triager": "T", "leader": "L", "supervisor": "S"}
FUNCTIONS = {"open": actions.open_item}


def outcome_of(act: str, state: str, role: str) -> str:
    """What somebody of this role is told when they try."""
    who, initial = WHO_MAY[act], INITIALS.get(role)
    if initial is None:
        return "not_found"
    if not any(initial in states for states in who):
        return "forbidden"
    allowed = who[STATES.index(state)]
    if not allowed:
        return "invalid"
    return "may" if initial in allowed else "forbidden"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", WHO_MAY)
def test_every_role_is_told_what_the_table_says(act: str, state: str, people: People) -> None:
    item = item_in(state, people)
    told: dict[str, str] = {}

    for role in ROLES:
        # supervisors stand one organ above; everybody else belongs to the organ that holds the item
        actor = getattr(people, f"{role}_province" if role == "supervisor" else role)
        try:
            ready(actor=actor, item_id=item.pk, version=item.version, act=act, now=EVEN_LATER)
            told[role] = "may"
        except Refusal as refusal:
            told[role] = refusal.code

    assert told == {role: outcome_of(act, state, role) for role in ROLES}


def test_the_tables_are_complete() -> None:
    assert set(TRANSITIONS) == set(WHO_MAY)
    assert set(STATES) == set(State.values) == set(AFTER_A_MESSAGE)
    assert set(OUTCOMES) == set(Outcome.values)
    assert set(DECLINED) == set(Reason.values)
    for act in TRANSITIONS:
        assert callable(FUNCTIONS.get(act) or getattr(actions, act))


@pytest.mark.parametrize("act", sorted(TRANSITIONS))
def test_every_step_leads_where_the_act_says(act: str) -> None:
    for state, step in TRANSITIONS[act].items():
        if act == "void":
            expected = "void" if state == "void_proposed" else "void_proposed"
        elif act == "lift":
            expected = state if state in {"held", "waiting"} else "open"
        else:
            expected = ENDS_IN.get(act, state)
        assert step.to == expected


def test_a_supervisor_of_the_organ_itself_does_not_know_the_item(people: People) -> None:
    item = item_in("open", people)

    with pytest.raises(Refusal) as refused:
        ready(actor=people.supervisor, item_id=item.pk, version=item.version, act="lift", now=EVEN_LATER)

    assert refused.value.code == "not_found"
