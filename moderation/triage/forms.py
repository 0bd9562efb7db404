"""The forms of the queue. What was typed stays in them, whatever is refused."""

from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.http import QueryDict

from moderation.ledger.form_parts import SubjectRows
from moderation.triage.filters import LONGEST_Q
from moderation.triage.models import Outcome, Reason, State
from portal.common.errors import Refusal
from portal.intake.models import Channel, Kind
from portal.organs.queries import find_organs, organ_tree
from portal.public.forms import Words, area, organ_meant, organ_names

_ANY = ("", "全部")


class QueueFilterForm(forms.Form):
    """What the queue is narrowed to; the states are tabs."""

    state = forms.ChoiceField(
        choices=[_ANY, *State.choices], required=False, widget=forms.HiddenInput, label="状态"
    )
    q = forms.CharField(label="查找文字", required=False, max_length=LONGEST_Q, strip=True)
    kind = forms.ChoiceField(label="性质", choices=[_ANY, *Kind.choices], required=False)
    channel = forms.ChoiceField(label="渠道", choices=[_ANY, *Channel.choices], required=False)
    due = forms.ChoiceField(
        label="期限",
        choices=[_ANY, ("overdue", "已超期"), ("today", "今天到期"), ("week", "七日内到期")],
        required=False,
    )
    claimed = forms.ChoiceField(
        label="认领",
        choices=[_ANY, ("me", "我认领的"), ("none", "无人认领"), ("any", "已有人认领")],
        required=False,
    )
    outcome = forms.ChoiceField(label="去向", choices=[_ANY, *Outcome.choices], required=False)
    sort = forms.ChoiceField(
        label="排序",
        choices=[
            ("", "紧急、期限在前"),
            ("due", "期限在前"),
            ("received", "先收到在前"),
            ("-received", "新收到在前"),
        ],
        required=False,
    )


class ActForm(forms.Form):
    """An act on the version of the item that was shown. `seen`: how many entries its log had then."""

    version = forms.IntegerField(min_value=0, error_messages={"required": "页面不完整，请刷新后重试。"})
    seen = forms.IntegerField(min_value=0, required=False)

    use_required_attribute = False  # errors are told in our words, beside the field
    of_the_page: ClassVar[tuple[str, ...]] = ("version", "seen")

    def arguments(self) -> dict[str, Any]:
        """What the action takes beside actor and item. Call on a valid form."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def show(self, refusal: Refusal) -> None:
        """Show a refusal beside the fields it names, else above the form."""
        beside = [name for name in refusal.fields if self.field_for(name)]
        for name in beside:
            self.add_error(self.field_for(name), refusal.fields[name])
        if not beside:
            self.add_error(None, refusal.detail if not refusal.fields else _told(refusal))

    def field_for(self, name: str) -> str | None:
        """The form's field for a field of the action."""
        return name if name in self.fields and name not in self.of_the_page else None

    def typed(self) -> list[str]:
        """The texts somebody wrote into it, to be shown again where the form itself no longer is."""
        texts = [self.data.get(name, "") for name, field in self.fields.items() if isinstance(field, Words)]
        return [text for text in texts if text.strip()]


class DecideForm(ActForm):
    """One outcome, with a reason where it is declined."""

    outcome = forms.ChoiceField(
        label="去向", choices=Outcome.choices, error_messages={"required": "请选择分流去向。"}
    )
    reason = forms.ChoiceField(label="不予受理的理由", choices=Reason.choices, required=False)
    note = Words(
        "text",
        label="分流说明",
        widget=area(3),
        help_text="内部说明，加密保存，来件人看不到。",
    )

    def clean_reason(self) -> str:
        """A reason counts only where something is declined; another choice leaves it behind."""
        declined = self.cleaned_data.get("outcome") == Outcome.DECLINED
        return str(self.cleaned_data["reason"]) if declined else ""


class ReplyForm(ActForm):
    """The office's words to the reporter."""

    text = Words("text", required=True, label="答复内容", widget=area(12))
    final = forms.BooleanField(label="这是办理结果（勾选后来件人看到“已答复”，期限结束）", required=False)


class AskForm(ActForm):
    """Everything that is missing, asked once."""

    text = Words(
        "text",
        required=True,
        label="请来件人补充什么",
        widget=area(6),
        help_text="只能要求一次，请一次写全：时间、地点、人员、经过、证据在哪里。",
    )


class VoidForm(ActForm):
    """Why it is junk; whoever confirms need not say more."""

    reason = Words(
        "text",
        label="作废理由",
        widget=area(3),
        help_text="只用于广告、测试、乱码等垃圾信息。须由另一人确认，作废后仍然保存，可以恢复。",
    )


class ReferForm(ActForm):
    """Another organ, by name."""

    organ = forms.CharField(
        label="转往",
        required=False,
        max_length=60,
        help_text="写检察院名称、简称或者代码，例如“绵阳市院”。",
        widget=forms.TextInput(attrs={"list": "refer-organs", "autocomplete": "off"}),
    )

    @property
    def organ_names(self) -> list[str]:
        """The names offered while one is typed."""
        return organ_names(organ_tree())

    def clean_organ(self) -> str:
        """The code of the organ meant; where several may be, they are named."""
        typed = str(self.cleaned_data["organ"]).strip()
        tree = organ_tree()
        if typed in tree:
            return typed
        meant = organ_meant(tree, typed)
        if meant:
            return meant
        close = [node.display_name for node in find_organs(typed, limit=5)] if typed else []
        if close:
            raise forms.ValidationError(f"请写完整名称。您要的可能是：{'、'.join(close)}。")
        raise forms.ValidationError("请填写检察院名称。" if not typed else "没有找到这个检察院。")


class MergeForm(ActForm):
    """The item it is a repeat of."""

    into = forms.UUIDField(
        label="并入",
        error_messages={"required": "请选择要并入的件。", "invalid": "请选择要并入的件。"},
    )


class LiftForm(ActForm, SubjectRows):
    """Who here or above is complained about."""

    rows = 2
    of_the_page: ClassVar[tuple[str, ...]] = ("version", "seen", "token")

    def arguments(self) -> dict[str, Any]:
        """Version and subjects."""
        return {"version": self.cleaned_data["version"], "subjects": self.subjects()}

    def field_for(self, name: str) -> str | None:
        """Subjects are rows of the form."""
        field = self.subject_names().get(name, name)
        return field if field in self.fields and field not in self.of_the_page else None


ACT_FORMS: dict[str, type[ActForm]] = {
    "claim": ActForm,
    "release": ActForm,
    "take_over": ActForm,
    "open": ActForm,
    "void": VoidForm,
    "decide": DecideForm,
    "ask": AskForm,
    "reply": ReplyForm,
    "merge": MergeForm,
    "unmerge": ActForm,
    "refer": ReferForm,
    "lift": LiftForm,
}


def act_form(act: str, data: QueryDict | None = None) -> ActForm:
    """The form of an act, its ids apart from those of the other forms of the page."""
    return ACT_FORMS[act](data, auto_id=f"{act}-%s")


def into(form: ActForm) -> UUID | None:
    """The main item chosen so far, to keep it chosen when the page is shown again."""
    try:
        return UUID(cast(str, form.data.get("into", "")))
    except ValueError:
        return None


def _told(refusal: Refusal) -> str:
    words = [reason for name, reason in refusal.fields.items() if name not in {"state", "version"}]
    return " ".join(words) or refusal.detail
