"""How pytest-xdist spreads the tests: its own `loadgroup` does not see groups under this pytest."""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/security/test_canaries.py": "the lived-in house",
    "tests/security/test_thief.py": "the lived-in house",
    "tests/browser/test_story.py": "one browser",
}
"""File → whose tests share something that takes long to make, and so run on one worker."""


class OneHouse(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types for it
    """Every test by itself to whoever is free, but for those that belong together."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(nodeid.partition("::")[0], nodeid)
