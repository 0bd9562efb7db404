"""Keeping what is being typed, and discarding it. Saving is activity: whoever writes is not locked out."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from portal.accounts.drafts import Writer, discard_draft, keep_draft, writing
from portal.accounts.keeping import locked_writer
from portal.accounts.middleware import locked_session, signed_in, signed_in_or_none
from portal.accounts.typed import slot_in, typed_in
from portal.common.clock import BEIJING, now
from portal.common.errors import Invalid, NotFound, NotSignedIn, Refusal
from portal.common.rest import json_error


@require_POST
def save_draft(request: HttpRequest) -> HttpResponse:
    """Keep what a form holds so far, also while the session is locked. Answers JSON, refusals too.

    `slot` is the form's hidden field `draft` under another name: this is not the form being sent.
    """
    try:
        writer, locked = _writer(request)
        slot = slot_in(request.POST, field="slot")
        if slot is None:
            raise Invalid
        at = now()
        kept = keep_draft(writer=writer, typed=typed_in(slot, request.POST), now=at)
    except Refusal as refusal:
        return json_error(request, refusal)
    return JsonResponse({"saved": f"{at.astimezone(BEIJING):%H:%M}" if kept else None, "locked": locked})


@require_POST
def discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Delete one of one's drafts and go back to its page."""
    page = discard_draft(staff=signed_in(request).staff, draft_id=draft_id)
    if page is None:
        raise NotFound
    return redirect(page)


def _writer(request: HttpRequest) -> tuple[Writer, bool]:
    actor = signed_in_or_none(request)
    if actor is not None:
        return writing(actor), False
    row = locked_session(request)
    if row is None:
        raise NotSignedIn
    return locked_writer(row), True
