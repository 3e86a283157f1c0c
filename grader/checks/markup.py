"""Whether HTML is closed and nested as the standard asks, read from the student's own text: parsers mend silently."""

from __future__ import annotations

from html.parser import HTMLParser

from grader.checks.html import names

_MOST = 40  # faults
_MOST_DEPTH = 500
_VOID = names("area base br col embed hr img input link meta param source track wbr")
_BLOCKS = names(
    """address article aside blockquote details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr main nav
    ol p pre section table ul"""
)
# Elements whose end tag may be left out, with the start tags that end them.
_ENDED_BY: dict[str, frozenset[str]] = {
    "p": _BLOCKS,
    "li": frozenset({"li"}),
    "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}),
    "option": frozenset({"option", "optgroup", "hr"}),
    "optgroup": frozenset({"optgroup", "hr"}),
    "tr": frozenset({"tr", "tbody", "tfoot", "thead"}),
    "td": frozenset({"td", "th", "tr", "tbody", "tfoot"}),
    "th": frozenset({"td", "th", "tr", "tbody", "tfoot"}),
    "thead": frozenset({"tbody", "tfoot"}),
    "tbody": frozenset({"tbody", "tfoot"}),
    "tfoot": frozenset({"tbody"}),
    "colgroup": frozenset({"thead", "tbody", "tfoot", "tr"}),
    "caption": frozenset({"thead", "tbody", "tfoot", "tr", "colgroup"}),
    "rt": frozenset({"rt", "rp"}),
    "rp": frozenset({"rt", "rp"}),
    "head": frozenset({"body"}),
    "html": frozenset(),
    "body": frozenset(),
}
_NOT_INSIDE_ITSELF = ("a", "form", "button", "label")


def faults(text: str) -> list[str]:
    """What is not as HTML asks for, each with its line, in the order of the text."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader.end()
    return reader.faults[:_MOST]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self._open: list[tuple[str, int]] = []
        self._ids: dict[str, int] = {}
        self._foreign = 0  # depth of svg and math, which have rules of their own

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        line = self.getpos()[0]
        self._note_id(attrs, line)
        if tag in _VOID or len(self.faults) >= _MOST or len(self._open) >= _MOST_DEPTH:
            return
        if not self._foreign:
            self._end_implied(tag)
            if tag in _NOT_INSIDE_ITSELF and any(tag == name for name, _ in self._open):
                self._add(line, f"<{tag}> stands inside another <{tag}>")
        self._foreign += tag in ("svg", "math")
        self._open.append((tag, line))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """<br/>: the slash closes nothing but foreign elements."""
        if tag in _VOID or self._foreign:
            self._note_id(attrs, self.getpos()[0])
        else:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        line = self.getpos()[0]
        if tag in _VOID:
            if tag != "br":
                self._add(line, f"</{tag}>: <{tag}> has no end tag")
            return
        names = [name for name, _ in self._open]
        if tag not in names:
            self._add(line, f"</{tag}> closes nothing")
            return
        while self._open:
            name, begun = self._open.pop()
            self._foreign -= name in ("svg", "math")
            if name == tag:
                return
            if name not in _ENDED_BY:
                self._add(line, f"</{tag}> comes before </{name}> of line {begun}")

    def end(self) -> None:
        """The text ends."""
        for name, line in self._open:
            if name not in _ENDED_BY:
                self._add(line, f"<{name}> is never closed")

    def _end_implied(self, tag: str) -> None:
        """A start tag ends elements whose end tag may be left out; a block inside anything within a <p> does not."""
        while self._open and tag in _ENDED_BY.get(self._open[-1][0], ()):
            self._open.pop()

    def _note_id(self, attrs: list[tuple[str, str | None]], line: int) -> None:
        for name, value in attrs:
            if name == "id" and value:
                if value in self._ids:
                    self._add(line, f"id='{value}' is there already, in line {self._ids[value]}")
                self._ids.setdefault(value, line)

    def _add(self, line: int, what: str) -> None:
        if len(self.faults) < _MOST:
            self.faults.append(f"line {line} of the page: {what}")
