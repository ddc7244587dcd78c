"""Who may do what, as one table of roles and acts; and who is asking.

Knows roles and acts. Knows no database and no HTTP: the pages and the API look somebody up and ask here.
Another studio does not exist for a caller (404); an act that the caller's role lacks is refused (403).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from adapter.store.tables import Role


class Act(StrEnum):
    """Something that somebody may or may not do at a studio."""

    SEE_CALENDAR = "see_calendar"  # sessions, counts, decisions and their reasons
    SEE_SETTINGS = "see_settings"
    SEE_FLOOR = "see_floor"  # the agreed floor is confidential (SR-11)
    CHANGE_SETTINGS = "change_settings"
    CHANGE_FLOOR = "change_floor"
    SEE_CONNECTION = "see_connection"  # health, runs, records set aside
    SEE_TIMELINE = "see_timeline"  # what happened to a session, and why it is overbooked: no person, no floor
    CONNECT = "connect"  # connect, reconnect, disconnect
    RESYNC = "resync"
    MAP_SOURCES = "map_sources"
    SWITCH_PUSH = "switch_push"  # shadow, live, paused
    SEE_GUARANTEE = "see_guarantee"  # statements: money, people by number, no addresses
    JUDGE_GUARANTEE = "judge_guarantee"  # what the terms leave to judgement, always with a second person
    SEE_GUESTS = "see_guests"  # addresses of guests whom the studio has to enter by hand
    WRITE_BACK = "write_back"  # into the studio's own timetable and prices: prove, turn on, turn off


_EVERY_ACT = frozenset(Act)
_LOOK = frozenset({Act.SEE_CALENDAR, Act.SEE_SETTINGS, Act.SEE_CONNECTION})

ACTS_OF: Mapping[Role, frozenset[Act]] = {
    Role.OWNER: _EVERY_ACT - {Act.JUDGE_GUARANTEE},  # nobody waives what is asked of themselves
    Role.OPERATIONS: _LOOK
    | {Act.CHANGE_SETTINGS, Act.RESYNC, Act.MAP_SOURCES, Act.SWITCH_PUSH, Act.SEE_TIMELINE, Act.SEE_GUESTS},
    Role.FINANCE: _LOOK | {Act.SEE_FLOOR, Act.SEE_GUARANTEE, Act.JUDGE_GUARANTEE},
    Role.SUPPORT: frozenset({Act.SEE_CALENDAR, Act.SEE_CONNECTION, Act.RESYNC, Act.SEE_TIMELINE}),
    Role.FRANCHISOR: frozenset({Act.SEE_CALENDAR}),
    Role.READONLY: _LOOK,
    Role.MARKETPLACE: frozenset(),  # the channel only, which asks for the role itself
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: a signed-in user or a token, with roles by studio (``None``: at every studio, our own staff)."""

    actor: str  # "user:3" or "token:5": what the audit log and the runs keep
    name: str
    roles: Mapping[int | None, frozenset[Role]] = field(default_factory=dict)
    user_id: int | None = None
    marketplace: str | None = None

    def roles_at(self, studio_id: int) -> frozenset[Role]:
        """The roles that hold at a studio; none: the studio does not exist for this caller."""
        nobody: frozenset[Role] = frozenset()
        return self.roles.get(studio_id, nobody) | self.roles.get(None, nobody)

    @property
    def studio_ids(self) -> frozenset[int] | None:
        """The studios that exist for this caller; None: all of them."""
        return None if None in self.roles else frozenset(studio for studio in self.roles if studio is not None)


def may(caller: Caller, act: Act, studio_id: int) -> bool:
    """Whether one of the caller's roles at the studio allows the act."""
    return any(act in ACTS_OF[role] for role in caller.roles_at(studio_id))


def studios_for(caller: Caller, act: Act) -> frozenset[int] | None:
    """The studios at which the caller may do this; None: at all of them."""
    allowed = {studio for studio, roles in caller.roles.items() if any(act in ACTS_OF[role] for role in roles)}
    return None if None in allowed else frozenset(studio for studio in allowed if studio is not None)
