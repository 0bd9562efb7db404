"""The list of flows is complete: no route, form, body, parameter or command takes text unknown to it.

What fails here is a new way for text to come in. Enter it in `tests/security/flows.py` and drive a canary
through it in `tests/security/story`; then `test_canaries.py` shows that it leaves no trace.
"""

import argparse
import ast
import datetime as dt
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django import forms
from django.core.management import get_commands, load_command_class
from rest_framework import serializers

import moderation
import portal
import wechat_bot
from portal.common.rest import StrictSerializer
from tests.security.flows import COMMANDS, FLOWS, REFUSED, REFUSED_EVERYWHERE, fields_of, routes

HOW = (
    "A new way for text to come in. Enter it in tests/security/flows.py ({where}), and send a canary through"
    " it in tests/security/story (public.py, desk.py or accounts.py)."
)
PARTS_OF_FORMS = {
    "portal.public.forms.SubjectForm",
    "portal.accounts.forms.NewPassphraseForm",
    "portal.identity.forms.WordsForm",
    "moderation.ledger.form_parts.OneTimeForm",
    "moderation.ledger.form_parts.SubjectRows",
}
PARTS_OF_BODIES = {
    "portal.common.rest.StrictSerializer",
    "portal.api.serializers.SubjectBody",
    "portal.api.serializers.IdentityBody",
    "moderation.ledger.serializers.SubjectBody",
    "moderation.triage.serializers.QueueQuery",
}
"""Parts of others, and what is for the description of the API only."""

_READING = {"get", "getlist", "pop"}
CARRIERS = {"POST", "GET", "COOKIES", "FILES", "META", "headers", "query_params", "data"}
READ_BY_NAME: dict[str, set[str]] = {
    "moderation.forum.views": {"GET cursor"},
    "moderation.ledger.api": {"headers Idempotency-Key"},
    "moderation.ledger.views": {"GET cursor"},
    "moderation.triage.forms": {"data into", "data *"},
    "moderation.triage.item_page": {"data seen"},
    "moderation.triage.merge_views": {"POST q", "GET q"},
    "moderation.triage.views": {"GET cursor", "GET done", "GET state", "GET after"},
    "portal.accounts.audit_views": {"GET cursor", "GET organ"},
    "portal.accounts.keeping": {"headers Referer"},
    "portal.accounts.session_views": {"GET done", "POST session"},
    "portal.accounts.typed": {"GET draft", "data *"},
    "portal.accounts.middleware": {"COOKIES yanlu_key"},
    "portal.accounts.device_cookie": {"COOKIES yanlu_device"},
    "portal.accounts.factor_enrol_views": {"POST kind"},
    "portal.accounts.half_session": {"COOKIES yanlu_key"},
    "portal.accounts.next_page": {"GET next", "POST next"},
    "portal.accounts.views": {
        "POST staff",
        "POST fingerprint",
        "GET cursor",
        "POST username",
    },
    "portal.api.views": {"headers Idempotency-Key", "headers Authorization"},
    "portal.common.client": {"META REMOTE_ADDR", "headers X-Forwarded-For"},
    "portal.common.rest": {"data *", "headers If-Match"},
    "portal.identity.views": {"GET carried", "GET cursor", "GET done"},
    "portal.public.health": {"headers Authorization", "META REMOTE_ADDR"},
    "portal.public.thread_views": {
        "data receipt",
        "data text",
        "data nonce",
        "data rating",
    },
    "portal.public.views": {
        "data receipt",
        "data original",
        "data proof",
        "data file",
        "data organ",
        "GET q",
    },
}
"""What each module reads from a request by name rather than through a form (`*`: a computed name)."""


def _modules() -> Iterator[ModuleType]:
    for package in (portal, moderation, wechat_bot):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in found.name and not found.name.endswith(("settings", "wsgi")):
                yield importlib.import_module(found.name)


def _subclasses(kind: type[Any]) -> set[str]:
    list(_modules())
    found, waiting = set(), [kind]
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if one.__module__.split(".")[0] in {"portal", "moderation", "wechat_bot"}:
                found.add(f"{one.__module__}.{one.__qualname__}")
    return found


def _name(kind: type[Any]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def test_flows_know_every_route() -> None:
    assert sorted(set(FLOWS) ^ set(routes())) == [], HOW.format(where="FLOWS, by route")


def test_flows_know_every_form() -> None:
    listed = {_name(form) for takes in FLOWS.values() for _, form in takes.forms}
    listed |= {_name(form) for takes in FLOWS.values() for form in (takes.acts or {}).values()}

    assert sorted((_subclasses(forms.BaseForm) ^ listed) - PARTS_OF_FORMS) == [], HOW.format(
        where="FLOWS, in `forms` of its route"
    )


def test_flows_know_every_body() -> None:
    listed = {_name(body) for takes in FLOWS.values() for body in takes.bodies}
    bodies = _subclasses(StrictSerializer) | {
        name for name in _subclasses(serializers.Serializer) if not name.endswith("Answer")
    }

    assert sorted((bodies ^ listed) - PARTS_OF_BODIES) == [], HOW.format(
        where="FLOWS, in `bodies` of its route; name what only answers SomethingAnswer"
    )


def test_flows_know_everything_read_by_name() -> None:
    read = {
        f"{module.__name__}: {name}"
        for module in _modules()
        for name in _read_by_name(Path(str(module.__file__)))
    }
    listed = {f"{module}: {name}" for module, names in READ_BY_NAME.items() for name in names}

    assert sorted(read ^ listed) == [], HOW.format(
        where="READ_BY_NAME of this file, and `typed`, `query`, `headers`"
    )


def _read_by_name(file: Path) -> set[str]:
    """`POST q` for `request.POST.get("q")`, `request.POST["q"]` and the like."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        carrier, key = _read(node)
        if carrier in CARRIERS and key is not None and _reads_a_request(node, file):
            found.add(f"{carrier} {_constant(key, file)}")
    return found


def _read(node: ast.AST) -> tuple[str, ast.expr | None]:
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(node, ast.Call) and isinstance(called, ast.Attribute) and node.args:
        return (_last(called.value), node.args[0]) if called.attr in _READING else ("", None)
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return _last(node.value), node.slice
    return "", None


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.IfExp):
        return _last(node.body)
    return node.id if isinstance(node, ast.Name) else ""


def _reads_a_request(node: ast.AST, file: Path) -> bool:
    """`data["x"]` is clean data or an answer being made, and so is `data.get` among forms."""
    if isinstance(node, ast.Subscript):
        return _last(node.value) != "data"
    local = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.value
    return not (isinstance(local, ast.Name) and file.name.endswith("forms.py"))


def _constant(key: ast.expr, file: Path) -> str:
    if isinstance(key, ast.Constant):
        return str(key.value)
    if isinstance(key, ast.Name):
        module = importlib.import_module(".".join(file.relative_to(Path.cwd()).with_suffix("").parts))
        value = getattr(module, key.id, None)
        if isinstance(value, str):
            return value
    return "*"


def test_flows_know_every_command_and_its_texts() -> None:
    ours = {
        name: app
        for name, app in get_commands().items()
        if str(app).split(".")[0] in {"portal", "moderation"}
    }
    texts = {name: _texts_of(name, str(app)) for name, app in ours.items()}

    assert texts == {name: sorted(listed) for name, listed in COMMANDS.items()}, HOW.format(where="COMMANDS")


def _texts_of(name: str, app: str) -> list[str]:
    """The arguments of a command and its acts that are no switches, numbers, dates or words from a list."""
    general = {
        action.dest for action in load_command_class("django.core", "check").create_parser("", "")._actions
    }
    parser = load_command_class(app, name).create_parser("manage.py", name)
    return sorted(
        {
            action.dest
            for action in _arguments(parser)
            if action.nargs != 0
            and action.choices is None
            and action.type not in (int, dt.date.fromisoformat)
            and action.dest not in general
        }
    )


def _arguments(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _arguments(below)


def test_flows_there_is_no_door_but_http() -> None:
    procfile = Path("Procfile").read_text(encoding="utf-8").splitlines()

    assert [line.split(":")[0] for line in procfile] == ["web", "worker", "clock"], HOW.format(
        where="a new kind"
    )
    assert "--interface wsgi" in procfile[0]
    assert "--no-ws" in procfile[0]


@pytest.mark.parametrize(("route", "field"), REFUSED)
def test_flows_what_is_refused_is_still_taken_in(route: str, field: str) -> None:
    assert field in fields_of(FLOWS[route])


def test_flows_closed_words_are_still_read_somewhere() -> None:
    assert {field for takes in FLOWS.values() for field in fields_of(takes)} >= REFUSED_EVERYWHERE
