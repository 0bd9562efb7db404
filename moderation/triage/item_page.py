"""One item as a page: everything that is shown of it, and the forms of the acts that are offered."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from moderation.deadlines.models import Obligation
from moderation.deadlines.queries import obligations_of
from moderation.triage.forms import ACT_FORMS, ActForm, act_form
from moderation.triage.guidance import STATE_HELP, outcome_choices, reason_choices
from moderation.triage.models import TriageItem
from moderation.triage.notes import OpenedNote, open_notes
from moderation.triage.offers import offers
from moderation.triage.queries import ItemDetail, visible_to
from moderation.triage.repeats import likely_repeats
from moderation.triage.showing import (
    DueShown,
    claim_lives,
    due_shown,
    history,
    noticed,
    people,
    pieces,
    state_tone,
)
from portal.accounts.models import Staff
from portal.accounts.signed_in import QUEUE_ROLES, SignedIn
from portal.common.clock import local_date
from portal.common.errors import Refusal
from portal.common.words import one_line
from portal.identity.forms import AskForm
from portal.identity.queries import standing_of
from portal.intake.content import Content, Subject
from portal.organs.queries import organ_tree
from portal.organs.tree import OrganTree
from portal.vault.keyring import Keyring
from portal.vault.primitives import Tampered

FIRST_LINES = 160
"""Characters of the letter that stand beside a reply."""


@dataclass(frozen=True)
class Clock:
    """One obligation: when it is due if it still runs, or how it ended."""

    obligation: Obligation
    due: DueShown | None
    ended: str


@dataclass(frozen=True)
class Accused:
    """One subject as the reporter described it."""

    subject: Subject
    organ: str


@dataclass(frozen=True)
class Refused:
    """An act that was not done: its form with what was typed, and why where it was too late."""

    act: str
    form: ActForm
    late: Refusal | None = None


def item_context(
    actor: SignedIn, detail: ItemDetail, *, now: dt.datetime, refused: Refused | None = None
) -> dict[str, Any]:
    """All that `triage/item.html` shows."""
    item, tree = detail.item, organ_tree()
    repeats = list(visible_to(actor.staff).filter(merged_into=item.pk).order_by("received_at")[:50])
    readable = detail.content is not None and all(entry.text is not None for entry in detail.messages)
    offered = offers(
        actor=actor,
        item=item,
        readable=readable,
        opened=detail.content is not None,
        repeats=len(repeats),
        now=now,
    )
    notes = _notes(item, actor.keyring)
    names = people([*(entry.actor for entry in detail.history), *(note.author for note in notes)])
    log = history(detail.history, names)
    carry_over = item.awaits_lift and "lift" in offered.acts
    usual, others = outcome_choices(item.kind)
    return {
        "item": item,
        "report": item.report,
        "content": detail.content,
        "letter": _letter(detail, tree) if detail.content else {},
        "messages": detail.messages,
        "identity": standing_of(item.report, actor),
        "identity_form": AskForm(),
        "notes": [(note, names.get(note.author, note.author)) for note in notes],
        "damaged": any(one.code == "sealed_text_damaged" for one in detail.findings),
        "unread": sum(entry.text is None for entry in detail.messages),
        "state_help": STATE_HELP[item.state],
        "tone": state_tone(item),
        "due": due_shown(item.due, local_date(now)),
        "clocks": _clocks(item, now),
        "claimer": _claimer(item, now),
        "mine": claim_lives(item, now) and item.claimed_by_id == actor.staff.pk,
        "works": bool(actor.staff.roles & QUEUE_ROLES),
        "holder": tree.node(item.holder_id).display_name,
        "addressed": tree.node(item.addressed_id).display_name,
        "acts": offered.acts,
        "missing": offered.missing,
        "carry_over": carry_over,
        "repeats": repeats,
        "alike": len(likely_repeats(actor.staff, actor.keyring, item, detail.body)),
        "log": log,
        "seen": len(log),
        "forms": _forms(refused, offered.acts),
        "refused": refused,
        **_lateness(refused, log, offered.acts),
        "usual_outcomes": usual,
        "other_outcomes": others,
        "reasons": reason_choices(),
    }


def _letter(detail: ItemDetail, tree: OrganTree) -> dict[str, Any]:
    content = detail.content
    assert content is not None  # noqa: S101  the caller has looked
    texts = {
        "title": content.title,
        "text": content.text,
        "place": content.place,
        "occurred": content.occurred,
    }
    for number, subject in enumerate(content.subjects):
        texts |= {
            f"subjects.{number}.{part}": getattr(subject, part) for part in ("name", "organ_text", "post")
        }
    return {
        "title": pieces(content.title, detail.findings, field="title"),
        "text": pieces(content.text, detail.findings, field="text"),
        "place": pieces(content.place, detail.findings, field="place"),
        "occurred": pieces(content.occurred, detail.findings, field="occurred"),
        "accused": [_accused(subject, tree) for subject in content.subjects],
        "about": _about(content, detail.item.kind),
        "noticed": noticed(detail.findings, texts, tree),
        "first_lines": one_line(content.text, FIRST_LINES),
    }


def _accused(subject: Subject, tree: OrganTree) -> Accused:
    known = tree.node(subject.organ).display_name if subject.organ in tree else ""
    typed = subject.organ_text
    return Accused(subject, f"{typed}（{known}）" if typed and known and typed != known else typed or known)


def _about(content: Content, kind: str) -> str:
    if content.about_organ is None:
        return "没有回答（按“是”处理）" if kind == "tip" else "没有回答"
    return "是" if content.about_organ else "不是"


def _clocks(item: TriageItem, now: dt.datetime) -> list[Clock]:
    return [_clock(one, local_date(now)) for one in obligations_of(item.pk)]


def _clock(one: Obligation, today: dt.date) -> Clock:
    if one.fulfilled_at:
        return Clock(one, None, f"{one.fulfilled_at:%Y-%m-%d} {one.get_fulfilled_by_display()}")
    if one.cancelled_at:
        return Clock(one, None, f"{one.cancelled_at:%Y-%m-%d} 停止：{one.get_cancelled_for_display()}")
    if one.paused_on:
        return Clock(one, None, f"{one.paused_on:%Y-%m-%d} 起暂停，补齐后重新计算")
    return Clock(one, due_shown(one.due, today), "")


def _claimer(item: TriageItem, now: dt.datetime) -> Staff | None:
    return item.claimed_by if claim_lives(item, now) else None


def _notes(item: TriageItem, keyring: Keyring) -> Sequence[OpenedNote]:
    try:
        return open_notes(item, keyring)
    except Tampered:
        return ()


def _forms(refused: Refused | None, acts: frozenset[str]) -> dict[str, ActForm]:
    forms = {act: act_form(act) for act in ACT_FORMS if act in acts}
    if refused is not None and refused.act in acts:
        forms[refused.act] = refused.form
    return forms


def _lateness(refused: Refused | None, log: Sequence[object], acts: frozenset[str]) -> dict[str, Any]:
    """What happened while somebody wrote, and their words where the form itself is gone."""
    if refused is None:
        return {"meanwhile": (), "kept": ()}
    seen = refused.form.data.get("seen", "")
    since = int(seen) if seen.isdecimal() else len(log)
    return {
        "meanwhile": log[since:] if refused.late else (),
        "kept": () if refused.act in acts else refused.form.typed(),
    }
