"""What marketplaces sold of one session, as the studio's page shows it: what it is called, paid, and where it stands.

A guest's address is opened only where the studio must enter the guest by hand, and for whoever may see it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.store.addresses import open_address
from adapter.store.sealing import Keyring
from adapter.store.tables import ChannelReservation, EmailAddress, Marketplace, ReservationState
from connectors.records import Product

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
    )
    return [_sold(row, name, address, keys) for row, name, address in rows]


def _sold(row: ChannelReservation, name: str, address: EmailAddress, keys: Keyring | None) -> Sold:
    to_enter = row.on_ledger and row.platform_id is None and row.state is ReservationState.CONFIRMED
    return Sold(
        marketplace=name,
        label=LABELS.get(row.product, f"Premium ({', '.join(row.reasons)})"),
        state=row.state,
        refusal=row.refusal.value if row.refusal else None,
        payout=row.payout,
        currency=row.currency,
        requested_at=row.requested_at,
        to_enter=to_enter,
        email=open_address(keys, address) if keys is not None and to_enter else None,
    )
