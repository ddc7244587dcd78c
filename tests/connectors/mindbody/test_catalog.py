"""Writing a pricing option's price, live: both prices, one option, nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors import registry
from connectors.errors import Rejected
from connectors.platform import CatalogPush
from connectors.sandbox.market.prices import DROP_IN, MARKET_PASS, OLD_DROP_IN
from tests.fixtures.live import Live
from tests.fixtures.sandbox import LiveSandbox


def catalog() -> CatalogPush:
    declared = registry.get("mindbody").catalog
    assert declared is not None
    return declared


def prices(sandbox: LiveSandbox) -> dict[int, tuple[Decimal, Decimal]]:
    return {number: (item.price, item.online_price) for number, item in sandbox.site.options.items()}


def test_both_prices_of_one_option_are_set_and_read_back(sandbox: LiveSandbox, live: Live) -> None:
    api, before = live(sandbox, platform="mindbody"), prices(sandbox)
    catalog().send(api, str(MARKET_PASS), Decimal("12.35"), Decimal("0.10"))
    assert prices(sandbox) == before | {MARKET_PASS: (Decimal("12.35"), Decimal("0.10"))}
    held = catalog().read_back(api, str(MARKET_PASS))
    assert held is not None
    assert (held.desk, held.online) == (Decimal("12.35"), Decimal("0.10"))


@pytest.mark.parametrize(("option", "public"), [(MARKET_PASS, False), (DROP_IN, True), (OLD_DROP_IN, False)])
def test_it_is_said_who_sees_a_price(sandbox: LiveSandbox, live: Live, option: int, public: bool) -> None:
    held = catalog().read_back(live(sandbox, platform="mindbody"), str(option))
    assert held is not None
    assert held.public is public


def test_an_option_that_is_not_there_is_refused_before_anything_is_sent(sandbox: LiveSandbox, live: Live) -> None:
    api = live(sandbox, platform="mindbody")
    assert catalog().read_back(api, "999") is None
    with pytest.raises(Rejected, match="no pricing option 999"):
        catalog().send(api, "999", Decimal(1), Decimal(1))
    assert sandbox.calls("PUT /sale/services") == 0


def test_an_option_without_an_online_price_costs_the_same_online(sandbox_with: type, live: Live) -> None:
    sandbox = sandbox_with(drop_optional=1.0)
    held = catalog().read_back(live(sandbox, platform="mindbody"), str(DROP_IN))
    assert held is not None
    assert held.online == held.desk > 0
    assert held.public
