"""Writing the price of one pricing option at Mindbody: the only price there is, for the whole site.

Knows ``PUT /sale/services`` and which key of an option it wants. Which price, and when, is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.errors import BadRecord, Rejected
from connectors.fields import Flag, Id, Price, reach
from connectors.mindbody.pages import Listing, pages
from connectors.mindbody.reads import shape
from connectors.mindbody.shapes import Payload
from connectors.paging import check_whole
from connectors.platform import Api, CatalogPrice
from connectors.records import Stream


@dataclass(frozen=True)
class _Service:
    """A pricing option as it is written: by its barcode, which is its ``Id``; our id of it is ``ProductId``."""

    external_id: str
    barcode: str
    desk: Decimal
    online: Decimal | None
    public: bool

    @property
    def price(self) -> CatalogPrice:
        """Where no online price is said, the desk's holds online too."""
        return CatalogPrice(self.desk, self.desk if self.online is None else self.online, self.public)


class ServiceShape(Payload):
    """What a pricing option costs at the desk and online. One that does not say where it is sold counts as public."""

    what, record = "Service", _Service
    external_id = Id(data_key="ProductId", required=True)
    barcode = Id(data_key="Id", required=True)
    desk = Price(data_key="Price", required=True)
    online = Price(data_key="OnlinePrice", load_default=None)
    sold_online = Flag(data_key="SellOnline", load_default=True)
    discontinued = Flag(data_key="Discontinued", load_default=False)

    def finish(self, values: dict[str, Any]) -> dict[str, Any]:
        """Public is what is sold online and still sold."""
        online, ended = values.pop("sold_online"), values.pop("discontinued")
        return values | {"public": online and not ended}


def read_back(api: Api, option_id: str) -> CatalogPrice | None:
    """What the option costs now; None where there is none."""
    found = _service(api, option_id)
    return None if found is None else found.price


def send(api: Api, option_id: str, desk: Decimal, online: Decimal) -> None:
    """Set both prices. Raises Rejected where there is no such option."""
    found = _service(api, option_id)
    if found is None:
        raise Rejected(f"Mindbody has no pricing option {option_id}.", code="ItemNotFound")
    body = [{"BarcodeId": found.barcode, "Price": float(desk), "OnlinePrice": float(online)}]
    api.door.send("PUT", "/sale/services", body)


def _service(api: Api, option_id: str) -> _Service | None:
    """Looked for among all: nobody says whether Mindbody's own filter means the barcode or the product.

    Raises TryAgain where the list was not whole, BadRecord where the option can't be read: it may be there yet.
    """
    listing = Listing(
        stream=Stream.PRICES,
        path="/sale/services",
        collection="Services",
        read=shape(ServiceShape, api.site).read,
        params={"request.includeDiscontinued": "true"},
    )
    whole = False
    for page in pages(api, listing):
        for got in page.items:
            if got.record.external_id == option_id:
                found: _Service = got.record
                return found
        for parked in page.set_aside:
            if str(reach(parked.raw, "ProductId")) == option_id:
                raise BadRecord(f"price option {option_id}: {parked.reason}")
        whole = page.final
    check_whole(whole, "GET /sale/services")
    return None
