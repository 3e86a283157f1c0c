"""A small OpenID provider, for tests: real redirects, codes, PKCE, signed tokens and published keys, on a real port."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

CLIENT, SECRET = "grader", "a secret between the two"


@cache
def _key() -> RSAKey:
    """One for all of them: to make one takes long."""
    return RSAKey.generate_key(2048, parameters={"kid": "one"})


class Provider:
    """`claims` is who signs in next. What it is asked stands in `asked`; `spoil` changes an ID token before it is
    signed, `key` signs it."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {"sub": "1", "name": "Jane", "email": "jane@example.edu", "email_verified": True}
        self.asked: dict[str, str] = {}
        self.spoil: dict[str, Any] = {}
        self.published = _key()
        self.key = self.published
        self._codes: dict[str, dict[str, str]] = {}
        app = Flask("provider")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._configuration)
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/keys", view_func=self._keys)
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.address = f"http://127.0.0.1:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _configuration(self) -> Response:
        return jsonify(
            issuer=self.address,
            authorization_endpoint=f"{self.address}/authorize",
            token_endpoint=f"{self.address}/token",
            jwks_uri=f"{self.address}/keys",
            response_types_supported=["code"],
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=["RS256"],
        )

    def _keys(self) -> Response:
        return jsonify(keys=[self.published.as_dict(private=False)])

    def _authorize(self) -> Response:
        asked = self.asked = request.args.to_dict()
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        return redirect(f"{asked['redirect_uri']}?code={code}&state={asked['state']}")

    def _token(self) -> tuple[Response, int] | Response:
        began = self._codes.pop(request.form.get("code", ""), None)  # a code works once
        name, _, secret = base64.b64decode(request.headers["Authorization"].partition(" ")[2]).decode().partition(":")
        challenge = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        proved = (
            began is not None and base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == began["code_challenge"]
        )
        if not proved or began is None or (name, secret.replace("+", " ").replace("%20", " ")) != (CLIENT, SECRET):
            return jsonify(error="invalid_grant"), 400
        moment = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "iat": moment, "exp": moment + 60, "nonce": began["nonce"]}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims | self.claims | self.spoil, self.key)
        return jsonify(access_token=secrets.token_urlsafe(), token_type="Bearer", expires_in=60, id_token=token)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """One for a test."""
    made = Provider()
    yield made
    made.close()
