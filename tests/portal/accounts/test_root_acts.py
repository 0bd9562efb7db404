"""What two keyholders do later: new keys at the top, letting people in there, a new card."""

from pathlib import Path

import pytest

from portal.accounts.actions import close_account
from portal.accounts.models import Staff
from portal.accounts.renewal import DueKey, due_keys, in_words
from portal.accounts.root_acts import renew_with_root, replace_card, root_alone_renews
from portal.accounts.signed_in import key_path
from portal.accounts.top_people import Confirmed, at_the_door
from portal.audit.models import AuditEntry
from portal.audit.queries import verify_all
from portal.common.errors import Invalid
from portal.intake.actions import Receipt
from portal.intake.models import Report
from portal.intake.queries import open_original
from portal.organs.queries import organ_tree
from portal.vault import cards
from portal.vault.cards import CardRefused
from portal.vault.certificates import certified_key
from portal.vault.keyring import Keyring
from portal.vault.models import RootShare, VaultKey
from portal.vault.root_shares import open_root
from tests.people import CITY, COUNTY, DISCIPLINE, FOUNDED, PROVINCE, file_tip
from tests.real_house import CARD_PHRASES, arrive, founded, opened_root, signed_in, staffed


@pytest.fixture
def folder(bare_house: None, tmp_path: Path) -> Path:
    """A founded house; the folder with its three cards."""
    staffed()
    founded(tmp_path / "cards")
    return tmp_path / "cards"


def _leave(*usernames: str) -> None:
    for username in usernames:
        staff = Staff.objects.get(username=username)
        close_account(actor=signed_in(f"sysadmin-{staff.organ_id.lower()}"), staff=staff, now=FOUNDED)


def _at_the_door(*usernames: str) -> list[Confirmed]:
    return [one for one in at_the_door(organ_tree()) if one.staff.username in usernames]


def _about_nobody(organ: str) -> Receipt:
    return file_tip(organ=organ, subjects=(), title="办事", text="反映办事拖拉。", place="")


def _reads(report: Report, username: str) -> bool:
    return open_original(report, signed_in(username).keyring) is not None


def _generation(organ: str, purpose: str) -> int:
    return certified_key(key_path(organ_tree(), organ), purpose).generation


def test_house_just_founded_leaves_nothing_to_the_root(folder: Path) -> None:
    assert root_alone_renews(organ_tree()) == []


def test_top_supervisor_gone_successor_is_let_in_by_two_cards(folder: Path) -> None:
    _leave("top-supervisor")
    arrive("successor", PROVINCE, "supervisor")
    due = root_alone_renews(organ_tree())

    done = renew_with_root(opened_root(folder, 1, 3), due=due, people=_at_the_door("successor"), now=FOUNDED)
    successor = signed_in("successor")
    city = Report.objects.get(pk=file_tip().report)
    county = Report.objects.get(pk=_about_nobody(COUNTY).report)

    assert due == done[:1] == [DueKey(PROVINCE, "oversight", "left")]
    assert (
        in_words(organ_tree(), due[0])
        == "四川省检察院的监督密钥：有人离岗，待更新；须由根密钥持有人办理（vault renew）"
    )
    assert successor.waiting == frozenset()
    assert due_keys(organ_tree()) == []
    assert (city.holder_id, _reads(city, "successor")) == (CITY, True)
    assert (county.holder_id, _reads(county, "successor")) == (COUNTY, True)
    entries = AuditEntry.objects.filter(actor="keyholders", detail__cards="1,3").order_by("sequence")
    assert [one.action for one in entries.filter(organ_id=PROVINCE)] == ["key_renewed", "key_granted"]
    assert entries.filter(action="key_renewed").count() == len(done)
    assert verify_all()[1] == []


def test_everybody_of_the_special_office_gone_new_people_begin_anew(folder: Path) -> None:
    old = Report.objects.get(pk=file_tip(organ=PROVINCE, about_organ=True).report)
    _leave("office-supervisor", "office-custodian", "office-triager")
    for name, role in (("n-super", "supervisor"), ("n-cust", "custodian"), ("n-triage", "triager")):
        arrive(name, DISCIPLINE, role)

    renew_with_root(
        opened_root(folder),
        due=root_alone_renews(organ_tree()),
        people=_at_the_door("n-super", "n-cust", "n-triage"),
        now=FOUNDED,
    )
    new = Report.objects.get(pk=file_tip(organ=PROVINCE, about_organ=True, title="新件").report)

    assert new.holder_id == DISCIPLINE
    assert {purpose: _generation(DISCIPLINE, purpose) for purpose in ("oversight", "triage", "custody")} == {
        "oversight": 2,
        "triage": 2,
        "custody": 2,
    }
    assert (_reads(old, "n-triage"), _reads(new, "n-triage")) == (False, True)


def test_key_that_nobody_would_hold_is_not_put_in_force(folder: Path) -> None:
    _leave("office-supervisor")

    with pytest.raises(Invalid, match="更新后无人持有"):
        renew_with_root(opened_root(folder), due=root_alone_renews(organ_tree()), people=[], now=FOUNDED)

    assert _generation(DISCIPLINE, "oversight") == 1


def test_root_renews_one_organ_only_when_told(folder: Path) -> None:
    _leave("top-supervisor", "office-supervisor")
    arrive("successor", PROVINCE, "supervisor")

    due = root_alone_renews(organ_tree(), [PROVINCE])
    renew_with_root(opened_root(folder), due=due, people=_at_the_door("successor"), now=FOUNDED)

    assert root_alone_renews(organ_tree()) == [DueKey(DISCIPLINE, "oversight", "left")]


def test_person_of_an_organ_below_is_not_the_roots_to_let_in(folder: Path) -> None:
    arrive("below", CITY, "supervisor")
    person = at_the_door(organ_tree(), [CITY])

    with pytest.raises(Invalid, match="由其上级院放行"):
        renew_with_root(opened_root(folder), due=[], people=person, now=FOUNDED)


def test_root_opens_no_report(folder: Path) -> None:
    report = Report.objects.get(pk=file_tip(organ=PROVINCE, subjects=()).report)

    assert open_original(report, Keyring(opened_root(folder).key)) is None


# --- a new card ----------------------------------------------------------------------------------------


def test_replaced_card_opens_with_the_others_and_the_old_one_no_more(folder: Path, tmp_path: Path) -> None:
    old = [
        cards.open_card(cards.read_card(cards.card_file(folder, n)), CARD_PHRASES[n - 1]) for n in (1, 2, 3)
    ]

    path = replace_card(
        opened_root(folder, 2, 3),
        number=1,
        passphrase="甲持有人换过的另外一句话",
        folder=tmp_path / "new",
        now=FOUNDED,
    )

    card = cards.read_card(path)
    new = cards.open_card(card, "甲持有人换过的另外一句话")
    root = open_root(old[1], old[2])
    assert (card.number, card.generation) == (1, 2)
    assert open_root(new, old[1]) == open_root(new, old[2]) == root
    for other in (old[1], old[2]):
        with pytest.raises(CardRefused, match="1 号卡片已被新卡取代"):
            open_root(old[0], other)
    assert RootShare.objects.filter(outer__generation=1, inner__generation=1).count() == 1
    (entry,) = AuditEntry.objects.filter(action="card_replaced")
    assert entry.detail == {"card": 1, "generation": 2, "cards": "2,3"}


def test_replaced_card_may_be_one_of_the_two_present(folder: Path, tmp_path: Path) -> None:
    replace_card(
        opened_root(folder, 1, 2), number=1, passphrase="甲持有人换过的另外一句话", folder=tmp_path / "new"
    )

    assert VaultKey.objects.get(owner="keyholder:1", superseded_at=None).generation == 2


def test_replacing_that_fails_leaves_cards_and_shares(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_kwargs: object) -> None:
        raise RuntimeError

    before = list(RootShare.objects.order_by("pk").values_list("pk", flat=True))
    root = opened_root(folder)
    monkeypatch.setattr("portal.accounts.root_acts.record", fail)

    with pytest.raises(RuntimeError):
        replace_card(root, number=3, passphrase="丙持有人换过的另外一句话", folder=tmp_path / "new")

    assert list((tmp_path / "new").iterdir()) == []
    assert list(RootShare.objects.order_by("pk").values_list("pk", flat=True)) == before
    assert opened_root(folder, 1, 3).key == root.key


def test_replacing_over_a_card_file_is_refused(folder: Path) -> None:
    with pytest.raises(CardRefused, match="已经存在"):
        replace_card(opened_root(folder), number=1, passphrase="甲持有人换过的另外一句话", folder=folder)
