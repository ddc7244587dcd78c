"""Tokens given back and tokens looked at: RFC 7009 and RFC 7662, with Authlib's endpoints."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from connectors.sandbox.server.grants import Grant
from connectors.sandbox.server.sandbox import here

CLIENT_AUTHENTICATION = ["client_secret_post", "client_secret_basic"]


class Revocation(RevocationEndpoint):
    """RFC 7009: the client gives a token back, and with it the whole consent."""

    CLIENT_AUTH_METHODS = CLIENT_AUTHENTICATION

    def query_token(self, token_string: str, token_type_hint: str | None) -> Grant | None:
        """The grant of a token."""
        return here().grants.find(token_string)

    def revoke_token(self, token: Grant, request: Any) -> None:
        """Take it back."""
        here().grants.revoke_chain(token.chain)


class Introspection(IntrospectionEndpoint):
    """RFC 7662: what a token is good for."""

    CLIENT_AUTH_METHODS = CLIENT_AUTHENTICATION

    def query_token(self, token_string: str, token_type_hint: str | None) -> Grant | None:
        """The grant of a token."""
        return here().grants.find(token_string)

    def check_permission(self, token: Grant, client: Any, request: Any) -> bool:
        """Only the client that it was issued to may ask."""
        return token.check_client(client)

    def introspect_token(self, token: Grant) -> dict[str, Any]:
        """What is said of an active token."""
        issued = int(token.issued_at.timestamp())
        return {
            "active": True,
            "client_id": token.client_id,
            "token_type": "Bearer",
            "scope": token.scope,
            "sub": token.person.id,
            "iss": here().url,
            "iat": issued,
            "exp": issued + token.expires_in,
        }
