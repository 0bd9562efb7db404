"""Found a demo house in the database of the environment: `python -m tests.founding [seed] [passphrases=…]`.

Tables, reference data, the node's keys, organ keys and demo staff; with `seed` the demo reports as well.
With `passphrases=SECRET` nobody has the passphrase everybody knows: each has one that grows from the secret.
Under `YANLU_DEMO=0` the same people and keys stand in a real vault, whose root nobody's ceremony made.
"""

import hashlib
import os
import sys
from typing import Any
from unittest import mock

import django
from django.core.management import call_command

_WORD = "passphrases="


def passphrase_of(secret: str, username: str) -> str:
    """The passphrase of one member of the staff in a house founded with this secret."""
    return hashlib.sha256(f"{secret}/{username}".encode()).hexdigest()[:32]


def main(words: list[str]) -> None:
    """Do what `make run` does before it serves, in one process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.db import connections  # noqa: PLC0415  needs the settings

    from portal.accounts.demo_house import build_demo_house  # noqa: PLC0415
    from portal.common.clock import now  # noqa: PLC0415
    from portal.vault.certificates import expected_root_path  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("vault", "keys")
    call_command("load_reference")
    if "seed" in words:
        call_command("demo")
    else:
        with (
            mock.patch("portal.accounts.demo_house.make_personal_key", _own_passphrases(words)),
            mock.patch("portal.accounts.demo_house.DEMO_ROOT_PATH", expected_root_path()),
        ):
            build_demo_house(now=now())
    call_command("collectstatic", verbosity=0, interactive=False)
    connections.close_all()  # SQLite then folds its log into the one file that is copied


def _own_passphrases(words: list[str]) -> Any:
    """`make_personal_key` as it is, but for the passphrase where the command line gives a secret."""
    from portal.accounts.models import Staff  # noqa: PLC0415  needs the settings
    from portal.vault.locks import make_personal_key  # noqa: PLC0415

    secret = next((word.removeprefix(_WORD) for word in words if word.startswith(_WORD)), "")

    def make(*, path: str, passphrase: str, **rest: Any) -> Any:
        staff = Staff.objects.get(pk=path.rpartition("staff:")[2])
        own = passphrase_of(secret, staff.username) if secret else passphrase
        return make_personal_key(path=path, passphrase=own, **rest)

    return make


if __name__ == "__main__":
    main(sys.argv[1:])
