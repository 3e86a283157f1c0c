"""Any value that JSON can hold, as a frozen one: what a rubric compares with, and what a query reads."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from grader.frozen import dataclass


@dataclass(frozen=True)
class Json:
    """A JSON value by its canonical text, so that it can be compared and hashed."""

    text: str

    @classmethod
    def of(cls, value: Any) -> Json:
        """From None, bool, int, float, str, list and dict with text keys."""
        return cls(json.dumps(value, ensure_ascii=False, sort_keys=True))

    @property
    def value(self) -> Any:
        """The value; lists and dicts are shared between calls and must not be changed."""
        return _parsed(self.text)

    def __str__(self) -> str:
        return self.value if isinstance(self.value, str) else self.text


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Any:
    return json.loads(text)
