"""What a rubric asks of an answer: queries that read it, and expectations of what they give.

Each query is one YAML key of an expectation; the other keys narrow what is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.checks.html import Page, page_of
from grader.checks.text import NUMBER, is_integer, match, numbers, parse_pattern, value
from grader.checks.verdict import describe
from grader.model import Exchange


@dataclass(frozen=True, slots=True)
class Query:
    """The texts of the elements that `css` selects, as far as one of the patterns `reads` is their whole text."""

    css: str
    reads: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.css.strip():
            raise ValueError("css is empty; it takes a selector such as h1")
        if not self.reads:
            raise ValueError("say what the text reads")
        for pattern in self.reads:
            parse_pattern(pattern)

    def matches(self, texts: tuple[str, ...]) -> list[tuple[str, ...]]:
        """For each of the texts that reads one of the patterns, the numbers that stand for `{number}`."""
        found = (match(pattern, text) for text in texts for pattern in self.reads)
        return [numbers_held for numbers_held in found if numbers_held is not None]

    def value(self, exchange: Exchange) -> tuple[str, ...] | None:
        """The numbers that the page shows: where the pattern is read, in an element or elsewhere; else those of its
        headings; else all. None for a page without any, and for an error."""
        if not exchange.ok:
            return None
        page = page_of(exchange)
        read = [held for held in self.matches(page.select(self.css)) or self.matches(page.blocks) if held]
        if read:
            return read[0]
        return _numbers(page.headings) or _numbers(page.blocks) or None

    @property
    def element(self) -> str:
        """The selected element in words."""
        return f"<{self.css}>" if self.css.isalnum() else f"“{self.css}”"

    @property
    def asked(self) -> str:
        """What is asked, in words."""
        article = "an" if self.css[0] in "aefhilmnorsx" and len(self.css) < 3 else "a"
        return f"{article} {self.element} that reads {quoted(self.wanted)}"

    @property
    def wanted(self) -> tuple[str, ...]:
        """The patterns as a reader expects them, with N for a number."""
        return tuple(pattern.replace(NUMBER, "N") for pattern in self.reads)


def _numbers(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(number for text in texts for number in numbers(text))


def quoted(texts: tuple[str, ...]) -> str:
    """The texts in quotation marks, as alternatives."""
    return " or ".join(f'"{" ".join(text.split())}"' for text in texts)


@dataclass(frozen=True, slots=True)
class Differs:
    """Until two answers show different numbers; an unanswered request ends it too, since more would only take time."""

    query: Query

    def met(self, exchanges: tuple[Exchange, ...]) -> bool:
        """Whether to stop."""
        unanswered = bool(exchanges) and exchanges[-1].status is None
        return unanswered or len({self.query.value(e) for e in exchanges} - {None}) > 1


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that every answer must satisfy: its status, or that there is a page, or what an element reads.

    With `integer`, `from_` and `to`, every number that stands for `{number}` must be one, and lie between them.
    """

    status: int | None = None
    page: Literal["not empty"] | None = None
    css: str | None = None
    reads: tuple[str, ...] = ()
    integer: bool = False
    from_: int | None = None
    to: int | None = None

    def __post_init__(self) -> None:
        if sum(asked is not None for asked in (self.status, self.page, self.css)) != 1:
            raise ValueError("an expectation is one of status, page, css")
        if self.reads and self.css is None:
            raise ValueError("reads belongs to css")
        if self.css is not None:
            Query(self.css, self.reads)
        if self.about_number and not any(NUMBER in pattern for pattern in self.reads):
            raise ValueError(f"integer, from and to say what {NUMBER} is, but reads holds no {NUMBER}")
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError(f"from {self.from_} to {self.to} leaves no number")

    @property
    def about_number(self) -> bool:
        """Whether the number is narrowed."""
        return self.integer or self.from_ is not None or self.to is not None

    @property
    def query(self) -> Query | None:
        """What is read from the page, None for an expectation of another kind."""
        return Query(self.css, self.reads) if self.css is not None else None

    def met(self, exchange: Exchange) -> bool:
        """Whether an answer satisfies it. A page that crashed satisfies nothing but an expected status."""
        if self.status is not None:
            return exchange.status == self.status
        if not exchange.ok:
            return False
        page = page_of(exchange)
        if self.query is None:
            return not page.empty
        return any(all(map(self._allows, held)) for held in self.query.matches(page.select(self.query.css)))

    def _allows(self, number: str) -> bool:
        if self.integer and not is_integer(number):
            return False
        worth = value(number)
        return (self.from_ is None or self.from_ <= worth) and (self.to is None or worth <= self.to)

    def wrong_number(self, exchange: Exchange) -> str | None:
        """The number that is not allowed, where the text is right but for it."""
        if self.query is None or not exchange.ok:
            return None
        held = [n for found in self.query.matches(page_of(exchange).select(self.query.css)) for n in found]
        return next((n for n in held if not self._allows(n)), None)

    @property
    def asked(self) -> str:
        """What is asked, in words."""
        if self.query is None:
            return f"status {self.status}" if self.status is not None else "a page that is not empty"
        kind = "an integer" if self.integer else "a number"
        low = f" from {self.from_}" if self.from_ is not None else ""
        high = f" to {self.to}" if self.to is not None else ""
        return self.query.asked + (f", N {kind}{low}{high}" if self.about_number else "")

    def seen(self, exchange: Exchange) -> str:
        """What an answer showed instead, in words."""
        if self.query is None or not exchange.ok:
            return describe(exchange) + ("" if self.page is None or not exchange.ok else " with an empty page")
        return _texts_seen(self.query, page_of(exchange))


def _texts_seen(query: Query, page: Page) -> str:
    texts = page.select(query.css)
    if not texts:
        return f"the page has no {query.element}"
    return f"the page's {query.element}: " + ", ".join(quoted((text,)) for text in texts[:5])
