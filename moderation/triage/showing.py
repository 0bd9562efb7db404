"""What the queue's pages show, worked out before a template sees it. Nothing here changes a word."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from moderation.triage.guidance import said_done
from moderation.triage.letters import QueueLine
from moderation.triage.models import State, TriageItem
from portal.accounts.models import Staff
from portal.audit.actions import PUBLIC
from portal.audit.models import AuditEntry
from portal.common.clock import local_date
from portal.hooks import Finding
from portal.organs.tree import OrganTree

SOON = 2
"""Days before a date from which it is shown as pressing."""

FINDING_LABELS: dict[str, str] = {
    "urgent_words": "疑似紧急",
    "organ_named": "提到检察院",
    "relative_organ": "提到检察院",
    "addressed_organ": "提到检察院",
    "unresolved_person": "单位不明",
    "sealed_text_damaged": "封存内容异常",
}
_MARKS = {"urgent_words": "urgent"}
_STATE_TONES: dict[str, str] = {
    State.HELD: "careful",
    State.OPEN: "blue",
    State.VOID_PROPOSED: "careful",
    State.DECIDED: "good",
}


@dataclass(frozen=True)
class Piece:
    """A stretch of somebody's words; `mark` says what kind of finding covers it, if any."""

    text: str
    mark: str = ""


@dataclass(frozen=True)
class DueShown:
    """A date in words, and how loudly: `wrong` overdue, `careful` soon."""

    date: dt.date
    words: str
    tone: str


@dataclass(frozen=True)
class Row:
    """One line of the queue. `claim`: who has it, empty for nobody; `mine`: it is the reader's own."""

    item: TriageItem
    title: str | None
    due: DueShown | None
    tone: str
    addressed: str
    holder: str
    claim: str
    mine: bool


@dataclass(frozen=True)
class Noticed:
    """Findings of one kind: what they are, and the words or organs they are about."""

    label: str
    urgent: bool
    about: tuple[str, ...]


@dataclass(frozen=True)
class Done:
    """One entry of the log, in plain words."""

    at: dt.datetime
    who: str
    what: str


def pieces(text: str, findings: Iterable[Finding], *, field: str) -> list[Piece]:
    """The text of a field cut where findings begin and end; joined again it is the text."""
    spans = [one for one in findings if one.field == field and 0 <= one.start < one.end <= len(text)]
    cuts = sorted({0, len(text), *(one.start for one in spans), *(one.end for one in spans)})
    return [Piece(text[start:end], _mark(spans, start, end)) for start, end in pairwise(cuts)]


def due_shown(due: dt.date | None, today: dt.date) -> DueShown | None:
    """How a date stands to today: 已超期1天, 今天到期, 还有2天."""
    if due is None:
        return None
    left = (due - today).days
    if left < 0:
        return DueShown(due, f"已超期{-left}天", "wrong")
    if left == 0:
        return DueShown(due, "今天到期", "careful")
    return DueShown(due, f"还有{left}天", "careful" if left <= SOON else "")


def rows(lines: Iterable[QueueLine], *, staff: Staff, tree: OrganTree, now: dt.datetime) -> list[Row]:
    """Lines of the queue as this person sees them."""
    today = local_date(now)
    return [_row(line, staff=staff, tree=tree, today=today, now=now) for line in lines]


def state_tone(item: TriageItem) -> str:
    """The colour of a state's badge."""
    return _STATE_TONES.get(item.state, "")


def claim_lives(item: TriageItem, now: dt.datetime) -> bool:
    """Whether somebody's claim is still running."""
    return item.claimed_until is not None and item.claimed_until > now


def noticed(findings: Iterable[Finding], texts: dict[str, str], tree: OrganTree) -> list[Noticed]:
    """What screening noticed, gathered by kind, urgent first."""
    gathered: dict[tuple[bool, str], list[str]] = {}
    for one in findings:
        key = (one.code not in _MARKS, FINDING_LABELS.get(one.code, one.code))
        about = gathered.setdefault(key, [])
        named = [tree.node(code).display_name for code in one.organs if code in tree]
        quoted = texts.get(one.field, "")[one.start : one.end]
        for word in named or [f"“{quoted}”"] * bool(quoted):
            if word not in about:
                about.append(word)
    return [Noticed(label, not calm, tuple(about)) for (calm, label), about in sorted(gathered.items())]


def people(usernames: Iterable[str]) -> dict[str, str]:
    """Names for user names as the log has them: one query however many."""
    known = Staff.objects.filter(username__in=set(usernames))
    return {PUBLIC: "来件人", **dict(known.values_list("username", "display_name"))}


def history(entries: Sequence[AuditEntry], names: Mapping[str, str]) -> list[Done]:
    """The log of an item in plain words."""
    return [
        Done(entry.at, names.get(entry.actor, entry.actor), said_done(entry.action, entry.detail))
        for entry in entries
    ]


def _mark(spans: Sequence[Finding], start: int, end: int) -> str:
    covering = [one for one in spans if one.start <= start and end <= one.end]
    if any(one.code in _MARKS for one in covering):
        return "urgent"
    return "noticed" if covering else ""


def _row(line: QueueLine, *, staff: Staff, tree: OrganTree, today: dt.date, now: dt.datetime) -> Row:
    item = line.item
    claimed = item.claimed_by if claim_lives(item, now) else None
    return Row(
        item=item,
        title=line.title,
        due=due_shown(item.due, today),
        tone=state_tone(item),
        addressed=tree.node(item.addressed_id).display_name,
        holder=tree.node(item.holder_id).display_name,
        claim=claimed.display_name if claimed else "",
        mine=claimed is not None and claimed.pk == staff.pk,
    )
