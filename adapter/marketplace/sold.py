"""What marketplaces sold of one session, as the studio's page shows it: what it is called, paid, and where it stands.

A guest's address is opened only where the studio must enter the guest by hand, and for whoever may see it. How often a
guest came is a number, and names nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.marketplace.sellers import month_around
from adapter.store.addresses import open_address
from adapter.store.sealing import Keyring
from adapter.store.selling import HOLDING
from adapter.store.tables import (
    ChannelReservation,
    Connection,
    EmailAddress,
    Marketplace,
    ReservationState,
    Session,
    Studio,
)
from connectors.records import Product

Guest = tuple[int, int]  # our ids of the marketplace and of the guest's address
LABELS = {Product.STANDARD: "Standard", Product.TRIAL: "Trial"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """One reservation."""

    marketplace: str
    label: str  # "Premium (b)": the reason that names it first (PD-02)
    state: ReservationState
    refusal: str | None
    payout: Decimal
    currency: str
    requested_at: datetime
    this_month: int  # visits of this guest at the studio through this marketplace, in the class's month (PD-03)
    in_all: int
    to_enter: bool  # stands on our ledger, and not yet in the studio's own books
    email: str | None = field(default=None, repr=False)

    @property
    def is_owed(self) -> bool:
        """Whether anything may be paid for it; a late cancellation is settled by the payout ledger."""
        return self.state not in (ReservationState.REFUSED, ReservationState.CANCELLED)


def sold_of(db: Database, session_id: int, keys: Keyring | None) -> list[Sold]:
    """The session's reservations through the channel, the latest first; ``keys``: for who may see addresses."""
    rows = db.execute(
        select(ChannelReservation, Marketplace.name, EmailAddress)
        .join(Marketplace, Marketplace.id == ChannelReservation.marketplace_id)
        .join(EmailAddress, EmailAddress.id == ChannelReservation.guest_email_id)
        .where(ChannelReservation.session_id == session_id)
        .order_by(ChannelReservation.id.desc())
    ).all()
    visits = _visits(db, session_id, {address.id for *_, address in rows}) if rows else {}
    return [
        _sold(row, name, address, keys, visits.get((row.marketplace_id, address.id), (0, 0)))
        for row, name, address in rows
    ]


def _visits(db: Database, session_id: int, guests: Collection[int]) -> Mapping[Guest, tuple[int, int]]:
    """How often these guests came to the session's studio, all its venues: in the session's month, and ever.

    What a plan's limit counts (PR-02): places that are held or were used, this one among them.
    """
    studio = db.scalars(select(Studio).join(Connection).join(Session).where(Session.id == session_id)).one()
    first, following = month_around(db.get_one(Session, session_id).starts_at, studio.timezone)
    made = (
        select(ChannelReservation.marketplace_id, ChannelReservation.guest_email_id, Session.starts_at)
        .join(Session, Session.id == ChannelReservation.session_id)
        .join(Connection, Connection.id == ChannelReservation.connection_id)
        .where(Connection.studio_id == studio.id, ChannelReservation.guest_email_id.in_(guests))
        .where(ChannelReservation.state.in_(HOLDING))
    )
    starts: dict[Guest, list[datetime]] = defaultdict(list)
    for marketplace_id, guest, starts_at in db.execute(made):
        starts[marketplace_id, guest].append(starts_at)
    return {guest: (sum(first <= at < following for at in ats), len(ats)) for guest, ats in starts.items()}


def _sold(
    row: ChannelReservation, name: str, address: EmailAddress, keys: Keyring | None, visits: tuple[int, int]
) -> Sold:
    to_enter = row.on_ledger and row.platform_id is None and row.state is ReservationState.CONFIRMED
    return Sold(
        marketplace=name,
        label=LABELS.get(row.product, f"Premium ({', '.join(row.reasons)})"),
        state=row.state,
        refusal=row.refusal.value if row.refusal else None,
        payout=row.payout,
        currency=row.currency,
        requested_at=row.requested_at,
        this_month=visits[0],
        in_all=visits[1],
        to_enter=to_enter,
        email=open_address(keys, address) if keys is not None and to_enter else None,
    )
