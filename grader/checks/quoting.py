"""The source of the elements that an expectation looked at, for people to see what was judged."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from grader.checks import elements
from grader.checks.content import VOID
from grader.checks.expectation import Expectation
from grader.checks.html import HEADINGS, Page, is_html, page_of
from grader.model import Exchange

if TYPE_CHECKING:
    from bs4 import Tag

_MOST = 3  # elements
_MOST_TEXT = 500  # characters of one


def looked_at(expectation: Expectation, exchange: Exchange) -> tuple[str, ...]:
    """The elements that were selected; for a heading that is not there, the other headings of the page."""
    if not is_html(exchange.header("Content-Type") or ""):
        return ()
    page, selectors = page_of(exchange), tuple(dict.fromkeys(_selectors(expectation)))
    found = [tag for css in selectors for tag in elements.select(page, css)[:_MOST]]
    if not found and any(css.lower() in HEADINGS for css in selectors):
        found = _headings(page)
    return tuple(_source(tag) for tag in found[:_MOST])


def _headings(page: Page) -> list[Tag]:
    return page.root.find_all(HEADINGS, limit=_MOST)


def _selectors(expectation: Expectation) -> Iterator[str]:
    if expectation.css:
        yield expectation.css
    if expectation.title is not None:
        yield "title"
    for inner in (*expectation.all, *expectation.any):
        yield from _selectors(inner)


def _source(tag: Tag) -> str:
    taken, length = [], 0
    for piece in _pieces(tag):
        taken.append(piece)
        length += len(piece)
        if length > _MOST_TEXT:
            return "".join(taken)[:_MOST_TEXT] + "…"
    return "".join(taken)


def _pieces(tag: Tag) -> Iterator[str]:
    """The markup piece by piece, so that the beginning of a large element costs no more than that of a small one."""
    from bs4.element import Comment, PageElement
    from bs4.element import Tag as Element

    stack: list[PageElement | str] = [tag]
    while stack:
        node = stack.pop()
        if isinstance(node, Element):
            attributes = "".join(f' {name}="{escape(_value(value))}"' for name, value in node.attrs.items())
            yield f"<{node.name}{attributes}>"
            if node.name not in VOID:
                stack.extend([_End(f"</{node.name}>"), *reversed(node.contents)])
        elif isinstance(node, _End):
            yield node
        elif isinstance(node, Comment):
            yield f"<!--{node}-->"
        else:
            yield escape(str(node), quote=False)


class _End(str):
    """An end tag that is to be written as it is."""

    __slots__ = ()


def _value(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
