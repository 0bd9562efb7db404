"""The demo's past: made once, by the demo staff's own keys, through the same actions as everybody's."""

import time
from collections import Counter

import pytest

from moderation.desk.demo import add_demo, demo_actor
from moderation.desk.demo_letters import LETTERS
from moderation.forum.models import Attendee, Forum, Utterance
from moderation.ledger.models import Lead
from moderation.triage.models import State, TriageItem
from portal.audit.queries import verify_all
from portal.common.clock import local_date, now
from portal.common.errors import NotReady
from portal.intake.models import Report
from tests.moderation.ledger.browser import browser
from tests.people import CITY, COUNTY, DISCIPLINE, PROVINCE

pytestmark = pytest.mark.django_db


def test_demo_twice_adds_nothing(house: None) -> None:
    first = add_demo()
    tables = (Report, TriageItem, Lead, Forum, Attendee, Utterance)
    before = [table.objects.count() for table in tables]

    second = add_demo()

    assert (len(first), second) == (1, [])
    assert [table.objects.count() for table in tables] == before
    assert before == [len(LETTERS) + 3, len(LETTERS) + 3, 2, 1, 3, 3]


def test_demo_is_quick(house: None) -> None:
    start = time.perf_counter()

    add_demo()

    assert time.perf_counter() - start < 5


def test_demo_shows_every_queue_something_and_most_states(house: None) -> None:
    add_demo()

    held = Counter(Report.objects.values_list("holder_id", flat=True))
    states = set(TriageItem.objects.values_list("state", flat=True))
    assert held == {CITY: 17, COUNTY: 2, PROVINCE: 3, DISCIPLINE: 1}
    assert states == {State.OPEN, State.WAITING, State.VOID_PROPOSED, State.DECIDED}


def test_demo_has_something_urgent_something_claimed_and_something_overdue_or_due(house: None) -> None:
    add_demo()

    rows = TriageItem.objects.filter(holder=CITY)
    assert rows.filter(urgent=True).count() == 2
    assert rows.filter(claimed_until__gt=now()).count() == 1
    assert rows.filter(merged_into__isnull=False).count() == 1
    assert rows.filter(due__lte=local_date(now())).exists()


def test_demo_lies_in_the_past_and_leaves_whole_chains(house: None) -> None:
    add_demo()

    assert Report.objects.filter(received_at__gt=now()).count() == 0
    assert verify_all()[1] == []


def test_demo_pages_open(house: None) -> None:
    add_demo()
    client = browser("triager")

    codes = {
        client.get(f"/desk/queue/{pk}/").status_code
        for pk in TriageItem.objects.filter(holder=CITY).values_list("pk", flat=True)
    }

    assert codes == {200}


def test_demo_actor_needs_a_demo_house(house: None) -> None:
    assert demo_actor("triager").staff.username == "triager"
    with pytest.raises(NotReady):
        demo_actor("nobody")
