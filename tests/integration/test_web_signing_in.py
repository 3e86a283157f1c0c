"""Ways in, and how they end: passwords, sessions, links that work once, tokens, and whoever tries passwords."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from argon2.exceptions import VerifyMismatchError
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from grader.courses import accounts, audit
from grader.courses.tables import Audit, Try, User
from grader.store.tables import now
from grader.web.entering import Door
from tests.department import PASSWORD, Department
from tests.small_lab import rubric

_LINK = re.compile(r"http://localhost(/password\?token=[^<\s]+)")


@pytest.fixture
def department(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path, rubric("{}"))
    yield made
    made.close()


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def sign_in(department: Department, client: FlaskClient, login: str, password: str = PASSWORD, **how: object) -> int:
    token = department.token(client)
    form = {"csrf_token": token, "login": login, "password": password}
    return client.post("/sign-in", data=form, **how).status_code


# ------------------------------------------------------------------------------------------------------------- sessions


def test_signing_in_leaves_nothing_of_the_session_before(department: Department) -> None:
    client = department.client()
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    token = department.token(client)
    with client.session_transaction() as session:
        planted = session["csrf_token"]
    assert sign_in(department, client, "sam") == 302
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != planted
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 400  # the old page's token is no good


def test_a_session_ends_some_hours_after_its_last_use(department: Department) -> None:
    client = department.client("sam")
    with client.session_transaction() as session:
        session["used"] = int(time.time()) - 3 * 3600 - 5
    assert not is_in(client)


def test_a_session_ends_a_day_after_its_beginning_whatever_is_done(department: Department) -> None:
    client = department.client("sam")
    with client.session_transaction() as session:
        session["began"] = int(time.time()) - 24 * 3600 - 5
    assert not is_in(client)


def test_a_session_that_is_used_goes_on(department: Department) -> None:
    client = department.client("sam")
    with client.session_transaction() as session:
        session["used"] = int(time.time()) - 2 * 3600
    assert is_in(client)
    with client.session_transaction() as session:
        assert session["used"] > time.time() - 60


@pytest.mark.slow
def test_an_answer_that_comes_late_brings_no_session_back(department: Department) -> None:
    """An ordinary answer does not carry the cookie."""
    client = department.client("sam")
    client.get("/account")  # makes the page's token
    assert "Set-Cookie" not in client.get("/account").headers


def test_all_sessions_end_at_once(department: Department) -> None:
    here, elsewhere = department.client("sam"), department.client("sam")
    assert department.post(here, "/account/sessions").status_code == 302
    assert is_in(here)
    assert not is_in(elsewhere)


@pytest.mark.slow
def test_another_password_ends_all_other_sessions(department: Department) -> None:
    here, elsewhere = department.client("sam"), department.client("sam")
    form = {"old": PASSWORD, "password": "another battery", "again": "another battery"}
    department.post(here, "/account/password", **form)
    assert is_in(here)
    assert not is_in(elsewhere)
    assert sign_in(department, department.client(), "sam") == 401
    assert sign_in(department, department.client(), "sam", "another battery") == 302


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (
            {"old": "wrong", "password": "another battery", "again": "another battery"},
            "The old password is another one",
        ),
        ({"old": PASSWORD, "password": "another battery", "again": "a slip"}, "The two new passwords differ"),
        ({"old": PASSWORD, "password": "short", "again": "short"}, "at least 10 characters"),
    ],
)
def test_a_password_that_cannot_be_is_told(department: Department, form: dict[str, str], words: str) -> None:
    client = department.client("sam")
    department.post(client, "/account/password", **form)
    assert words in client.get("/account").text
    assert sign_in(department, department.client(), "sam") == 302


@pytest.mark.slow
def test_whoever_finds_a_browser_open_does_not_find_the_password_out(department: Department) -> None:
    client = department.client("sam")
    for _ in range(6):
        department.post(client, "/account/password", old="wrong", password="another battery", again="another battery")
    assert "too many wrong passwords" in client.get("/account").text
    department.post(client, "/account/password", old=PASSWORD, password="another battery", again="another battery")
    assert sign_in(department, department.client(), "sam") == 302  # it is still the old one


def test_who_is_deactivated_is_out_at_once(department: Department) -> None:
    sam = department.client("sam")
    department.post(department.client("ada"), f"/admin/users/{department.user('sam').key}/active")
    assert not is_in(sam)
    assert sign_in(department, department.client(), "sam") == 401


def test_who_is_no_admin_any_more_is_none_at_once(department: Department) -> None:
    with department.database.writing() as db:
        db.execute(update(User).where(User.login == "ines").values(role="admin"))
    ines = department.client("ines")
    assert ines.get("/admin/users").status_code == 200
    key = department.user("ines").key
    department.post(department.client("ada"), f"/admin/users/{key}", name="Ines", role="instructor")
    assert ines.get("/admin/users").status_code == 403


def test_a_cookie_of_another_secret_is_nobodys(department: Department, tmp_path: Path) -> None:
    client = department.client("sam")
    department.app.secret_key = b"a new one"
    assert not is_in(client)


def test_cookies_over_https_belong_to_this_very_host(tmp_path: Path) -> None:
    department = Department(tmp_path, rubric("{}"), https=True)
    client = department.app.test_client()
    page = client.get("/sign-in", base_url="https://localhost")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    form = {"csrf_token": token[1], "login": "sam", "password": PASSWORD}
    answer = client.post("/sign-in", data=form, base_url="https://localhost", headers={"Referer": "https://localhost/"})
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    cookies = answer.headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.startswith("__Host-grade")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    department.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:1",
        "/\t/evil.example",
        "/\n/evil.example",
    ],
)
def test_nobody_is_sent_elsewhere(department: Department, address: str) -> None:
    client = department.client()
    assert department.post(client, "/sign-in", login="sam", password=PASSWORD, to=address).headers["Location"] == "/"
    assert department.client("sam").get("/sign-in", query_string={"to": address}).headers["Location"] == "/"


def test_who_was_on_their_way_gets_there(department: Department) -> None:
    client = department.client()
    where = client.get("/account/tokens").headers["Location"]
    assert where == "/sign-in?to=/account/tokens?"
    page = client.get(where).text
    assert 'name="to" value="/account/tokens?"' in page


def test_a_forged_address_is_believed_only_behind_a_proxy(tmp_path: Path) -> None:
    for number, (proxies, address) in enumerate(((0, "127.0.0.1"), (1, "203.0.113.9"))):
        department = Department(tmp_path / str(number), rubric("{}"), proxies=proxies)
        client = department.client()
        headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Host": "localhost"}
        assert sign_in(department, client, "sam", headers=headers) == 302
        with department.database.reading() as db:
            assert db.scalars(select(Audit.address)).all() == [address]
        department.close()


# ----------------------------------------------------------------------------------------------------- trying passwords


def test_whoever_tries_passwords_has_to_wait(department: Department) -> None:
    client = department.client()
    for _ in range(5):
        assert sign_in(department, client, "sam", "wrong") == 401
    answer = department.post(client, "/sign-in", login="sam", password=PASSWORD)
    assert answer.status_code == 429  # the right one, too: it was guessed
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60
    assert "too many wrong passwords" in answer.text
    assert sign_in(department, client, "sue") == 302  # another account is another matter


def test_waiting_ends(department: Department) -> None:
    client = department.client()
    for _ in range(6):
        sign_in(department, client, "sam", "wrong")
    with department.database.writing() as db:
        db.execute(update(Try).values(at=now() - timedelta(minutes=16)))
    assert sign_in(department, client, "sam") == 302
    with department.database.reading() as db:
        assert db.scalars(select(Try)).all() == []  # and what was counted is forgotten


@pytest.mark.slow
def test_a_slip_is_forgiven_by_the_right_password(department: Department) -> None:
    for _ in range(4):
        client = department.client()
        assert sign_in(department, client, "sam", "a slip") == 401
        assert sign_in(department, client, "sam") == 302


@pytest.mark.slow
def test_one_address_that_tries_many_accounts_has_to_wait(department: Department) -> None:
    client = department.client()
    for number in range(60):
        assert sign_in(department, client, f"somebody{number}", "wrong") == 401
    assert sign_in(department, client, "somebody-else", "wrong") == 429
    assert sign_in(department, client, "sam", environ_overrides={"REMOTE_ADDR": "203.0.113.9"}) == 302


@pytest.mark.slow
def test_addresses_of_one_network_are_one(department: Department) -> None:
    client = department.client()
    for number in range(5):
        where = {"REMOTE_ADDR": f"2001:db8:1:2::{number:x}"}
        assert sign_in(department, client, "sam", "wrong", environ_overrides=where) == 401
    where = {"REMOTE_ADDR": "2001:db8:1:2:ffff::1"}
    assert sign_in(department, client, "sam", environ_overrides=where) == 429


@pytest.mark.slow
def test_others_keep_nobody_out_of_their_own_account(department: Department) -> None:
    own = department.client()
    assert sign_in(department, own, "sam") == 302
    department.post(own, "/sign-out")
    stranger = department.client()
    codes = [
        sign_in(department, stranger, "sam", "wrong", environ_overrides={"REMOTE_ADDR": f"203.0.113.{number}"})
        for number in range(45)
    ]
    assert codes[-1] == 429  # from any address: the account is being tried
    assert sign_in(department, own, "sam") == 302  # their own browser is known


@pytest.mark.slow
def test_a_mark_of_ones_own_browser_is_no_way_to_anothers_account(department: Department) -> None:
    client = department.client()
    assert sign_in(department, client, "otto") == 302
    department.post(client, "/sign-out")
    for _ in range(5):
        sign_in(department, client, "sam", "wrong")
    assert sign_in(department, client, "sam") == 429


def test_a_wrong_password_is_written_down_without_what_was_typed(department: Department) -> None:
    sign_in(department, department.client(), "sam", "a secret of mine")
    sign_in(department, department.client(), "my password by mistake", "x")
    with department.database.reading() as db:
        entries = db.scalars(select(Audit).where(Audit.action == "account.refused")).all()
        assert [entry.who for entry in entries] == ["Sam", "unknown"]
        assert "mistake" not in str([(entry.what, entry.detail) for entry in entries])


# ---------------------------------------------------------------------------------------------- links that work once


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Department]:
    made = Department(tmp_path / "laptop", rubric("{}"), local=True)
    made.app.extensions["door"] = Door()
    yield made
    made.close()


def enter(department: Department, client: FlaskClient, token: str) -> int:
    return client.post("/enter", data={"csrf_token": department.token(client), "token": token}).status_code


def test_the_link_of_a_start_lets_in_once(laptop: Department) -> None:
    token = laptop.app.extensions["door"].token
    client = laptop.client()
    assert client.get(f"/enter?token={token}").status_code == 200
    assert client.get(f"/enter?token={token}").status_code == 200  # to look at it uses nothing up
    assert enter(laptop, client, token) == 302
    assert client.get("/admin/users").status_code == 200
    other = laptop.client()
    assert enter(laptop, other, token) == 410
    assert not is_in(other)
    assert "does not work any more" in other.get(f"/enter?token={token}").text


@pytest.mark.parametrize("token", ["", "x", "ü", "\x00"])
def test_another_token_lets_nobody_in(laptop: Department, token: str) -> None:
    client = laptop.client()
    assert enter(laptop, client, token) == 410
    assert not is_in(client)
    assert enter(laptop, client, laptop.app.extensions["door"].token) == 302  # and does not use it up


def test_the_link_of_a_start_gets_old(laptop: Department, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.monotonic() + 16 * 60
    monkeypatch.setattr("grader.web.entering.time.monotonic", lambda: later)
    assert enter(laptop, laptop.client(), laptop.app.extensions["door"].token) == 410


def test_a_department_has_no_such_link(department: Department) -> None:
    department.app.extensions["door"] = Door()
    assert enter(department, department.client(), department.app.extensions["door"].token) == 404


def link_of(department: Department, login: str) -> str:
    key = department.user(login).key
    found = _LINK.search(department.post(department.client("ada"), f"/admin/users/{key}/link").text)
    assert found is not None
    return found[1]


def set_password(department: Department, link: str, password: str = "a new password") -> int:
    client = department.client()
    form = {"token": link.partition("=")[2], "password": password, "again": password}
    return department.post(client, "/password", **form).status_code


def test_a_link_sets_a_password_once(department: Department) -> None:
    sam = department.client("sam")
    link = link_of(department, "sam")
    assert not is_in(sam)  # whoever was in is out
    assert "Sam" in department.client().get(link).text
    assert set_password(department, link) == 302
    assert sign_in(department, department.client(), "sam", "a new password") == 302
    assert set_password(department, link, "once more, please") == 400
    assert department.client().get(link).status_code == 410


def test_a_newer_link_ends_the_older_one(department: Department) -> None:
    older, newer = link_of(department, "sam"), link_of(department, "sam")
    assert set_password(department, older) == 400
    assert set_password(department, newer) == 302


def test_a_link_cannot_be_changed_into_anothers(department: Department) -> None:
    link = link_of(department, "sam")
    with department.app.app_context(), department.database.writing() as db:
        db.execute(delete(Try))
    assert set_password(department, link[:-3] + "xyz") == 400
    assert department.client().get("/password?token=").status_code == 410


# ---------------------------------------------------------------------------------------------------- personal tokens


def test_a_token_is_shown_once_and_revoked(department: Department) -> None:
    sam = department.client("sam")
    made = re.search(r"wlg_[\w-]+", department.post(sam, "/account/tokens", label="my script", days="30").text)
    assert made is not None
    page = sam.get("/account/tokens").text
    assert "my script" in page
    assert made[0] not in page
    with department.database.reading() as db:
        user = accounts.user_of_token(db, made[0])
        assert user is not None
        assert user.login == "sam"
        key = accounts.tokens_of(db, user)[0].key
    assert department.post(department.client("sue"), f"/account/tokens/{key}/revoke").status_code == 404
    department.post(sam, f"/account/tokens/{key}/revoke")
    with department.database.reading() as db:
        assert accounts.user_of_token(db, made[0]) is None


@pytest.mark.slow
def test_everything_of_that_is_in_the_audit_log(department: Department) -> None:
    ines = department.client("ines")
    department.post(ines, "/account/tokens", label="my script", days="30")
    department.post(ines, "/account", name="Inessa")
    set_password(department, link_of(department, "ines"))
    with department.database.reading() as db:
        done = [entry.action for entry in reversed(audit.look(db, audit.Sought()).entries)]
    assert done == ["token.create", "account.rename", "user.link", "account.password-by-link"]
    page = department.client("ada").get("/admin/audit?action=account.rename").text
    assert "Inessa" in page
    assert "user.link" not in page.partition("<tbody>")[2]


def test_however_many_try_a_password_few_are_worked_out_at_once(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes a good part of the memory."""
    now, most, counting = 0, 0, threading.Lock()

    class Hasher:
        def hash(self, _: str) -> str:
            return "a hash"

        def verify(self, *_: str) -> None:
            nonlocal now, most
            with counting:
                now, most = now + 1, max(most, now + 1)
            time.sleep(0.01)
            with counting:
                now -= 1
            raise VerifyMismatchError

    monkeypatch.setattr(accounts, "_hasher", Hasher)
    with ThreadPoolExecutor(20) as pool:
        assert not any(pool.map(lambda _: accounts.fits(department.user("sam"), "wrong"), range(20)))
    assert most == 4
