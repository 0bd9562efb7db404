"""After the device key is renewed, browsers known before are known still, and so are joining codes."""

import pytest

from portal.accounts.actions import invite_staff, join
from portal.accounts.device_cookie import DEVICE_COOKIE, known_device, new_device_cookie
from portal.accounts.node_secrets import retire_outlived_keys, rotate_purpose
from portal.vault.models import PurposeKey
from portal.vault.purpose_keys import OUTLIVED
from tests.people import FOUNDED, PROVINCE, People

pytestmark = pytest.mark.django_db


def _known(rf: object, cookie: str, username: str = "triager") -> bool:
    request = rf.get("/desk/sign-in/")  # type: ignore[attr-defined]
    request.COOKIES[DEVICE_COOKIE] = cookie
    return bool(known_device(request, username))


def test_device_cookie_is_known_until_its_key_retires(house: None, rf: object) -> None:
    old = new_device_cookie("triager")
    rotate_purpose(purpose="device", now=FOUNDED)
    new = new_device_cookie("triager")

    known = [_known(rf, old), _known(rf, new), _known(rf, old, "moderator"), _known(rf, new[:-1])]
    retire_outlived_keys(now=FOUNDED + OUTLIVED)
    later = [_known(rf, old), _known(rf, new)]

    assert (known, later) == ([True, True, False, False], [False, True])
    assert PurposeKey.objects.filter(purpose="device", retired_at__isnull=True).count() == 1


def test_joining_code_from_before_the_renewal_still_lets_in(people: People) -> None:
    invitation = invite_staff(actor=people.sysadmin, username="new-one", display_name="新人", organ=PROVINCE)
    rotate_purpose(purpose="device")

    staff = join(username="new-one", code=invitation.code, passphrase="一句足够长又不简单的新口令")

    assert staff.invitation_hash is None
