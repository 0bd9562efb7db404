"""WSGI entry for Granian."""

import os

from django.core.wsgi import get_wsgi_application

from portal.common.wsgi_body import WholeBody

os.umask(0o077)  # the database, the cache and the node's keys are nobody else's
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = WholeBody(get_wsgi_application())

from portal import hooks  # noqa: E402  need the application set up
from portal.vault.mark import refuse_wrong_mode  # noqa: E402

refuse_wrong_mode()
hooks.load_all()
