"""Which kind of source a folder is: the kind that more than half of its names fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from grader.errors import UsageError
from grader.sources.kinds import READERS
from grader.sources.kinds.reader import is_work
from grader.sources.listing import OTHER_ARCHIVES, Listing, is_table, list_folder, why_no_work
from grader.sources.model import Kind, LeftOut
from grader.submission.names import shown

_MOST_AROUND = 5  # folders that hold but one folder
_MIXED = 0.2  # of the names; fewer are stray files
_OPEN = (Kind.REPLIT, Kind.FOLDER)  # their names say nothing
_STARTED = ("main.py", "app.py", "wsgi.py", "run.py")
_BESIDE = ("templates", "static")
_FORCE = "Say which with --source, or say who handed in what in a manifest (--manifest)."


def detect(root: Path, kind: Kind | None, problems: Mapping[Path, str]) -> tuple[Kind, str, Listing]:
    """The kind of a source, the sentence that says why, and the folder that holds everybody's work.

    Raises UsageError where nothing is there, where no kind fits, and where several do.
    """
    listings = list(_layers(root, problems))
    if kind is not None:
        return _forced(kind, listings)
    exported = [found for listing in listings for found in _exported(listing)]
    if exported:  # the folder around an export can bear a name like those in it
        return max(reversed(exported), key=lambda found: len(READERS[found[0]].fits(found[2])))
    _check_mixed(listings[-1])
    listing = _of_people(listings)
    _check_many(listing, root)
    fits = READERS[Kind.REPLIT].fits(listing)
    work = [entry for entry in listing.entries if is_work(entry)]
    if 2 * len(fits) > len(work):
        return Kind.REPLIT, _sentence(Kind.REPLIT, len(fits), len(work)), listing
    return Kind.FOLDER, f"A folder of {_counted(listing)}: no kind of export has such names.", listing


def _layers(root: Path, problems: Mapping[Path, str]) -> Iterator[Listing]:
    """The folder, and those in it as long as one holds nothing else; a list of the class may lie beside it."""
    out: tuple[LeftOut, ...] = ()
    for _ in range(_MOST_AROUND):
        listing = list_folder(root, problems)
        listing = replace(listing, left_out=(*out, *listing.left_out))
        yield listing
        tables = [entry for entry in listing.entries if is_table(entry)]
        inner = [entry for entry in listing.entries if not is_table(entry)]
        if len(inner) != 1 or not inner[0].folder:
            return
        root = inner[0].path
        out = (*listing.left_out, *(LeftOut(shown(table.name), why_no_work(table)) for table in tables))


def _forced(kind: Kind, listings: list[Listing]) -> tuple[Kind, str, Listing]:
    if kind in _OPEN:
        listing = _of_people(listings)
        _check_many(listing, listings[0].root)
        return kind, f"{READERS[kind].title.capitalize()}, as was said: {_counted(listing)}.", listing
    listing = max(listings, key=lambda one: len(READERS[kind].read(one).attempts))
    if not READERS[kind].read(listing).attempts:
        first = next((shown(entry.name) for entry in listing.entries), "nothing")
        raise UsageError(
            f"Nothing in {shown(listings[0].root.name)} is named as {READERS[kind].title} names it "
            f"({READERS[kind].shape}); it holds {first}.",
            "Leave the kind out, so that it is found out, or name another.",
        )
    fits, others = len(READERS[kind].fits(listing)), _names(kind, listing)
    return kind, f"{READERS[kind].title}, as was said: {fits} of {others} names are as it gives them.", listing


def _names(kind: Kind, listing: Listing) -> int:
    """How many names there are, without those of files that the system itself adds."""
    return sum(entry.name.casefold() not in READERS[kind].companions for entry in listing.entries)


def _exported(listing: Listing) -> Iterator[tuple[Kind, str, Listing]]:
    """The folder as an export, if more than half of its names are as one kind gives them."""
    counts = _counts(listing)
    best = max(counts, key=lambda kind: counts[kind])
    total = _names(best, listing)
    if 2 * counts[best] > total:
        yield best, _sentence(best, counts[best], total), listing


def _counts(listing: Listing) -> dict[Kind, int]:
    return {kind: len(READERS[kind].fits(listing)) for kind in READERS if kind not in _OPEN}


def _check_mixed(listing: Listing) -> None:
    """Refuse a folder in which a good part of the names are as some kind gives them, and too few are of one."""
    counts, total = _counts(listing), len(listing.entries)
    several = [kind for kind, count in counts.items() if count and count >= _MIXED * total]
    if several:
        said = ", ".join(f"{counts[kind]} as {READERS[kind].title} gives them" for kind in several)
        raise UsageError(f"{shown(listing.root.name)} is mixed: of {total} names there are {said}.", _FORCE)


def _sentence(kind: Kind, fits: int, total: int) -> str:
    reader = READERS[kind]
    are = "is" if fits == 1 else "are"
    return f"{reader.title}: {fits} of {total} names {are} as it gives them ({reader.shape})."


def _of_people(listings: list[Listing]) -> Listing:
    """The folder whose entries are people. One that holds but one folder is around it, if that is no one's work."""
    for listing, inner in pairwise(listings):
        candidates = [entry for entry in inner.entries if is_work(entry)]
        if len(candidates) < 2 or _is_lab(inner):
            return listing
    return listings[-1] if listings[-1].entries or len(listings) == 1 else listings[-2]


def _is_lab(listing: Listing) -> bool:
    """Whether it is the folder of one lab: what is started, or a folder that Flask wants, stands in it."""
    names = {entry.name.casefold() for entry in listing.entries}
    return not names.isdisjoint((*_BESIDE, *_STARTED))


def _check_many(listing: Listing, root: Path) -> None:
    """Refuse a source that holds nobody's work, or but one person's."""
    name = shown(root.name) or str(root)
    if not any(map(is_work, listing.entries)):
        there = ", ".join(shown(entry.name) for entry in listing.entries[:3])
        raise UsageError(
            f"{name} holds nobody's work: {f'only {there}' if there else 'it is empty'}.",
            "Give a folder with a folder, a zip or a .py file for each person, or the zip that your LMS exports.",
        )
    names = {entry.name.casefold() for entry in listing.entries}
    if not names.isdisjoint(_STARTED) and not names.isdisjoint(_BESIDE):
        raise UsageError(
            f"{name} looks like the work of one person: main.py and its folders stand right in it.",
            f"Grade it with: grade {name}. For a class, give the folder around everybody's.",
        )


def _counted(listing: Listing) -> str:
    folders = sum(entry.folder for entry in listing.entries)
    zips = sum(entry.name.lower().endswith(".zip") for entry in listing.files())
    programs = sum(entry.name.lower().endswith(".py") for entry in listing.files())
    others = sum(entry.name.lower().endswith(OTHER_ARCHIVES) for entry in listing.files())
    counted = ((folders, "folder"), (zips, "zip"), (programs, "Python file"), (others, "other archive"))
    parts = [f"{count} {what}{'s' if count > 1 else ''}" for count, what in counted if count]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "nothing"
