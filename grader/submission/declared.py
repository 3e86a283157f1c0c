"""The entry that the work itself declares, in the files in which people write down how to start it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator

from grader.model import SourceFile

_LINES = {  # file → the lines in it that name what is started, the strongest first
    ".replit": r"(?m)^[ \t]*(?:run|entrypoint|args)[ \t]*=(.*)$",
    "procfile": r"(?m)^[ \t]*web[ \t]*:(.*)$",
    ".flaskenv": r"(?m)^[ \t]*(?:export[ \t]+)?FLASK_APP[ \t]*=(.*)$",
}
_LINE_LENGTH = 500  # what is longer is no command, and would take the patterns long
_SCRIPT = r"[\w./-]+\.py\b"
_OBJECT = r"([A-Za-z_][\w.]*):[A-Za-z_]\w*"
_WORD = r"^[\s\"']*([A-Za-z_][\w./-]*)[\s\"']*$"


def declared(files: Iterable[SourceFile], paths: Collection[str]) -> dict[str, str]:
    """Those of `paths` that a file declares as what is started, each with that file's path, the strongest first."""
    found: dict[str, str] = {}
    named = {(name, file.path): file for file in files if (name := posixpath.basename(file.path).lower()) in _LINES}
    for (name, path), file in sorted(named.items(), key=lambda item: (list(_LINES).index(item[0][0]), item[0][1])):
        for line in re.findall(_LINES[name], file.text or ""):
            for target in _targets(line[:_LINE_LENGTH]):
                place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
                for candidate in (place, f"{place}.py", f"{place}/__init__.py"):
                    if candidate in paths:
                        found.setdefault(candidate, path)
    return found


def _targets(line: str) -> Iterator[str]:
    yield from re.findall(_SCRIPT, line)
    for module in (*re.findall(_OBJECT, line), *re.findall(_WORD, line)):
        yield module.replace(".", "/") if "/" not in module else module
