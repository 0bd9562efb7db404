"""Setting up an event, noting who came and what was said, and reading it."""

import datetime as dt
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from moderation.forum.models import LEVELLED, Attendee, Capacity, Forum, ForumKind, Level, Utterance
from moderation.forum.people import Person, seal_person
from moderation.forum.queries import ForumDetail, forum_detail, visible_forum
from moderation.forum.record_block import with_record_block
from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn
from portal.audit.actions import record
from portal.common.clock import local_date
from portal.common.clock import now as present
from portal.common.errors import Forbidden, Invalid, Stale
from portal.common.ids import new_id
from portal.common.words import one_line
from portal.intake.actions import Receipt, submit_report
from portal.intake.content import LONGEST, Content
from portal.intake.models import Channel, Report

LONGEST_NAME, LONGEST_PLACE, LONGEST_PERSON = 100, 100, 60
EARLIEST = dt.date(2000, 1, 1)
_ONE_YEAR = dt.timedelta(days=366)
_TITLE_FROM_TEXT = 40


def create_forum(
    *,
    actor: SignedIn,
    kind: str,
    name: str,
    held_on: dt.date,
    place: str = "",
    chair: str = "",
    now: dt.datetime | None = None,
    forum_id: UUID | None = None,
) -> Forum:
    """Set up an event of the clerk's own organ. Name, place and chair are announced, not confidential.

    `forum_id`, random and made once per form, lets a form sent twice set up one event. Raises `Forbidden`,
    `Invalid`, and `Stale` for a `forum_id` used for something else.
    """
    now = now or present()
    actor.require("clerk")
    name, place, chair = name.strip(), place.strip(), chair.strip()
    problems = _too_long({"name": (name, LONGEST_NAME), "place": (place, LONGEST_PLACE)})
    problems |= _too_long({"chair": (chair, LONGEST_PERSON)})
    if kind not in ForumKind.values:
        problems["kind"] = "请选择活动形式。"
    if not name:
        problems["name"] = "请填写活动名称。"
    if not EARLIEST <= held_on <= local_date(now) + _ONE_YEAR:
        problems["held_on"] = "请核对日期。"
    if problems:
        raise Invalid(fields=problems)
    forum = Forum(
        id=forum_id or new_id(),
        organ_id=actor.staff.organ_id,
        kind=kind,
        name=name,
        held_on=held_on,
        place=place,
        chair=chair,
        created_at=now,
        created_by=actor.staff,
    )
    try:
        with transaction.atomic():
            forum.save(force_insert=True)
            _audit(forum, actor.staff, "forum_created", now)
    except IntegrityError:
        earlier = Forum.objects.filter(pk=forum.id, created_by=actor.staff).first()
        if earlier is None:
            raise Stale("该表单已使用过，请重新打开。") from None
        return earlier
    return forum


def add_attendee(
    *,
    actor: SignedIn,
    forum_id: UUID,
    name: str,
    capacity: str,
    level: str = "",
    delegation: str = "",
    now: dt.datetime | None = None,
    attendee_id: UUID | None = None,
) -> Attendee:
    """Note that somebody attends, in what capacity; the name is sealed and the clerk does not see it again.

    `attendee_id` as `forum_id` in `create_forum`. Raises `NotFound`, `Forbidden`, `Invalid`, `Stale`.
    """
    now = now or present()
    forum = _own_forum(actor, forum_id)
    person = Person(name.strip(), delegation.strip())
    _check_attendee(person, capacity, level)
    attendee = Attendee(id=attendee_id or new_id(), forum=forum, capacity=capacity, level=level)
    draft = seal_person(person, attendee=attendee.id, organ=forum.organ_id)
    try:
        with transaction.atomic():
            Forum.objects.select_for_update().get(pk=forum.pk)  # one at a time takes the next place
            last = forum.attendees.aggregate(last=Max("position"))["last"]
            attendee.position = (last or 0) + 1
            attendee.person = draft.save()
            attendee.save(force_insert=True)
            _audit(forum, actor.staff, "attendee_added", now)
    except IntegrityError:
        earlier = Attendee.objects.filter(pk=attendee.id, forum=forum).first()
        if earlier is None:
            raise Stale("该表单已使用过，请重新打开。") from None
        return earlier
    return attendee


def log_utterance(
    *,
    actor: SignedIn,
    forum_id: UUID,
    nonce: bytes,
    kind: str,
    text: str,
    about_organ: bool | None,
    attendee_id: UUID | None = None,
    title: str = "",
    now: dt.datetime | None = None,
) -> Receipt:
    """File what somebody said, word for word, as a report addressed to the host; the receipt is theirs.

    `attendee_id` is the speaker, `None` when they do not want to be named. Where what was said names the
    host or an organ above, it is sealed further up and leaves no row, number or audit entry here; the
    receipt looks the same. The report commits first, being what must not be lost; the same `nonce` sent
    again completes what a crash in between left undone. Raises `NotFound`, `Forbidden`, `Invalid`,
    `NonceReused`, `NotReady`.
    """
    now = now or present()
    forum = _own_forum(actor, forum_id)
    speaker = _speaker(forum, attendee_id)
    if not text.strip():
        raise Invalid(fields={"content": "请填写发言内容。"})
    facts = {
        "来源": forum.get_kind_display(),
        "日期": forum.held_on.isoformat(),
        "发言人": speaker.label if speaker else "不记名",
    }
    receipt = submit_report(
        nonce=nonce,
        kind=kind,
        channel=Channel.FORUM,
        organ=forum.organ_id,
        content=Content(
            title=title.strip() or one_line(text, _TITLE_FROM_TEXT),
            text=with_record_block(facts, text),
            about_organ=about_organ,
            occurred=forum.held_on.isoformat(),
        ),
        now=now,
        actor=actor.staff,
    )
    if Report.objects.filter(pk=receipt.report, holder_id=forum.organ_id).exists():
        _note(forum, speaker, receipt.report, actor.staff, now)
    return receipt


def read_forum(
    *, actor: SignedIn, forum_id: UUID, cursor: str | None = None, now: dt.datetime | None = None
) -> ForumDetail:
    """An event as this person sees it; opening names or words is on record. Raises `NotFound`, `Invalid`."""
    detail = forum_detail(actor, forum_id, cursor=cursor)
    if detail.opened:
        _audit(detail.forum, actor.staff, "forum_read", now or present())
    return detail


def _note(forum: Forum, speaker: Attendee | None, report: UUID, clerk: Staff, now: dt.datetime) -> None:
    with transaction.atomic():
        _, made = Utterance.objects.get_or_create(
            report_id=report, defaults={"forum": forum, "attendee": speaker, "noted_at": now}
        )
        if made:
            _audit(forum, clerk, "utterance_logged", now)


def _own_forum(actor: SignedIn, forum_id: UUID) -> Forum:
    forum = visible_forum(actor.staff, forum_id)
    actor.require("clerk")
    if forum.organ_id != actor.staff.organ_id:
        raise Forbidden
    return forum


def _speaker(forum: Forum, attendee_id: UUID | None) -> Attendee | None:
    if attendee_id is None:
        return None
    attendee = forum.attendees.filter(pk=attendee_id).first()
    if attendee is None:
        raise Invalid(fields={"attendee": "请从参会人员中选择发言人。"})
    return attendee


def _check_attendee(person: Person, capacity: str, level: str) -> None:
    problems = _too_long(
        {"name": (person.name, LONGEST_PERSON), "delegation": (person.delegation, LONGEST["organ_text"])}
    )
    if not person.name:
        problems["name"] = "请填写姓名。"
    if capacity not in Capacity.values:
        problems["capacity"] = "请选择参会身份。"
    elif capacity in LEVELLED and level not in Level.values:
        problems["level"] = "代表、委员请选择层级。"
    elif capacity not in LEVELLED and level:
        problems["level"] = "只有代表、委员才填写层级。"
    if problems:
        raise Invalid(fields=problems)


def _too_long(texts: dict[str, tuple[str, int]]) -> dict[str, str]:
    return {name: f"最多 {most} 个字。" for name, (text, most) in texts.items() if len(text) > most}


def _audit(forum: Forum, staff: Staff, action: str, now: dt.datetime) -> None:
    record(
        organ=forum.organ_id,
        actor=staff.username,
        action=action,
        object_kind="forum",
        object_id=forum.id,
        now=now,
    )
