"""What a reporter needs to check a proof of filing without us: the forms and the node's public keys."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.lists import PAGING, list_page
from portal.api.serializers import FORMS, PROOF_KEYS
from portal.api.views import PublicView
from portal.common.rest import page_query
from portal.intake.forms_archive import archived_forms
from portal.vault.proof import public_keys


class FormsView(PublicView):
    """What people were asked, by version."""

    @extend_schema(parameters=PAGING, responses={200: FORMS})
    def get(self, request: Request) -> Response:
        """Every archived form with its hash; those in use first."""
        cursor, limit, _ = page_query(request)
        forms, following = list_page(
            archived_forms(), key=lambda form: (form.hash,), cursor=cursor, limit=limit
        )
        items = [{"kind": form.kind, "hash": form.hash, "definition": form.definition} for form in forms]
        return Response({"items": items, "next": following})


class ProofKeysView(PublicView):
    """The public keys that proofs of filing are signed with."""

    @extend_schema(parameters=PAGING, responses={200: PROOF_KEYS})
    def get(self, request: Request) -> Response:
        """Ed25519 public keys in hex by version, newest first."""
        cursor, limit, _ = page_query(request)
        keys, following = list_page(
            list(public_keys().items()), key=lambda pair: (pair[0],), cursor=cursor, limit=limit
        )
        items = [{"version": version, "key": key} for version, key in keys]
        return Response({"items": items, "next": following})
