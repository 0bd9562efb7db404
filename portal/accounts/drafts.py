"""What staff have typed and not sent: sealed to their own key, for one page, for a short time.

Sealing takes the public half only, so that words sent by somebody whose session has been locked are kept as
well. A draft about something that leaves its writer's sight goes with it.
"""

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import Resolver404, resolve

from portal import hooks
from portal.accounts.models import Draft, Staff
from portal.accounts.signed_in import SignedIn
from portal.common.clock import now as present
from portal.common.errors import Invalid, NotFound, Stale, TooLarge
from portal.vault.items import Binding, SealedDraft, open_json, seal_json
from portal.vault.models import Envelope, SealedItem
from portal.vault.primitives import Tampered
from portal.vault.session_key import OwnKey, own_key

PURPOSE = "draft"
LASTS = dt.timedelta(hours=72)
LONGEST = 60_000
"""Characters of one draft, all its fields together."""
MOST = 40
"""Drafts of one person."""

_PAGE = re.compile(r"/desk/[a-z0-9/_-]*", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Entry:
    """One field as it was typed, with its label: a form may have changed when it is read again."""

    name: str
    label: str
    text: str


@dataclass(frozen=True)
class Typed:
    """What stands in one form of one page."""

    id: UUID
    page: str
    form: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class OpenDraft:
    """A draft, opened by the person who typed it."""

    typed: Typed
    at: dt.datetime


@dataclass(frozen=True)
class Writer:
    """Somebody who types, their session open or locked, and the key only they can open."""

    staff: Staff
    key: OwnKey


def writing(actor: SignedIn) -> Writer:
    """Somebody whose key is open."""
    return Writer(actor.staff, own_key(actor.keyring.personal))


def about_of(page: str) -> UUID | None:
    """The object a page is about, by its path."""
    found = _UUID.search(page)
    return UUID(found[0]) if found else None


def keep_draft(*, writer: Writer, typed: Typed, now: dt.datetime | None = None) -> bool:
    """Keep what was typed in place of what this draft held; whether there was anything to keep.

    Raises `TooLarge` beyond `LONGEST` characters, `Invalid` for what is no page or one draft too many,
    `NotFound` where the page's object is out of sight or the draft somebody else's.
    """
    now = now or present()
    _check(typed)
    if not any(entry.text.strip() for entry in typed.entries):
        discard_draft(staff=writer.staff, draft_id=typed.id)
        return False
    about = about_of(typed.page)
    sealed = _sealed(writer, typed)
    try:
        with transaction.atomic():
            if about is not None and not hooks.in_sight(staff=writer.staff, about=about):
                raise NotFound
            _save(writer.staff, typed, about, sealed, now)
    except IntegrityError:  # sent twice at once
        raise Stale from None
    return True


def drafts_on(actor: SignedIn, page: str) -> Sequence[OpenDraft]:
    """The actor's drafts of a page, newest first; those sealed to an earlier key of theirs stay shut."""
    rows = Draft.objects.filter(staff_id=actor.staff.pk, page=page).select_related("words")
    opened = (_opened(row, actor) for row in rows.prefetch_related("words__envelopes").order_by("-at", "id"))
    return [draft for draft in opened if draft is not None]


def discard_draft(*, staff: Staff, draft_id: UUID) -> str | None:
    """Forget one draft of this person; the page it was for, or `None` where there is none."""
    row = Draft.objects.filter(pk=draft_id, staff_id=staff.pk).first()
    if row is None:
        return None
    _forget([row.words_id])
    return row.page


def drop_drafts(*, about: Collection[UUID]) -> int:
    """Forget everybody's drafts about these objects: they leave the office. Call in that transaction.

    Call it after the objects' rows were changed: whoever was keeping a draft holds them until it is kept.
    """
    return _forget(list(Draft.objects.filter(about__in=about).values_list("words_id", flat=True)))


def expire_drafts(now: dt.datetime) -> int:
    """Forget the drafts of yesterday's yesterday, and those of people who have left."""
    old = Draft.objects.filter(at__lt=now - LASTS) | Draft.objects.filter(staff__active=False)
    return _forget(list(old.values_list("words_id", flat=True)))


def _check(typed: Typed) -> None:
    if sum(len(entry.text) for entry in typed.entries) > LONGEST:
        raise TooLarge(f"内容超过 {LONGEST} 个字，不能存为草稿。")
    known = len(typed.page) <= 120 and _PAGE.fullmatch(typed.page)
    try:
        resolve(typed.page if known else "")
    except Resolver404:
        raise Invalid from None


def _binding(draft_id: UUID, staff_id: UUID) -> Binding:
    return Binding("accounts_draft", draft_id, "words", parent=staff_id)


def _sealed(writer: Writer, typed: Typed) -> SealedDraft:
    """The words, in the place of those the draft holds so far."""
    was = Draft.objects.filter(pk=typed.id).values_list("words_id", flat=True).first()
    words = {
        "page": typed.page,
        "form": typed.form,
        "entries": [asdict(entry) for entry in typed.entries if entry.text],
    }
    where = _binding(typed.id, writer.staff.pk)
    return seal_json(words, purpose=PURPOSE, binding=where, recipients=[writer.key], item_id=was)


def _save(staff: Staff, typed: Typed, about: UUID | None, sealed: SealedDraft, now: dt.datetime) -> None:
    was = Draft.objects.select_for_update().filter(pk=typed.id).first()
    if was is None:
        if Draft.objects.filter(staff_id=staff.pk).count() >= MOST:
            raise Invalid(f"您已有 {MOST} 份没有提交的草稿，请先提交或者删除一些。")
        row = Draft(id=typed.id, staff_id=staff.pk, page=typed.page, about=about, words=sealed.save(), at=now)
        row.save(force_insert=True)
        return
    if (was.staff_id, was.page) != (staff.pk, typed.page):
        raise NotFound
    if was.words_id != sealed.item.id:  # sent and begun anew in this very moment
        raise Stale
    Envelope.objects.filter(item_id=was.words_id).delete()
    SealedItem.objects.filter(pk=was.words_id).update(
        ciphertext=sealed.item.ciphertext, mark=sealed.item.mark
    )
    Envelope.objects.bulk_create(sealed.envelopes)
    Draft.objects.filter(pk=was.pk).update(at=now)


def _opened(row: Draft, actor: SignedIn) -> OpenDraft | None:
    where = _binding(row.pk, actor.staff.pk)
    try:
        words = open_json(row.words, purpose=PURPOSE, binding=where, opener=actor.keyring)
    except Tampered:
        return None
    if words["page"] != row.page:  # the row was moved to another page
        return None
    entries = tuple(Entry(**entry) for entry in words["entries"])
    return OpenDraft(Typed(row.pk, row.page, words["form"], entries), row.at)


def _forget(words: Collection[UUID]) -> int:
    """The words, and with them envelope and row."""
    if words:
        SealedItem.objects.filter(pk__in=words).delete()
    return len(words)
