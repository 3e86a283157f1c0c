"""BeautifulSoup without the CSS selectors that it loads along, until one is used.

Their package takes most of the time of the import, as long as several starts of a server, and many rubrics name no
more than elements. Loading this module loads the rest.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module, util
from types import ModuleType

_SELECTORS = "soupsieve"
_lock = threading.Lock()


def _defer() -> None:
    """Let the next import of the selectors give a module that loads itself when something in it is asked for."""
    spec = util.find_spec(_SELECTORS) if _SELECTORS not in sys.modules else None
    if spec is None or spec.loader is None:
        return
    spec.loader = util.LazyLoader(spec.loader)
    module = sys.modules[_SELECTORS] = util.module_from_spec(spec)
    spec.loader.exec_module(module)


def selectors() -> ModuleType:
    """The package of the selectors, loaded. Nothing else asks for it first: two threads could meet it half loaded."""
    with _lock:
        module = import_module(_SELECTORS)
        _ = module.compile
        return module


_defer()

from bs4 import BeautifulSoup  # noqa: E402  # it imports the selectors

__all__ = ["BeautifulSoup", "selectors"]
