"""The usual forum of the city, with one deputy, and something said there."""

import datetime as dt
import secrets
from typing import Any

from moderation.forum.actions import add_attendee, create_forum, log_utterance
from moderation.forum.models import Attendee, Forum
from portal.accounts.signed_in import SignedIn
from portal.common.clock import BEIJING
from portal.intake.actions import Receipt

MORNING = dt.datetime(2026, 3, 2, 9, 0, tzinfo=BEIJING)
HARMLESS = "建议在办事窗口增设老花镜。"
OWN_FAULT = "成都市人民检察院的一名处长常在茶楼会见当事人。"


def hold_forum(clerk: SignedIn, **changes: Any) -> Forum:
    """Set up the usual event; keywords change it."""
    event: dict[str, Any] = {
        "kind": "forum",
        "name": "代表委员座谈会",
        "held_on": dt.date(2026, 3, 2),
        "place": "三楼会议室",
        "chair": "周某",
        "now": MORNING,
    }
    return create_forum(actor=clerk, **{**event, **changes})


def invite(clerk: SignedIn, forum: Forum, **changes: Any) -> Attendee:
    """Note the usual attendee; keywords change them."""
    attendee: dict[str, Any] = {
        "name": "郑代表",
        "capacity": "congress_deputy",
        "level": "province",
        "delegation": "成都代表团",
        "now": MORNING,
    }
    return add_attendee(actor=clerk, forum_id=forum.id, **{**attendee, **changes})


def say(clerk: SignedIn, forum: Forum, *, minute: int = 0, **changes: Any) -> Receipt:
    """Log the usual remark so many minutes into the event; keywords change it."""
    remark: dict[str, Any] = {
        "nonce": secrets.token_bytes(16),
        "kind": "suggestion",
        "text": HARMLESS,
        "about_organ": False,
        "now": MORNING + dt.timedelta(minutes=minute),
    }
    return log_utterance(actor=clerk, forum_id=forum.id, **{**remark, **changes})
