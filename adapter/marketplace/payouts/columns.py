"""What a payout statement's columns and words may be called, in lower case: marketplaces differ."""

from __future__ import annotations

from collections.abc import Mapping

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "reservation": ("reservation", "reservation id", "booking", "booking id", "visit id", "id"),
    "amount": ("amount", "payout", "payout amount", "paid"),
    "currency": ("currency",),
    "status": ("status", "state", "outcome", "reason"),
    "product": ("product", "type", "reservation type"),
    "day": ("date", "class date", "day", "session date", "class time", "starts at"),
    "venue": ("venue", "location"),
    "class": ("class", "class name", "session"),
    "franchisor": ("franchisor", "franchisor share"),
    "tax": ("tax", "vat"),
    "booked at": ("booked at", "rate"),
    "final": ("final",),
    "note": ("note", "notes", "comment", "corrections"),
}
"""What a column may be called, in any case and with ``_`` or ``-`` for a space. From the venue on they are for people's
eyes: what counts is what comes before."""
NEEDED = ("reservation", "amount")
STATUSES: Mapping[str, tuple[str, ...]] = {
    "attended": ("attended", "checked in", "completed", "active", "visited"),
    "no_show": ("no show", "noshow", "missed", "absent"),
    "late_cancelled": ("late cancelled", "late canceled", "late cancel", "late cancellation"),
    "cancelled_early": ("cancelled early", "cancelled", "canceled", "early cancel", "early cancellation"),
    "cancelled_by_studio": ("cancelled by studio", "canceled by studio", "studio cancelled", "class cancelled"),
    "rebooked": ("rebooked", "late cancelled and rebooked", "late cancel rebooked"),
    "denied": ("denied", "turned away", "not honoured", "not honored"),
}
PRODUCTS: Mapping[str, tuple[str, ...]] = {
    "standard": ("standard", "network"),
    "premium": ("premium", "studio direct", "dynamic", "plus"),  # the older labels are Premium (PR-08)
    "a_la_carte": ("a la carte", "à la carte", "alacarte"),
    "trial": ("trial", "free trial", "first class free"),
}
