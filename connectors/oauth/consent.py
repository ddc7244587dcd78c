"""Sending the browser to the platform for consent, and checking what it brings back (RFC 6749, 7636, 9207, 9700)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from connectors.errors import Rejected
from connectors.oauth.server import Server
from connectors.platform import OAuth, ResponseMode
from connectors.showing import scrub

_READ = ("state", "code", "error", "error_description", "iss", "id_token")
_LONGEST = 16_384  # characters of one value: an id_token is some 2,000

_FRIENDLY = {
    "access_denied": "Access was not granted, so nothing was connected.",
    "login_required": "The booking platform asks you to sign in there first; then try again.",
    "temporarily_unavailable": "The booking platform is busy at the moment; try again in a few minutes.",
    "server_error": "The booking platform had an error of its own; try again in a few minutes.",
    "invalid_scope": "The booking platform does not offer the access we ask for. We have been told and look into it.",
    "unauthorized_client": "The booking platform does not know us. We have been told and look into it.",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """What is fresh in each authorization request: 256 bits each, URL-safe."""

    state: str = field(repr=False)
    verifier: str = field(repr=False)  # PKCE
    nonce: str = field(repr=False)

    @classmethod
    def fresh(cls) -> Ask:
        """New values from the system's random source."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32))


@dataclass(frozen=True, slots=True)
class Consent:
    """A callback that passed every check that can be made without calling anybody."""

    code: str = field(repr=False)
    id_token: str | None = field(repr=False)


def authorize_url(
    server: Server,
    oauth: OAuth,
    ask: Ask,
    *,
    client_id: str,
    redirect_uri: str,
    scopes: Sequence[str],
    site: str | None,
) -> str:
    """Where to send the browser. Always with PKCE S256, `state` and `nonce`."""
    client = OAuth2Client(None, client_id=client_id, redirect_uri=redirect_uri, scope=" ".join(scopes))
    extra: dict[str, str] = {"nonce": ask.nonce}
    if oauth.response_mode is not ResponseMode.QUERY:
        extra["response_mode"] = oauth.response_mode.value
    if oauth.site_parameter and site:
        extra[oauth.site_parameter] = site
    url, _ = client.create_authorization_url(
        server.authorize_url,
        state=ask.state,
        response_type=oauth.response_type,
        code_challenge=create_s256_code_challenge(ask.verifier),
        code_challenge_method="S256",
        **extra,
    )
    return str(url)


def sole_values(params: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The parameters of a callback, each given once (RFC 6749 3.1). Raises Rejected."""
    values: dict[str, str] = {}
    for name in _READ:
        given = params.get(name, ())
        if len(given) > 1:
            raise Rejected(f"The answer carries {name} more than once.", code="duplicate_parameter")
        if given and len(given[0]) > _LONGEST:
            raise Rejected(f"The answer's {name} is too long.", code="oversized_parameter")
        if given and given[0]:
            values[name] = given[0]
    return values


def read_callback(server: Server, oauth: OAuth, values: Mapping[str, str]) -> Consent:
    """The code, or Rejected: with code "refused" where a person or the platform said no, else "untrusted"."""
    _check_issuer(server, values)
    if "error" in values:
        if "code" in values:
            raise Rejected("The answer says yes and no at once.", code="untrusted")
        raise Rejected(_friendly(values), code="refused")
    if "code" not in values:
        raise Rejected("The answer carries no code.", code="untrusted")
    if "id_token" in oauth.response_type.split() and "id_token" not in values:
        raise Rejected("The answer carries no id_token.", code="untrusted")
    return Consent(values["code"], values.get("id_token"))


def _check_issuer(server: Server, values: Mapping[str, str]) -> None:
    given = values.get("iss")
    if given is None:
        if server.promises_iss and "error" not in values:
            raise Rejected("The answer does not say which server it comes from.", code="untrusted")
        return
    if server.issuer is not None and given != server.issuer:
        raise Rejected("The answer comes from another server than the one that was asked.", code="untrusted")


def _friendly(values: Mapping[str, str]) -> str:
    known = _FRIENDLY.get(values["error"])
    if known:
        return known
    words = values.get("error_description") or values["error"]
    return f"The booking platform refused: {scrub(words)}"
