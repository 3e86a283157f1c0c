"""The swapped template: a text that only Jinja can turn into what the grader expects.

A template file of the student's copy is replaced by one whose expression has never been seen before: numbers made
from the nonce of this grading, a loop, and filters. If the page then shows the result, Jinja has rendered that file;
no search and replace gives it. The page also shows the names of the variables that the template received.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from grader.checks.html import text_of
from grader.frozen import dataclass
from grader.model import Evidence, Exchange, Overlay

# What Jinja and Flask give to every template.
_COMMON_NAMES = """
    _ config cycler dict g get_flashed_messages gettext joiner lipsum namespace ngettext npgettext pgettext range
    request self session url_for
"""
_CONTEXT = "self._TemplateReference__context"
_UNKNOWN = "?"


@dataclass(frozen=True)
class Rendered:
    """A swapped template that was rendered. `names` are the variables that it received; None where the template
    engine does not tell (a sandboxed one), and the names must be asked for one by one."""

    path: str
    exchange: Exchange
    names: tuple[str, ...] | None


@dataclass(frozen=True)
class _Riddle:
    """Numbers that nobody outside this grading knows; `answer` is what Jinja makes of them."""

    mark: str
    factors: tuple[int, int, int]
    step: int

    @classmethod
    def of(cls, path: str, nonce: str) -> _Riddle:
        digest = sha256(f"{nonce}\0{path}".encode()).digest()
        return cls(
            f"proof{digest[:8].hex()}", (11 + digest[8], 11 + digest[9], 11 + digest[10]), 10**6 + digest[11] * 7919
        )

    @property
    def question(self) -> str:
        numbers = ", ".join(map(str, self.factors))
        return f"{{% for n in [{numbers}] %}}{{{{ (n * {self.step} + loop.index) | string | reverse }}}}{{% endfor %}}"

    @property
    def answer(self) -> str:
        return "".join(str(n * self.step + index)[::-1] for index, n in enumerate(self.factors, 1))


def swap(path: str, nonce: str, ask: tuple[str, ...] = ()) -> Overlay:
    """The overlay that replaces the template at `path` (relative to home). With `ask`, it names those variables that
    are defined; without, all that it received, where the template engine allows to look."""
    riddle = _Riddle.of(path, nonce)
    if ask:
        names = "".join(f"{{% if {name} is defined %}}{name},{{% endif %}}" for name in ask)
    else:
        received = f"{{{{ {_CONTEXT}.get_all() | join(',') }}}}"
        names = f"{{% if {_CONTEXT} is defined %}}{received}{{% else %}}{_UNKNOWN}{{% endif %}}"
    return Overlay(path, f"{riddle.mark}({riddle.question})({names}){riddle.mark}\n".encode(), replaces=True)


def read(path: str, nonce: str, exchange: Exchange) -> Rendered | None:
    """What the swapped template at `path` left in an answer; None where it was not rendered."""
    riddle = _Riddle.of(path, nonce)
    _, found, rest = text_of(exchange).partition(f"{riddle.mark}({riddle.answer})(")
    names, ended, _ = rest.partition(f"){riddle.mark}")
    if not found or not ended:
        return None
    if names == _UNKNOWN:
        return Rendered(path, exchange, None)
    return Rendered(path, exchange, tuple(sorted({n for n in names.split(",") if n} - set(_COMMON_NAMES.split()))))


def proofs(evidence: Evidence) -> Iterator[Rendered]:
    """Every swapped template that was rendered, whichever check asked for the swap."""
    for seen in evidence.seen:
        for overlay in seen.observation.condition.overlays:
            for exchange in seen.exchanges if overlay.replaces else ():
                proof = read(overlay.path, evidence.nonce, exchange)
                if proof:
                    yield proof
