"""Bodies and answers of the public API. Text is taken verbatim: nothing is trimmed."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer, inline_serializer
from rest_framework import serializers

from portal.common.rest import StrictSerializer
from portal.intake.content import LONGEST, MOST_SUBJECTS
from portal.intake.models import Kind, Message, Status
from portal.intake.queries import NOTICE


def _text(name: str, *, required: bool = False) -> serializers.CharField:
    return serializers.CharField(
        max_length=LONGEST[name], required=required, allow_blank=not required, trim_whitespace=False
    )


@extend_schema_serializer(component_name="ReportSubject")
class SubjectBody(StrictSerializer):
    """A person or unit complained about."""

    name = _text("name")
    organ = _text("organ")
    organ_text = _text("organ_text")
    post = _text("post")


class IdentityBody(StrictSerializer):
    """Who the reporter is; sealed apart."""

    name = _text("name")
    phone = _text("phone")
    id_number = _text("id_number")
    address = _text("address")
    email = _text("email")


class ReportBody(StrictSerializer):
    """A filing."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    organ = _text("organ", required=True)
    about_organ = serializers.BooleanField(required=False, allow_null=True, default=None)
    title = _text("title", required=True)
    content = _text("text", required=True)
    subjects = serializers.ListField(child=SubjectBody(), required=False, max_length=MOST_SUBJECTS)
    category = _text("category")
    occurred = _text("occurred")
    place = _text("place")
    identity = IdentityBody(required=False, allow_null=True)
    uploads = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=100)
    altcha = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=4096)


class ReceiptAnswer(serializers.Serializer[Any]):
    """What the reporter keeps."""

    receipt = serializers.CharField(help_text="五组五位数字")
    status = serializers.ChoiceField(choices=Status.choices)
    received_at = serializers.DateTimeField()
    reply_due = serializers.DateField(allow_null=True)
    proof = serializers.CharField()


# Built from dictionaries where a field's name is a word of Python or of the serializer class itself.
THREAD_MESSAGE = inline_serializer(
    "ThreadMessage",
    {
        "at": serializers.DateTimeField(),
        "from": serializers.ChoiceField(
            choices=[*Message.Author.choices, (NOTICE, "通知")],
            help_text="notice：系统告知来件人的事，如身份信息在哪天被查阅",
        ),
        "text": serializers.CharField(),
    },
    many=True,
)
ORGANS = inline_serializer(
    "Organs",
    {
        "items": inline_serializer(
            "Organ",
            {
                "code": serializers.CharField(),
                "name": serializers.CharField(),
                "display_name": serializers.CharField(),
                "short_name": serializers.CharField(),
                "level": serializers.CharField(),
                "parent": serializers.CharField(allow_null=True),
            },
            many=True,
        ),
        "next": serializers.CharField(allow_null=True),
    },
)
CATEGORIES = inline_serializer(
    "Categories",
    {
        "items": inline_serializer(
            "Category",
            {
                "kind": serializers.ChoiceField(choices=Kind.choices),
                "code": serializers.CharField(),
                "label": serializers.CharField(),
            },
            many=True,
        ),
        "next": serializers.CharField(allow_null=True),
    },
)

FORMS = inline_serializer(
    "Forms",
    {
        "items": inline_serializer(
            "Form",
            {
                "kind": serializers.ChoiceField(choices=Kind.choices),
                "hash": serializers.CharField(help_text="定义的 SHA-256，写入每份原文"),
                "definition": serializers.DictField(help_text="表单的各项问题与限长"),
            },
            many=True,
        ),
        "next": serializers.CharField(allow_null=True),
    },
)
PROOF_KEYS = inline_serializer(
    "ProofKeys",
    {
        "items": inline_serializer(
            "ProofKey",
            {
                "version": serializers.IntegerField(),
                "key": serializers.CharField(help_text="Ed25519 公钥，十六进制"),
            },
            many=True,
        ),
        "next": serializers.CharField(allow_null=True),
    },
)


class ThreadAnswer(serializers.Serializer[Any]):
    """The public projection of a report."""

    status = serializers.ChoiceField(choices=Status.choices)
    received_at = serializers.DateTimeField()
    reply_due = serializers.DateField(allow_null=True)
    messages = THREAD_MESSAGE
    asked = serializers.CharField(allow_null=True, help_text="检察院等待补充的内容；没有则为 null")
    rating = serializers.IntegerField(allow_null=True, min_value=1, max_value=5)


class MessageBody(StrictSerializer):
    """More from the reporter."""

    text = _text("text", required=True)


class RatingBody(StrictSerializer):
    """1 (非常不满意) to 5 (非常满意)."""

    rating = serializers.IntegerField(min_value=1, max_value=5)


class NewReceiptAnswer(serializers.Serializer[Any]):
    """The receipt that counts from now on."""

    receipt = serializers.CharField(help_text="五组五位数字")


class EmptyBody(StrictSerializer):
    """A body without fields."""
