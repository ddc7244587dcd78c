"""The feed in OpenActive's words: RPDE 1.0 around, Modelling Opportunity Data 2.0 within. Pure.

RPDE: https://www.openactive.io/realtime-paged-data-exchange/. Ordered by (``modified``, ``id``); the last page is empty
and its ``next`` is itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from adapter.marketplace.activities import ACTIVITIES, SCHEME
from adapter.store.tables import PublicItem

LICENSE = "https://creativecommons.org/licenses/by/4.0/"
CONTEXT = "https://openactive.io/"
PATH = "/open-data/scheduled-sessions"
KIND = "ScheduledSession.SessionSeries"  # each class with what it is one of: nothing has to be joined

Facts = Mapping[str, Any]
Json = dict[str, Any]


def page(site: str, items: Sequence[PublicItem], after: tuple[int, int] | None) -> Json:
    """One page of the feed that is served at ``site``; ``after``: what it was asked to come after."""
    last = (items[-1].modified, items[-1].session_id) if items else after
    query = "" if last is None else "?" + urlencode({"afterTimestamp": last[0], "afterId": last[1]})
    return {"next": f"{site}{PATH}{query}", "items": [_item(site, each) for each in items], "license": LICENSE}


def _item(site: str, row: PublicItem) -> Json:
    common = {"kind": KIND, "id": str(row.session_id), "modified": row.modified}
    if row.facts is None:
        return {"state": "deleted", **common}
    return {"state": "updated", **common, "data": scheduled_session(site, row.session_id, row.facts)}


def scheduled_session(site: str, number: int, facts: Facts) -> Json:
    """One class, with the places on offer."""
    start, end = (datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at"))
    return {
        "@context": CONTEXT,
        "@type": "ScheduledSession",
        "@id": f"{site}{PATH}#{number}",
        "superEvent": _series(site, facts),
        "startDate": facts["starts_at"],
        "endDate": facts["ends_at"],
        "duration": _duration(end - start),
        "eventStatus": "https://schema.org/EventScheduled",
        "maximumAttendeeCapacity": facts["capacity"],
        "remainingAttendeeCapacity": facts["spots"],
    }


def _series(site: str, facts: Facts) -> Json:
    """What it is one of: a class type at a venue. The price is the direct one: what the studio is paid is nobody's."""
    activity = facts["activity"]
    concept = {"@type": "Concept", "@id": f"{SCHEME}#{ACTIVITIES[activity]}", "prefLabel": activity, "inScheme": SCHEME}
    return {
        "@type": "SessionSeries",
        "@id": f"{site}/open-data/session-series#{facts['series']}",
        "url": facts["url"],
        "name": facts["name"],
        "activity": [concept],
        "organizer": {"@type": "Organization", "@id": facts["url"], "name": facts["organizer"], "url": facts["url"]},
        "location": _place(facts),
        "offers": [{"@type": "Offer", "price": float(facts["price"]), "priceCurrency": facts["currency"]}],
    }


def _place(facts: Facts) -> Json:
    address = {
        "@type": "PostalAddress",
        "streetAddress": facts["street"],
        "addressLocality": facts["locality"],
        "addressRegion": facts["region"],
        "postalCode": facts["postal_code"],
        "addressCountry": facts["country"],
    }
    return {"@type": "Place", "name": facts["venue"], "address": address}


def _duration(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")
