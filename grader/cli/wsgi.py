"""The web application for another server than `grade serve` has, set up by the environment alone.

gunicorn --worker-class gthread --threads 44 'grader.cli.wsgi:application()'
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.department import default_folder, require_web, settings_of
from grader.errors import UsageError

if TYPE_CHECKING:
    from flask import Flask


def application() -> Flask:
    """As GRADE_DATA, GRADE_DATABASE, GRADE_TRUSTED_HOSTS (with commas), GRADE_HTTPS (1) and GRADE_PROXIES (how many)
    say. It starts no worker. Raises UsageError, StoreError."""
    require_web()
    from grader.web.app import create_app

    said = os.environ
    hosts = tuple(filter(None, (name.strip() for name in said.get("GRADE_TRUSTED_HOSTS", "").split(","))))
    if not hosts:
        raise UsageError("Nobody said by which name it is asked for.", "Set GRADE_TRUSTED_HOSTS=grader.example.edu.")
    proxies = said.get("GRADE_PROXIES", "0")
    if not proxies.isdigit():
        raise UsageError("GRADE_PROXIES is no number.", "Set it to how many proxies stand before the server.")
    return create_app(
        settings_of(
            Path(said.get("GRADE_DATA") or default_folder()),
            said.get("GRADE_DATABASE") or None,
            hosts,
            https=said.get("GRADE_HTTPS", "") in ("1", "true", "yes"),
            proxies=int(proxies),
        )
    )
