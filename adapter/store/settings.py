"""What the studio decided: SmartSpot and SmartRate settings by scope, and what its booking sources mean.

The most specific scope that has a value wins: session, class type, venue, studio (SS-13). Every change leaves a line in
the audit log. Knows the tables; which values are allowed stands in ``setting_rules``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Db

from adapter.store.audit import write_line
from adapter.store.first_booking import refresh_first_bookings
from adapter.store.rates import fill_rates
from adapter.store.seen_sources import count_of, seen_sources
from adapter.store.setting_rules import (
    NO_INCREASE_AFTER,
    NOTHING_AFTER,
    BadSetting,
    refuse,
    wrong,
    wrong_ages,
    wrong_together,
)
from adapter.store.tables import (
    ClassType,
    Connection,
    Scope,
    Session,
    Setting,
    SourceMapping,
    Venue,
)
from connectors.records import Channel

__all__ = [
    "BadSetting",
    "Settings",
    "SourceUse",
    "StudioSettings",
    "about_of",
    "change_settings",
    "check_scope",
    "effective_settings",
    "map_sources",
    "sources",
    "wrong_in_all",
]

SCOPED: Mapping[Scope, type[Venue | ClassType | Session]] = {
    Scope.VENUE: Venue,
    Scope.CLASS_TYPE: ClassType,
    Scope.SESSION: Session,
}


@dataclass(frozen=True)
class Settings:
    """Settings as they hold somewhere. None: set nowhere on the way up, so the default of decisions.md holds."""

    min_spots: int | None = None
    release_all_hours: int | None = None
    rate_floor: Decimal | None = None  # confidential (SR-11)
    rate_ceiling: Decimal | None = None
    retail_rate: Decimal | None = None
    displacement_weight: float | None = None
    max_displacement_risk: float | None = None
    excluded: bool | None = None
    shadow: bool | None = None
    premium: bool | None = None  # further spots at a higher rate; None: off (PR-01)
    no_increase_after_minutes: int | None = None  # the studio's alone, as the next one (SS-19)
    nothing_after_minutes: int | None = None

    @property
    def no_increase_after(self) -> int:
        """How many minutes old our copy may be until no class gets more spots."""
        return NO_INCREASE_AFTER if self.no_increase_after_minutes is None else self.no_increase_after_minutes

    @property
    def nothing_after(self) -> int:
        """How many minutes old our copy may be until no class is listed."""
        return NOTHING_AFTER if self.nothing_after_minutes is None else self.nothing_after_minutes


NAMES = tuple(field.name for field in fields(Settings))


@dataclass(frozen=True)
class StudioSettings:
    """All settings of one studio, read once. Ids are ours, not the platform's."""

    by_scope: Mapping[tuple[Scope, int], Mapping[str, Any]]

    @property
    def studio(self) -> Settings:
        """What holds where nothing narrower is set."""
        return self.of()

    def own(self, scope: Scope, scope_id: int = 0) -> Settings:
        """What is set at exactly this scope."""
        return Settings(**self.by_scope.get((scope, scope_id), {}))

    def changed(self, scope: Scope, scope_id: int, changes: Mapping[str, Any]) -> StudioSettings:
        """As they would be with these changes at one scope; None takes a value back. Nothing is written."""
        there = {**self.by_scope.get((scope, scope_id), {}), **changes}
        kept = {name: value for name, value in there.items() if value is not None}
        return StudioSettings({**self.by_scope, (scope, scope_id): kept})

    def of(
        self, *, venue_id: int | None = None, class_type_id: int | None = None, session_id: int | None = None
    ) -> Settings:
        """What holds for a session, value by value; ids that are None are passed over."""
        way = ((Scope.VENUE, venue_id), (Scope.CLASS_TYPE, class_type_id), (Scope.SESSION, session_id))
        holds = dict(self.by_scope.get((Scope.STUDIO, 0), {}))
        for scope, number in way:
            if number is not None:
                holds |= self.by_scope.get((scope, number), {})
        return Settings(**holds)


@dataclass(frozen=True)
class SourceUse:
    """A booking source seen at a connection: how many reservations came by it, and what the studio says it means."""

    source: str
    count: int
    channel: Channel


def effective_settings(db: Db, studio_id: int) -> StudioSettings:
    """The settings of a studio, ready to be asked."""
    rows = db.scalars(select(Setting).where(Setting.studio_id == studio_id))
    return StudioSettings({(row.scope, row.scope_id): _values(row) for row in rows})


def about_of(studio_id: int, scope: Scope, scope_id: int) -> str:
    """What an audit line of changed settings is about."""
    return f"studio:{studio_id}" if scope is Scope.STUDIO else f"{scope}:{scope_id}"


def change_settings(
    db: Db, studio_id: int, scope: Scope, scope_id: int, changes: Mapping[str, Any], *, actor: str, now: datetime
) -> Settings:
    """Change some settings of one scope (``scope_id`` 0 for the studio); None takes a value back.

    Returns what is now set there. Nothing is written and no audit line made where nothing changes. Raises BadSetting.
    """
    refuse(wrong(changes, of_studio=scope is Scope.STUDIO))
    check_scope(db, studio_id, scope, scope_id)
    row = _row(db, studio_id, scope, scope_id, now)
    before = {name: getattr(row, name) for name in changes}
    changed = {name: value for name, value in changes.items() if before[name] != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.updated_at = now
        db.add(row)
        db.flush()
        refuse(wrong_in_all(effective_settings(db, studio_id)))
        about = about_of(studio_id, scope, scope_id)
        told = {name: before[name] for name in changed}, changed
        _audit(db, studio_id, "settings.changed", about, *told, actor=actor, now=now)
    return Settings(**_values(row))


def sources(db: Db, connection_id: int, *, most: int | None = None) -> list[SourceUse]:
    """Every source seen or mapped at a connection, the most used first; counted no further than ``most``."""
    counts = {name: count_of(db, connection_id, name, most) for name in seen_sources(db, connection_id)}
    meaning = _mapping(db, connection_id)
    every = [SourceUse(name, counts.get(name, 0), meaning.get(name, Channel.UNKNOWN)) for name in counts | meaning]
    return sorted(every, key=lambda use: (-use.count, use.source))


def map_sources(
    db: Db, connection_id: int, meanings: Mapping[str, Channel], *, actor: str, now: datetime
) -> frozenset[str]:
    """Keep what the studio says its sources mean; ``UNKNOWN`` takes it back. Returns the sources that changed.

    What hangs on it follows at once: first bookings, and the rates of marketplace reservations.
    """
    before = _mapping(db, connection_id)
    changed = {word: channel for word, channel in meanings.items() if before.get(word, Channel.UNKNOWN) is not channel}
    if not changed:
        return frozenset()
    old = SourceMapping.connection_id == connection_id, SourceMapping.source.in_(changed)
    db.execute(delete(SourceMapping).where(*old))
    confirmed = {"connection_id": connection_id, "confirmed_by": actor, "confirmed_at": now}
    said = {word: channel for word, channel in changed.items() if channel is not Channel.UNKNOWN}
    db.add_all(SourceMapping(source=word, channel=channel, **confirmed) for word, channel in said.items())
    db.flush()
    studio_id = db.get_one(Connection, connection_id).studio_id
    told = {word: before.get(word, Channel.UNKNOWN) for word in changed}, changed
    _audit(db, studio_id, "sources.mapped", f"connection:{connection_id}", *told, actor=actor, now=now)
    refresh_first_bookings(db, studio_id)
    fill_rates(db, connection_id, now)
    return frozenset(changed)


def _values(row: Setting) -> dict[str, Any]:
    return {name: value for name in NAMES if (value := getattr(row, name)) is not None}


def _mapping(db: Db, connection_id: int) -> dict[str, Channel]:
    mapped = select(SourceMapping.source, SourceMapping.channel).where(SourceMapping.connection_id == connection_id)
    return dict(db.execute(mapped).all())


def _row(db: Db, studio_id: int, scope: Scope, scope_id: int, now: datetime) -> Setting:
    where = (Setting.studio_id == studio_id, Setting.scope == scope, Setting.scope_id == scope_id)
    there = db.scalar(select(Setting).where(*where))
    return there or Setting(studio_id=studio_id, scope=scope, scope_id=scope_id, updated_at=now)


def check_scope(db: Db, studio_id: int, scope: Scope, scope_id: int) -> None:
    """Refuse what is not this studio's. Raises BadSetting."""
    if scope is Scope.STUDIO:
        if scope_id != 0:
            raise BadSetting("scope_id", "must be 0 for the studio itself")
        return
    model = SCOPED[scope]
    mine = select(model.id).join(Connection, Connection.id == model.connection_id)
    if db.scalar(mine.where(model.id == scope_id, Connection.studio_id == studio_id)) is None:
        raise BadSetting("scope_id", f"this studio has no {scope.replace('_', ' ')} {scope_id}")


def wrong_in_all(everything: StudioSettings) -> dict[str, str]:
    """What is wrong with how settings stand together, by name.

    No session may end up with a floor above its ceiling, whichever scopes they come from; nor may ages be upside down.
    """
    found = wrong_ages(everything.studio.no_increase_after, everything.studio.nothing_after)
    for scope, number in everything.by_scope:
        own = everything.own(scope, number)
        over = everything.of(**{f"{scope}_id": number}) if scope is not Scope.STUDIO else everything.studio
        for rates in (own, over):
            found |= wrong_together(rates.rate_floor, rates.rate_ceiling)
    return found


def _audit(db: Db, studio_id: int, act: str, about: str, before: Any, after: Any, *, actor: str, now: datetime) -> None:
    shown = [{name: _plain(value) for name, value in side.items()} for side in (before, after)]
    write_line(db, studio_id, act, about, *shown, actor=actor, now=now)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
