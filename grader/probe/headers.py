"""Headers as they were sent or came: pairs of name and value, in order, duplicates kept."""

from __future__ import annotations

Headers = tuple[tuple[str, str], ...]
