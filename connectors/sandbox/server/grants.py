"""What the authorization server has handed out: codes, tokens, and the chains in which refresh tokens follow another.

In memory; nothing here speaks HTTP. The methods whose names begin with ``get_``, ``check_`` or ``is_`` are those that
Authlib asks its models for.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connectors.sandbox.server.people import Person

CODE_LIFETIME = timedelta(minutes=5)
API_SCOPE = "Mindbody.Api.Public.v6"
SCOPES = ("openid", "email", "profile", "offline_access", API_SCOPE)
BRAND_SCOPE = "read:account"  # the one scope of the other dialect
RESPONSE_TYPES = ("code", "code id_token")
GRANT_TYPES = ("authorization_code", "refresh_token")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class RegisteredClient:
    """The one client that is registered here."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]

    def get_client_id(self) -> str:
        """Its public id."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: every request must name its own."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """What is granted of the scopes asked for."""
        return " ".join(word for word in (scope or "").split() if word in (*SCOPES, BRAND_SCOPE))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether the browser may be sent there: an exact match, or loopback where nothing is registered."""
        if self.redirect_uris:
            return redirect_uri in self.redirect_uris
        return urlsplit(redirect_uri).hostname in _LOOPBACK

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the secret is right."""
        return secrets.compare_digest(self.client_secret, client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """How it may say who it is."""
        return method in ("client_secret_post", "client_secret_basic")

    def check_response_type(self, response_type: str) -> bool:
        """What it may ask the authorization endpoint for."""
        return response_type in RESPONSE_TYPES

    def check_grant_type(self, grant_type: str) -> bool:
        """What it may ask the token endpoint for."""
        return grant_type in GRANT_TYPES


@dataclass(kw_only=True)
class AuthorizationCode:
    """A code: good once, for a few minutes, for the one who asked for it."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    person: Person
    site_id: int
    made_at: datetime
    spent: bool = False

    def get_redirect_uri(self) -> str:
        """Where it was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was granted."""
        return self.scope

    def get_nonce(self) -> str | None:
        """What the client bound to its own session."""
        return self.nonce


@dataclass(kw_only=True)
class Grant:
    """An access token and its refresh token. ``chain`` is the code with which the studio's consent began."""

    chain: str
    client_id: str
    person: Person
    site_id: int
    scope: str
    access_token: str
    refresh_token: str | None
    issued_at: datetime
    expires_in: int
    revoked: bool = False
    refresh_spent: bool = False
    now: Callable[[], datetime] = field(repr=False)

    def check_client(self, client: RegisteredClient) -> bool:
        """Whether it was issued to this client."""
        return client.client_id == self.client_id

    def get_scope(self) -> str:
        """What was granted."""
        return self.scope

    def get_expires_in(self) -> int:
        """Lifetime of the access token in seconds."""
        return self.expires_in

    def is_expired(self) -> bool:
        """Whether the access token's time is over."""
        return self.now() >= self.issued_at + timedelta(seconds=self.expires_in)

    def is_revoked(self) -> bool:
        """Whether it was taken back."""
        return self.revoked

    @property
    def usable(self) -> bool:
        """Whether the access token opens the API."""
        return not self.revoked and not self.is_expired()


@dataclass
class Grants:
    """All codes and tokens of this sandbox."""

    now: Callable[[], datetime]
    codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    by_access: dict[str, Grant] = field(default_factory=dict)
    by_refresh: dict[str, Grant] = field(default_factory=dict)

    def code(self, text: str) -> AuthorizationCode | None:
        """A code that may still be exchanged. One that comes a second time takes back all that came of it."""
        found = self.codes.get(text)
        if found is None or self.now() >= found.made_at + CODE_LIFETIME:
            return None
        if found.spent:
            self.revoke_chain(text)
            return None
        return found

    def knows_nonce(self, nonce: str) -> bool:
        """Whether a nonce was used before."""
        return any(code.nonce == nonce for code in self.codes.values())

    def keep(self, grant: Grant) -> None:
        """Remember what was issued."""
        self.by_access[grant.access_token] = grant
        if grant.refresh_token:
            self.by_refresh[grant.refresh_token] = grant

    def refreshable(self, text: str) -> Grant | None:
        """The grant of a refresh token. A spent one that comes again ends the whole chain (RFC 9700, 4.14.2)."""
        found = self.by_refresh.get(text)
        if found is None or found.revoked:
            return None
        if found.refresh_spent:
            self.revoke_chain(found.chain)
            return None
        return found

    def find(self, text: str) -> Grant | None:
        """The grant of any token."""
        return self.by_access.get(text) or self.by_refresh.get(text)

    def revoke_chain(self, chain: str) -> None:
        """Take back everything that one consent led to."""
        for grant in self.by_access.values():
            if grant.chain == chain:
                grant.revoked = True
