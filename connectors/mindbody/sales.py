"""A sale as sale lines, one for each purchased item, in exact amounts.

Knows Mindbody's sales; knows no HTTP. Sales name their client by the public id alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from connectors.errors import BadRecord
from connectors.fields import Amount, Flag, Id, Instant, Text, cents
from connectors.mindbody.shapes import Payload
from connectors.records import SaleLine

_OF_THE_SALE = ("Id", "SaleDateTime", "ClientId", "LocationId")
LINE_ID = "Line"  # our name of an item in its payload: the sale's id and its own


def items_of(sale: Any) -> list[Mapping[str, Any]]:
    """The items of a sale, each with what says which sale it belongs to. Raises BadRecord."""
    items = sale.get("PurchasedItems") if isinstance(sale, Mapping) else sale
    if not isinstance(items or [], list) or not isinstance(sale, Mapping):
        raise BadRecord("A sale has no list of PurchasedItems.")
    about = {key: sale[key] for key in _OF_THE_SALE if key in sale}
    return [_item(item if isinstance(item, Mapping) else {}, about) for item in items or []]


def _item(item: Mapping[str, Any], sale: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**item, "Sale": sale, LINE_ID: f"{sale.get('Id')}:{item.get('SaleDetailId')}"}


class SaleLineShape(Payload):
    """An item of ``items_of``. Its id is the sale's and its own: of the second alone nobody says that it is unique."""

    what, record = "PurchasedItem", SaleLine
    sale_id = Id(data_key="Sale.Id", required=True)
    sold_at = Instant(data_key="Sale.SaleDateTime", required=True)
    client_id = Id(data_key="Sale.ClientId", load_default=None)
    detail = Id(data_key="SaleDetailId", required=True)
    item = Id(data_key="Id", load_default=None)
    is_service = Flag(data_key="IsService", load_default=False)
    description = Text(data_key="Description", load_default="")
    quantity = Amount(data_key="Quantity", load_default=Decimal(1))
    total = Amount(data_key="TotalAmount", required=True)
    tax = Amount(data_key="TaxAmount", load_default=Decimal(0))
    returned = Flag(data_key="Returned", load_default=False)

    def finish(self, values: dict[str, Any]) -> dict[str, Any]:
        """Net and tax add up to what was paid. A return is negative, once, however it is signed."""
        total, tax, quantity = values.pop("total"), values.pop("tax"), values["quantity"]
        if quantity != int(quantity):
            raise ValidationError({"Quantity": ["must be a whole number"]})
        sign = -1 if values.pop("returned") or quantity < 0 or total < 0 else 1
        paid, taxed = (cents(sign * abs(part), self.site.currency) for part in (total, tax))
        item, of_a_service = values.pop("item"), values.pop("is_service")
        return values | {
            "external_id": f"{values['sale_id']}:{values.pop('detail')}",
            "description": values["description"] or "",
            "currency": self.site.currency,
            "quantity": sign * abs(int(quantity)),
            "net": paid - taxed,
            "tax": taxed,
            "price_option_id": item if of_a_service else None,
        }
