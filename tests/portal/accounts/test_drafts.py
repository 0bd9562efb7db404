"""What was typed and not sent: sealed to its writer, for one page, gone once it is sent."""

import datetime as dt
import json
import uuid
from html import unescape

import pytest
from django.core.management import call_command
from django.test import Client

from moderation.forum.models import Forum
from portal.accounts.drafts import MOST, Entry, Typed, drafts_on, keep_draft, writing
from portal.accounts.models import Draft, Staff
from portal.common.clock import now
from portal.common.errors import Invalid, NotFound, TooLarge
from portal.vault.models import Envelope, SealedItem
from tests.moderation.forum.events import hold_forum
from tests.moderation.ledger.browser import browser
from tests.people import People
from tests.portal.accounts.desk_window import SIGN_IN, away, marker, save, unlock
from tests.rest import read

pytestmark = pytest.mark.django_db
NEW_FORUM = "/desk/forums/new/"
LOG = "/desk/log/"
WORDS = "三楼的会议室，\n请郑代表先发言。"


def _typed(page: str = NEW_FORUM, text: str = WORDS, draft_id: uuid.UUID | None = None) -> Typed:
    return Typed(draft_id or uuid.uuid4(), page, "event", (Entry("name", "活动名称", text),))


def _texts(people: People, page: str = NEW_FORUM) -> list[str]:
    return [entry.text for draft in drafts_on(people.clerk, page) for entry in draft.typed.entries]


def _event(**changes: str) -> dict[str, str]:
    return {"kind": "forum", "name": WORDS, "held_on": "2026-03-02", **changes}


# --- a form sent in a locked session ---------------------------------------------------------------------


def test_form_sent_in_a_locked_session_waits_behind_the_passphrase(people: People) -> None:
    client = browser("clerk")
    slot = marker(client.get(NEW_FORUM), "event")
    away()

    sent = client.post(NEW_FORUM, {**_event(place="三楼"), "draft": slot})
    told = client.get(sent["Location"]).content.decode()
    back = unlock(client, "clerk", f"{NEW_FORUM}?draft={json.loads(slot)['id']}")
    page = unescape(client.get(back["Location"]).content.decode())

    assert sent["Location"].startswith(f"{SIGN_IN}?next=%2Fdesk%2Fforums%2Fnew%2F%3Fdraft%3D")
    assert "您刚才写的内容没有丢" in told
    assert (Forum.objects.count(), _texts(people)) == (0, [WORDS, "三楼"])
    assert 'value="三楼"' in page
    assert "已恢复您" in page


def test_form_sent_in_a_locked_session_keeps_typed_text_and_nothing_else(people: People) -> None:
    client = browser("clerk")
    page = client.get(LOG)
    slot = marker(page, "log")
    away()

    client.post(
        LOG,
        {
            "draft": slot,
            "csrfmiddlewaretoken": "x" * 64,
            "token": "ab" * 16,
            "channel": "call",
            "kind": "tip",
            "title": "标题",
            "content": "正文",
            "name": "李某",
        },
    )

    (draft,) = drafts_on(people.clerk, LOG)
    assert {entry.label: entry.text for entry in draft.typed.entries} == {
        "标题": "标题",
        "内容": "正文",
        "姓名": "李某",
    }


def test_form_sent_when_nobody_is_known_any_more_is_given_back(house: None) -> None:
    client = browser("clerk")
    slot = marker(client.get(NEW_FORUM), "event")
    client.post("/desk/sign-out/")

    answer = client.post(NEW_FORUM, {**_event(), "draft": slot})

    assert answer.status_code == 401
    assert f">{WORDS}</textarea>" in answer.content.decode()
    assert Draft.objects.count() == 0


def test_form_without_words_just_leads_to_the_passphrase_and_back(house: None) -> None:
    client = browser("clerk")
    slot = marker(client.get(NEW_FORUM), "event")
    away()

    empty = client.post(NEW_FORUM, {"draft": slot, "name": "  "})
    unmarked = client.post("/desk/grants/", {}, headers={"Referer": "http://testserver/desk/grants/?x=1"})

    assert empty["Location"] == f"{SIGN_IN}?next=%2Fdesk%2Fforums%2Fnew%2F"
    assert unmarked["Location"] == f"{SIGN_IN}?next=%2Fdesk%2Fgrants%2F"
    assert Draft.objects.count() == 0


def test_form_too_long_for_a_draft_is_given_back(house: None) -> None:
    client = browser("clerk")
    slot = marker(client.get(NEW_FORUM), "event")
    away()

    answer = client.post(NEW_FORUM, {**_event(name="a" * 60_001), "draft": slot})

    assert (answer.status_code, "内容超过 60000 个字" in answer.content.decode()) == (401, True)
    assert "a" * 60_001 in answer.content.decode()


def test_form_of_a_swapped_session_row_is_sealed_to_nobody(people: People) -> None:
    """Whoever writes the database puts another person's name, or key, into the locked session."""
    client = browser("clerk")
    slot = marker(client.get(NEW_FORUM), "event")
    away()
    client.get("/desk/")
    session = client.session
    session["staff"] = str(people.leader.staff.pk)
    session.save()
    row = people.clerk.staff.sessions.get()
    row.staff, row.key_id = people.leader.staff, people.leader.keyring.personal.id
    row.save()

    answer = client.post(NEW_FORUM, {**_event(), "draft": slot})

    assert (answer.status_code, Draft.objects.count()) == (401, 0)


# --- saved while it is typed --------------------------------------------------------------------------------


def test_saving_keeps_and_replaces_the_words_of_one_form(people: People) -> None:
    client = browser("clerk")
    slot = marker(client.get(NEW_FORUM), "event")

    first = save(client, slot, name="第一句")
    second = save(client, slot, name="第一句，第二句", place="三楼")

    assert [read(one)["locked"] for one in (first, second)] == [False, False]
    assert _texts(people) == ["第一句，第二句", "三楼"]
    assert Draft.objects.count() == SealedItem.objects.filter(purpose="draft").count() == 1


def test_saving_keeps_a_long_writer_signed_in(house: None) -> None:
    client = browser("clerk")
    slot = marker(client.get(NEW_FORUM), "event")
    for _ in range(3):
        away(14)
        save(client, slot, name=WORDS)

    assert client.get(NEW_FORUM).status_code == 200


def test_saving_in_a_locked_session_still_keeps_and_says_so(people: People) -> None:
    client = browser("clerk")
    slot = marker(client.get(NEW_FORUM), "event")
    away()

    answer = save(client, slot, name=WORDS)

    assert (answer.status_code, read(answer)["locked"], _texts(people)) == (200, True, [WORDS])
    assert client.get("/desk/").status_code == 302


def test_saving_nothing_leaves_no_draft(house: None) -> None:
    client = browser("clerk")
    slot = marker(client.get(NEW_FORUM), "event")
    save(client, slot, name=WORDS)

    answer = save(client, slot, name=" ")

    assert (
        read(answer)["saved"],
        Draft.objects.count(),
        SealedItem.objects.filter(purpose="draft").count(),
    ) == (
        None,
        0,
        0,
    )


def test_saving_without_a_session_is_refused_as_json(house: None) -> None:
    answer = save(Client(), "{}", name=WORDS)

    assert (answer.status_code, read(answer)["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize(
    "slot",
    [
        "",
        "null",
        "[]",
        "{",
        '{"id":"x","page":"/desk/","form":"event","fields":[]}',
        json.dumps(
            {"id": str(uuid.uuid4()), "page": "/report/", "form": "event", "fields": [["name", "", 0]]}
        ),
        json.dumps(
            {"id": str(uuid.uuid4()), "page": "/desk/no/", "form": "event", "fields": [["name", "", 0]]}
        ),
        json.dumps(
            {"id": str(uuid.uuid4()), "page": "/desk/", "form": "x", "fields": [["name", "", 0]] * 41}
        ),
        "[" * 100_000,
    ],
)
def test_saving_what_is_no_form_of_a_page_is_refused(house: None, slot: str) -> None:
    answer = save(browser("clerk"), slot, name=WORDS)

    assert (answer.status_code, read(answer)["code"], Draft.objects.count()) == (400, "invalid", 0)


def test_saving_over_somebody_elses_draft_is_refused(people: People) -> None:
    typed = _typed()
    keep_draft(writer=writing(people.clerk), typed=typed)

    with pytest.raises(NotFound):
        keep_draft(writer=writing(people.leader), typed=_typed(text="别人的", draft_id=typed.id))

    assert _texts(people) == [WORDS]


def test_saving_too_much_or_too_many_is_refused(people: People) -> None:
    writer = writing(people.clerk)
    for _ in range(MOST):
        keep_draft(writer=writer, typed=_typed())

    with pytest.raises(TooLarge):
        keep_draft(writer=writer, typed=_typed(text="字" * 60_001))
    with pytest.raises(Invalid):
        keep_draft(writer=writer, typed=_typed())

    assert Draft.objects.count() == MOST


# --- offered, restored, gone --------------------------------------------------------------------------------


def test_draft_is_offered_before_it_is_put_back(people: People) -> None:
    typed = _typed()
    keep_draft(writer=writing(people.clerk), typed=typed)
    client = browser("clerk")

    offered = unescape(client.get(NEW_FORUM).content.decode())
    restored = unescape(client.get(f"{NEW_FORUM}?draft={typed.id}").content.decode())

    assert f"?draft={typed.id}" in offered
    assert f">{WORDS}</textarea>" in offered
    assert f'value="{WORDS}"' in restored
    assert ("没有提交的草稿" in offered, "没有提交的草稿" in restored) == (True, False)


def test_draft_goes_when_its_form_is_taken_and_not_before(people: People) -> None:
    typed = _typed()
    keep_draft(writer=writing(people.clerk), typed=typed)
    client = browser("clerk")
    slot = marker(client.get(f"{NEW_FORUM}?draft={typed.id}"), "event")

    refused = client.post(NEW_FORUM, {**_event(held_on="never"), "draft": slot})
    after_refusal = Draft.objects.count()
    same_slot = json.loads(marker(refused, "event"))["id"] == json.loads(slot)["id"]
    taken = client.post(NEW_FORUM, {**_event(), "draft": slot})

    assert (refused.status_code, after_refusal, same_slot) == (400, 1, True)
    assert (taken.status_code, Draft.objects.count(), Forum.objects.count()) == (302, 0, 1)


def test_draft_of_another_form_of_the_page_stays(people: People) -> None:
    forum = hold_forum(people.clerk)
    page = f"/desk/forums/{forum.id}/"
    client = browser("clerk")
    shown = client.get(page)
    save(client, marker(shown, "attendee"), **{"attendee-delegation": "成都代表团"})
    said = marker(shown, "utterance")
    save(client, said, **{"utterance-content": "建议增设老花镜。"})

    client.post(
        f"{page}utterances/", {"utterance-kind": "suggestion", "utterance-content": "x", "draft": said}
    )

    assert _texts(people, page) == ["成都代表团"]


def test_draft_is_discarded_by_its_owner_only(people: People) -> None:
    typed = _typed()
    keep_draft(writer=writing(people.clerk), typed=typed)
    path = f"/desk/drafts/{typed.id}/discard/"

    colleague = browser("leader").post(path)
    owner = browser("clerk").post(path)

    assert (colleague.status_code, owner["Location"], Draft.objects.count()) == (404, NEW_FORUM, 0)


def test_draft_is_opened_by_its_owner_only(people: People) -> None:
    keep_draft(writer=writing(people.clerk), typed=_typed())
    Draft.objects.update(staff=people.leader.staff)

    assert (drafts_on(people.leader, NEW_FORUM), drafts_on(people.clerk, NEW_FORUM)) == ([], [])


def test_draft_moved_to_another_page_stays_shut(people: People) -> None:
    keep_draft(writer=writing(people.clerk), typed=_typed())
    Draft.objects.update(page=LOG)

    assert drafts_on(people.clerk, LOG) == []


def test_drafts_expire_after_72_hours_and_with_the_account(people: People) -> None:
    hours = (73, 71, 1)
    for age in hours:
        keep_draft(writer=writing(people.clerk), typed=_typed(), now=now() - dt.timedelta(hours=age))
    keep_draft(writer=writing(people.handler), typed=_typed())
    Staff.objects.filter(username="handler").update(active=False)

    call_command("housekeeping")

    ages = [round((now() - draft.at) / dt.timedelta(hours=1)) for draft in Draft.objects.order_by("at")]
    assert ages == [71, 1]
    assert SealedItem.objects.filter(purpose="draft").count() == 2
    assert Envelope.objects.filter(item__purpose="draft").count() == 2


def test_nothing_typed_is_clear_in_the_database(people: People) -> None:
    keep_draft(writer=writing(people.clerk), typed=_typed(text="canary-三楼会议室"))

    rows = [*Draft.objects.values(), *SealedItem.objects.values(), *Envelope.objects.values()]
    values = [value for row in rows for value in row.values()]
    raw = b"".join(bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode() for one in values)
    assert (b"canary" in raw, "三楼".encode() in raw) == (False, False)
