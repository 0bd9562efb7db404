"""What awaits a person today, from the queue they may see."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from moderation.triage.filters import ORDERS
from moderation.triage.letters import QueueLine
from moderation.triage.models import State, TriageItem
from moderation.triage.queries import opened_lines, visible_to
from moderation.triage.showing import SOON
from moderation.triage.tallies import tally
from portal.accounts.models import Staff
from portal.accounts.signed_in import QUEUE_ROLES, SignedIn
from portal.common.clock import local_date
from portal.common.paging import keyset_page

MOST_LINES = 10
"""Lines of each list; the queue has the rest."""
READERS = QUEUE_ROLES | {"supervisor"}
_SHOWN_WITH = ("report__original", "claimed_by")
_TODO = (State.HELD, State.OPEN, State.VOID_PROPOSED)


@dataclass(frozen=True)
class Figure:
    """A number that leads to its list; `tone` is `wrong` where it should be nought."""

    label: str
    count: str
    query: str
    tone: str = ""


@dataclass(frozen=True)
class Day:
    """A reader's day: what is theirs, what comes next of what nobody has, and how much there is.

    `owed`: decided already, but an answer falls due.
    """

    mine: tuple[QueueLine, ...]
    upcoming: tuple[QueueLine, ...]
    owed: tuple[QueueLine, ...]
    figures: tuple[Figure, ...]

    @property
    def opened(self) -> int:
        """How many items' titles it shows."""
        return len(self.mine) + len(self.upcoming) + len(self.owed)


def reads_the_queue(staff: Staff) -> bool:
    """Whether the person has a part in some queue."""
    return bool(staff.roles & READERS)


def the_day(actor: SignedIn, *, now: dt.datetime) -> Day:
    """The day of somebody who reads the queue; the number of queries does not depend on how much there is."""
    staff, today = actor.staff, local_date(now)
    seen = visible_to(staff)
    own = Q(claimed_by=staff, claimed_until__gt=now)
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    owed = seen.filter(free, state=State.DECIDED, due__lte=today + SOON * dt.timedelta(days=1))
    return Day(
        mine=_lines(seen.filter(own), actor),
        upcoming=_lines(seen.filter(free, state__in=_TODO), actor),
        owed=_lines(owed, actor),
        figures=_figures(seen, today),
    )


def _lines(rows: QuerySet[TriageItem], actor: SignedIn) -> tuple[QueueLine, ...]:
    page = keyset_page(rows, order=ORDERS[""], limit=MOST_LINES, related=_SHOWN_WITH)
    return tuple(opened_lines(page.items, actor.keyring))


def _figures(seen: QuerySet[TriageItem], today: dt.date) -> tuple[Figure, ...]:
    return (
        Figure("待审核", tally(seen.filter(state=State.HELD)), "state=held"),
        Figure("待分流", tally(seen.filter(state=State.OPEN)), "state=open"),
        Figure("今天到期", tally(_still_open(seen).filter(due=today)), "due=today", "careful"),
        Figure("已超期", tally(_still_open(seen).filter(due__lt=today)), "due=overdue", "wrong"),
        Figure("待来件人补充", tally(seen.filter(state=State.WAITING)), "state=waiting"),
        Figure("待确认作废", tally(seen.filter(state=State.VOID_PROPOSED)), "state=void_proposed"),
    )


def _still_open(seen: QuerySet[TriageItem]) -> QuerySet[TriageItem]:
    """As the queue lists them: everything but what is void."""
    return seen.exclude(state=State.VOID)
