"""Local time: classes keep their hour when the clocks change, on either side of the world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox.market.world import World


@pytest.mark.parametrize(
    ("site_id", "last_before", "hours_apart"),
    [(1001, datetime(2025, 11, 1, 12, tzinfo=UTC), 1), (1002, datetime(2025, 10, 4, 2, tzinfo=UTC), -1)],
)
def test_the_hour_stays_on_the_wall_and_moves_in_utc(
    year: World, site_id: int, last_before: datetime, hours_apart: int
) -> None:
    site = year.site(site_id)
    schedule = next(s for s in site.schedules.values() if 2 in s.days)
    wednesdays = [i for i in site.classes_of(schedule.id) if i.starts_local.weekday() == 2]
    usual = [i for i in wednesdays if i.starts_local.time() == schedule.start_time]
    before = max(i.starts_at for i in usual if i.starts_at < last_before)
    after = min(i.starts_at for i in usual if i.starts_at > last_before)
    weeks = round((after - before) / timedelta(weeks=1))
    assert after - before == timedelta(weeks=weeks, hours=hours_apart)


def test_local_and_utc_times_are_the_same_instant(year: World) -> None:
    for site in year.sites.values():
        for item in site.classes.values():
            assert item.starts_local.replace(tzinfo=site.zone) == item.starts_at
            assert site.local(item.ends_at) == item.ends_local
            assert item.starts_local.weekday() in site.schedules[item.schedule_id].days
