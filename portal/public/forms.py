"""The public forms. Text is taken as typed: never trimmed, never shortened, given back with every error."""

import re
import secrets
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from portal.common.errors import Refusal
from portal.intake.content import LONGEST, Content, Identity, Subject
from portal.intake.models import Kind
from portal.organs.models import Term
from portal.organs.names import names_of
from portal.organs.queries import find_organs
from portal.organs.tree import OrganNode, OrganTree

SUBJECT_ROWS = 3
ABOUT = {"yes": True, "no": False, "unsure": None}

_ABOUT_TIP = (
    ("yes", "是：反映的就是这个检察院，或者它的领导、工作人员"),
    ("no", "不是：请这个检察院处理别人的问题"),
    ("unsure", "不清楚"),
)
_ABOUT_SUGGESTION = (
    ("no", "可以：就由这个检察院自己看（一般的意见建议选这一项）"),
    ("yes", "不合适：请密封送上一级，不让这个检察院看到"),
)
_ABOUT_TIP_HELP = (
    "选“是”或“不清楚”，内容会密封送给它的上一级，这个检察院打不开，也看不到有这件事。不选按“不清楚”处理。"
)
_PROMPTS = "不求文采，说清楚就好：什么人、什么时候、在哪里、做了什么、您怎么知道的、还有谁可以证明。"


class Words(forms.CharField):
    """Text as typed. Browsers send line ends as two characters; they are counted and kept as one."""

    def __init__(self, name: str, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("error_messages", {"required": "请填写此项。"})
        self.longest = LONGEST[name]
        super().__init__(strip=False, **options)

    def to_python(self, value: Any) -> str:
        """The text with plain line ends."""
        return str(super().to_python(value)).replace("\r\n", "\n")

    def validate(self, value: str) -> None:
        """Refuse what is blank though required, or too long; the text stays in the field."""
        super().validate(value.strip())
        if len(value) > self.longest:
            raise forms.ValidationError(f"最多 {self.longest} 个字，现有 {len(value)} 个字。")


def area(rows: int) -> forms.Textarea:
    """A text area of so many rows. It sets no length: browsers silently cut off what is pasted beyond it."""
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "data-longest": LONGEST["text"]})


class FilingForm(forms.Form):
    """What it is about: the part of a filing both kinds have."""

    organ = forms.ChoiceField(
        label="检察院",
        error_messages={"required": "请选择检察院。", "invalid_choice": "请从列表中选择检察院。"},
    )
    about_organ = forms.ChoiceField(
        required=False, widget=forms.RadioSelect, error_messages={"invalid_choice": "请从列出的几项中选择。"}
    )
    title = Words("title", required=True, label="标题", help_text="用一句话说是什么事，100 字以内。")
    category = forms.ChoiceField(
        required=False, label="类别", error_messages={"invalid_choice": "请从列表中选择类别。"}
    )
    content = Words("text", required=True, label="详细情况", widget=area(10), help_text=_PROMPTS)
    occurred = Words("occurred", label="发生时间", help_text="大概的时间也可以，例如“2026年3月”。")
    place = Words("place", label="发生地点")
    nonce = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))
    consent = forms.BooleanField(
        label="我已阅读以上四点和须知，同意提交", error_messages={"required": "请先阅读并勾选同意。"}
    )

    use_required_attribute = False  # errors are told in our words, beside the field

    def __init__(
        self,
        *args: Any,
        kind: str,
        tree: OrganTree,
        categories: Sequence[Term],
        found: Sequence[OrganNode],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._choices("organ", organ_choices(tree, found))
        self._choices(
            "category", [("", "不确定，不选"), *((term.code, _in_plain_words(term)) for term in categories)]
        )
        about = self.fields["about_organ"]
        if kind == Kind.TIP:
            self._choices("about_organ", _ABOUT_TIP)
            about.label = "您反映的，就是上面这个检察院或者它的人员吗？"
            about.help_text = _ABOUT_TIP_HELP
        else:
            self._choices("about_organ", _ABOUT_SUGGESTION)
            about.label = "由这个检察院自己看这条意见，合适吗？"
            about.help_text = "反映具体人员违纪违法的，请改用“举报”。不选按“可以”处理。"
            self.fields["content"].help_text = "您看到了什么问题，建议怎样改，改了有什么好处。"
            self.fields["occurred"].help_text = ""

    def _choices(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices


class SubjectForm(forms.Form):
    """One person or unit complained about."""

    name = Words("name", label="姓名", error_messages={})
    organ_text = Words("organ_text", label="单位", widget=forms.TextInput(attrs={"list": "organ-names"}))
    post = Words("post", label="职务")

    use_required_attribute = False


class IdentityForm(forms.Form):
    """Who the reporter is, if they want to say so."""

    name = Words("name", label="姓名", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    phone = Words(
        "phone", label="电话", widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})
    )
    id_number = Words(
        "id_number",
        label="身份证号",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="属于敏感个人信息，只用于核对实名；填写即表示您单独同意这样使用。",
    )
    address = Words("address", label="住址", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = Words(
        "email", label="电子邮箱", widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"})
    )

    use_required_attribute = False


class Filing:
    """The three parts of one filing as one form, with every error in one list."""

    def __init__(
        self,
        *,
        kind: str,
        tree: OrganTree,
        categories: Sequence[Term],
        data: QueryDict | None = None,
        found: Sequence[OrganNode] = (),
        checked: bool = True,
    ) -> None:
        """With `checked` false the data are shown again without judging them (somebody only searched)."""
        self.kind, self.tree = kind, tree
        given = data if checked else None
        start = {} if data is None or checked else data.dict()

        def initial(prefix: str, form: type[forms.Form]) -> dict[str, Any]:
            before = f"{prefix}-" if prefix else ""
            return {name: start[before + name] for name in form.base_fields if before + name in start}

        first = {"nonce": secrets.token_hex(16), **initial("", FilingForm)}
        if found:
            first["organ"] = found[0].code
        self.form = FilingForm(given, initial=first, kind=kind, tree=tree, categories=categories, found=found)
        rows = [f"subjects-{number}" for number in range(SUBJECT_ROWS)]
        self.subjects = [SubjectForm(given, prefix=row, initial=initial(row, SubjectForm)) for row in rows]
        self.identity = IdentityForm(given, prefix="identity", initial=initial("identity", IdentityForm))
        self.general: list[str] = []

    @property
    def parts(self) -> list[forms.Form]:
        """All forms, in the order of the page."""
        return [self.form, *self.subjects, self.identity]

    @property
    def shows_identity(self) -> bool:
        """Whether the part about the reporter should stand open: something was written there."""
        return any(self.identity[name].value() for name in self.identity.fields)

    @property
    def shows_more_subjects(self) -> bool:
        """Whether the second and third person should stand open."""
        return any(row[name].value() for row in self.subjects[1:] for name in row.fields)

    def is_valid(self) -> bool:
        """Whether every part is; judges all of them, so that all errors are told at once."""
        judged = [part.is_valid() for part in self.parts]
        return all(judged)

    def problems(self) -> list[tuple[str, str, str]]:
        """(id of the field, label, reason) of every error, in the order of the page."""
        listed = [("main", "说明", reason) for reason in self.general]
        for part in self.parts:
            for field in part:
                label = "同意" if field.name == "consent" else str(field.label)
                listed += [(str(field.auto_id), label, str(reason)) for reason in field.errors]
        return listed

    def nonce(self) -> bytes:
        """The one-time nonce the page carried; a fresh one where it was lost on the way."""
        given = self.form.cleaned_data["nonce"]
        return bytes.fromhex(given) if re.fullmatch("[0-9a-f]{32}", given) else secrets.token_bytes(16)

    def content(self) -> Content:
        """What was written. Call after `is_valid`."""
        clean = self.form.cleaned_data
        return Content(
            title=clean["title"],
            text=clean["content"],
            about_organ=ABOUT.get(clean["about_organ"], None if self.kind == Kind.TIP else False),
            subjects=tuple(self._subject(row) for row in self._filled()),
            category=clean["category"],
            occurred=clean["occurred"],
            place=clean["place"],
        )

    def reporter(self) -> Identity | None:
        """Who they are, or `None` for somebody who did not say."""
        identity = Identity(**self.identity.cleaned_data)
        return identity or None

    def refuse(self, refusal: Refusal) -> None:
        """Put what an action refused beside its field; what belongs to none goes to the top."""
        filled = self._filled()
        for name, reason in refusal.fields.items():
            head, _, rest = name.partition(".")
            if head in self.form.fields:
                self.form.add_error(head, reason)
            elif head == "identity" and rest in self.identity.fields:
                self.identity.add_error(rest, reason)
            elif head == "subjects" and rest.partition(".")[0].isdigit():
                number, _, field = rest.partition(".")
                filled[int(number)].add_error("organ_text" if field == "organ" else field, reason)
            else:
                self.general.append(reason)
        if not refusal.fields:
            self.general.append(refusal.detail)

    def _filled(self) -> list[SubjectForm]:
        return [row for row in self.subjects if any(text.strip() for text in row.cleaned_data.values())]

    def _subject(self, row: SubjectForm) -> Subject:
        clean = row.cleaned_data
        return Subject(organ=organ_meant(self.tree, clean["organ_text"]), **clean)


def organ_meant(tree: OrganTree, text: str) -> str:
    """The code of the one organ a name means exactly; empty where it means none or several."""
    name = text.strip()
    if not name:
        return ""
    exact = [node.code for node in find_organs(name, limit=5) if name in names_of(tree, node.code)]
    return exact[0] if len(exact) == 1 else ""


def organ_choices(tree: OrganTree, found: Sequence[OrganNode] = ()) -> list[Any]:
    """All organs one can write to, grouped by city; what a search found stands first."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for node in tree:
        if not node.in_force or node.kind == "outside":
            continue
        city = tree.prefecture_of(node.code) if node.level == "county" else None
        if node.kind == "special_office":
            group = "派驻机构"
        elif city is not None:
            group = city.division_name
        else:
            group = node.division_name if node.level == "prefecture" else "省级"
        groups.setdefault(group, []).append((node.code, node.name))
    results = [("查找结果", [(node.code, node.name) for node in found])] if found else []
    last = [(name, groups.pop(name)) for name in ("派驻机构",) if name in groups]
    return [("", "请选择"), *results, *groups.items(), *last]


def organ_names(tree: OrganTree) -> list[str]:
    """The names offered while a subject's unit is typed."""
    return [node.display_name for node in tree if node.in_force and node.kind != "outside"]


def _in_plain_words(term: Term) -> str:
    return f"{term.label}：{term.plain_label}" if term.plain_label else term.label
