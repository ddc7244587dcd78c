"""What a studio's direct clients pay, as far as the mirror tells: for one reservation of a class, and for a given one.

Knows price options and purchases. A price that is not known is None, never a guess: an unlimited plan has no price for
one visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.store.tables import PriceOption, SaleLine
from connectors.records import PriceKind


@dataclass(frozen=True)
class Prices:
    """The prices of one connection, read once."""

    drop_ins: Sequence[tuple[Decimal, frozenset[str]]]  # price, the class types it holds for (none: any)
    packages: Sequence[tuple[Decimal, frozenset[str]]]  # likewise, for one reservation of a package
    of_option: dict[str, Decimal]  # for one reservation
    of_purchase: dict[str, Decimal]  # what was really paid, for one reservation

    def retail(self, class_type_id: str | None = None) -> Decimal | None:
        """The mean drop-in price, of this class type where it has its own; else the mean price of a package's visit."""
        for prices in (self.drop_ins, self.packages):
            own = [price for price, types in prices if class_type_id in types]
            anywhere = [price for price, types in prices if not types or class_type_id is None]
            if fitting := own or anywhere:
                return (sum(fitting, Decimal(0)) / len(fitting)).quantize(Decimal("0.0001"))
        return None

    def paid(self, purchase_id: str | None, option_id: str | None) -> Decimal | None:
        """What one reservation brought: from its purchase if that is known, else from its price option."""
        found = self.of_purchase.get(purchase_id) if purchase_id else None
        return found if found is not None else self.of_option.get(option_id) if option_id else None


def prices_of(db: Database, connection_id: int) -> Prices:
    """Read a connection's prices."""
    options = db.scalars(
        select(PriceOption).where(PriceOption.connection_id == connection_id).order_by(PriceOption.id)
    ).all()
    sold = [option for option in options if not (option.hidden or option.intro_only or option.gone_at)]
    visits = {option.external_id: _visits(option) for option in options}
    return Prices(
        drop_ins=[(o.price, frozenset(o.class_type_ids)) for o in sold if o.kind is PriceKind.DROP_IN and o.price > 0],
        packages=[
            (o.price / o.sessions, frozenset(o.class_type_ids))
            for o in sold
            if o.kind is PriceKind.PACKAGE and o.sessions and o.price > 0
        ],
        of_option={o.external_id: o.price / count for o in options if (count := visits[o.external_id])},
        of_purchase=_purchases(db, connection_id, visits),
    )


def _visits(option: PriceOption) -> int | None:
    if option.kind is PriceKind.DROP_IN:
        return 1
    return option.sessions or None


def _purchases(db: Database, connection_id: int, visits: dict[str, int | None]) -> dict[str, Decimal]:
    rows = db.execute(
        select(SaleLine.purchase_id, SaleLine.price_option_id, SaleLine.net, SaleLine.quantity).where(
            SaleLine.connection_id == connection_id, SaleLine.purchase_id.is_not(None), SaleLine.net >= 0
        )
    )
    paid: dict[str, Decimal] = {}
    for purchase, option, net, quantity in rows:
        count = visits.get(option or "")
        if purchase is not None and count and quantity > 0:
            paid[purchase] = net / quantity / count
    return paid
