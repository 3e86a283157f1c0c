"""How late work came, by the times that are known, and in words."""

from __future__ import annotations

from datetime import datetime

_HOUR, _DAY = 3600, 86400


def beyond(submitted: str | None, deadline: str | None) -> float | None:
    """Seconds after a deadline, 0 for what came in time; both are ISO 8601. None where one of them is not known, or
    where only one says its time zone."""
    if not submitted or not deadline:
        return None
    try:
        late = datetime.fromisoformat(submitted) - datetime.fromisoformat(deadline)
    except (ValueError, TypeError):  # TypeError: one of them does not say its zone
        return None
    return max(late.total_seconds(), 0.0)


def moved(submitted: str, seconds: float, before: str | None, now: str | None) -> float:
    """Lateness by another deadline; what did not follow from the one before was said by somebody, and stays."""
    return (beyond(submitted, now) or 0.0) if seconds == (beyond(submitted, before) or 0.0) else seconds


def in_words(seconds: float) -> str:
    """For people; at least a minute."""
    if seconds >= 2 * _DAY:
        return f"{seconds / _DAY:.1f} days"
    return f"{seconds / _HOUR:.1f} hours" if seconds >= _HOUR else f"{max(seconds / 60, 1):.0f} min"
