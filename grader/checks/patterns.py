"""Regular expressions on RE2: whatever a student's page holds, matching takes time in proportion to its length."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_MOST_MATCHES = 1000
_LONE = re.compile("[\ud800-\udfff]")  # half a character, which RE2 cannot take
# What RE2 leaves out, and what to write instead.
_INSTEAD = (
    (re.compile(r"\(\?<?="), "A look-ahead or look-behind is not possible: match what stands around, too, "
                             "and put what you want into a group: ( )."),
    (re.compile(r"\(\?<?!"), 'A negative look-around is not possible: use "not" with a pattern of its own.'),
    (re.compile(r"\\[1-9]|\(\?P=|\\k<"), "A reference back to a group is not possible: write the text out, "
                                         "or capture it and use it in a later step."),
    (re.compile(r"\(\?>|[*+?}]\+"), "Atomic groups and possessive repetitions are not possible, and not needed: "
                                    "matching never takes long. Take the extra + or ?> away."),
    (re.compile(r"\(\?\("), "A condition is not possible: write both cases, with | between them."),
    (re.compile(r"\\Z"), r"Write \z for the end of the text."),
    (re.compile(r"\(\?#|\(\?[a-z]*x"), "Comments in patterns are not possible: put them behind a # in the YAML."),
)  # fmt: skip


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """The pattern, ready to search. Raises ValueError, in words for a rubric's author, for what RE2 cannot take."""
    re2 = importlib.import_module("re2")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        told = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        advice = next((advice for form, advice in _INSTEAD if form.search(pattern)), "")
        raise ValueError(f'"{pattern}" is no pattern: {told}. {advice}'.rstrip(". ")) from error


def found(pattern: str, text: str) -> bool:
    """Whether the pattern occurs anywhere in the text."""
    return compiled(pattern).search(_LONE.sub("\ufffd", text)) is not None


def occurrences(pattern: str, text: str) -> Iterator[str]:
    """The first group of each match, or all of it where there is no group; the first thousand."""
    for count, match in enumerate(compiled(pattern).finditer(_LONE.sub("\ufffd", text))):
        if count >= _MOST_MATCHES:
            return
        yield (match.group(1) if match.re.groups else match.group()) or ""
