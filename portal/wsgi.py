"""WSGI entry for Granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

from portal.vault.mark import refuse_wrong_mode  # noqa: E402  needs the application set up

refuse_wrong_mode()
