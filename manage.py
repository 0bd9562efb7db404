#!/usr/bin/env python
"""Command line entry of Yanlu."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run one management command; a wrong setting is one line and exit 1."""
    os.umask(0o077)  # the database, the cache and the node's keys are nobody else's
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(f"!!! {problem}")


if __name__ == "__main__":
    main()
