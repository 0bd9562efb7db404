"""The clerk's log: one form in, one slip out, and nothing to read back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from moderation.desk.log_forms import LogForm
from moderation.forum.views import NONCE_USED, slip
from portal.accounts.middleware import signed_in
from portal.accounts.signed_in import SignedIn
from portal.accounts.typed import offer_drafts
from portal.common.errors import Invalid
from portal.intake.actions import NonceReused, submit_report


@require_http_methods(["GET", "POST"])
def log(request: HttpRequest) -> HttpResponse:
    """Note a call, letter, visit or mail as a report to the clerk's own organ; the slip is for the person.

    It looks the same whoever the report was sealed to.
    """
    actor = signed_in(request)
    actor.require("clerk")
    if request.method != "POST":
        return _page(request, actor, LogForm())
    form = LogForm(request.POST)
    if form.is_valid():
        filing = form.filing()
        try:
            receipt = submit_report(organ=actor.staff.organ_id, actor=actor.staff, **filing)
        except NonceReused:
            form.add_error(None, NONCE_USED)
            form.renew_token()
        except Invalid as refusal:
            form.refused(refusal, form.names())
        else:
            context = {**slip(receipt), "named": filing["identity"] is not None}
            return render(request, "desk/log_slip.html", context)
    return _page(request, actor, form, status=Invalid.status)


def _page(request: HttpRequest, actor: SignedIn, form: LogForm, status: int = 200) -> HttpResponse:
    """Who the person is never goes into a draft while it is typed: it lies apart from everything else."""
    drafts = offer_drafts(request, actor, page=request.path, forms={"log": form}, quiet=LogForm.identity)
    return render(request, "desk/log.html", {"form": form, "drafts": drafts}, status=status)
