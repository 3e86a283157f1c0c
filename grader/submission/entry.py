"""Finds the file that its author starts.

In this order: what the work itself declares; the rubric's names; the names that Flask and hosting services know; a
package with an app; a file that makes one. Nearer to the top comes first. What is only a part of another candidate, or
left over from an earlier state, is no candidate. Where two are equally good, a person has to say.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence

from grader.errors import AmbiguousEntryError
from grader.frozen import dataclass
from grader.model import EntryKind, Flag, FlagKind, SourceFile
from grader.submission.declared import declared
from grader.submission.looks import APP_NAMES, FACTORIES
from grader.submission.project import Project

_USUAL = ("wsgi.py", "application.py", "run.py", "server.py")
_LESS_USUAL = ("index.py", "flask_app.py", "__main__.py")
_MOST_NAMED = 8


@dataclass(frozen=True)
class Entry:
    """What is started and how; `flag` says why, where there was a choice."""

    path: str
    kind: EntryKind = EntryKind.SCRIPT
    factory: str = ""
    flag: Flag | None = None


@dataclass(frozen=True)
class _Candidate:
    """A file that could be the entry. `uses` are the files that it imports; `rank` orders: the least is the best."""

    path: str
    kind: EntryKind
    factory: str
    starts: bool
    makes: bool
    routes: bool
    uses: frozenset[str]
    rank: tuple[int | bool, ...]

    @property
    def is_strong(self) -> bool:
        """Whether it starts a server, is a package with an app, or a file that makes one."""
        is_file = posixpath.basename(self.path) != "__init__.py"
        return self.starts or self.kind is EntryKind.PACKAGE or (self.makes and is_file)

    @property
    def home(self) -> str:
        folder = posixpath.dirname(self.path)
        return posixpath.dirname(folder) if self.kind is EntryKind.PACKAGE else folder


def entry_of(path: str, files: Iterable[SourceFile]) -> Entry:
    """How the Python file that a person named is started."""
    project = Project(files)
    if path not in project.looks:  # only so many files are looked at
        return Entry(path)
    kind, factory = _kind(project, path)
    return Entry(path, kind, factory)


def find_entry(files: Sequence[SourceFile], entries: Sequence[str]) -> Entry:
    """The entry among files of which at least one is Python; `entries` are the rubric's names.

    Raises AmbiguousEntryError.
    """
    project = Project(files)
    work = [path for path in project.looks if not _is_test(path)] or list(project.looks)
    declaring = declared(files, work)
    candidates = _candidates(project, work, entries, declaring)
    if not candidates:
        return _only_by_name(project, work, entries, declaring)
    passed = dict(_passed_over(project, candidates, entries, declaring))
    left = [c for c in candidates if c.path not in passed] or candidates
    best, *others = sorted(left, key=lambda c: (c.rank, c.path))
    rivals = [c.path for c in others if _is_rival(best, c)]
    if rivals:
        raise _ambiguous([best.path, *rivals])
    before = [name for name in _before(best.path, entries) if name in project.looks]
    named = {name: passed.get(name, "starts no server and makes no app") for name in before}
    reasons = _reasons(best.path, declaring, named, [c.path for c in others])
    return Entry(best.path, best.kind, best.factory, _flag(best.path, reasons))


def _is_test(path: str) -> bool:
    *folders, name = path.split("/")
    return "tests" in folders or name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def _kind(project: Project, path: str) -> tuple[EntryKind, str]:
    look = project.looks[path]
    if posixpath.basename(path) == "__init__.py":
        there, factory = project.package_app(path)
        if there and (project.knows_its_package(path) or not project.starts(path)):
            return EntryKind.PACKAGE, factory
    return EntryKind.SCRIPT, "" if look.ready else look.factory


# ---------------------------------------------------------------------------------------------------------- candidates


def _candidates(
    project: Project, work: Sequence[str], entries: Sequence[str], declaring: dict[str, str]
) -> list[_Candidate]:
    """The files that start a server or make an app; those that import one, where that is what they are for."""
    all_files = [_candidate(project, path, entries, declaring) for path in work]
    users = [c for c in all_files if project.has_app(c.path) and not project.in_package(c.path)]
    meant = [c for c in users if c.path in declaring or _order(posixpath.basename(c.path), entries)[0] < _OTHER]
    strong = dict.fromkeys([*(c for c in all_files if c.is_strong), *meant])
    weak = [c for c in users if _imports_an_app(project, c.path)]
    return list(strong) or weak or [c for c in all_files if c.makes]


def _imports_an_app(project: Project, path: str) -> bool:
    """Whether a file imports what is called as apps and their factories are."""
    return any(i.name in (*APP_NAMES, *FACTORIES) for i in project.looks[path].imports)


def _candidate(project: Project, path: str, entries: Sequence[str], declaring: dict[str, str]) -> _Candidate:
    look, name = project.looks[path], posixpath.basename(path)
    starts = project.starts(path) and not project.knows_its_package(path)
    kind, factory = _kind(project, path)
    uses = project.reached(path)
    inside = kind is EntryKind.SCRIPT and project.in_package(path)
    routes = look.routes or (kind is EntryKind.PACKAGE and any(project.looks[p].routes for p in uses))
    depth = max(0, path.count("/") - (kind is EntryKind.PACKAGE))
    tier, order = (_PACKAGE, 0) if kind is EntryKind.PACKAGE else _order(name, entries)
    quality = (not starts, tier == _OTHER and not routes) if tier >= _SECOND else (False, False)
    rank = (_told(path, declaring), depth, path not in declaring, inside, tier, *quality, order)
    return _Candidate(path, kind, factory, starts, look.makes, routes, uses, rank)


_FIRST, _SECOND, _PACKAGE, _OTHER = range(4)


def _told(path: str, declaring: dict[str, str]) -> int:
    """Which of the files declared at the top it is. What is declared further down counts only there."""
    top = [declared for declared, by in declaring.items() if "/" not in by]
    return top.index(path) if path in top else len(top)


def _order(name: str, entries: Sequence[str]) -> tuple[int, int]:
    for tier, names in ((_FIRST, entries), (_SECOND, _USUAL), (_OTHER, _LESS_USUAL)):
        if name in names:
            return tier, names.index(name)
    folded = [entry.lower() for entry in entries]
    return (_FIRST, folded.index(name.lower())) if name.lower() in folded else (_OTHER, len(_LESS_USUAL))


def _passed_over(
    project: Project, candidates: Sequence[_Candidate], entries: Sequence[str], declaring: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Candidates that are none at a second look, each with the reason."""
    for one in candidates:
        starter = next((s for s in candidates if s.starts and s is not one and _stands_for(project, s, one)), None)
        if not one.starts and starter:
            yield one.path, f"starts no server, {starter.path} does"
            continue
        newer = next((c for c in candidates if _replaces(project, c, one, entries)), None)
        if newer and one.path not in declaring and not any(one.path in c.uses for c in candidates):
            yield one.path, f"has no part in what {newer.path} starts"


def _stands_for(project: Project, starter: _Candidate, one: _Candidate) -> bool:
    """Whether starting `starter` starts what `one`, which starts nothing, is or was meant to start."""
    if one.path in starter.uses:
        return True
    common = one.uses & {*starter.uses, starter.path}
    return not one.makes and any(project.looks[path].makes or project.starts(path) for path in common)


def _replaces(project: Project, newer: _Candidate, one: _Candidate, entries: Sequence[str]) -> bool:
    """Whether `one` is a stale `app.py`: what is started beside it is a package that it does not know.

    Never what the rubric names first: that is what the lab asks for. Without a file that starts the package, only
    an `app.py` that has neither routes nor a start is stale.
    """
    name = posixpath.basename(one.path)
    if name not in entries[1:] or newer.home != one.home or not one.makes or one.uses & {newer.path, *newer.uses}:
        return False
    if newer.kind is EntryKind.PACKAGE:
        return newer.routes and not (one.starts or one.routes)
    packages = (p for p in newer.uses if posixpath.basename(p) == "__init__.py" and project.has_app(p))
    return posixpath.basename(newer.path) in _USUAL and any(packages)


def _is_rival(best: _Candidate, other: _Candidate) -> bool:
    """Whether nothing but chance speaks for `best`: equal in rank, or another piece of work in a folder beside it."""
    if best.path in other.uses or other.path in best.uses or best.rank[0] != other.rank[0]:
        return False
    beside = best.home != other.home and best.rank[1] == other.rank[1]
    same_name = posixpath.basename(best.path) == posixpath.basename(other.path)
    return best.rank == other.rank or (beside and (other.starts >= best.starts or same_name))


# -------------------------------------------------------------------------------------------- nothing that makes an app


def _only_by_name(project: Project, work: Sequence[str], entries: Sequence[str], declaring: dict[str, str]) -> Entry:
    """The entry where no file starts a server or makes an app: that is graded too, and found by its name."""

    def rank(path: str) -> tuple[int | bool, ...]:
        look, (tier, order) = project.looks[path], _order(posixpath.basename(path), entries)
        named = tier < _OTHER
        return _told(path, declaring), path.count("/"), look.empty, not named and not look.mentions, tier, order

    scripts = [path for path in work if posixpath.basename(path) != "__init__.py"] or list(work)
    ranked = sorted(scripts, key=lambda path: (rank(path), path))
    rivals = [path for path in ranked[1:] if rank(path) == rank(ranked[0])]
    if rivals:
        raise _ambiguous([ranked[0], *rivals])
    named = {name: "is empty" for name in _before(ranked[0], entries) if name in scripts}
    return Entry(ranked[0], flag=_flag(ranked[0], _reasons(ranked[0], declaring, named, [])))


# --------------------------------------------------------------------------------------------------------------- words


def _before(best: str, entries: Sequence[str]) -> Sequence[str]:
    """The rubric's names that would have come before the file that was found."""
    return entries[: entries.index(best)] if best in entries else entries


def _reasons(best: str, declaring: dict[str, str], named: dict[str, str], others: Sequence[str]) -> list[str]:
    reasons = [f"{declaring[best]} names it"] if best in declaring and (others or named) else []
    reasons += [f"{path} {why}" for path, why in named.items() if path not in others]
    if others and not reasons:
        reasons.append(f"it comes before {', '.join(others[:_MOST_NAMED])}")
    return reasons


def _flag(best: str, reasons: Sequence[str]) -> Flag | None:
    return Flag(FlagKind.ENTRY_CHOSEN, f"{best} is what was started: {'; '.join(reasons)}.", best) if reasons else None


def _ambiguous(paths: Sequence[str]) -> AmbiguousEntryError:
    named = ", ".join(paths[:_MOST_NAMED]) + (
        f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    )
    return AmbiguousEntryError(
        f"Several files could be the one to start: {named}.",
        f"Say which one: --entry {paths[0]}",
        paths,
    )
