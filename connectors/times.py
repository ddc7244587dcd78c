"""Times as platforms write them, made aware UTC; and time zone names in any of their spellings, made IANA.

Knows the rule and no platform: a time that names its zone is believed, a naive one is meant on the site's clock. A
local time that the clock skipped (spring) is refused, one that it showed twice (autumn) is taken as the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

_COUNTRIES = frozenset({"US", "Canada", "Mexico", "Brazil", "Chile"})
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?\s*(Z|z|[+-]\d\d:?\d\d|[+-]\d\d)?)?"
)


def read_instant(text: str, zone: ZoneInfo) -> datetime:
    """The instant that a text means, in UTC. Raises ValueError with what is wrong with it.

    0 to 7 digits of a second's fraction are read, the seventh is cut. A date alone is its midnight.
    """
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise ValueError("is not a time like 2026-03-01T18:00:00")
    day, minutes, seconds, fraction, offset = found.groups()
    micro = (fraction or "0")[:6].ljust(6, "0")
    written = datetime.fromisoformat(f"{day}T{minutes or '00:00'}:{seconds or '00'}.{micro}")  # ValueError: no such day
    if not 1900 <= written.year <= 2200:
        raise ValueError("lies outside the years 1900 to 2200")
    return (_with_offset(written, offset) if offset else at_clock(written, zone)).astimezone(UTC)


def at_clock(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which a site's clock shows ``local``. Raises ValueError where it never does."""
    aware = local.replace(tzinfo=zone, fold=0)
    if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) != local:
        raise ValueError(f"does not exist in {zone.key}: the clock is put forward over it")
    return aware


def _with_offset(written: datetime, offset: str) -> datetime:
    if offset in "Zz":
        return written.replace(tzinfo=UTC)
    hours, minutes = int(offset[1:3]), int(offset[3:].strip(":") or 0)
    if hours > 15 or minutes > 59:
        raise ValueError("has an offset from UTC that no place has")
    shift = timedelta(hours=hours, minutes=minutes)
    return (written + shift if offset[0] == "-" else written - shift).replace(tzinfo=UTC)


def local_text(instant: datetime, zone: ZoneInfo) -> str:
    """A time as a site's clock shows it, without a zone, to the second."""
    return instant.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")


def iana_zone(name: str) -> str:
    """The IANA name of a zone given by its IANA, old or Windows name. Raises ValueError where there is no such zone.

    A zone by its country (``US/Eastern``) is named by its city: one place is not two zones.
    """
    wanted = name.strip()
    known = _zones()
    if found := known.get(wanted.casefold()):
        return found
    raise ValueError(f"{wanted[:80]!r} is no time zone that we know")


@lru_cache(maxsize=1)
def _zones() -> Mapping[str, str]:
    windows: Mapping[str, str] = get_global("windows_zone_mapping")
    aliases: Mapping[str, str] = get_global("zone_aliases")
    known = {name.casefold(): zone for name, zone in windows.items()}
    known |= {zone.casefold(): zone for zone in available_timezones() if zone not in ("localtime", "Factory")}
    by_country = {old: city for old, city in aliases.items() if old.split("/")[0] in _COUNTRIES}
    return known | {old.casefold(): city for old, city in by_country.items()}
