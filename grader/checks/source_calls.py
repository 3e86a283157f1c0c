"""A call as a rubric names it."""

from __future__ import annotations

import re
from typing import ClassVar

from grader.frozen import dataclass
from grader.model import Json

DOTTED = re.compile(r"(?:\*\.)?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_ANYTHING = Json.of("...")

Found = tuple[str, int]  # a file and a line


@dataclass(frozen=True)
class CallPattern:
    """A call: what is called, and the values that it is given; `...` stands for any. A name alone will do."""

    SHORTHAND: ClassVar[str] = "name"

    name: str
    arguments: tuple[Json, ...] = ()
    keywords: tuple[tuple[str, Json], ...] = ()

    def __post_init__(self) -> None:
        if not DOTTED.fullmatch(self.name):
            raise ValueError(f"name is that of a function, such as random.randint or *.execute; this is {self.name!r}")

    @property
    def asks(self) -> bool:
        """Whether it says what is given."""
        return bool(self.arguments or self.keywords)

    @property
    def shown(self) -> str:
        """As Python writes it."""
        given = ["…" if a == _ANYTHING else _python(a) for a in self.arguments]
        given += [f"{name}={'…' if value == _ANYTHING else _python(value)}" for name, value in self.keywords]
        return f"{self.name}({', '.join(given)})"


def _python(value: Json) -> str:
    return repr(value.value)
