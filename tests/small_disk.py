"""A file system of a test's own, which only one process and what that starts can see: so small that the kernel itself
says when it is full, or read-only from one moment to the next.

    with SmallDisk(tmp_path / "disk", "size=8m") as disk:
        code, out, err = disk.run([sys.executable, "-m", "grader", ...], {})
        (disk.root / "file").write_bytes(...)        # the same folder, seen from here
        disk.remount("ro")

Root needs no more than a namespace for mounts; an ordinary user gets one of users besides, in which nobody else is.
This module is also the program that lives there.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_NEW_USER, _NEW_MOUNTS = 0x10000000, 0x00020000
_READ_ONLY, _REMOUNT, _PRIVATE = 1, 32, (1 << 18) | (1 << 14)


class SmallDisk:
    """A tmpfs with these options at a folder; that is made where it is not there."""

    def __init__(self, at: Path, options: str) -> None:
        at.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, str(at), options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._receive()
        self.root = Path(f"/proc/{self._process.pid}/root{at}")

    def __enter__(self) -> SmallDisk:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Its exit status and what it said."""
        code, out, err = self._ask({"run": list(command), "environment": dict(environment or {})})
        return code, out, err

    def remount(self, how: str) -> None:
        """ "ro" or "rw"."""
        self._ask({"remount": how})

    def fill(self, leave: int) -> None:
        """So that so many bytes are left."""
        now = os.statvfs(self.root)
        with (self.root / ".filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, now.f_bavail * now.f_frsize - leave)

    def make_room(self) -> None:
        """What `fill` took is free again."""
        (self.root / ".filler").unlink()

    def _ask(self, what: Mapping[str, Any]) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._receive()

    def _receive(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "no file system can be mounted here"
        return json.loads(line)


def _main(at: str, options: str) -> None:
    """In a process of its own: mount it, and do what is asked until nobody asks any more."""
    user, group = os.geteuid(), os.getegid()
    _call("unshare", _NEW_MOUNTS | (_NEW_USER if user else 0))
    if user:  # the same numbers as before: whoever is root to itself is not graded as an ordinary user is
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path(f"/proc/self/{name}").write_text(text)
    _call("mount", None, b"/", None, _PRIVATE, None)
    _call("mount", b"tmpfs", at.encode(), b"tmpfs", 0, options.encode())
    _say(None)
    for line in sys.stdin:
        asked = json.loads(line)
        if "remount" in asked:
            read_only = _READ_ONLY if asked["remount"] == "ro" else 0
            _say(_call("mount", None, at.encode(), None, _REMOUNT | read_only, options.encode()))
        else:
            environment = {**os.environ, "NO_COLOR": "1", **asked["environment"]}
            done = subprocess.run(
                asked["run"], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, cwd=ROOT,
                timeout=120, check=False,
            )  # fmt: skip
            _say([done.returncode, done.stdout, done.stderr])


def _say(what: Any) -> None:
    print(json.dumps(what), flush=True)


def _call(name: str, *arguments: Any) -> None:
    kernel = ctypes.CDLL(None, use_errno=True)
    if getattr(kernel, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name}{arguments}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
