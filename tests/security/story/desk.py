"""What the staff does: reads, searches, decides, answers, voids, merges, refers, lifts, hands over, logs."""

from typing import Any

from tests.security.story.public import CITY, file_by_api
from tests.security.story.stage import Stage, hidden, shown_receipt
from tests.security.visitor import Visitor, read

QUEUE_API = "api/v1/desk/queue"
BELOW = {"organ_text": "锦江区检察院 {}"}
"""A lead is registered here only when all it names are known to be below."""


def play(stage: Stage) -> None:
    """All of it; expects the reports of `public.play`."""
    _search(stage)
    _void(stage)
    _talk(stage)
    _merge(stage)
    _move(stage)
    _ledger(stage)
    _log(stage)
    _forum(stage)


def _search(stage: Stage) -> None:
    triager, words = stage.staff("triager"), stage.aviary.words
    for path in ("desk/queue/", QUEUE_API):
        triager.get(path, query={"q": words(f"{path}: searched word")})
        triager.get(path, query={"q": stage.words["talk"][:3], "state": "open"})
    for name in ("state", "outcome", "kind", "channel", "due", "claimed", "sort"):
        triager.get("desk/queue/", 400, query={name: words(f"queue page: {name}")})
        triager.get(QUEUE_API, 400, query={name: words(f"queue: {name}")})
    triager.get("desk/queue/", 400, query={"cursor": words("queue page: cursor")})
    for name in ("cursor", "limit"):
        triager.get(QUEUE_API, 400, query={name: words(f"queue: {name}")})
    triager.get("desk/queue/", query={"done": words("queue page: done")})
    triager.get("desk/queue/next/", 302, query={"after": words("next: after"), "state": words("next: state")})
    triager.get("desk/", 200)


def _act(stage: Stage, who: str, word: str, act: str, body: dict[str, Any], *statuses: int) -> Any:
    item = stage.item(who, word)
    path = f"{QUEUE_API}/{item['id']}/{act}"
    return read(stage.staff(who).json(path, {**body, "version": item["version"]}, *statuses))


def _act_by_page(stage: Stage, who: str, word: str, act: str, typed: dict[str, str], *statuses: int) -> None:
    item, visitor = stage.item(who, word), stage.staff(who)
    visitor.get(f"desk/queue/{item['id']}/", query={"done": stage.aviary.words(f"{act} {word}: done")})
    sent = {**typed, "version": str(item["version"]), "seen": str(len(item["history"]))}
    visitor.form(f"desk/queue/{item['id']}/{act}/", sent, *(statuses or (302,)))
    late = {name: stage.aviary.words(f"{act} {word}: {name} too late") for name in typed}
    visitor.form(f"desk/queue/{item['id']}/{act}/", {**late, "version": "0"}, 400, 403, 404, 409)


def _void(stage: Stage) -> None:
    words = stage.aviary.words
    title = stage.words["void"]
    _act(stage, "moderator", title, "void", {"reason": words("void: reason")})
    _act(stage, "moderator2", title, "void", {"reason": words("void: reason of the second")})
    _act(stage, "moderator", title, "open", {})
    by_page = stage.words["void by page"]
    _act_by_page(stage, "moderator", by_page, "void", {"reason": words("void by page: reason")})
    refused = stage.item("triager", by_page)
    stage.staff("triager").json(
        f"{QUEUE_API}/{refused['id']}/open", {"version": 1}, 400, If_Match=words("open: If-Match")
    )
    for act in ("claim", "release", "take_over", "void", "decide", "ask", "reply", "merge", "unmerge"):
        _refused_version(stage, refused["id"], act)
    for act in ("refer", "lift"):
        _refused_version(stage, refused["id"], act)


def _refused_version(stage: Stage, item: str, act: str) -> None:
    text = stage.aviary.words(f"{act}: text beside a wrong If-Match")
    bodies: dict[str, dict[str, Any]] = {
        "decide": {"outcome": "no_substance", "note": text},
        "ask": {"text": text},
        "reply": {"text": text},
        "merge": {"into": item},
        "refer": {"organ": "510000"},
    }
    path, header = f"{QUEUE_API}/{item}/{act}", stage.aviary.words(f"{act}: If-Match")
    stage.staff("triager").json(path, bodies.get(act, {}), 400, If_Match=header)


def _talk(stage: Stage) -> None:
    """Ask, be answered, reply, decide; by API and by page."""
    words = stage.aviary.words
    title = stage.words["talk"]
    _act(stage, "triager", title, "ask", {"text": words("ask: text")})
    answer = {"text": words("answer: text")}
    receipt = f"Receipt {stage.receipts['talk']}"
    stage.somebody().json("api/v1/report/messages", answer, Authorization=receipt)
    _act(stage, "triager", title, "reply", {"text": words("reply: text"), "final": False})
    _act(stage, "triager", title, "decide", {"outcome": "lead", "note": words("decide: note")})
    person = stage.somebody()
    person.json("api/v1/report/rating", {"rating": 4}, Authorization=receipt)
    person.get("api/v1/report", Authorization=receipt)
    by_page = stage.words["talk by page"]
    _act_by_page(stage, "triager", by_page, "ask", {"text": words("ask by page: text")})
    number = stage.receipts["talk by page"]
    nonce = hidden(person.form("track/", {"receipt": number}).text, "nonce")
    person.form("track/add/", {"receipt": number, "nonce": nonce, "text": words("answer by page: text")})
    _act_by_page(stage, "triager", by_page, "reply", {"text": words("reply by page: text")})
    person.form("track/", {"receipt": number})
    person.form("track/rate/", {"receipt": number, "rating": "3"})
    note = {"outcome": "no_substance", "note": words("decide by page: note")}
    _act_by_page(stage, "triager", by_page, "decide", note)


def _merge(stage: Stage) -> None:
    words, triager = stage.aviary.words, stage.staff("triager")
    item, main = stage.item("triager", stage.words["repeat"]), stage.item("triager", stage.words["main"])
    page = f"desk/queue/{item['id']}/merge/"
    triager.get(page, query={"q": words("merge: searched")})
    triager.form(page, {"q": words("merge: typed search"), "version": str(item["version"])}, 400)
    chosen = {
        "into": main["id"],
        "version": str(item["version"]),
        "q": words("merge: search beside a choice"),
    }
    triager.form(page, chosen, 302)


def _move(stage: Stage) -> None:
    words = stage.aviary.words
    _act(stage, "triager", stage.words["refer"], "refer", {"organ": words("refer: organ code")}, 400)
    typed = {"organ": words("refer by page: organ")}
    _act_by_page(stage, "triager", stage.words["refer"], "refer", typed, 400)
    _act(stage, "triager", stage.words["refer"], "refer", {"organ": "510000"})
    subject = {part: words(f"lift: {part}") for part in ("name", "organ_text", "post")}
    wrong = {**subject, "organ": words("lift: organ code")}
    _act(stage, "triager", stage.words["lift"], "lift", {"subjects": [wrong]}, 400)
    _act(stage, "triager", stage.words["lift"], "lift", {"subjects": [{**subject, "organ": CITY}]})
    rows = {
        f"subject_{row}_{part}": words(f"lift by page: {part} {row}")
        for row in range(2)
        for part in ("name", "organ_text", "post")
    }
    rows["token"] = words("lift by page: token")
    _act_by_page(stage, "triager", stage.words["lift by page"], "lift", rows)
    file_by_api(stage, "moved by its follow-up")
    receipt = f"Receipt {stage.receipts['moved by its follow-up']}"
    text = words("follow-up: text", around="补充：此人是成都市院的。{}")
    stage.somebody().json("api/v1/report/messages", {"text": text}, Authorization=receipt)


def _ledger(stage: Stage) -> None:
    aviary, leader = stage.aviary, stage.staff("leader")
    known = ("ledger_lead.id", "audit_entry.object_id")
    rows = {
        f"subject_{row}_{part}": aviary.words(f"lead by page: {part} {row}", around=BELOW.get(part, "{}"))
        for row in range(3)
        for part in ("name", "organ_text", "post")
    }
    lead = {
        "source_class": "self_check",
        "received_on": "2026-03-02",
        "title": aviary.words("lead by page: title"),
        "summary": aviary.words("lead by page: summary"),
        **rows,
    }
    leader.get("desk/leads/new/")
    leader.form("desk/leads/new/", {**lead, "title": "", "token": aviary.words("lead: token refused")}, 400)
    leader.form("desk/leads/new/", {**lead, "token": aviary.nonce("lead: token", clear=known)}, 302)
    body = {
        "source_class": "self_check",
        "received_on": "2026-03-02",
        "title": aviary.words("lead: title"),
        "summary": aviary.words("lead: summary"),
        "subjects": [
            {
                part: aviary.words(f"lead: {part}", around=BELOW.get(part, "{}"))
                for part in ("name", "organ_text", "post")
            }
        ],
    }
    nonce = aviary.nonce("lead: nonce", clear=known)
    leader.json("api/v1/ledger/leads", body, 201, Idempotency_Key=nonce)
    wrong = {**body, "subjects": [{"organ": aviary.words("lead: organ code")}]}
    leader.json("api/v1/ledger/leads", wrong, 400)
    leader.get("desk/leads/", query={"q": aviary.words("leads page: searched")})
    leader.get("api/v1/ledger/leads", query={"q": aviary.words("leads: searched")})
    _closed_words(stage, leader)


def _closed_words(stage: Stage, leader: Visitor) -> None:
    words = stage.aviary.words
    for name in ("state", "source_class", "year"):
        leader.get("desk/leads/", 200, 400, query={name: words(f"leads page: {name}")})
    for name in ("state", "source_class", "year", "cursor", "limit"):
        leader.get("api/v1/ledger/leads", 400, query={name: words(f"leads: {name}")})
    leader.get("desk/leads/", 400, query={"cursor": words("leads page: cursor")})


def _log(stage: Stage) -> None:
    """A letter and a visit noted by the clerk; the reporter changes the receipt at first use."""
    clerk, aviary = stage.staff("clerk"), stage.aviary
    typed = {
        name: aviary.words(f"log: {name}")
        for name in (
            *("title", "content", "occurred", "place", "came_at", "postmark", "pages", "second_officer"),
            *("name", "address"),
            *(f"subject_{row}_{part}" for row in range(3) for part in ("name", "organ_text", "post")),
        )
    }
    typed |= {
        "phone": aviary.mobile("log: phone"),
        "id_number": aviary.id_number("log: id number"),
        "email": aviary.email("log: mail"),
        "token": aviary.nonce("log: token"),
    }
    clerk.get("desk/log/")
    chosen = {"channel": "visit", "kind": "tip", "about_organ": "no"}
    clerk.form("desk/log/", {**typed, **chosen, "channel": ""}, 400)
    slip = clerk.form("desk/log/", {**typed, **chosen})
    number = stage.receipt("log", shown_receipt(slip.text))
    clerk.form("desk/log/", {**typed, **chosen, "title": aviary.words("log: title, same token")}, 400)
    text = {"receipt": number, "text": aviary.words("track: text kept while the receipt is changed")}
    person = stage.somebody()
    person.form("track/add/", text, 403)
    change = {"receipt": number, "nonce": aviary.nonce("log: nonce of new receipt")}
    stage.receipt("log, changed", hidden(person.form("track/receipt/", change).text, "receipt"))


def _forum(stage: Stage) -> None:
    clerk, aviary = stage.staff("clerk"), stage.aviary
    event = {
        "kind": "forum",
        "held_on": "2026-03-03",
        **{
            name: aviary.words(f"forum: {name}", clear=(f"forum_event.{name}",))
            for name in ("name", "place", "chair")
        },
        "token": aviary.nonce("forum: token", clear=_ids("forum_event.id", "forum_id")),
    }
    clerk.get("desk/forums/new/")
    made = clerk.form("desk/forums/new/", event, 302)
    path = made.headers["Location"].lstrip("/")
    attendee = {
        "attendee-name": aviary.words("attendee: name"),
        "attendee-capacity": "congress_deputy",
        "attendee-level": "city",
        "attendee-delegation": aviary.words("attendee: delegation"),
        "attendee-token": aviary.nonce("attendee: token", clear=_ids("forum_attendee.id", "attendee_id")),
    }
    clerk.form(f"{path}attendees/", attendee, 302)
    utterance = {
        "utterance-attendee": "",
        "utterance-kind": "suggestion",
        "utterance-about_organ": "no",
        "utterance-content": aviary.words("utterance: content"),
        "utterance-token": aviary.nonce("utterance: token"),
    }
    slip = clerk.form(f"{path}utterances/", utterance)
    stage.receipt("utterance", shown_receipt(slip.text))
    other = {**utterance, "utterance-content": aviary.words("utterance: content, same token")}
    clerk.form(f"{path}utterances/", other, 400)
    stage.staff("triager").get(path)
    for name, page in {"forums": "desk/forums/", "forum": path}.items():
        clerk.get(page, 400, query={"cursor": aviary.words(f"{name}: cursor")})


def _ids(table: str, column: str) -> tuple[str, ...]:
    return (table, "audit_entry.object_id", f"forum_attendee.{column}", f"forum_utterance.{column}")
