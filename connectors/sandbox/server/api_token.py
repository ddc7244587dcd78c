"""The routes of staff user tokens."""

from __future__ import annotations

from flask import Blueprint, Response, request

from connectors.sandbox.server.access import caller
from connectors.sandbox.server.people import Role, find_person
from connectors.sandbox.server.sandbox import here
from connectors.sandbox.server.tokens import UserToken
from connectors.sandbox.server.wire import Body, Refusal, answer, naive_text


def token_routes(routes: Blueprint) -> None:
    """Add them."""
    routes.add_url_rule("/usertoken/issue", view_func=issue, methods=["POST"])
    routes.add_url_rule("/usertoken/renew", view_func=renew, methods=["POST"])
    routes.add_url_rule("/usertoken/revoke", view_func=revoke, methods=["DELETE"])


def issue() -> Response:
    """A token for a name and a password of this site."""
    body, site, sandbox = Body(request.get_json(silent=True)), caller().site, here()
    person = find_person([site], body.text("Username"), body.text("Password"))
    if person is None or person.role is Role.CONSUMER:
        raise Refusal("InvalidUserCredentials", "The username or password is not valid.")
    return _answer(sandbox.user_tokens.issue(person))


def renew() -> Response:
    """A day more."""
    token = _token()
    if not here().user_tokens.renew(token):
        raise Refusal("InvalidParameter", "The token cannot be renewed any more.")
    return _answer(token)


def revoke() -> Response:
    """End the token that comes with the request."""
    _token().revoked = True
    return answer({})


def _token() -> UserToken:
    token = caller().user_token
    if token is None:
        raise Refusal("DeniedAccess", "A user token is required.")
    return token


def _answer(token: UserToken) -> Response:
    role = token.person.role
    user = {"Id": 0 if role is Role.OWNER else 1, "FirstName": role.value, "LastName": "Sandbox", "Type": role.value}
    return answer(
        {
            "TokenType": "Bearer",
            "AccessToken": token.text,
            "Expires": f"{naive_text(token.expires_at.replace(tzinfo=None))}Z",
            "User": user,
        }
    )
