"""Relations between tables keep to the floors as well, which imports alone do not show."""

from django.apps import apps

FLOORS = {
    "portal.vault": 1,
    "portal.calendar": 1,
    "portal.organs": 1,
    "portal.audit": 2,
    "portal.accounts": 2,
    "portal.intake": 3,
    "portal.identity": 4,
    "moderation.screening": 4,
    "moderation.deadlines": 4,
    "moderation.ledger": 5,
    "moderation.triage": 6,
    "moderation.forum": 7,
    "moderation.desk": 8,
}


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def test_floors_relations_never_lead_up() -> None:
    up = []
    for app in ("portal", "moderation", "wechat_bot"):
        for model in apps.get_app_config(app).get_models():
            here = _room(model.__module__)
            for field in model._meta.concrete_fields:
                if field.related_model is None:
                    continue
                there = _room(field.related_model.__module__)
                if there != here and FLOORS[there] >= FLOORS[here] and not _same_floor_pair(here, there):
                    up.append(f"{model.__name__}.{field.name}: {here} → {there}")

    assert up == []


def _same_floor_pair(here: str, there: str) -> bool:
    """Accounts stand on audit within floor 2; every other room of a floor stands apart."""
    return (here, there) == ("portal.accounts", "portal.audit")
