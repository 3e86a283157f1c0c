"""How a worker works."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from grader.courses.jobs import LEASE_SECONDS
from grader.frozen import dataclass
from grader.model import Level

QUOTA = 50 << 30


@dataclass(frozen=True)
class WorkerHow:
    """`data` holds the uploads. `jobs`: how many are graded side by side. `lowest`: the weakest isolation to accept.
    Once `stop` is set nothing more is begun; what runs has `grace_seconds`. `say` prints a line for whoever runs it.

    A job that is neither saved nor renewed within `lease_seconds` is given to another worker. `quota`: bytes that all
    uploads may take, for exports that are unpacked here.
    """

    data: Path
    jobs: int = 2
    lowest: Level = Level.LANDLOCK
    python: str | None = None
    fresh: bool = False
    lease_seconds: float = LEASE_SECONDS
    grace_seconds: float = 5.0
    idle_seconds: float = 0.25
    quota: int = QUOTA
    stop: threading.Event = field(default_factory=threading.Event)
    say: Callable[[str], None] = lambda _: None
