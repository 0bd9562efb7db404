"""What people are asked, by version. The hash goes into every original; the definition is archived."""

import datetime as dt
from functools import cache
from typing import Any

from portal.intake.content import LONGEST, MOST_SUBJECTS, form_hash
from portal.intake.models import Form, Kind

_QUESTIONS = [
    ("about_organ", "是否反映该检察院自身或其人员"),
    ("title", "标题"),
    ("text", "详细情况"),
    ("subjects", "被反映人：姓名、单位、职务"),
    ("category", "类别"),
    ("occurred", "发生时间"),
    ("place", "发生地点"),
]


def definition(kind: str) -> dict[str, Any]:
    """The form of a kind as it stands in this release."""
    return {
        "version": 1,
        "kind": kind,
        "questions": [{"name": name, "label": label} for name, label in _QUESTIONS],
        "longest": LONGEST,
        "most_subjects": MOST_SUBJECTS,
    }


@cache
def current_form(kind: str) -> str:
    """The hash of the form in use."""
    return form_hash(definition(kind))


def archived_forms() -> list[Form]:
    """Every form that originals may name: those in use first, then the earlier ones, newest first."""
    in_use = [current_form(kind) for kind in Kind.values]
    earlier = Form.objects.exclude(hash__in=in_use).order_by("-archived_at", "hash")
    found = Form.objects.in_bulk(in_use)
    return [*(found[name] for name in in_use if name in found), *earlier]


def archive_forms(*, now: dt.datetime) -> list[str]:
    """Archive this release's forms; returns a line per form that is new."""
    lines = []
    for kind in Kind.values:
        _, made = Form.objects.get_or_create(
            hash=current_form(kind),
            defaults={"kind": kind, "definition": definition(kind), "archived_at": now},
        )
        if made:
            lines.append(f"表单 {kind} {current_form(kind)[:12]} 已归档")
    return lines
