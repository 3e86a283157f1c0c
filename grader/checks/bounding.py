"""How much of a page is parsed: its tags, their nesting and their attributes are counted first, and never too few.

A parser compares each attribute of a tag with all the others of that tag: thirty thousand take it six seconds. What is
counted is what HTML's own rules would take for a tag or an attribute, begun at every `<` and letter, wherever that
stands: in a comment or a script, too, so that nothing is overlooked. Scripts may hold what looks like many; where that
would cost the rest of the page, what they hold is left out instead.
"""

from __future__ import annotations

import re

MAX_TAGS = 20_000
MAX_DEPTH = 500
MAX_ATTRIBUTES = 40_000
TOLD = f"{MAX_TAGS:,} tags, {MAX_DEPTH} levels or {MAX_ATTRIBUTES:,} attributes"
_MOST_OF_ONE = 2_000  # attributes of a tag
_MOST_LOOKED_AT = 4 << 20  # characters: what looks like tags within a tag is looked at more than once

# Tags that hold nothing or that the next of their kind closes: left open by the hundred, they nest no deeper.
_FLAT_NAMES = """
    area base br col colgroup dd dt embed hr img input li link meta option p param rp rt source tbody td tfoot th
    thead tr track wbr
"""
_FLAT = frozenset(_FLAT_NAMES.split())
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)")
_ATTRIBUTE = re.compile(r"""[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*))?""")
_CLOSED = re.compile(r"\s*/>")


def bounded(text: str) -> tuple[str, bool]:
    """The markup up to the tag that goes too deep or is one too many, or whose attributes are; whether that is not all
    of it."""
    if _end(text) == len(text):
        return text, False
    text = _without_scripts(text)
    end = _end(text)
    return text[:end], end < len(text)


def _end(text: str) -> int:
    depth = attributes = looked_at = 0
    for count, tag in enumerate(_TAG.finditer(text)):
        own, end = (0, tag.end()) if tag[1] else _attributes(text, tag.end())
        attributes, looked_at = attributes + own, looked_at + end - tag.start()
        too_many = count >= MAX_TAGS or own > _MOST_OF_ONE or attributes > MAX_ATTRIBUTES
        if too_many or depth > MAX_DEPTH or looked_at > _MOST_LOOKED_AT:
            return tag.start()
        if tag[2].lower() not in _FLAT and not _CLOSED.match(text, end):
            depth = max(0, depth - 1) if tag[1] else depth + 1
    return len(text)


def _attributes(text: str, at: int) -> tuple[int, int]:
    """How many attributes a tag has whose name ends at `at`, one more than may be at most, and where they end."""
    count = 0
    while count <= _MOST_OF_ONE and (found := _ATTRIBUTE.match(text, at)):
        count, at = count + 1, found.end()
    return count, at


def _without_scripts(text: str) -> str:
    """The same page with empty scripts."""
    lower, kept, at = text.lower(), [], 0
    while (begin := lower.find("<script", at)) >= 0 and (inside := lower.find(">", begin)) >= 0:
        end = lower.find("</script", inside)
        if end < 0:
            break
        kept.append(text[at : inside + 1])
        at = end
    return "".join((*kept, text[at:])) if len(lower) == len(text) else text
