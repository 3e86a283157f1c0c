"""Whether HTML is closed and nested as the standard asks, read from the student's own text: parsers mend silently."""

from __future__ import annotations

from html.parser import HTMLParser

from grader.checks import content

_MOST = 40  # faults
_MOST_DEPTH = 500
_FOREIGN = ("svg", "math")  # which have rules of their own


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
        self._begun = False  # whether anything stands in the body
        self._ended = ""  # body or html, once it has ended
        self._told_text = False

    # ------------------------------------------------------------------------------------------------------ parsing

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        line = self.getpos()[0]
        self._note_id(attrs, line)
        if len(self.faults) >= _MOST or len(self._open) >= _MOST_DEPTH:
            return
        if not self._in(*_FOREIGN):
            self._end_implied(tag)
            self._examine(tag, dict(attrs), line)
            if tag in content.TEXT:
                self.set_cdata_mode(tag)
        if tag not in content.VOID:
            self._open.append((tag, line))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """<br/>: the slash closes nothing but foreign elements."""
        if self._in(*_FOREIGN):
            self._note_id(attrs, self.getpos()[0])
            return
        self.handle_starttag(tag, attrs)
        if tag in content.ENDED_BY:  # of others, it is told that they are never closed
            self._add(self.getpos()[0], f"<{tag}/>: the slash closes nothing")

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        line = self.getpos()[0]
        if tag in content.VOID:
            if tag != "br":
                self._add(line, f"</{tag}>: <{tag}> has no end tag")
            return
        known = self._in(tag)
        # Of html, head and body, the start tag may be left out, and the end tag stand there all the same.
        if not known and not (tag in ("html", "body") or (tag == "head" and not self._begun)):
            self._add(line, f"</{tag}> closes nothing")
        if tag in ("html", "body"):
            self._ended = tag
        if not known:
            return
        while self._open:
            name, begun = self._open.pop()
            if name == tag:
                return
            if name not in content.ENDED_BY:
                self._add(line, f"</{tag}> comes before </{name}> of line {begun}")

    def handle_data(self, data: str) -> None:
        """Text, which some elements do not hold."""
        if not data.strip() or self._in(*_FOREIGN):
            return
        line = self.getpos()[0] + data[: len(data) - len(data.lstrip())].count("\n")
        self._begun = self._begun or not self._open or self._open[-1][0] in ("html", "body")
        if self._ended:
            self._late("text", line)
        elif self._open and self._open[-1][0] in content.ONLY and not self._told_text:
            self._told_text = True  # the first is enough: there may be as much of it as there are lines
            self._add(line, f"<{self._open[-1][0]}> holds text; it takes {_listed(content.ONLY[self._open[-1][0]])}")

    def end(self) -> None:
        """The text ends."""
        for name, line in self._open:
            if name not in content.ENDED_BY:
                self._add(line, f"<{name}> is never closed")

    # -------------------------------------------------------------------------------------------------------- rules

    def _examine(self, tag: str, attrs: dict[str, str | None], line: int) -> None:
        """Whether it may stand where it does."""
        if self._in("template"):  # which may hold any part of a page
            return
        if tag in ("head", "body", "title", "base") and self._begun:
            self._add(line, f"<{tag}> begins where the page has begun already")
            return
        self._begun = self._begun or tag not in (*content.HEAD, "html", "head")
        if self._ended and tag not in ("html", "body"):
            self._late(f"<{tag}>", line)
        elif tag in content.NOT_INSIDE_ITSELF and self._in(tag):
            self._add(line, f"<{tag}> stands inside another <{tag}>")
        elif _is_pressed(tag, attrs) and (outer := next(filter(self._in, content.PRESSING), None)):
            self._add(line, f"<{tag}> stands inside <{outer}>")
            return
        self._examine_place(tag, line)

    def _examine_place(self, tag: str, line: int) -> None:
        parent = self._open[-1][0] if self._open else "body"
        holder = self._holder()
        allowed, places = content.ONLY.get(parent), content.WITHIN.get(tag)
        if allowed is not None and tag not in allowed and tag not in content.ANYWHERE:
            self._add(line, f"<{tag}> stands inside <{parent}>, which takes {_listed(allowed)}")
        elif places is not None and parent not in places and not (tag in ("head", "body") and not self._open):
            self._add(line, f"<{tag}> stands inside <{parent}>, not inside {_listed(places)}")
        elif tag in content.BLOCKS and holder in content.LINES and not _is_heading_of(tag, holder):
            self._add(line, f"<{tag}> stands inside <{holder}>, which takes text and no blocks")

    def _holder(self) -> str:
        """The element whose rules hold where the next one stands."""
        return next((name for name, _ in reversed(self._open) if name not in content.TRANSPARENT), "body")

    def _end_implied(self, tag: str) -> None:
        """A start tag ends elements whose end tag may be left out; a block inside anything within a <p> does not.
        What is no part of a <head> ends it."""
        while self._open and tag in content.ENDED_BY.get(self._open[-1][0], ()):
            self._open.pop()
        if self._open and self._open[-1][0] == "head" and tag not in content.HEAD:
            self._open.pop()

    def _in(self, *tags: str) -> bool:
        return any(name in tags for name, _ in self._open)

    # ------------------------------------------------------------------------------------------------------ telling

    def _late(self, what: str, line: int) -> None:
        self._add(line, f"{what} stands after </{self._ended}>")
        self._ended = ""  # once is enough

    def _note_id(self, attrs: list[tuple[str, str | None]], line: int) -> None:
        for name, value in attrs:
            if name == "id" and value:
                if value in self._ids:
                    self._add(line, f"id='{value}' is there already, in line {self._ids[value]}")
                self._ids.setdefault(value, line)

    def _add(self, line: int, what: str) -> None:
        if len(self.faults) < _MOST:
            self.faults.append(f"line {line} of the page: {what}")


def _is_pressed(tag: str, attrs: dict[str, str | None]) -> bool:
    """Whether a person presses or types into it; an <input type="hidden"> nobody sees."""
    return tag in content.PRESSED or (tag == "input" and (attrs.get("type") or "").lower() != "hidden")


def _is_heading_of(tag: str, holder: str) -> bool:
    """A <summary> and a <legend> hold a heading."""
    return holder in ("summary", "legend") and tag in ("h1", "h2", "h3", "h4", "h5", "h6", "hgroup")


def _listed(tags: frozenset[str]) -> str:
    *first, last = [f"<{tag}>" for tag in sorted(tags)]
    return f"{', '.join(first)} or {last}" if first else last
