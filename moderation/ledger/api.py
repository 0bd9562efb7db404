"""The ledger over REST."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from moderation.ledger.actions import HAND_OVER_ROLES, read_lead, read_leads, register_lead
from moderation.ledger.queries import lead_detail, lead_filter
from moderation.ledger.serializers import (
    LeadAnswer,
    LeadPageAnswer,
    NumberAnswer,
    RegisterLeadBody,
    lead_answer,
    line_answer,
    number_answer,
)
from portal.accounts.authentication import actor_of
from portal.accounts.signed_in import QUEUE_ROLES
from portal.common.client import one_time_nonce
from portal.common.rest import page_query, read_body, versioned
from portal.intake.content import Subject

FILTERS = ("state", "source_class", "year", "q")


REGISTERED = "登记员得到这些字段；持有受理密钥的人另得整条线索"


class LeadsView(APIView):
    """The ledger as far as one may see it."""

    @extend_schema(
        operation_id="ledger_leads_list",
        parameters=[OpenApiParameter(name, str) for name in (*FILTERS, "cursor", "limit")],
        responses=LeadPageAnswer,
    )
    def get(self, request: Request) -> Response:
        """Leads, newest first."""
        cursor, limit, given = page_query(request, FILTERS)
        wanted = lead_filter(**given)
        page = read_leads(actor=actor_of(request), wanted=wanted, cursor=cursor, limit=limit)
        return Response({"items": [line_answer(line) for line in page.lines], "next": page.next})

    @extend_schema(
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        request=RegisterLeadBody,
        responses={201: OpenApiResponse(NumberAnswer, description=REGISTERED)},
    )
    def post(self, request: Request) -> Response:
        """Enter a lead. A clerk gets back its id, version and number only."""
        actor = actor_of(request)
        actor.require(*HAND_OVER_ROLES)
        body = read_body(RegisterLeadBody, request)
        key = request.headers.get("Idempotency-Key")
        subjects = [Subject(**subject) for subject in body.pop("subjects")]
        lead = register_lead(
            actor=actor,
            subjects=subjects,
            lead_id=UUID(bytes=one_time_nonce(key)) if key else None,
            **body,
        )
        if not actor.staff.roles & QUEUE_ROLES:
            return versioned(number_answer(lead), status.HTTP_201_CREATED)
        return versioned(lead_answer(lead_detail(actor, lead.id)), status.HTTP_201_CREATED)


class LeadView(APIView):
    """One lead."""

    @extend_schema(responses=LeadAnswer)
    def get(self, request: Request, lead_id: UUID) -> Response:
        """The lead, opened; reading it is on record."""
        return versioned(lead_answer(read_lead(actor=actor_of(request), lead_id=lead_id)))
