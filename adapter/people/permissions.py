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
    SEE_PAYOUTS = "see_payouts"  # the payout ledger, place by place: money, no person, no floor
    COMPARE_PAYOUTS = "compare_payouts"  # with a statement of the marketplace's
    SEE_FRANCHISE = "see_franchise"  # venues, how far SmartTools cover them, the franchisor's share: no client (J8)
    MANAGE_PEOPLE = "manage_people"  # who may do what here: invite, change a role, withdraw it
    SEE_AUDIT = "see_audit"  # who did what, with before and after; the floor in it only with SEE_FLOOR
    USE_DESK = "use_desk"  # find anything of any studio of theirs, a person by an address; the fleet of connections
    SEE_RECORDS = "see_records"  # a number's records, down to the platform's own, redacted
    SHOW_MEMBERS = "show_members"  # open a page about a class to its members
    OVERSEE = "oversee"  # the venues of all studios of a franchise, side by side
    SEE_GUESTS = "see_guests"  # addresses of guests whom the studio has to enter by hand
    WRITE_BACK = "write_back"  # into the studio's own timetable and prices: prove, turn on, turn off


_EVERY_ACT = frozenset(Act)
_PAYOUTS = frozenset({Act.SEE_PAYOUTS, Act.COMPARE_PAYOUTS, Act.SEE_FRANCHISE})
_NOT_OWNERS = frozenset({Act.JUDGE_GUARANTEE, Act.USE_DESK, Act.OVERSEE})  # nobody waives what is asked of themselves
_LOOK = frozenset({Act.SEE_CALENDAR, Act.SEE_SETTINGS, Act.SEE_CONNECTION})

ACTS_OF: Mapping[Role, frozenset[Act]] = {
    Role.OWNER: _EVERY_ACT - _NOT_OWNERS,
    Role.OPERATIONS: _LOOK
    | {Act.CHANGE_SETTINGS, Act.RESYNC, Act.MAP_SOURCES, Act.SWITCH_PUSH, Act.SEE_TIMELINE}
    | {Act.SEE_RECORDS, Act.SHOW_MEMBERS, Act.SEE_GUESTS},
    Role.FINANCE: _LOOK
    | {Act.SEE_FLOOR, Act.SEE_GUARANTEE, Act.JUDGE_GUARANTEE, Act.SEE_AUDIT, Act.SEE_RECORDS}
    | _PAYOUTS,
    Role.SUPPORT: frozenset({Act.SEE_CALENDAR, Act.SEE_CONNECTION, Act.RESYNC, Act.SEE_TIMELINE})
    | {Act.USE_DESK, Act.SEE_RECORDS, Act.SEE_AUDIT},
    Role.FRANCHISOR: frozenset({Act.SEE_CALENDAR, Act.SEE_FRANCHISE, Act.OVERSEE}),
    Role.READONLY: _LOOK,
    Role.MARKETPLACE: frozenset(),  # the channel only, which asks for the role itself
}

ENTRUSTED = frozenset({Act.JUDGE_GUARANTEE, Act.USE_DESK})
"""Acts that are given only by who holds them: nobody appoints their own judge, or who may look anybody up."""


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


def grantable(caller: Caller, studio_id: int) -> tuple[Role, ...]:
    """The roles that the caller may give at a studio: none without MANAGE_PEOPLE, none with an ENTRUSTED act they lack.

    So an owner, who may not judge the guarantee, appoints no judge of it either.
    """
    own = frozenset(act for role in caller.roles_at(studio_id) for act in ACTS_OF[role])
    if Act.MANAGE_PEOPLE not in own:
        return ()
    return tuple(role for role in Role if role is not Role.MARKETPLACE and ACTS_OF[role] & ENTRUSTED <= own)


def studios_for(caller: Caller, act: Act) -> frozenset[int] | None:
    """The studios at which the caller may do this; None: at all of them."""
    allowed = {studio for studio, roles in caller.roles.items() if any(act in ACTS_OF[role] for role in roles)}
    return None if None in allowed else frozenset(studio for studio in allowed if studio is not None)
