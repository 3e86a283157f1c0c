"""The course's environment: an interpreter that sees the standard library and the allowed packages, and no others.

It is an ordinary virtual environment in a private folder whose site-packages holds links to the packages that are
installed for the interpreter running this. So a program that imports what the course has not installed fails here as
it does there, by name.
"""

from __future__ import annotations

import os
import re
import site
import sys
from collections.abc import Iterable
from importlib import metadata

# The grader's own package, which a program is not to find where both live in one environment.
GRADER = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

# Debian's packages of Flask do not say in their metadata what they require.
_FLASK_NEEDS = ("werkzeug", "jinja2", "markupsafe", "itsdangerous", "click", "blinker")
_REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9._-]+")


class Course:
    """Where the environment lies, and which real folders its links lead to."""

    def __init__(self, folder: str, packages: Iterable[str]) -> None:
        """Make it. `packages` names distributions; what they require comes along. Empty: all that is installed."""
        self.folder = folder
        self._sites = list(dict.fromkeys(_site_folders()))  # before `activate`
        self.python = os.path.join(folder, "bin", os.path.basename(base_executable()))
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        self.site = os.path.join(folder, "lib", version, "site-packages")
        self.targets: list[str] = []
        self._make(list(packages))

    def _make(self, packages: list[str]) -> None:
        os.makedirs(os.path.dirname(self.python))
        os.makedirs(self.site)
        os.symlink(base_executable(), self.python)
        with open(os.path.join(self.folder, "pyvenv.cfg"), "w") as config:
            config.write(f"home = {os.path.dirname(base_executable())}\ninclude-system-site-packages = false\n")
        self._write_flask_command()
        for target in _all_installed() if not packages else _files_of(closure(packages)):
            link = os.path.join(self.site, os.path.basename(target))
            real = os.path.realpath(target)
            if not os.path.lexists(link) and real != GRADER:
                os.symlink(real, link)
                self.targets.append(real)
        if not packages:  # everything: the folders themselves, and what their links lead to
            folders = [folder for folder in self._sites if os.path.isdir(folder)]
            inside = tuple(f"{folder}/" for folder in folders)
            self.targets = [*folders, *(target for target in self.targets if not target.startswith(inside))]

    def _write_flask_command(self) -> None:
        """The `flask` command that comes with the package: some programs start themselves by it."""
        command = os.path.join(os.path.dirname(self.python), "flask")
        with open(command, "w") as script:
            script.write(f"#!{self.python}\nfrom flask.cli import main\nmain()\n")
        os.chmod(command, 0o755)

    def version(self, name: str) -> str:
        """Of a distribution that is installed for the interpreter; empty for any other."""
        found = next(iter(metadata.distributions(name=name, path=self._sites)), None)
        return found.version if found is not None else ""

    def activate(self) -> None:
        """Make this very process see what the course sees: from now on imports come from its site-packages."""
        hidden = set(_site_folders())
        sys.path[:] = [p for p in sys.path if os.path.realpath(p) not in hidden] + [self.site]
        sys.prefix = sys.exec_prefix = self.folder
        sys.executable = self.python
        sys._base_executable = base_executable()  # type: ignore[attr-defined]  # private, but what venv and flask read


def hidden() -> str:
    """Where the grader and its rubrics lie: its package, or the whole checkout that it is run from."""
    return GRADER if os.path.isdir(os.path.join(GRADER, "_data")) else os.path.dirname(GRADER)


def base_executable() -> str:
    """The real interpreter below any virtual environment and any link."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def closure(packages: Iterable[str]) -> list[metadata.Distribution]:
    """The named distributions that are installed, with all that they require, extras aside."""
    found, waiting, seen = [], list(packages), set()  # type: list[metadata.Distribution], list[str], set[str]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # not installed: an import of it fails by name, as in the course
        found.append(distribution)
        waiting += _FLASK_NEEDS if name == "flask" else ()
        for requirement in distribution.requires or ():
            match = _REQUIREMENT_NAME.match(requirement)
            if match and "extra ==" not in requirement.replace("extra==", "extra =="):
                waiting.append(match.group())
    return found


def _files_of(distributions: Iterable[metadata.Distribution]) -> Iterable[str]:
    """The top-level files and folders of distributions, those that lie in a site folder itself."""
    for distribution in distributions:
        folder = os.path.realpath(str(distribution.locate_file("")))
        for name in sorted(_top_level(distribution) - {"..", "__pycache__", "/", ""}):
            path = os.path.join(folder, name)
            if os.path.exists(path):
                yield path


def _top_level(distribution: metadata.Distribution) -> set[str]:
    """What a distribution has put into its site folder, as its installer or (Debian's) its own files tell."""
    if distribution.read_text("RECORD"):
        return {file.parts[0] for file in distribution.files or ()}
    name = str(distribution.metadata["Name"])
    named = (distribution.read_text("top_level.txt") or "").split()
    guesses = {name, name.lower(), name.lower().replace("-", "_"), *named}
    return guesses | {f"{guess}.py" for guess in guesses}


def _all_installed() -> Iterable[str]:
    for folder in _site_folders():
        if os.path.isdir(folder):
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                if not name.endswith((".pth", ".egg-link")) and name != "__pycache__" and not _is_a_grader(path):
                    yield path


def _is_a_grader(path: str) -> bool:
    """Whether a package is the grader, this one or a copy of it that the interpreter has."""
    own = os.path.relpath(os.path.realpath(__file__), GRADER)
    return os.path.basename(path) == os.path.basename(GRADER) and os.path.exists(os.path.join(path, own))


def _site_folders() -> list[str]:
    folders = [*site.getsitepackages(), site.getusersitepackages()]
    folders += [p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]
    return [os.path.realpath(folder) for folder in folders]
