"""Where text comes in: every route, its forms, bodies, query words and headers, as the product declares them.

A new way for text to come in must be entered here and driven with a canary in `tests/security/story`;
`test_flows.py` says which entry is missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.forms import CharField, Form, UUIDField
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework import serializers

from moderation.desk.log_forms import LogForm
from moderation.forum.forms import AttendeeForm, ForumForm, UtteranceForm
from moderation.ledger.forms import LeadFilterForm, RegisterLeadForm
from moderation.ledger.serializers import RegisterLeadBody
from moderation.triage import serializers as triage
from moderation.triage.forms import ACT_FORMS, MergeForm, QueueFilterForm
from moderation.triage.index_views import ProgressForm
from portal.accounts.api import SignInBody
from portal.accounts.factor_forms import KeyForm, PhoneForm, ProofForm
from portal.accounts.forms import InviteForm, JoinForm, PassphraseForm, RolesForm, SignInForm, UnlockForm
from portal.api.serializers import EmptyBody, MessageBody, RatingBody, ReportBody
from portal.common.rest import VersionedBody
from portal.identity.forms import ApproveForm, AskForm, RefuseForm
from portal.public.forms import FilingForm, IdentityForm, SubjectForm

ACT = "act"
"""The part of a route that chooses a form."""


ABody = type[serializers.Serializer[Any]]


@dataclass(frozen=True)
class Takes:
    """How text reaches one route: `forms` by prefix, JSON `bodies`, and names read one by one.

    `acts`: forms by the last part of the route. `typed`: other names in a POST; `query`, `headers` likewise.
    """

    forms: tuple[tuple[str, type[Form]], ...] = ()
    bodies: tuple[ABody, ...] = ()
    acts: Mapping[str, type[Form]] | None = None
    typed: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


NOTHING = Takes()
_FILING = Takes(
    forms=(("", FilingForm), ("subjects-0", SubjectForm), ("identity", IdentityForm)),
    typed=("q",),
    query=("q",),
)
_RECEIPT = ("Authorization",)
_RECEIPT_AND_NONCE = ("Authorization", "Idempotency-Key")
_QUEUE, _ITEM = "api/v1/desk/queue", "api/v1/desk/queue/<uuid:id>"
_REQUEST = "desk/identity/<uuid:request_id>/"
_CURSOR = ("cursor",)
_LIST = ("cursor", "limit")

FLOWS: dict[str, Takes] = {
    "": NOTHING,
    "report/": _FILING,
    "suggest/": _FILING,
    "report/proof/": Takes(typed=("receipt", "original", "proof", "file")),
    "track/": Takes(typed=("receipt", "text")),
    "track/add/": Takes(typed=("receipt", "text", "nonce")),
    "track/rate/": Takes(typed=("receipt", "rating")),
    "track/withdraw/": Takes(typed=("receipt",)),
    "track/receipt/": Takes(typed=("receipt", "nonce")),
    "healthz": NOTHING,
    "readyz": NOTHING,
    "metrics": Takes(headers=_RECEIPT),
    "api/v1/schema/": NOTHING,
    "api/v1/docs/": NOTHING,
    "api/v1/organs": Takes(query=("parent", "q", *_LIST)),
    "api/v1/categories": Takes(query=_LIST),
    "api/v1/forms": Takes(query=_LIST),
    "api/v1/proof-keys": Takes(query=_LIST),
    "api/v1/reports": Takes(bodies=(ReportBody,), headers=("Idempotency-Key",)),
    "api/v1/report": Takes(headers=_RECEIPT),
    "api/v1/report/messages": Takes(bodies=(MessageBody,), headers=_RECEIPT),
    "api/v1/report/rating": Takes(bodies=(RatingBody,), headers=_RECEIPT),
    "api/v1/report/withdraw": Takes(bodies=(EmptyBody,), headers=_RECEIPT),
    "api/v1/report/receipt": Takes(bodies=(EmptyBody,), headers=_RECEIPT_AND_NONCE),
    "api/v1/desk/session": Takes(bodies=(SignInBody,)),
    _QUEUE: Takes(query=("state", "outcome", "kind", "channel", "q", "due", "claimed", "sort", *_LIST)),
    _ITEM: NOTHING,
    f"{_ITEM}/claim": Takes(bodies=(VersionedBody,), headers=("If-Match",)),
    f"{_ITEM}/release": Takes(bodies=(VersionedBody,), headers=("If-Match",)),
    f"{_ITEM}/take_over": Takes(bodies=(VersionedBody,), headers=("If-Match",)),
    f"{_ITEM}/open": Takes(bodies=(VersionedBody,), headers=("If-Match",)),
    f"{_ITEM}/void": Takes(bodies=(triage.VoidBody,), headers=("If-Match",)),
    f"{_ITEM}/decide": Takes(bodies=(triage.DecideBody,), headers=("If-Match",)),
    f"{_ITEM}/ask": Takes(bodies=(triage.AskBody,), headers=("If-Match",)),
    f"{_ITEM}/reply": Takes(bodies=(triage.ReplyBody,), headers=("If-Match",)),
    f"{_ITEM}/merge": Takes(bodies=(triage.MergeBody,), headers=("If-Match",)),
    f"{_ITEM}/unmerge": Takes(bodies=(VersionedBody,), headers=("If-Match",)),
    f"{_ITEM}/refer": Takes(bodies=(triage.ReferBody,), headers=("If-Match",)),
    f"{_ITEM}/lift": Takes(bodies=(triage.LiftBody,), headers=("If-Match",)),
    "api/v1/ledger/leads": Takes(
        bodies=(RegisterLeadBody,),
        query=("state", "source_class", "year", "q", *_LIST),
        headers=("Idempotency-Key",),
    ),
    "api/v1/ledger/leads/<uuid:lead_id>": NOTHING,
    "desk/": NOTHING,
    "desk/sign-in/": Takes(forms=(("", SignInForm), ("", UnlockForm)), typed=("next",), query=("next",)),
    "desk/sign-out/": NOTHING,
    "desk/second-step/": Takes(forms=(("", ProofForm),), typed=("next",), query=("next",)),
    "desk/second-step/challenge/": NOTHING,
    "desk/factors/": Takes(forms=(("", ProofForm),)),
    "desk/factors/add/": Takes(typed=("next",), query=("next",)),
    "desk/factors/add/phone/": Takes(forms=(("", PhoneForm),), typed=("next",), query=("next",)),
    "desk/factors/add/key/": Takes(forms=(("", KeyForm),), typed=("next",), query=("next",)),
    "desk/factors/add/key/challenge/": NOTHING,
    "desk/factors/<uuid:factor_id>/remove/": NOTHING,
    "desk/join/": Takes(forms=(("", JoinForm),)),
    "desk/grants/": Takes(typed=("staff", "fingerprint")),
    "desk/staff/": Takes(forms=(("", InviteForm),), query=_CURSOR),
    "desk/staff/<uuid:staff_id>/": Takes(forms=(("", RolesForm),)),
    "desk/sessions/": Takes(typed=("session",), query=("done",)),
    "desk/passphrase/": Takes(forms=(("", PassphraseForm),)),
    "desk/drafts/": Takes(typed=("slot", "summary")),
    "desk/drafts/<uuid:draft_id>/discard/": NOTHING,
    "desk/audit/": Takes(query=("organ", *_CURSOR)),
    "desk/audit/heads/": NOTHING,
    "desk/identity/": Takes(query=("carried", *_CURSOR)),
    "desk/identity/carry/": NOTHING,
    "desk/identity/reports/<uuid:report_id>/": Takes(forms=(("", AskForm),)),
    _REQUEST: Takes(query=("done",)),
    f"{_REQUEST}approve/": Takes(forms=(("", ApproveForm),)),
    f"{_REQUEST}refuse/": Takes(forms=(("", RefuseForm),)),
    f"{_REQUEST}withdraw/": NOTHING,
    f"{_REQUEST}open/": NOTHING,
    f"{_REQUEST}return/": NOTHING,
    f"{_REQUEST}cancel/": NOTHING,
    "desk/queue/": Takes(forms=(("?", QueueFilterForm),), query=("done", *_CURSOR)),
    "desk/queue/next/": Takes(query=("state", "after")),
    "desk/queue/index/": Takes(forms=(("", ProgressForm),)),
    "desk/queue/<uuid:item_id>/": Takes(query=("done", "draft")),
    "desk/queue/<uuid:item_id>/merge/": Takes(forms=(("", MergeForm),), typed=("q",), query=("q",)),
    "desk/queue/<uuid:item_id>/<slug:act>/": Takes(acts=ACT_FORMS),
    "desk/leads/": Takes(forms=(("?", LeadFilterForm),), query=_CURSOR),
    "desk/leads/new/": Takes(
        forms=(("", RegisterLeadForm),), typed=("draft",), query=("draft",), headers=("Referer",)
    ),
    "desk/leads/<uuid:lead_id>/": NOTHING,
    "desk/forums/": Takes(query=_CURSOR),
    "desk/forums/new/": Takes(forms=(("", ForumForm),)),
    "desk/forums/<uuid:forum_id>/": Takes(query=_CURSOR),
    "desk/forums/<uuid:forum_id>/attendees/": Takes(forms=(("attendee", AttendeeForm),)),
    "desk/forums/<uuid:forum_id>/utterances/": Takes(forms=(("utterance", UtteranceForm),)),
    "desk/log/": Takes(forms=(("", LogForm),)),
}

COMMANDS: dict[str, tuple[str, ...]] = {
    "account": ("name", "organ", "username"),
    "audit": ("heads", "out"),
    "demo": (),
    "housekeeping": (),
    "load_reference": (),
    "organ": ("code", "division", "name", "parent", "successor"),
    "ready": (),
    "vault": ("admit", "cards", "new", "organ", "what"),
    "verify_proof": ("original", "proof", "receipt_file"),
    "worker": (),
}
"""Yanlu's own commands, with those of their arguments that lead to text."""

_NO_FACTORS = "there are no second factors in a demo; tests/portal/accounts have them"
REFUSED: dict[tuple[str, str], str] = {
    **{
        (route, field): _NO_FACTORS
        for route, fields in {
            "desk/second-step/": ("typed code", "typed response", "typed next", "query next"),
            "desk/factors/": ("typed code", "typed response"),
            "desk/factors/add/": ("typed next", "query next"),
            "desk/factors/add/phone/": ("typed code", "typed next", "query next"),
            "desk/factors/add/key/": ("typed response", "typed next", "query next"),
        }.items()
        for field in fields
    },
    ("api/v1/reports", "body organ"): "a code; only one from the list is taken",
    ("api/v1/reports", "body subjects.*.organ"): "a code; only one from the list is taken",
    ("api/v1/reports", "body category"): "a code; only one from the list is taken",
    ("api/v1/desk/queue/<uuid:id>/refer", "body organ"): "a code; only one from the list is taken",
    ("api/v1/desk/queue/<uuid:id>/lift", "body subjects.*.organ"): "a code; only one from the list is taken",
    ("api/v1/ledger/leads", "body subjects.*.organ"): "a code; only one from the list is taken",
    ("desk/queue/<uuid:item_id>/<slug:act>/", "typed refer:organ"): "a name from the list, or nothing",
    ("desk/staff/", "typed organ"): "a code; only one from the list is taken",
    ("desk/grants/", "typed staff"): "an id; only a colleague's is taken",
    ("desk/grants/", "typed fingerprint"): "the fingerprint of the key, or nothing",
    ("desk/sessions/", "typed session"): "a handle; only one's own is taken",
    ("desk/queue/index/", "typed cursor"): "a cursor, or nothing",
    ("api/v1/organs", "query parent"): "a code; only one from the list is taken",
    ("metrics", "header Authorization"): "the operator's token, or nothing",
}
"""(route, field) → why a canary can only be refused there; it is driven all the same."""

HARMLESS: dict[tuple[str, str], str] = {
    (
        "track/add/",
        "typed nonce",
    ): "random, made by the page; tells two sendings of it apart and opens nothing",
    ("track/rate/", "typed rating"): "a number from one to five",
    ("report/proof/", "typed file"): "which of two files is wanted",
}
"""(route, field) → why nothing that must not be seen comes in there."""

_FREE_QUERY = {"cursor", "limit", "state", "outcome", "kind", "channel", "due", "claimed", "sort", "after"}
REFUSED_EVERYWHERE = (
    {f"query {name}" for name in _FREE_QUERY}
    | {"query source_class", "query year"}
    | {f"header {name}" for name in ("If-Match",)}
)
"""Words from a closed list, cursors and versions, whatever the route: a canary is refused or ignored."""


def routes() -> list[str]:
    """Every route of the site, as the resolver knows it."""
    return sorted(set(_routes(get_resolver())))


def _routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        here = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield here
        else:
            yield from _routes(entry, here)


def fields_of(takes: Takes) -> set[str]:
    """The names of all text that can reach a route: `typed title`, `body subjects.*.name`, `query q`…"""
    found = {f"typed {name}" for name in takes.typed} | {f"query {name}" for name in takes.query}
    found |= {f"header {name}" for name in takes.headers}
    for prefix, form in takes.forms:
        before = "query " if prefix == "?" else f"typed {prefix}-" if prefix else "typed "
        found |= {f"{before}{name}" for name in text_fields(form)}
    for act, form in (takes.acts or {}).items():
        found |= {f"typed {act}:{name}" for name in text_fields(form)}
    for body in takes.bodies:
        found |= {f"body {name}" for name in text_leaves(body())}
    return found


def text_fields(form: type[Form]) -> list[str]:
    """The fields of a form that take text; those a form adds when it is made are among them."""
    made = _made(form)
    return [
        name
        for name, field in made.fields.items()
        if isinstance(field, CharField) and not isinstance(field, UUIDField)
    ]


def _made(form: type[Form]) -> Form:
    if form is FilingForm:
        return FilingForm(kind="tip", tree=[], categories=(), found=())  # type: ignore[arg-type]
    return form()


def text_leaves(field: Any, path: str = "") -> list[str]:
    """The paths of all text in a JSON body; `*` stands for any place in a list."""
    if isinstance(field, serializers.ListSerializer | serializers.ListField):
        return text_leaves(field.child, f"{path}.*")
    if isinstance(field, serializers.Serializer):
        return [
            leaf
            for name, below in field.fields.items()
            for leaf in text_leaves(below, f"{path}.{name}" if path else name)
        ]
    return [path] if isinstance(field, serializers.CharField) else []
