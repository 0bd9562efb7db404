"""Drafts about a report go where it goes: out of everybody's reach here."""

import uuid
from collections.abc import Callable

import pytest

from moderation.triage.actions import lift, refer
from moderation.triage.models import TriageItem
from portal.accounts.drafts import Entry, Typed, drafts_on, keep_draft, writing
from portal.accounts.models import Draft
from portal.accounts.signed_in import SignedIn
from portal.common.errors import NotFound
from portal.intake.content import Subject
from portal.intake.thread_actions import add_message
from portal.vault.models import SealedItem
from tests.moderation.ledger.browser import browser
from tests.moderation.triage.items import filed, item_of
from tests.moderation.triage.pages import fresh, send, url
from tests.moderation.triage.test_races import together
from tests.people import CITY, PROVINCE, People, file_tip, signed_in
from tests.portal.accounts.desk_window import away, marker, save, unlock
from tests.rest import read

pytestmark = pytest.mark.django_db
REPLY = "您反映的情况已收到，\n正在核查。"
CITY_LEADER = Subject(name="钱某", organ=CITY, post="副检察长")


def _typed(item: TriageItem, text: str = REPLY) -> Typed:
    return Typed(uuid.uuid4(), url(item), "reply", (Entry("text", "答复内容", text),))


def _keep(actor: SignedIn, item: TriageItem) -> None:
    keep_draft(writer=writing(actor), typed=_typed(item))


def _nothing_left() -> bool:
    return not Draft.objects.exists() and not SealedItem.objects.filter(purpose="draft").exists()


@pytest.mark.parametrize(
    ("act", "field", "form"),
    [
        ("reply", "text", "reply"),
        ("ask", "text", "ask"),
        ("decide", "note", "decide"),
        ("void", "reason", "void"),
        ("refer", "organ", "refer"),
        ("lift", "subject_0_name", "lift"),
    ],
)
def test_words_of_every_act_survive_the_lock(people: People, act: str, field: str, form: str) -> None:
    item, client = fresh(), browser("triager")
    slot = marker(client.get(url(item)), form)
    away()

    sent = send(client, item, act, **{field: REPLY, "draft": slot})
    back = unlock(client, "triager", f"{url(item)}?draft={drafts_on(people.triager, url(item))[0].typed.id}")
    page = client.get(back["Location"]).content.decode()

    assert sent.status_code == 302
    assert TriageItem.objects.get(pk=item.pk).version == item.version
    assert REPLY in page
    assert "已恢复您" in page


def test_reply_that_is_sent_takes_its_draft_along(house: None) -> None:
    item, client = fresh(), browser("triager")
    slot = marker(client.get(url(item)), "reply")
    save(client, slot, text=REPLY)

    stale = client.post(url(item, "reply"), {"version": 99, "text": REPLY, "draft": slot})
    after_refusal = Draft.objects.count()
    sent = send(client, item, "reply", text=REPLY, draft=slot)

    assert (stale.status_code, after_refusal, sent.status_code) == (409, 1, 302)
    assert _nothing_left()


def test_draft_of_an_older_version_is_still_offered(people: People) -> None:
    item = fresh()
    _keep(people.triager, item)
    send(browser("triager2"), item, "reply", text="同事的答复", final="on")

    page = browser("triager").get(url(item)).content.decode()

    assert "没有提交的草稿" in page
    assert f">{REPLY}</textarea>" in page


def test_draft_whose_act_is_no_longer_possible_is_shown_to_be_copied(people: People) -> None:
    item = fresh()
    typed = Typed(uuid.uuid4(), url(item), "ask", (Entry("text", "请来件人补充什么", REPLY),))
    keep_draft(writer=writing(people.triager), typed=typed)
    send(browser("triager2"), item, "ask", text="请补充时间。")

    page = browser("triager").get(url(item)).content.decode()

    assert (f">{REPLY}</textarea>" in page, "放回表单" in page) == (True, False)


def test_lifting_leaves_no_draft_of_anybody(people: People) -> None:
    item, other = filed(), filed(title="另一件")
    for person in (people.triager, people.leader, people.supervisor_province):
        _keep(person, item)
    _keep(people.triager, other)

    lift(actor=people.triager, item_id=item.pk, version=item.version, subjects=(CITY_LEADER,))

    assert list(Draft.objects.values_list("about", flat=True)) == [other.pk]
    assert SealedItem.objects.filter(purpose="draft").count() == 1


def test_referring_leaves_no_draft_either(people: People) -> None:
    item = filed(kind="suggestion", title="建议增加窗口", text="希望周六也能接待。", subjects=(), place="")
    _keep(people.triager, item)

    refer(actor=people.triager, item_id=item.pk, version=item.version, organ="510700")

    assert _nothing_left()


def test_follow_up_that_moves_the_report_up_leaves_no_draft(people: People) -> None:
    receipt = file_tip()
    _keep(people.triager, item_of(receipt))

    add_message(receipt=receipt.number, text="成都市人民检察院的张某也参与了。")

    assert item_of(receipt).holder_id == PROVINCE
    assert _nothing_left()


def test_follow_up_that_moves_nothing_leaves_drafts_alone(people: People) -> None:
    receipt = file_tip()
    _keep(people.triager, item_of(receipt))

    add_message(receipt=receipt.number, text="当时还有录音。")

    assert Draft.objects.count() == 1


@pytest.mark.parametrize("locked", [False, True])
def test_window_still_open_on_a_lifted_item_saves_nothing(people: People, locked: bool) -> None:
    item, client = fresh(), browser("triager")
    page = client.get(url(item))
    lift(actor=people.leader, item_id=item.pk, version=item.version, subjects=(CITY_LEADER,))
    if locked:
        away()

    saved = save(client, marker(page, "reply"), text=REPLY)
    sent = client.post(url(item, "reply"), {"version": 1, "text": REPLY, "draft": marker(page, "reply")})

    assert (saved.status_code, read(saved)["code"], sent.status_code) == (
        404,
        "not_found",
        401 if locked else 404,
    )
    assert f"{REPLY}</textarea>" in sent.content.decode()
    assert _nothing_left()


def test_draft_about_what_one_never_saw_is_refused_like_one_about_nothing(people: People) -> None:
    item = filed()
    nothing = TriageItem(pk=uuid.uuid4())

    for unseen in (item, nothing):
        with pytest.raises(NotFound):
            keep_draft(writer=writing(people.triager_county), typed=_typed(unseen))

    assert _nothing_left()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_lift_and_saving_at_the_same_moment_leave_no_draft() -> None:
    receipts = [file_tip(title=f"第{number}件") for number in range(4)]
    typist, lifter = signed_in("triager"), signed_in("leader")

    def type_on(number: int) -> None:
        for _ in range(5):
            _keep(typist, item_of(receipts[number]))

    def lift_it(number: int) -> None:
        item = item_of(receipts[number])
        lift(actor=lifter, item_id=item.pk, version=item.version, subjects=(CITY_LEADER,))

    parts: tuple[Callable[[int], object], ...] = (type_on, lift_it)
    _, lifted = together(*parts)

    assert lifted == ["done"] * 4
    assert _nothing_left()
