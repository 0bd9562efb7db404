"""The dialogues of `vault ceremony`, `vault renew` and `vault replace-card`, word by word."""

from pathlib import Path

import pytest
from django.core.management import CommandError
from pytest_django import Settings

from portal.accounts.actions import close_account
from portal.accounts.models import Staff
from portal.accounts.top_people import at_the_door
from portal.management.keys.ceremony import hold_ceremony, on_paper
from portal.management.keys.root import change_card, renew
from portal.organs.queries import organ_tree
from portal.vault import cards
from portal.vault.models import VaultKey
from portal.vault.pin import pin_file
from tests.people import FOUNDED, PROVINCE
from tests.real_house import CARD_PHRASES, arrive, founded, signed_in, staffed

WRONG = "0000 0000 0000 0000 0000 0000"
pytestmark = pytest.mark.usefixtures("bare_house")


class Room:
    """The people before the terminal: what they answer, by the words of the question."""

    def __init__(self, *, word: str = "同意", **fingerprints: str) -> None:
        self.word = word
        self.said: list[str] = []
        self.shown = {one.staff.username: one.fingerprint for one in at_the_door(organ_tree())}
        self.shown |= {name.replace("_", "-"): typed for name, typed in fingerprints.items()}
        self._speaking = ""

    def say(self, text: str = "") -> None:
        """Somebody is called upon, or told something."""
        self.said.append(text)
        called = [name for name in self.shown if f"（{name}）" in text]
        self._speaking = called[0] if called else self._speaking

    def ask(self, question: str) -> str:
        """The fingerprint on their own page, or the word."""
        return self.shown[self._speaking] if "指纹" in question else self.word

    def ask_secret(self, question: str) -> str:
        """The keyholder's passphrase."""
        return CARD_PHRASES[int(question[0]) - 1]


def _nothing_made(folder: Path) -> bool:
    no_root = not VaultKey.objects.filter(purpose__in=("root", "keyholder", "triage")).exists()
    return no_root and not pin_file().exists() and list(folder.glob("*")) == []


def test_ceremony_tells_what_was_made_and_what_comes_next(tmp_path: Path) -> None:
    staffed()
    room = Room()

    hold_ceremony(room, folder=tmp_path / "cards")

    fingerprint = pin_file().read_text().strip()
    said = "\n".join(room.said)
    assert [line for line in on_paper(fingerprint) if line not in said] == []
    assert said.count("  一致：") == 6
    assert "没有配置系统外受理机关的公钥" in said
    assert "重启服务" in said
    assert [phrase for phrase in CARD_PHRASES if phrase in said] == []


def test_ceremony_three_wrong_fingerprints_end_it(tmp_path: Path) -> None:
    staffed()
    room = Room(top_triager=WRONG)

    with pytest.raises(CommandError, match="top-triager 的指纹三次不符"):
        hold_ceremony(room, folder=tmp_path / "cards")

    assert sum("不一致" in line for line in room.said) == 3
    assert _nothing_made(tmp_path / "cards")


def test_ceremony_without_somebody_who_is_needed_ends(tmp_path: Path) -> None:
    staffed()

    with pytest.raises(CommandError, match="四川省检察院缺审核员、分流员或负责人"):
        hold_ceremony(Room(top_triager=""), folder=tmp_path / "cards")

    assert _nothing_made(tmp_path / "cards")


def test_ceremony_leaves_out_who_is_absent_and_not_needed(tmp_path: Path) -> None:
    staffed()
    arrive("second-triager", PROVINCE, "triager")

    hold_ceremony(Room(second_triager=""), folder=tmp_path / "cards")

    assert signed_in("second-triager").waiting == {"triager"}
    assert signed_in("top-triager").waiting == frozenset()


def test_ceremony_that_is_not_agreed_to_ends(tmp_path: Path) -> None:
    staffed()

    with pytest.raises(CommandError, match="已中止"):
        hold_ceremony(Room(word="好"), folder=tmp_path / "cards")

    assert _nothing_made(tmp_path / "cards")


def test_ceremony_in_a_demo_is_refused(tmp_path: Path, settings: Settings) -> None:
    settings.YANLU_DEMO = True

    with pytest.raises(CommandError, match="演示系统"):
        hold_ceremony(Room(), folder=tmp_path / "cards")


def test_renew_with_nothing_to_do_asks_for_no_card(tmp_path: Path) -> None:
    staffed()
    founded(tmp_path)
    room = Room()

    renew(room, card_files=[])

    assert room.said == ["没有须由根密钥办理的事项。"]


def test_renew_names_what_is_due_and_who_was_let_in(tmp_path: Path) -> None:
    staffed()
    founded(tmp_path)
    gone = Staff.objects.get(username="top-custodian")
    close_account(actor=signed_in("sysadmin-510000"), staff=gone, now=FOUNDED)
    arrive("next-custodian", PROVINCE, "custodian")
    room = Room()
    files = [cards.card_file(tmp_path, number) for number in (3, 2)]

    renew(room, card_files=files, organ=PROVINCE, admit=["next-custodian"])

    assert (
        room.said[0] == "  四川省检察院的身份保管密钥：有人离岗，待更新；须由根密钥持有人办理（vault renew）"
    )
    assert "已更新 四川省检察院的身份保管密钥" in room.said
    assert "已放行 next-custodian（next-custodian）" in room.said
    assert signed_in("next-custodian").waiting == frozenset()


@pytest.mark.parametrize(
    ("organ", "admit", "words"),
    [
        ("", ["nobody"], "不能放行 nobody"),
        ("510000D", ["top-triager"], "top-triager 不是 510000D 的人员"),
        ("999999", [], "没有机关 999999"),
        ("", ["top-triager"], "须用两张卡片"),
    ],
)
def test_renew_bad_input_is_refused_by_name(tmp_path: Path, organ: str, admit: list[str], words: str) -> None:
    staffed()
    founded(tmp_path)

    with pytest.raises(CommandError, match=words):
        renew(Room(), card_files=[tmp_path / "a"], organ=organ, admit=admit)


def test_replace_card_says_what_the_old_one_still_opens(tmp_path: Path) -> None:
    staffed()
    founded(tmp_path)
    room = Room()
    files = [cards.card_file(tmp_path, number) for number in (1, 2)]

    change_card(room, number=2, card_files=files, folder=tmp_path / "new")

    assert room.said[0] == f"新卡片：{cards.card_file(tmp_path / 'new', 2)}"
    assert "旧卡连同其口令" in "".join(room.said)
    assert VaultKey.objects.get(owner="keyholder:2", superseded_at=None).generation == 2


def test_replace_card_with_one_card_twice_is_refused(tmp_path: Path) -> None:
    staffed()
    founded(tmp_path)
    files = [cards.card_file(tmp_path, 1)] * 2

    with pytest.raises(CommandError, match="同一位持有人"):
        change_card(Room(), number=2, card_files=files, folder=tmp_path / "new")
