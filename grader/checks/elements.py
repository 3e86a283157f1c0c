"""Elements of a page as queries read them: by selector, and as people speak of them: links and images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from grader.checks.html import Page, names, page_of, text_in, text_of_node, within_bounds
from grader.checks.naming import called
from grader.checks.places import final_target, resolved
from grader.model import Exchange

if TYPE_CHECKING:
    from bs4 import Tag

_MOST = 2000  # elements that one query reads
_CALL = re.compile(r"[A-Za-z_][\w.-]*(?=\s*\()")
_XPATH_CALLS = names(
    """last position count id local-name namespace-uri name string concat starts-with contains substring-before
    substring-after substring string-length normalize-space translate boolean not true false lang number sum floor
    ceiling round node text comment processing-instruction and or div mod"""
)


def check_css(selector: str) -> None:
    """Raise ValueError, in words for a rubric's author, for what is no CSS selector."""
    if not _is_tag(selector):
        _selector(selector)


def _is_tag(selector: str) -> bool:
    """Whether it is the name of an element and no more, which takes no parser of selectors."""
    return selector.isalnum() and not selector[0].isdecimal()


@lru_cache(maxsize=256)
def _selector(css: str) -> Any:
    from grader.checks.soup import selectors

    soupsieve = selectors()
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

    def read() -> tuple[str, ...]:
        found = (text_in(tag) if attribute is None else attribute_of(tag, attribute) for tag in select(page, css))
        return within_bounds(text for text in found if text is not None)

    return iter(page.note((css, attribute), read))


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
    """Raise ValueError, in words for a rubric's author, for what is no XPath, or names what no page knows."""
    _xpath(expression)
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "''", expression)
    for what, found in (
        ("has no variables such as {}", re.search(r"\$[\w:.-]+", bare)),
        ("knows no names with a prefix here, such as {}", re.search(r"(?<![\w:.-])[A-Za-z_][\w.-]*:[\w*]+", bare)),
        ("has no function {}()", next((f for f in _CALL.finditer(bare) if f[0] not in _XPATH_CALLS), None)),
    ):
        if found:
            raise ValueError(f"{expression!r}: XPath 1.0 {what.format(found[0])}")


def is_always_there(expression: str) -> bool:
    """Whether an XPath computes a number, a truth or a text, which it finds on every page, and no elements."""
    from lxml import etree

    try:
        return not isinstance(_xpath(expression)(etree.Element("html")), list)
    except etree.XPathError:
        return False


def by_xpath(page: Page, expression: str, attribute: str | None = None) -> Iterator[Any]:
    """The text, or an attribute, of each node that an XPath finds; a number, a truth or a text as it is."""
    from lxml import etree

    try:
        found = _xpath(expression)(page.tree)
    except (etree.XPathError, ValueError):
        return
    if not isinstance(found, list):
        yield int(found) if isinstance(found, float) and found.is_integer() else found
        return
    for node in found[:_MOST]:
        if attribute is None:
            yield node if isinstance(node, str) else text_of_node(node)
        elif not isinstance(node, str) and node.get(attribute) is not None:
            yield node.get(attribute)


def links_reading(page: Page, text: str) -> Iterator[Tag]:
    """Each link that reads the text, or shows an image that does, or is labelled so."""
    yield from called(page.root.find_all(("a", "area"), href=True, limit=_MOST), text, names_of)


def names_of(tag: Tag) -> Iterator[str]:
    """What a person may call an element that is pressed: what it reads, its label, its title, its image's text."""
    yield text_in(tag)
    for name in ("aria-label", "title", "alt"):
        yield attribute_of(tag, name) or ""
    for image in tag.find_all("img", limit=20):
        yield attribute_of(image, "alt") or ""


def images(page: Page, name: str) -> list[Tag]:
    """Each image whose file name or alternative text is `name`."""
    found = page.root.find_all("img", limit=_MOST)
    return [tag for tag in found if _file_name(tag) == name] or called(
        found, name, lambda tag: [attribute_of(tag, "alt") or ""]
    )


def _file_name(image: Tag) -> str:
    source = re.split(r"[?#]", attribute_of(image, "src") or "")[0]
    return unquote(source.rpartition("/")[2])


def attributes(tags: Iterable[Tag], name: str) -> Iterator[str]:
    """An attribute of each element that has it."""
    for tag in tags:
        found = attribute_of(tag, name)
        if found is not None:
            yield found


def addresses(exchange: Exchange, tags: Iterable[Tag], name: str) -> Iterator[str]:
    """Where an attribute of each element leads: path and query on the same server, the whole address elsewhere, and
    what leads to a place on the page itself as it is written."""
    for written in attributes(tags, name):
        target = None if written.startswith("#") else led_to(exchange, written)
        fragment = written.partition("#")[2]
        yield written.strip() if target is None else target + (f"#{fragment}" if fragment else "")


def led_to(exchange: Exchange, address: str) -> str | None:
    """Path and query of an address on the page that an answer brought; None where it leaves the server."""
    return resolved(base_of(exchange), address, exchange.port)


def base_of(exchange: Exchange) -> str:
    """What the addresses on a page are relative to."""
    at, base = final_target(exchange), page_of(exchange).root.find("base", href=True)
    return resolved(at, attribute_of(base, "href") or "", exchange.port) or at if base else at
