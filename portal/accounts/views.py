"""Account pages of the desk: signing in, joining, letting colleagues in, accounts."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.actions import close_account, invite_staff, join, reset_key, set_roles
from portal.accounts.admitting import NamedInReports, admit, waiting_for
from portal.accounts.forms import InviteForm, JoinForm, RolesForm, SignInForm, UnlockForm
from portal.accounts.half_session import HalfStarted, end_half, half_signed_in_or_none
from portal.accounts.middleware import KEY_COOKIE, locked_session, session_row, signed_in, signed_in_or_none
from portal.accounts.models import ROLE_LABELS, StaffSession
from portal.accounts.next_page import next_page
from portal.accounts.queries import administered, administered_by, colleague
from portal.accounts.renewal import keys_awaited
from portal.accounts.sessions import end_sessions_of
from portal.accounts.sign_in import set_cookies, sign_in, sign_out
from portal.common.errors import Forbidden, Invalid, NotSignedIn, Refusal
from portal.common.paging import keyset_page


@sensitive_post_parameters("passphrase")
@require_http_methods(["GET", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Name and passphrase; wrong ones keep the name. A locked session asks for the passphrase only."""
    form, locked = _sign_in_form(request)
    problem: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            started = sign_in(request, username=data["username"], passphrase=data["passphrase"])
        except Refusal as refusal:
            problem = refusal
        else:
            due = isinstance(started, HalfStarted)
            response = redirect(_second_step(request) if due else next_page(request))
            set_cookies(response, started)
            return response
    elif request.method == "GET" and signed_in_or_none(request) is not None:
        return redirect(next_page(request))
    elif request.method == "GET" and half_signed_in_or_none(request) is not None:
        return redirect(_second_step(request))
    elif "late" in request.GET:
        problem = NotSignedIn("第二步没有在五分钟内完成，请重新输入用户名和口令。")
    wanted = next_page(request)
    context = {
        "form": form,
        "problem": problem,
        "next": wanted,
        "locked": locked,
        "kept": "?draft=" in wanted,
    }
    return render(request, "accounts/sign_in.html", context, status=problem.status if problem else 200)


def _second_step(request: HttpRequest) -> str:
    return f"/desk/second-step/?{urlencode({'next': next_page(request)})}"


def _sign_in_form(request: HttpRequest) -> tuple[SignInForm, StaffSession | None]:
    """The form, and the locked session it unlocks unless somebody else signs in over it."""
    locked = locked_session(request)
    if locked is not None and request.POST.get("username", locked.staff.username) == locked.staff.username:
        return UnlockForm(request.POST or None, initial={"username": locked.staff.username}), locked
    return SignInForm(request.POST or None), None


@require_POST
def sign_out_page(request: HttpRequest) -> HttpResponse:
    """Forget the key and end the session."""
    session = session_row(request)
    if session is not None:
        sign_out(request, staff=session.staff)
    else:
        end_half(request)
    response = redirect("/desk/sign-in/")
    response.delete_cookie(KEY_COOKIE)
    return response


@sensitive_post_parameters("passphrase", "again", "code")
@require_http_methods(["GET", "POST"])
def join_page(request: HttpRequest) -> HttpResponse:
    """A new colleague sets a passphrase."""
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            join(username=data["username"], code=data["code"], passphrase=data["passphrase"])
        except Invalid as refusal:
            _show_on(form, refusal)
        else:
            return render(request, "accounts/joined.html")
    return render(request, "accounts/join.html", {"form": form})


def _show_on(form: InviteForm | JoinForm | RolesForm, refusal: Refusal) -> None:
    for name, text in refusal.fields.items():
        form.add_error(name if name in form.fields else None, text)
    if not refusal.fields:
        form.add_error(None, refusal.detail)


@require_http_methods(["GET", "POST"])
def grants_page(request: HttpRequest) -> HttpResponse:
    """Colleagues whose key waits; letting one in after comparing the fingerprint."""
    actor = signed_in(request)
    done, named = "", dict[UUID, NamedInReports]()
    if request.method == "POST":
        staff = colleague(actor, _uuid(request.POST.get("staff", "")))
        if "compared" not in request.POST:
            raise Invalid("请先与同事当面核对指纹，再勾选确认。")
        try:
            admit(
                actor=actor,
                staff=staff,
                compared=request.POST.get("fingerprint", ""),
                namesake="namesake" in request.POST,
            )
            done = staff.display_name
        except NamedInReports as refusal:
            named = {staff.pk: refusal}
    context = {
        "waiting": [(one, named.get(one.staff.pk)) for one in waiting_for(actor)],
        "done": done,
        "due": keys_awaited(actor),
        "own": actor.staff.organ_id,
    }
    return render(request, "accounts/grants.html", context, status=400 if named else 200)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("请求有误，请刷新页面后重试。") from None


@require_http_methods(["GET", "POST"])
def staff_page(request: HttpRequest) -> HttpResponse:
    """Accounts for sysadmins (open) and secadmins (roles)."""
    actor = signed_in(request)
    if not (actor.staff.sysadmin or actor.staff.secadmin):
        raise Forbidden
    form = InviteForm(request.POST or None, initial={"organ": actor.staff.organ_id})
    invitation = None
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invite_staff(actor=actor, **form.cleaned_data)
            form = InviteForm(initial={"organ": actor.staff.organ_id})
        except Invalid as refusal:
            _show_on(form, refusal)
    page = keyset_page(
        administered_by(actor),
        order=("organ_id", "username"),
        cursor=request.GET.get("cursor"),
        related=("organ",),
    )
    context = {"form": form, "page": page, "invitation": invitation}
    return render(request, "accounts/staff.html", context)


@require_http_methods(["GET", "POST"])
def person_page(request: HttpRequest, staff_id: UUID) -> HttpResponse:
    """One account: roles (secadmin); closing, and a new key for a forgotten passphrase (sysadmin)."""
    actor = signed_in(request)
    staff = administered(actor, staff_id)
    form = RolesForm(request.POST or None, initial={"roles": sorted(staff.roles)})
    saved, invitation, ended = False, None, None
    if request.method == "POST" and "reset" in request.POST:
        invitation = reset_key(actor=actor, staff=staff)
    elif request.method == "POST" and "close" in request.POST:
        close_account(actor=actor, staff=staff)
        return redirect("/desk/staff/")
    elif request.method == "POST" and "end_sessions" in request.POST:
        ended = end_sessions_of(actor=actor, staff=staff)
        form = RolesForm(initial={"roles": sorted(staff.roles)})
    elif request.method == "POST" and form.is_valid():
        try:
            set_roles(actor=actor, staff=staff, roles=frozenset(form.cleaned_data["roles"]))
            saved = True
        except Invalid as refusal:
            _show_on(form, refusal)
    context = {
        "person": staff,
        "form": form,
        "saved": saved,
        "invitation": invitation,
        "ended": ended,
        "labels": ROLE_LABELS,
    }
    return render(request, "accounts/person.html", context)
