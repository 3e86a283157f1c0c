"""What people ask of a page's HTML: a title, headings in order, labels, alternative texts, nesting, links that lead
somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.checks import markup
from grader.checks.controls import controls_of
from grader.checks.crawl import Crawl, lost_fragments, targets
from grader.checks.elements import attribute_of, names_of
from grader.checks.html import HEADINGS, Page, page_of, text_in, text_of
from grader.checks.reach import NATURAL, answers_of, serving_mode, visits
from grader.checks.verdict import broken, broken_page, cut_short, describe, failed, no_server
from grader.frozen import dataclass
from grader.model import (
    CheckStatus,
    Condition,
    Evidence,
    Exchange,
    Location,
    Mode,
    Observation,
    Outcome,
    Request,
    Step,
    passed,
)

if TYPE_CHECKING:
    from bs4 import Tag

_MOST_TOLD = 20
_GONE = (None, 404, 410)  # how an address answers that takes no form either
_UNLABELLED = ("hidden", "submit", "button", "image", "reset")  # which say themselves what they are
_LANGUAGE = re.compile(r"(?:[A-Za-z]{2,3}|[xi])(?:-[A-Za-z0-9]{1,8})*")


class Claim(StrEnum):
    """One thing that a page may be asked for."""

    TITLE = "title"
    LANGUAGE = "language"
    ONE_H1 = "one_h1"
    HEADING_ORDER = "heading_order"
    LABELS = "labels"
    ALT_TEXTS = "alt_texts"
    NESTING = "nesting"
    LINKS = "links"


_ASKED = {
    Claim.TITLE: "has a title",
    Claim.LANGUAGE: 'says its language, as in <html lang="en">',
    Claim.ONE_H1: "has exactly one <h1>",
    Claim.HEADING_ORDER: "begins its headings with <h1> and leaves no level out on the way down",
    Claim.LABELS: "has a label for every field that a person fills in",
    Claim.ALT_TEXTS: "has an alt attribute for every picture",
    Claim.NESTING: "closes and nests its elements as HTML asks for, and gives no id twice",
    Claim.LINKS: "has no link and no file of the server's own that is missing",
}
_HINTS = {
    Claim.TITLE: "Write <title>…</title> into the <head>.",
    Claim.LANGUAGE: 'Begin the page with <html lang="en">, or the language that it is in.',
    Claim.ONE_H1: "Let one <h1> say what the page is; the others become <h2>.",
    Claim.HEADING_ORDER: "After an <h1> comes <h2>, after that <h3>: choose by meaning, not by size.",
    Claim.LABELS: 'Put <label for="ID">…</label> beside the field with that id, or the field into the label.',
    Claim.ALT_TEXTS: 'Say what the picture shows: alt="…"; alt="" where it only decorates.',
    Claim.NESTING: "Close what was opened last first, and put each element where HTML has a place for it.",
    Claim.LINKS: "Correct the address, or add the route or the file that it leads to.",
}


@dataclass(frozen=True)
class HtmlClaims:
    """The page at `path` has all of `claims`; with `partial`, each has its share of the points."""

    claims: tuple[Claim, ...]
    path: str = "/"
    partial: bool = False

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError(f"path begins with a slash; this is {self.path!r}")
        if not self.claims:
            raise ValueError(f"claims names at least one of {', '.join(Claim)}")
        twice = next((c for c in self.claims if self.claims.count(c) > 1), None)
        if twice is not None:
            raise ValueError(f"claims names {twice} twice")

    # ---------------------------------------------------------------------------------------------------- observing

    def plan(self, evidence: Evidence) -> Iterable[Observation]:
        """The page; and for its links, a start of its own that follows each of them."""
        step = Step(Request(self.path))
        yield Observation(NATURAL, 0, (step,))
        yield from visits(evidence, step)
        mode = serving_mode(evidence)
        if mode is not None and Claim.LINKS in self.claims:
            yield Observation(Condition(mode), script=Crawl(self.path))

    # ------------------------------------------------------------------------------------------------------ judging

    def judge(self, evidence: Evidence) -> Outcome:
        """The first claim that does not hold, with all of its faults; or full marks."""
        answers = answers_of(evidence, Condition(serving_mode(evidence) or Mode.RUN), Request(self.path))
        if serving_mode(evidence) is None or not answers:
            return no_server(evidence, self._expected)
        answer = answers[0]
        if broken(answer):
            return broken_page(evidence, self._expected, answer)
        faults = {claim: self._faults(evidence, claim, answer) for claim in self.claims}
        wrong = {claim: told for claim, told in faults.items() if told}
        cut = cut_short(self._crawled(evidence)) if Claim.LINKS in self.claims else None
        if cut is not None and not wrong:
            return broken_page(evidence, self._expected, cut)
        if not wrong:
            return passed(f"{self._expected[0].upper()}{self._expected[1:]}.", [answer.start, answer.id])
        return self._failed(evidence, answer, wrong)

    def _failed(self, evidence: Evidence, answer: Exchange, wrong: dict[Claim, list[str]]) -> Outcome:
        claim, told = next(iter(wrong.items()))
        others = f" {len(wrong) - 1} more of what is asked does not hold." if len(wrong) > 1 else ""
        message = f"The page at {self.path}: {told[0]}.{others}"
        shown = "; ".join(fault for faults in wrong.values() for fault in faults[:_MOST_TOLD])
        outcome = failed(
            f"the page at {self.path} {_ASKED[claim]}", shown, message=message, evidence=[answer.start, answer.id]
        )
        outcome = replace(outcome, hint=_HINTS[claim], location=_place(evidence, told[0]))
        right = len(self.claims) - len(wrong)
        if not self.partial or right == 0:
            return outcome
        return replace(outcome, status=CheckStatus.PARTIAL, earned=Fraction(right, len(self.claims)))

    def _faults(self, evidence: Evidence, claim: Claim, answer: Exchange) -> list[str]:
        if "html" not in (answer.header("Content-Type") or "text/html").lower():
            return [f"it is no HTML but {answer.header('Content-Type')}"]
        if claim is Claim.NESTING:
            return markup.faults(text_of(answer))[:_MOST_TOLD]
        if claim is Claim.LINKS:
            return list(self._broken_links(evidence, answer))[:_MOST_TOLD]
        return list(_OF_PAGE[claim](page_of(answer)))[:_MOST_TOLD]

    def _broken_links(self, evidence: Evidence, answer: Exchange) -> Iterator[str]:
        for fragment in lost_fragments(answer):
            yield f"#{fragment} leads nowhere: no element has that id"
        crawled = self._crawled(evidence)
        asked = targets(crawled[0]) if crawled else {}
        for exchange in crawled[1:]:
            sound = not broken(exchange) if asked.get(exchange.request.path, True) else exchange.status not in _GONE
            if not sound and not cut_short([exchange]):
                yield describe(exchange).removeprefix("GET ")

    def _crawled(self, evidence: Evidence) -> tuple[Exchange, ...]:
        seen = evidence.of(Observation(Condition(serving_mode(evidence) or Mode.RUN), script=Crawl(self.path)))
        return seen.exchanges if seen else ()

    # -------------------------------------------------------------------------------------------------------- words

    @property
    def _expected(self) -> str:
        return f"the page at {self.path} {', '.join(_ASKED[claim] for claim in self.claims)}"

    @property
    def asked(self) -> tuple[str, ...]:
        """What a student is asked, in sentences."""
        return tuple(f"The page at {self.path} {_ASKED[claim]}." for claim in self.claims)


# ------------------------------------------------------------------------------------------------ claims of one page


def _title(page: Page) -> Iterator[str]:
    title = next((t for t in page.root.find_all("title") if t.find_parent("svg") is None), None)
    if title is None or not _says(text_in(title)):
        yield "it has no title" if title is None else "its title is empty"


def _says(text: str) -> bool:
    """Whether there is anything to read."""
    return any(c.isprintable() and not c.isspace() for c in text)


def _language(page: Page) -> Iterator[str]:
    root = page.root.find("html")
    language = (attribute_of(root, "lang") or "").strip() if root is not None else ""
    if not language:
        yield "<html> has no lang attribute"
    elif not _LANGUAGE.fullmatch(language):
        yield f"lang={language[:20]!r} is no language such as en or en-GB"


def _one_h1(page: Page) -> Iterator[str]:
    headings = page.root.find_all("h1")
    if len(headings) != 1:
        yield f"it has {len(headings) or 'no'} <h1>"
    elif not any(_says(name) for name in names_of(headings[0])):
        yield "its <h1> is empty"


def _heading_order(page: Page) -> Iterator[str]:
    above = 0
    for tag in page.root.find_all(HEADINGS):
        level = int(tag.name[1])
        if level > above + 1:
            before = f"after <h{above}>" if above else "as the first heading"
            yield f"<{tag.name}>{' '.join(text_in(tag).split())[:60]}</{tag.name}> stands {before}"
        above = level
    if not above:
        yield "it has no heading"


def _labels(page: Page) -> Iterator[str]:
    controls = controls_of(page)
    for control in controls.all:
        tag, kind = control.tag, (attribute_of(control.tag, "type") or "").lower()
        if tag.name == "button" or (tag.name == "input" and kind in _UNLABELLED) or controls.is_labelled(control):
            continue
        name = attribute_of(tag, "name") or attribute_of(tag, "id") or ""
        yield f"<{tag.name}{f' name={name!r}' if name else ''}> has no label"


def _alt_texts(page: Page) -> Iterator[str]:
    for tag in page.root.find_all(("img", "area", "input")):
        if _is_picture(tag) and not tag.has_attr("alt"):
            source = attribute_of(tag, "src") or ""
            yield f"<{tag.name}{f' src={source[:80]!r}' if source else ''}> has no alt"


def _is_picture(tag: Tag) -> bool:
    """Whether it shows something, and not for decoration alone."""
    if tag.name == "input" and (attribute_of(tag, "type") or "").lower() != "image":
        return False
    if tag.name == "area" and not tag.has_attr("href"):
        return False
    return (attribute_of(tag, "role") or "") not in ("presentation", "none")


_OF_PAGE: dict[Claim, Callable[[Page], Iterator[str]]] = {
    Claim.TITLE: _title,
    Claim.LANGUAGE: _language,
    Claim.ONE_H1: _one_h1,
    Claim.HEADING_ORDER: _heading_order,
    Claim.LABELS: _labels,
    Claim.ALT_TEXTS: _alt_texts,
}


def _place(evidence: Evidence, fault: str) -> Location | None:
    """The one line of the student's templates that holds what a fault names in quotation marks."""
    quoted = fault.split("'")[1] if fault.count("'") >= 2 else fault.partition(" ")[0]
    if len(quoted) < 3:
        return None
    places = [
        Location(file.path, number, line.strip())
        for file in evidence.files
        if file.text is not None and file.path.endswith((".html", ".htm", ".j2", ".jinja", ".jinja2"))
        for number, line in enumerate(file.text.split("\n"), 1)
        if quoted in line
    ]
    return places[0] if len(places) == 1 else None
