"""Acting by form: what is offered is done, what is refused keeps the words, and repeats are merged."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from moderation.triage import actions
from moderation.triage.models import State, TriageItem
from moderation.triage.offers import offers
from moderation.triage.transitions import TRANSITIONS
from portal.common.clock import now
from portal.common.errors import Refusal
from portal.intake.content import Subject
from portal.intake.models import Message
from portal.intake.queries import open_messages
from portal.intake.thread_actions import add_message
from tests.moderation.ledger.browser import browser
from tests.moderation.triage.items import item_in
from tests.moderation.triage.pages import INDEX_ASKED, acts_on, fresh, send, url, without_token
from tests.people import PROVINCE, People, file_tip
from tests.portal.accounts.desk_window import marker

pytestmark = pytest.mark.django_db


_JUDGE = "ask claim decide lift merge refer reply void"
OFFERED: dict[str, dict[str, str]] = {
    # state: person: what the page offers them; nothing is claimed, the void was proposed by moderator2
    "held": {
        "moderator": "claim lift open void",
        "moderator2": "claim lift open void",
        "triager": "claim lift open void",
        "leader": "claim lift open void",
        "supervisor_province": "lift",
    },
    "open": {
        "moderator": "claim lift void",
        "moderator2": "claim lift void",
        "triager": _JUDGE,
        "leader": _JUDGE,
        "supervisor_province": "lift",
    },
    "waiting": {
        "moderator": "lift",
        "moderator2": "lift",
        "triager": "claim lift open",
        "leader": "claim lift open",
        "supervisor_province": "lift",
    },
    "void_proposed": {
        "moderator": "claim lift open void",
        "moderator2": "claim lift open",
        "triager": "claim lift open void",
        "leader": "claim lift open void",
        "supervisor_province": "lift",
    },
    "void": {
        "moderator": "lift open",
        "moderator2": "lift open",
        "triager": "lift open",
        "leader": "lift open",
        "supervisor_province": "lift",
    },
    "decided": {
        "moderator": "lift",
        "moderator2": "lift",
        "triager": "claim lift open reply",
        "leader": "claim lift open reply",
        "supervisor_province": "lift",
    },
}


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("person", ["moderator", "moderator2", "triager", "leader", "supervisor_province"])
def test_offered_acts_are_those_of_the_table(people: People, person: str, state: str) -> None:
    item, actor = item_in(state, people), getattr(people, person)

    offered = offers(actor=actor, item=item, readable=True, opened=True, repeats=0, now=now()).acts

    assert " ".join(sorted(offered)) == OFFERED[state][person]


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("person", ["moderator", "triager", "leader", "moderator2", "triager2"])
def test_every_offered_act_is_done(people: People, person: str, state: str) -> None:
    """Whatever state an item is in, the actions take what the page offers."""
    actor = getattr(people, person)
    given: dict[str, dict[str, Any]] = {
        "void": {"reason": "广告"},
        "decide": {"outcome": "complaints_dept"},
        "ask": {"text": "请补充时间。"},
        "reply": {"text": "正在办理。"},
        "refer": {"organ": PROVINCE},
        "lift": {"subjects": [Subject(name="张某", organ="510100")]},
    }
    doing = {**vars(actions), "open": actions.open_item}
    shown = item_in(state, people)
    offered = offers(actor=actor, item=shown, readable=True, opened=True, repeats=0, now=now()).acts

    for act in sorted(offered - {"merge"}):
        item = item_in(state, people)
        doing[act](actor=actor, item_id=item.pk, version=item.version, **given.get(act, {}))


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("person", ["moderator", "triager", "leader", "moderator2", "triager2"])
def test_every_act_that_is_not_offered_would_be_refused(people: People, person: str, state: str) -> None:
    actor, item = getattr(people, person), item_in(state, people)
    given: dict[str, dict[str, Any]] = {
        "decide": {"outcome": "complaints_dept"},
        "merge": {"into": uuid.uuid4()},
        "ask": {"text": "某"},
        "reply": {"text": "某"},
        "void": {"reason": "某"},
        "refer": {"organ": PROVINCE},
    }
    doing = {**vars(actions), "open": actions.open_item}
    harmless = {"take_over"}  # one's own claim, or nobody's, may be taken over; the page offers to claim it

    offered = offers(actor=actor, item=item, readable=True, opened=True, repeats=0, now=now()).acts

    for act in sorted(set(TRANSITIONS) - offered - harmless):
        with pytest.raises(Refusal):
            doing[act](actor=actor, item_id=item.pk, version=item.version, **given.get(act, {}))


def test_decide_by_form_makes_a_lead_and_links_to_it(house: None) -> None:
    item = fresh()
    client = browser("triager")

    answer = send(client, item, "decide", outcome="lead", note="可查。")
    page = client.get(answer["Location"]).content.decode()

    decided = TriageItem.objects.get(pk=item.pk)
    assert (decided.state, decided.outcome) == ("decided", "lead")
    assert f'href="/desk/leads/{decided.lead_id}/"' in page
    assert "可查。" in page


def test_decide_by_form_without_a_reason_keeps_what_was_typed(house: None) -> None:
    item = fresh()

    answer = send(browser("triager"), item, "decide", outcome="declined", note="我写的说明")
    page = answer.content.decode()

    assert (answer.status_code, TriageItem.objects.get(pk=item.pk).state) == (400, "open")
    assert "请选择不予受理的理由" in page
    assert "我写的说明</textarea>" in page
    assert 'name="outcome" value="declined" checked' in page


def test_decide_by_form_leaves_a_reason_behind_that_no_longer_counts(house: None) -> None:
    item = fresh()

    send(browser("triager"), item, "decide", outcome="complaints_dept", reason="N1")

    decided = TriageItem.objects.get(pk=item.pk)
    assert (decided.outcome, decided.reason) == ("complaints_dept", "")


def test_reply_by_form_reaches_the_thread(people: People) -> None:
    item = fresh()

    answer = send(browser("triager"), item, "reply", text="已经受理。\r\n请等待。", final="on")

    (entry,) = open_messages(item.report, people.triager.keyring)
    assert answer["Location"] == f"{url(item)}?done=reply"
    assert (entry.text, entry.final, entry.act) == ("已经受理。\n请等待。", True, Message.Act.REPLY)


def test_reply_page_shows_which_letter_is_answered(house: None) -> None:
    item = fresh(text="第一句。" + "很长" * 200)

    page = browser("triager").get(url(item)).content.decode()

    assert "您正在回的是这一件" in page
    assert "第一句。" + "很长" * 77 + "很…</p>" in page


def test_stale_form_tells_what_changed_and_keeps_the_text(people: People) -> None:
    item = fresh()
    client = browser("triager")
    before = item.version
    actions.reply(actor=people.triager2, item_id=item.pk, version=before, text="已收到。")

    answer = client.post(url(item, "reply"), {"version": before, "seen": 1, "text": "我的答复"})
    page = answer.content.decode()

    assert answer.status_code == 409
    assert "没有保存：这一件刚刚有了变化" in page
    assert "分流员 孔：答复来件人" in page
    assert "我的答复</textarea>" in page
    assert f'name="version" value="{before + 1}"' in page


def test_stale_form_whose_act_is_gone_gives_the_text_back(people: People) -> None:
    item = fresh()
    before = item.version
    actions.ask(actor=people.triager2, item_id=item.pk, version=before, text="请补充时间。")

    answer = browser("triager").post(url(item, "reply"), {"version": before, "seen": 1, "text": "我的答复"})
    page = answer.content.decode()

    assert answer.status_code == 409
    assert "您刚才写的" in page
    assert "readonly" in page
    assert "我的答复</textarea>" in page
    assert acts_on(page, item) == {"claim", "take_over", "open", "lift"} - {"take_over"}


def test_text_for_an_item_that_has_left_is_given_back_with_the_same_answer_as_for_none(
    people: People,
) -> None:
    item = fresh()
    before = item.version
    actions.refer(actor=people.triager2, item_id=item.pk, version=before, organ=PROVINCE)
    client = browser("triager")

    gone = client.post(url(item, "reply"), {"version": before, "text": "我的答复"})
    never = client.post(f"/desk/queue/{uuid.uuid4()}/reply/", {"version": before, "text": "我的答复"})

    assert (gone.status_code, never.status_code) == (404, 404)
    assert "我的答复</textarea>" in gone.content.decode()
    assert without_token(gone) == without_token(never)


def test_act_sent_after_the_session_ended_leads_back_to_the_item(house: None, client: Client) -> None:
    item = fresh()

    answer = client.post(url(item, "claim"), {"version": 1})

    assert answer["Location"] == f"/desk/sign-in/?next=%2Fdesk%2Fqueue%2F{item.pk}%2F"


def test_text_sent_after_the_session_ended_is_given_back(house: None, client: Client) -> None:
    item = fresh()
    slot = marker(browser("triager").get(url(item)), "reply")

    answer = client.post(url(item, "reply"), {"version": 1, "text": "我的答复", "draft": slot})

    assert (answer.status_code, "我的答复</textarea>" in answer.content.decode()) == (401, True)


def test_ask_a_second_time_is_not_offered_and_explained(people: People) -> None:
    item = fresh()
    item = actions.ask(actor=people.triager, item_id=item.pk, version=item.version, text="请补充时间。")
    item = actions.open_item(actor=people.triager, item_id=item.pk, version=item.version)

    page = browser("triager").get(url(item)).content.decode()

    assert "ask" not in acts_on(page, item)
    assert "已经要求补充过一次" in page


def test_void_takes_two_people_on_the_page_too(house: None) -> None:
    item = fresh()
    first, second = browser("moderator"), browser("moderator2")
    send(browser("triager"), item, "void", reason="")
    send(browser("triager"), item, "void", reason="广告")
    proposed = TriageItem.objects.get(pk=item.pk)

    own = acts_on(browser("triager").get(url(item)).content.decode(), item)
    theirs = acts_on(first.get(url(item)).content.decode(), item)
    send(second, item, "void")

    assert proposed.state == "void_proposed"
    assert ("void" in own, "void" in theirs) == (False, True)
    assert TriageItem.objects.get(pk=item.pk).state == "void"


def test_refer_by_name_goes_to_that_organ(house: None) -> None:
    item = fresh()

    answer = send(browser("triager"), item, "refer", organ="四川省检察院")

    assert answer["Location"] == "/desk/queue/?done=refer"
    assert TriageItem.objects.get(pk=item.pk).holder_id == PROVINCE


@pytest.mark.parametrize(
    ("typed", "told"),
    [("", "请填写检察院名称"), ("不存在的院", "没有找到这个检察院"), ("锦江", "您要的可能是：锦江区检察院")],
)
def test_refer_by_a_name_that_will_not_do_says_why(house: None, typed: str, told: str) -> None:
    item = fresh()

    page = send(browser("triager"), item, "refer", organ=typed).content.decode()

    assert told in page
    assert TriageItem.objects.get(pk=item.pk).holder_id == "510100"


def test_lift_by_form_seals_it_above(house: None) -> None:
    item = fresh()

    answer = send(
        browser("triager"), item, "lift", subject_0_name="张某", subject_0_organ_text="成都市人民检察院"
    )

    assert answer["Location"] == "/desk/queue/?done=lift"
    assert TriageItem.objects.get(pk=item.pk).holder_id == PROVINCE


def test_lift_by_form_without_anybody_here_says_so_and_keeps_the_name(house: None) -> None:
    item = fresh()

    answer = send(
        browser("triager"), item, "lift", subject_0_name="王某", subject_0_organ_text="锦江区检察院"
    )

    assert answer.status_code == 400
    assert 'value="王某"' in answer.content.decode()


def test_item_that_moved_up_by_itself_is_explained_and_carried_over(people: People) -> None:
    words = "该干警在茶楼收受当事人亲属现金"
    receipt = file_tip()
    add_message(receipt=receipt.number, text="补充：成都市检察院的一名处长也参与了。")
    item = TriageItem.objects.get(pk=receipt.report)
    triager, supervisor = browser("triager-province"), browser("supervisor-province")

    before = triager.get(url(item)).content.decode()
    acts = acts_on(before, item), acts_on(supervisor.get(url(item)).content.decode(), item)
    answer = send(supervisor, item, "lift", carry_over="1")
    after = triager.get(url(item)).content.decode()

    assert (item.holder_id, item.awaits_lift) == (PROVINCE, True)
    assert ("此前的内容还封存在原受理院" in before, words in before, words in after) == (True, False, True)
    assert acts == ({"claim"}, {"lift"})
    assert answer["Location"] == "/desk/queue/?done=carry_over"


# --- repeats ------------------------------------------------------------------------------------------


def test_merge_page_puts_the_likest_first_and_merges(house: None) -> None:
    main = fresh(title="茶楼收钱", text="在城东茶楼收受现金两万元。", now=now() - dt.timedelta(days=9))
    fresh(title="大厅中午没有人", text="建议中午留一个人值班。", kind="suggestion")
    item = fresh(title="反映收钱", text="领导您好：在城东茶楼收受现金两万元。")
    client = browser("triager")

    page = client.get(url(item, "merge")).content.decode()
    answer = send(client, item, "merge", into=str(main.pk))

    assert re.findall(r'name="into" value="([^"]+)"', page)[0] == str(main.pk)
    assert answer["Location"] == f"{url(item)}?done=merge"
    assert TriageItem.objects.get(pk=item.pk).merged_into_id == main.pk


def test_merge_page_without_a_choice_says_so(house: None) -> None:
    item, _ = fresh(), fresh()

    answer = send(browser("triager"), item, "merge")

    assert (answer.status_code, "请选择要并入的件" in answer.content.decode()) == (400, True)


@pytest.mark.parametrize("count", [1, 3])
def test_merge_page_query_count_is_constant(
    house: None, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    item = fresh()
    for number in range(count):
        fresh(title=f"第{number}件")
    client = browser("triager")
    client.get(url(item, "merge"))

    with django_assert_num_queries(26 + INDEX_ASKED):
        page = client.get(url(item, "merge")).content.decode()

    assert page.count('name="into"') == count
