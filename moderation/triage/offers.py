"""Which acts a page offers: those that would not be refused, and why the others are missing."""

import datetime as dt
from dataclasses import dataclass

from moderation.triage.gate import claimed_by_other, roles_over
from moderation.triage.models import State, TriageItem
from moderation.triage.transitions import DESPITE_A_CLAIM, TRANSITIONS
from portal.accounts.signed_in import SignedIn

_NEED_THE_WORDS = frozenset({"void", "decide", "ask", "reply", "merge", "refer", "lift"})
"""Nobody judges what they cannot read."""


@dataclass(frozen=True)
class Offers:
    """`acts`: what may be done now. `missing`: plain reasons why something expected is not among them."""

    acts: frozenset[str]
    missing: tuple[str, ...]


def offers(
    *, actor: SignedIn, item: TriageItem, readable: bool, opened: bool, repeats: int, now: dt.datetime
) -> Offers:
    """What this person may do to the item as it stands, by the table of transitions and what it carries.

    `readable`: all of it opens for them; `opened`: the original does, which is enough to carry it over to
    where the rest has gone; `repeats`: how many items were merged into it.
    """
    other = claimed_by_other(item, actor, now)
    acts = {
        act
        for act, steps in TRANSITIONS.items()
        if item.state in steps and steps[item.state].roles & roles_over(actor, item)
    }
    by_table = frozenset(acts)
    acts -= _pointless(item, actor, other, repeats)
    if other:
        acts &= DESPITE_A_CLAIM
    if not readable:
        carries = item.awaits_lift and opened and "lift" in acts
        acts -= _NEED_THE_WORDS
        acts |= {"lift"} if carries else set()
    return Offers(frozenset(acts), tuple(_missing(item, actor, by_table, other=other, repeats=repeats)))


def _pointless(item: TriageItem, actor: SignedIn, other: bool, repeats: int) -> set[str]:
    """Acts the table allows and the item as it is would refuse."""
    dropped = set()
    if not other:
        dropped.add("take_over")
    if item.claimed_by_id != actor.staff.pk:
        dropped.add("release")
    if item.asked_at is not None:
        dropped.add("ask")
    if item.merged_into_id is None:
        dropped.add("unmerge")
    if repeats:
        dropped.add("merge")
    if item.state == State.VOID_PROPOSED and item.void_proposed_by_id == actor.staff.pk:
        dropped.add("void")
    return dropped


def _missing(
    item: TriageItem, actor: SignedIn, by_table: frozenset[str], *, other: bool, repeats: int
) -> list[str]:
    reasons = []
    if other and by_table - DESPITE_A_CLAIM:
        advice = "急需办理的，可以接管。" if "take_over" in by_table else "请等对方办完或者放回。"
        reasons.append(f"对方办理期间您不能操作；{advice}")
    if item.state == State.VOID_PROPOSED and item.void_proposed_by_id == actor.staff.pk:
        reasons.append("作废由您提出，须由另一人确认。")
    if "ask" in by_table and item.asked_at is not None:
        reasons.append("已经要求补充过一次，不能再次要求；需要的内容应当一次性告知。")
    if "merge" in by_table and repeats:
        reasons.append(f"已有 {repeats} 件并入此件，不能再把它并入别的件。")
    return reasons
