"""Reading events. Everything starts at `visible_to`, and what was said at `utterances_of`."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q, QuerySet, prefetch_related_objects

from moderation.forum.models import Attendee, Forum, Utterance
from moderation.forum.people import Person, open_person
from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn, visible_holders
from portal.common.errors import NotFound
from portal.common.paging import USUAL_PAGE, Page, keyset_page
from portal.intake.queries import open_original

LATEST_FIRST = ("-held_on", "id")
AS_SPOKEN = ("noted_at", "id")


@dataclass(frozen=True)
class AttendeeLine:
    """One attendee; `person` is `None` where these keys do not open the name."""

    attendee: Attendee
    person: Person | None


@dataclass(frozen=True)
class UtteranceLine:
    """One thing said: its place among those one may see, its public state, and the words if they open."""

    number: int
    utterance: Utterance
    text: str | None


@dataclass(frozen=True)
class ForumDetail:
    """One event with its attendees and one page of what was said there."""

    forum: Forum
    attendees: tuple[AttendeeLine, ...]
    utterances: tuple[UtteranceLine, ...]
    next: str | None

    @property
    def opened(self) -> bool:
        """Whether anything confidential is in here."""
        return any(line.person for line in self.attendees) or any(
            line.text is not None for line in self.utterances
        )


def visible_to(staff: Staff) -> QuerySet[Forum]:
    """The events this person may know of: of organs whose reports they see, and a clerk's own organ's."""
    own = {staff.organ_id} if staff.clerk else set()
    return Forum.objects.filter(organ_id__in=visible_holders(staff) | own)


def utterances_of(forum: Forum) -> QuerySet[Utterance]:
    """What was said at an event, as far as its host may know of it.

    A report that names the host is held above it; nobody who sees the event learns of it here, not even
    by a number or a count. Its holder sees the report itself, and that it was said at an event.
    """
    return Utterance.objects.filter(forum=forum, report__holder_id=F("forum__organ_id"))


def forum_page(staff: Staff, *, cursor: str | None = None, limit: int = USUAL_PAGE) -> Page[Forum]:
    """One page of events, latest first. Raises `Invalid` for a foreign cursor."""
    return keyset_page(visible_to(staff), order=LATEST_FIRST, cursor=cursor, limit=limit, related=("organ",))


def visible_forum(staff: Staff, forum_id: UUID) -> Forum:
    """One event. Raises `NotFound`."""
    forum = visible_to(staff).select_related("organ").filter(pk=forum_id).first()
    if forum is None:
        raise NotFound
    return forum


def forum_detail(
    actor: SignedIn, forum_id: UUID, *, cursor: str | None = None, limit: int = USUAL_PAGE
) -> ForumDetail:
    """One event, opened as far as these keys reach. Raises `NotFound`, and `Invalid` for a foreign cursor.

    Opening it is put on record by `actions.read_forum`.
    """
    forum = visible_forum(actor.staff, forum_id)
    rows = forum.attendees.order_by("position").select_related("person")
    attendees = tuple(
        AttendeeLine(row, open_person(row, actor.keyring))
        for row in rows.prefetch_related("person__envelopes")
    )
    said = utterances_of(forum)
    page = keyset_page(
        said, order=AS_SPOKEN, cursor=cursor, limit=limit, related=("attendee", "report__original")
    )
    prefetch_related_objects(page.items, "report__original__envelopes")
    before = _said_before(said, page.items)
    return ForumDetail(
        forum,
        attendees,
        tuple(
            UtteranceLine(before + number, row, _words(row, actor))
            for number, row in enumerate(page.items, start=1)
        ),
        page.next,
    )


def _said_before(said: QuerySet[Utterance], shown: list[Utterance]) -> int:
    if not shown:
        return 0
    first = shown[0]
    return said.filter(Q(noted_at__lt=first.noted_at) | Q(noted_at=first.noted_at, id__lt=first.id)).count()


def _words(utterance: Utterance, actor: SignedIn) -> str | None:
    content = open_original(utterance.report, actor.keyring)
    return content.text if content else None
