"""Settings by scope (SS-12, SS-13), what sources mean, and what follows: rates (SR-09) and lines in the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapter.store.rates import fill_rates
from adapter.store.setting_rules import BadSetting
from adapter.store.settings import (
    Settings,
    SourceUse,
    StudioSettings,
    change_settings,
    effective_settings,
    map_sources,
    sources,
)
from adapter.store.tables import Audit, ClassType, Connection, Decision, Reservation, Scope, Session, Venue
from connectors.records import BookingTime, Channel, Stream
from tests.adapter.store.conftest import connected
from tests.adapter.store.records import Mirror, class_type, reservation, session, venue
from tests.fixtures.database import NOON


@pytest.fixture
def studio(mirror: Mirror) -> Mirror:
    """A studio with a venue, a class type and a session."""
    mirror.page(Stream.VENUES, venue())
    mirror.page(Stream.CLASS_TYPES, class_type())
    mirror.page(Stream.SESSIONS, session())
    return mirror


def studio_id(mirror: Mirror) -> int:
    with mirror.store.read() as db:
        return db.get_one(Connection, mirror.connection_id).studio_id


def change(mirror: Mirror, scope: Scope, scope_id: int, **changes: Any) -> Settings:
    with mirror.store.write() as db:
        return change_settings(db, studio_id(mirror), scope, scope_id, changes, actor="user:1", now=NOON)


def holds(mirror: Mirror) -> StudioSettings:
    with mirror.store.read() as db:
        return effective_settings(db, studio_id(mirror))


def ids(mirror: Mirror) -> dict[str, int]:
    return {
        "venue_id": mirror.one(Venue, "v1").id,
        "class_type_id": mirror.one(ClassType, "t1").id,
        "session_id": mirror.one(Session, "s1").id,
    }


def test_the_most_specific_value_wins_value_by_value(studio: Mirror) -> None:
    """SS-13."""
    own = ids(studio)
    change(studio, Scope.STUDIO, 0, min_spots=1, release_all_hours=48, rate_floor=Decimal("7.50"))
    change(studio, Scope.VENUE, own["venue_id"], release_all_hours=24, min_spots=2)
    change(studio, Scope.CLASS_TYPE, own["class_type_id"], release_all_hours=6)
    change(studio, Scope.SESSION, own["session_id"], excluded=False)
    everything = holds(studio)
    assert everything.studio == Settings(min_spots=1, release_all_hours=48, rate_floor=Decimal("7.50"))
    assert everything.of(venue_id=own["venue_id"]).release_all_hours == 24
    assert everything.of(**own) == Settings(
        min_spots=2, release_all_hours=6, rate_floor=Decimal("7.50"), excluded=False
    )
    change(studio, Scope.CLASS_TYPE, own["class_type_id"], release_all_hours=None)
    assert holds(studio).of(**own).release_all_hours == 24


def test_nothing_set_is_nothing_held(studio: Mirror) -> None:
    assert holds(studio).of(**ids(studio)) == Settings()


@pytest.mark.parametrize("hours", [2, 72])
def test_release_all_takes_two_to_seventy_two_hours(studio: Mirror, hours: int) -> None:
    assert change(studio, Scope.STUDIO, 0, release_all_hours=hours).release_all_hours == hours


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("release_all_hours", 1),
        ("release_all_hours", 73),
        ("release_all_hours", 24.5),
        ("min_spots", -1),
        ("min_spots", True),
        ("rate_floor", Decimal("-0.01")),
        ("rate_floor", Decimal("7.50505")),
        ("rate_ceiling", Decimal("NaN")),
        ("retail_rate", 12.5),
        ("displacement_weight", -1.0),
        ("displacement_weight", float("nan")),
        ("max_displacement_risk", 1.1),
        ("excluded", "yes"),
        ("colour", "red"),
    ],
)
def test_a_wrong_value_is_refused_by_name(studio: Mirror, name: str, value: object) -> None:
    with pytest.raises(BadSetting, match=f"^{name}: ") as refused:
        change(studio, Scope.STUDIO, 0, **{name: value})
    assert refused.value.name == name
    assert holds(studio).studio == Settings()


def test_a_floor_above_the_ceiling_is_refused_without_telling_the_floor(studio: Mirror) -> None:
    change(studio, Scope.STUDIO, 0, rate_floor=Decimal("7.51"))
    with pytest.raises(BadSetting) as refused:
        change(studio, Scope.SESSION, ids(studio)["session_id"], rate_ceiling=Decimal("7.00"))
    assert "7.51" not in str(refused.value)
    change(studio, Scope.SESSION, ids(studio)["session_id"], rate_ceiling=Decimal("7.51"))


def test_scopes_of_another_studio_do_not_exist(studio: Mirror) -> None:
    other = Mirror(studio.store, studio.keys, connected(studio.store, "1002"))
    other.page(Stream.VENUES, venue())
    for scope, number in ((Scope.VENUE, other.one(Venue, "v1").id), (Scope.SESSION, 10**6), (Scope.STUDIO, 1)):
        with pytest.raises(BadSetting, match=r"^scope_id: "):
            change(studio, scope, number, min_spots=1)


def test_every_change_leaves_a_line_and_no_change_none(studio: Mirror) -> None:
    change(studio, Scope.STUDIO, 0, min_spots=1, rate_floor=Decimal("7.50"))
    change(studio, Scope.STUDIO, 0, min_spots=1, rate_floor=Decimal("8.00"))
    change(studio, Scope.STUDIO, 0, min_spots=1)
    first, second = studio.all(Audit)
    assert (first.before, first.after) == (
        {"min_spots": None, "rate_floor": None},
        {"min_spots": 1, "rate_floor": "7.50"},
    )
    assert (second.before, second.after, second.actor) == (
        {"rate_floor": "7.5000"},
        {"rate_floor": "8.00"},
        "user:1",
    )


class TestSources:
    def mean(self, mirror: Mirror, source: str, channel: Channel) -> bool:
        with mirror.store.write() as db:
            return bool(map_sources(db, mirror.connection_id, {source: channel}, actor="user:1", now=NOON))

    def seen(self, mirror: Mirror) -> list[SourceUse]:
        with mirror.store.read() as db:
            return sources(db, mirror.connection_id)

    def test_what_was_seen_is_unknown_until_the_studio_says(self, studio: Mirror) -> None:
        """GL-03."""
        studio.page(Stream.RESERVATIONS, reservation("a"), reservation("b"), reservation("c", source="staff"))
        assert self.seen(studio) == [
            SourceUse("web", 2, Channel.UNKNOWN),
            SourceUse("staff", 1, Channel.UNKNOWN),
        ]
        assert self.mean(studio, "web", Channel.DIRECT)
        assert self.seen(studio)[0] == SourceUse("web", 2, Channel.DIRECT)
        with studio.store.read() as db:
            capped = [(use.source, use.count) for use in sources(db, studio.connection_id, most=1)]
        assert capped == [("staff", 1), ("web", 1)]

    def test_it_may_change_its_mind_and_take_it_back(self, studio: Mirror) -> None:
        assert self.mean(studio, "service:Pass", Channel.THIRD_PARTY)
        assert self.mean(studio, "service:Pass", Channel.MARKETPLACE)
        assert not self.mean(studio, "service:Pass", Channel.MARKETPLACE)
        assert self.seen(studio) == [SourceUse("service:Pass", 0, Channel.MARKETPLACE)]
        assert self.mean(studio, "service:Pass", Channel.UNKNOWN)
        assert self.seen(studio) == []
        assert [line.after["service:Pass"] for line in studio.all(Audit)] == ["third_party", "marketplace", "unknown"]


class TestRates:
    """SR-09: the offer in force at the instant of booking, and never another one."""

    def decided(self, mirror: Mirror, sequence: int, at: datetime, rate: str, **given: object) -> None:
        known: Mapping[str, Any] = {
            "connection_id": mirror.connection_id,
            "session_id": mirror.one(Session, "s1").id,
            "sequence": sequence,
            "at": at,
            "spots": 1,
            "rate": Decimal(rate),
            "premium_spots": 0,
            "currency": "EUR",
            "limit": 1,
            "premium_limit": 0,
            "expected_direct": 0.0,
            "displacement_risk": 0.0,
            "expected_value": 0.0,
            "reason": "forecast",
            "shadow": False,
            "inputs": {},
            "explanation": {},
        }
        with mirror.store.write() as db:
            db.add(Decision(**(dict(known) | given)))

    def rates(self, mirror: Mirror) -> dict[str, Decimal | None]:
        with mirror.store.write() as db:
            fill_rates(db, mirror.connection_id, NOON)
        return {row.external_id: row.rate for row in mirror.all(Reservation)}

    def booked(self, mirror: Mirror, key: str, at: datetime | None, source: str = "pass") -> None:
        known = {"booked_at": at, "booked_at_source": BookingTime.PLATFORM} if at else {}
        mirror.page(Stream.RESERVATIONS, reservation(key, source=source, **known))

    def test_a_reservation_has_the_rate_of_its_instant(self, studio: Mirror) -> None:
        """SR-09."""
        hour = timedelta(hours=1)
        self.decided(studio, 1, NOON, "12.00")
        self.decided(studio, 2, NOON + hour, "9.00")
        self.decided(studio, 3, NOON + 2 * hour, "5.00", shadow=True)
        for key, at in {"early": NOON - hour, "first": NOON, "second": NOON + hour, "third": NOON + 3 * hour}.items():
            self.booked(studio, key, at)
        self.booked(studio, "unknown", None)
        self.booked(studio, "direct", NOON, "web")
        with studio.store.write() as db:
            map_sources(db, studio.connection_id, {"web": Channel.DIRECT}, actor="user:1", now=NOON)
        assert set(self.rates(studio).values()) == {None}
        with studio.store.write() as db:
            map_sources(db, studio.connection_id, {"pass": Channel.MARKETPLACE}, actor="user:1", now=NOON)
        expected = {
            "early": None,
            "first": Decimal(12),
            "second": Decimal(9),
            "third": Decimal(9),
            "unknown": None,
            "direct": None,
        }
        assert self.rates(studio) == expected
        self.decided(studio, 4, NOON - hour, "1.00")
        assert self.rates(studio) == expected | {"early": Decimal(1)}

    def test_sr_10_a_floor_that_is_raised_leaves_what_was_booked_before(self, studio: Mirror) -> None:
        self.booked(studio, "april", NOON)
        with studio.store.write() as db:
            map_sources(db, studio.connection_id, {"pass": Channel.MARKETPLACE}, actor="user:1", now=NOON)
        change(studio, Scope.STUDIO, 0, rate_floor=Decimal("7.50"))
        self.decided(studio, 1, NOON, "7.50")
        assert self.rates(studio) == {"april": Decimal("7.50")}
        change(studio, Scope.STUDIO, 0, rate_floor=Decimal("8.00"))
        self.decided(studio, 2, NOON + timedelta(hours=1), "8.00")
        self.booked(studio, "read late", NOON + timedelta(minutes=30))
        self.booked(studio, "may", NOON + timedelta(hours=1))
        before, after = Decimal("7.50"), Decimal("8.00")
        assert self.rates(studio) == {"april": before, "read late": before, "may": after}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"no_increase_after_minutes": 4}, "from 5 to 1440"),
        ({"no_increase_after_minutes": 60}, "more than the 60 minutes"),
        ({"no_increase_after_minutes": 20, "nothing_after_minutes": 20}, "more than the 20 minutes"),
    ],
)
def test_ages_of_our_copy_that_make_no_sense_are_refused(studio: Mirror, changes: dict[str, int], said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        change(studio, Scope.STUDIO, 0, **changes)
    assert holds(studio).studio == Settings()


def test_how_old_our_copy_may_be_is_said_for_the_whole_studio(studio: Mirror) -> None:
    with pytest.raises(BadSetting, match="whole studio"):
        change(studio, Scope.VENUE, ids(studio)["venue_id"], nothing_after_minutes=90)
    change(studio, Scope.STUDIO, 0, nothing_after_minutes=90)
    assert (holds(studio).studio.no_increase_after, holds(studio).studio.nothing_after) == (15, 90)
