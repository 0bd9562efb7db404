"""Forms of the second step; the rules are in the actions."""

import json
from typing import Any

from django import forms

from portal.accounts.factor_models import Factor
from portal.accounts.factors import LABELS_OF


class CodeInput(forms.PasswordInput):
    """Digits in clear that are not kept on the page: a code that was wrong once is of no use."""

    input_type = "text"


_CODE = CodeInput(
    attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "size": "12"}
)
LONGEST_ANSWER = 16 * 1024
"""Characters of a security key's answer."""


def _labels(kind: str) -> list[tuple[str, str]]:
    return [(label, Factor.Label(label).label) for label in LABELS_OF[kind]]


class KeyAnswer(forms.CharField):
    """What `second-factor.js` read from a security key, as JSON; nothing at all without it."""

    def __init__(self) -> None:
        super().__init__(max_length=LONGEST_ANSWER, required=False, widget=forms.HiddenInput)

    def clean(self, value: Any) -> Any:
        """The parsed answer; whatever is none becomes one that proves nothing."""
        text = super().clean(value)
        try:
            return json.loads(text) if text else None
        except (ValueError, RecursionError):
            return {}


class ProofForm(forms.Form):
    """A code, or the answer of a security key."""

    code = forms.CharField(label="手机上的六位数字", max_length=16, required=False, widget=_CODE)
    response = KeyAnswer()

    def given(self) -> tuple[str, Any]:
        """The code, and the key's answer if there is one; what is neither is a code that fits nothing."""
        if not self.is_valid():
            return "", None
        return self.cleaned_data["code"], self.cleaned_data["response"]


class PhoneForm(forms.Form):
    """A phone's first code."""

    code = forms.CharField(
        label="手机上现在显示的六位数字",
        max_length=16,
        help_text="数字每 30 秒换一次；快要换的时候，等换了再输入。",
        widget=_CODE,
    )
    label = forms.ChoiceField(
        label="把它记作",
        choices=_labels(Factor.Kind.TOTP),
    )


class KeyForm(forms.Form):
    """A security key's first answer."""

    label = forms.ChoiceField(
        label="把它记作",
        choices=_labels(Factor.Kind.WEBAUTHN),
    )
    response = KeyAnswer()
