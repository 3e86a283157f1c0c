"""The heading of the page: in another tag, misspelt, with single braces, or without the number."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import SequenceMatcher
from html.parser import HTMLParser

from grader.checks.diagnosis.finding import Finding, alike, short
from grader.checks.diagnosis.program import spot
from grader.checks.diagnosis.templates import line_with, passed_names, render_call, unpassed, view_at
from grader.frozen import dataclass
from grader.model import Evidence, Exchange, Location

_BODY_LIMIT = 64 << 10
_HEADINGS_LIMIT = 50
NUMBER = "{number}"
_H1 = r"(?i)<h1\b"


class _Texts(HTMLParser):
    """Collects the text of every heading, and of the page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.headings: list[tuple[str, str]] = []
        self.page: list[str] = []
        self._open: list[str] = []
        self._hidden = ""

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        """Open a heading, or a part that is not shown."""
        if re.fullmatch("h[1-6]", tag) and len(self.headings) < _HEADINGS_LIMIT:
            self._open = [tag]
            self.headings.append((tag, ""))
        elif tag in {"script", "style", "title"}:
            self._hidden = tag

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if tag in self._open:
            self._open = []
        if tag == self._hidden:
            self._hidden = ""

    def handle_data(self, data: str) -> None:
        """Add text to where it stands."""
        if self._hidden:
            return
        self.page.append(data)
        if self._open:
            tag, text = self.headings[-1]
            self.headings[-1] = (tag, text + data)


@dataclass(frozen=True)
class _Page:
    evidence: Evidence
    exchange: Exchange
    wanted: tuple[str, ...]
    headings: tuple[tuple[str, str], ...]
    text: str

    @property
    def first(self) -> tuple[str, str] | None:
        """The <h1> that is nearest to what is asked."""
        found = [(t, x) for t, x in self.headings if t == "h1"]
        return max(
            found, key=lambda h: max((alike(_plain(h[1]), _plain(w)) for w in self.wanted), default=0), default=None
        )

    def asked(self, text: str = "") -> str:
        """The asked heading that a text is nearest to, as a person reads it."""
        meant = max(self.wanted, key=lambda w: alike(_plain(text), _plain(w)), default="")
        return meant.replace(NUMBER, "N")


def heading(evidence: Evidence, wanted: tuple[str, ...], exchange: Exchange) -> Finding | None:
    """Why no <h1> of the page reads as it is asked."""
    texts = _Texts()
    texts.feed(exchange.body[:_BODY_LIMIT].decode("utf-8", "replace"))
    page = _Page(evidence, exchange, wanted, tuple(texts.headings), " ".join(texts.page))
    for recognise in _RECOGNISERS:
        finding = recognise(page)
        if finding:
            return finding
    return None


def _steady(page: _Page, text: str, most: int) -> str:
    """A text of the page as a message quotes it: with N for a number that may be another one at the next grading."""
    drawn = any(NUMBER in wanted for wanted in page.wanted)
    return short(re.sub(r"[-+]?\d[\d.,]*", "N", text).strip() if drawn else text.strip(), most)


def _plain(text: str) -> str:
    return "".join(c for c in text[:400].casefold() if c.isalnum())


def _reads(text: str, wanted: tuple[str, ...]) -> bool:
    """Whether a text is roughly what is asked; the check itself is exact."""
    return any(
        re.fullmatch(r"\d+".join(re.escape(_plain(part)) for part in w.split(NUMBER)), _plain(text)) is not None
        for w in wanted
    )


def _raw_braces(page: _Page) -> Finding | None:
    """`{random_number}`, or `{{ random_number }}` that nobody rendered."""
    match = re.search(r"\{\{?\s*(\w{1,60})\s*\}?\}", page.text[:_BODY_LIMIT])
    if match is None:
        return None
    if match[0].startswith("{{"):
        return Finding(
            f"The page shows `{short(match[0], 60)}` as it stands, so Jinja has not rendered the file.",
            "Write `return render_template('base.html', ...)` in the view.",
            _view_line(page),
        )
    at = _line_of(page, rf"(?<!\{{)\{{\s*{re.escape(match[1])}\s*\}}(?!\}})")
    return Finding(
        f"{at or 'The page'} has {match[1]} in single braces, so the page shows `{short(match[0], 60)}`.",
        f"Write two braces at each side: `{{{{ {match[1]} }}}}`.",
        at,
    )


def _line_of(page: _Page, pattern: str) -> Location | None:
    """The line of a template that holds it, else of the view."""
    found = line_with(page.evidence, pattern)
    return found[0] if found else _view_line(page)


def _view_line(page: _Page) -> Location | None:
    call = render_call(page.evidence, page.exchange.request.path)
    view = view_at(page.evidence, page.exchange.request.path)
    return spot(page.evidence, *call) if call else spot(page.evidence, *view) if view else None


def _other_tag(page: _Page) -> Finding | None:
    """h2 for h1."""
    found = next((t for t, x in page.headings if t != "h1" and _reads(x, page.wanted)), None)
    if found is None:
        return None
    at = _line_of(page, rf"(?i)<{found}\b")
    return Finding(
        f"{at or 'The page'} uses <{found}> for the heading; the lab asks for <h1>.",
        f"Write <h1>...</h1> instead of <{found}>...</{found}>.",
        at,
    )


def _no_number(page: _Page) -> Finding | None:
    """The heading is right, but N is missing: the variable is empty."""
    if page.first is None:
        return None
    stems = {_plain(w.replace(NUMBER, "")) for w in page.wanted if NUMBER in w}
    if _plain(page.first[1]) not in stems:
        return None
    used = line_with(page.evidence, r"(?i)<h1\b[^\n]{0,500}?\{\{-?\s*([A-Za-z_]\w{0,60})")
    call = render_call(page.evidence, page.exchange.request.path)
    names = passed_names(call[1]) if call else None
    if used and names is not None and used[1][1] not in names:
        return unpassed(page.evidence, used[1][1], used[0])
    at = _line_of(page, _H1)
    return Finding(
        f'{at or "The page"}: the heading reads "{_steady(page, page.first[1], 80)}", without the number.',
        "Write `{{ random_number }}` in it, and pass random_number to render_template.",
        at,
    )


def _none_shown(page: _Page) -> Finding | None:
    """The heading reads "The number is None"."""
    if page.first is None or not _plain(page.first[1]).endswith("none"):
        return None
    return Finding(
        "The heading shows None, so the variable has no value.",
        "Pass the number that was drawn: random_number=random_num.",
        _view_line(page),
    )


def _misspelt(page: _Page) -> Finding | None:
    """Near to what is asked: the difference, word by word."""
    if page.first is None:
        return None
    text = _steady(page, page.first[1], 80)
    asked = page.asked(page.first[1])
    at = _line_of(page, _H1)
    if not text:
        return Finding(f"{at or 'The page'} has an empty <h1>.", f'Let it read "{asked}".', at)
    return Finding(
        f'{at or "The page"}: the <h1> reads "{text}"{_difference(text, asked)}.', f'Let it read "{asked}".', at
    )


def _difference(text: str, asked: str) -> str:
    """The first words in which two headings differ, to be read after the heading."""
    ours = [w for w in re.findall(r"\w+", asked) if w != "N"]
    theirs = [w for w in re.findall(r"[^\W\d_]+", text) if w != "N"]
    matcher = SequenceMatcher(None, [w.casefold() for w in theirs], [w.casefold() for w in ours], autojunk=False)
    if matcher.ratio() < 0.4:
        return ""
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "replace":
            return f': "{" ".join(theirs[a:b])}" where "{" ".join(ours[c:d])}" is asked'
        if kind == "delete":
            return f': "{" ".join(theirs[a:b])}" is too much'
        if kind == "insert":
            return f': "{" ".join(ours[c:d])}" is missing'
    return ""


def _text_without_heading(page: _Page) -> Finding | None:
    """The words are there, in no heading at all."""
    at = _line_of(page, r"(?i)(hello|the number is)")
    asked = page.asked(page.text)
    if page.headings:
        tag, text = page.headings[0]
        return Finding(
            f'The page has no <h1>; its first heading is <{tag}> "{_steady(page, text, 60)}".',
            f"Add `<h1>{asked}</h1>`.",
            at,
        )
    return Finding("The page has no heading.", f"Put the text into `<h1>{asked}</h1>`.", at)


_RECOGNISERS: tuple[Callable[[_Page], Finding | None], ...] = (
    _raw_braces,
    _other_tag,
    _none_shown,
    _no_number,
    _misspelt,
    _text_without_heading,
)
