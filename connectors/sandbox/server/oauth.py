"""The authorization server's routes and its one page, on which an owner signs in and consents or refuses."""

from __future__ import annotations

from typing import Any, cast

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, g, render_template_string, request

from connectors.sandbox.server.delivery import deliver
from connectors.sandbox.server.grants import RESPONSE_TYPES, SCOPES
from connectors.sandbox.server.identity import authorization_server
from connectors.sandbox.server.people import Person, find_person
from connectors.sandbox.server.returning import CLIENT_AUTHENTICATION
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.signing import ALGORITHM, public_keys
from connectors.sandbox.server.wire import answer

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in to {{ name }}</title>
<style>body{font:16px/1.5 system-ui;max-width:24rem;margin:10vh auto;padding:0 1rem;color-scheme:light dark}
label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}
input{margin:0 0 1rem;padding:.5rem}
button{margin:.5rem 0;padding:.6rem}.bad{color:#b3261e}</style></head><body>
<h1>{{ name }}</h1><p>An application asks to read and change this studio's data:</p>
<ul>{% for word in scopes %}<li>{{ word }}</li>{% endfor %}</ul>
{% if complaint %}<p class="bad" role="alert">{{ complaint }}</p>{% endif %}
<form method="post" action="{{ action }}">
<label for="login">Login</label><input id="login" name="login" autocomplete="username" value="{{ login }}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password">
<button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button>
</form></body></html>"""


def oauth_routes() -> Blueprint:
    """The blueprint with all routes of the authorization server."""
    routes = Blueprint("oauth", __name__)
    server = authorization_server()

    @routes.get("/.well-known/openid-configuration")
    @routes.get("/.well-known/oauth-authorization-server")
    def metadata() -> Response:
        return answer(_metadata())

    @routes.get("/.well-known/openid-configuration/jwks")
    def keys() -> Response:
        return answer(public_keys())

    @routes.route("/connect/authorize", methods=["GET", "POST"])
    def authorize() -> Response:
        with here().lock:
            return ask_consent(server)

    @routes.post("/connect/token")
    def token() -> Any:
        with here().lock:
            return server.create_token_response()

    @routes.post("/connect/revocation")
    def revocation() -> Any:
        return server.create_endpoint_response("revocation")

    @routes.post("/connect/introspect")
    def introspect() -> Any:
        return server.create_endpoint_response("introspection")

    return routes


def _metadata() -> dict[str, Any]:
    """OpenID Connect Discovery 1.0 and RFC 8414 in one."""
    url = here().url
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/connect/authorize",
        "token_endpoint": f"{url}/connect/token",
        "revocation_endpoint": f"{url}/connect/revocation",
        "introspection_endpoint": f"{url}/connect/introspect",
        "jwks_uri": f"{url}/.well-known/openid-configuration/jwks",
        "scopes_supported": list(SCOPES),
        "response_types_supported": list(RESPONSE_TYPES),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
        "revocation_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": here().options.issuer_in_response,
    }


def ask_consent(server: AuthorizationServer) -> Response:
    """The page on which an owner consents, and what comes of it."""
    try:
        grant = server.get_consent_grant(end_user=None)
    except OAuth2Error as error:
        return _refused(error)
    if request.method == "GET":
        return _page()
    if request.form.get("decision") == "deny":
        return _sent(*_back(request.values["redirect_uri"], [("error", "access_denied")]))
    person = find_person(here().world.sites.values(), request.form.get("login", ""), request.form.get("password", ""))
    complaint = _complaint(person)
    if complaint:
        return _page(complaint)
    return cast(Response, server.create_authorization_response(request=grant.request, grant_user=person, grant=grant))


def _wanted() -> str:
    """The site that consent is asked for: the brand of the address, or the subscriber that is named."""
    return str(g.brand.id) if "brand" in g else request.values.get("subscriberId", "")


def _complaint(person: Person | None) -> str | None:
    wanted = _wanted()
    if person is None:
        return "This login and password do not fit."
    if wanted and wanted != str(person.site_id):
        return "You have no access to this studio."
    return None


def _refused(error: OAuth2Error) -> Response:
    """Tell the client by redirect where it can be trusted, else the person in front of the browser."""
    if not error.redirect_uri:
        return answer(dict(error.get_body()), 400)
    parameters = [("error", str(error.error))]
    if error.description:
        parameters.append(("error_description", str(error.description)))
    return _sent(*_back(error.redirect_uri, parameters))


def _back(redirect_uri: str, parameters: list[tuple[str, str]]) -> Any:
    mode = "fragment" if "id_token" in request.values.get("response_type", "") else "query"
    return deliver(redirect_uri, parameters, request.values, default_mode=mode)


def _sent(status: int, body: str, headers: list[tuple[str, str]]) -> Response:
    return Response(body, status, headers)


def _page(complaint: str | None = None) -> Response:
    wanted = _wanted()
    site = here().site(int(wanted)) if wanted.lstrip("-").isdecimal() else None
    page = render_template_string(
        _PAGE,
        name=site.name if site else "Sandbox",
        scopes=request.values.get("scope", "").split(),
        complaint=complaint,
        action=request.full_path,
        login=request.form.get("login") or request.args.get("login_hint", ""),
    )
    return Response(page, 401 if complaint else 200, mimetype="text/html", headers={"X-Frame-Options": "DENY"})
