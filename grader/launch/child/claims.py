"""What a student's program says about itself: its Flask objects, their folders and their routes. A claim, no more."""

from __future__ import annotations

import os
import sys
from typing import Any

_FACTORIES = ("create_app", "make_app")
_MOST_APPS, _MOST_ROUTES = 8, 200

Namespace = dict[str, Any]


def apps_in(namespace: Namespace) -> dict[str, Any]:
    """The Flask objects of a module by their names; none where Flask was never imported."""
    flask = sys.modules.get("flask")
    kind = getattr(flask, "Flask", None)
    if not isinstance(kind, type):
        return {}
    found = {}  # type: dict[str, Any]
    for name, value in list(namespace.items()):
        if isinstance(value, kind) and not any(value is other for other in found.values()):
            found[name] = value
    return found


def factory_app(namespace: Namespace, factory: str) -> dict[str, Any]:
    """The app that a factory of the module makes, called without arguments as `flask run` does."""
    for name in [factory, *_FACTORIES] if factory else _FACTORIES:
        function = namespace.get(name)
        if callable(function):
            return {name: function()}
    return {}


def best(apps: dict[str, Any]) -> Any:
    """The app to serve: named `app` or `application`, else the one with the most routes."""
    for name in ("app", "application"):
        if name in apps:
            return apps[name]
    return max(apps.values(), key=lambda app: len(list(app.url_map.iter_rules())))


def describe(apps: dict[str, Any], home: str) -> list[dict[str, Any]]:
    """Plain data about apps: strings, numbers, lists."""
    return [_describe(name, app, home) for name, app in list(apps.items())[:_MOST_APPS]]


def _describe(name: str, app: Any, home: str) -> dict[str, Any]:
    root = str(app.root_path)
    return {
        "name": str(name),
        "templates": _place(root, app.template_folder, home),
        "static": _place(root, app.static_folder, home),
        "static_url": app.static_url_path and str(app.static_url_path),
        "routes": [_route(rule, app, home) for rule in list(app.url_map.iter_rules())[:_MOST_ROUTES]],
    }


def _place(root: str, folder: Any, home: str) -> str | None:
    if folder is None:
        return None
    return _inside(os.path.normpath(os.path.join(root, str(folder))), home)


def _inside(path: str, home: str) -> str:
    return os.path.relpath(path, home) if (path + os.sep).startswith(home + os.sep) else path


def _route(rule: Any, app: Any, home: str) -> dict[str, Any]:
    view = app.view_functions.get(rule.endpoint)
    code = getattr(getattr(view, "__wrapped__", view), "__code__", None)
    return {
        "rule": str(rule.rule),
        "methods": sorted(str(m) for m in rule.methods or ()),
        "endpoint": str(rule.endpoint),
        "needs": bool(set(rule.arguments) - set(rule.defaults or ())),
        "file": _inside(code.co_filename, home) if code else "",
        "line": int(code.co_firstlineno) if code else 0,
    }
