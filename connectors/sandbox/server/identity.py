"""The authorization server: Authlib's grants, filled in with this sandbox's codes, tokens and key.

Knows the protocol's decisions; the pages and routes are in oauth.py. Authlib calls back with its own request objects,
which carry no types: what is read from them is a word each.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, cast

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDToken
from authlib.oidc.core.grants import OpenIDHybridGrant

from connectors.sandbox.server.claims import access_token, id_token
from connectors.sandbox.server.delivery import deliver
from connectors.sandbox.server.grants import BRAND_SCOPE, AuthorizationCode, Grant
from connectors.sandbox.server.people import Person
from connectors.sandbox.server.returning import CLIENT_AUTHENTICATION, Introspection, Revocation
from connectors.sandbox.server.sandbox import here


def _site_asked_for(data: Mapping[str, str], person: Person) -> int:
    """The site named by ``subscriberId``; without one, the site at which the person has a login."""
    named = data.get("subscriberId")
    if named is not None and named != str(person.site_id):
        raise InvalidGrantError(description="The subscriber does not match.")
    return person.site_id


def _asked(request: Any) -> Mapping[str, str]:
    """The parameters of an authorization request."""
    return cast(Mapping[str, str], request.payload.data)


def _keep_code(code: str, request: Any) -> None:
    sandbox, data = here(), request.payload.data
    sandbox.grants.codes[code] = AuthorizationCode(
        code=code,
        redirect_uri=request.payload.redirect_uri,
        scope=request.scope,
        nonce=data.get("nonce"),
        code_challenge=data.get("code_challenge"),
        code_challenge_method=data.get("code_challenge_method"),
        person=request.user,
        site_id=_site_asked_for(data, request.user),
        made_at=sandbox.now(),
    )


class CodeGrant(AuthorizationCodeGrant):
    """The authorization code flow, by query or form_post."""

    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTHENTICATION

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Remember a code."""
        _keep_code(code, request)

    def create_authorization_response(self, redirect_uri: str, grant_user: Person | None) -> Any:
        """Send the browser back with a code."""
        if grant_user is None:
            raise AccessDeniedError(redirect_uri=redirect_uri)
        self.request.user = grant_user
        code = self.generate_authorization_code()
        self.save_authorization_code(code, self.request)
        return deliver(redirect_uri, [("code", code)], _asked(self.request), default_mode="query")

    def query_authorization_code(self, code: str, client: Any) -> AuthorizationCode | None:
        """A code that may be exchanged."""
        return here().grants.code(code)

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        """Exchange it once only; it is kept, so that a second try is noticed."""
        authorization_code.spent = True

    def authenticate_user(self, authorization_code: AuthorizationCode) -> Person:
        """Who consented."""
        _site_asked_for(self.request.form, authorization_code.person)
        return authorization_code.person


class HybridGrant(OpenIDHybridGrant):
    """Code and ID token at once, as Mindbody's web clients ask for them."""

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        """Whether a nonce comes a second time."""
        return here().grants.knows_nonce(nonce)

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Remember a code."""
        _keep_code(code, request)

    def create_authorization_response(self, redirect_uri: str, grant_user: Person) -> Any:
        """Send the browser back with a code and the ID token that vouches for it."""
        self.request.user = grant_user
        code = self.generate_authorization_code()
        self.save_authorization_code(code, self.request)
        data = _asked(self.request)
        token = id_token(here(), grant_user, data.get("nonce"), code=code, access=None)
        parameters = [("code", code), ("id_token", token), ("scope", self.request.scope)]
        parameters.append(("session_state", secrets.token_urlsafe(24)))
        return deliver(redirect_uri, parameters, data, default_mode="fragment")


class Pkce(CodeChallenge):
    """PKCE, demanded of every client, with S256 alone (RFC 9700, 2.1.1)."""

    def __init__(self) -> None:
        super().__init__(required=True)
        self.SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Refuse an authorization request without a challenge."""
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("A code_challenge with code_challenge_method S256 is required.")
        super().validate_code_challenge(grant, redirect_uri)


class IdTokens(OpenIDToken):
    """ID tokens beside access tokens."""

    def encode_id_token(self, token: Mapping[str, Any], request: Any) -> str:
        """The ID token of a token answer."""
        code = request.authorization_code
        return id_token(here(), request.user, code.nonce if code else None, code=None, access=token["access_token"])


class RotatingRefresh(RefreshTokenGrant):
    """Refresh tokens that are good once; a second use ends the whole chain."""

    TOKEN_ENDPOINT_AUTH_METHODS = CLIENT_AUTHENTICATION

    def __init__(self, request: Any, server: Any) -> None:
        super().__init__(request, server)
        self.INCLUDE_NEW_REFRESH_TOKEN = here().options.rotate_refresh

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        """The grant that it refreshes."""
        found = here().grants.refreshable(refresh_token)
        if found is None or here().revoked(found.site_id):
            raise InvalidGrantError
        return found

    def authenticate_user(self, refresh_token: Grant) -> Person:
        """Who consented."""
        _site_asked_for(self.request.form, refresh_token.person)
        return refresh_token.person

    def revoke_old_credential(self, refresh_token: Any) -> None:
        """Spend the old token, if the answer brought a new one."""
        refresh_token.refresh_spent = here().options.rotate_refresh


class TokenAnswers(BearerTokenGenerator):
    """Access tokens as JWTs; a refresh token only where ``offline_access`` was granted, or by a brand."""

    def __init__(self) -> None:
        super().__init__(access_token, lambda **_: secrets.token_urlsafe(40), lambda *_: _lifetime())

    def generate(self, *args: Any, **given: Any) -> dict[str, Any]:
        """The token answer."""
        token: dict[str, Any] = super().generate(*args, **given)
        if {"offline_access", BRAND_SCOPE}.isdisjoint(token.get("scope", "").split()):
            token.pop("refresh_token", None)
        return token


def _lifetime() -> int:
    return here().options.access_token_seconds


def _save_token(token: Mapping[str, Any], request: Any) -> None:
    sandbox, code, old = here(), request.authorization_code, request.refresh_token
    refresh = token.get("refresh_token")
    sandbox.grants.keep(
        Grant(
            chain=code.code if code else old.chain,
            client_id=request.client.client_id,
            person=request.user,
            site_id=code.site_id if code else old.site_id,
            scope=token["scope"],
            access_token=token["access_token"],
            refresh_token=refresh,
            issued_at=sandbox.now(),
            expires_in=token["expires_in"],
            now=sandbox.now,
        )
    )


def authorization_server() -> AuthorizationServer:
    """The server with all its grants and endpoints; it finds its sandbox by the request that it answers."""
    server = AuthorizationServer(
        query_client=lambda client_id: here().client if client_id == here().client.client_id else None,
        save_token=_save_token,
    )
    server.register_token_generator("default", TokenAnswers())
    server.register_grant(CodeGrant, [Pkce(), IdTokens()])
    server.register_grant(HybridGrant, [Pkce()])
    server.register_grant(RotatingRefresh, [IdTokens()])
    server.register_endpoint(Revocation)
    server.register_endpoint(Introspection)
    return server
