"""`grade admin`: the accounts of those who run a department, made where its data lies."""

from __future__ import annotations

import contextlib
import getpass
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.department import default_folder, require_web
from grader.cli.saying import say, say_lines
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.courses.database import Database

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_MOST_PASSWORD = 4096


def _where(command: Callable[..., Any]) -> Callable[..., Any]:
    data = click.option(
        "--data", type=click.Path(path_type=Path), metavar="DIR", envvar="GRADE_DATA", help="The server's data folder."
    )
    database = click.option("--database", metavar="URL", envvar="GRADE_DATABASE", help="The server's database.")
    return data(database(command))


@click.group(context_settings=_SETTINGS)
def admin() -> None:
    """Accounts of a department, from the machine on which its data lies."""
    require_web()


@admin.command("create")
@click.argument("login")
@click.option("--name", default="", help="What others see. [the same]")
@click.option("--role", type=click.Choice(["admin", "instructor", "student"]), default="admin", show_default=True)
@_where
def create(login: str, name: str, role: str, data: Path | None, database: str | None) -> int:
    """Make an account that signs in as LOGIN. The password is asked for, or is the first line of standard input."""
    from grader.courses import accounts, audit
    from grader.courses.tables import Role

    password = _password()
    with _opened(data, database, new=True) as opened, opened.writing() as db:
        made = accounts.create_user(db, login, name, Role(role), password)
        audit.note(db, None, "user.create", f"user:{made.key}", {"login": made.login, "role": role}, who=_who())
        say(f"{made.login} may sign in, as {role}.", err=True)
    return 0


@admin.command("password")
@click.argument("login")
@_where
def password(login: str, data: Path | None, database: str | None) -> int:
    """Give LOGIN another password, asked for or read from standard input; its sessions end."""
    from grader.courses import accounts, audit

    given = _password()
    with _opened(data, database) as opened, opened.writing() as db:
        user = accounts.by_login(db, login)
        if user is None:
            raise UsageError(f"There is no account {accounts.folded(login)}.", "grade admin list shows them.")
        accounts.set_password(user, given)
        audit.note(db, None, "user.password", f"user:{user.key}", who=_who())
        say(f"{user.login} has another password, and is signed out everywhere.", err=True)
    return 0


@admin.command("list")
@_where
def list_(data: Path | None, database: str | None) -> int:
    """List admins and instructors."""
    from sqlalchemy import select

    from grader.courses import accounts
    from grader.courses.tables import Role, User

    with _opened(data, database) as opened, opened.reading() as db:
        asked = select(User).where(User.role != Role.STUDENT.value).order_by(User.role, User.login)
        lines = [
            f"{user.role:<12}{user.login or '-':<32} {user.name}"
            + ("" if accounts.can_sign_in(user) else "  (cannot sign in)")
            for user in db.scalars(asked)
        ]
    say_lines(lines or ["Nobody yet: grade admin create NAME makes the first one."])
    return 0


@contextlib.contextmanager
def _opened(data: Path | None, url: str | None, *, new: bool = False) -> Iterator[Database]:
    """The department's database. Raises UsageError where there is none, unless it is to be made."""
    from grader.cli.department import embedded_in, made_folder
    from grader.courses.database import FILE, Database

    folder = data or default_folder()
    if url is None and not new and not (folder / FILE).is_file():
        raise UsageError(f"{folder} holds no department.", "Give the server's folder with --data.")
    with contextlib.closing(Database.open(url or embedded_in(made_folder(folder)))) as opened:
        yield opened


def _password() -> str:
    """Asked for twice at a terminal; from a program, the first line. Never from the command line, which others see."""
    if sys.stdin.isatty():
        given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return given
    return sys.stdin.readline(_MOST_PASSWORD).rstrip("\r\n")


def _who() -> str:
    """For the audit log: the account of the system."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (OSError, KeyError):  # an account without a name
        return "command line"
