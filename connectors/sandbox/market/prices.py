"""What a studio sells, and how a visit is paid: passes bought, used, given back, renewed.

Knows the price list and the purchases; knows nothing of classes. Two of the options are other sellers': the
marketplace's and an integrator's, of which the platform knows no sale.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from connectors.sandbox.market.people import Habit
from connectors.sandbox.market.site import Site
from connectors.sandbox.market.state import ClientService, OptionKind, PricingOption, Sale, SaleItem, Seller

MARKETPLACE = "ClassPass"
THIRD_PARTY = "Wellhub"

DROP_IN, FIVE_PACK, TEN_PACK, INTRO, MONTHLY, UNLIMITED, MARKET_PASS, PARTNER_PASS, OLD_DROP_IN = range(10_101, 10_110)
"""Product ids, the same at every site."""

_RENEWED = {Habit.UNLIMITED: UNLIMITED, Habit.MONTHLY: MONTHLY, Habit.PACK: TEN_PACK, Habit.DROP_IN: DROP_IN}
_CENT = Decimal("0.01")


def price_list(drop_in: Decimal, program: int) -> list[PricingOption]:
    """A studio's pricing options, scaled from the price of a single class."""

    def option(  # one line an option is what makes the list readable
        product: int,
        name: str,
        kind: OptionKind,
        times: str,
        count: int | None,
        days: int,
        seller: Seller = Seller.STUDIO,
    ) -> PricingOption:
        price = (drop_in * Decimal(times)).quantize(Decimal(1), ROUND_HALF_UP).quantize(_CENT)
        return PricingOption(
            product_id=product,
            barcode_id=str(product + 80_000),
            name=name,
            kind=kind,
            price=price,
            online_price=price,
            count=count,
            program_id=program,
            days=days,
            seller=seller,
            intro=product == INTRO,
            sell_online=seller is Seller.STUDIO and product != OLD_DROP_IN,
            discontinued=product == OLD_DROP_IN,
            membership_id={MONTHLY: 301, UNLIMITED: 302}.get(product),
        )

    series, drop = OptionKind.SERIES, OptionKind.DROP_IN
    return [
        option(DROP_IN, "Drop-in", drop, "1", 1, 30),
        option(FIVE_PACK, "5 Class Pack", series, "4.5", 5, 90),
        option(TEN_PACK, "10 Class Pack", series, "8.2", 10, 180),
        option(INTRO, "New Client: 3 Classes", series, "1.6", 3, 30),
        option(MONTHLY, "8 Classes Monthly", series, "5.4", 8, 30),
        option(UNLIMITED, "Unlimited Monthly", OptionKind.UNLIMITED, "6.8", None, 30),
        option(MARKET_PASS, MARKETPLACE, drop, "0", 1, 30, Seller.MARKETPLACE),
        option(PARTNER_PASS, THIRD_PARTY, drop, "0", 1, 30, Seller.THIRD_PARTY),
        option(OLD_DROP_IN, "Founders Drop-in", drop, "0.8", 1, 30),
    ]


class Till:
    """The studio's till: finds or sells what pays for a visit."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._current: dict[tuple[int, int], ClientService] = {}

    def pay(self, client_id: int, habit: Habit, at: datetime, *, newcomer: bool) -> tuple[ClientService, Sale | None]:
        """Use up one visit of what a client holds, selling it first where they hold none. Returns the sale, if one."""
        product = PARTNER_PASS if habit is Habit.THIRD_PARTY else _RENEWED[habit]
        for held in (INTRO, product):
            service = self._current.get((client_id, held))
            if service is not None and self._usable(service, at):
                return self._use(service), None
        if newcomer and habit in {Habit.PACK, Habit.UNLIMITED, Habit.MONTHLY}:
            product = INTRO
        return self.sell_and_use(client_id, product, at)

    def sell_and_use(self, client_id: int, product: int, at: datetime) -> tuple[ClientService, Sale | None]:
        """Sell an option and use one visit of it; another seller's option makes no sale."""
        service, sale = self.sell(client_id, product, at)
        return self._use(service), sale

    def sell(self, client_id: int, product: int, at: datetime) -> tuple[ClientService, Sale | None]:
        """Enter a client's purchase, and the sale where the studio was the seller."""
        option = self._site.options[product]
        day = self._site.local(at).date()
        service = ClientService(
            id=self._site.next_id("service"),
            product_id=product,
            client_id=client_id,
            name=option.name,
            bought_at=at,
            active_on=day,
            expires_on=day + timedelta(days=option.days),
            count=option.count,
            remaining=option.count,
            sale_id=None,
        )
        sale = self._enter_sale(service, option, at) if option.seller is Seller.STUDIO else None
        self._site.add_service(service)
        self._current[client_id, product] = service
        return service, sale

    def give_back(self, service_id: int) -> None:
        """Return a visit to the purchase that paid for it (an early cancellation)."""
        service = self._site.services[service_id]
        if service.remaining is not None:
            service.remaining += 1

    def _usable(self, service: ClientService, at: datetime) -> bool:
        left = service.remaining is None or service.remaining > 0
        return left and at - service.bought_at <= timedelta(days=self._site.options[service.product_id].days)

    def _use(self, service: ClientService) -> ClientService:
        if service.remaining is not None:
            service.remaining -= 1
        return service

    def _enter_sale(self, service: ClientService, option: PricingOption, at: datetime) -> Sale:
        tax = (option.price * self._site.tax_rate).quantize(_CENT, ROUND_HALF_UP)
        item = SaleItem(
            id=self._site.next_id("item"),
            product_id=option.product_id,
            barcode_id=option.barcode_id,
            description=option.name,
            unit_price=option.price,
            quantity=1,
            discount=Decimal("0.00"),
            tax=tax,
            client_service_id=service.id,
        )
        sale = Sale(
            id=self._site.next_id("sale"),
            client_id=service.client_id,
            sold_at=at,
            location_id=min(self._site.locations),
            web=service.id % 5 != 0,
            payment="Credit Card" if service.id % 9 else "Cash",
            items=[item],
        )
        service.sale_id = sale.id
        self._site.add_sale(sale)
        return sale
