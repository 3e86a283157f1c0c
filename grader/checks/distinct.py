"""What must change from answer to answer."""

from __future__ import annotations

from typing import ClassVar

from grader.checks import elements
from grader.checks.comparing import text
from grader.checks.html import Page, page_of
from grader.checks.reading import PAGE_ARGUMENTS, PLAIN_NOUNS, Argument, Plain, on_one_line, plain_values
from grader.checks.text import NUMBER, match, numbers, parse_pattern
from grader.frozen import dataclass
from grader.model import Exchange

_MOST_TAGS = 60_000  # on all the pages of which it is asked: 21 times 2,800
_MOST_BYTES = 4 << 20


@dataclass(frozen=True)
class Distinct(Argument):
    """A query whose value changes between answers. With `css` and `reads`, it is the number that stands for
    `{number}`: where no selected element reads the text, it is looked for in the rest of the page."""

    SHORTHAND: ClassVar[str] = "of"

    of: Plain | None = None
    reads: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.queries) + (self.of is not None) != 1:
            raise ValueError("distinct says what changes, by one query such as body, or css and reads")
        if self.reads and self.css is None:
            raise ValueError("reads belongs to css")
        for pattern in self.reads:
            parse_pattern(pattern)
        if self.reads and not any(NUMBER in pattern for pattern in self.reads):
            raise ValueError(f"reads holds no {NUMBER} that could change")
        self.validate_arguments()

    def value(self, exchange: Exchange) -> tuple[str, ...] | None:
        """What the answer shows; None where it shows nothing, and for an error."""
        if not exchange.ok:
            return None
        if self.reads:
            return self._number(exchange)
        values = plain_values(self.of, exchange) if self.of else self.read_argument(exchange)
        return tuple(text(item) for item in on_one_line(values).items) or None

    def _number(self, exchange: Exchange) -> tuple[str, ...] | None:
        """Where the pattern is read, in an element or elsewhere; else the numbers of the headings; else all. The few
        words below an error or a redirect are no page."""
        if exchange.status is None or exchange.status >= 300:
            return None
        page = page_of(exchange)
        return page.note((self.css, self.reads), lambda: self._numbers_on(page)) or None

    def _numbers_on(self, page: Page) -> tuple[str, ...]:
        chosen = tuple(elements.texts(page, self.css or ""))
        read = [held for held in self._matches(chosen) or self._matches(page.blocks) if held]
        if read:
            return read[0]
        return _numbers(page.headings) or _numbers(page.blocks)

    def _matches(self, texts: tuple[str, ...]) -> list[tuple[str, ...]]:
        found = (match(pattern, text) for text in texts for pattern in self.reads)
        return [held for held in found if held is not None]

    @property
    def reads_page(self) -> bool:
        """Whether it is read from the page, which is parsed for it."""
        return bool(set(self.queries) & PAGE_ARGUMENTS) or self.of in ("title", "text")

    @property
    def what(self) -> str:
        """What changes, in words."""
        if self.reads:
            return "a number"
        return PLAIN_NOUNS[self.of] if self.of else self.argument_noun()

    @property
    def asked(self) -> str:
        """What is asked, in words."""
        return f"{self.what} that changes between requests" if self.reads else f"{self.what} changes between requests"


def _numbers(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(number for text in texts for number in numbers(text))


@dataclass(frozen=True)
class Differs:
    """Until two answers show different values; an unanswered request ends it too, since more would only take time, and
    so do pages that hold more than is read, or much together: each is read anew."""

    query: Distinct

    def met(self, exchanges: tuple[Exchange, ...]) -> bool:
        """Whether to stop."""
        unanswered = bool(exchanges) and exchanges[-1].status is None
        if unanswered or len(exchanges) < 2:
            return unanswered
        last = self.query.value(exchanges[-1])  # asked after each answer: those before it have shown one value at most
        if last is None:
            return self._is_much(exchanges)
        first = next((v for v in map(self.query.value, exchanges[:-1]) if v is not None), last)
        return first != last or self._is_much(exchanges)

    def _is_much(self, exchanges: tuple[Exchange, ...]) -> bool:
        if not self.query.reads_page:
            return False
        pages = [page_of(exchange) for exchange in exchanges]
        size = sum(len(exchange.body) for exchange in exchanges)
        return pages[-1].is_cut or sum(page.tags for page in pages) > _MOST_TAGS or size > _MOST_BYTES
