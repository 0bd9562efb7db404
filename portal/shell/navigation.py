"""Where a person can go on the desk: a pure function of the roles they hold."""

from collections.abc import Collection
from typing import NamedTuple

QUEUE = frozenset({"moderator", "triager", "leader", "supervisor"})
LEADS = frozenset({"triager", "handler", "leader", "supervisor", "verifier"})
FORUMS = frozenset({"clerk", "triager", "leader", "supervisor"})
IDENTITIES = frozenset({"moderator", "triager", "leader", "custodian"})
KEY_HOLDERS = frozenset({"moderator", "triager", "leader", "supervisor", "custodian"})
STAFF_KEEPERS = frozenset({"sysadmin", "secadmin"})


class Link(NamedTuple):
    """One entry of the desk's navigation."""

    label: str
    path: str


_LINKS = (
    (Link("受理队列", "/desk/queue/"), QUEUE),
    (Link("线索台账", "/desk/leads/"), LEADS),
    (Link("登记来件", "/desk/log/"), frozenset({"clerk"})),
    (Link("座谈会", "/desk/forums/"), FORUMS),
    (Link("身份查阅", "/desk/identity/"), IDENTITIES),
    (Link("授权", "/desk/grants/"), KEY_HOLDERS),
    (Link("人员", "/desk/staff/"), STAFF_KEEPERS),
    (Link("审计", "/desk/audit/"), frozenset({"auditor"})),
)
_TODAY = Link("待办", "/desk/")
_OWN = ("/desk/sessions/", "/desk/passphrase/")
"""What stands beside one's name."""


def navigation(roles: Collection[str]) -> list[Link]:
    """The desk's pages for somebody with these roles, in order; what they cannot use is not shown."""
    return [_TODAY, *(link for link, users in _LINKS if users & set(roles))]


def current_link(links: list[Link], path: str) -> Link | None:
    """The entry under which a page lies: the longest that the path begins with; none for one's own pages."""
    if path.startswith(_OWN):
        return None
    over = [link for link in links if path.startswith(link.path)]
    return max(over, key=lambda link: len(link.path), default=None)
