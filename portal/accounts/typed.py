"""Which fields of a form are typed text, what stands in them, and what of it comes back into a form.

Every form whose words must not get lost carries one hidden field, `draft`: which draft it is, of which form
and page, and the names and labels of its text fields. Nothing else of a form is ever kept: no choices, no
hidden fields, no passphrases.
"""

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from django.forms import Form, Textarea, TextInput
from django.http import HttpRequest, QueryDict

from portal.accounts.drafts import Entry, OpenDraft, Typed, drafts_on
from portal.accounts.signed_in import SignedIn

FIELD = "draft"
_MOST_FIELDS = 40
_NEVER = frozenset(
    {"csrfmiddlewaretoken", "passphrase", "again", "present", "password", "code", "otp", "token"}
)


@dataclass(frozen=True)
class TextField:
    """A field somebody types into. `quiet`: kept only when the form was sent, never while it is typed."""

    name: str
    label: str
    quiet: bool = False


@dataclass(frozen=True)
class Slot:
    """The place of one form's draft. `restored_at`: when what now stands in the form was kept."""

    id: UUID
    page: str
    form: str
    fields: tuple[TextField, ...]
    restored_at: dt.datetime | None = None
    anchor: str = ""
    """The page's id of its first text field."""

    @property
    def marker(self) -> str:
        """The value of the form's hidden field."""
        fields = [[field.name, field.label, int(field.quiet)] for field in self.fields]
        value = {"id": str(self.id), "page": self.page, "form": self.form, "fields": fields}
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Offer:
    """A page's drafts: `slots` by form, `restored` already in its form, `waiting` to be looked at."""

    slots: Mapping[str, Slot]
    restored: OpenDraft | None
    waiting: tuple[OpenDraft, ...]


def offer_drafts(
    request: HttpRequest,
    actor: SignedIn,
    *,
    page: str,
    forms: Mapping[str, Form],
    quiet: Collection[str] = (),
) -> Offer:
    """Give every form with text fields a slot; put the draft asked for by `?draft=` back into its form.

    Call before the forms are rendered. A form that shows what was just sent keeps its slot and its words.
    """
    drafts = drafts_on(actor, page)
    sent = slot_in(request.POST) if request.method == "POST" else None
    wanted = request.GET.get(FIELD, "")
    slots, restored = dict[str, Slot](), None
    for name, form in forms.items():
        fields = _text_fields(form, quiet)
        if not fields:
            continue
        slot = Slot(uuid4(), page, name, fields, anchor=_anchor(form))
        draft = next((one for one in drafts if str(one.typed.id) == wanted and one.typed.form == name), None)
        if form.is_bound and sent is not None and sent.form == name:
            slot = replace(slot, id=sent.id)
        elif draft is not None and not form.is_bound:
            _fill(form, draft.typed)
            slot, restored = replace(slot, id=draft.typed.id, restored_at=draft.at), draft
        slots[name] = slot
    shown = {slot.id for slot in slots.values()}
    return Offer(slots, restored, tuple(one for one in drafts if one.typed.id not in shown))


def slot_in(data: QueryDict, *, field: str = FIELD) -> Slot | None:
    """The slot a sent form names; `None` for a form without one and for what is no slot."""
    try:
        value = json.loads(data.get(field, ""))
        fields = [TextField(str(name), str(label), bool(quiet)) for name, label, quiet in value["fields"]]
        slot = Slot(UUID(value["id"]), str(value["page"]), str(value["form"])[:40], tuple(fields))
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        return None
    return slot if len(fields) <= _MOST_FIELDS else None


def typed_in(slot: Slot, data: QueryDict) -> Typed:
    """What stands in the text fields of a sent form."""
    kept = [field for field in slot.fields if field.name not in _NEVER and field.name in data]
    entries = (Entry(field.name, field.label[:80], _plain(str(data[field.name]))) for field in kept)
    return Typed(slot.id, slot.page, slot.form, tuple(entries))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def _text_fields(form: Form, quiet: Collection[str]) -> tuple[TextField, ...]:
    """Exactly the plain text inputs and areas: every other input is a kind of its own."""
    return tuple(
        TextField(form.add_prefix(name), str(form.fields[name].label or name), name in quiet)
        for name in _text_names(form)
    )


def _text_names(form: Form) -> list[str]:
    return [name for name, field in form.fields.items() if type(field.widget) in {TextInput, Textarea}]


def _anchor(form: Form) -> str:
    return form[_text_names(form)[0]].id_for_label


def _fill(form: Form, typed: Typed) -> None:
    texts = {entry.name: entry.text for entry in typed.entries}
    for name in form.fields:
        if form.add_prefix(name) in texts:
            form.initial[name] = texts[form.add_prefix(name)]
