"""Code words that pages show as they are, by themselves or in a sentence: for translators, who find them nowhere else.

Pages show them with spaces for underscores (``readable``). One that is missing here is shown in English.
"""

from __future__ import annotations


def words(texts: str) -> frozenset[str]:
    """These, a comma between two; the list of messages has them because they are given to this."""
    return frozenset(texts.split(", "))


BOOKINGS = words(
    "booked, attended, no show, late cancelled, cancelled, denied, unknown, requested, confirmed, refused, rebooked, "
    "sold out, not listed, started, already booked, platform refused, rate changed, limit reached, paused"
)
"""What becomes of one, and why it was refused."""
CHANNELS = words("direct, marketplace, third party, unknown")
PLACES = words("places, listed, expected, final, provisional")
CONNECTIONS = words("active, needs reconnect, disconnected, shadow, live, paused, on, off")
CLASSES = words("scheduled, cancelled, unknown")
PUSHES = words("pending, sending, sent, confirmed, accepted, local, refused, unknown, failed, superseded")
RUNS = words("queued, running, done, incomplete, failed, clock")
WORK = words(
    "backfill, pull, resync, train, decide, push, prove, webhooks, state, settle, sell, tell, backtest, subscribe"
)
STREAMS = words("venues, class types, prices, clients, sessions, reservations, sales")
WORKED_ON = words("decisions, pushes, parity, payouts, proof, rosters, account, run")
COUNTS = words("read, new, changed, unchanged, gone, failed")
COUNTED = words("{1} read, {1} new, {1} changed, {1} unchanged, {1} gone, {1} failed, none")
KINDS = words("studio, connection, venue, session, reservation, decision, event, aside, set aside")
ROWS = words(
    "studio {1}, connection {1}, venue {1}, class type {1}, session {1}, reservation {1}, run {1}, user {1}, "
    "invitation {1}, campaign {1}, override {1}, payout statement {1}, token {1}, "
    "venues {1}, class_types {1}, prices {1}, clients {1}, sessions {1}, reservations {1}, sales {1}"
)
"""What a line of the log is about, and what a run could not read."""
JUDGEMENTS = words("waiver, breach, equivalent, start date, final")
FIELDS = words(
    "acknowledged at, activity, add, again, class type, country, dry run, ends on, even public, evidence, excluded, "
    "fee, from, granted, invitation, items, kind, locality, metric, name, no increase after minutes, "
    "nothing after minutes, of, on, option, organizer, owes, platform, policy hours, postal code, premium, push mode, "
    "rate, readings, reason, region, requirement, role, roles, scopes, session, share, site, spots, starts on, state, "
    "stream, street, tax rates, terms, to, until, url, venue, venues, weeks, why, withdrawn"
)
"""Of what was asked for, or changed by somebody."""
CHANGES = words(
    "booked at, booked at source, cancelled at, capacity, channel, class type, currency, ends at, hidden, instructor, "
    "online capacity, outcome, price, seats, source, starts at, status, timezone, venue, waitlisted"
)
"""Of a record that a reading changed."""
SIGNALS = words(
    "hours to start, capacity, free places, usual direct bookings, share of direct bookings to come, "
    "direct bookings to come, marketplace interest to come, pace, weeks since learned, popularity, season and trend, "
    "direct bookings last day, direct bookings usual in that day, marketplace bookings last day"
)
FORMS = words("Not a valid number., Not a valid integer., Not a valid boolean., Unknown field.")
"""What the library that reads forms says of a field."""
