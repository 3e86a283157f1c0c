"""What a rubric expects of an answer: one query and what is asked of it, or several composed by `all` and `any`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from grader.checks import cookies, jsondata, tables
from grader.checks.comparing import Kind, Values, is_plain_number, text
from grader.checks.elements import is_always_there
from grader.checks.html import page_of, text_of
from grader.checks.interpolation import is_filled_in
from grader.checks.predicates import Predicates, only_predicates, only_there, require_whole
from grader.checks.reading import PLAIN, PLAIN_NOUNS, Argument, plain_values
from grader.checks.verdict import describe
from grader.checks.wording import words
from grader.frozen import dataclass
from grader.model import Exchange, Json

_MOST_SHOWN = 5  # values
_LONG = 120  # characters of one


@dataclass(frozen=True)
class Expectation(Argument, Predicates):
    """One thing that an answer must satisfy. Exactly one query: those without an argument take their predicates as
    their value, those with one have them beside. `all` and `any` compose, `hint` says what to change."""

    SHORTHAND: ClassVar[str] = ""

    status: Predicates | None = None
    reason: Predicates | None = None
    body: Predicates | None = None
    title: Predicates | None = None
    text: Predicates | None = None
    duration: Predicates | None = None
    redirect: Predicates | None = None
    url: Predicates | None = None
    log: Predicates | None = None
    page: Literal["not empty"] | None = None
    schema: Json | None = None
    all: tuple[Expectation, ...] = ()
    any: tuple[Expectation, ...] = ()
    hint: str = ""

    def __post_init__(self) -> None:
        self._validate_queries()
        if self.status is not None:
            require_whole("status", self.status, 100, 599)
        if self.duration is not None:
            _require_numbers("duration", self.duration)
        self.validate()
        self.validate_arguments()
        if self.xpath is not None and only_there(self) and "${" not in self.xpath and is_always_there(self.xpath):
            raise ValueError(
                f"xpath: what {self.xpath!r} computes is always there; say what it is, by equals for instance"
            )
        if self.schema is not None:
            jsondata.check_schema(self.schema)

    def _validate_queries(self) -> None:
        """One query, of which something is asked."""
        given = [name for name in (*_ALONE, *PLAIN) if getattr(self, name) not in (None, ())]
        given += self.queries
        if not given:
            raise ValueError(f"an expectation says what to look at: one of {', '.join(QUERIES)}")
        if len(given) > 1:
            raise ValueError(f"{given[1]} is a second query; begin each expectation with a dash of its own")
        if self.given and not self.queries:
            raise ValueError(f"{given[0]} takes what is asked as its value, such as {given[0]}: {{contains: ...}}")
        for name in PLAIN:
            asked = getattr(self, name)
            if asked is not None and not asked.given:
                raise ValueError(f"{name} asks nothing; write what it is, or leave it out")

    @property
    def query(self) -> str:
        """The query's key."""
        return next(name for name in QUERIES if getattr(self, name) not in (None, ()))

    @property
    def about_status(self) -> bool:
        """Whether it looks at the status, alone or among others."""
        return self.status is not None or any_of(e.about_status for e in (*self.all, *self.any))

    # ------------------------------------------------------------------------------------------------------ judging

    def satisfied_by(self, exchange: Exchange, *, error_asked: bool = False) -> bool:
        """Whether an answer satisfies it: an error, only where its status is asked here or (`error_asked`) beside."""
        if exchange.status is None:
            return False
        if self.all:
            asked = error_asked or error_is_asked(self.all, exchange)
            return all_of(e.satisfied_by(exchange, error_asked=asked) for e in self.all)
        if self.any:
            return any_of(e.satisfied_by(exchange, error_asked=error_asked) for e in self.any)
        if self.status is None and (exchange.failure is not None or (exchange.status >= 400 and not error_asked)):
            return False
        return self._met(exchange)

    def _met(self, exchange: Exchange) -> bool:
        if self.page is not None:
            return not page_of(exchange).empty
        if self.schema is not None:
            return not jsondata.schema_faults(text_of(exchange), self.schema)
        if self.jsonpath is not None and not jsondata.is_json(text_of(exchange)):
            return False  # what is no JSON lacks nothing of it either
        return self._predicates.met(self._values(exchange))

    @property
    def _predicates(self) -> Predicates:
        if self.queries:
            return only_predicates(self)
        asked: Predicates = getattr(self, self.query)
        return asked

    def _values(self, exchange: Exchange) -> Values:
        return self.read_argument(exchange) if self.queries else plain_values(self.query, exchange)

    # -------------------------------------------------------------------------------------------------------- words

    @property
    def asked(self) -> str:
        """What is asked, as a clause: the status is 200."""
        if self.all:
            return " and ".join(e.asked for e in self.all)
        if self.any:
            return " or ".join(e.asked for e in self.any)
        if self.page is not None:
            return "the page is not empty"
        if self.schema is not None:
            return "the JSON has the shape that is asked"
        return f"{self._noun} {words(self._predicates)}"

    @property
    def _noun(self) -> str:
        return self.argument_noun() if self.queries else PLAIN_NOUNS[self.query]

    def seen(self, exchange: Exchange) -> str:
        """What an answer showed instead, as a clause."""
        if exchange.status is None or self.status is not None:
            return describe(exchange)
        if self.all or self.any:
            unmet = [e for e in (*self.all, *self.any) if not e.satisfied_by(exchange, error_asked=True)]
            return "; ".join(dict.fromkeys(e.seen(exchange) for e in unmet)) or describe(exchange)
        if self.page is not None:
            return f"{describe(exchange)} with an empty page"
        if self.schema is not None:
            return next(iter(jsondata.schema_faults(text_of(exchange), self.schema)), "the JSON has another shape")
        values = self._values(exchange)
        return self._values_seen(values) if values.items else self._nothing_seen(exchange)

    def _values_seen(self, values: Values) -> str:
        shown = ", ".join(_short(item, values.kind) for item in values.items[:_MOST_SHOWN])
        more = f" and {len(values.items) - _MOST_SHOWN} more" if len(values.items) > _MOST_SHOWN else ""
        return f"{self._noun} is {shown}{more}"

    def _nothing_seen(self, exchange: Exchange) -> str:
        if self.jsonpath is not None:
            try:
                jsondata.parsed(text_of(exchange))
            except jsondata.NotJson as error:
                return str(error)
        if self.cookie is not None:
            others = ", ".join(cookies.names(exchange)) or "none"
            return f"there is no cookie {self.cookie}; cookies set: {others}"
        if self.table is not None and tables.has_heading(page_of(exchange), self.table):
            missing = f"no row of “{self.row}” beside it" if self.row else "nothing belongs to it"
            return f"the column {self.table} is there, but {missing}"
        noun = self._noun
        for article in ("the ", "an ", "a "):
            noun = noun.removeprefix(article)
        return f"there is no {noun}"


def _require_numbers(name: str, asked: Predicates) -> None:
    """Raises ValueError where a number is compared with a text."""
    for wanted in (asked.equals, *asked.one_of):
        if wanted is not None and not (is_plain_number(wanted.value) or is_filled_in(wanted.value)):
            raise ValueError(f"{name} is a number; this is {wanted.text}")


def _short(item: Any, kind: Kind) -> str:
    """A value for a message: a text in quotation marks, on one line, cut where it is long."""
    line = " ".join(text(item).split()) if kind is not Kind.DATA or isinstance(item, str) else text(item)
    cut = line if len(line) <= _LONG else line[:_LONG] + "…"
    return f'"{cut}"' if isinstance(item, str) else cut


def all_of(truths: Iterable[bool]) -> bool:
    """`all`, which is the name of a key here."""
    return all(truths)


def any_of(truths: Iterable[bool]) -> bool:
    """`any`, which is the name of a key here."""
    return any(truths)


_ALONE = ("page", "schema", "all", "any")
QUERIES = (*PLAIN, "page", "schema", "header", "cookie", "css", "xpath", "form", "link", "table", "image", "jsonpath",
           "regex", "all", "any")  # fmt: skip


def error_is_asked(among: Iterable[Expectation], exchange: Exchange) -> bool:
    """Whether the status of an answer is one that expectations made of it together ask for."""
    statuses = [e for e in among if e.about_status]
    return bool(statuses) and all(e.satisfied_by(exchange) for e in statuses)


def holds(expectation: Expectation, among: Iterable[Expectation], exchange: Exchange) -> bool:
    """Whether an answer satisfies one of the expectations that were made of it.

    Nobody earns points by an error page: a page that crashed, that is not there, or that refuses has a heading and a
    text, too. Where its status was not asked for, it satisfies nothing.
    """
    return expectation.satisfied_by(exchange, error_asked=error_is_asked(among, exchange))
