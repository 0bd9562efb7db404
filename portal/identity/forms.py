"""Forms of the identity pages; the rules are in the actions."""

from typing import Any

from django import forms

from portal.common.errors import Refusal
from portal.identity.deciding import MOST_DAYS, USUAL_DAYS
from portal.identity.words import LONGEST


class WordsForm(forms.Form):
    """A form that shows a refusal beside the fields it names, else above itself."""

    use_required_attribute = False  # errors are told in our words, beside the field

    def show(self, refusal: Refusal) -> None:
        """Put the refusal where it belongs; what was typed stays."""
        for name, text in refusal.fields.items():
            self.add_error(name if name in self.fields else None, text)
        if not refusal.fields:
            self.add_error(None, refusal.detail)


def _words(label: str, help_text: str) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST, "autocomplete": "off"})
    missing: dict[str, Any] = {"required": "请写明理由。"}
    return forms.CharField(
        label=label,
        max_length=LONGEST,
        strip=False,
        help_text=help_text,
        widget=area,
        error_messages=missing,
    )


class AskForm(WordsForm):
    """Why the identity is needed."""

    reason = _words(
        "为什么要查阅", "只给身份保管员看。请写明用途，不要写来件的内容，也不要写被反映人的姓名。"
    )


class ApproveForm(WordsForm):
    """For how long."""

    days = forms.IntegerField(
        label="可查阅天数",
        min_value=1,
        max_value=MOST_DAYS,
        initial=USUAL_DAYS,
        help_text=f"1 到 {MOST_DAYS} 天，自现在起算；到期自动收回，也可以随时收回。",
        error_messages={"required": f"请填写 1 到 {MOST_DAYS} 的天数。"},
    )


class RefuseForm(WordsForm):
    """Why not."""

    reason = _words("不批准的理由", "申请人会看到。")
