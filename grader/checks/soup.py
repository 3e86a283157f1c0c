"""BeautifulSoup without the CSS selectors that it loads along, until one is used.

Their package takes most of the time of the import, as long as several starts of a server, and many rubrics name no
more than elements. Loading this module loads the rest.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from types import ModuleType
from typing import Any

_SELECTORS = "soupsieve"
_lock = threading.RLock()


class _Later(ModuleType):
    """Stands in for the package until something in it is asked for. The standard library's lazy loader will not do:
    to it, another import of the module is such a question."""

    def __getattr__(self, name: str) -> Any:
        return getattr(selectors(), name)


def selectors() -> ModuleType:
    """The package of the selectors, loaded."""
    with _lock:
        if isinstance(sys.modules.get(_SELECTORS), _Later):
            del sys.modules[_SELECTORS]
        return import_module(_SELECTORS)


sys.modules.setdefault(_SELECTORS, _Later(_SELECTORS))

from bs4 import BeautifulSoup  # noqa: E402  # it imports the selectors

__all__ = ["BeautifulSoup", "selectors"]
