"""Codes in plain words: tables of what they mean, and which of them pages show as they are.

The latter are shown with spaces for underscores (``readable``), by themselves or in a sentence of the core. They stand
here for translators, who find them nowhere else: one that is missing is shown in English.
"""

from __future__ import annotations

from collections.abc import Mapping

REASONS = {
    "forecast": "More free than direct clients are expected to need",
    "cold_start": "No history yet: decided carefully, by what is usual elsewhere",
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
    "their_limit": "The platform lets the marketplace sell no more",
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
    "guarantee": "A requirement of the guarantee needs somebody",
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
REQUIREMENTS = {
    "subscriber": "Active subscriber",
    "agreement": "Signed marketplace agreement",
    "inventory": "Consistent inventory",
    "payout_set": "Payout set as agreed",
    "smarttools": "SmartTools at every venue",
    "once": "Takes part for the first time",
}
BREACHES = {
    "breach": "An agreement was broken",
    "termination": "An agreement was ended, wholly or in part",
    "tracking": "Places sold could not be tracked, for a cause beyond control",
    "fraud": "Fraud, or bad faith",
}
READ_AS = {
    "class_held": "Once its class has been held",
    "class_start": "The day on which its class starts",
    "booked_at": "Whichever was booked first",
    "true": "Yes",
    "false": "No: only one that was neither cancelled nor denied",
    "strict": "Only where they are the same",
    "collapse": "Also where they differ by dots, or by what follows a plus sign",
    "min(policy,12h)": "12 hours before class, or the studio's own limit where that is shorter",
    "max(policy,12h)": "12 hours before class, or the studio's own limit where that is longer",
    "fifo": "The place cancelled first is the first to be taken again",
    "exercised": "Left out of what was lost",
    "not_exercised": "Counted like everybody's",
    "package_mean": "The mean of what a visit costs in each",
    "package_pooled": "All their prices, divided by all their visits",
    "fee/visits": "The plan's fee, divided by the visits made on it",
    "ex_tax": "Left out",
    "net": "Taken off what was lost",
    "floor": "Count as nothing lost",
    "direct": "Are direct",
    "period_end": "From the last of the 90 days",
    "before_setoff": "Before what the studio owes is taken off",
    "after_setoff": "After what the studio owes is taken off",
    "line_date": "That of each reservation's own day",
}
MULTIPLES = frozenset(
    {"pace", "popularity", "season_and_trend", "late_bookings_beside_usual", "willingness_beside_usual"}
)
SHARES = frozenset({"share_of_direct_bookings_to_come", "usual_share_of_direct_bookings_to_come"})
"""Signals of a decision that are no counts: what is usual times so much; a part of the whole."""
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
    "guarantee.rate_corrected": "Corrected an exchange rate",
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


def words(texts: str) -> frozenset[str]:
    """These, a comma between two; the list of messages has them because they are given to this."""
    return frozenset(texts.split(", "))


AS_THEY_ARE: Mapping[str, frozenset[str]] = {
    "bookings": words(
        "booked, attended, no show, late cancelled, cancelled, denied, unknown, requested, confirmed, refused, "
        "rebooked, sold out, not listed, started, already booked, platform refused, rate changed, limit reached, paused"
    ),
    "channels": words("direct, marketplace, third party, unknown"),
    "classes": words("scheduled, cancelled, unknown, places, listed, expected"),
    "money": words("final, provisional"),
    "connections": words("active, needs reconnect, disconnected, shadow, live, paused, on, off"),
    "pushes": words("pending, sending, sent, confirmed, accepted, local, refused, unknown, failed, superseded"),
    "runs": words("queued, running, done, incomplete, failed, clock"),
    "kinds of run": words(
        "backfill, pull, resync, train, decide, push, prove, webhooks, state, settle, sell, tell, backtest, subscribe"
    ),
    "streams": words("venues, class types, prices, clients, sessions, reservations, sales"),
    "what else a run counts": words("decisions, pushes, parity, payouts, proof, rosters, account, run"),
    "counts": words("read, new, changed, unchanged, gone, failed"),
    "counted": words("{1} read, {1} new, {1} changed, {1} unchanged, {1} gone, {1} failed, none"),
    "kinds of record": words("studio, connection, venue, session, reservation, decision, event, aside, set aside"),
    "what a line of the log is about, and what a run could not read": words(
        "studio {1}, connection {1}, venue {1}, class type {1}, session {1}, reservation {1}, run {1}, user {1}, "
        "invitation {1}, campaign {1}, override {1}, payout statement {1}, token {1}, "
        "venues {1}, class_types {1}, prices {1}, clients {1}, sessions {1}, reservations {1}, sales {1}"
    ),
    "opportunities and what is set by hand": words("open, accepted, dismissed, snoozed, blackout, spots, rate"),
    "roles": words("owner, operations, finance, support, franchisor, marketplace, readonly"),
    "fields of what was asked for, or changed by somebody": words(
        "acknowledged at, activity, add, again, cause, class type, country, dry run, ends on, even public, evidence, "
        "excluded, expected, fee, from, granted, invitation, items, kind, locality, metric, name, "
        "no increase after minutes, nothing after minutes, of, on, option, organizer, owes, platform, policy hours, "
        "postal code, premium, push mode, rate, readings, reason, region, requirement, role, roles, scopes, session, "
        "share, site, spots, "
        "starts on, state, stream, street, tax rates, terms, to, until, url, venue, venues, weeks, why, withdrawn"
    ),
    "fields of a record that a reading changed": words(
        "booked at, booked at source, cancelled at, capacity, channel, class type, currency, ends at, hidden, "
        "instructor, online capacity, outcome, price, seats, source, starts at, status, timezone, venue, waitlisted"
    ),
    "signals": words(
        "hours to start, capacity, free places, usual direct bookings, share of direct bookings to come, "
        "direct bookings to come, marketplace interest to come, pace, weeks since learned, popularity, "
        "season and trend, direct bookings last day, direct bookings usual in that day, marketplace bookings last day, "
        "late bookings beside usual, usual share of direct bookings to come, weeks known, "
        "willingness beside usual"
    ),
    "what the library that reads forms says of a field": words(
        "Not a valid number., Not a valid integer., Not a valid boolean., Unknown field., "
        "Must lie between 2000-01-01 and 2199-12-31."
    ),
}
"""By where they are shown."""
