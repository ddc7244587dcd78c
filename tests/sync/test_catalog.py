"""The price of one option that follows the rate, live: off by default, written when it changes, given back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from adapter.store.tables import Audit, Decision, PriceOption, PushMode, RunKind, RunState, Session
from connectors.sandbox.market.prices import DROP_IN, MARKET_PASS, PARTNER_PASS
from sync.commands.write_back_command import write_back
from sync.engine.schedule import ask_for_writing_back
from tests.fixtures.sandbox import LiveSandbox
from tests.sync.conftest import Kept, Road, decide, done

WRITE = "PUT /sale/services"


@pytest.fixture
def shop(elsewhere: Road, kept: Kept) -> Road:
    """The mirrored studio at a platform that takes no channel offers, live, its decisions made."""
    kept("shop", lambda: decide(elsewhere))
    return elsewhere


def typed(road: Road, *args: str) -> Result:
    return CliRunner().invoke(write_back, ["1", "--catalog", *args], obj=road.ctx)


def prices(sandbox: LiveSandbox) -> dict[int, tuple[Decimal, Decimal]]:
    return {number: (item.price, item.online_price) for number, item in sandbox.site.options.items()}


def next_selling(road: Road) -> tuple[Session, Decision]:
    latest = road.latest()
    return next(
        (row, latest[row.id])
        for row in sorted(road.upcoming(), key=lambda row: row.starts_at)
        if row.id in latest and latest[row.id].spots
    )


def test_nothing_is_written_until_it_is_turned_on(shop: Road, sandbox: LiveSandbox) -> None:
    done(shop.do(RunKind.PUSH))
    assert sandbox.calls(WRITE) == 0
    with shop.ctx.store.write() as db:
        assert ask_for_writing_back(db, shop.ctx.now()) == 0


def test_the_price_is_the_rate_of_the_next_class_that_sells(shop: Road, sandbox: LiveSandbox) -> None:
    before = prices(sandbox)
    told = typed(shop, str(MARKET_PASS))
    assert told.exit_code == 0, told.output
    rate = round(next_selling(shop)[1].rate, 2)
    assert prices(sandbox) == before | {MARKET_PASS: (rate, rate)}
    assert shop.connection.catalog_seen_at == shop.ctx.now()
    assert rate >= Decimal("7.50")
    acts = {row.act: row.after for row in shop.all(Audit)}
    assert acts["catalog_rate.switched"] == {"on": True, "option": str(MARKET_PASS), "even_public": False}


def test_it_is_written_once_and_again_when_another_class_is_next(shop: Road, sandbox: LiveSandbox) -> None:
    typed(shop, str(MARKET_PASS))
    done(shop.do(RunKind.PUSH))
    assert sandbox.calls(WRITE) == 1
    first, _ = next_selling(shop)
    with shop.ctx.store.write() as db:
        db.execute(update(Decision).where(Decision.session_id != first.id).values(rate=Decimal("11.11")))
    sandbox.time[0] = first.starts_at + timedelta(seconds=1)
    with shop.ctx.store.write() as db:
        assert ask_for_writing_back(db, shop.ctx.now()) == 1
    done(shop.do(RunKind.PUSH))
    assert sandbox.site.options[MARKET_PASS].price == Decimal("11.11")
    assert sandbox.calls(WRITE) == 2


def test_a_floor_that_was_raised_since_holds(shop: Road, sandbox: LiveSandbox) -> None:
    shop.agree(rate_floor=Decimal("16.40"))
    typed(shop, str(MARKET_PASS))
    assert sandbox.site.options[MARKET_PASS].price == Decimal("16.40")


@pytest.mark.parametrize("mode", [PushMode.PAUSED, PushMode.SHADOW])
def test_while_nothing_is_pushed_the_old_prices_are_back(shop: Road, sandbox: LiveSandbox, mode: PushMode) -> None:
    sandbox.site.options[MARKET_PASS].price = Decimal("3.00")
    before = prices(sandbox)
    typed(shop, str(MARKET_PASS))
    shop.set(push_mode=mode)
    done(shop.do(RunKind.PUSH))
    assert prices(sandbox) == before
    shop.go_live()
    done(shop.do(RunKind.DECIDE))
    done(shop.do(RunKind.PUSH))
    assert prices(sandbox) != before


@pytest.mark.parametrize(
    "fault",
    [{"kind": "page_empty"}, {"kind": "rewrite", "times": 0, "find": '"Price": ?[0-9.]+', "body": '"Price":"dear"'}],
    ids=["half a list", "unreadable"],
)
def test_an_option_that_cannot_be_seen_just_then_is_given_back_later(
    shop: Road, sandbox: LiveSandbox, fault: dict[str, object]
) -> None:
    before = prices(sandbox)
    typed(shop, str(MARKET_PASS))
    shop.set(push_mode=PushMode.PAUSED)
    sandbox.faults({"path": "/sale/services", "method": "GET", **fault})
    assert shop.do(RunKind.PUSH).state is RunState.INCOMPLETE
    sandbox.mend()
    sandbox.tick(minutes=10)
    done(shop.do(RunKind.PUSH))
    assert prices(sandbox) == before


def test_turned_off_both_prices_are_what_they_were(shop: Road, sandbox: LiveSandbox) -> None:
    sandbox.site.options[MARKET_PASS].price = Decimal("3.00")
    before = prices(sandbox)
    typed(shop, str(MARKET_PASS))
    assert prices(sandbox) != before
    assert typed(shop, "off").exit_code == 0
    assert prices(sandbox) == before
    row = shop.connection
    assert (row.catalog_option, row.catalog_before, row.catalog_sent, row.catalog_rate_on) == (None, None, None, False)
    calls = sandbox.calls(WRITE)
    done(shop.do(RunKind.PUSH))
    assert sandbox.calls(WRITE) == calls


def test_a_price_that_the_studio_has_set_since_stays(shop: Road, sandbox: LiveSandbox) -> None:
    typed(shop, str(MARKET_PASS))
    sandbox.site.options[MARKET_PASS].price = Decimal("21.00")
    typed(shop, "off")
    assert sandbox.site.options[MARKET_PASS].price == Decimal("21.00")
    assert shop.connection.catalog_option is None


def test_what_everybody_sees_is_refused_unless_it_is_meant(shop: Road, sandbox: LiveSandbox) -> None:
    refused = typed(shop, str(DROP_IN))
    assert (refused.exit_code, "everybody would see" in refused.stderr) == (1, True)
    assert (shop.connection.catalog_rate_on, sandbox.calls(WRITE)) == (False, 0)
    assert typed(shop, str(DROP_IN), "--even-public").exit_code == 0
    assert sandbox.site.options[DROP_IN].online_price == round(next_selling(shop)[1].rate, 2)


def test_one_option_at_a_time(shop: Road) -> None:
    assert "no price option 99" in typed(shop, "99").stderr
    typed(shop, str(MARKET_PASS))
    refused = typed(shop, str(PARTNER_PASS))
    assert (refused.exit_code, "still to be given back" in refused.stderr) == (1, True)


def test_a_refusal_is_shown_in_the_platforms_words_and_tried_again(shop: Road, sandbox: LiveSandbox) -> None:
    body = '{"Error": {"Message": "You may not edit prices", "Code": "Denied"}}'
    sandbox.faults(
        {"kind": "answer", "path": "/sale/services", "method": "PUT", "count": 1, "status": 400, "body": body}
    )
    told = typed(shop, str(MARKET_PASS))
    assert "You may not edit prices" in told.stdout
    assert shop.connection.catalog_seen_at is None
    sandbox.tick(minutes=6)
    with shop.ctx.store.write() as db:
        assert ask_for_writing_back(db, shop.ctx.now()) == 1
    assert shop.do(RunKind.PUSH).state is RunState.DONE
    assert shop.connection.catalog_seen_at == shop.ctx.now()


def test_a_lost_answer_is_looked_up_and_not_sent_again(shop: Road, sandbox: LiveSandbox) -> None:
    sandbox.faults({"kind": "lost", "path": "/sale/services", "method": "PUT", "count": 1})
    typed(shop, str(MARKET_PASS))
    assert shop.connection.catalog_seen_at is None
    calls = sandbox.calls(WRITE)
    done(shop.do(RunKind.PUSH))
    assert shop.connection.catalog_seen_at
    assert sandbox.calls(WRITE) == calls


def test_an_option_that_is_gone_is_told(shop: Road, sandbox: LiveSandbox) -> None:
    typed(shop, str(MARKET_PASS))
    shop.set(catalog_option="77", catalog_seen_at=None)
    run = shop.do(RunKind.PUSH)
    assert (run.state, "no price option 77" in run.errors[0]["message"]) == (RunState.INCOMPLETE, True)
    assert typed(shop, "off").exit_code == 0
    assert shop.connection.catalog_option is None  # there is nothing left to give back


def test_where_no_class_sells_the_price_stays(shop: Road, sandbox: LiveSandbox) -> None:
    with shop.ctx.store.write() as db:
        db.execute(update(Decision).values(spots=0))
    assert typed(shop, str(MARKET_PASS)).exit_code == 0
    assert sandbox.calls(WRITE) == 0
    assert typed(shop, "off").exit_code == 0
    assert shop.connection.catalog_option is None


def test_options_are_read_with_who_sees_them(shop: Road) -> None:
    hidden = {row.external_id: row.hidden for row in shop.all(PriceOption)}
    assert (hidden[str(MARKET_PASS)], hidden[str(DROP_IN)]) == (True, False)
