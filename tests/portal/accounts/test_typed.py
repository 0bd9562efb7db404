"""Which fields of a form are saved while somebody types, and which never are."""

import json
import uuid

import pytest
from django.forms import CharField, ChoiceField, DateField, Form, HiddenInput, PasswordInput, Textarea
from django.http import QueryDict
from django.test import RequestFactory

from portal.accounts.typed import offer_drafts, slot_in, typed_in
from tests.moderation.ledger.browser import browser
from tests.people import People
from tests.portal.accounts.desk_window import marker

pytestmark = pytest.mark.django_db
LOG = "/desk/log/"


class _EveryKind(Form):
    words = CharField(label="正文", widget=Textarea)
    line = CharField(label="一行")
    secret = CharField(widget=PasswordInput)
    hidden = CharField(widget=HiddenInput)
    choice = ChoiceField(choices=[("a", "甲")])
    day = DateField()
    code = CharField(label="验证码")


def test_slot_names_plain_text_fields_only(people: People) -> None:
    offer = offer_drafts(
        RequestFactory().get(LOG),
        people.clerk,
        page=LOG,
        forms={"any": _EveryKind(prefix="p")},
        quiet=("line",),
    )

    fields = [(field.name, field.label, field.quiet) for field in offer.slots["any"].fields]
    assert fields == [("p-words", "正文", False), ("p-line", "一行", True), ("p-code", "验证码", False)]


def test_typed_in_never_takes_what_signs_people_in() -> None:
    names = [
        "words",
        "passphrase",
        "again",
        "present",
        "password",
        "code",
        "otp",
        "csrfmiddlewaretoken",
        "token",
    ]
    fields = [[name, name, 0] for name in names]
    slot = json.dumps({"id": str(uuid.uuid4()), "page": LOG, "form": "any", "fields": fields})
    data = QueryDict(mutable=True)
    data.update({"draft": slot, **dict.fromkeys(names, "x")})
    found = slot_in(data)
    assert found is not None

    typed = typed_in(found, data)

    assert [entry.name for entry in typed.entries] == ["words"]


def test_clerks_log_never_saves_who_it_was_while_it_is_typed(house: None) -> None:
    fields = json.loads(marker(browser("clerk").get(LOG), "log"))["fields"]

    quiet = {name for name, _, quiet in fields if quiet}
    assert quiet == {"name", "phone", "id_number", "address", "email"}
