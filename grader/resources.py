"""Finds the files that stand at the top of the tree and travel inside the wheel: rubrics, templates, static."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `name` ("rubrics", "templates" or "static"), installed or in a checkout."""
    installed = PACKAGE / "_data" / name
    return installed if installed.is_dir() else PACKAGE.parent / name
