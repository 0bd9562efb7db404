"""The log on the desk: reading it, and taking its sealed heads away to keep them elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from portal.accounts.audit_words import in_words
from portal.accounts.middleware import signed_in
from portal.accounts.signed_in import SignedIn, visible_chains
from portal.audit.actions import record
from portal.audit.heads_file import file_fingerprint, heads_text
from portal.audit.queries import entries_of
from portal.audit.seals import newest_seals
from portal.common.clock import local_date, now
from portal.common.errors import NotFound
from portal.common.paging import keyset_page
from portal.organs.queries import organ_tree


@require_GET
def audit_page(request: HttpRequest) -> HttpResponse:
    """The log of the auditor's organ and those below; reading it is logged too."""
    actor = signed_in(request)
    actor.require("auditor")
    organs = visible_chains(actor.staff)
    rows = entries_of(organs)
    organ = request.GET.get("organ", "")
    if organ in organs:
        rows = rows.filter(organ_id=organ)
    else:  # anything else is not an organ: it must not get into the log of this reading
        organ = ""
    page = keyset_page(rows, order=("-at", "-id"), cursor=request.GET.get("cursor"), related=("organ",))
    _audit(actor, "audit_read", organ or "all", len(page.items))
    seals = newest_seals(frozenset({organ}) if organ else organs)
    tree = organ_tree()
    context = {
        "page": page,
        "lines": [in_words(entry) for entry in page.items],
        "organ": organ,
        "organs": [tree.node(code) for code in sorted(organs)],
        "sealed": len(seals),
        "seal": seals.get(organ),
        "sealed_on": max((seal.day for seal in seals.values()), default=None),
    }
    return render(request, "accounts/audit.html", context)


@require_POST
def audit_heads(request: HttpRequest) -> HttpResponse:
    """The newest seals of the auditor's organ and those below, as a file. Raises `NotFound` before the first.

    Nothing in it speaks of an organ above or beside: each seal is about one organ alone.
    """
    actor = signed_in(request)
    actor.require("auditor")
    seals = newest_seals(visible_chains(actor.staff))
    if not seals:
        raise NotFound("还没有封签。系统每天封签一次，请明天再来。")
    made_at = now()
    text = heads_text(seals.values(), made_at=made_at)
    _audit(actor, "audit_heads_exported", file_fingerprint(text.encode()), len(seals))
    response = HttpResponse(text, content_type="application/json")
    name = f"audit-heads-{actor.staff.organ_id}-{local_date(made_at):%Y%m%d}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _audit(actor: SignedIn, action: str, what: str, count: int) -> None:
    record(
        organ=actor.staff.organ_id,
        actor=actor.staff.username,
        action=action,
        object_kind="audit",
        object_id=what,
        detail={"count": count},
    )
