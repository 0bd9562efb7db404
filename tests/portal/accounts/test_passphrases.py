"""Which passphrases are good enough; changing one's own keeps the key and ends everything else."""

import pytest
from django.test import Client
from pytest_django import Settings

from portal.accounts.actions import invite_staff, join
from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.models import Staff
from portal.accounts.passphrases import check_passphrase
from portal.accounts.signed_in import key_owner
from portal.audit.models import AuditEntry
from portal.common.errors import Invalid
from portal.vault.keyring import current_personal_key
from portal.vault.locks import open_personal_key
from portal.vault.models import PassphraseLock, VaultKey
from portal.vault.primitives import Tampered
from tests.moderation.ledger.browser import browser
from tests.people import CITY, People
from tests.portal.accounts.desk_window import unlock

pytestmark = pytest.mark.django_db
PAGE = "/desk/passphrase/"
NEW = "楼下的猫今天没来吃饭"


def _change(client: Client, present: str = PASSPHRASE, new: str = NEW, again: str = "") -> tuple[int, str]:
    sent = {"present": present, "passphrase": new, "again": again or new}
    answer = client.post(PAGE, sent)
    return answer.status_code, answer.content.decode()


def _row(username: str) -> VaultKey:
    row = current_personal_key(key_owner(Staff.objects.get(username=username)))
    assert row is not None
    return row


@pytest.mark.parametrize(
    "passphrase",
    [
        "short",
        "aaaaaaaaaaaa",
        "password123456",
        "P@ssw0rd2024!",
        "Qwertyuiop1234",
        "1qaz2WSX3edc",
        "abcd1234efgh",
        "woaini5201314",
        "我爱你我爱你1314520",
        "ｐａｓｓｗｏｒｄ１２３４５６",
        "admin@20240101",
        "九八七六 Zhang-Wei2",
        "张伟的一把老钥匙很旧",
    ],
)
def test_passphrase_too_plain_is_refused(passphrase: str) -> None:
    with pytest.raises(Invalid):
        check_passphrase(passphrase, "zhangwei", "张伟")


@pytest.mark.parametrize("passphrase", [NEW, "correct horse battery", "kX9#mm2$vQ", "2026 年的雪下得太早了"])
def test_passphrase_of_ones_own_is_taken(passphrase: str) -> None:
    check_passphrase(passphrase, "zhangwei", "张伟")


@pytest.mark.parametrize("passphrase", ["newcomer 的新口令啊呀", "我是新同事今天第一天"])
def test_joining_refuses_ones_own_names(people: People, passphrase: str) -> None:
    invited = invite_staff(actor=people.sysadmin, username="newcomer", display_name="新同事", organ=CITY)

    with pytest.raises(Invalid) as refused:
        join(username="newcomer", code=invited.code, passphrase=passphrase)

    assert refused.value.fields == {"passphrase": "口令里不要包含用户名或姓名。"}


def test_change_keeps_the_key_under_the_new_passphrase_only(house: None) -> None:
    before = _row("triager")
    client = browser("triager")

    status, page = _change(client)

    after = _row("triager")
    assert (status, "口令已更换" in page) == (200, True)
    assert (after.pk, open_personal_key(after, NEW).public) == (
        before.pk,
        open_personal_key(before, PASSPHRASE).public,
    )
    with pytest.raises(Tampered):
        open_personal_key(after, PASSPHRASE)
    assert bytes(after.lock.salt) != bytes(before.lock.salt)
    assert AuditEntry.objects.filter(actor="triager", action="passphrase_changed").count() == 1


def test_change_ends_the_other_sessions_and_the_old_passphrase(house: None) -> None:
    here, there = browser("triager"), browser("triager")

    _change(here)

    assert [client.get("/desk/").status_code for client in (here, there)] == [200, 302]
    assert [unlock(Client(), "triager", passphrase=word).status_code for word in (PASSPHRASE, NEW)] == [
        401,
        302,
    ]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"present": "wrong"}, "现在的口令不正确"),
        ({"again": "另外一句不同的话啊"}, "两次输入的口令不一致"),
        ({"new": "password123456"}, "这个口令太常见"),
        ({"new": "triager 楼下的猫今天"}, "口令里不要包含用户名或姓名"),
        ({"new": "短"}, "口令至少 10 个字符"),
    ],
)
def test_change_refused_says_why_and_changes_nothing(house: None, sent: dict[str, str], told: str) -> None:
    here, there = browser("triager"), browser("triager")
    before = _row("triager").lock.salt

    status, page = _change(here, **sent)

    assert (status, told in page) == (400, True)
    assert sent.get("new", "x-not-there") not in page
    assert bytes(_row("triager").lock.salt) == bytes(before)
    assert there.get("/desk/").status_code == 200


def test_change_to_the_same_one_is_refused(house: None) -> None:
    client = browser("triager")
    _change(client)

    assert _change(client, present=NEW, new=NEW)[0] == 400


def test_change_counts_wrong_ones_like_signing_in(house: None) -> None:
    client = browser("triager")

    answers = [_change(client, present="wrong")[0] for _ in range(5)]

    assert (answers, _change(client)[0]) == ([400] * 5, 429)


def test_change_page_says_what_it_does_not_do(house: None) -> None:
    page = browser("triager").get(PAGE).content.decode()

    assert "旧口令仍能打开那份副本" in page


def test_sign_in_makes_a_cheaper_lock_anew(house: None, settings: Settings) -> None:
    settings.YANLU_ARGON2_KIB = 16
    before = _row("triager").lock

    browser("triager")

    lock = PassphraseLock.objects.get(pk=before.pk)
    assert (before.memory_kib, lock.memory_kib) == (8, 16)
    assert open_personal_key(_row("triager"), PASSPHRASE).id == before.key_id


def test_sign_in_leaves_a_lock_of_today_alone(house: None) -> None:
    before = _row("triager").lock.salt

    browser("triager")

    assert bytes(_row("triager").lock.salt) == bytes(before)
