"""The student's HTML, read with bounds: size, number of tags and nesting are capped before anything is parsed.

Each body is parsed once, as far as there is room: trees are dropped early, what was read of them is kept. BeautifulSoup
is loaded with the first page that is read, for its import takes as long as several starts of a server.
"""

from __future__ import annotations

import codecs
import re
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from grader.checks.bounding import bounded
from grader.checks.remembering import remembered, remembering
from grader.model import Exchange

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

MAX_BYTES = 1 << 20
MAX_ELEMENT = 20_000  # characters that are read of one selected element
_MOST_PAGES = 32 << 20  # bytes of bodies whose pages are kept: they are the evidence's own
_MOST_NOTED = 200_000  # characters of what was read of one page, which are kept with it

T = TypeVar("T")


def names(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_UNREAD = ("script", "style")  # elements whose text nobody reads on the page
_EMBEDDED = names(
    """audio button canvas embed frame iframe img input math meter object picture progress select svg textarea
    video"""
)
_BLOCKS = names(
    """address article aside blockquote body br button caption dd details dialog div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr html input legend li main nav ol option p pre section select summary table
    tbody td textarea tfoot th thead tr ul"""
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_ALLOWED_CHARSET = re.compile(r"utf-8|utf-16(-[lb]e)?|ascii|cp125\d|iso8859-\d+", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def text_of(exchange: Exchange) -> str:
    """The body as text. Byte order mark, header and <meta> say in which charset; unknown ones are read as UTF-8."""
    return _decoded(exchange.body, exchange.header("Content-Type") or "")


def _decoded(body: bytes, content_type: str) -> str:
    body = body[:MAX_BYTES]
    return body.decode(_charset(body, content_type), errors="replace")


def _charset(body: bytes, content_type: str) -> str:
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return charset
    named = _CHARSET.search(content_type) or _CHARSET.search(body[:1024].decode("ascii", errors="replace"))
    try:
        name = codecs.lookup(named[1]).name if named else "utf-8"
    except LookupError:
        return "utf-8"
    # A page whose <meta> could be read as ASCII is not UTF-16, whatever it says.
    allowed = _ALLOWED_CHARSET.fullmatch(name) and not (name.startswith("utf-16") and b"\0" not in body)
    return name if allowed else "utf-8"


def page_of(exchange: Exchange) -> Page:
    """The page that an answer brought."""
    return _page(exchange.body, exchange.header("Content-Type") or "")


def is_html(content_type: str) -> bool:
    """Whether a body of this type is read as a page."""
    kind = (content_type or "text/html").lower()
    return "html" in kind or "xml" in kind


@remembering(len, _MOST_PAGES, 128)
def _page(body: bytes, content_type: str) -> Page:
    return Page(lambda: _decoded(body, content_type), is_html(content_type))


@remembered
def _parsed(markup: str) -> BeautifulSoup:
    """The document. A template is there, but not what it holds: that is no part of the page."""
    from grader.checks.soup import BeautifulSoup

    soup = BeautifulSoup(markup, "lxml")
    for tag in soup.find_all("template"):
        tag.clear()
    return soup


@remembered
def _tree(markup: str) -> Any:
    """The same document as an lxml tree, for XPath."""
    from lxml import etree, html

    try:
        tree = html.document_fromstring(markup)
    except etree.ParserError:  # there is no element in it
        tree = html.document_fromstring("<html></html>")
    for tag in list(tree.iter("template")):
        tag[:], tag.text = [], None
    return tree


class Page:
    """An answer's body as a person sees it. What is not HTML is plain text without elements. Nothing large is held but
    what was noted: the rest is made anew where it is asked for after that long."""

    def __init__(self, text: str | Callable[[], str], is_html: bool = True) -> None:
        self._given = text
        self._is_html = is_html
        self._noted: dict[object, Any] = {}
        self._room = _MOST_NOTED
        self._soup: Callable[[], BeautifulSoup | None] = lambda: None

    def note(self, key: object, read: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
        """What is read of the page by a pure function: several checks read the same, at every answer anew."""
        if key in self._noted:
            noted: tuple[T, ...] = self._noted[key]
            return noted
        found = read()
        weight = 100 + sum(100 + len(str(item)) for item in found)
        if weight <= self._room:
            self._room -= weight
            self._noted[key] = found
        return found

    @property
    def root(self) -> BeautifulSoup:
        """The document, the same one as long as anybody holds a part of it."""
        soup = self._soup()
        if soup is None:
            soup = _parsed(self._bounded[0])
            self._soup = weakref.ref(soup)
        return soup

    @property
    def tree(self) -> Any:
        """The same document as an lxml tree, for XPath."""
        return _tree(self._bounded[0])

    @cached_property
    def is_cut(self) -> bool:
        """Whether it holds more than is read: tags, nesting, attributes."""
        return self._bounded[1]

    @cached_property
    def tags(self) -> int:
        """About how many tags are read."""
        return self._bounded[0].count("<")

    @property
    def _source(self) -> str:
        return self._given if isinstance(self._given, str) else self._given()

    @property
    def _bounded(self) -> tuple[str, bool]:
        if not self._is_html:
            return "\n", False
        # A processing instruction means nothing in HTML: made the comment that it is to a browser, and with a line end
        # after it all, BeautifulSoup does not warn of markup that looks like XML or like the name of a file.
        markup, is_cut = bounded(self._source.replace("\0", "").replace("<?", "<!?"))
        return markup + "\n", is_cut

    @property
    def headings(self) -> tuple[str, ...]:
        """The texts of all headings, <h1> to <h6>, in the order of the page."""
        return self.note("headings", lambda: within_bounds(map(text_in, self.root.find_all(HEADINGS))))

    @property
    def text(self) -> str:
        """What can be read on the page, each block on lines of its own."""
        return self.note("text", lambda: (self._text(),))[0] if self._is_html else self._source

    def _text(self) -> str:
        body = self.root.body
        return text_in(body, MAX_BYTES) if body is not None else ""

    @property
    def blocks(self) -> tuple[str, ...]:
        """The lines of `text` that hold more than white space."""
        return tuple(line for line in self.text.split("\n") if line.strip())

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see: no text but white space, and nothing embedded."""
        return self.note("empty", lambda: (self._is_empty(),))[0]

    def _is_empty(self) -> bool:
        if any(c.isprintable() and not c.isspace() for c in self.text):
            return False
        return all(tag.get("type") == "hidden" for tag in self.root.find_all(tuple(_EMBEDDED)))


def text_in(tag: Tag, limit: int = MAX_ELEMENT, without: Collection[str] = ()) -> str:
    """The visible text of an element, less that of elements in it that are named in `without`; blocks and line breaks
    end a line. Of a script or a style, its own text."""
    return _joined(_pieces(tag, without) if tag.name not in _UNREAD else iter(map(str, tag.strings)), limit)


def within_bounds(texts: Iterable[str]) -> tuple[str, ...]:
    """Texts, cut where all together are longer than a page: what stands within many elements is read for each."""
    taken, left = [], MAX_BYTES
    for text in texts:
        taken.append(text[:left])
        left -= len(taken[-1])
    return tuple(taken)


def text_of_node(node: Any) -> str:
    """The same of a node of the lxml tree; of a comment, what it says."""
    if not isinstance(node.tag, str) or node.tag in _UNREAD:
        return node.text or ""
    return _joined(_node_pieces(node), MAX_ELEMENT)


def _joined(pieces: Iterator[str], limit: int) -> str:
    taken, length = [], 0
    for piece in pieces:
        taken.append(piece)
        length += len(piece)
        if length > limit or len(taken) > limit:
            break
    return "".join(taken)


def _pieces(tag: Tag, without: Collection[str]) -> Iterator[str]:
    from bs4.element import CData, NavigableString, RubyParenthesisString, RubyTextString, Tag

    # Exactly these: scripts, comments and declarations are subclasses.
    shown = (NavigableString, CData, RubyTextString, RubyParenthesisString, str)
    stack: list[object] = [tag]
    while stack:
        node = stack.pop()
        if isinstance(node, Tag):
            block = node.name in _BLOCKS
            yield "\n" if block else ""  # a piece for every element, so that reading many of them ends, too
            stack.extend(["\n"] * block)
            if node.name not in without:
                stack.extend(reversed(node.contents))
        elif type(node) in shown:
            yield str(node)


def _node_pieces(node: Any) -> Iterator[str]:
    stack: list[Any] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item.tag, str) and item.tag not in _UNREAD:
            ends = ["\n"] if item.tag in _BLOCKS else []
            inside = [part for child in item for part in (child, child.tail or "")]
            stack.extend(reversed([*ends, item.text or "", *inside, *ends]))
