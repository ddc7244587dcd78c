"""Where a platform's authorization server is: discovered at its issuer (RFC 8414, OpenID Connect Discovery), or set.

Discovery trusts nothing that it did not ask for: the document must name the very issuer asked, and every endpoint must
lie at the issuer's own host, or the operator must have set it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
from authlib.common.security import is_secure_transport
from authlib.oauth2.rfc8414 import get_well_known_url

from connectors import strict_json
from connectors.errors import Misconfigured, TryAgain
from connectors.showing import scrub

_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "revocation_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Server:
    """An authorization server as one flow knows it, from its first redirect to its last refresh."""

    authorize_url: str
    token_url: str
    issuer: str | None = None  # None: endpoints were set without one, so nothing can be checked against it
    revoke_url: str | None = None
    jwks_url: str | None = None
    promises_iss: bool = False  # its metadata says that every answer carries `iss` (RFC 9207)


def resolve_server(
    http: requests.Session, issuer: str | None, settings: Mapping[str, str], allowed: frozenset[str]
) -> Server:
    """The server by the settings AUTHORIZE_URL, TOKEN_URL and REVOKE_URL, and by discovery for what they leave open.

    ``allowed`` holds the "host:port" that may be called without TLS. Raises Misconfigured, which says what to set, or
    TryAgain.
    """
    authorize, token, revoke = (settings.get(name) for name in ("AUTHORIZE_URL", "TOKEN_URL", "REVOKE_URL"))
    given = [url for url in (authorize, token, revoke) if url]
    for url in given:
        _demand_tls(url, allowed)
    if issuer:
        found = discover(http, issuer, allowed, trusted=_hosts(given))
        return replace(
            found,
            authorize_url=authorize or found.authorize_url,
            token_url=token or found.token_url,
            revoke_url=revoke or found.revoke_url,
        )
    if authorize and token:
        return Server(authorize_url=authorize, token_url=token, revoke_url=revoke)
    raise Misconfigured("no authorization server: set …_ISSUER, or both …_AUTHORIZE_URL and …_TOKEN_URL")


def discover(
    http: requests.Session, issuer: str, allowed: frozenset[str], *, trusted: frozenset[str] = frozenset()
) -> Server:
    """The metadata that ``issuer`` publishes about itself.

    ``trusted`` are further hosts that its endpoints may lie at. Raises Misconfigured where the document is not
    trustworthy (RFC 8414 3.3: its `issuer` must be what was asked, to the letter), TryAgain where it can't be had.
    """
    _demand_tls(issuer, allowed)
    document = _fetch(http, issuer)
    if document.get("issuer") != issuer:
        raise Misconfigured(
            f"the metadata at {issuer} speaks for another issuer: {scrub(str(document.get('issuer')))!r}"
        )
    own = _hosts([issuer]) | trusted
    found = {name: _endpoint(document, name, own, allowed) for name in _ENDPOINTS}
    if found["authorization_endpoint"] is None or found["token_endpoint"] is None:
        raise Misconfigured(f"the metadata at {issuer} names no authorization or token endpoint")
    return Server(
        issuer=issuer,
        authorize_url=found["authorization_endpoint"],
        token_url=found["token_endpoint"],
        revoke_url=found["revocation_endpoint"],
        jwks_url=found["jwks_uri"],
        promises_iss=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _well_known(issuer: str) -> Iterator[str]:
    yield issuer.rstrip("/") + "/.well-known/openid-configuration"
    yield str(get_well_known_url(issuer.rstrip("/"), external=True))


def _fetch(http: requests.Session, issuer: str) -> Mapping[str, Any]:
    for url in _well_known(issuer):
        answer = get_json(http, url)
        if answer is not None:
            return answer
    raise Misconfigured(f"{issuer} publishes no metadata: check …_ISSUER, or set …_AUTHORIZE_URL and …_TOKEN_URL")


def get_json(http: requests.Session, url: str) -> Mapping[str, Any] | None:
    """The JSON object at ``url``; None where there is none (any 4xx). Raises TryAgain on a passing fault."""
    try:
        response = http.get(url, headers={"Accept": "application/json"}, allow_redirects=False)
    except requests.RequestException as error:
        raise TryAgain(f"{urlsplit(url).netloc} does not answer ({type(error).__name__})") from None
    if response.status_code >= 500 or response.status_code == 429:
        raise TryAgain(f"{urlsplit(url).netloc} answers {response.status_code}")
    if response.status_code != 200:
        return None
    try:
        body = strict_json.loads(response.content)
    except strict_json.NotJson:
        return None
    return body if isinstance(body, dict) else None


def _endpoint(document: Mapping[str, Any], name: str, own: frozenset[str], allowed: frozenset[str]) -> str | None:
    url = document.get(name)
    if url is None:
        return None
    if not isinstance(url, str):
        raise Misconfigured(f"the metadata's {name} is not an address")
    _demand_tls(url, allowed)
    if urlsplit(url).netloc not in own:
        raise Misconfigured(
            f"the metadata's {name} is at another host, {urlsplit(url).netloc}: set it if that is meant"
        )
    return url


def _demand_tls(url: str, allowed: frozenset[str]) -> None:
    parts = _split(url)
    if not parts.hostname or parts.fragment or parts.username is not None:
        raise Misconfigured(f"{url[:200]!r} is not the address of a server")
    if not is_secure_transport(url) and not (parts.scheme == "http" and parts.netloc in allowed):
        raise Misconfigured(f"{parts.netloc} must be called by https")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise Misconfigured(f"{url[:200]!r} is not an address") from None


def _hosts(urls: Sequence[str]) -> frozenset[str]:
    return frozenset(urlsplit(url).netloc for url in urls)
