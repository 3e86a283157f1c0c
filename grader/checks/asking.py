"""What a rubric sends: requests written out, forms filled in, links followed."""

from __future__ import annotations

import json as jsonlib
from typing import Any, ClassVar, Literal

from grader.checks.bodies import Upload, check_values, multipart
from grader.checks.elements import attribute_of, led_to, links_reading
from grader.checks.html import page_of
from grader.checks.places import final_target
from grader.checks.submitting import FormError, encoded, fill, find_form, submit
from grader.checks.text import is_token
from grader.frozen import dataclass
from grader.model import Exchange, Json, Request

_BODIES = ("form", "json", "body", "files")


class Stuck(Exception):
    """A request cannot be made from what came before; a sentence for a student."""


@dataclass(frozen=True)
class Ask:
    """A request: method and path, what goes into query and body, headers, cookies, and whether redirects inside the
    app are followed."""

    path: str | None = None
    method: str | None = None
    query: tuple[tuple[str, Json], ...] = ()
    form: tuple[tuple[str, Json], ...] = ()
    files: tuple[tuple[str, Json], ...] = ()
    json: Json | None = None
    body: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()
    redirects: Literal["follow", "stay"] = "follow"

    def __post_init__(self) -> None:
        self.validate()

    def validate(self) -> None:
        """Raises ValueError, in words for a rubric's author, for what could never be sent."""
        if self.path is not None and not self.path.startswith(("/", "${")):
            raise ValueError(f"path begins with a slash; this is {self.path!r}")
        if self.method is not None and not (self.method.isalpha() and self.method.isupper() and self.method.isascii()):
            raise ValueError(f"method is written in capitals, such as GET; this is {self.method!r}")
        self._validate_body()
        for where, pairs in (("headers", self.headers), ("cookies", self.cookies)):
            _check_lines(where, pairs)

    def _validate_body(self) -> None:
        bodies = [name for name in _BODIES if getattr(self, name) not in (None, ())]
        if len(bodies) > 1 and bodies != ["form", "files"]:
            raise ValueError(f"{bodies[1]} cannot be sent together with {bodies[0]}: a request has one body")
        if bodies and self.method in ("GET", "HEAD"):
            raise ValueError(f"{bodies[0]} is a body, and {self.method} sends none; write method: POST, or query")
        for where, values in (("query", self.query), ("form", self.form), ("files", self.files)):
            check_values(where, values, files=where == "files")

    @property
    def verb(self) -> str:
        """The method: what is written, else POST where there is a body, else GET."""
        has_body = any(getattr(self, name) not in (None, ()) for name in _BODIES)
        return self.method or ("POST" if has_body else "GET")

    @property
    def safe(self) -> bool:
        """Whether it can share a running server with other checks: it changes nothing there, and brings nothing."""
        return self.verb in ("GET", "HEAD", "OPTIONS") and not self.cookies and not self.headers

    @property
    def title(self) -> str:
        """The request in a few words."""
        return f"{self.verb} {self.path}"

    def request(self, browser: str = "") -> Request:
        """The request itself."""
        path = self.path or "/"
        if self.query:
            path += ("&" if "?" in path else "?") + encoded((n, v) for n, given in self.query for v in _each(given))
        kind, body = self._body()
        headers = [*self.headers]
        if kind and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", kind))
        if self.cookies:
            headers.append(("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies)))
        return Request(path, self.verb, tuple(headers), body, self.redirects == "follow", browser)

    def _body(self) -> tuple[str, bytes]:
        if self.json is not None:
            return "application/json", jsonlib.dumps(self.json.value, ensure_ascii=False).encode()
        pairs = [(name, value) for name, given in self.form for value in _each(given)]
        if self.files:
            uploads = [(name, Upload.of(_as_dict(item))) for name, given in self.files for item in _items(given)]
            return multipart([*pairs, *uploads])
        if self.form:
            return "application/x-www-form-urlencoded", encoded(pairs).encode()
        return "", (self.body or "").encode()


def _check_lines(where: str, pairs: tuple[tuple[str, str], ...]) -> None:
    """Raises ValueError for headers and cookies that could not be sent."""
    odd = next((name for name, _ in pairs if not is_token(name)), None)
    if odd is not None:
        raise ValueError(f"{where}: {odd!r} is no name that could be sent")
    if any(c in value for _, value in pairs for c in "\r\n\0"):
        raise ValueError(f"{where} hold one line each")


def _each(given: Json) -> list[str]:
    """A field's values: a list sends the field several times."""
    return ["" if item is None else str(Json.of(item)) for item in _items(given)]


def _items(given: Json) -> list[Any]:
    return given.value if isinstance(given.value, list) else [given.value]


def _as_dict(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {"content": "" if given is None else str(Json.of(given))}


@dataclass(frozen=True)
class Submit:
    """A form of the page that the step before brought: `fill` says what goes into its fields, by label or by name;
    `press` which button sends it; `form` which form, where several have those fields. The rest stays as it stands."""

    SHORTHAND: ClassVar[str] = "press"

    fill: tuple[tuple[str, Json], ...] = ()
    press: str | None = None
    form: str | None = None

    def __post_init__(self) -> None:
        check_values("fill", self.fill, files=True)

    @property
    def title(self) -> str:
        """The action in a few words."""
        if self.press:
            return f"sending the form with “{self.press}”"
        return "sending the form" + (f" “{self.form}”" if self.form else "")

    def request(self, last: Exchange | None) -> Request:
        """The request that a browser sends. Raises Stuck."""
        if last is None or last.status is None:
            raise Stuck("There is no page with a form: the request before got no answer")
        page = page_of(last)
        base = page.root.find("base", href=True)
        try:
            form = find_form(page, (name for name, _ in self.fill), self.press, self.form)
            for name, given in self.fill:
                fill(form, name, given.value)
            href = attribute_of(base, "href") if base else None
            return submit(form, self.press, final_target(last), href, last.port)
        except FormError as error:
            raise Stuck(f"{error}, on the page that answered {last.request.method} {last.request.path}.") from error


def follow_link(text: str, last: Exchange | None) -> Request:
    """The request for the link of the last page that reads a text. Raises Stuck."""
    if last is None or last.status is None:
        raise Stuck("There is no page with a link: the request before got no answer")
    page = page_of(last)
    link = next(links_reading(page, text), None)
    where = f"the page that answered {last.request.method} {last.request.path}"
    if link is None:
        raise Stuck(f"There is no link “{text}” on {where}.")
    target = led_to(last, attribute_of(link, "href") or "")
    if target is None:
        raise Stuck(f"The link “{text}” on {where} leads to another server.")
    return Request(target)
