"""Possible repeats: edited copies are found, others are not, and nobody sees what they may not."""

import datetime as dt
import random
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from moderation.triage.actions import merge, void
from moderation.triage.building import build
from moderation.triage.letters import letter_of
from moderation.triage.models import TriageItem
from moderation.triage.queries import item_detail
from moderation.triage.repeats import likely_repeats
from moderation.triage.search_words import shingles_of
from portal.accounts.signed_in import SignedIn
from portal.vault.index_key import IndexKey
from tests.moderation.ledger.browser import browser
from tests.moderation.triage.items import FILED, LATER, filed
from tests.moderation.triage.letters import edited, letter, written
from tests.moderation.triage.pages import INDEX_ASKED, url
from tests.people import People

LETTERS, COPIES = 1000, 100


def story(number: int) -> list[str]:
    return letter(random.Random(number))


def filed_story(number: int, words: list[str] | None = None) -> TriageItem:
    text = written(words or story(number))
    return filed(now=FILED + dt.timedelta(hours=number), title="反映问题", text=text, subjects=())


def alike(actor: SignedIn, item: TriageItem) -> list[UUID]:
    detail = item_detail(staff=actor.staff, keyring=actor.keyring, item_id=item.pk)
    assert letter_of(detail.content, detail.messages) is not None
    found = likely_repeats(actor.staff, actor.keyring, detail.item, detail.body)
    return [one.line.item.pk for one in found]


def copy_of(number: int, chance: int) -> list[str]:
    return edited(story(number), random.Random(chance))


def test_repeats_are_edited_copies_and_not_other_letters(people: People) -> None:
    first = filed_story(1)
    for number in range(2, 8):
        filed_story(number)
    build(actor=people.triager, now=LATER)
    copied = filed_story(9, copy_of(1, 77))

    assert alike(people.triager, copied) == [first.pk]
    assert alike(people.triager, first) == []  # the copy has not been opened yet
    build(actor=people.triager, now=LATER)
    assert alike(people.triager, first) == [copied.pk]


def test_repeats_stand_for_themselves_once_as_their_main_item(people: People) -> None:
    main, repeat = filed_story(1), filed_story(2, copy_of(1, 5))
    build(actor=people.triager, now=LATER)
    merge(actor=people.triager, item_id=repeat.pk, version=1, into=main.pk, now=LATER)
    third = filed_story(3, copy_of(1, 6))

    assert alike(people.triager, third) == [main.pk]
    assert alike(people.triager, main) == []
    assert alike(people.triager, repeat) == []


def test_repeats_leave_out_what_is_called_junk(people: People) -> None:
    junk, fresh = filed_story(1), filed_story(2, copy_of(1, 5))
    build(actor=people.triager, now=LATER)
    void(actor=people.moderator, item_id=junk.pk, version=1, reason="广告", now=LATER)

    assert alike(people.triager, fresh) == []


def test_repeats_lie_within_one_queue(people: People, outsider: SignedIn) -> None:
    text = written(story(1))
    ours = filed(now=FILED, title="反映问题", text=text, subjects=())
    theirs = filed(now=FILED, organ="510700", title="反映问题", text=text, subjects=())
    build(actor=people.triager, now=LATER)
    build(actor=outsider, now=LATER)

    assert alike(people.triager, ours) == []
    assert alike(people.supervisor_province, ours) == []
    assert alike(outsider, theirs) == []


@pytest.mark.parametrize("count", [1, 3])
def test_repeats_cost_the_same_for_one_and_for_three(
    count: int, people: People, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    item = filed_story(1)
    for chance in range(count):
        filed_story(2 + chance, copy_of(1, chance))
    build(actor=people.triager, now=LATER)
    actor = people.triager
    detail = item_detail(staff=actor.staff, keyring=actor.keyring, item_id=item.pk)

    with django_assert_num_queries(8 + INDEX_ASKED):
        # the organs' edition, near ones, the newest, their bands, main items, envelopes, messages
        assert len(likely_repeats(actor.staff, actor.keyring, detail.item, detail.body)) == count


def test_the_item_page_says_how_many_may_be_repeats_and_the_merge_page_offers_them(people: People) -> None:
    first, second = filed_story(1), filed_story(2, copy_of(1, 5))
    other = filed_story(3)
    client = browser("triager")
    assert "可能重复" not in client.get(url(first)).content.decode()

    page = client.get(url(second)).content.decode()
    offered = client.get(url(second, "merge")).content.decode()

    assert "可能重复：1 件" in page
    assert offered.index(f'value="{first.pk}"') < offered.index(f'value="{other.pk}"')
    assert offered.count(f'value="{first.pk}"') == 1


def test_repeats_among_a_thousand_letters_are_found_with_few_others() -> None:
    """The index alone, without opening: 95 of 100 edited copies, and at most one stranger for each."""
    key = IndexKey(UUID(int=1), 1, b"\x05" * 32)
    bands = [key.bands(shingles_of(written(story(number)))) for number in range(LETTERS)]
    found, strangers = 0, 0

    for number in range(COPIES):
        copied = key.bands(shingles_of(written(copy_of(number, number + 5000))))
        near = {at for at, theirs in enumerate(bands) if theirs & copied}
        found += number in near
        strangers += len(near - {number})

    print(f"{found} of {COPIES} copies found; {strangers / COPIES:.2f} strangers each among {LETTERS}")
    assert found >= 0.95 * COPIES
    assert strangers <= COPIES
