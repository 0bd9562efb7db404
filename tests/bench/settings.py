"""Yanlu's own settings, with the bare reference views mounted beside the real ones."""

from portal.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.urls"
