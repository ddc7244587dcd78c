"""Whether the requirements were met throughout the period (GE-01 to GE-07): which gaps there are, and what is waived.

Judged from the start of the first day to the end of the last, or to now. What is already impossible fails from the
beginning, before there is a period.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapter.guarantee.case import Case, Venue
from adapter.guarantee.periods import Period, Span, day_begins, day_ends, gaps
from adapter.guarantee.reading_case import REQUIREMENTS
from adapter.guarantee.terms import SMARTTOOLS_TOLERANCE

ONCE = "once"  # one may take part only once (GE-07)
EXCLUDED_PLATFORM = "booker"  # (2.1 i)
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Gap:
    """When a requirement was not met; ``since`` None: from the beginning, ``until`` None: to the end."""

    since: datetime | None
    until: datetime | None
    venue_id: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One requirement."""

    requirement: str
    held: bool
    gaps: tuple[Gap, ...]
    waived: bool

    @property
    def fails(self) -> bool:
        """Whether it costs the guarantee."""
        return not (self.held or self.waived)


def judge(case: Case, period: Period | None) -> tuple[Judged, ...]:
    """Every requirement, in their order; without a period only what fails from the beginning does."""
    waived = {waiver.requirement for waiver in case.waivers}
    found: Mapping[str, tuple[bool, tuple[Gap, ...]]] = {
        **{requirement: _throughout(case, period, requirement) for requirement in REQUIREMENTS},
        ONCE: _never(case.participation.earlier_participation),
    }
    return tuple(Judged(name, held, gaps, name in waived) for name, (held, gaps) in found.items())


def _never(fails: bool) -> tuple[bool, tuple[Gap, ...]]:
    return (False, (Gap(None, None),)) if fails else (True, ())


def _throughout(case: Case, period: Period | None, requirement: str) -> tuple[bool, tuple[Gap, ...]]:
    if requirement == "subscriber" and case.business.platform.casefold() == EXCLUDED_PLATFORM:
        return _never(True)
    if period is None:
        return True, ()
    if requirement == "smarttools":
        return _everywhere(case, period)
    zone = case.business.timezone
    missing = _gaps(case, requirement, day_begins(period.start, zone), day_ends(period.last_day, zone))
    return not missing, tuple(Gap(*gap) for gap in missing)


def _everywhere(case: Case, period: Period) -> tuple[bool, tuple[Gap, ...]]:
    """SmartTools at every venue from its opening; a day may be missing in all at each."""
    held, found = True, []
    for venue in sorted(case.venues, key=lambda venue: venue.id):
        missing = _gaps_at(case, period, venue)
        held = held and sum((end - begin for begin, end in missing), timedelta(0)) <= SMARTTOOLS_TOLERANCE
        found += [Gap(begin, end, venue.id) for begin, end in missing]
    return held, tuple(found)


def _gaps_at(case: Case, period: Period, venue: Venue) -> list[Span]:
    first = max(period.start, venue.opened_on) if venue.opened_on else period.start
    since, until = day_begins(first, venue.timezone), day_ends(period.last_day, venue.timezone)
    return _gaps(case, "smarttools", since, until, venue.id)


def _gaps(case: Case, requirement: str, since: datetime, until: datetime, venue_id: str | None = None) -> list[Span]:
    return gaps(since, min(until, case.as_of), _held(case, requirement, venue_id))


def _held(case: Case, requirement: str, venue_id: str | None) -> Iterator[Span]:
    for held in case.eligibility:
        if held.requirement == requirement and (venue_id is None or held.venue_id == venue_id):
            yield held.since, held.until or FAR
