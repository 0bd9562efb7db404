"""Forms of the account pages; the rules are in the actions."""

from typing import Any

from django import forms

from portal.accounts.models import ROLE_LABELS


class SignInForm(forms.Form):
    """Name and passphrase."""

    username = forms.CharField(
        label="用户名", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    passphrase = forms.CharField(
        label="口令",
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class UnlockForm(SignInForm):
    """The passphrase of somebody whose session still knows who they are."""

    username = forms.CharField(
        label="用户名",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "readonly": True}),
    )


class NewPassphraseForm(forms.Form):
    """A passphrase set by its owner, typed twice; errors are told in our words, beside the field."""

    passphrase = forms.CharField(
        label="设置口令",
        max_length=1024,
        strip=False,
        help_text="至少 10 个字符。口令就是您的钥匙：忘记后无人能替您找回。",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="再输入一次",
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, object]:
        """Both entries are the same."""
        data = super().clean() or {}
        if data.get("passphrase") != data.get("again"):
            self.add_error("again", "两次输入的口令不一致。")
        return data


class PassphraseForm(NewPassphraseForm):
    """Another passphrase for one's own key."""

    present = forms.CharField(
        label="现在的口令",
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("present", "passphrase", "again")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["passphrase"].label = "新口令"
        self.fields[
            "passphrase"
        ].help_text = "至少 10 个字符，不要包含姓名、用户名或常见的词句。一句只有您会想到的话，好记又难猜。"


class JoinForm(NewPassphraseForm):
    """A new colleague's first step."""

    username = forms.CharField(
        label="用户名", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    code = forms.CharField(
        label="加入码",
        max_length=64,
        help_text="由系统管理员当面交给您，七日内有效。",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )
    field_order = ("username", "code", "passphrase", "again")


class InviteForm(forms.Form):
    """A new account."""

    username = forms.CharField(label="用户名", max_length=40)
    display_name = forms.CharField(label="姓名", max_length=40)
    organ = forms.CharField(label="单位代码", max_length=16)


class RolesForm(forms.Form):
    """Somebody's roles."""

    roles = forms.MultipleChoiceField(
        label="岗位",
        choices=list(ROLE_LABELS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
