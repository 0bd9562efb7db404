"""The ledger's forms."""

from typing import Any

from django import forms

from moderation.ledger.actions import HAND_OVER_SOURCES
from moderation.ledger.form_parts import SubjectRows
from moderation.ledger.models import LeadState, SourceClass
from portal.public.forms import Words, area

_ANY = [("", "全部")]


class LeadFilterForm(forms.Form):
    """What the list is narrowed to."""

    state = forms.ChoiceField(label="状态", choices=[*_ANY, *LeadState.choices], required=False)
    source_class = forms.ChoiceField(label="来源", choices=[*_ANY, *SourceClass.choices], required=False)
    year = forms.RegexField(
        r"^[0-9]{4}$",
        label="年度",
        required=False,
        error_messages={"invalid": "请填写四位年份。"},
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    q = forms.CharField(label="编号", required=False, help_text="完整编号、开头几位或序号")


class RegisterLeadForm(SubjectRows):
    """A lead that was handed over or found by the office itself."""

    source_class = forms.ChoiceField(
        label="线索来源", choices=[("", "请选择"), *((one.value, one.label) for one in HAND_OVER_SOURCES)]
    )
    received_on = forms.DateField(
        label="收到日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    title = Words("title", required=True, label="标题", help_text="一句话概括，100 字以内。")
    summary = Words("text", required=True, label="主要问题", widget=area(10))

    def lead(self) -> dict[str, Any]:
        """The arguments of `register_lead`. Call on a valid form."""
        data = self.cleaned_data
        return {
            "source_class": data["source_class"],
            "received_on": data["received_on"],
            "title": data["title"],
            "summary": data["summary"],
            "subjects": self.subjects(),
            "lead_id": self.one_time(),
        }
