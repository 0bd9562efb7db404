"""Parts that the forms of ledger, forum and clerk's log share. All of them work without JavaScript."""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.forms import BoundField

from portal.common.errors import Refusal
from portal.intake.content import Subject
from portal.organs.queries import organ_tree
from portal.public.forms import Words, organ_meant, organ_names

SUBJECT_PARTS = (("name", "姓名"), ("organ_text", "单位"), ("post", "职务"))


class OneTimeForm(forms.Form):
    """A form that carries a random token made when it was shown, so that sending it twice counts once."""

    token = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))

    use_required_attribute = False  # errors are told in our words, beside the field

    def __init__(self, *args: Any, **options: Any) -> None:
        options["initial"] = {"token": secrets.token_hex(16), **options.get("initial", {})}
        super().__init__(*args, **options)

    def one_time(self) -> UUID:
        """The token as 128 bits; fresh ones where it was lost on the way. Call on a valid form."""
        try:
            return UUID(self.cleaned_data["token"])
        except ValueError:
            return UUID(bytes=secrets.token_bytes(16))

    def renew_token(self) -> None:
        """The next time this is sent counts as another form."""
        self.data = {**dict(self.data.items()), self.add_prefix("token"): secrets.token_hex(16)}

    def refused(self, refusal: Refusal, names: Mapping[str, str] | None = None) -> None:
        """Show a refusal beside the fields it names; `names` leads from an action's field to the form's."""
        beside = False
        for name, reason in refusal.fields.items():
            field = (names or {}).get(name, name)
            self.add_error(field if field in self.fields else None, reason)
            beside = True
        if not beside:
            self.add_error(None, refusal.detail)


class SubjectRows(OneTimeForm):
    """Rows for those complained about: name, unit, post. An empty row is nobody."""

    rows = 3

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for row in range(self.rows):
            for part, label in SUBJECT_PARTS:
                self.fields[f"subject_{row}_{part}"] = Words(part, label=label)
            self.fields[f"subject_{row}_organ_text"].widget.attrs["list"] = "organ-names"

    @property
    def subject_rows(self) -> Iterator[list[BoundField]]:
        """The rows as a template shows them."""
        for row in range(self.rows):
            yield [self[f"subject_{row}_{part}"] for part, _ in SUBJECT_PARTS]

    @property
    def organ_names(self) -> list[str]:
        """The names offered while a unit is typed."""
        return organ_names(organ_tree())

    def subjects(self) -> tuple[Subject, ...]:
        """The people and units given; a unit that is exactly one organ's name is that organ."""
        tree = organ_tree()
        given = [self._row(row) for row in self._filled()]
        return tuple(Subject(organ=organ_meant(tree, row["organ_text"]), **row) for row in given)

    def subject_names(self) -> dict[str, str]:
        """For `refused`: from `subjects.0.organ` to the field it was typed into."""
        names = {"subjects": "subject_0_organ_text"}
        for number, row in enumerate(self._filled()):
            names |= {f"subjects.{number}.{part}": f"subject_{row}_{part}" for part, _ in SUBJECT_PARTS}
            names[f"subjects.{number}.organ"] = f"subject_{row}_organ_text"
        return names

    def _row(self, row: int) -> dict[str, str]:
        return {part: self.cleaned_data.get(f"subject_{row}_{part}", "") for part, _ in SUBJECT_PARTS}

    def _filled(self) -> list[int]:
        return [row for row in range(self.rows) if any(text.strip() for text in self._row(row).values())]
