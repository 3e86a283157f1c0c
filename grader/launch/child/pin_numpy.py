"""The same ends for numpy.random, where the course has it: pinned when, and only if, the program imports it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pin import End

_MODULE = "numpy.random"


def install(end: End) -> None:
    """Pin numpy.random now, or right after it is imported."""
    end.add_inner(globals())
    if _MODULE in sys.modules:
        _patch(sys.modules[_MODULE], end)
    else:
        sys.meta_path.insert(0, _AfterImport(end))


class _AfterImport:
    """Lets the ordinary finders find numpy.random, and patches it once it is loaded."""

    def __init__(self, end: End) -> None:
        self._end, self._busy = end, False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != _MODULE or self._busy:
            return None
        self._busy = True
        import importlib.util

        spec = importlib.util.find_spec(name)  # type: Any
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            load(module)
            _patch(module, self._end)

        spec.loader.exec_module = exec_module
        return spec


def _patch(module: Any, end: End) -> None:
    ends = _Ends(end, sys.modules["numpy"])
    table = {  # type: dict[str, Callable[..., Any]]
        "randint": lambda low, high=None, size=None, dtype=int: ends.integer(low, high, size),
        "random_integers": lambda low, high=None, size=None: ends.integer(
            1 if high is None else low, (low if high is None else high) + 1, size
        ),
        "uniform": lambda low=0.0, high=1.0, size=None: ends.real(low, high, size),
        "rand": lambda *shape: ends.real(0.0, 1.0, shape or None),
        "choice": lambda a, size=None, replace=True, p=None: ends.member(a, size),
    }
    for name in ("random", "random_sample", "ranf", "sample"):
        table[name] = lambda size=None: ends.real(0.0, 1.0, size)
    for name, pinned in table.items():
        if hasattr(module, name):
            setattr(module, name, _either(getattr(module, name), pinned, end))
    _patch_generator(module, ends, end)


def _patch_generator(module: Any, ends: _Ends, end: End) -> None:
    natural_generator, natural_make = module.Generator, module.default_rng

    class Generator(natural_generator):  # type: ignore[misc,valid-type]  # the class is known at run time only
        def integers(
            self, low: Any, high: Any = None, size: Any = None, dtype: Any = int, endpoint: bool = False
        ) -> Any:
            if not end.wanted():
                return super().integers(low, high, size=size, dtype=dtype, endpoint=endpoint)
            return ends.integer(low, high, size, endpoint)

        def random(self, size: Any = None, *rest: Any, **options: Any) -> Any:
            return ends.real(0.0, 1.0, size) if end.wanted() else super().random(size, *rest, **options)

        def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
            return ends.real(low, high, size) if end.wanted() else super().uniform(low, high, size)

        def choice(self, a: Any, size: Any = None, *rest: Any, **options: Any) -> Any:
            if not rest and not options and end.wanted():
                return ends.member(a, size)
            return super().choice(a, size, *rest, **options)

    module.default_rng = lambda seed=None: Generator(natural_make(seed).bit_generator)


def _either(natural: Callable[..., Any], pinned: Callable[..., Any], end: End) -> Callable[..., Any]:
    def draw(*values: Any, **options: Any) -> Any:
        return pinned(*values, **options) if end.wanted() else natural(*values, **options)

    return draw


class _Ends:
    """Ends of numpy's ranges, as a number or as an array of them."""

    def __init__(self, end: End, numpy: Any) -> None:
        self._end, self._numpy = end, numpy

    def integer(self, low: Any, high: Any | None, size: Any, endpoint: bool = False) -> Any:
        first, behind = (0, low) if high is None else (low, high)
        return self._filled((behind if endpoint else behind - 1) if self._end.high else first, size)

    def real(self, low: Any, high: Any, size: Any) -> Any:
        return self._filled(low + (high - low) * self._end.unit(), size)

    def member(self, values: Any, size: Any) -> Any:
        return self._filled(self._end.of(range(values) if isinstance(values, int) else list(values)), size)

    def _filled(self, value: Any, size: Any) -> Any:
        return value if size is None else self._numpy.full(size, value)
