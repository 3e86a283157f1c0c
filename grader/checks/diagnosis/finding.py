"""What a diagnosis says, and the small things that every diagnosis needs: quoting, placing, near misses."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

from grader.frozen import dataclass
from grader.model import Evidence, Location

CLAIM_LIMIT = 200
_OPTIONS_LIMIT = 1000
_WORD_LIMIT = 80


@dataclass(frozen=True)
class Finding:
    """What is so (`message`), what the student can change (`hint`), and the line, where it is known."""

    message: str
    hint: str = ""
    location: Location | None = None


def place(evidence: Evidence, path: str, line: int = 0) -> Location:
    """A line of a student's file, quoted from what the grader itself read."""
    file = evidence.file(path)
    source = file.line(line) if file and line else None
    return Location(path, line, short((source or "").strip()))


def short(text: str, limit: int = CLAIM_LIMIT) -> str:
    """The text in one line, cut to `limit` characters."""
    line = " ".join(text[: limit * 4].split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def closest(word: str, options: Iterable[str], cutoff: float = 0.7) -> str | None:
    """The option that `word` probably means: the same but for case, or else the most alike."""
    if not word or len(word) > _WORD_LIMIT:
        return None
    folded = {o.casefold(): o for o in list(options)[:_OPTIONS_LIMIT] if o != word and len(o) <= _WORD_LIMIT}
    near = get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else None


def alike(one: str, other: str) -> float:
    """How alike two short texts are, 0 to 1."""
    return SequenceMatcher(None, one[:CLAIM_LIMIT], other[:CLAIM_LIMIT], autojunk=False).ratio()


def listing(names: Iterable[str], limit: int = 6) -> str:
    """Names as a person lists them: "a, b and c"; after `limit` names only how many more there are."""
    every = [short(n, _WORD_LIMIT) for n in names]
    if len(every) > limit:
        every = [*every[:limit], f"{len(every) - limit} more"]
    return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)
