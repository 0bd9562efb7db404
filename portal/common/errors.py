"""What an action may refuse with. One handler turns these into HTTP, one into pages."""

from collections.abc import Mapping


class Refusal(Exception):
    """A request that is answered with a plain reason instead of being done."""

    code = "invalid"
    status = 400
    detail = "请求有误，请检查后重试。"

    def __init__(self, detail: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(detail or self.detail)
        self.detail = detail or self.detail
        self.fields = dict(fields or {})


class Invalid(Refusal):
    """Something given is wrong; `fields` says what, per field."""


class UnknownField(Refusal):
    """A field nobody asked for; refused rather than silently dropped."""

    code = "unknown_field"
    detail = "请求中有不认识的字段。"


class NotSignedIn(Refusal):
    """No session, or one that has been locked. `back`: where to go on after signing in."""

    code = "not_signed_in"
    status = 401
    detail = "请先登录。"

    def __init__(self, detail: str = "", *, back: str = "") -> None:
        super().__init__(detail)
        self.back = back


class Forbidden(Refusal):
    """An act on something one may see but may not do."""

    code = "forbidden"
    status = 403
    detail = "您的岗位不能进行此操作。"


class NotFound(Refusal):
    """Not there, or not to be seen: the two are never told apart."""

    code = "not_found"
    status = 404
    detail = "没有找到。"


class Stale(Refusal):
    """Somebody else changed it in the meantime; `current` is how it stands now."""

    code = "stale"
    status = 409
    detail = "内容已被他人更新，请刷新后再操作。"


class TooLarge(Refusal):
    """More than is taken in one piece."""

    code = "too_large"
    status = 413
    detail = "内容过大。"


class VersionRequired(Refusal):
    """A change without the version it was made on."""

    code = "version_required"
    status = 428
    detail = "请带上当前版本号（version 或 If-Match）。"


class RateLimited(Refusal):
    """Absurdly many requests; `retry_after` in seconds."""

    code = "rate_limited"
    status = 429
    detail = "操作过于频繁，请稍后再试。"

    def __init__(self, detail: str = "", *, retry_after: int = 60) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class NotReady(Refusal):
    """The installation has no keys yet: nothing can be sealed, so nothing is taken."""

    code = "not_ready"
    status = 503
    detail = "系统尚未启用，请稍后再试，或通过电话、来信、来访反映。"
