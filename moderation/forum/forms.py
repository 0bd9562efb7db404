"""The forms of an event."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms

from moderation.forum.models import Capacity, ForumKind, Level
from moderation.forum.queries import AttendeeLine
from moderation.ledger.form_parts import OneTimeForm
from portal.intake.models import Kind
from portal.public.forms import ABOUT, Words, area

ABOUT_CHOICES = (
    ("yes", "是：反映的就是本院，或者本院领导、工作人员"),
    ("no", "不是"),
    ("unsure", "不清楚"),
)
ABOUT_LABEL = "反映的是不是本院或者本院人员的问题？"
ABOUT_HELP = "反映问题的，不选按“是”处理。选“是”的内容密封送上一级，本院不能打开；一般的工作建议选“不是”。"


class ForumForm(OneTimeForm):
    """A new event."""

    kind = forms.ChoiceField(label="活动形式", choices=ForumKind.choices)
    name = forms.CharField(
        label="活动名称", help_text="名称、时间、地点不作为秘密保存，请勿写入参会人员姓名。"
    )
    held_on = forms.DateField(label="日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    place = forms.CharField(label="地点", required=False)
    chair = forms.CharField(label="主持人", required=False)

    def event(self) -> dict[str, Any]:
        """The arguments of `create_forum`. Call on a valid form."""
        names = ("kind", "name", "held_on", "place", "chair")
        return {"forum_id": self.one_time(), **{name: self.cleaned_data[name] for name in names}}


class AttendeeForm(OneTimeForm):
    """Somebody who attends."""

    name = forms.CharField(label="姓名", help_text="加密保存，登记后登记员不能再看到。")
    capacity = forms.ChoiceField(label="本次参会身份", choices=[("", "请选择"), *Capacity.choices])
    level = forms.ChoiceField(
        label="层级", choices=[("", "无"), *Level.choices], required=False, help_text="代表、委员填写。"
    )
    delegation = forms.CharField(label="代表团或单位", required=False)

    def attendee(self) -> dict[str, Any]:
        """The arguments of `add_attendee`. Call on a valid form."""
        names = ("name", "capacity", "level", "delegation")
        return {"attendee_id": self.one_time(), **{name: self.cleaned_data[name] for name in names}}


class UtteranceForm(OneTimeForm):
    """What somebody said."""

    attendee = forms.ChoiceField(label="发言人", required=False)
    kind = forms.ChoiceField(
        label="性质",
        choices=[(Kind.SUGGESTION.value, "意见建议"), (Kind.TIP.value, "反映问题（举报）")],
        widget=forms.RadioSelect,
        initial=Kind.SUGGESTION.value,
    )
    content = Words(
        "text",
        required=True,
        label="发言内容",
        widget=area(8),
        help_text="请按原话记录，一个问题登记一次。",
    )
    about_organ = forms.ChoiceField(
        label=ABOUT_LABEL,
        choices=ABOUT_CHOICES,
        required=False,
        widget=forms.RadioSelect,
        help_text=ABOUT_HELP,
    )

    def __init__(self, *args: Any, attendees: Sequence[AttendeeLine] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        speakers = [(str(line.attendee.id), _speaker(line)) for line in attendees]
        choice = forms.ChoiceField(label="发言人", required=False, choices=[("", "不记名"), *speakers])
        self.fields["attendee"] = choice

    def utterance(self) -> dict[str, Any]:
        """The arguments of `log_utterance`. Call on a valid form."""
        data = self.cleaned_data
        return {
            "nonce": self.one_time().bytes,
            "kind": data["kind"],
            "text": data["content"],
            "about_organ": ABOUT.get(data["about_organ"]),
            "attendee_id": UUID(data["attendee"]) if data["attendee"] else None,
        }


def _speaker(line: AttendeeLine) -> str:
    return f"{line.attendee.label} {line.person.name}" if line.person else line.attendee.label
