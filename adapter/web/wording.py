"""How things are said: times in the venue's zone, money in its currency, codes in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.numbers import format_currency, format_decimal
from flask import Flask, g

from adapter.people.permissions import Act, Caller, may, studios_for
from adapter.showing.confidential import without_floor
from adapter.store.calendar import Places, Upcoming
from adapter.web.access import context
from adapter.web.languages import language, said

_CODE = re.compile(r"[a-z]+(_[a-z]+)+")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")

REASONS = {
    "forecast": "More free than direct clients are expected to need",
    "cold_start": "No history yet: decided by the plain rule, carefully",
    "min_spots": "Raised to your minimum of spots",
    "release_all": "Close to the start: every free place is listed",
    "full": "Full",
    "cancelled": "Cancelled",
    "started": "Has started",
    "paused": "Paused by you",
    "stale": "Our copy is too old to list more",
    "hidden": "Hidden from the public",
    "excluded": "Left out by your settings",
    "held_out": "Drawn to list nothing this week, to measure what listing brings",
    "own_cap": "Your own number at the platform is smaller",
    "granted": "As many as you accepted under Opportunities",
    "waitlisted": "Direct clients are on the waiting list",
    "withdrawn": "Taken back: pushing was switched off",
    "floor_missing": "No floor is agreed yet: see the settings",
    "limit_missing": "No lowest rate is agreed yet",
    "no_price": "No direct price is known: see the settings",
    "floor_above_ceiling": "The floor lies above the highest rate: see the settings",
    "limit_above_ceiling": "The agreed rates exclude each other",
    "risk_limit": "Your limit on turning direct clients away",
    "skipped": "Not decided: something is missing",
    "unreadable": "Not decided: what we read makes no sense",
    "no_capacity": "The platform gives no capacity",
    "blackout": "Blacked out by you",
    "by_hand": "Set by hand",
    "floor": "At your agreed floor",
    "limit": "At the lowest agreed rate",
    "ceiling": "At your highest rate",
    "model": "The best balance of what a place pays and the chance that it sells",
    "in_force": "The rate in force stays: the change would be small",
    "bounded": "On its way: a rate never moves by more than half at once",
    "explored": "Tried a little off the best rate known, to learn what people would pay",
}
PUSHES = {
    "pending": "Waiting to be sent",
    "sending": "Being sent",
    "sent": "Sent, not read back yet",
    "confirmed": "Confirmed",
    "accepted": "Taken; the platform does not show what it holds",
    "local": "In force where we sell",
    "refused": "Refused by the platform",
    "unknown": "Outcome unknown: being read back",
    "failed": "Could not be sent",
    "superseded": "Replaced by a newer decision",
}
ALERTS = {
    "stale": "Your booking system can't be read: nothing is listed",
    "breaker_open": "The platform doesn't take what we send",
    "push_failing": "A class can't be pushed",
    "drift": "Somebody sets their own number at the platform",
    "subscription": "The platform's events don't reach us",
    "to_enter": "Marketplace guests to be entered in your booking system",
    "reconnect": "Access has ended",
}
RUNS = {
    "backfill": "First import",
    "pull": "Update",
    "resync": "Resync",
    "train": "Training",
    "decide": "Decisions",
    "push": "Push",
    "prove": "Proof",
    "webhooks": "Events",
    "state": "Guarantee statement",
    "settle": "Payouts",
    "sell": "Sales of marketplaces",
    "tell": "Messages to marketplaces",
    "backtest": "Look back",
    "subscribe": "Subscription to events",
}
CAUSES = {
    "excluded": "Your settings leave this class out; accepting makes an exception for it, up to this number.",
    "blackout": "Blacked out by hand; accepting makes an exception for this class, up to this number.",
    "by_hand": "Set to fewer by hand; accepting lists more of it, up to this number.",
    "own_cap": "Your own number at the platform is smaller; accepting lists beyond it, up to this number.",
    "premium": "They are worth more than the usual rate, and Premium is off; accepting turns it on for this class.",
    "shadow": "Nothing is pushed yet. Switch pushing on at the connection, and they are listed by themselves.",
}
READINGS = {
    "provided": "When a reservation was provided",
    "date_basis": "Which day it belongs to",
    "first_basis": "What comes first",
    "first_counts_cancelled": "A cancelled booking can be a first one",
    "email_mode": "When two addresses are one person",
    "cutoff": "Until when a cancellation is early",
    "rebook": "Who took a cancelled place",
    "free_only": "People whose direct visits were all free",
    "retail_method": "The direct price from several packages",
    "unlimited": "A visit on an unlimited plan",
    "tax_basis_lr": "Taxes in Lost Revenue",
    "neg_lines": "Payouts above the direct price",
    "own_app": "Bookings in the platform's own app",
    "due_from": "From when the 60 days count",
    "deminimis": "When the 50 dollars are tested",
    "fx": "Which exchange rate",
}
SETTINGS = {
    "min_spots": "Minimum of spots",
    "release_all_hours": "Release all, hours before the start",
    "retail_rate": "Direct price of one reservation",
    "rate_ceiling": "Highest rate",
    "rate_floor": "Floor",
    "max_displacement_risk": "Highest risk of turning a direct client away",
    "displacement_weight": "Weight of a lost direct booking",
    "excluded": "Never list anything",
}
ROLES = {
    "owner": "Owner",
    "operations": "Operations",
    "finance": "Finance",
    "support": "Support",
    "franchisor": "Franchisor",
    "readonly": "Read only",
    "marketplace": "Marketplace",
}
ROLES_MEAN = {
    "owner": "Everything of the studio: settings, the floor, people, pushing",
    "operations": "The daily work: settings, pushing, resync. No floor, no people",
    "finance": "Money and the floor, no settings; judges the guarantee together with somebody else",
    "support": "Finds and repairs: connections, runs, masked clients. No floor, no settings",
    "franchisor": "Sees venues, how far SmartTools cover them, and its own share. No client, no settings",
    "readonly": "Sees calendar, settings and connections, changes nothing",
}
WAYS = {
    "passkey": "Passkey",
    "password": "Password with a code",
    "staff": "Company account",
    "link": "One-time link",
}
ACTS = {
    "person.invited": "Invited somebody",
    "person.joined": "Joined by invitation",
    "person.role_changed": "Changed somebody's role",
    "person.withdrawn": "Withdrew somebody's role",
    "person.signed_in": "Signed in",
    "person.link_made": "Made somebody a sign-in link",
    "person.signed_out_everywhere": "Signed out everywhere",
    "invitation.withdrawn": "Withdrew an invitation",
    "passkey.added": "Added a passkey",
    "passkey.removed": "Removed a passkey",
    "password.set": "Set a password",
    "password.changed": "Changed the password",
    "password.removed": "Removed the password",
    "recovery_code.used": "Used a recovery code",
    "staff.roles_changed": "Roles by company groups",
    "settings.changed": "Changed settings",
    "sources.mapped": "Said what booking sources mean",
    "push_mode.changed": "Switched pushing",
    "own_caps.dismissed": "Let our numbers be used again",
    "connection.connected": "Connected",
    "connection.disconnected": "Disconnected",
    "total_push.switched": "Switched writing online capacities",
    "total_push.proven": "Proved writing online capacities",
    "total_push.not_proven": "The proof did not pass",
    "catalog_rate.switched": "Switched the price that follows the rate",
    "run.requested": "Asked for work",
    "holdout.registered": "Registered a holdout",
    "guarantee.waiver.asked": "Asked for a waiver of a requirement",
    "guarantee.waiver.agreed": "Agreed to a waiver of a requirement",
    "guarantee.breach.asked": "Asked for a breach of the guarantee to be held",
    "guarantee.breach.agreed": "Agreed to a breach of the guarantee to be held",
    "guarantee.equivalent.asked": "Asked for an equivalent of a missing price",
    "guarantee.equivalent.agreed": "Agreed to an equivalent of a missing price",
    "guarantee.start_date.asked": "Asked for a corrected start date",
    "guarantee.start_date.agreed": "Agreed to a corrected start date",
    "guarantee.final.asked": "Asked for a statement to be final",
    "guarantee.final.agreed": "Agreed to a statement to be final",
    "guarantee.participation": "Entered the participation in the guarantee",
    "guarantee.terms": "Changed how the guarantee's terms are read",
    "guarantee.fact": "Recorded that a requirement held",
    "guarantee.start_displayed": "The guarantee's start was displayed",
    "override.set": "Set something by hand",
    "override.withdrawn": "Took back what was set by hand",
    "campaign.registered": "Registered a campaign",
    "campaign.withdrawn": "Withdrew a campaign",
    "opportunity.accepted": "Accepted an opportunity",
    "opportunity.dismissed": "Dismissed an opportunity",
    "opportunity.snoozed": "Put an opportunity off",
    "payouts.compared": "Compared a payout statement",
    "payouts.share": "Changed the franchisor's share",
    "open_data.on": "Published what is on offer",
    "open_data.off": "Published nothing any more",
    "open_data.venue": "Said where a venue is",
    "open_data.class": "Said what a class is",
    "client.looked_up": "Looked somebody up by address",
    "member_page.opened": "Opened a page to members",
    "member_page.closed": "Closed a page to members",
}
CHANNELS = {
    "direct": "Direct",
    "marketplace": "Marketplace",
    "third_party": "Another marketplace",
    "unknown": "Not mapped yet",
}


def why(item: Upcoming) -> str:
    """The short reason for what is listed of a session, in plain words."""
    decision = item.decision
    if not item.takes_place:
        return says(REASONS, "cancelled")
    if decision is None:
        return said("Not decided yet")
    code = seen(decision.binding or decision.reason)
    if code == "forecast":
        return _kept_for_direct(item.places)
    return says(REASONS, code)


def _kept_for_direct(places: Places) -> str:
    if not places.listed:
        return said("Every free place is expected to go to direct clients")
    if not places.kept:
        return said("More free than direct clients are expected to need")
    return said("{1} kept for direct clients still expected", places.kept)


def says(words: Mapping[str, str], code: str | None) -> str:
    """A code in plain words; one we have no words for is shown readably, never hidden."""
    return said(words.get(code or "", (code or "").replace("_", " ").capitalize()))


def clock(instant: datetime, zone: str) -> str:
    """``18:00`` on the venue's wall."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def zone_name(instant: datetime, zone: str) -> str:
    """``EST``: which clock that is."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Z")


def day(when: date | datetime, zone: str | None = None) -> str:
    """``Tue, Mar 3`` in the venue's zone."""
    local = when.astimezone(ZoneInfo(zone)) if isinstance(when, datetime) and zone else when
    return _day(local.date() if isinstance(local, datetime) else local, language().locale)


@lru_cache(maxsize=1_024)
def _day(when: date, locale: Locale) -> str:
    return format_skeleton("MMMEd", when, locale=locale)


def moment(instant: datetime | None, zone: str) -> str:
    """``Tue, Mar 3, 18:00 EST``; a dash for never."""
    return f"{day(instant, zone)}, {clock(instant, zone)} {zone_name(instant, zone)}" if instant else "–"


def to_the_second(instant: datetime, zone: str) -> str:
    """``Tue, Mar 3, 18:00:41 EST``."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{day(instant, zone)}, {local:%H:%M:%S} {zone_name(instant, zone)}"


def second(instant: datetime, zone: str) -> str:
    """``18:00:41`` on the venue's wall."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S")


def field(instant: datetime, zone: str) -> str:
    """``2026-03-02T14:02``: as a browser's field for date and time takes it."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def ago(instant: datetime | None) -> str:
    """``3 minutes ago``; ``never`` for None."""
    if instant is None:
        return said("never")
    passed = max(timedelta(0), (g.get("then") or context().now()) - instant)  # on a page as of then: before then
    if passed < timedelta(seconds=10):
        return said("just now")
    return format_timedelta(-passed, add_direction=True, locale=language().locale)


def told(value: object, zone: str) -> str:
    """A value of a record as people write it: an instant in the venue's zone, yes and no, a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return said("yes") if value else said("no")
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return moment(datetime.fromisoformat(value), zone)
    return readable(value) if isinstance(value, str) and _CODE.fullmatch(value) else said(str(value))


def money(amount: Decimal | float | None, currency: str) -> str:
    """An amount in its currency; a dash where there is none."""
    return "–" if amount is None else _money(Decimal(str(amount)), currency, language().locale)


@lru_cache(maxsize=4_096)
def _money(amount: Decimal, currency: str, locale: Locale) -> str:
    """A page shows the same few amounts again and again, and writing one is slow."""
    return format_currency(amount, currency, locale=locale).replace("-", "−")


def number(value: float | Decimal | int) -> str:
    """A number as people write it, with two decimals at most and a true minus."""
    return format_decimal(round(Decimal(str(value)), 2), "#,##0.##;−#,##0.##", locale=language().locale)


def month_day(when: date) -> str:
    """``Mar 3``."""
    return format_skeleton("MMMd", when, locale=language().locale)


def weekday(when: date) -> str:
    """``Tue``."""
    return format_date(when, "EEE", locale=language().locale)


def readable(code: str) -> str:
    """A code word as people read it, in their language: ``late cancelled``."""
    return said(code.replace("_", " "))


def capital(text: str) -> str:
    """The text with its first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def can(act: str) -> bool:
    """Whether the signed-in user may do this at the studio of the page."""
    asking: Caller | None = g.get("caller")
    return asking is not None and "studio_id" in g and may(asking, Act(act), g.studio_id)


def may_somewhere(act: str) -> bool:
    """Whether the signed-in user may do this at any studio."""
    asking: Caller | None = g.get("caller")
    return asking is not None and studios_for(asking, Act(act)) != frozenset()


def seen(explanation: Any) -> Any:
    """An explanation as this reader may see it."""
    return explanation if can("see_floor") else without_floor(explanation)


def install(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.filters.update(
        clock=clock,
        zone_name=zone_name,
        day=day,
        moment=moment,
        to_the_second=to_the_second,
        second=second,
        field=field,
        ago=ago,
        told=told,
        money=money,
        instant=datetime.fromisoformat,
        as_date=date.fromisoformat,
        number=number,
        seen=seen,
        capital=capital,
        readable=readable,
        weekday=weekday,
    )
    app.jinja_env.globals.update(
        can=can,
        may_somewhere=may_somewhere,
        why=why,
        says=says,
        PUSHES=PUSHES,
        RUNS=RUNS,
        ROLES=ROLES,
        ROLES_MEAN=ROLES_MEAN,
        WAYS=WAYS,
        ACTS=ACTS,
        ALERTS=ALERTS,
        CAUSES=CAUSES,
        CHANNELS=CHANNELS,
        SETTINGS=SETTINGS,
        REASONS=REASONS,
        READINGS=READINGS,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
