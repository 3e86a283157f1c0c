"""How the web application is set up. `grade serve` makes it from its options; tests make it directly."""

from __future__ import annotations

from pathlib import Path

from grader.frozen import dataclass


@dataclass(frozen=True)
class Settings:
    """`data` holds uploads, and the database where none is named. `hosts`: names under which it may be asked for.
    `https`: cookies are sent over HTTPS only. `local`: one person's own machine, with a link instead of a password.
    Sizes are in bytes."""

    data: Path
    database: str
    secret: bytes
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    https: bool = False
    local: bool = False
    most_upload: int = 32 << 20
    most_export: int = 2 << 30
    quota_of_person: int = 256 << 20
    quota: int = 50 << 30
    most_streams: int = 32  # pages that are told of news as it comes; others ask now and then
