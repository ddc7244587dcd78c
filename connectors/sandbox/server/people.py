"""Who can sign in: for every site an owner, a member of staff, and a consumer with no rights at the desk.

Their names and passwords follow from the site's id, so that a script can sign in as a person would.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from connectors.sandbox.market.site import Site


class Role(StrEnum):
    """What somebody is to a site, in the platform's words."""

    OWNER = "Owner"
    STAFF = "Staff"
    CONSUMER = "Consumer"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a login at one site."""

    id: str
    login: str
    password: str
    role: Role
    site_id: int

    @property
    def at_desk(self) -> bool:
        """Whether this person sees and changes what only the business may."""
        return self.role is not Role.CONSUMER

    def get_user_id(self) -> str:
        """The subject of tokens; the name is the one that Authlib asks for."""
        return self.id


def person_of(site_id: int, role: Role) -> Person:
    """The one person of a role at a site."""
    word, number = role.value.lower(), abs(site_id)
    login = f"{word}.{number}@login.example"
    return Person(f"{word}-{site_id}", login, f"{word}-{number}-sesame", role, site_id)


def find_person(sites: Iterable[Site], login: str, password: str) -> Person | None:
    """Who signs in with these words; None where they fit nobody."""
    people = (person_of(site.id, role) for site in sites for role in Role)
    return next((p for p in people if (p.login, p.password) == (login.strip().lower(), password)), None)
