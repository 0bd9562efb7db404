"""A thief's view of a desk somebody left: the database, the node's secrets, and the browser's cookies."""

from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.middleware import KEY_COOKIE
from portal.accounts.models import Draft, StaffSession
from portal.accounts.sessions import lock_idle_sessions
from portal.common.clock import now
from portal.common.sqlite.wal import fold_wal
from portal.vault.items import Binding, open_item
from portal.vault.keyring import Keyring
from portal.vault.models import PassphraseLock, SealedItem, VaultKey
from portal.vault.primitives import Tampered
from portal.vault.session_key import open_from_session
from tests.moderation.ledger.browser import browser
from tests.people import People, signed_in
from tests.portal.accounts.desk_window import away, marker, save, unlock

NEW_FORUM = "/desk/forums/new/"
WORDS = "三楼的会议室，请郑代表先发言。"


def _key_in_sight(stored: bytes, cookie: str, row: StaffSession) -> bool:
    try:
        open_from_session(stored, cookie, session_id=row.session_key, key=row.key)
    except Tampered:
        return False
    return True


@pytest.mark.django_db
def test_open_session_and_cookie_open_the_key_and_a_locked_one_holds_none(house: None) -> None:
    client = browser("triager")
    row = StaffSession.objects.get()
    cookie = client.cookies[KEY_COOKIE].value
    assert row.stored_key is not None
    while_open = _key_in_sight(bytes(row.stored_key), cookie, row)

    away()
    lock_idle_sessions(now=now())

    locked = StaffSession.objects.get()
    session = Session.objects.get(session_key=locked.session_key)
    left = [bytes(locked.mark), *(str(value).encode() for value in session.get_decoded().values())]
    assert while_open is True
    assert locked.stored_key is None
    assert [value for value in left if _key_in_sight(value, cookie, locked)] == []


@pytest.mark.django_db
def test_stolen_cookies_of_a_locked_session_see_and_do_nothing(house: None) -> None:
    owner = browser("triager")
    away()
    owner.get("/desk/")
    thief = Client()
    for name in ("sessionid", KEY_COOKIE, "csrftoken", "yanlu_device"):
        thief.cookies[name] = owner.cookies[name].value

    before = [thief.get(path).status_code for path in ("/desk/", "/desk/queue/", "/api/v1/desk/queue")]
    unlock(owner, "triager")
    after = [thief.get(path).status_code for path in ("/desk/", "/desk/queue/", "/api/v1/desk/queue")]

    assert before == after == [302, 302, 401]


@pytest.mark.django_db
def test_old_row_put_back_after_the_unlock_is_nobodys(house: None) -> None:
    """Whoever writes the database keeps a copy of the open session and its owner's old cookies."""
    owner = browser("triager")
    row, data = StaffSession.objects.get(), Session.objects.get()
    cookie = owner.cookies[KEY_COOKIE].value
    away()
    owner.get("/desk/")
    unlock(owner, "triager")

    current = owner.cookies["sessionid"].value
    StaffSession.objects.filter(session_key=current).update(stored_key=row.stored_key)
    thief = Client()
    thief.cookies["sessionid"], thief.cookies[KEY_COOKIE] = current, cookie

    assert thief.get("/desk/").status_code == 302
    assert data.session_key != current


@pytest.mark.django_db
def test_draft_opens_with_its_writers_key_and_no_other(people: People) -> None:
    client = browser("clerk")
    save(client, marker(client.get(NEW_FORUM), "event"), name=WORDS)
    draft = Draft.objects.get()
    item = SealedItem.objects.get(pk=draft.words_id)
    where = Binding("accounts_draft", draft.id, "words", parent=draft.staff_id)

    def text(keyring: Keyring) -> str:
        return open_item(item, purpose="draft", binding=where, opener=keyring).decode()

    assert WORDS in text(signed_in("clerk").keyring)
    for name in (
        "triager",
        "leader",
        "supervisor",
        "custodian",
        "supervisor-province",
        "sysadmin",
        "secadmin",
    ):
        with pytest.raises(Tampered):
            text(signed_in(name).keyring)


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_neither_key_nor_draft_nor_old_lock_stays_in_the_files() -> None:
    client = browser("clerk")
    slot = marker(client.get(NEW_FORUM), "event")
    save(client, slot, name=WORDS)
    stored = bytes(StaffSession.objects.get().stored_key or b"")
    words = bytes(SealedItem.objects.get(purpose="draft").ciphertext)
    before = _raw()
    client.post(NEW_FORUM, {"kind": "forum", "name": "座谈会", "held_on": "2026-03-02", "draft": slot})
    away()
    client.get("/desk/")
    fold_wal()

    after = _raw()

    assert (stored in before, words[:200] in before) == (True, True)
    assert (stored in after, words[:200] in after) == (False, False)


def _raw() -> bytes:
    path = Path(str(connection.settings_dict["NAME"]))
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*") if file.is_file())


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_old_lock_is_gone_from_the_files_after_a_change() -> None:
    client = browser("clerk")
    key = VaultKey.objects.get(pk=StaffSession.objects.get().key_id)
    old = bytes(PassphraseLock.objects.get(key=key).locked_seed)
    before = _raw()

    answer = client.post(
        "/desk/passphrase/",
        {"present": PASSPHRASE, "passphrase": "楼下的猫今天没来吃饭", "again": "楼下的猫今天没来吃饭"},
    )

    assert answer.status_code == 200
    assert (old in before, old in _raw()) == (True, False)
