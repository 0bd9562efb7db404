"""The demo's past: letters of the last days and what the demo staff did with them, through the same actions
as everybody's, with their own keys.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import transaction

from moderation.desk.demo_letters import JINJIANG, LETTERS, SAID
from moderation.forum.actions import add_attendee, create_forum, log_utterance
from moderation.forum.models import Attendee, Capacity, ForumKind, Level
from moderation.ledger.actions import register_lead
from moderation.ledger.models import SourceClass
from moderation.triage import actions
from moderation.triage.models import Outcome, Reason, TriageItem
from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn, acting, key_owner
from portal.common.clock import BEIJING, local_date
from portal.common.clock import now as present
from portal.common.errors import NotReady
from portal.identity.actions import approve_request, ask_for_identity, open_identity, return_identity
from portal.identity.models import IdentityRequest
from portal.intake.actions import Receipt, submit_report
from portal.intake.content import Subject
from portal.intake.models import Kind, Report
from portal.intake.thread_actions import add_message, rate
from portal.vault.keyring import Keyring, current_personal_key
from portal.vault.locks import open_personal_key
from portal.vault.receipts import NONCE_BYTES, secrets_from_nonce

RECEIVED = (
    "来件收悉，已经受理，由本院业务部门依法核查。下一次答复不晚于系统显示的日期；"
    "期间如有新的情况，可以凭回执补充。请妥善保管回执，不要告诉他人。"
)
COUNTER_ANSWER = (
    "您提的建议已经采纳。自下月起，检察服务大厅中午十二点至两点安排一人值班，接收材料并出具收据；"
    "需要当面咨询检察官的，可以拨打 12309 预约下午第一个时段。谢谢您。"
)
POLICE_ANSWER = (
    "您反映的是公安机关不立案。请先向该派出所的上一级公安机关申请复议；对复议结果仍不服的，"
    "可以凭书面决定到检察服务中心申请立案监督，也可以拨打 12309 咨询要带的材料。"
)
QUESTION = (
    "请补充：是哪个院、哪位工作人员；大概什么时间、什么事情；您是怎么知道的；有没有可以证明的材料或者人。"
)
WHY_IDENTITY = "实名举报，需要当面核对身份并告知办理情况。"
WHY_AGAIN = "来件人在电话里说有录音，需要核对是不是本人。"
MORE_ABOUT_CITY = "补充：我刚知道，刘某的领导、成都市检察院的一名处长打过招呼。"


@dataclass
class Stage:
    """The demo while it is being set up."""

    now: dt.datetime
    receipts: dict[str, Receipt] = field(default_factory=dict)
    actors: dict[str, SignedIn] = field(default_factory=dict)

    def actor(self, username: str) -> SignedIn:
        """A member of the demo staff; opening a key takes its time, so each is opened once."""
        if username not in self.actors:
            self.actors[username] = demo_actor(username)
        return self.actors[username]


Deed = Callable[[Stage, dt.datetime], None]
When = tuple[int, str] | int
"""So many days ago at a time of day, or so many minutes ago."""


def add_demo() -> list[str]:
    """Add the demo's letters and what became of them, all or nothing; a second time adds nothing."""
    if _already_there():
        return []
    stage = Stage(present())
    timed = sorted(((_moment(when, stage.now), deed) for when, deed in PAST), key=lambda one: one[0])
    with transaction.atomic():
        for moment, deed in timed:
            deed(stage, moment)
    return [f"演示来件：{len(stage.receipts)} 件，座谈会 1 场，移交线索 1 条"]


def demo_actor(username: str) -> SignedIn:
    """A member of the demo staff with their keys open. Raises `NotReady` where there is no demo house."""
    staff = Staff.objects.select_related("organ").filter(username=username).first()
    key = current_personal_key(key_owner(staff)) if staff else None
    if staff is None or key is None:
        raise NotReady
    return acting(staff, Keyring(open_personal_key(key, PASSPHRASE)))


def demo_nonce(name: str) -> bytes:
    """The one-time nonce of a demo letter: always the same."""
    return hashlib.sha256(f"yanlu-demo:{name}".encode()).digest()[:NONCE_BYTES]


def _already_there() -> bool:
    lookups = [one.lookup for name in LETTERS for one in secrets_from_nonce(demo_nonce(name))]
    return Report.objects.filter(lookup__in=lookups).exists()


def _moment(when: When, now: dt.datetime) -> dt.datetime:
    if isinstance(when, int):
        return now - dt.timedelta(minutes=when)
    days, clock = when
    day = local_date(now) - dt.timedelta(days=days)
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), tzinfo=BEIJING)


def _file(name: str) -> Deed:
    def deed(stage: Stage, at: dt.datetime) -> None:
        letter = LETTERS[name]
        stage.receipts[name] = submit_report(
            nonce=demo_nonce(name),
            kind=letter.kind,
            channel=letter.channel,
            organ=letter.organ,
            content=letter.content,
            identity=letter.identity,
            actor=stage.actor(letter.clerk).staff if letter.clerk else None,
            now=at,
        )

    return deed


def _act(name: str, username: str, act: Callable[..., TriageItem], **given: Any) -> Deed:
    def deed(stage: Stage, at: dt.datetime) -> None:
        item = TriageItem.objects.get(pk=stage.receipts[name].report)
        act(actor=stage.actor(username), item_id=item.pk, version=item.version, now=at, **given)

    return deed


def _merge(name: str, main: str) -> Deed:
    def deed(stage: Stage, at: dt.datetime) -> None:
        _act(name, "triager", actions.merge, into=stage.receipts[main].report)(stage, at)

    return deed


def _reporter(name: str, act: Callable[..., object], **given: Any) -> Deed:
    def deed(stage: Stage, at: dt.datetime) -> None:
        act(receipt=stage.receipts[name].number, now=at, **given)

    return deed


def _ask_who(name: str, username: str, reason: str) -> Deed:
    def deed(stage: Stage, at: dt.datetime) -> None:
        report = stage.receipts[name].report
        ask_for_identity(actor=stage.actor(username), report_id=report, reason=reason, now=at)

    return deed


def _on_request(name: str, username: str, act: Callable[..., object], **given: Any) -> Deed:
    def deed(stage: Stage, at: dt.datetime) -> None:
        request = IdentityRequest.objects.get(report=stage.receipts[name].report)
        act(actor=stage.actor(username), request_id=request.pk, now=at, **given)

    return deed


def _hand_over(stage: Stage, at: dt.datetime) -> None:
    register_lead(
        actor=stage.actor("triager"),
        source_class=SourceClass.CENTRAL_SUPERVISION_GROUP,
        title="一名干警配偶在辖区从事律师职业未报告",
        summary="督导组移交：该干警配偶在辖区某律师事务所执业，代理过该院办理的案件，本人未按规定报告。",
        subjects=[Subject(name="郑某", organ=JINJIANG, post="检察官")],
        received_on=local_date(at),
        now=at,
    )


def _forum(stage: Stage, at: dt.datetime) -> None:
    """An event with three people and what they said."""
    clerk = stage.actor("clerk")
    forum = create_forum(
        actor=clerk,
        kind=ForumKind.FORUM,
        name="“两代表一委员”征求意见座谈会",
        held_on=local_date(at),
        place="本院三楼会议室",
        chair="检察长",
        now=at,
    )
    people: list[Attendee] = []
    for name, capacity, level, unit in (
        ("演示代表甲", Capacity.CONGRESS_DEPUTY, Level.CITY, "锦江代表团"),
        ("演示委员乙", Capacity.CPPCC_MEMBER, Level.CITY, "教育界"),
        ("演示监督员丙", Capacity.PEOPLE_SUPERVISOR, "", "某社区"),
    ):
        attendee = add_attendee(
            actor=clerk,
            forum_id=forum.id,
            name=name,
            capacity=capacity,
            level=level,
            delegation=unit,
            now=at,
        )
        people.append(attendee)
    for number, (words, place) in enumerate(SAID):
        name = f"said_{number}"
        stage.receipts[name] = log_utterance(
            actor=clerk,
            forum_id=forum.id,
            nonce=demo_nonce(name),
            kind=Kind.SUGGESTION,
            text=words,
            about_organ=False,
            attendee_id=people[place - 1].id if place else None,
            now=at,
        )


_decide = partial(_act, act=actions.decide)
_reply = partial(_act, act=actions.reply)

PAST: tuple[tuple[When, Deed], ...] = (
    ((12, "20:41"), _file("tea_house")),
    ((11, "09:20"), _decide("tea_house", "triager", outcome=Outcome.LEAD, note="内容具体，有监控可查。")),
    ((11, "09:34"), _reply("tea_house", "triager", text=RECEIVED)),
    ((10, "09:10"), _ask_who("tea_house", "triager", WHY_IDENTITY)),
    ((10, "10:26"), _on_request("tea_house", "custodian", approve_request, days=3)),
    ((10, "10:41"), _on_request("tea_house", "triager", open_identity)),
    ((10, "11:30"), _on_request("tea_house", "triager", return_identity)),
    ((1, "15:20"), _ask_who("tea_house", "leader", WHY_AGAIN)),
    ((9, "10:05"), _file("tea_house_again")),
    ((8, "15:12"), _merge("tea_house_again", "tea_house")),
    ((9, "22:17"), _file("asked_about_case")),
    ((8, "09:02"), _file("counter_hours")),
    ((7, "10:40"), _decide("counter_hours", "triager2", outcome=Outcome.SUGGESTION_REPLY)),
    ((5, "16:30"), _reply("counter_hours", "triager2", text=COUNTER_ANSWER, final=True)),
    ((4, "20:03"), _reporter("counter_hours", rate, rating=5)),
    ((8, "11:26"), _file("police")),
    ((6, "09:15"), _decide("police", "triager", outcome=Outcome.OTHER_BODY)),
    ((6, "09:21"), _reply("police", "triager", text=POLICE_ANSWER)),
    ((7, "14:50"), _file("verdict")),
    ((6, "10:02"), _decide("verdict", "leader", outcome=Outcome.COMPLAINTS_DEPT)),
    ((6, "13:08"), _file("loan")),
    ((5, "09:30"), _decide("loan", "triager", outcome=Outcome.DECLINED, reason=Reason.N1)),
    ((6, "21:55"), _file("dinner")),
    ((3, "22:10"), _reporter("dinner", add_message, text="补充：我想起来了，餐馆在天桥旁边，包间号是 306。")),
    ((5, "08:44"), _file("vague")),
    ((4, "10:11"), _act("vague", "triager2", actions.ask, text=QUESTION)),
    ((4, "14:00"), _forum),
    ((4, "17:20"), _hand_over),
    ((3, "03:12"), _file("spam")),
    ((3, "09:05"), _act("spam", "moderator", actions.void, reason="票据广告，没有反映任何问题。")),
    ((3, "19:47"), _file("case_lookup")),
    ((5, "16:02"), _file("moved_up")),
    ((2, "21:30"), _reporter("moved_up", add_message, text=MORE_ABOUT_CITY)),
    ((1, "09:58"), _file("how_to_ask")),
    ((1, "16:35"), _file("threat")),
    (25, _act("threat", "triager2", actions.claim)),
    (170, _file("danger")),
    ((6, "18:20"), _file("about_city")),
    ((2, "10:30"), _file("about_mianyang")),
    ((3, "12:15"), _file("about_province")),
    ((6, "12:33"), _file("school_talk")),
    ((1, "19:08"), _file("school_road")),
)
"""Everything that has happened, in no particular order."""
