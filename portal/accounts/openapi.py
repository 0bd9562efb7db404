"""How the API description speaks of the staff session."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class StaffSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Session cookie, key cookie, and the CSRF header on everything that changes something."""

    target_class = "portal.accounts.authentication.StaffAuthentication"
    name = "staffSession"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """An API key in a cookie, as OpenAPI calls it."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "登录后由会话与密钥两个 Cookie 共同生效；修改操作须带 X-CSRFToken。",
        }
