"""Registering, listing, adding and removing second factors by the pages."""

import json

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.factor_access import CONFIRMED
from portal.accounts.factor_models import Factor
from portal.accounts.signed_in import staff_path
from portal.audit.models import AuditEntry
from portal.common.clock import now as present
from portal.organs.queries import organ_tree
from portal.vault.locks import make_personal_key
from portal.vault.models import SealedItem, VaultKey
from tests.factors import (
    ADD,
    LIST,
    SIGN_IN,
    STEP,
    Phone,
    give_phone,
    half,
    is_signed_in,
    owner,
    shown_secret,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "outside_demo")]


def _log() -> list[tuple[str, object]]:
    acts = ("factor_added", "factor_removed")
    entries = AuditEntry.objects.filter(action__in=acts).order_by("sequence")
    return [(entry.action, entry.detail["factor"]) for entry in entries]


def _inside(username: str, phone: Phone, *, confirmed: bool) -> Client:
    """Signed in; the step before the present one is used up, the present one too where confirmed."""
    client = half(username)
    assert client.post(STEP, {"code": phone.code(ahead=-1)}).status_code == 302
    if confirmed:
        assert client.post(LIST, {"code": phone.code()})["Location"] == LIST
    return client


def _add_phone(client: Client, label: str = "spare_phone", **changes: str) -> tuple[Phone, int]:
    """Go through the pages of registering a phone; how the last one answered."""
    assert client.post(ADD, {"kind": "totp"}).status_code == 302
    phone = Phone(shown_secret(client.get(f"{ADD}phone/")))  # type: ignore[arg-type]
    sent = {"code": phone.code(), "label": label, **changes}
    return phone, client.post(f"{ADD}phone/", sent).status_code


# --- the first one ------------------------------------------------------------------------------------


def test_without_a_factor_one_lands_where_it_is_registered() -> None:
    answer = Client().post(SIGN_IN, {"username": "triager", "passphrase": PASSPHRASE}, follow=True)

    path = [path for path, _ in answer.redirect_chain]
    assert path == [f"{STEP}?next=%2Fdesk%2F", f"{ADD}?next=%2Fdesk%2F"]
    assert "先登记一种验证方式" in answer.content.decode()


def test_first_phone_by_the_pages_signs_in() -> None:
    client = half("triager")

    phone, status = _add_phone(client, "phone", next="/desk/queue/")

    assert (status, is_signed_in(client)) == (302, True)
    assert _log() == [("factor_added", "phone")]
    assert AuditEntry.objects.filter(action="signed_in").count() == 1
    again = half("triager")
    assert again.post(STEP, {"code": phone.code()}).status_code == 400  # used for registering
    assert again.post(STEP, {"code": phone.code(ahead=1)}).status_code == 302


def test_first_phone_page_shows_picture_and_letters_and_keeps_them() -> None:
    client = half("triager")
    client.post(ADD, {"kind": "totp"})

    first, second = (client.get(f"{ADD}phone/") for _ in range(2))

    page = first.content.decode()
    assert 'src="data:image/svg+xml' in page
    assert shown_secret(first) == shown_secret(second)  # type: ignore[arg-type]
    assert len(shown_secret(first)) == 20  # type: ignore[arg-type]
    assert first.headers["Cache-Control"] == "no-store"


def test_first_phone_with_a_wrong_code_does_not_count() -> None:
    client = half("triager")

    _, status = _add_phone(client, "phone", code="000000")

    assert (status, is_signed_in(client)) == (400, False)
    assert Factor.objects.filter(confirmed_at__isnull=False).count() == 0
    assert _log() == []


def test_first_phone_label_outside_the_list_is_refused() -> None:
    client = half("triager")

    _, status = _add_phone(client, "我的手机")

    assert (status, is_signed_in(client), _log()) == (200, False, [])


def test_first_phone_that_took_too_long_begins_anew() -> None:
    client = half("triager")
    client.post(ADD, {"kind": "totp"})
    Factor.objects.update(created_at=present().replace(year=2025))

    assert client.get(f"{ADD}phone/")["Location"] == f"{ADD}?next=%2Fdesk%2F"


def test_passphrase_alone_registers_nothing_beside_a_factor() -> None:
    give_phone("triager")
    client = half("triager")

    answers = [client.get(ADD), client.post(ADD, {"kind": "totp"}), client.get(f"{ADD}phone/")]
    answers += [client.post(f"{ADD}phone/", {"code": "123456", "label": "phone"})]
    answers += [client.get(f"{ADD}key/"), client.post(f"{ADD}key/challenge/")]

    assert [answer.status_code for answer in answers] == [403] * 6
    assert Factor.objects.count() == 1


def test_registration_begun_before_the_owner_registered_is_void() -> None:
    thief, own = half("triager"), half("triager")
    thief.post(ADD, {"kind": "totp"})
    stolen = Phone(shown_secret(thief.get(f"{ADD}phone/")))  # type: ignore[arg-type]
    assert _add_phone(own, "phone")[1] == 302

    late = thief.post(f"{ADD}phone/", {"code": stolen.code(), "label": "phone"})

    assert (late.status_code, is_signed_in(thief)) == (403, False)
    assert Factor.objects.count() == 1


# --- one's own ----------------------------------------------------------------------------------------


def test_list_shows_factors_and_asks_before_a_change() -> None:
    client = _inside("triager", give_phone("triager"), confirmed=False)

    page = client.get(LIST).content.decode()

    assert "手机验证器" in page
    assert "请先确认是您本人" in page
    assert "再登记一种</a>" not in page


def test_change_without_confirming_is_refused() -> None:
    phone = give_phone("triager")
    give_phone("triager", label="spare_phone")
    client = _inside("triager", phone, confirmed=False)
    factor = Factor.objects.filter(label="phone").get()

    answers = [client.post(f"{LIST}{factor.pk}/remove/"), client.post(ADD, {"kind": "totp"}), client.get(ADD)]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert Factor.objects.count() == 2


def test_confirming_holds_for_ten_minutes() -> None:
    client = _inside("triager", give_phone("triager"), confirmed=True)
    before = client.get(ADD).status_code
    session = client.session
    session[CONFIRMED] -= 601
    session.save()

    assert (before, client.get(ADD).status_code) == (200, 403)


def test_second_phone_is_added_and_the_first_removed() -> None:
    client = _inside("triager", give_phone("triager"), confirmed=True)
    items = SealedItem.objects.count()

    spare, status = _add_phone(client)
    first = Factor.objects.get(label="phone")
    removed = client.post(f"{LIST}{first.pk}/remove/")

    assert (status, removed.status_code) == (302, 302)
    assert [factor.label for factor in Factor.objects.all()] == ["spare_phone"]
    assert SealedItem.objects.count() == items
    assert _log() == [("factor_added", "phone"), ("factor_added", "spare_phone"), ("factor_removed", "phone")]
    assert half("triager").post(STEP, {"code": spare.code(ahead=1)}).status_code == 302


def test_removed_phone_opens_nothing() -> None:
    phone = give_phone("triager")
    give_phone("triager", label="spare_phone")
    client = _inside("triager", phone, confirmed=True)
    client.post(f"{LIST}{Factor.objects.get(label='phone').pk}/remove/")

    assert half("triager").post(STEP, {"code": phone.code(ahead=1)}).status_code == 400


def test_last_factor_stays() -> None:
    client = _inside("triager", give_phone("triager"), confirmed=True)

    answer = client.post(f"{LIST}{Factor.objects.get().pk}/remove/")

    assert answer.status_code == 400
    assert "至少要保留一种" in answer.content.decode()
    assert Factor.objects.count() == 1


def test_factor_of_a_colleague_is_not_found() -> None:
    give_phone("leader")
    client = _inside("triager", give_phone("triager"), confirmed=True)
    theirs = Factor.objects.get(key_id=owner("leader").personal.id)

    assert client.post(f"{LIST}{theirs.pk}/remove/").status_code == 404
    assert Factor.objects.filter(pk=theirs.pk).count() == 1


def test_ninth_factor_is_refused() -> None:
    phone = give_phone("triager")
    for _ in range(7):
        give_phone("triager", label="spare_phone")
    client = _inside("triager", phone, confirmed=True)

    answer = client.post(ADD, {"kind": "totp"})

    assert answer.status_code == 400
    assert "最多登记 8 种" in answer.content.decode()


def test_failures_of_the_last_days_are_told() -> None:
    phone = give_phone("triager")
    client = _inside("triager", phone, confirmed=False)
    quiet = client.get(LIST).content.decode()
    half("triager").post(STEP, {"code": "no code"})

    told = client.get(LIST).content.decode()

    assert ("失败过" in quiet, "失败过 1 次" in told) == (False, True)


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    phone = give_phone("triager")
    for _ in range(count - 1):
        give_phone("triager", label="spare_phone")
    client = _inside("triager", phone, confirmed=False)
    client.get(LIST)

    with django_assert_num_queries(9):
        page = client.get(LIST).content.decode()

    assert page.count("登记 · 最近使用") == count


# --- a new personal key, a demo, an address ------------------------------------------------------------


def test_factors_die_with_the_personal_key() -> None:
    phone, whose = give_phone("triager"), owner("triager")
    path = staff_path(organ_tree(), whose.staff)
    VaultKey.objects.filter(pk=whose.personal.id).update(superseded_at=present())
    make_personal_key(path=path, passphrase="a new passphrase", now=present(), generation=2)
    client = half("triager", passphrase="a new passphrase")

    old = client.post(STEP, {"code": phone.code()})
    _, status = _add_phone(client, "phone")

    assert old["Location"] == f"{ADD}?next=%2Fdesk%2F"
    assert (status, is_signed_in(client)) == (302, True)
    assert Factor.objects.count() == 1  # what belonged to the lost key is gone


def test_half_session_of_a_superseded_key_is_over() -> None:
    phone, whose, client = give_phone("triager"), owner("triager"), half("triager")
    VaultKey.objects.filter(pk=whose.personal.id).update(superseded_at=present())

    assert client.post(STEP, {"code": phone.code()})["Location"] == "/desk/sign-in/?late=1"


def test_demo_offers_none_and_says_so(settings: Settings) -> None:
    settings.YANLU_DEMO = True
    client = Client()
    client.post(SIGN_IN, {"username": "triager", "passphrase": PASSPHRASE})

    page = client.get(LIST).content.decode()

    assert "演示系统只用口令登录" in page
    assert is_signed_in(client) is True
    assert client.get(ADD).status_code == 404
    assert f'href="{LIST}"' not in client.get("/desk/").content.decode()


@pytest.mark.parametrize(
    ("base", "offered"),
    [
        ("https://yanlu.example", True),
        ("http://localhost:8000", True),
        ("http://yanlu.example", False),
        ("https://10.1.2.3", False),
        ("https://[2001:db8::1]:8443", False),
    ],
)
def test_security_keys_are_offered_under_a_name_only(base: str, offered: bool, settings: Settings) -> None:
    settings.YANLU_BASE_URL = base
    client = half("triager")

    page = client.get(ADD).content.decode()

    assert ('value="webauthn"' in page, 'value="totp"' in page) == (offered, True)
    assert client.get(f"{ADD}key/").status_code == (200 if offered else 404)
    assert client.post(f"{ADD}key/challenge/").status_code == (200 if offered else 400)


def test_challenge_for_somebody_without_a_security_key_is_refused() -> None:
    give_phone("triager")

    answer = half("triager").post(f"{STEP}challenge/")

    assert answer.status_code == 400
    assert json.dumps("challenge") not in answer.content.decode()
