"""The ground that a hostile submission is graded on: what it must not touch, reach, read or leave; and the grader."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import re
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from grader.launch.child.usage import proportional, resident, tree
from grader.launch.child.watch import _OWN_USERS
from tests.conftest import ROOT

HERE = Path(__file__).resolve().parent
KIT = HERE / "kit"
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, with python3-flask: one that any user may read
SHARED = ("/tmp", "/var/tmp", "/dev/shm")
_READY_SECONDS = 60.0
_ANSWER_SECONDS = 60.0
_EVERY = 0.1
LIMITS = {
    "start_seconds": 2.0,
    "request_seconds": 1.0,
    "routes_seconds": 1.0,
    "total_seconds": 8.0,
    "cpu_seconds": 4,
    "memory_bytes": 192 << 20,
    "processes": 24,
    "file_bytes": 8 << 20,
    "disk_bytes": 16 << 20,
    "descriptors": 128,
}


@dataclass(frozen=True)
class Setting:
    """Who grades, and at which level. `user` is an ordinary account, `root` is root."""

    account: str
    level: str
    without: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "-".join([self.level, self.account, *self.without])

    @property
    def shares_account(self) -> bool:
        """Whether programs run under the grader's own account, in its own process namespace."""
        return self.account == "user" and self.level != "namespaces"

    @property
    def names(self) -> tuple[str, ...]:
        """What a verdict may call it."""
        return (self.level, self.account, f"{self.account}-{self.level}")


ACCOUNTS = ("root", "user") if os.geteuid() == 0 else ("user",)
SETTINGS = [Setting(a, level) for level in ("namespaces", "landlock", "process") for a in ACCOUNTS]


# ----------------------------------------------------------------------------------------------------------- the files


class Ground:
    """A folder with the class's work, a home, a rubric and results, and sockets that wait for a connection."""

    def __init__(self, uid: int) -> None:
        self.uid = uid
        self.base = Path(tempfile.mkdtemp(prefix="hostile-"))
        kinds = ("environ", "key", "netrc", "peer", "above", "rubric", "results")
        self.words = {kind: f"CANARY-{kind}-{secrets.token_hex(8)}" for kind in kinds}
        self.klass, self.home, self.scratch = self.base / "class", self.base / "home", self.base / "scratch"
        self._write("above.txt", self.words["above"])
        self._write("class/results.json", json.dumps({"peer": 100, "note": self.words["results"]}))
        self._write("class/peer/main.py", f"# {self.words['peer']}\n")
        self._write("class/peer/notes.txt", self.words["peer"])
        self._write("home/.ssh/id_ed25519", self.words["key"], 0o600)
        self._write("home/.netrc", f"machine 127.0.0.1 login me password {self.words['netrc']}\n", 0o600)
        self._write("home/thesis.txt", "three years\n")
        lab = (ROOT / "rubrics/flask-lab.yaml").read_text()
        hinted = lab.replace('hint: "Draw the number', f'hint: "{self.words["rubric"]} Draw the number', 1)
        assert hinted != lab
        self._write("rubric/lab.yaml", hinted, 0o600)
        self.scratch.mkdir()
        self.sockets = Sockets(self.base / "sockets")
        for path in [self.base, *self.base.rglob("*")]:
            os.chown(path, uid, uid, follow_symlinks=False)
        os.chmod(self.base, 0o755)

    def _write(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self.base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def lay(self, case: Path, aims: dict[str, Any], *, kit: bool = True) -> Path:
        """Put a submission into the class's folder: the kit, its own files, what git cannot keep, its aims."""
        folder = self.klass / case.name
        folder.mkdir()
        if kit:
            shutil.copytree(KIT, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            (folder / "aims.json").write_text(json.dumps(aims))
        if (case / "app").is_dir():
            shutil.copytree(case / "app", folder, dirs_exist_ok=True, symlinks=True)
        if (case / "make.py").exists():
            namespace: dict[str, Any] = {}
            exec(compile((case / "make.py").read_text(), str(case / "make.py"), "exec"), namespace)
            namespace["make"](str(folder), aims)
        for root, folders, files in os.walk(os.fsencode(folder)):
            for name in (b".", *folders, *files):
                os.chown(os.path.join(root, name), self.uid, self.uid, follow_symlinks=False)
        return folder

    def take_away(self, folder: Path) -> None:
        """Delete a submission, whatever it holds."""
        subprocess.run(["rm", "-rf", "--", str(folder)], check=True)

    def aims(self, grader: int, warm: int) -> dict[str, Any]:
        """Where everything is. Holds none of the words."""
        return {
            "base": str(self.base), "class": str(self.klass), "home": str(self.home),
            "above": str(self.base / "above.txt"), "peer": str(self.klass / "peer/notes.txt"),
            "results": str(self.klass / "results.json"), "key": str(self.home / ".ssh/id_ed25519"),
            "rubric": str(self.base / "rubric/lab.yaml"), "bundled": str(ROOT / "rubrics/flask-lab.yaml"),
            "source": str(ROOT / "grader"), "grader": grader, "warm": warm, "mark": f"HOSTILE-{secrets.token_hex(8)}",
            **self.sockets.aims(),
        }  # fmt: skip

    def snapshot(self) -> dict[str, tuple[object, ...]]:
        """Everything but the grader's own scratch space: what kind of thing, whose, when last changed, and what it
        holds. The time of the last change of anything at all (ctime) covers modes, owners, times, links, attributes."""
        found = {}
        for root, folders, files in os.walk(os.fsencode(self.base)):
            if root == os.fsencode(self.base):
                folders.remove(b"scratch")
            for name in (b".", *files, *(f for f in folders if os.path.islink(os.path.join(root, f)))):
                path = os.path.join(root, name)
                status = os.lstat(path)
                found[os.fsdecode(path)] = (
                    oct(status.st_mode), status.st_uid, status.st_nlink, status.st_ctime_ns, _content(path, status)
                )  # fmt: skip
        return found

    def close(self) -> None:
        self.sockets.close()
        shutil.rmtree(self.base, ignore_errors=True)


def _content(path: bytes, status: os.stat_result) -> str:
    if stat.S_ISREG(status.st_mode) and status.st_size < (1 << 20):
        return hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest()
    return str(status.st_size)


def fingerprint(folders: Sequence[str]) -> dict[str, int]:
    """When each file and folder of the interpreter, its packages and the grader was last changed. What Python itself
    puts into __pycache__ while others run is left out, unless it is no such file."""
    found = {}
    for top in folders:
        for root, inner, files in os.walk(top):
            if os.path.basename(root) == "__pycache__":
                found |= {f"{root}/{name}": 0 for name in files if not name.endswith(".pyc") and ".pyc." not in name}
                continue
            inner[:] = [name for name in inner if name not in ("site-packages", "dist-packages", "test")]
            found |= {f"{root}/{name}": os.lstat(f"{root}/{name}").st_ctime_ns for name in files}
    return found


# --------------------------------------------------------------------------------------------------------- the sockets


class Sockets:
    """Listeners at which nobody may knock."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o755)
        self.abstract, self.path, self.letters = f"hostile-{secrets.token_hex(8)}", folder / "bus", folder / "letters"
        self._tcp = _bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        self._udp = _bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        self._streams = {
            "tcp": self._tcp,
            "abstract": _bound(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + self.abstract),
            "path": _bound(socket.AF_UNIX, socket.SOCK_STREAM, str(self.path)),
        }
        self._datagrams = {
            "udp": self._udp,
            "abstract datagram": _bound(socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{self.abstract}-d"),
            "path datagram": _bound(socket.AF_UNIX, socket.SOCK_DGRAM, str(self.letters)),
        }
        with contextlib.suppress(OSError):  # a machine without IPv6
            self._streams["tcp6"] = _bound(socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0))
            self._datagrams["udp6"] = _bound(socket.AF_INET6, socket.SOCK_DGRAM, ("::1", 0))
        for path in (self.path, self.letters):
            path.chmod(0o777)

    def aims(self) -> dict[str, Any]:
        ports = {
            name: s.getsockname()[1]
            for name, s in {**self._streams, **self._datagrams}.items()
            if name.startswith(("tcp", "udp"))
        }
        return {**ports, "abstract": self.abstract, "path_socket": str(self.path), "letters": str(self.letters)}

    def heard(self) -> list[str]:
        """Which of them somebody reached, since this was asked last."""
        found = []
        for name, listener in self._streams.items():
            with contextlib.suppress(BlockingIOError):
                while True:
                    listener.accept()[0].close()
                    found.append(name)
        for name, letters in self._datagrams.items():
            with contextlib.suppress(BlockingIOError):
                while letters.recv(1000):
                    found.append(name)
        return found

    def close(self) -> None:
        for one in (*self._streams.values(), *self._datagrams.values()):
            one.close()


def _bound(family: int, kind: int, address: Any) -> socket.socket:
    made = socket.socket(family, kind)
    made.bind(address)
    if kind == socket.SOCK_STREAM:
        made.listen(64)
    made.setblocking(False)
    return made


# ---------------------------------------------------------------------------------------------------------- the grader


@dataclass
class Watched:
    """What a grading used at its worst, seen from outside."""

    memory: int = 0
    processes: int = 0
    disk: int = 0


@dataclass
class Graded:
    """What came of one grading."""

    report: dict[str, Any]
    texts: dict[str, str] = field(repr=False)  # the report by format
    seconds: float
    watched: Watched

    def lost(self) -> list[str]:
        return sorted(c["id"] for c in self.report["checks"] if c["score"] < c["max_score"])

    def logs(self) -> str:
        return "\n".join(start["log"] for start in self.report["starts"])


class GraderDied(Exception):
    """The process that grades is gone, or does not answer."""


class Grader:
    """A process that grades, one submission after the other, with one launcher."""

    def __init__(self, setting: Setting, uid: int, where: tuple[str, str], extra: Sequence[str] = ()) -> None:
        python, library = where
        self.setting, self.uid = setting, uid
        self.ground = Ground(uid)
        self.installed: dict[str, int] = {}  # what was last seen of the interpreter's files
        walled = setting.level != "namespaces" and setting.account == "root"
        self.python = SYSTEM_PYTHON if walled or python == SYSTEM_PYTHON else python
        settings = {
            "python": self.python,
            "level": setting.level,
            "rubric": str(self.ground.base / "rubric/lab.yaml"),
            "without": setting.without,
        }
        account = {} if uid == os.geteuid() else {"user": uid, "group": uid, "extra_groups": []}
        self._process = subprocess.Popen(
            [python, "-P", "-B", f"{library}/grading.py", json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.ground.klass,
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": library,
                "HOME": str(self.ground.home),
                "TMPDIR": str(self.ground.scratch),
                "CANARY_TOKEN": self.ground.words["environ"],
            },
            text=True,
            **account,  # type: ignore[arg-type]
        )
        self._errors: list[str] = []
        self._listener = threading.Thread(target=self._hear_errors, daemon=True)
        self._listener.start()
        self.warm = self._read(_READY_SECONDS)["warm"]

    def _hear_errors(self) -> None:
        assert self._process.stderr
        self._errors += self._process.stderr

    def _read(self, seconds: float) -> dict[str, Any]:
        line: list[str] = []
        assert self._process.stdout
        reader = threading.Thread(target=lambda: line.append(self._process.stdout.readline()), daemon=True)
        reader.start()
        reader.join(seconds)
        if not line or not line[0]:
            raise GraderDied(f"{self.setting}: {'no answer' if not line else 'ended'}: {''.join(self._errors)[-2000:]}")
        answer: dict[str, Any] = json.loads(line[0])
        return answer

    @property
    def alive(self) -> bool:
        return self._process.poll() is None and os.path.exists(f"/proc/{self.warm}")

    def aims(self) -> dict[str, Any]:
        return self.ground.aims(self._process.pid, self.warm)

    def grade(self, folder: Path, limits: dict[str, Any], *, fresh: bool = False, all_formats: bool = True) -> Graded:
        """Grade it, and watch from outside meanwhile."""
        order = {
            "path": str(folder),
            "limits": {**LIMITS, **limits},
            "fresh": fresh,
            "all_formats": all_formats,
        }
        assert self._process.stdin
        with watching(self._process.pid, self.ground.scratch) as watched:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            answer = self._read(_ANSWER_SECONDS)
        assert "crash" not in answer, answer["crash"]
        assert not [name for name in answer["left"] if name.startswith(("copy-", "box-"))], answer["left"]
        return Graded(
            json.loads(answer["texts"]["json"]),
            answer["texts"],
            answer["seconds"],
            watched,
        )

    def survivors(self) -> list[str]:
        """Processes below it that should not be there: all but itself and the warm interpreter."""
        until = time.monotonic() + 2  # a keeper takes a moment to end
        while True:
            below = [pid for pid in tree([self._process.pid]) if pid not in (self._process.pid, self.warm)]
            found = [described for pid in below if (described := _described(pid))]
            if not found or time.monotonic() > until:
                return found
            time.sleep(0.01)

    def leftovers(self, mark: str) -> list[str]:
        """Files in shared places that belong to this account or to a sandbox's, or bear the submission's mark."""
        until = time.monotonic() + 1  # another grader's programs have theirs for a moment
        while True:
            found = [path for folder in SHARED for path in self._strangers(folder, mark)]
            if not found or time.monotonic() > until:
                return found
            time.sleep(0.02)

    def _strangers(self, folder: str, mark: str) -> Iterator[str]:
        with os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    owner = entry.stat(follow_symlinks=False).st_uid
                    ours = owner == self.uid != 0 and not entry.name.startswith("hostile-")  # the grounds themselves
                    if mark in entry.name or ours or (self.uid == 0 and owner >= _OWN_USERS):
                        yield entry.path

    def close(self) -> None:
        with contextlib.suppress(OSError):
            assert self._process.stdin
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(2)
        for stream in (self._process.stdout, self._process.stderr, self._process.stdin):
            assert stream
            with contextlib.suppress(OSError):
                stream.close()
        self.ground.close()


def _described(pid: int) -> str:
    """A living process in a few words; empty for one that is gone, or dead and not yet forgotten."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""
    return "" if text.rpartition(")")[2].split()[0] in "ZX" else f"{pid}: {command[-80:]}"


@contextlib.contextmanager
def watching(pid: int, scratch: Path) -> Iterator[Watched]:
    """Look, every tenth of a second, at what a process with all below it uses."""
    watched, over = Watched(), threading.Event()

    def look() -> None:
        while not over.wait(_EVERY):
            pids = tree([pid])
            watched.processes = max(watched.processes, len(pids))
            watched.memory = max(watched.memory, _memory(pids, watched.memory))
            watched.disk = max(watched.disk, _used(scratch))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watched
    finally:
        over.set()
        thread.join()


def _memory(pids: list[int], peak: int) -> int:
    """What they have in memory together, what they share counted once; only looked at where it could be a new peak."""
    return sum(map(proportional, pids)) if sum(map(resident, pids)) > peak else 0


def _used(folder: Path) -> int:
    total = 0
    for root, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_blocks * 512
    return total


# ------------------------------------------------------------------------------------------ an interpreter for anybody


def user_id() -> int:
    """An account without rights that nobody else has: one for each worker, so that none counts another's processes."""
    worker = re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or "0"
    return 61_000 + int(worker) if os.geteuid() == 0 else os.geteuid()


def for_this_account() -> tuple[str, str]:
    """The interpreter of the tests, and where the grader lies for it."""
    library = tempfile.mkdtemp(prefix="hostile-library-")
    for name in ("grader", "rubrics", "templates", "static"):
        os.symlink(ROOT / name, f"{library}/{name}")
    shutil.copy(HERE / "grading.py", library)
    return sys.executable, library


def for_any_account() -> tuple[str, str]:
    """An interpreter that any user may run, and a folder with the grader and what it needs that any user may read."""
    python = next((p for p in (sys.executable, SYSTEM_PYTHON) if _runs(p)), None)
    if python is None:
        pytest.skip("no Python of this version that another user may run")
    library = tempfile.mkdtemp(prefix="hostile-library-")
    os.chmod(library, 0o755)
    for name in ("grader", "rubrics", "templates", "static"):
        shutil.copytree(ROOT / name, f"{library}/{name}", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "grading.py", library)
    for distribution in _required("weblab-grader"):
        for file in distribution.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                target = Path(library, file)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), target)
    return python, library


def _runs(python: str) -> bool:
    """Whether an account without rights can run it, and it is of this version, with Flask."""
    program = f"import sys, flask; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    account = {"user": user_id(), "group": user_id(), "extra_groups": []} if os.geteuid() == 0 else {}
    try:
        done = subprocess.run([python, "-I", "-c", program], capture_output=True, cwd="/", env={}, **account)  # type: ignore[call-overload]
    except OSError:
        return False
    return bool(done.returncode == 0)


def _required(name: str) -> list[importlib.metadata.Distribution]:
    """All that a distribution needs, and what that needs, as far as it is installed; itself left out."""
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop()
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            distribution = importlib.metadata.distribution(one)
            if one != name:
                found[one] = distribution
            for wish in distribution.requires or ():
                match = re.match(r"[A-Za-z0-9._-]+", wish)
                if match and "extra ==" not in wish and match[0].lower() not in found:
                    waiting.append(match[0].lower())
    return list(found.values())


class Graders:
    """One grader for each setting, made when it is first asked for, and again where it did not outlive a submission."""

    def __init__(self) -> None:
        self._made: dict[Setting, Grader] = {}
        self._where: dict[str, tuple[str, str]] = {}

    def at(self, setting: Setting) -> Grader:
        grader = self._made.get(setting)
        if grader is None or not grader.alive:
            if grader is not None:
                grader.close()
            self._made[setting] = grader = self._make(setting)
        return grader

    def drop(self, setting: Setting) -> None:
        """Forget one that was hurt."""
        grader = self._made.pop(setting, None)
        if grader is not None:
            grader.close()

    def _make(self, setting: Setting) -> Grader:
        if setting.account not in self._where:
            other = setting.account == "user" and os.geteuid() == 0
            self._where[setting.account] = for_any_account() if other else for_this_account()
        uid = 0 if setting.account == "root" else user_id()
        return Grader(setting, uid, self._where[setting.account])

    def close(self) -> None:
        for grader in self._made.values():
            grader.close()
        for _, library in self._where.values():
            shutil.rmtree(library, ignore_errors=True)
