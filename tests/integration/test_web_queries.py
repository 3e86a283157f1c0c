"""No page asks the database more often where more people handed in more."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import web
from grader.courses.database import Database, url_in
from grader.web.app import create_app
from grader.web.settings import Settings

pytestmark = pytest.mark.slow


def asked_of(data: Path, students: int, attempts: int) -> dict[str, int]:
    """How many queries each page of the application takes."""
    data.mkdir()
    database = Database.open(url_in(data))
    try:
        keys = web.fill(database, data, students, attempts)
        app = create_app(Settings(data, url_in(data), b"a secret of tests"), database)
        clients = {who: web.client_of(app, database, login) for who, login in web.LOGINS.items()}
        told, found = web.count_queries(database), {}
        for who, page, form in web.asked():
            path, token = page.format(**keys.__dict__), web.token_of(clients[who]) if form else ""
            told.clear()
            answer = web.ask(clients[who], path, form, token)
            answer.close()  # a file may be open
            assert answer.status_code == 200, page
            found[f"{who}: {page} {form.get('target', '')}"] = len(told)
        return found
    finally:
        database.close()


def test_pages_ask_as_often_for_many_as_for_few(tmp_path: Path) -> None:
    few, many = asked_of(tmp_path / "few", 3, 2), asked_of(tmp_path / "many", 40, 3)
    assert {page: (few[page], count) for page, count in many.items() if count > few[page]} == {}
    assert max(many.values()) < 30
