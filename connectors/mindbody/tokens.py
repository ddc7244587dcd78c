"""Staff tokens: the other way in, for an account that is opened with source credentials instead of OAuth.

Knows Mindbody's token call; keeps nothing. A token is one site's and lives a day.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from connectors.errors import Reconnect, Rejected, TryAgain
from connectors.fields import reach
from connectors.platform import Door, StaffToken
from connectors.times import read_instant


def issue_staff_token(door: Door, username: str, password: str) -> StaffToken:
    """Ask for a token with a staff login, or a source's (its name begins with an underscore).

    The door must carry the site and no token. Raises Reconnect where Mindbody refuses the login.
    """
    try:
        answer = door.send("POST", "/usertoken/issue", {"Username": username, "Password": password})
    except Rejected as error:
        raise Reconnect(f"Mindbody does not accept this staff login: {error}") from error
    token, expires = reach(answer, "AccessToken"), reach(answer, "Expires")
    if not isinstance(token, str) or not token or not isinstance(expires, str):
        raise TryAgain("POST /usertoken/issue: the answer has no AccessToken and Expires.")
    try:
        return StaffToken(token, read_instant(expires, ZoneInfo("UTC")))
    except ValueError as error:
        raise TryAgain(f"POST /usertoken/issue: Expires {error}.") from error
