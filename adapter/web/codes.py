"""Code words that pages show as they are, by themselves or in a sentence: for translators, who find them nowhere else.

Pages show them with spaces for underscores (``readable``). One that is missing here is shown in English.
"""

from __future__ import annotations


def words(*texts: str) -> frozenset[str]:
    """These; the list of messages has them because they are given to this."""
    return frozenset(texts)


BOOKINGS = (
    words("booked", "attended", "no show", "late cancelled", "cancelled", "denied", "unknown", "requested")
    | words("rebooked", "cancelled early", "cancelled by studio", "late cancelled rebooked")
    | words("sold out", "not listed", "started", "already booked", "platform refused", "rate changed", "limit reached")
)
"""What becomes of one, and why it was refused."""
CHANNELS = words("direct", "marketplace", "third party")
PLACES = words("places", "listed", "expected", "final", "provisional")
CONNECTIONS = words("active", "needs reconnect", "disconnected", "shadow", "live", "paused", "scheduled", "on", "off")
PUSHES = words("pending", "sending", "sent", "confirmed", "accepted", "local", "refused", "superseded", "withdrawn")
RUNS = words("queued", "running", "done", "incomplete", "failed", "run", "clock")
KINDS_OF_RUN = words(
    "backfill", "pull", "resync", "train", "decide", "push", "prove", "webhooks", "state", "settle", "sell"
) | words("tell", "backtest", "subscribe")
COUNTS = words("{1} read", "{1} new", "{1} changed", "{1} unchanged", "{1} gone", "{1} failed", "none") | words(
    "read", "new", "changed", "unchanged", "gone", "failed"
)
RECORDS = (
    words("venues", "class types", "prices", "clients", "sessions", "reservations", "sales", "decisions", "pushes")
    | words("parity", "payouts", "proof", "rosters", "account")
    | words("studio", "connection", "venue", "session", "reservation", "client", "decision", "event", "set aside")
)
ROWS = words(
    "studio {1}", "connection {1}", "venue {1}", "class type {1}", "session {1}", "reservation {1}", "run {1}"
) | words("user {1}", "invitation {1}", "campaign {1}", "override {1}", "payout statement {1}", "token {1}")
"""What a line of the log is about."""
JUDGEMENTS = words("waiver", "breach", "equivalent", "start date", "final")
FIELDS = (
    words("acknowledged at", "activity", "add", "again", "class type", "country", "dry run", "ends on", "even public")
    | words(
        "evidence", "excluded", "fee", "from", "granted", "invitation", "items", "kind", "locality", "metric", "name"
    )
    | words("no increase after minutes", "nothing after minutes", "of", "on", "option", "organizer", "owes", "platform")
    | words(
        "policy hours", "postal code", "premium", "push mode", "rate", "readings", "reason", "region", "requirement"
    )
    | words("role", "roles", "scopes", "session", "share", "site", "spots", "starts on", "state", "stream", "street")
    | words("tax rates", "terms", "to", "until", "url", "venue", "venues", "weeks", "why", "withdrawn")
)
"""Of what was asked for, or changed."""
CHANGES = (
    words("booked at", "booked at source", "cancelled at", "capacity", "channel", "class type", "currency", "ends at")
    | words("hidden", "online capacity", "outcome", "price", "seats", "source", "starts at", "status", "timezone")
    | words("waitlisted", "instructor")
)
"""Of a record that a reading changed."""
SIGNALS = (
    words("hours to start", "capacity", "free places", "usual direct bookings", "share of direct bookings to come")
    | words("direct bookings to come", "marketplace interest to come", "pace", "weeks since learned", "popularity")
    | words("season and trend", "direct bookings last day", "direct bookings usual in that day")
    | words("marketplace bookings last day")
)
FORMS = words("Not a valid number.", "Not a valid integer.", "Not a valid boolean.", "Unknown field.")
"""What the library that reads forms says of a field."""
