"""Staff user tokens: issued for a name and a password, renewed seven times, revoked."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.sandbox.server.people import Person

LIFETIME = timedelta(hours=24)
MOST_RENEWALS = 7


@dataclass
class UserToken:
    """One token. It belongs to the site at which it was issued."""

    text: str
    person: Person
    site_id: int
    expires_at: datetime
    renewals: int = 0
    revoked: bool = False


@dataclass
class UserTokens:
    """All staff tokens of this sandbox."""

    now: Callable[[], datetime]
    by_text: dict[str, UserToken] = field(default_factory=dict)

    def issue(self, person: Person) -> UserToken:
        """A new token for someone who has proved who they are."""
        token = UserToken(secrets.token_urlsafe(40), person, person.site_id, self.now() + LIFETIME)
        self.by_text[token.text] = token
        return token

    def find(self, text: str) -> UserToken | None:
        """A token that still opens the API."""
        token = self.by_text.get(text)
        return None if token is None or token.revoked or self.now() >= token.expires_at else token

    def renew(self, token: UserToken) -> bool:
        """A day more from the present end, seven times at most; False where that is used up."""
        if token.renewals >= MOST_RENEWALS:
            return False
        token.renewals += 1
        token.expires_at += LIFETIME
        return True
