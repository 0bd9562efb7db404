"""The desk's navigation follows the roles held."""

import pytest

from portal.shell.navigation import current_link, navigation

EVERYBODY = [("待办", "/desk/")]
IDENTITY = ("身份查阅", "/desk/identity/")
EXPECTED = {
    "clerk": [("登记来件", "/desk/log/"), ("座谈会", "/desk/forums/")],
    "moderator": [("受理队列", "/desk/queue/"), IDENTITY, ("授权", "/desk/grants/")],
    "triager": [
        ("受理队列", "/desk/queue/"),
        ("线索台账", "/desk/leads/"),
        ("座谈会", "/desk/forums/"),
        IDENTITY,
        ("授权", "/desk/grants/"),
    ],
    "handler": [("线索台账", "/desk/leads/")],
    "leader": [
        ("受理队列", "/desk/queue/"),
        ("线索台账", "/desk/leads/"),
        ("座谈会", "/desk/forums/"),
        IDENTITY,
        ("授权", "/desk/grants/"),
    ],
    "supervisor": [
        ("受理队列", "/desk/queue/"),
        ("线索台账", "/desk/leads/"),
        ("座谈会", "/desk/forums/"),
        ("授权", "/desk/grants/"),
    ],
    "verifier": [("线索台账", "/desk/leads/")],
    "custodian": [IDENTITY, ("授权", "/desk/grants/")],
    "sysadmin": [("人员", "/desk/staff/")],
    "secadmin": [("人员", "/desk/staff/")],
    "auditor": [("审计", "/desk/audit/")],
}


@pytest.mark.parametrize("role", EXPECTED)
def test_navigation_of_one_role(role: str) -> None:
    assert [tuple(link) for link in navigation({role})] == EVERYBODY + EXPECTED[role]


def test_navigation_of_nobody_is_the_front_page_alone() -> None:
    assert [tuple(link) for link in navigation(())] == EVERYBODY


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/desk/", "待办"),
        ("/desk/queue/", "受理队列"),
        ("/desk/queue/7/", "受理队列"),
        ("/desk/other/", "待办"),
    ],
)
def test_current_entry_is_the_one_the_page_lies_under(path: str, label: str) -> None:
    link = current_link(navigation({"triager"}), path)

    assert link is not None
    assert link.label == label


@pytest.mark.parametrize("path", ["/report/", "/desk/sessions/", "/desk/passphrase/"])
def test_current_entry_of_a_public_page_or_ones_own_is_none(path: str) -> None:
    assert current_link(navigation({"triager"}), path) is None
