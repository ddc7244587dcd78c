"""OAuth 2.0 and OpenID Connect as a client, for every platform alike, by RFC 9700.

server    where the platform's authorization server is: discovered (RFC 8414) or set
consent   the authorize URL, and the checks of what the browser brings back
identity  the id_token: signature and claims
grant     tokens: code exchange, refresh, revocation
answer    what a token endpoint's answer means
wire      the guarded session that all of them call through

Knows protocol and HTTP; keeps nothing, has no clock, and knows no platform: what differs is in ``platform.OAuth``.
"""

from connectors.oauth.answer import Grant
from connectors.oauth.consent import Ask, Consent, authorize_url, read_callback, sole_values
from connectors.oauth.grant import Client, exchange_code, refresh_grant, revoke
from connectors.oauth.identity import check_id_token, read_id_token
from connectors.oauth.server import Server, discover, resolve_server
from connectors.oauth.wire import Http, token_session

__all__ = [
    "Ask",
    "Client",
    "Consent",
    "Grant",
    "Http",
    "Server",
    "authorize_url",
    "check_id_token",
    "discover",
    "exchange_code",
    "read_callback",
    "read_id_token",
    "refresh_grant",
    "resolve_server",
    "revoke",
    "sole_values",
    "token_session",
]
