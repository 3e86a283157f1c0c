"""How the Python files of one submission hang together: which imports which, and which starts a server by that."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from functools import cached_property

from grader.model import SourceFile
from grader.submission.looks import APP_NAMES, FACTORIES, Import, Look, look_at


def _folders_above(path: str) -> Iterator[str]:
    """The folder of a path, then those above it, "" last."""
    while path:
        path = posixpath.dirname(path)
        yield path


class Project:
    """The looks of all Python files, and what follows from them together."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self.looks: dict[str, Look] = look_at(files)
        self._reached: dict[str, frozenset[str]] = {}

    @cached_property
    def _imports(self) -> dict[str, frozenset[str]]:
        return {
            path: frozenset(found for i in look.imports for found in self._found(path, i))
            for path, look in self.looks.items()
        }

    def reached(self, path: str) -> frozenset[str]:
        """The files that are imported when this one runs, directly or not, without itself."""
        if path in self._reached:
            return self._reached[path]
        reached: set[str] = set()
        waiting = [path]
        while waiting:
            new = self._imports[waiting.pop()] - reached
            reached |= new
            waiting += new
        return self._reached.setdefault(path, frozenset(reached - {path}))

    def has_app(self, path: str) -> bool:
        """Whether the file makes an app object, or imports a file that does."""
        return any(self.looks[p].makes for p in (path, *self.reached(path)))

    def starts(self, path: str) -> bool:
        """Whether running the file starts a server, as far as its text tells."""
        look = self.looks[path]
        return look.serves or any(
            self._starts_by(target, called) for i, called in look.runs_imported for target in self._found(path, i)
        )

    def _starts_by(self, path: str, called: str) -> bool:
        return called in self.looks[path].runners or (called == "run" and self.has_app(path))

    def package_app(self, path: str) -> tuple[bool, str]:
        """Whether this `__init__.py` gives `flask --app` something to serve, and the factory to name, if any."""
        look = self.looks[path]
        if look.ready or (look.factory and self.has_app(path)):
            return True, "" if look.ready else look.factory
        names = self._names_of_apps(path)
        factory = next((name for name in FACTORIES if name in names), "")
        return not names.isdisjoint({*APP_NAMES, *FACTORIES}), "" if names.intersection(APP_NAMES) else factory

    def _names_of_apps(self, path: str) -> set[str]:
        """What an `__init__.py` imports from modules of its own package that have an app."""
        own = posixpath.join(posixpath.dirname(path), "")
        inner = (i for i in self.looks[path].imports if i.level or own)
        return {i.name for i in inner if any(f.startswith(own) and self.has_app(f) for f in self._found(path, i))}

    def in_package(self, path: str) -> bool:
        """Whether the file is a module of a package; an empty `__init__.py` at the top is but a stray one."""
        folder = posixpath.dirname(path)
        init = self.looks.get(posixpath.join(folder, "__init__.py"))
        return init is not None and bool(folder or not init.empty)

    def knows_its_package(self, path: str) -> bool:
        """Whether the file imports from the package that it is in: then it works only as a part of that."""
        look, package = self.looks[path], posixpath.basename(posixpath.dirname(path))
        return look.relative or (self.in_package(path) and any(i.module.split(".")[0] == package for i in look.imports))

    def _found(self, path: str, wanted: Import) -> frozenset[str]:
        """The submission's own files that an import statement in `path` runs; the nearest folder that has any."""
        bases = list(_folders_above(path))
        if wanted.level:
            bases = bases[wanted.level - 1 :][:1]
        for base in bases:
            found = frozenset(self._modules(base, wanted)) - {path}
            if found:
                return found
        return frozenset()

    def _modules(self, base: str, wanted: Import) -> Iterator[str]:
        names = [*wanted.module.split("."), wanted.name] if wanted.name else wanted.module.split(".")
        place = base
        if not wanted.module:
            yield from (p for p in [posixpath.join(base, "__init__.py")] if p in self.looks)
        for name in filter(None, names):
            place = posixpath.join(place, name)
            module = next((p for p in (f"{place}/__init__.py", f"{place}.py") if p in self.looks), "")
            if module:
                yield module
