"""Yanlu's own settings over a throw-away environment: nothing of a test run touches ./var or ./secrets.

SQLite on a file and diskcache, unless `python -m tests.services` started PostgreSQL and Redis for the run.
The run on SQLite makes everything with suite 1, the one on PostgreSQL with suite 2.
Every pytest-xdist worker has folders, a database and a cache of its own.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

SUITES = {"sqlite": "1", "postgres": "2"}
"""The suite each run makes everything with, so that `make test` goes once through both."""

_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
_home = Path(tempfile.mkdtemp(prefix=f"yanlu-test-{_worker}-"))
atexit.register(shutil.rmtree, _home, ignore_errors=True)

_services = os.environ.get("YANLU_TEST_BACKEND") == "postgres"
if _services:
    _database = os.environ["YANLU_DATABASE_URL"]
    _redis = os.environ["YANLU_CACHE_URL"].partition("?")[0]
    _cache = f"{_redis}?db={_worker.removeprefix('gw')}"
else:
    _database, _cache = f"sqlite:///{_home}/yanlu.sqlite3", f"disk://{_home}/cache"

_environment = {
    "YANLU_DATABASE_URL": _database,
    "YANLU_CACHE_URL": _cache,
    "YANLU_TEST_BACKEND": "postgres" if _services else "sqlite",
    "YANLU_SUITE": SUITES["postgres" if _services else "sqlite"],
    "YANLU_DATA_DIR": str(_home / "var"),
    "YANLU_SECRETS_DIR": str(_home / "secrets"),
    "YANLU_MASTER_KEY": "5e" * 32,
    "YANLU_ARGON2_KIB": "8",  # a hard passphrase check would only make the tests slow
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright keeps an event loop in the thread that runs the tests
}
for _name in [name for name in os.environ if name.startswith("YANLU_")]:
    del os.environ[_name]  # what the developer has set is not what is tested
os.environ.update(_environment)

from portal.settings import *  # noqa: E402, F403  # reads the environment made above
from portal.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

if not _services:
    # On a file, as in service; Django's own choice for tests would be a database in memory.
    DATABASES["default"]["TEST"] = {"NAME": str(_home / "test.sqlite3")}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
STATIC_ROOT.mkdir(parents=True)
