"""Reading requests: one's own, those a custodian decides, and how a report stands for the queue's page."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet, prefetch_related_objects

from portal.accounts.signed_in import QUEUE_ROLES, SignedIn
from portal.common.paging import keyset_page
from portal.identity.carrying import waiting_to_be_carried
from portal.identity.gate import may_ask, own_request, request_to_decide, requests_of, requests_to_decide
from portal.identity.marks import check_mark
from portal.identity.models import OPEN_STATES, ClosedFor, IdentityRequest, State
from portal.identity.words import ANSWER, REASON, open_words
from portal.intake.models import Report
from portal.organs.queries import organ_tree
from portal.vault.keyring import Keyring
from portal.vault.primitives import Tampered

USERS = QUEUE_ROLES | {"custodian"}
"""Who has anything to do with requests."""
MOST_WAITING = 100
_SHOWN_WITH = ("report", "requester", "decided_by", "reason", "answer")
_TONES: dict[str, str] = {State.REQUESTED: "careful", State.APPROVED: "good", State.REFUSED: "wrong"}


@dataclass(frozen=True)
class RequestLine:
    """One request as those concerned see it. `reason` and `answer` are `None` where they do not open.

    `damaged`: the row or its words were changed by somebody else; nothing can be done with it.
    """

    request: IdentityRequest
    holder: str
    word: str
    tone: str
    reason: str | None
    answer: str | None
    damaged: bool = False


@dataclass(frozen=True)
class LinePage:
    """A page of requests and the cursor of the next one."""

    lines: list[RequestLine]
    next: str | None


@dataclass(frozen=True)
class Standing:
    """What the page of a report says of its identity. `mine`: the reader's own running request."""

    given: bool
    may_ask: bool
    mine: IdentityRequest | None
    earlier: tuple[IdentityRequest, ...]


@dataclass(frozen=True)
class CustodiansDay:
    """How much waits for a custodian."""

    waiting: int
    to_carry: int


def custodians_day(actor: SignedIn) -> CustodiansDay:
    """What waits for this custodian; beyond `MOST_WAITING` nobody counts."""
    waiting = requests_to_decide(actor).filter(state=State.REQUESTED)[:MOST_WAITING].count()
    return CustodiansDay(waiting, len(waiting_to_be_carried(actor)))


def waiting_requests(actor: SignedIn) -> list[RequestLine]:
    """What waits for this custodian, oldest first, at most `MOST_WAITING`."""
    rows = requests_to_decide(actor).filter(state=State.REQUESTED).order_by("requested_at", "id")
    return _lines(list(rows.select_related(*_SHOWN_WITH)[:MOST_WAITING]), actor.keyring)


def decided_requests(actor: SignedIn, *, cursor: str | None = None) -> LinePage:
    """What this custodian, or one before, has decided or saw end; newest first. Raises `Invalid`."""
    return _page(requests_to_decide(actor).exclude(state=State.REQUESTED), actor.keyring, cursor)


def own_requests(actor: SignedIn, *, cursor: str | None = None) -> LinePage:
    """One's own requests, newest first. Raises `Invalid`."""
    return _page(requests_of(actor), actor.keyring, cursor)


def request_line(actor: SignedIn, request_id: UUID) -> RequestLine:
    """One request for those it concerns. Raises `NotFound`, and `Tampered` for a row not ours."""
    find = request_to_decide if actor.staff.custodian else own_request
    return _lines([find(actor, request_id)], actor.keyring)[0]


def standing_of(report: Report, actor: SignedIn) -> Standing:
    """How the identity of a report stands for somebody who sees the report."""
    if report.identity_id is None:
        return Standing(given=False, may_ask=False, mine=None, earlier=())
    rows = list(
        IdentityRequest.objects.filter(report=report)
        .select_related("requester", "decided_by")
        .order_by("-requested_at", "-id")
    )
    mine = next(
        (one for one in rows if one.requester_id == actor.staff.pk and one.state in OPEN_STATES), None
    )
    earlier = tuple(one for one in rows if one is not mine)
    return Standing(True, mine is None and may_ask(actor.staff, report), mine, earlier)


def state_word(request: IdentityRequest) -> str:
    """Where a request stands, in plain words."""
    if request.state == State.CLOSED:
        return str(ClosedFor(request.closed_for).label)
    return str(State(request.state).label)


def _page(rows: QuerySet[IdentityRequest], keyring: Keyring, cursor: str | None) -> LinePage:
    page = keyset_page(rows, order=("-requested_at", "-id"), cursor=cursor, related=_SHOWN_WITH)
    return LinePage(_lines(page.items, keyring), page.next)


def _lines(rows: list[IdentityRequest], keyring: Keyring) -> list[RequestLine]:
    prefetch_related_objects(rows, "reason__envelopes", "answer__envelopes")
    tree = organ_tree()
    return [_line(row, keyring, tree.node(row.report.holder_id).display_name) for row in rows]


def _line(row: IdentityRequest, keyring: Keyring, holder: str) -> RequestLine:
    word, tone = state_word(row), _TONES.get(row.state, "")
    try:
        check_mark(row)
        reason = open_words(row.reason, request=row, purpose=REASON, keyring=keyring)
        answer = open_words(row.answer, request=row, purpose=ANSWER, keyring=keyring)
    except Tampered:
        return RequestLine(row, holder, word, tone, None, None, damaged=True)
    return RequestLine(row, holder, word, tone, reason, answer)
