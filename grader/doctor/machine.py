"""The system below the grader, as its own files tell."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from grader.doctor.diagnosis import Machine
from grader.launch.child.watch import Unavailable, user_for_programs
from grader.render.cleaning import one_line

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_MARKS = (("/run/.containerenv", "podman"), ("/.dockerenv", "docker"),
          ("/var/run/secrets/kubernetes.io", "kubernetes"))  # fmt: skip


def look(root: Path = Path("/")) -> Machine:
    """Everything about it. `root` holds its files."""

    def read(path: str) -> str:
        try:
            return one_line((root / path).read_bytes()[:4096].decode("utf-8", "replace"), 1000)
        except OSError:
            return ""

    scope = read("proc/sys/kernel/yama/ptrace_scope")
    kernel = read("proc/sys/kernel/osrelease") or platform.release()
    most = read("proc/sys/user/max_user_namespaces")
    return Machine(
        system=platform.system(),
        distribution=_distribution(root),
        kernel=kernel,
        machine=platform.machine(),
        container=_container(root, read),
        wsl=_wsl(kernel),
        root=os.geteuid() == 0,
        can_change_user=_can_change_user(),
        restricted_by_apparmor=read("proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1",
        unprivileged_namespaces=read("proc/sys/kernel/unprivileged_userns_clone") != "0",
        most_user_namespaces=int(most) if most.isdecimal() else None,
        ptrace_scope=int(scope) if scope.isdecimal() else 0,
        security_modules=tuple(filter(None, read("sys/kernel/security/lsm").split(","))),
        systemd=(root / "run/systemd/system").is_dir(),
    )


def version_of(kernel: str) -> tuple[int, int]:
    """(6, 1) of "6.1.0-18-amd64"; (0, 0) where it is no version."""
    match = re.match(r"(\d{1,4})\.(\d{1,4})", kernel)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _can_change_user() -> bool:
    try:
        user_for_programs()
    except Unavailable:
        return False
    return True


def _distribution(root: Path) -> str:
    if platform.system() == "Darwin":
        return f"macOS {platform.mac_ver()[0]}"
    for path in ("etc/os-release", "usr/lib/os-release"):
        try:
            text = (root / path).read_text("utf-8", "replace")
        except OSError:
            continue
        match = re.search(r'^PRETTY_NAME="?([^"\n]*)', text, re.MULTILINE)
        if match:
            return one_line(match[1], 100)
    return ""


def _container(root: Path, read: Callable[[str], str]) -> str:
    """Which kind this runs in; empty for none."""
    for mark, kind in _MARKS:
        if (root / mark.lstrip("/")).exists():
            return kind
    told = read("run/systemd/container")
    if told and told != "wsl":
        return told
    groups = read("proc/1/cgroup")
    return next((kind for kind in ("docker", "kubepods", "lxc", "libpod") if f"/{kind}" in groups), "")


def _wsl(kernel: str) -> int | None:
    """1 or 2 in the Windows Subsystem for Linux."""
    if "microsoft" not in kernel.lower():
        return None
    return 2 if version_of(kernel) >= (4, 19) else 1


def browser() -> str:
    """The path of a Chromium; empty where none is found."""
    return next(filter(None, map(shutil.which, _BROWSERS)), "")
