"""The public REST API: file, follow, add, rate, withdraw, change the receipt; no session, no cookie."""

import secrets
from typing import Any
from urllib.parse import unquote

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.limits import refuse_beyond
from portal.api.lists import PAGING, list_page
from portal.api.serializers import (
    CATEGORIES,
    ORGANS,
    EmptyBody,
    MessageBody,
    NewReceiptAnswer,
    RatingBody,
    ReceiptAnswer,
    ReportBody,
    ThreadAnswer,
)
from portal.common.client import one_time_nonce
from portal.common.clock import BEIJING
from portal.common.errors import Invalid, NotSignedIn
from portal.common.rest import page_query, read_body
from portal.intake.actions import submit_report
from portal.intake.content import Content, Identity, Subject
from portal.intake.models import Kind
from portal.intake.queries import ReceiptToChange, Thread, open_thread
from portal.intake.thread_actions import add_message, change_receipt, rate, withdraw
from portal.organs.queries import find_organs, organ_tree, public_categories
from portal.organs.tree import OrganNode, UnknownOrgan

_FILING_RATE = "600/m"
_ADDING_RATE = "600/m"
RECEIPT_HEADER = OpenApiParameter(
    "Authorization", str, OpenApiParameter.HEADER, required=True, description="Receipt 12345-…（回执号）"
)
NONCE_HEADER = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="一次性 128 位随机数（十六进制）"
)
CHANGE_AT = {"page": "/track/", "endpoint": "POST /api/v1/report/receipt"}
"""Where a receipt that went through staff hands is changed."""


class PublicView(APIView):
    """No authentication at all, so nothing a browser carries along matters."""

    authentication_classes: tuple[Any, ...] = ()
    permission_classes = (AllowAny,)


class ReceiptView(PublicView):
    """What is done receipt in hand; one that is to be changed first is told where."""

    def handle_exception(self, exc: Exception) -> Response:
        """As ever, but with the two places where a receipt is changed."""
        if isinstance(exc, ReceiptToChange):
            exc.fields = dict(CHANGE_AT)
        return super().handle_exception(exc)


def _shown(node: OrganNode) -> dict[str, Any]:
    return {
        "code": node.code,
        "name": node.name,
        "display_name": node.display_name,
        "short_name": node.short_name,
        "level": node.level,
        "parent": node.parent,
    }


class OrgansView(PublicView):
    """Organs below one, or found by name, pinyin or code."""

    @extend_schema(
        parameters=[
            OpenApiParameter("parent", str, description="上级院代码；不填则为省院"),
            OpenApiParameter("q", str, description="名称、拼音、首字母或代码"),
            *PAGING,
        ],
        responses={200: ORGANS},
    )
    def get(self, request: Request) -> Response:
        """One page: a level by code, or what was found, best first."""
        cursor, limit, given = page_query(request, ("parent", "q"))
        tree = organ_tree()
        if "q" in given:
            found = find_organs(given["q"][:60], limit=len(tree))
        elif "parent" in given:
            try:
                found = [tree.node(code) for code in tree.children(given["parent"])]
            except UnknownOrgan:
                raise Invalid(fields={"parent": "没有这个检察院代码。"}) from None
        else:
            found = [node for node in tree if node.parent is None and node.kind == "procuratorate"]
        nodes, following = list_page(found, key=lambda node: (node.code,), cursor=cursor, limit=limit)
        return Response({"items": [_shown(node) for node in nodes], "next": following})


class CategoriesView(PublicView):
    """What the public chooses from."""

    @extend_schema(parameters=PAGING, responses={200: CATEGORIES})
    def get(self, request: Request) -> Response:
        """Categories of both kinds, tips first, in their order."""
        cursor, limit, _ = page_query(request)
        every = [
            {"kind": kind, "code": term.code, "label": term.plain_label or term.label}
            for kind in Kind.values
            for term in public_categories(kind)
        ]
        items, following = list_page(
            every, key=lambda one: (one["kind"], one["code"]), cursor=cursor, limit=limit
        )
        return Response({"items": items, "next": following})


class ReportsView(PublicView):
    """Filing."""

    @extend_schema(request=ReportBody, parameters=[NONCE_HEADER], responses={201: ReceiptAnswer})
    def post(self, request: Request) -> Response:
        """File a tip or a suggestion; the receipt is shown this once."""
        refuse_beyond(request._request, group="file", rate=_FILING_RATE)
        nonce = _nonce_of(request)
        body = read_body(ReportBody, request)
        identity = body.get("identity")
        receipt = submit_report(
            nonce=nonce,
            kind=body["kind"],
            channel="web",
            organ=body["organ"],
            content=Content(
                title=body["title"],
                text=body["content"],
                about_organ=body["about_organ"],
                subjects=tuple(Subject(**subject) for subject in body.get("subjects", ())),
                category=body.get("category", ""),
                occurred=body.get("occurred", ""),
                place=body.get("place", ""),
            ),
            identity=Identity(**identity) if identity else None,
            uploads=body.get("uploads", ()),
        )
        answer = {
            "receipt": receipt.number,
            "status": receipt.status,
            "received_at": receipt.received_at,
            "reply_due": receipt.reply_due,
            "proof": receipt.proof,
        }
        return Response(ReceiptAnswer(answer).data, status=201)


def _nonce_of(request: Request) -> bytes:
    """The client's own, so that what is sent twice is done once, or a fresh one."""
    given = request.headers.get("Idempotency-Key")
    return one_time_nonce(given) if given is not None else secrets.token_bytes(16)


def _receipt_of(request: Request) -> str:
    scheme, _, receipt = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "receipt":
        raise NotSignedIn("请在 Authorization 头中提供回执：Receipt 12345-…")
    if request.method != "GET":  # reading is not limited: nobody guesses one receipt among 10^24
        refuse_beyond(request._request, group="thread", rate=_ADDING_RATE)
    return _decoded(receipt)


def _decoded(header: str) -> str:
    """Headers arrive as Latin-1; full-width digits are read from UTF-8, percent-encoded or not (ADR 6)."""
    try:
        return unquote(header.encode("latin-1").decode("utf-8"), errors="strict")
    except UnicodeError:
        return header


def _thread(thread: Thread) -> Response:
    """As `ThreadAnswer` describes it."""
    messages = [
        {"at": entry.at.astimezone(BEIJING), "from": entry.author, "text": entry.text}
        for entry in thread.messages
    ]
    return Response(
        {
            "status": thread.status,
            "received_at": thread.received_at.astimezone(BEIJING),
            "reply_due": thread.reply_due,
            "messages": messages,
            "asked": thread.asked,
            "rating": thread.rating,
        }
    )


class ReportView(ReceiptView):
    """Following one's report."""

    @extend_schema(parameters=[RECEIPT_HEADER], responses={200: ThreadAnswer})
    def get(self, request: Request) -> Response:
        """Status, dates, the office's words."""
        return _thread(open_thread(_receipt_of(request)))


class MessagesView(ReceiptView):
    """Adding to it."""

    @extend_schema(request=MessageBody, parameters=[RECEIPT_HEADER], responses={200: ThreadAnswer})
    def post(self, request: Request) -> Response:
        """Add material, or answer the office's question."""
        receipt = _receipt_of(request)
        add_message(receipt=receipt, text=read_body(MessageBody, request)["text"])
        return _thread(open_thread(receipt))


class RatingView(ReceiptView):
    """Rating the answer."""

    @extend_schema(request=RatingBody, parameters=[RECEIPT_HEADER], responses={200: ThreadAnswer})
    def post(self, request: Request) -> Response:
        """Rate from 1 to 5, once there is an answer."""
        receipt = _receipt_of(request)
        rate(receipt=receipt, rating=read_body(RatingBody, request)["rating"])
        return _thread(open_thread(receipt))


class WithdrawView(ReceiptView):
    """Withdrawing."""

    @extend_schema(request=EmptyBody, parameters=[RECEIPT_HEADER], responses={200: ThreadAnswer})
    def post(self, request: Request) -> Response:
        """Withdraw; the report stays stored."""
        receipt = _receipt_of(request)
        read_body(EmptyBody, request)
        withdraw(receipt=receipt)
        return _thread(open_thread(receipt))


class NewReceiptView(ReceiptView):
    """Changing the receipt."""

    @extend_schema(
        request=EmptyBody, parameters=[RECEIPT_HEADER, NONCE_HEADER], responses={200: NewReceiptAnswer}
    )
    def post(self, request: Request) -> Response:
        """A new receipt in place of this one, which is void at once; sent again, the same new one."""
        receipt = _receipt_of(request)
        nonce = _nonce_of(request)
        read_body(EmptyBody, request)
        return Response({"receipt": change_receipt(receipt=receipt, nonce=nonce)})
