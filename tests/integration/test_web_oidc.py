"""Signing in with an OpenID provider: a real one, small, on a port of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from sqlalchemy import func, select

from grader.cli.department import oidc_of
from grader.courses.tables import Audit, User
from grader.errors import UsageError
from grader.web.settings import Oidc
from tests.department import Department
from tests.openid import CLIENT, SECRET, Provider, provider
from tests.postgresql import Server, postgresql
from tests.small_lab import rubric

__all__ = ["postgresql", "provider"]

on_both = pytest.mark.parametrize("make", ["", "postgresql"], ids=["sqlite", "postgresql"], indirect=True)
Make = Callable[..., Department]


@pytest.fixture
def make(tmp_path: Path, provider: Provider, request: pytest.FixtureRequest) -> Iterator[Make]:
    made: list[Department] = []
    named: str = getattr(request, "param", "")
    server: Server | None = request.getfixturevalue(named) if named else None

    def make(**how: Any) -> Department:
        oidc = Oidc(f"{provider.address}/.well-known/openid-configuration", CLIENT, SECRET, **how)
        url = server.new() if server is not None else ""
        made.append(Department(tmp_path / str(len(made)), rubric("{}"), url, oidc=oidc))
        return made[-1]

    yield make
    for one in made:
        one.close()


def sign_in(client: FlaskClient, path: str = "/sign-in/provider", **changed: str) -> Any:
    """All the way: to the provider, and back with what it says."""
    away = client.get(path)
    assert away.status_code == 302, away.text
    back = requests.get(away.headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
    parts = urlsplit(back)
    query = "&".join(changed.get(pair.partition("=")[0], pair) for pair in parts.query.split("&"))
    return client.get(f"{parts.path}?{query}")


def told(client: FlaskClient) -> str:
    return client.get("/sign-in").text.partition("<main")[2]


def give(department: Department, who: str, /, **values: object) -> None:
    with department.database.writing() as db:
        user = db.scalars(select(User).where(User.login == who)).one()
        for name, value in values.items():
            setattr(user, name, value)


@pytest.mark.slow
@on_both
def test_an_account_is_found_by_its_verified_address_and_then_by_its_subject(make: Make, provider: Provider) -> None:
    department = make()
    give(department, "sam", login="jane@example.edu")
    client = department.client()
    assert 'href="/sign-in/provider"' in told(client)
    answer = sign_in(client, "/sign-in/provider?to=/account/tokens")
    assert answer.headers["Location"] == "/account/tokens"
    assert "Sam" in client.get("/account").text
    assert department.user("jane@example.edu").subject == f"{provider.address} 1"
    provider.claims |= {"email": "new-name@example.edu"}
    again = department.client()
    assert sign_in(again).headers["Location"] == "/"
    assert "Sam" in again.get("/account").text
    with department.database.reading() as db:
        done = db.scalars(select(Audit.action).order_by(Audit.id)).all()
        assert done == ["account.link", "account.sign-in", "account.sign-in"]


@pytest.mark.slow
def test_state_nonce_and_pkce_are_sent(make: Make, provider: Provider) -> None:
    sign_in(make().client())
    assert provider.asked["code_challenge_method"] == "S256"
    assert len(provider.asked["state"]) >= 20
    assert len(provider.asked["nonce"]) >= 20
    assert provider.asked["scope"].split() == ["openid", "email", "profile"]


@pytest.mark.slow
@on_both
def test_a_password_that_was_set_before_works_no_more(make: Make) -> None:
    """Whoever enrolled somebody could have set it."""
    department = make()
    give(department, "sam", login="jane@example.edu")
    attacker = department.client("jane@example.edu")
    sign_in(department.client())
    assert department.user("jane@example.edu").password is None
    assert attacker.get("/account").status_code == 302


@pytest.mark.slow
@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_nobody_verified_is_nobodys(make: Make, provider: Provider, verified: object) -> None:
    department = make(create=True)
    give(department, "sam", login="jane@example.edu")
    provider.claims["email_verified"] = verified
    client = department.client()
    sign_in(client)
    page = client.get("/account").text
    assert "Jane" in page  # somebody new
    assert "jane@example.edu" not in page
    assert department.user("jane@example.edu").subject is None


@pytest.mark.slow
@on_both
def test_an_address_that_went_to_somebody_else_does_not_take_the_account_along(make: Make, provider: Provider) -> None:
    department = make()
    give(department, "sam", login="jane@example.edu", subject=f"{provider.address} another")
    client = department.client()
    assert sign_in(client).headers["Location"] == "/sign-in"
    assert "belongs to another account" in told(client)


@pytest.mark.slow
@on_both
def test_who_is_not_known_is_let_in_only_where_that_is_wanted(make: Make) -> None:
    client = make().client()
    assert sign_in(client).headers["Location"] == "/sign-in"
    assert "Nobody has enrolled you yet." in told(client)
    department = make(create=True)
    client = department.client()
    assert sign_in(client).headers["Location"] == "/"
    assert department.user("jane@example.edu").role == "student"
    assert "You are in no course yet." in client.get("/").text


@pytest.mark.slow
@on_both
def test_who_is_deactivated_stays_out(make: Make, provider: Provider) -> None:
    department = make()
    give(department, "sam", subject=f"{provider.address} 1", active=False)
    client = department.client()
    assert sign_in(client).headers["Location"] == "/sign-in"
    assert "deactivated" in told(client)


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoil",
    [
        {"nonce": "another"},
        {"iss": "https://evil.example"},
        {"aud": "another client"},
        {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200},
        {"sub": None},
    ],
    ids=["nonce", "issuer", "audience", "old", "nobody"],
)
def test_a_token_that_is_not_for_us_lets_nobody_in(make: Make, provider: Provider, spoil: dict[str, Any]) -> None:
    department = make(create=True)
    provider.spoil = spoil
    client = department.client()
    assert sign_in(client).headers["Location"] == "/sign-in"
    assert client.get("/account").status_code == 302
    with department.database.reading() as db:
        assert db.scalars(select(User).where(User.subject.is_not(None))).all() == []


@pytest.mark.slow
def test_a_token_that_somebody_else_signed_lets_nobody_in(make: Make, provider: Provider) -> None:
    provider.key = RSAKey.generate_key(2048, parameters={"kid": "one"})
    client = make(create=True).client()
    assert sign_in(client).headers["Location"] == "/sign-in"
    assert client.get("/account").status_code == 302


@pytest.mark.slow
def test_an_answer_that_nobody_asked_for_lets_nobody_in(make: Make) -> None:
    """Nobody signs somebody else in as themselves."""
    client = make(create=True).client()
    assert sign_in(client, state="state=made-up").headers["Location"] == "/sign-in"
    assert client.get("/sign-in/provider/back?code=x&state=y").headers["Location"] == "/sign-in"
    assert client.get("/sign-in/provider/back?error=access_denied&state=y").headers["Location"] == "/sign-in"
    assert client.get("/account").status_code == 302


@pytest.mark.slow
@pytest.mark.parametrize("address", ["", "/back", "/back?code=x&state=y", "/back?error=access_denied&state=y"])
def test_a_link_elsewhere_signs_nobody_out(make: Make, address: str) -> None:
    client = make().client("sam")
    before = client.get_cookie("grade")
    assert client.get(f"/sign-in/provider{address}").headers["Location"] == "/"
    assert client.get_cookie("grade") == before
    assert client.get("/account").status_code == 200


@pytest.mark.slow
def test_a_provider_that_is_away_is_told(make: Make, provider: Provider) -> None:
    client = make().client()
    provider.close()
    try:
        assert client.get("/sign-in/provider").headers["Location"] == "/sign-in"
        assert "cannot be reached" in told(client)
    finally:
        provider.__init__()  # type: ignore[misc]  # the fixture ends it once more


def test_the_environment_names_the_provider(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of a file\n")
    told = {
        "GRADE_OIDC_DISCOVERY": "https://id.example.edu/.well-known/openid-configuration",
        "GRADE_OIDC_CLIENT_ID": "x",
    }
    assert oidc_of({}) is None
    found = oidc_of({**told, "GRADE_OIDC_CLIENT_SECRET_FILE": str(secret), "GRADE_OIDC_CREATE": "1"})
    assert found is not None
    assert (found.client_id, found.client_secret, found.create) == ("x", "of a file", True)
    for wrong in (told, {**told, "GRADE_OIDC_CLIENT_SECRET": "y", "GRADE_OIDC_DISCOVERY": "http://id.example.edu"}):
        with pytest.raises(UsageError):
            oidc_of(wrong)


@pytest.mark.slow
@on_both
def test_two_tabs_that_come_back_together_make_one_account(make: Make) -> None:
    department = make(create=True)
    clients = [department.client() for _ in range(6)]
    with ThreadPoolExecutor(len(clients)) as pool:
        assert {answer.headers["Location"] for answer in pool.map(sign_in, clients)} == {"/"}
    assert department.user("jane@example.edu").subject is not None
    with department.database.reading() as db:
        assert db.scalar(select(func.count(User.id)).where(User.subject.is_not(None))) == 1
