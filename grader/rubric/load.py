"""Finds a rubric file and reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from grader import resources
from grader.errors import RubricError
from grader.model import Check, Rubric
from grader.rubric.assemble import assemble
from grader.rubric.compose import MOST_BYTES, compose
from grader.rubric.faults import Faults, closest, shown
from grader.rubric.provided import Folder

SUFFIXES = (".yaml", ".yml")


def available() -> tuple[str, ...]:
    """The names of the bundled rubrics."""
    return tuple(sorted(path.stem for path in resources.folder("rubrics").glob("*.yaml")))


def load_rubric(name_or_path: str) -> Rubric:
    """A bundled rubric by its name, or the file at a path (which has a slash or ends in .yaml).

    Raises RubricError: unknown name, unreadable file, or all that is wrong in it. A bare name is never looked for in
    the current folder, which may hold a student's work.
    """
    if name_or_path.endswith(SUFFIXES) or "/" in name_or_path or "\\" in name_or_path:
        return parse_rubric(_read(Path(name_or_path)), name_or_path, folder=Path(name_or_path).parent)
    names = available()
    if name_or_path not in names:
        raise RubricError(
            f"There is no bundled rubric {shown(name_or_path)}.{closest(name_or_path, names)}",
            f"Bundled: {', '.join(names) or 'none'}. A file of your own ends in .yaml, or is named by a path with a "
            f"slash, such as {shown(f'./{name_or_path}')}.",
        )
    path = resources.folder("rubrics") / f"{name_or_path}.yaml"
    return parse_rubric(_read(path), path.name, folder=path.parent)


def parse_rubric(
    data: bytes, source: str, checks: Mapping[str, type[Check]] | None = None, *, folder: Path | None = None
) -> Rubric:
    """The rubric in `data`; `source` names it in messages. `checks` are the known check types, by default all. `folder`
    holds the files that it provides.

    Raises a RubricError that holds every fault.
    """
    if checks is None:
        from grader.checks import CHECKS

        checks = CHECKS
    faults = Faults(source, checks)
    return assemble(compose(data, faults), hashlib.sha256(data).hexdigest(), faults, Folder(folder))


def _read(path: Path) -> bytes:
    """The file, and one byte more than is allowed where it is too large."""
    name = shown(str(path))
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except IsADirectoryError as error:
        raise RubricError(f"The rubric {name} is a folder.", "Give the path of a YAML file.") from error
    except FileNotFoundError as error:
        raise RubricError(f"There is no rubric file {name}.", "Check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = getattr(error, "strerror", None) or error
        raise RubricError(f"The rubric {name} cannot be read: {reason}.", "Check the path and its rights.") from error
