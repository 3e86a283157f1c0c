"""A PostgreSQL server of the tests' own: in a temporary folder, reached by a socket in it, and by nobody else."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

_ORDINARY = 65534  # nobody's account: PostgreSQL does not run as root, and wants a user that has a name
_WITHOUT_SYNC = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "listen_addresses=")


class Server:
    """A server that runs; its databases are made as they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._made = folder, 0
        self._who = {"user": _ORDINARY, "group": _ORDINARY, "extra_groups": ()} if os.geteuid() == 0 else {}
        if self._who:
            os.chown(folder, _ORDINARY, _ORDINARY)
        how = ["-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        init = [_program("initdb"), "-D", folder / "data", *how]
        subprocess.run(init, check=True, capture_output=True, cwd=folder, **self._who)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [word for setting in _WITHOUT_SYNC for word in ("-c", setting)]
        command = [_program("postgres"), "-D", self._folder / "data", "-k", self._folder, *settings]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, **self._who)
        until = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(host=str(self._folder), user="tests", dbname="postgres").close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    pytest.fail((self._folder / "log").read_text())
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """End it; who is connected loses the connection."""
        self._process.send_signal(2)
        self._process.wait(30)

    def new(self) -> str:
        """The address of a new, empty database."""
        self._made += 1
        name = f"tests{self._made}"
        with psycopg.connect(host=str(self._folder), user="tests", dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"postgresql://tests@/{name}?host={self._folder}"


def _program(name: str) -> str:
    """Debian keeps the server's programs in a folder of their version, which no PATH names."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    return str(found[-1]) if found else shutil.which(name) or pytest.fail(f"{name} of PostgreSQL is not installed")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One for all tests of a process."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))  # a short path: that of a socket has an end
    server = Server(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
