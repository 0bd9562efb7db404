"""Found a house in the database of the environment: `python -m tests.founding [seed]`.

Tables, reference data, the node's keys, organ keys and demo staff; with `seed` the demo reports as well.
Under `YANLU_DEMO=0` the same people and keys stand in a real vault, whose root nobody's ceremony made.
"""

import os
import sys
from unittest.mock import patch

import django
from django.core.management import call_command


def main(words: list[str]) -> None:
    """Do what `make run` does before it serves, in one process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.db import connections  # noqa: PLC0415  needs the settings

    from portal.accounts.demo_house import build_demo_house  # noqa: PLC0415
    from portal.common.clock import now  # noqa: PLC0415
    from portal.vault.certificates import expected_root_path  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("load_reference")
    call_command("vault", "keys")
    if "seed" in words:
        call_command("demo")
    else:
        with patch("portal.accounts.demo_house.DEMO_ROOT_PATH", expected_root_path()):
            build_demo_house(now=now())
    call_command("collectstatic", verbosity=0, interactive=False)
    connections.close_all()  # SQLite then folds its log into the one file that is copied


if __name__ == "__main__":
    main(sys.argv[1:])
