"""How the web application is set up. `grade serve` makes it from its options; tests make it directly."""

from __future__ import annotations

from pathlib import Path

from grader.frozen import dataclass


@dataclass(frozen=True)
class Oidc:
    """An OpenID provider: `discovery` is the address of its configuration, `label` what the button says. `create`:
    whoever it vouches for gets an account; else only who has one, or is on a class list, comes in."""

    discovery: str
    client_id: str
    client_secret: str
    label: str = "Sign in with your university account"
    create: bool = False


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
    proxies: int = 0  # how many stand before it; what they say of whoever asks is believed
    oidc: Oidc | None = None
    most_upload: int = 32 << 20
    most_export: int = 2 << 30
    quota_of_person: int = 256 << 20
    quota: int = 50 << 30
    most_streams: int = 32  # pages that are told of news as it comes; others ask now and then
