"""Who has which role at a studio; changing and withdrawing it. One owner always remains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from adapter.people.invitations import withdraw_invitations_of
from adapter.store.audit import write_line
from adapter.store.tables import Membership, Passkey, Password, Role, StaffIdentity, Studio, User


class NotChanged(ValueError):
    """It can't be so; the message says why."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a role at a studio."""

    user_id: int
    name: str
    roles: tuple[Role, ...]
    signed_in_at: datetime | None
    ways: tuple[str, ...]  # "passkey", "password", "staff"; none: one-time links alone


def members_of(db: Session, studio_id: int) -> Sequence[Member]:
    """The people of a studio by name. Our own staff, whose roles hold everywhere, are not among them."""
    people = select(User).join(Membership).where(Membership.studio_id == studio_id, User.active)
    users = db.scalars(people.distinct().order_by(User.name, User.id)).all()
    return [_member(db, user, studio_id) for user in users]


def ways_of(db: Session, user_id: int) -> tuple[str, ...]:
    """What somebody can sign in with by themselves, without anybody's link."""
    owners = {"passkey": Passkey.user_id, "password": Password.user_id, "staff": StaffIdentity.user_id}
    return tuple(
        way for way, owner in owners.items() if db.scalar(select(owner).where(owner == user_id).limit(1)) is not None
    )


def change_role(db: Session, studio_id: int, user_id: int, role: Role, *, actor: str, now: datetime) -> None:
    """Give somebody this role at the studio, in place of those they have. Raises NotChanged."""
    before = _roles(db, studio_id, user_id)
    if before == {role}:
        return
    _replace(db, studio_id, user_id, before, frozenset({role}), "person.role_changed", actor, now)


def withdraw(db: Session, studio_id: int, user_id: int, *, actor: str, now: datetime) -> None:
    """Take every role at the studio from somebody: it ceases to exist for them at once. Raises NotChanged."""
    before = _roles(db, studio_id, user_id)
    _replace(db, studio_id, user_id, before, frozenset(), "person.withdrawn", actor, now)


def _roles(db: Session, studio_id: int, user_id: int) -> frozenset[Role]:
    """The roles as they stand; nobody else changes them until the transaction is over."""
    db.scalar(select(Studio.id).where(Studio.id == studio_id).with_for_update())
    held = select(Membership.role).where(Membership.studio_id == studio_id, Membership.user_id == user_id)
    roles = frozenset(db.scalars(held))
    if not roles:
        raise NotChanged("That is nobody of this studio")
    return roles


def _replace(
    db: Session,
    studio_id: int,
    user_id: int,
    before: frozenset[Role],
    after: frozenset[Role],
    act: str,
    actor: str,
    now: datetime,
) -> None:
    if Role.OWNER in before - after:
        _demand_another_owner(db, studio_id, user_id)
        withdraw_invitations_of(db, studio_id, f"user:{user_id}", actor=actor, now=now)
    db.execute(delete(Membership).where(Membership.studio_id == studio_id, Membership.user_id == user_id))
    db.add_all(Membership(user_id=user_id, studio_id=studio_id, role=role) for role in after)
    db.flush()
    told = [{"roles": sorted(roles)} for roles in (before, after)]
    write_line(db, studio_id, act, f"user:{user_id}", *told, actor=actor, now=now)


def _demand_another_owner(db: Session, studio_id: int, user_id: int) -> None:
    others = (
        select(User.id)
        .join(Membership)
        .where(Membership.studio_id == studio_id, Membership.role == Role.OWNER, User.active, User.id != user_id)
    )
    if db.scalar(others.limit(1)) is None:
        raise NotChanged("A studio keeps at least one owner: make somebody else owner first")


def _member(db: Session, user: User, studio_id: int) -> Member:
    roles = tuple(sorted(one.role for one in user.memberships if one.studio_id == studio_id))
    return Member(user.id, user.name, roles, user.signed_in_at, ways_of(db, user.id))
