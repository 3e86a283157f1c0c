"""Random draws of the student's own files, pinned to one end of their range.

Sampling makes a grade a matter of luck: `randint(1000, 9000)` leaves 2000-9000 in one start out of eight. So a start
can have every draw give its lowest or its highest value. Only draws that the student's own files make are pinned, and
of each call site only the first 64, so that loops which wait for another value come to an end. Draws by libraries,
`os.urandom`, `secrets.token_*`, uuid, tempfile and seeds never are.

Patched are the few methods that all others of `random` and `secrets` rest on, and those that would turn an end of
their range into something else (`choice`, `sample`, `shuffle`).
"""

from __future__ import annotations

import random
import secrets
import sys
from collections.abc import Callable
from typing import Any

DRAWS_OF_A_SITE = 64
_TEMPLATE_FILTERS = ("jinja2.filters", "jinja2.async_utils")  # `|random` in a template is the student's own draw

Natural = Callable[..., Any]


class End:
    """One end of every range, for draws from below one folder."""

    def __init__(self, high: bool, folder: str) -> None:
        self.high = high
        self._prefix = folder.rstrip("/") + "/"
        self._inner = [vars(random), vars(secrets), globals()]
        self._draws: dict[tuple[Any, int], int] = {}

    def wanted(self) -> bool:
        """Whether this draw, made by the caller of the caller, is to be pinned; counts it."""
        frame = sys._getframe(2)  # type: Any
        while frame is not None and self._passes_on(frame):
            frame = frame.f_back
        if frame is None or not frame.f_code.co_filename.startswith(self._prefix):
            return False
        site = (frame.f_code, frame.f_lasti)
        self._draws[site] = count = self._draws.get(site, 0) + 1
        return count <= DRAWS_OF_A_SITE

    def _passes_on(self, frame: Any) -> bool:
        """Whether this frame only hands the draw on, as `randint` does."""
        names = frame.f_globals
        return any(names is inner for inner in self._inner) or names.get("__name__") in _TEMPLATE_FILTERS

    def add_inner(self, names: dict[str, Any]) -> None:
        """Frames with these globals only hand draws on."""
        self._inner.append(names)

    def unit(self) -> float:
        """The end of [0, 1): never 0 (logarithm, division), nor so near to 1 that a scaled value rounds up."""
        return 1 - 2**-32 if self.high else 2**-32

    def of(self, values: Any) -> Any:
        """The least or greatest of a sequence; where they cannot be compared, its first or last."""
        if isinstance(values, range):
            return (max if self.high else min)(values[0], values[-1])
        try:
            return (max if self.high else min)(values)
        except TypeError:
            return values[-1 if self.high else 0]

    def ordered(self, values: Any) -> list[Any]:
        """All values, this end first."""
        try:
            return sorted(values, reverse=self.high)
        except TypeError:
            return list(values)[:: -1 if self.high else 1]


def install(high: bool, folder: str) -> None:
    """Pin in this process, for good; `folder` holds the student's files."""
    end = End(high, folder)
    for kind in (random.Random, random.SystemRandom):
        _replace(kind, "_randbelow", _below(end))
        _replace(kind, "getrandbits", _bits(end))
        _replace(kind, "random", _unit(end))
    for name, make in (("choice", _choice), ("choices", _choices), ("sample", _sample), ("shuffle", _shuffle)):
        _replace(random.Random, name, make(end))
    shared = random._inst  # whose bound methods the module hands out as functions
    for name in random.__all__:
        if getattr(getattr(random, name), "__self__", None) is shared:
            setattr(random, name, getattr(shared, name))
    system = secrets._sysrand  # type: ignore[attr-defined]
    secrets.randbits, secrets.choice = system.getrandbits, system.choice
    from . import pin_numpy

    pin_numpy.install(end)


def _replace(kind: type, name: str, pinned: Callable[..., Any]) -> None:
    natural = getattr(kind, name)

    def method(self: Any, *values: Any, **options: Any) -> Any:
        return pinned(natural, self, *values, **options)

    method.__name__ = name
    setattr(kind, name, method)


def _below(end: End) -> Natural:
    def below(natural: Natural, self: Any, n: int) -> Any:
        return (n - 1 if end.high else 0) if n > 0 and end.wanted() else natural(self, n)

    return below


def _bits(end: End) -> Natural:
    def bits(natural: Natural, self: Any, k: int) -> Any:
        if isinstance(k, int) and k > 0 and end.wanted():
            return (1 << k) - 1 if end.high else 0
        return natural(self, k)

    return bits


def _unit(end: End) -> Natural:
    def unit(natural: Natural, self: Any) -> Any:
        return end.unit() if end.wanted() else natural(self)

    return unit


def _choice(end: End) -> Natural:
    def choice(natural: Natural, self: Any, seq: Any) -> Any:
        return end.of(seq) if len(seq) and end.wanted() else natural(self, seq)

    return choice


def _choices(end: End) -> Natural:
    def choices(
        natural: Natural, self: Any, population: Any, weights: Any = None, *, cum_weights: Any = None, k: int = 1
    ) -> Any:
        if weights is None and cum_weights is None and len(population) and end.wanted():
            return [end.of(population)] * k
        return natural(self, population, weights, cum_weights=cum_weights, k=k)

    return choices


def _sample(end: End) -> Natural:
    def sample(natural: Natural, self: Any, population: Any, k: int, **options: Any) -> Any:
        plain = hasattr(population, "__getitem__") and not options.get("counts")
        if plain and 0 <= k <= len(population) and end.wanted():
            return (
                end.ordered(population)[:k] if not isinstance(population, range) else _end_of_range(end, population, k)
            )
        return natural(self, population, k, **options)

    return sample


def _end_of_range(end: End, values: range, k: int) -> list[int]:
    """As `ordered`, but a range of a billion is not written out."""
    rising = values if values.step > 0 else values[::-1]
    return list(rising[::-1][:k] if end.high else rising[:k])


def _shuffle(end: End) -> Natural:
    def shuffle(natural: Natural, self: Any, x: Any, *rest: Any) -> None:
        if end.wanted():
            x[:] = end.ordered(x)
        else:
            natural(self, x, *rest)

    return shuffle
