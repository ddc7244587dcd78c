"""Mariana Tek, declared.

What it gives and how it is asked: reads.py, lists.py · what its resources mean: shapes.py, reservations.py · spots and
rate of one class for one payer: pricing.py · booking a guest: bookings.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.marianatek import bookings, pricing, reads
from connectors.marianatek.lists import JSON_API
from connectors.platform import (
    Account,
    Booking,
    Capability,
    Everything,
    OAuth,
    OfferPush,
    OfSession,
    Platform,
    Resource,
    Since,
    Window,
)
from connectors.records import Stream

HOST = "https://{site}.marianatek.com"


def headers(site_id: str, settings: Mapping[str, str]) -> Mapping[str, str]:
    """What every request carries: the brand is in the address, who we are in the token."""
    return {"Accept": f"{JSON_API}, application/json", "User-Agent": "spotkeeper"}


PLATFORM = Platform(
    name="marianatek",
    title="Mariana Tek",
    api_url=f"{HOST}/api",
    account=Account(
        called="brand",
        hint="The first word of your address there: harbor in harbor.marianatek.com.",
        pattern=r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?",  # one DNS label: it becomes part of a host's name
    ),
    capabilities=frozenset(
        {
            Capability.SPOTS_NATIVE,
            Capability.RATE_NATIVE,
            Capability.ATTENDANCE,
            Capability.CLIENT_EMAILS,
            Capability.BOOKING_TIME,
            Capability.BOOK,
            Capability.UPDATED_SINCE,
        }
    ),
    streams={
        Stream.VENUES: Resource(Everything, reads.venues),
        Stream.CLASS_TYPES: Resource(Everything, reads.class_types),
        Stream.CLIENTS: Resource(Everything, reads.clients, every_hours=24),
        Stream.SESSIONS: Resource(Window, reads.sessions, look=reads.sessions_by_id),
        Stream.RESERVATIONS: Resource(OfSession, reads.roster),
    },
    changes={Stream.RESERVATIONS: Resource(Since, reads.changed_reservations, overlap_hours=24)},
    describe=reads.describe,
    headers=headers,
    settings=("CLIENT_ID", "CLIENT_SECRET", "ENGINE_TOKEN", "PAYER_ID"),
    oauth=OAuth(
        scopes=("read:account",),
        authorize_url=f"{HOST}/o/authorize",
        token_url=f"{HOST}/o/token",
        revocation=False,
        scope_meanings={
            "read:account": "Read your brand's schedule, reservations and users, as far as who signed in may."
        },
    ),
    offers=OfferPush(
        send=pricing.send,
        read_back=pricing.read_back,
        read_all=pricing.read_all,
        ordered=False,
        premium=False,
        inferred=(
            "That “max_reservations” caps the spots of one payer in one class, those already booked among them, is read"
            " from its name and place: its description is not public. Nor is it written down that a class shows it as"
            " its direct booking limit."
        ),
    ),
    booking=Booking(find=bookings.find, make=bookings.make, cancel=bookings.cancel),
    limits=(
        "What an order holds is not public, so no sales are read: what clients paid is not known from here.",
        "It gives no price list: enter the direct price of a place in the settings.",
        "Its events carry no signature that is written down, so they can't be told from a stranger's.",
        "Whether somebody stayed away is not told.",
        "A brand that prices no direct booking names no currency: your studio's own is taken.",
        "There is one rate and one count for the marketplace in each class: premium ones are told apart where we sell.",
        "Its access can't be given back from here: after disconnecting, withdraw it at Mariana Tek as well.",
        "All of this is read from public documentation and recordings, and tried on a sandbox of our own making.",
    ),
    calls_per_minute=300,  # no number is stated; 429 says when it is too many
    docs="https://docs.marianatek.com",
)
