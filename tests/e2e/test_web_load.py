"""A class that hands in at the last minute, by HTTP, to `grade serve` as a process with its worker.

How long pages take meanwhile is told by benchmarks/load.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import load
from grader.courses.database import url_in

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_sixty_uploads_in_ten_seconds_are_each_graded_once(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    server = request.getfixturevalue("postgresql") if kind == "postgresql" else None
    seen, people = load.run(data, server.new() if server else url_in(data), uploads=60, seconds=10)
    try:
        assert load.faults(seen, people) == []
        assert len(set(seen.sent.values())) == 60
        assert {"course", "assignment", "attempt", "gradebook"} <= set(seen.pages)  # they were asked for meanwhile
    finally:
        people.database.close()
