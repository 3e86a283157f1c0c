"""What holds for every answer: its headers, and that no other site can have a browser change anything here."""

from __future__ import annotations

import secrets

from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFProtect

csrf = CSRFProtect()
_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def secure(app: Flask) -> None:
    """Put it in front of every view."""
    csrf.init_app(app)
    app.after_request(_with_headers)
    app.jinja_env.globals["nonce"] = nonce


def nonce() -> str:
    """What the scripts and styles of this answer are known by."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    found: str = g.nonce
    return found


def _with_headers(response: Response) -> Response:
    """Those that a view has set itself stay: a frame has a policy of its own."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=nonce()))
    if "Cache-Control" not in response.headers or request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"  # grades stay out of shared caches
    return response
