"""Loading the shipped rules: safe to repeat, and never touching a version somebody's clock already runs on
in any other way than the file says.
"""

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from moderation.deadlines.models import Rule

RULES = Path(__file__).parent / "data" / "rules.toml"


def load_rules(*, now: dt.datetime, path: Path = RULES) -> list[str]:
    """Bring the rules in line with the file; a line per rule added or changed, none when nothing changed."""
    wanted = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]
    with transaction.atomic():
        known = {(rule.code, rule.version): rule for rule in Rule.objects.all()}
        lines = [_load(_fields(row), known) for row in wanted]
    return [line for line in lines if line]


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    named = {name: value for name, value in row.items() if name != "text"}
    return {"valid_to": None, **named, "article_text": row["text"]}


def _load(fields: dict[str, Any], known: dict[tuple[str, int], Rule]) -> str:
    name = f"deadline rule {fields['code']}/{fields['version']}"
    rule = known.get((fields["code"], fields["version"]))
    if rule is None:
        Rule.objects.create(**fields)
        return f"added {name}: {fields['label']}"
    differing = [field for field, value in fields.items() if getattr(rule, field) != value]
    if not differing:
        return ""
    for field in differing:
        setattr(rule, field, fields[field])
    rule.save(update_fields=differing)
    return f"changed {name}: {', '.join(sorted(differing))}"
