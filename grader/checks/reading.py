"""Queries: what a rubric reads from an answer. Each is one key; the same serve expectations and captures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Literal

from grader.checks import cookies, elements, forms, jsondata, tables
from grader.checks.comparing import Kind, Values
from grader.checks.html import page_of, text_of
from grader.checks.patterns import compiled, occurrences
from grader.checks.places import final_target, redirect_targets
from grader.frozen import dataclass
from grader.model import Exchange

Plain = Literal["status", "reason", "body", "title", "text", "duration", "redirect", "url", "log"]

# What takes no argument: how it is compared, and where it is found.
PLAIN: dict[str, tuple[Kind, Callable[[Exchange], Iterator[Any]]]] = {
    "status": (Kind.DATA, lambda e: iter([e.status] if e.status is not None else [])),
    "reason": (Kind.TEXT, lambda e: iter([e.reason] if e.status is not None else [])),
    "body": (Kind.TEXT, lambda e: iter([text_of(e)])),
    "title": (Kind.PAGE, lambda e: elements.texts(page_of(e), "title")),
    "text": (Kind.PAGE, lambda e: iter([page_of(e).text])),
    "duration": (Kind.DATA, lambda e: iter([round(e.seconds, 3)])),
    "redirect": (Kind.TEXT, redirect_targets),
    "url": (Kind.TEXT, lambda e: iter([final_target(e)])),
    "log": (Kind.TEXT, lambda e: iter([e.log])),
}
ARGUMENTS = ("header", "cookie", "css", "xpath", "form", "link", "table", "image", "jsonpath", "regex")
PAGE_ARGUMENTS = frozenset({"css", "xpath", "form", "link", "table", "image"})
OF_ELEMENTS = ("css", "xpath", "link", "image")
_LEADING = ("href", "src", "srcset", "action", "formaction", "data", "poster", "cite")  # attributes with addresses


@dataclass(frozen=True)
class Argument:
    """The queries that take an argument, at most one of them given. `part` is of a cookie, `attribute` of an element,
    `row` of a table."""

    header: str | None = None
    cookie: str | None = None
    part: cookies.Part = cookies.Part.VALUE
    css: str | None = None
    xpath: str | None = None
    attribute: str | None = None
    form: str | None = None
    link: str | None = None
    table: str | None = None
    row: str | None = None
    image: str | None = None
    jsonpath: str | None = None
    regex: str | None = None

    @property
    def queries(self) -> tuple[str, ...]:
        """The keys of the queries that are given."""
        return tuple(name for name in ARGUMENTS if getattr(self, name) is not None)

    def validate_arguments(self) -> None:
        """Raises ValueError, in words for a rubric's author, for an argument that nothing could be read by."""
        name = next(iter(self.queries), "")
        if self.part is not cookies.Part.VALUE and name != "cookie":
            raise ValueError("part belongs to cookie")
        if self.attribute is not None and name not in OF_ELEMENTS:
            raise ValueError(f"attribute belongs to one of {', '.join(OF_ELEMENTS)}")
        if self.row is not None and name != "table":
            raise ValueError("row belongs to table")
        if not name:
            return
        argument = str(getattr(self, name))
        if not argument.strip():
            raise ValueError(f"{name} is empty")
        if "${" in argument:
            return
        try:
            _VALIDATE.get(name, str)(argument)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error

    def read_argument(self, exchange: Exchange) -> Values:
        """What the answer holds of it."""
        kind, items = self._read(exchange)
        return Values(kind, tuple(items))

    def _read(self, exchange: Exchange) -> tuple[Kind, Iterator[Any]]:
        if self.header is not None:
            wanted = self.header.lower()
            return Kind.TEXT, (value for name, value in exchange.headers if name.lower() == wanted)
        if self.cookie is not None:
            kind = Kind.DATA if self.part in cookies.TYPED else Kind.TEXT
            return kind, cookies.values(exchange, self.cookie, self.part)
        if self.jsonpath is not None:
            return Kind.DATA, jsondata.query(text_of(exchange), self.jsonpath)
        if self.regex is not None:
            return Kind.TEXT, occurrences(self.regex, text_of(exchange))
        return self._read_page(exchange)

    def _read_page(self, exchange: Exchange) -> tuple[Kind, Iterator[Any]]:
        page = page_of(exchange)
        # People read what an attribute says, or nobody does; where it leads, only one spelling does.
        kind = Kind.TEXT if self.attribute in _LEADING else Kind.PAGE
        if self.css is not None:
            return kind, elements.texts(page, self.css, self.attribute)
        if self.xpath is not None:
            return kind, elements.by_xpath(page, self.xpath, self.attribute)
        if self.link is not None:
            return self._of_tags(exchange, elements.links_reading(page, self.link), "href")
        if self.image is not None:
            return self._of_tags(exchange, elements.images(page, self.image), "src")
        if self.form is not None:
            return Kind.PAGE, forms.names_of_fields(page, self.form)
        return Kind.PAGE, tables.column(page, self.table or "", self.row)

    def _of_tags(self, exchange: Exchange, tags: Iterable[Any], leading: str) -> tuple[Kind, Iterator[Any]]:
        """Where elements lead, or another of their attributes."""
        if self.attribute in (None, leading):
            return Kind.TEXT, elements.addresses(exchange, tags, leading)
        return Kind.PAGE, elements.attributes(tags, self.attribute or "")

    def argument_noun(self) -> str:
        """What is read, in words, to be followed by a verb."""
        if self.cookie is not None:
            return (
                f"the cookie {self.cookie}" if self.part is cookies.Part.VALUE else f"the {self.part.noun(self.cookie)}"
            )
        if self.css is not None or self.xpath is not None:
            element = element_noun(self.css) if self.css is not None else f"what {self.xpath} finds"
            return f"the attribute {self.attribute} of {element}" if self.attribute else element
        if self.table is not None:
            where = f" in the row of {self.row}" if self.row else ""
            return f"the column {self.table}{where}"
        name = self.queries[0]
        return _ARGUMENT_NOUNS[name].format(getattr(self, name))


def element_noun(css: str) -> str:
    """What a selector selects, with its article: an <h1>, a <p>, “nav a”."""
    if not css.isalnum():
        return f"“{css}”"
    letter_is_said_with_a_vowel = len(css) < 3 and css[0].lower() in "aefhilmnorsx"
    return f"{'an' if letter_is_said_with_a_vowel or css[0].lower() in 'aeio' else 'a'} <{css}>"


@dataclass(frozen=True)
class Read(Argument):
    """One query, by a word for what takes no argument, or by a key and its argument."""

    SHORTHAND: ClassVar[str] = "of"

    of: Plain | None = None

    def __post_init__(self) -> None:
        given = len(self.queries) + (self.of is not None)
        if given != 1:
            raise ValueError(f"say what to read, by one of {', '.join((*PLAIN, *ARGUMENTS))}; these are {given}")
        self.validate_arguments()

    def values(self, exchange: Exchange) -> Values:
        """What the answer holds of it; nothing where there is no answer. What people read goes into addresses and
        forms: it stands on one line."""
        if exchange.status is None:
            return Values(Kind.TEXT)
        return on_one_line(plain_values(self.of, exchange) if self.of else self.read_argument(exchange))

    def noun(self) -> str:
        """What is read, in words, to be followed by a verb."""
        return PLAIN_NOUNS[self.of] if self.of else self.argument_noun()


def on_one_line(found: Values) -> Values:
    """What people read, as they read it; everything else as it is."""
    if found.kind is not Kind.PAGE:
        return found
    return Values(found.kind, tuple(" ".join(i.split()) if isinstance(i, str) else i for i in found.items))


def plain_values(name: str, exchange: Exchange) -> Values:
    """What an answer holds of a query without an argument."""
    kind, read = PLAIN[name]
    return Values(kind, tuple(read(exchange)))


_VALIDATE: dict[str, Callable[[str], object]] = {
    "css": elements.check_css,
    "xpath": elements.check_xpath,
    "jsonpath": jsondata.check,
    "regex": compiled,
}
PLAIN_NOUNS = {
    "status": "the status",
    "reason": "the reason phrase",
    "body": "the body",
    "title": "the page's title",
    "text": "the page's text",
    "duration": "the time until the answer, in seconds,",
    "redirect": "the redirect",
    "url": "the address at the end",
    "log": "the program's output",
}
_ARGUMENT_NOUNS = {
    "header": "the header {}",
    "link": "the link “{}”",
    "image": "the image “{}”",
    "form": "the form with “{}”",
    "jsonpath": "{} of the JSON",
    "regex": "what matches {}",
}
