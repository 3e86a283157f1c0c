"""Which names in a folder belong to somebody's work, and which are only what tools leave beside it."""

from __future__ import annotations

from collections.abc import Collection

_LEFT_OUT = frozenset(
    """
    __macosx .ds_store thumbs.db desktop.ini .git .hg .svn .bzr node_modules bower_components __pycache__ site-packages
    dist-packages .idea .vscode .vs .fleet .mypy_cache .pytest_cache .ruff_cache .hypothesis .tox .nox .eggs .cache
    .ipynb_checkpoints .pythonlibs .upm
    """.split()
) | {"icon\r"}
_ENVIRONMENT = "pyvenv.cfg"
_PARTS_OF_ENVIRONMENT = frozenset({_ENVIRONMENT, "bin", "scripts", "include", "lib", "lib64", "share"})


def left_out(name: str) -> bool:
    """Whether a file or folder of this name is never part of the work."""
    folded = name.casefold()
    return folded in _LEFT_OUT or name.startswith("._") or folded.endswith((".pyc", ".pyo"))


def kept(names: Collection[str], *, top: bool) -> list[str]:
    """Those names of one folder that belong to the work, sorted.

    A virtual environment is none of it, whatever it is called. But who made one right in the folder of the work (`top`)
    has both side by side: then only the parts of the environment go.
    """
    if _ENVIRONMENT not in names:
        return sorted(name for name in names if not left_out(name))
    if not top:
        return []
    return sorted(name for name in names if not left_out(name) and name.casefold() not in _PARTS_OF_ENVIRONMENT)


def shown(text: str) -> str:
    """A name as it can be printed: what would steer a terminal, or is no character at all, becomes an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
