"""A person's own sessions, and their passphrase."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts.forms import PassphraseForm
from portal.accounts.middleware import signed_in
from portal.accounts.passphrase_change import change_passphrase
from portal.accounts.sessions import end_other_sessions, end_session, live_sessions, lock_idle_sessions
from portal.common.clock import now as present
from portal.common.errors import Invalid, NotFound, RateLimited, Refusal, Stale

_DONE = {"one": "已结束那次登录。", "others": "已结束其他全部登录。"}


@require_http_methods(["GET", "POST"])
def sessions_page(request: HttpRequest) -> HttpResponse:
    """Where one is signed in; ending one session, or all but this one."""
    actor = signed_in(request)
    this = str(request.session.session_key)
    if request.method == "POST" and "others" in request.POST:
        end_other_sessions(actor=actor, this=this)
        return redirect("/desk/sessions/?done=others")
    if request.method == "POST":
        end_session(actor=actor, handle=_handle(request.POST.get("session", "")))
        return redirect("/desk/sessions/?done=one")
    now = present()
    lock_idle_sessions(now=now)  # what is shown as open is open
    rows = live_sessions(actor.staff, now=now)
    context = {
        "own": [row for row in rows if row.session_key == this],
        "others": [row for row in rows if row.session_key != this],
        "done": _DONE.get(request.GET.get("done", ""), ""),
    }
    return render(request, "accounts/sessions.html", context)


def _handle(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


@sensitive_post_parameters("present", "passphrase", "again")
@require_http_methods(["GET", "POST"])
def passphrase_page(request: HttpRequest) -> HttpResponse:
    """Change one's own passphrase; nothing typed comes back into the form."""
    actor = signed_in(request)
    form = PassphraseForm(request.POST or None)
    problem: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            ended = change_passphrase(
                request, actor=actor, present_one=data["present"], new=data["passphrase"]
            )
        except Invalid as refusal:
            for name, reason in refusal.fields.items():
                form.add_error(name, reason)
        except (RateLimited, Stale) as refusal:
            problem = refusal
        else:
            return render(request, "accounts/passphrase_changed.html", {"ended": ended})
    status = problem.status if problem else 400 if form.errors else 200
    return render(request, "accounts/passphrase.html", {"form": form, "problem": problem}, status=status)
