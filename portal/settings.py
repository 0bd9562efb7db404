"""All settings of Yanlu, read strictly from the environment (DESIGN §8 in docs/operations.md).

No secret has a usable default: where none is given, `manage.py vault init` makes one in the secrets
folder, and a command that needs one before that says so.
"""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal.common.env import (
    cache_from_url,
    database_from_url,
    env_bool,
    env_choice,
    env_int,
    env_list,
    env_networks,
    env_origin,
    env_secret,
    env_str,
    hex_keys,
    refuse_set,
    refuse_unread_files,
    secret_or_file,
)

BASE_DIR = Path(__file__).resolve().parent.parent

for _absent in ("YANLU_STORAGE_URL", "YANLU_EMAIL_URL"):
    refuse_set(_absent, "not in this release")
refuse_unread_files(
    (
        "YANLU_MASTER_KEY",
        "YANLU_COOKIE_KEY",
        "YANLU_ROOT_FINGERPRINT",
        "YANLU_METRICS_TOKEN",
        "YANLU_DATABASE_URL",
        "YANLU_CACHE_URL",
    )
)

# --- Yanlu's own -------------------------------------------------------------------------------------
YANLU_DEMO = env_bool("YANLU_DEMO", default=False)
YANLU_DATA_DIR = Path(env_str("YANLU_DATA_DIR", str(BASE_DIR / "var"))).resolve()
YANLU_SECRETS_DIR = Path(env_str("YANLU_SECRETS_DIR", str(BASE_DIR / "secrets"))).resolve()
YANLU_BASE_URL = env_origin("YANLU_BASE_URL", "http://127.0.0.1:8000")
YANLU_TRUSTED_PROXIES = env_networks("YANLU_TRUSTED_PROXIES")
YANLU_ZONE = env_choice("YANLU_ZONE", "single", ("single",))
YANLU_POW = env_choice("YANLU_POW", "off", ("off", "auto", "always"))
if YANLU_POW == "always":
    raise ImproperlyConfigured("YANLU_POW=always: proof of work is not in this release; set off or auto")
YANLU_POW = "off"
YANLU_METRICS_TOKEN = env_secret("YANLU_METRICS_TOKEN")
YANLU_IDLE_MINUTES = env_int("YANLU_IDLE_MINUTES", 15, least=1)
"""After so many minutes without a request a session is locked (GB/T 22239 8.1.4.1 b)."""
YANLU_ARGON2_KIB = env_int("YANLU_ARGON2_KIB", 65536, least=8)
"""Memory of one passphrase check, in KiB."""
YANLU_SUITE = int(env_choice("YANLU_SUITE", "1", ("1", "2")))
"""The suite new things are made with: 1 libsodium, 2 SM3 and SM4. What either made opens under both."""
YANLU_CLAIM_MINUTES = 30


def _node_secret(variable: str, file_name: str) -> str:
    """A secret from the environment, or from the file that `vault init` made; empty before that."""
    path = YANLU_SECRETS_DIR / file_name
    return env_secret(variable) or (path.read_text(encoding="ascii").strip() if path.exists() else "")


hex_keys("YANLU_MASTER_KEY", _node_secret("YANLU_MASTER_KEY", "master.key"))  # refuses a wrong one at start
YANLU_MASTER_KEY, YANLU_MASTER_KEY_FILE = secret_or_file("YANLU_MASTER_KEY", YANLU_SECRETS_DIR / "master.key")
"""64 hex digits, or two such keys while one takes over from the other; they only wrap the node's keys. What
is not in the environment is read from the file whenever it is needed: ask `portal.vault.master_keys`.
"""
YANLU_ROOT_FINGERPRINT = _node_secret("YANLU_ROOT_FINGERPRINT", "root.fingerprint")
"""Fingerprint of the root key every certificate must lead to."""
YANLU_EXTERNAL_KEY = env_str("YANLU_EXTERNAL_KEY")
"""Public sealing key (hex) of the body outside that takes reports about the special office."""

YANLU_HOOKS: dict[str, list[str]] = {
    "preflight": ["moderation.screening.pipeline.preflight"],
    "report_filed": [
        "moderation.triage.receivers.report_filed",
        "moderation.deadlines.receivers.report_filed",
    ],
    "report_added": [
        "moderation.triage.receivers.report_added",
        "portal.identity.receivers.report_added",
    ],
    "report_withdrawn": [
        "moderation.triage.receivers.report_withdrawn",
        "moderation.deadlines.receivers.report_withdrawn",
    ],
    "report_rated": ["moderation.triage.receivers.report_rated"],
    "staff_changed": ["portal.identity.receivers.staff_changed"],
    "public_change": ["moderation.deadlines.receivers.public_change"],
    "due_changed": ["moderation.triage.receivers.due_changed"],
    "remind": [],
    "reports_naming": ["moderation.triage.naming.naming_a_colleague"],
    "tampering_noticed": ["portal.audit.alarms.tampering_noticed"],
    "in_sight": ["moderation.triage.sight.in_sight", "moderation.forum.sight.in_sight"],
    "metrics": ["moderation.triage.receivers.metrics"],
    "reference_data": [
        "portal.intake.forms_archive.archive_forms",
        "moderation.deadlines.reference.load_rules",
    ],
    "demo": ["moderation.desk.demo.add_demo"],
}
YANLU_URLCONFS = ["moderation.urls"]
"""URL modules of the floors above, mounted by `portal.urls`."""

# --- Django ------------------------------------------------------------------------------------------
DEBUG = False
SECRET_KEY = _node_secret("YANLU_COOKIE_KEY", "cookie.key") or secrets.token_hex(32)
"""Signs sessions and CSRF tokens; before `vault init` a throw-away one."""
ALLOWED_HOSTS = env_list("YANLU_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "django_htmx",
    "csp",
    "portal",
    "moderation",
    "wechat_bot",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.common.middleware.PrivatePages",
    "portal.accounts.middleware.StaffSessions",
    "django.middleware.common.CommonMiddleware",
    "portal.common.middleware.StaffCsrf",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.common.middleware.Refusals",
    "portal.accounts.keeping.KeepTyped",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "portal.shell.context.staff",
                "portal.shell.context.site",
            ]
        },
    }
]

DATABASES = {
    "default": database_from_url(
        env_secret("YANLU_DATABASE_URL", f"sqlite:///{YANLU_DATA_DIR}/yanlu.sqlite3")
    )
}
CACHES = {"default": cache_from_url(env_secret("YANLU_CACHE_URL", f"disk://{YANLU_DATA_DIR}/cache"))}

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = YANLU_DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MANIFEST_STRICT = True

# --- Sessions and cookies: staff only; public pages set none ---------------------------------------------
_https = urlsplit(YANLU_BASE_URL).scheme == "https"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_SECURE = _https
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.common.middleware.csrf_failed"
CSRF_TRUSTED_ORIGINS = [YANLU_BASE_URL] if _https else []

# --- HTTP hardening -----------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = False  # the reverse proxy redirects; a redirect here would break the WeChat callback
SECURE_HSTS_SECONDS = 31536000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = "same-origin"  # desk: under "no-referrer" forms post `Origin: null`
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]  # plaintext never on disk

# --- REST ---------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.common.rest.BoundedJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.accounts.authentication.StaffAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["portal.accounts.authentication.SignedInOnly"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "portal.common.rest.answer_exception",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "言路 Yanlu",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": True,
    "ENUM_NAME_OVERRIDES": {
        "TriageState": "moderation.triage.models.State",
        "LeadState": "moderation.ledger.models.LeadState",
        "LeadSource": "moderation.ledger.models.SourceClass",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.common.openapi.add_error_answers",
    ],
}

# --- Background work: commits with the change, redelivered after a crash ---------------------------------
Q_CLUSTER = {
    "name": "yanlu",
    "orm": "default",
    "workers": env_int("YANLU_WORKERS", 1, least=1),
    "timeout": 120,
    "retry": 180,
    "max_attempts": 20,
    "poll": 1,
    # The scheduler runs what unsigned columns name, and kept results are unpickled: with either, whoever can
    # write the database could run code here. What goes by the clock is `manage.py housekeeping`.
    "scheduler": False,
    "save_limit": -1,
    "ack_failures": False,
    "catch_up": False,
    "label": "言路后台任务",
}

RATELIMIT_USE_CACHE = "default"
RATELIMIT_FAIL_OPEN = True  # a cache that is down must not stop people from reporting

EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # nothing sends mail yet
SILENCED_SYSTEM_CHECKS = [
    "security.W003",  # CSRF: portal.common.middleware.StaffCsrf is that middleware, on the desk's pages
    "security.W008",  # SECURE_SSL_REDIRECT: see above
]

# --- Logs: one line an event, no address, no body, no query string ----------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"scrub": {"()": "portal.common.logs.Scrub"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["scrub"]},
    },
    "root": {"handlers": ["console"], "level": env_str("YANLU_LOG_LEVEL", "WARNING")},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "django.request": {"level": "ERROR"},  # refusals are no news
    },
}

_LOOPBACK = {"127.0.0.1", "localhost", "::1", "[::1]"}
if YANLU_DEMO and not {str(urlsplit(YANLU_BASE_URL).hostname), *ALLOWED_HOSTS} <= _LOOPBACK:
    raise ImproperlyConfigured("YANLU_DEMO=1 serves loopback names only: everybody knows its keys")
