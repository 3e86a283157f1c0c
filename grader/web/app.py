"""The application. Made once a process; every part of it registers a blueprint here."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from grader import resources
from grader.courses.database import Database
from grader.web import (
    account,
    admin,
    api,
    assigning,
    entering,
    faults,
    home,
    live,
    oidc,
    pages,
    people,
    profile,
    receiving,
    reports,
    rubric,
    security,
    session,
    student,
    teaching,
)
from grader.web.settings import Settings

_MOST_FORM = 2 << 20  # bytes of a form without files
_MOST_PARTS = 3000  # of a form, one for each file
_BLUEPRINTS = (
    account.blueprint,
    admin.blueprint,
    api.blueprint,
    assigning.blueprint,
    entering.blueprint,
    home.blueprint,
    live.blueprint,
    oidc.blueprint,
    people.blueprint,
    profile.blueprint,
    reports.blueprint,
    rubric.blueprint,
    rubric.trying,
    student.blueprint,
    teaching.blueprint,
)


def create_app(settings: Settings, database: Database | None = None) -> Flask:
    """The web application on a database, which is opened unless one is given. Raises StoreError."""
    app = Flask(
        "grader.web",
        template_folder=str(resources.folder("templates")),
        static_folder=str(resources.folder("static")),
        root_path=str(resources.PACKAGE),
    )
    app.config.update(
        SECRET_KEY=settings.secret,
        TRUSTED_HOSTS=list(settings.hosts),
        SESSION_COOKIE_NAME="__Host-grade" if settings.https else "grade",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_REFRESH_EACH_REQUEST=False,  # session.py says when
        PERMANENT_SESSION_LIFETIME=session.LOCAL if settings.local else session.LIFETIME,
        MAX_CONTENT_LENGTH=settings.most_upload + _MOST_FORM,
        MAX_FORM_MEMORY_SIZE=_MOST_FORM,
        MAX_FORM_PARTS=_MOST_PARTS,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    app.extensions["database"] = database or Database.open(settings.database)
    app.extensions["settings"] = settings
    if settings.proxies:  # only then is anybody believed about who asks, and under which name
        proxies = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    receiving.close_files(app)
    security.secure(app)
    session.recognise(app)
    pages.furnish(app)
    faults.translate(app)
    for part in _BLUEPRINTS:
        app.register_blueprint(part)
    return app
