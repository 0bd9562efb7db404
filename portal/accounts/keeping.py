"""No form loses its words: sent in a locked session they wait as a draft; once they are taken, it goes."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.accounts.drafts import Typed, Writer, discard_draft, keep_draft
from portal.accounts.middleware import locked_session, signed_in_or_none
from portal.accounts.models import StaffSession
from portal.accounts.typed import FIELD, slot_in, typed_in
from portal.common.errors import NotSignedIn, Refusal
from portal.common.middleware import DESK, to_sign_in
from portal.vault.session_key import marked_key


class KeepTyped:
    """Stands right around the views of the desk; everything else passes through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Forget the draft of a form that was taken: whatever is refused is answered with 400 or above."""
        response = self.get_response(request)
        if _desk_form(request) and FIELD in request.POST and response.status_code < 400:
            actor, slot = signed_in_or_none(request), slot_in(request.POST)
            if actor is not None and slot is not None:
                discard_draft(staff=actor.staff, draft_id=slot.id)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Keep or give back what somebody sent who is not signed in (any more)."""
        if not isinstance(exception, NotSignedIn) or not _desk_form(request):
            return None
        slot = slot_in(request.POST)
        typed = typed_in(slot, request.POST) if slot is not None else None
        if typed is None or not any(entry.text.strip() for entry in typed.entries):
            return to_sign_in(exception.back or _came_from(request))
        row = locked_session(request)
        return _keep(request, row, typed) if row is not None else _give_back(request, typed)


def locked_writer(row: StaffSession) -> Writer:
    """The owner of a locked session, to seal to. Raises `Tampered` where somebody changed the row."""
    return Writer(row.staff, marked_key(bytes(row.mark), row.session_key, row.staff_id, row.key))


def _keep(request: HttpRequest, row: StaffSession, typed: Typed) -> HttpResponse:
    try:
        keep_draft(writer=locked_writer(row), typed=typed)
    except Refusal as refusal:
        return _give_back(request, typed, refusal)
    return to_sign_in(f"{typed.page}?{urlencode({FIELD: typed.id})}")


def _give_back(request: HttpRequest, typed: Typed, refusal: Refusal | None = None) -> HttpResponse:
    """Nobody is known whom it could be kept for, or it cannot be kept: the words are shown once more."""
    written = [entry for entry in typed.entries if entry.text.strip()]
    context = {"written": written, "refusal": refusal, "back": typed.page}
    return render(request, "accounts/not_sent.html", context, status=NotSignedIn.status)


def _desk_form(request: HttpRequest) -> bool:
    return request.method == "POST" and request.path.startswith(DESK)


def _came_from(request: HttpRequest) -> str:
    """The page the form stood on; its own address often cannot be opened."""
    page = urlsplit(request.headers.get("Referer", "")).path
    return page if page.startswith(DESK) else request.path
