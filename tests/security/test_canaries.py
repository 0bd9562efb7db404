"""What people type lies nowhere in clear: every text of every flow is a canary, and none is found again.

The story (`tests/security/story`) goes through every door over real HTTP, with a background worker beside,
through error pages, floods, a database that goes away and a power cut. `traces.py` looks for its texts.
"""

from pathlib import Path

from tests.security.canaries import Canary
from tests.security.conftest import LivedIn
from tests.security.flows import FLOWS, HARMLESS, REFUSED, REFUSED_EVERYWHERE, fields_of
from tests.security.traces import Trace

HOW = (
    "No canary went through these fields and was taken. Send one in tests/security/story (public.py, desk.py"
    " or accounts.py): fields[name] = stage.aviary.words('where: what'); the request must succeed. What can"
    " only be refused, or shows nothing of anybody, goes into REFUSED or HARMLESS of tests/security/flows.py,"
    " with a reason."
)


def test_canaries_went_through_every_text_field_of_every_route(lived_in: LivedIn) -> None:
    taken = {(sent.route, sent.field) for sent in lived_in.stage.notes if sent.status < 400}
    refused = {(sent.route, sent.field) for sent in lived_in.stage.notes}

    missing = [
        f"{route}: {field}"
        for route, takes in FLOWS.items()
        for field in sorted(fields_of(takes))
        if (route, field) not in HARMLESS
        if (route, field) not in (refused if _only_refused(route, field) else taken)
    ]

    assert missing == [], HOW


def _only_refused(route: str, field: str) -> bool:
    return (route, field) in REFUSED or field in REFUSED_EVERYWHERE


def test_canaries_leave_no_trace(lived_in: LivedIn) -> None:
    assert _told(lived_in, lived_in.at_the_end) == []


def test_canaries_leave_no_trace_at_a_power_cut(lived_in: LivedIn) -> None:
    assert _told(lived_in, lived_in.after_the_cut) == []


def test_canaries_shown_on_purpose_are_found_where_they_lie(lived_in: LivedIn) -> None:
    """What the search finds in clear columns shows that it would find the rest as well."""
    found = {(trace.canary, trace.place) for trace in lived_in.at_the_end}
    clear = [one for one in lived_in.stage.aviary.all.values() if one.clear]

    assert [one.name for one in clear if (one.name, f"column {one.clear[0]}") not in found] == []
    in_files = {trace.canary for trace in lived_in.at_the_end if trace.place.startswith("file ")}
    assert [one.name for one in clear if one.name not in in_files] == []
    assert len(clear) >= 5


def test_canaries_story_broke_what_it_meant_to_break(lived_in: LivedIn) -> None:
    log = lived_in.stage.server.log

    assert "DEBUG" in log
    assert "Internal Server Error" in log


def _told(lived_in: LivedIn, traces: frozenset[Trace]) -> list[str]:
    canaries = lived_in.stage.aviary.all
    return sorted(str(trace) for trace in traces if not _on_purpose(canaries[trace.canary], trace))


def _on_purpose(canary: Canary, trace: Trace) -> bool:
    """A clear text may lie in its columns and in the database's own files, nowhere else."""
    if not canary.clear:
        return False
    if trace.place.startswith("column "):
        return trace.place.removeprefix("column ") in canary.clear
    path = Path(trace.place.removeprefix("file "))
    return path.name.startswith("yanlu.sqlite3") or ("postgres" in path.parts and path.suffix != ".log")
