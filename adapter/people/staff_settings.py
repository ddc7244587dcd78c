"""How our own people sign in at an identity provider: the settings ADAPTER_STAFF_…, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapter.store.tables.accounts import Role

NEEDED = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "ROLES")
SCOPES = "openid profile"


@dataclass(frozen=True)
class StaffSettings:
    """Our registration at the identity provider, and what its groups mean."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles: Mapping[str, Role]  # by group
    claim: str  # which claim of the id_token holds the groups
    scopes: tuple[str, ...]
    hosts: frozenset[str]  # further hosts that the provider's endpoints may lie at


def read_staff(given: Mapping[str, str]) -> StaffSettings | None:
    """The settings, by the part of the name after ADAPTER_STAFF_; None where none is set.

    Raises ValueError, whose message goes on after ADAPTER_STAFF_.
    """
    if not given:
        return None
    missing = [name for name in NEEDED if name not in given]
    if missing:
        raise ValueError(f"{missing[0]} is not set, although {min(given)} is: staff sign-in needs {', '.join(NEEDED)}")
    return StaffSettings(
        issuer=given["ISSUER"],
        client_id=given["CLIENT_ID"],
        client_secret=given["CLIENT_SECRET"],
        roles=dict(_role(entry) for entry in given["ROLES"].split(";") if entry.strip()),
        claim=given.get("CLAIM", "groups"),
        scopes=_scopes(given.get("SCOPES", SCOPES)),
        hosts=frozenset(given.get("HOSTS", "").replace(",", " ").split()),
    )


def _role(entry: str) -> tuple[str, Role]:
    group, _, word = entry.rpartition("=")
    allowed = [role.value for role in Role if role is not Role.MARKETPLACE]
    if not group.strip() or word.strip() not in allowed:
        raise ValueError(
            f"ROLES: {entry.strip()!r} is not understood; allowed: GROUP=ROLE, several separated by semicolons, "
            f"ROLE one of {', '.join(allowed)}"
        )
    return group.strip(), Role(word.strip())


def _scopes(given: str) -> tuple[str, ...]:
    scopes = tuple(given.split())
    if "openid" not in scopes:
        raise ValueError(f"SCOPES: {given!r} lacks openid, without which nobody says who signs in")
    return scopes
