"""The form on which a clerk notes a call, a letter, a visit or a mail."""

from typing import Any

from django import forms

from moderation.forum.forms import ABOUT_CHOICES, ABOUT_HELP, ABOUT_LABEL
from moderation.forum.record_block import with_record_block
from moderation.ledger.form_parts import SubjectRows
from portal.intake.content import Content, Identity
from portal.intake.models import Channel, Kind
from portal.public.forms import ABOUT, Words, area

CHANNELS = (Channel.CALL, Channel.LETTER, Channel.VISIT, Channel.EMAIL)
_FACTS = {
    "came_at": "来电来访或收到时间",
    "postmark": "邮戳日期",
    "pages": "页数",
    "second_officer": "第二接待人",
}
"""What is set ahead of the words, by field; filled in or not, whatever the channel: nothing typed is lost."""


class LogForm(SubjectRows):
    """One filing noted for somebody. Who they are is theirs to say or not (举报工作规定 17)."""

    channel = forms.ChoiceField(
        label="来件方式",
        choices=[(one.value, one.label) for one in CHANNELS],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择来件方式。"},
    )
    kind = forms.ChoiceField(
        label="性质",
        choices=Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择举报或意见建议。"},
    )
    about_organ = forms.ChoiceField(
        label=ABOUT_LABEL,
        choices=ABOUT_CHOICES,
        required=False,
        widget=forms.RadioSelect,
        help_text=ABOUT_HELP,
    )
    title = Words("title", required=True, label="标题", help_text="一句话概括，100 字以内。")
    content = Words(
        "text", required=True, label="内容", widget=area(12), help_text="请按原话、原文完整记录，不要改写。"
    )
    occurred = Words("occurred", label="发生时间")
    place = Words("place", label="发生地点")
    came_at = Words("occurred", label=_FACTS["came_at"])
    postmark = Words("occurred", label=_FACTS["postmark"], help_text="来信填写。")
    pages = Words("phone", label=_FACTS["pages"], help_text="来信填写，含附件。")
    second_officer = Words(
        "name", label=_FACTS["second_officer"], help_text="来访举报由两名以上工作人员接待。"
    )
    name = Words("name", label="姓名")
    phone = Words("phone", label="电话")
    id_number = Words("id_number", label="身份证号")
    address = Words("address", label="住址")
    email = Words("email", label="电子邮箱")

    facts = tuple(_FACTS)
    identity = ("name", "phone", "id_number", "address", "email")

    def clean(self) -> dict[str, Any]:
        """A tip brought in person is received by two officers (举报工作规定 14)."""
        data = super().clean() or self.cleaned_data
        tip_in_person = data.get("channel") == Channel.VISIT and data.get("kind") == Kind.TIP
        if tip_in_person and not data.get("second_officer", "").strip():
            self.add_error("second_officer", "来访举报应由两名以上工作人员接待，请填写另一名接待人。")
        return data

    def filing(self) -> dict[str, Any]:
        """The arguments of `submit_report` but organ and actor. Call on a valid form."""
        data = self.cleaned_data
        facts = {label: data[name] for name, label in _FACTS.items()}
        content = Content(
            title=data["title"],
            text=with_record_block(facts, data["content"]),
            about_organ=ABOUT.get(data["about_organ"]),
            subjects=self.subjects(),
            occurred=data["occurred"],
            place=data["place"],
        )
        return {
            "nonce": self.one_time().bytes,
            "kind": data["kind"],
            "channel": data["channel"],
            "content": content,
            "identity": Identity(**{name: data[name] for name in self.identity}) or None,
        }

    def names(self) -> dict[str, str]:
        """For `refused`: from the fields of intake to those of this form."""
        return {f"identity.{name}": name for name in self.identity} | self.subject_names()
