"""Keeps pytest out of the submissions, some of which bring a conftest.py of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.ground import Graders

collect_ignore_glob = ["corpus/*", "kit/*"]


@pytest.fixture(scope="session")
def graders() -> Iterator[Graders]:
    """One grader for each account and level."""
    made = Graders()
    yield made
    made.close()
