"""Which names in a folder belong to somebody's work, and which are only what tools leave beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

_LEFT_OUT_WORDS = """
    __macosx .ds_store thumbs.db desktop.ini .git .hg .svn .bzr node_modules bower_components __pycache__
    site-packages dist-packages .idea .vscode .vs .fleet .mypy_cache .pytest_cache .ruff_cache .hypothesis .tox .nox
    .eggs .cache .ipynb_checkpoints .pythonlibs .upm
"""
_LEFT_OUT = frozenset([*_LEFT_OUT_WORDS.split(), "icon\r"])
_ENVIRONMENT = "pyvenv.cfg"
_PARTS_OF_ENVIRONMENT = frozenset({_ENVIRONMENT, "bin", "scripts", "include", "lib", "lib64", "share"})
_JOINERS = "\u200c\u200d\u00ad"  # invisible, but ordinary parts of words and of emoji


def left_out(name: str) -> bool:
    """Whether a file or folder of this name is never part of the work."""
    folded = name.casefold()
    return folded in _LEFT_OUT or name.startswith("._") or folded.endswith((".pyc", ".pyo"))


def is_environment(names: Collection[str]) -> bool:
    """Whether a folder that holds these names is a virtual environment."""
    return _ENVIRONMENT in names


def kept(names: Collection[str], *, top: bool) -> list[str]:
    """Those names of one folder that belong to the work, sorted.

    A virtual environment is none of it, whatever it is called. But who made one right in the folder of the work (`top`)
    has both side by side: then only the parts of the environment go.
    """
    if not is_environment(names):
        return sorted(name for name in names if not left_out(name))
    if not top:
        return []
    return sorted(name for name in names if not left_out(name) and name.casefold() not in _PARTS_OF_ENVIRONMENT)


def misleads(text: str) -> bool:
    """Whether a name holds what steers a terminal, turns the direction of writing, or is no character at all."""
    return any(_misleads(character) for character in text)


def shown(text: str) -> str:
    """A name as it can be printed: each misleading character becomes an escape."""
    return "".join(c.encode("unicode_escape").decode("ascii") if _misleads(c) else c for c in text)


def _misleads(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and character not in _JOINERS)
