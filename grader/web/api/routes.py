"""The operations of the API, each told once: the route, the checks of what was sent, and the OpenAPI document."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from grader import __version__
from grader.frozen import dataclass
from grader.web.api.documents import Schemas, document
from grader.web.api.resources import Faulty
from grader.web.security import csrf

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
csrf.exempt(blueprint)  # a token is no cookie; where a cookie is used, `_guarded` asks for the page's token itself

_MOST_PAGE = 1_000_000
_FAULTS = {
    400: "What was sent cannot be used.",
    401: "Nobody is signed in, or the token is no good.",
    403: "It is not the viewer's to see or change.",
    404: "There is no such thing, or not for the viewer.",
    409: "It cannot be done now: it is closed, or all attempts are used up.",
    413: "It is more than may be uploaded.",
    503: "The data cannot be reached.",
}
_PAGE = {
    "name": "page",
    "in": "query",
    "description": "Counted from 1.",
    "schema": {"type": "integer", "minimum": 1, "maximum": _MOST_PAGE, "default": 1},
}
_FILES = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "files": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "string", "format": "binary"},
                        "description": "A zip, or the files of the lab, each under its path.",
                    }
                },
                "required": ["files"],
            }
        }
    },
}


@dataclass(frozen=True)
class Operation:
    """One of them. `returns` is a dataclass, or the media type of what is no JSON of ours."""

    method: str
    path: str
    name: str
    summary: str
    returns: type | str
    status: int = 200
    paged: bool = False
    files: bool = False
    faults: tuple[int, ...] = ()


_OPERATIONS: list[Operation] = []
View = Callable[..., Any]


def operation(method: str, path: str, returns: type | str, **more: Any) -> Callable[[View], View]:
    """Register a view whose result, a dataclass or a response, answers. Its docstring is the summary."""

    def register(view: View) -> View:
        told = Operation(method, path, view.__name__, " ".join((view.__doc__ or "").split()), returns, **more)
        _OPERATIONS.append(told)

        @functools.wraps(view)
        def answer(**parts: str) -> ResponseReturnValue:
            _guard(told)
            found = view(**parts)
            return found if isinstance(found, Response) else (jsonify(document(found)), told.status)

        blueprint.add_url_rule(path, view.__name__, answer, methods=[method])
        return view

    return register


def _guard(told: Operation) -> None:
    """What holds before a view is asked: no other site changes anything, and only what is known was sent."""
    if told.method != "GET" and "Authorization" not in request.headers:
        csrf.protect()
    if set(request.args) - ({"page"} if told.paged else set()):
        abort(400)


def page() -> int:
    """Which page is asked for, counted from 1."""
    given = request.args.getlist("page")
    if not given:
        return 1
    (text, *more) = given
    if more or not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= _MOST_PAGE or len(text) > 9:
        abort(400)
    return int(text)


@blueprint.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    """The API, told to programs (OpenAPI 3.1)."""
    return jsonify(_document())


@functools.cache
def _document() -> dict[str, Any]:
    schemas = Schemas()
    schemas.of(Faulty)
    paths: dict[str, dict[str, Any]] = {}
    for told in _OPERATIONS:
        path = told.path.replace("<", "{").replace(">", "}")
        paths.setdefault(path, {})[told.method.lower()] = _told(told, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "weblab-grader",
            "version": __version__,
            "description": "What pages show and do, under the same rules of access. A personal token is made on the "
            "account's page, and sent as `Authorization: Bearer …`.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.named,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _told(told: Operation, schemas: Schemas) -> Mapping[str, Any]:
    parts = [part[1:-1] for part in told.path.split("/") if part.startswith("<")]
    parameters: list[dict[str, Any]] = [
        {"name": part, "in": "path", "required": True, "schema": {"type": "string"}} for part in parts
    ]
    faults = {
        401,
        503,
        *told.faults,
        *({403, 404} if parts else ()),
        *({400} if told.paged or told.method != "GET" else ()),
    }
    return {
        "operationId": told.name,
        "summary": told.summary,
        "parameters": [*parameters, *([_PAGE] if told.paged else [])],
        **({"requestBody": _FILES} if told.files else {}),
        "responses": {
            str(told.status): {"description": "As asked.", "content": _content(told, schemas)},
            **{
                str(code): {
                    "description": _FAULTS[code],
                    "content": {"application/json": {"schema": schemas.of(Faulty)}},
                }
                for code in sorted(faults)
            },
        },
    }


def _content(told: Operation, schemas: Schemas) -> dict[str, Any]:
    if isinstance(told.returns, str):
        binary = told.returns != "application/json"
        return {told.returns: {"schema": {"type": "string", "format": "binary"} if binary else {"type": "object"}}}
    return {"application/json": {"schema": schemas.of(told.returns)}}
