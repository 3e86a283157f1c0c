"""Whether this process has been running all the time.

Who is stopped (a debugger, a frozen container, a suspended machine) sees answers too late that came in time: what was
being graded meanwhile is nothing to hold against anybody.
"""

from __future__ import annotations

import time

_MOST_GAP = 3.0  # seconds; the least that a rubric allows a request by default is more


class Pulse:
    """Beats several times a second, in one thread; any thread asks."""

    def __init__(self) -> None:
        self._last = self._gap = time.monotonic()

    def beat(self) -> None:
        """Still here."""
        moment = time.monotonic()
        if moment - self._last > _MOST_GAP:
            self._gap = moment
        self._last = moment

    def steady_since(self, begun: float) -> bool:
        """Whether there was no gap since then, by the monotonic clock."""
        return self._gap <= begun and time.monotonic() - self._last <= _MOST_GAP
