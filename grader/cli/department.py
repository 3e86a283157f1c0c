"""What the commands of a department share: its folder, its key, its database, who it trusts."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.saying import say
from grader.errors import StoreError, UsageError

if TYPE_CHECKING:
    from grader.web.settings import Oidc, Settings

_KEY_BYTES = 48
_FILE = "secret.key"


def default_folder() -> Path:
    """Where data lies unless something else is said."""
    told = os.environ.get("XDG_DATA_HOME", "")
    return (Path(told) if os.path.isabs(told) else Path.home() / ".local" / "share") / "weblab-grader"


def made_folder(data: Path) -> Path:
    """The data folder; a new one is for its owner alone, and that an old one is not is said. Raises StoreError."""
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        data.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{data} cannot be made: {error.strerror}.", "Choose another folder with --data.") from error
    if data.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        say(f"grade: Warning: others may look into {data}: chmod 700 {data}", err=True)
    return data.resolve()


def embedded_in(folder: Path) -> str:
    """The address of the database in a data folder. A new one is for its owner alone, whoever may look into the folder.
    Raises StoreError."""
    from grader.courses.database import FILE, url_in

    try:
        os.close(os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreError(f"{folder / FILE} cannot be used: {error.strerror}.", "Check its rights.") from error
    return url_in(folder)


def secret_of(data: Path) -> bytes:
    """What cookies and links are signed with: made once, and kept, so that a restart signs nobody out. Raises
    StoreError."""
    path = data / _FILE
    try:
        _make_secret(path)
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            found = file.read(1024).strip()
    except OSError as error:
        raise StoreError(f"{path} cannot be used: {error.strerror}.", "Check its rights.") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StoreError(f"Others may read {path}.", f"chmod 600 {path}, and sign everybody out by deleting it.")
    if len(found) < _KEY_BYTES:
        raise StoreError(f"{path} holds no key.", "Delete it: a new one is made, and everybody signs in again.")
    return found


def _make_secret(path: Path) -> None:
    """Whole or not at all, also where several start at once."""
    if path.exists():
        return
    draft = path.with_name(f".{_FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_urlsafe(_KEY_BYTES).encode())
            file.flush()
            os.fsync(descriptor)
        try:
            os.link(draft, path)
        except FileExistsError:  # somebody else was faster, and theirs counts
            return
    finally:
        os.unlink(draft)


def settings_of(
    data: Path,
    database: str | None,
    hosts: tuple[str, ...],
    *,
    https: bool = False,
    proxies: int = 0,
    local: bool = False,
) -> Settings:
    """How the web application is set up. Raises StoreError, UsageError."""
    from grader.web.settings import Settings

    folder = made_folder(data)
    return Settings(
        data=folder,
        database=database or embedded_in(folder),
        secret=secret_of(folder),
        hosts=hosts,
        https=https,
        proxies=proxies,
        local=local,
        oidc=oidc_of(os.environ),
    )


def oidc_of(environment: Mapping[str, str]) -> Oidc | None:
    """The OpenID provider that the environment names, if any. Raises UsageError."""
    from grader.web.settings import Oidc

    discovery = environment.get("GRADE_OIDC_DISCOVERY", "")
    if not discovery:
        return None
    client, secret = environment.get("GRADE_OIDC_CLIENT_ID", ""), _client_secret(environment)
    if not client or not secret:
        raise UsageError(
            "GRADE_OIDC_DISCOVERY is set, and GRADE_OIDC_CLIENT_ID or the client's secret is missing.",
            "Set GRADE_OIDC_CLIENT_ID, and GRADE_OIDC_CLIENT_SECRET_FILE (a file) or GRADE_OIDC_CLIENT_SECRET.",
        )
    if not discovery.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise UsageError("The OpenID provider is not asked by HTTPS.", "Give its https address.")
    _require("authlib", "oidc")
    _require("requests", "oidc")
    label = environment.get("GRADE_OIDC_LABEL", "") or Oidc.label
    create = environment.get("GRADE_OIDC_CREATE", "") in ("1", "true", "yes")
    return Oidc(discovery, client, secret, label, create)


def _client_secret(environment: Mapping[str, str]) -> str:
    path = environment.get("GRADE_OIDC_CLIENT_SECRET_FILE", "")
    if not path:
        return environment.get("GRADE_OIDC_CLIENT_SECRET", "")
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read.", "It is named by GRADE_OIDC_CLIENT_SECRET_FILE.") from error


def require_web() -> None:
    """Raises UsageError where the packages of the web application are not there."""
    for package in ("argon2", "flask_wtf", "waitress"):
        _require(package, "web")


def _require(package: str, extra: str) -> None:
    from importlib.util import find_spec

    if find_spec(package) is None:
        raise UsageError(f"{package} is not installed, which this needs.", f"pip install 'weblab-grader[{extra}]'")
