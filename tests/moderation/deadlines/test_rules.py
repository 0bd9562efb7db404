"""Loading the rules, and finding the one in force."""

import datetime as dt
from pathlib import Path

import pytest

from moderation.deadlines.actions import REPLIES
from moderation.deadlines.models import Rule
from moderation.deadlines.queries import rules_on
from moderation.deadlines.reference import RULES, load_rules
from portal.common.clock import BEIJING
from portal.common.errors import NotReady

NOW = dt.datetime(2026, 4, 1, 9, 0, tzinfo=BEIJING)
DAY = NOW.date()


@pytest.mark.usefixtures("house")
def test_rules_of_article_163_are_seven_days_and_three_months() -> None:
    rules = rules_on(DAY, *REPLIES)

    assert [(rule.code, rule.length, rule.unit) for rule in rules] == [
        ("procedural_reply", 7, "day"),
        ("substantive_reply", 3, "month"),
    ]
    assert {rule.article for rule in rules} == {"人民检察院刑事诉讼规则 第一百六十三条"}


@pytest.mark.usefixtures("house")
def test_loading_again_changes_nothing() -> None:
    assert load_rules(now=NOW) == []
    assert Rule.objects.count() == 2


@pytest.mark.django_db
def test_loading_into_an_empty_table_says_what_was_added() -> None:
    Rule.objects.all().delete()

    lines = load_rules(now=NOW)

    assert lines == [
        "added deadline rule procedural_reply/1: 程序性回复",
        "added deadline rule substantive_reply/1: 办理情况答复",
    ]


@pytest.mark.usefixtures("house")
def test_a_changed_file_changes_the_row_and_says_which_fields(tmp_path: Path) -> None:
    changed = tmp_path / "rules.toml"
    changed.write_text(RULES.read_text(encoding="utf-8").replace('unit = "day"', 'unit = "workday"'), "utf-8")

    lines = load_rules(now=NOW, path=changed)

    assert lines == ["changed deadline rule procedural_reply/1: unit"]


@pytest.mark.usefixtures("house")
def test_the_newest_version_in_force_on_the_day_is_used() -> None:
    old = Rule.objects.get(code="procedural_reply")
    Rule.objects.filter(pk=old.pk).update(valid_to=DAY)
    old.pk, old.version, old.length, old.valid_from = None, 2, 5, DAY + dt.timedelta(days=1)
    old.save()

    assert rules_on(DAY, "procedural_reply")[0].length == 7
    assert rules_on(DAY + dt.timedelta(days=1), "procedural_reply")[0].length == 5


@pytest.mark.usefixtures("house")
def test_without_rules_no_date_is_promised_and_nothing_taken() -> None:
    with pytest.raises(NotReady):
        rules_on(dt.date(2019, 1, 1), *REPLIES)
