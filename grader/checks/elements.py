"""Elements of a page as queries read them: by selector, and as people speak of them: links, images, forms, tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from grader.checks.html import Page, text_in
from grader.checks.text import tokens

if TYPE_CHECKING:
    from bs4 import Tag

_MOST = 2000  # elements that one query reads


def same_words(one: str, other: str) -> bool:
    """Whether two texts read the same, without regard to case, white space and punctuation; those of signs alone,
    exactly."""
    if tokens(one) or tokens(other):
        return tokens(one) == tokens(other)
    return one.strip() == other.strip()


def check_css(selector: str) -> None:
    """Raise ValueError, in words for a rubric's author, for what is no CSS selector."""
    if not _is_tag(selector):
        _selector(selector)


def _is_tag(selector: str) -> bool:
    """Whether it is the name of an element and no more, which takes no parser of selectors."""
    return selector.isalnum() and not selector[0].isdecimal()


@lru_cache(maxsize=256)
def _selector(css: str) -> Any:
    import soupsieve

    try:
        return soupsieve.compile(css)
    except (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError) as error:
        raise ValueError(f"{css!r} is not a CSS selector: {str(error).splitlines()[0].rstrip('.')}") from error


def select(page: Page, css: str) -> list[Tag]:
    """The elements that a selector selects; nothing for what is none."""
    if _is_tag(css):
        return page.root.find_all(css.lower(), limit=_MOST)
    try:
        return list(_selector(css).select(page.root, limit=_MOST))
    except ValueError:
        return []


def texts(page: Page, css: str, attribute: str | None = None) -> Iterator[str]:
    """The text, or an attribute, of each selected element; elements without that attribute are left out."""
    for tag in select(page, css):
        found = text_in(tag) if attribute is None else attribute_of(tag, attribute)
        if found is not None:
            yield found


def attribute_of(tag: Tag, name: str) -> str | None:
    """An attribute as text; None where it is not there."""
    found = tag.get(name.lower())
    return " ".join(found) if isinstance(found, list) else found


@lru_cache(maxsize=256)
def _xpath(expression: str) -> Any:
    from lxml import etree

    try:
        return etree.XPath(expression)
    except etree.XPathError as error:
        raise ValueError(f"{expression!r} is no XPath 1.0 such as //h1: {error}") from error


def check_xpath(expression: str) -> None:
    """Raise ValueError, in words for a rubric's author, for what is no XPath."""
    _xpath(expression)


def by_xpath(page: Page, expression: str, attribute: str | None = None) -> Iterator[Any]:
    """The text, or an attribute, of each node that an XPath finds; a number, a truth or a text as it is."""
    from lxml import etree

    try:
        found = _xpath(expression)(page.tree)
    except (etree.XPathError, ValueError):
        return
    if not isinstance(found, list):
        yield found
        return
    for node in found[:_MOST]:
        if attribute is None:
            yield node if isinstance(node, str) else "".join(node.itertext())
        elif not isinstance(node, str) and node.get(attribute) is not None:
            yield node.get(attribute)


def links(page: Page, text: str, attribute: str) -> Iterator[str]:
    """An attribute of each link that reads the text, or shows an image that does."""
    for tag in links_reading(page, text):
        found = attribute_of(tag, attribute)
        if found is not None:
            yield found


def links_reading(page: Page, text: str) -> Iterator[Tag]:
    """Each link that reads the text, or shows an image that does, or is labelled so."""
    for tag in page.root.find_all("a", href=True, limit=_MOST):
        names = [text_in(tag), attribute_of(tag, "aria-label") or "", attribute_of(tag, "title") or ""]
        names += [attribute_of(image, "alt") or "" for image in tag.find_all("img")]
        if any(same_words(name, text) for name in names if name.strip()):
            yield tag


def images(page: Page, name: str, attribute: str) -> Iterator[str]:
    """An attribute of each image whose alternative text or file name is `name`."""
    for tag in page.root.find_all("img", limit=_MOST):
        source = (attribute_of(tag, "src") or "").partition("?")[0].rpartition("/")[2]
        found = attribute_of(tag, attribute)
        if found is not None and (source == name or same_words(attribute_of(tag, "alt") or "", name)):
            yield found


def column(page: Page, header: str, row: str | None) -> Iterator[str]:
    """The cells below a header of a table; with `row`, only those whose row holds a cell that reads it."""
    for table in page.root.find_all("table", limit=_MOST):
        rows = [r for r in table.find_all("tr", limit=_MOST) if r.find_parent("table") is table]
        index: int | None = None
        for tr in rows:
            cells = [text_in(cell).strip() for cell in _cells(tr)]
            named = next((i for i, cell in enumerate(cells) if same_words(cell, header)), None)
            if named is not None and (index is None or tr.find("th") is not None):
                index = named
            elif index is not None and index < len(cells) and (row is None or any(same_words(c, row) for c in cells)):
                yield cells[index]


def _cells(row: Tag) -> Iterator[Tag]:
    """The cells of a row, those that span several columns once for each."""
    for cell in row.find_all(("td", "th"), recursive=False):
        span = attribute_of(cell, "colspan") or "1"
        yield from [cell] * (min(int(span), 50) if span.isdecimal() else 1)
