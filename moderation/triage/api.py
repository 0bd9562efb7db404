"""The queue over REST. A view reads its body, calls one action and shows the new item."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from moderation.triage import actions
from moderation.triage.filters import FILTERS, queue_filters
from moderation.triage.models import TriageItem
from moderation.triage.queries import queue_line, visible_item
from moderation.triage.reading import read_item, read_queue
from moderation.triage.serializers import (
    AskBody,
    DecideBody,
    DecidedAnswer,
    ItemAnswer,
    ItemDetailAnswer,
    LiftBody,
    MergeBody,
    QueuePageAnswer,
    QueueQuery,
    ReferBody,
    ReplyBody,
    VoidBody,
    detail_answer,
    line_answer,
)
from portal.accounts.authentication import actor_of
from portal.common.rest import VersionedBody, page_query, read_body, required_version, versioned
from portal.intake.content import Subject

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="版本号；也可写在正文的 version 中"
)


class QueueView(APIView):
    """The queue as far as one may see it."""

    @extend_schema(
        operation_id="desk_queue_list",
        parameters=[QueueQuery],
        responses=QueuePageAnswer,
    )
    def get(self, request: Request) -> Response:
        """Items: urgent first, then by date, then by receipt; void ones only with `state=void`."""
        cursor, limit, given = page_query(request, FILTERS)
        page = read_queue(actor=actor_of(request), filters=queue_filters(given), cursor=cursor, limit=limit)
        return Response({"items": [line_answer(line) for line in page.lines], "next": page.next})


class ItemView(APIView):
    """One item."""

    @extend_schema(responses=ItemDetailAnswer)
    def get(self, request: Request, id: UUID) -> Response:
        """The item, opened; reading it is on record."""
        return versioned(detail_answer(read_item(actor=actor_of(request), item_id=id)))


class ActView(APIView):
    """One act on one item; subclasses say which, and what its body is."""

    body: type[VersionedBody] = VersionedBody
    act: Callable[..., TriageItem]

    def perform(self, request: Request, item_id: UUID) -> TriageItem:
        """Do it on the version the client names."""
        visible_item(actor_of(request).staff, item_id)  # the unseen is not there, whatever the body says
        body = read_body(self.body, request)
        version = required_version(request, body)
        return type(self).act(
            actor=actor_of(request), item_id=item_id, version=version, **self.arguments(body)
        )

    def arguments(self, body: dict[str, Any]) -> dict[str, Any]:
        """What the action takes beside the version."""
        return {name: value for name, value in body.items() if name != "version"}

    def shown(self, item: TriageItem, request: Request) -> dict[str, Any]:
        """The item as it now stands."""
        return line_answer(queue_line(item.pk, actor_of(request).keyring))


class ClaimView(ActView):
    """Taking an item on."""

    act = staticmethod(actions.claim)

    @extend_schema(parameters=[IF_MATCH], request=VersionedBody, responses=ItemAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Claim it, for a while; of two people one gets it."""
        return versioned(self.shown(self.perform(request, id), request))


class ReleaseView(ActView):
    """Giving a claim back."""

    act = staticmethod(actions.release)

    @extend_schema(parameters=[IF_MATCH], request=VersionedBody, responses=ItemAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Release one's own claim."""
        return versioned(self.shown(self.perform(request, id), request))


class TakeOverView(ActView):
    """Taking an item from a colleague."""

    act = staticmethod(actions.take_over)

    @extend_schema(parameters=[IF_MATCH], request=VersionedBody, responses=ItemAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Take it over, on record."""
        return versioned(self.shown(self.perform(request, id), request))


class OpenView(ActView):
    """Into the queue, or back into it."""

    act = staticmethod(actions.open_item)

    @extend_schema(parameters=[IF_MATCH], request=VersionedBody, responses=ItemAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Open it: from hold, voiding, waiting or a decision."""
        return versioned(self.shown(self.perform(request, id), request))


class VoidView(ActView):
    """Out of the queue, by two people."""

    act = staticmethod(actions.void)
    body = VoidBody

    @extend_schema(parameters=[IF_MATCH], request=VoidBody, responses=ItemAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Propose it with a reason, or confirm somebody else's proposal."""
        return versioned(self.shown(self.perform(request, id), request))


class DecideView(ActView):
    """One outcome."""

    act = staticmethod(actions.decide)
    body = DecideBody

    def arguments(self, body: dict[str, Any]) -> dict[str, Any]:
        """`null` is as good as empty."""
        return {name: value or "" for name, value in super().arguments(body).items()}

    def shown(self, item: TriageItem, request: Request) -> dict[str, Any]:
        """The item, and the lead it became."""
        return {**super().shown(item, request), "lead_id": str(item.lead_id) if item.lead_id else None}

    @extend_schema(parameters=[IF_MATCH], request=DecideBody, responses=DecidedAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Decide it."""
        return versioned(self.shown(self.perform(request, id), request))


class AskView(ActView):
    """Asking the reporter, once."""

    act = staticmethod(actions.ask)
    body = AskBody

    @extend_schema(parameters=[IF_MATCH], request=AskBody, responses=ItemAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Ask for everything missing; the clocks stand until the answer."""
        return versioned(self.shown(self.perform(request, id), request))


class ReplyView(ActView):
    """Answering the reporter."""

    act = staticmethod(actions.reply)
    body = ReplyBody

    @extend_schema(parameters=[IF_MATCH], request=ReplyBody, responses=ItemAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Reply; `final` calls it the result."""
        return versioned(self.shown(self.perform(request, id), request))


class MergeView(ActView):
    """Several filings as one."""

    act = staticmethod(actions.merge)
    body = MergeBody

    @extend_schema(parameters=[IF_MATCH], request=MergeBody, responses=ItemAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Merge it into another item of the same queue."""
        return versioned(self.shown(self.perform(request, id), request))


class UnmergeView(ActView):
    """Apart again."""

    act = staticmethod(actions.unmerge)

    @extend_schema(parameters=[IF_MATCH], request=VersionedBody, responses=ItemAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Take it out of the item it was merged into."""
        return versioned(self.shown(self.perform(request, id), request))


class ReferView(ActView):
    """To another organ."""

    act = staticmethod(actions.refer)
    body = ReferBody

    @extend_schema(parameters=[IF_MATCH], request=ReferBody, responses=ItemAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Refer it; it leaves one's queue, so the title is null."""
        return versioned(self.shown(self.perform(request, id), request))


class LiftView(ActView):
    """Above everybody it names."""

    act = staticmethod(actions.lift)
    body = LiftBody

    def arguments(self, body: dict[str, Any]) -> dict[str, Any]:
        """Subjects as values."""
        return {"subjects": [Subject(**subject) for subject in body["subjects"]]}

    @extend_schema(parameters=[IF_MATCH], request=LiftBody, responses=ItemAnswer)
    def post(self, request: Request, id: UUID) -> Response:
        """Seal it to an organ above all it names; it leaves one's queue."""
        return versioned(self.shown(self.perform(request, id), request))
