"""Sales, pricing options and the one public writer of prices."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from flask import Blueprint, Response, request

from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import PricingOption
from connectors.sandbox.server.access import caller, query
from connectors.sandbox.server.api_class import find_class, program_of, today
from connectors.sandbox.server.pages import page
from connectors.sandbox.server.shapes_client import option_json, sale_json
from connectors.sandbox.server.wire import Body, Refusal, answer


def sale_routes(routes: Blueprint) -> None:
    """Add them."""
    routes.add_url_rule("/sale/sales", view_func=sales)
    routes.add_url_rule("/sale/services", view_func=services)
    routes.add_url_rule("/sale/services", view_func=update_services, methods=["PUT"])


def sales() -> Response:
    """Sales in a window of time on the site's clock; without one, today's. ``StartDate`` is not a parameter here."""
    asked, site = query(), caller().site
    number = asked.integer("SaleId")
    if number is not None:
        rows = [site.sales[number]] if number in site.sales else []
    else:
        rows = site.sales_between(*_window(site, asked.local("StartSaleDateTime"), asked.local("EndSaleDateTime")))
    return page(asked, "Sales", rows, lambda item: sale_json(site, item))


def _window(site: Site, start: datetime | None, end: datetime | None) -> tuple[datetime, datetime]:
    morning = datetime.combine(today(site), time())
    first, last = start or morning, end or morning + timedelta(days=1)
    return first.replace(tzinfo=site.zone), last.replace(tzinfo=site.zone)


def services() -> Response:
    """What the studio sells. The public sees only what is sold online."""
    asked, who = query(), caller()
    site, place = who.site, asked.integer("LocationId")
    online = not who.at_desk or asked.flag("SellOnline")
    numbers, programs = asked.texts("ServiceIds"), asked.integers("ProgramIds")
    class_id = asked.integer("ClassId")
    if class_id is not None:
        programs = {program_of(site, find_class(site, class_id))}
    rows = [
        item
        for item in site.options.values()
        if (not online or item.sell_online)
        and (not item.discontinued or asked.flag("IncludeDiscontinued"))
        and (not numbers or str(item.product_id) in numbers)
        and (not programs or item.program_id in programs)
    ]
    return page(asked, "Services", rows, lambda item: option_json(site, item, location_id=place))


def update_services() -> Response:
    """Set prices of pricing options, all or none. ``Price`` is the desk's, ``OnlinePrice`` what clients pay online."""
    given, site = request.get_json(silent=True), caller().site
    if not isinstance(given, list) or not given:
        raise Refusal("InvalidParameter", "The request's body must be a list.")
    changes = [_change(site, Body(item)) for item in given]
    for option, price, online in changes:
        option.price = option.price if price is None else price
        option.online_price = option.online_price if online is None else online
    return answer({"Services": [option_json(site, option) for option, _, _ in changes]})


def _change(site: Site, body: Body) -> tuple[PricingOption, Decimal | None, Decimal | None]:
    barcode = body.text("BarcodeId")
    option = next((item for item in site.options.values() if item.barcode_id == barcode), None)
    if option is None:
        raise Refusal("ItemNotFound", f"Service {barcode} does not exist.")
    price, online = _price(body, "Price"), _price(body, "OnlinePrice")
    if price is None and online is None:
        raise Refusal("MissingRequiredFields", "Price or OnlinePrice is required.")
    return option, price, online


def _price(body: Body, name: str) -> Decimal | None:
    if name not in body:
        return None
    try:
        price = Decimal(body.text(name))
    except InvalidOperation as error:
        raise Refusal("InvalidParameter", f"{name} must be a number.") from error
    if not price.is_finite() or price < 0:
        raise Refusal("InvalidParameter", f"{name} must not be negative.")
    return price.quantize(Decimal("0.01"))
