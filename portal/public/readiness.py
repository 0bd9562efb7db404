"""Could a report be taken now? Asked by machines at every probe, and by the public pages now and then."""

import time
from functools import lru_cache

from django.conf import settings
from django.db import DatabaseError

from portal.accounts.signed_in import key_path
from portal.common.clock import now
from portal.common.errors import NotReady, Refusal
from portal.organs.queries import organ_tree
from portal.organs.tree import BrokenTree
from portal.vault.certificates import certified_key
from portal.vault.models import PurposeKey, VaultKey
from portal.vault.node_keys import node_key
from portal.vault.primitives import Tampered
from portal.vault.purpose_keys import active_keys

REMEMBERED = 5
"""Seconds for which the pages take an earlier answer."""


def what_is_missing() -> str:
    """The first of database, organs, secrets (the node's own keys), keys (the offices') that is not in order;
    empty when a report would be taken.
    """
    try:
        tree = organ_tree()
    except DatabaseError:
        return "database"
    except (BrokenTree, Tampered):
        return "organs"
    except NotReady:
        return "secrets"
    top = [code for code in tree.topmost if code != tree.special_office]
    if not top:
        return "organs"
    try:
        if not _secrets_open():
            return "secrets"
        for code in top:
            certified_key(key_path(tree, code), VaultKey.Purpose.TRIAGE)
    except (Refusal, Tampered):
        return "keys"
    except DatabaseError:
        return "database"
    return ""


def _secrets_open() -> bool:
    """The master key opens the key of every purpose and today's key of the node."""
    try:
        active_keys(*PurposeKey.Purpose.values)
        node_key(now())
    except (Refusal, Tampered, OSError):
        return False
    return True


def closed_for_now() -> bool:
    """Whether the public pages say that nothing can be filed yet. A demo is founded before it serves."""
    if settings.YANLU_DEMO:
        return False
    return _closed_in(int(time.monotonic() // REMEMBERED))


@lru_cache(maxsize=1)  # in the process: where a cache is down as well, the pages must still appear
def _closed_in(_span: int) -> bool:
    return bool(what_is_missing())
