"""The student's own Python files as a program: which belong to it, and which of them cannot be read."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath

from grader.checks.diagnosis.source import Fault, Import, Module, own_paths, parse
from grader.checks.reach import beside
from grader.frozen import dataclass
from grader.model import Evidence, SourceFile

_MOST_FILES = 200
_MOST_BYTES = 4 << 20


@dataclass(frozen=True)
class Program:
    """Files that can be read, the entry first, and why others cannot: those alone that the entry imports, directly or
    by way of others, since nothing else is run."""

    evidence: Evidence
    modules: tuple[Module, ...]
    faults: tuple[tuple[str, Fault], ...] = ()

    def module(self, path: str) -> Module | None:
        """The file at a path relative to the root."""
        return next((m for m in self.modules if m.path == path), None)

    def imported(self, by: Module, found: Import) -> Module | None:
        """The student's own file that an import reads: of `from shop import app`, shop.py or shop/app.py."""
        paths = own_paths(self.evidence, found, by.path)
        return next((m for path in reversed(paths) if (m := self.module(path)) is not None), None)


def program_of(evidence: Evidence, only: str | None) -> Program:
    """The student's files; with `only`, that file alone. What the rubric provides is not the student's."""
    path = None if only is None else evidence.at_home(beside(evidence, only))
    return _program(evidence.entry, evidence.home, evidence.files, path)


@lru_cache(maxsize=8)
def _program(entry: str, home: str, files: tuple[SourceFile, ...], only: str | None) -> Program:
    own = {f.path: f for f in files if not f.provided and PurePosixPath(f.path).suffix in (".py", ".pyw")}
    evidence = Evidence(nonce="", entry=entry, home=home, files=tuple(own.values()))
    if only is not None:
        own = {only: own[only]} if only in own else {}
    read = _read(sorted(own.values(), key=lambda file: file.path != entry)[:_MOST_FILES])
    run = set(own) if only is not None else _reached(evidence, read)
    faults = ((path, _fault(own[path], read.get(path))) for path in own if path in run)
    good = tuple(m for m in read.values() if m.fault is None)
    return Program(evidence, good, tuple((path, fault) for path, fault in faults if fault is not None))


def _read(files: list[SourceFile]) -> dict[str, Module]:
    """The texts among the files, in their order, as long as they are not too large together."""
    read: dict[str, Module] = {}
    left = _MOST_BYTES
    for file in files:
        if file.text is not None and file.size <= left:
            left -= file.size
            read[file.path] = parse(file.path, file.text)
    return read


def _fault(file: SourceFile, module: Module | None) -> Fault | None:
    if module is not None:
        return module.fault
    return Fault("ValueError", f"it is {file.note or 'too large to be read'}", 0)


def _reached(evidence: Evidence, read: dict[str, Module]) -> set[str]:
    """The paths that the entry reads, and itself."""
    found: set[str] = set()
    queue = [evidence.entry]
    while queue:
        path = queue.pop()
        if path in found:
            continue
        found.add(path)
        module = read.get(path)
        queue += [p for i in module.imports for p in own_paths(evidence, i, path)] if module is not None else []
    return found
