"""Markets and marketplaces from the command line: who sells, in which credits, and what a studio agreed with them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import click
from babel.numbers import UnknownCurrencyError, validate_currency
from sqlalchemy import select

from adapter.command_line.asking import json_option, named, studio_named
from adapter.command_line.printing import as_json, as_list, as_rows
from adapter.context import Context
from adapter.marketplace.feed import touch
from adapter.marketplace.sellers import (
    UnknownSeller,
    agree,
    market_named,
    marketplace_named,
    register_marketplace,
    set_webhook,
)
from adapter.store.tables import Market, Marketplace, MarketPlan, Rounding


class Amount(click.ParamType[Decimal]):
    """A decimal of at least ``least``, below ``below`` where there is one."""

    name = "amount"

    def __init__(self, least: str, below: str | None = None) -> None:
        self.least, self.below = Decimal(least), None if below is None else Decimal(below)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The text as an exact decimal."""
        try:
            found = Decimal(value)
            fits = found.is_finite() and found >= self.least and (self.below is None or found < self.below)
        except InvalidOperation:
            fits = False
        if not fits:
            upto = "" if self.below is None else f" and below {self.below}"
            self.fail(f"{value!r} must be at least {self.least}{upto}", param, ctx)
        return found


@click.group()
def market() -> None:
    """Markets: where credits have one value."""


@market.command("add")
@click.argument("name", callback=named)
@click.option("--currency", required=True, help="ISO 4217 code; classes in other currencies are not sold there.")
@click.option("--credit-value", type=Amount("0.0001"), required=True, help="What one credit is worth.")
@click.option("--margin", type=Amount("0", "1"), required=True, help="The marketplace's share of the price: 0.25.")
@click.option("--rounding", type=click.Choice([each.value for each in Rounding]), default="up", show_default=True)
@json_option
@click.pass_obj
def add_market(
    context: Context,
    name: str,
    currency: str,
    credit_value: Decimal,
    margin: Decimal,
    rounding: str,
    json_wanted: bool,
) -> None:
    """Make a market, or change it: the feed tells its classes anew, what is booked stays at its quote."""
    try:
        validate_currency(currency)
    except UnknownCurrencyError as error:
        raise click.BadParameter(f"{currency!r} is no ISO 4217 code.", param_hint="--currency") from error
    with context.store.write() as db:
        row = db.scalar(select(Market).where(Market.name == name)) or Market(name=name, created_at=context.now())
        row.currency, row.credit_value, row.margin, row.rounding = currency, credit_value, margin, Rounding(rounding)
        db.add(row)
        db.flush()
        touch(db, context.now())
    _print(_market(row), json_wanted)


@market.command("plan")
@click.argument("market_name", metavar="MARKET")
@click.argument("name", callback=named)
@click.option("--credits", "credits_given", type=click.IntRange(0), required=True, help="Received with each cycle.")
@click.option("--price", type=Amount("0"), required=True, help="Of a cycle.")
@click.option("--visits-per-month", type=click.IntRange(1), help="At one studio; further visits are Premium.")
@json_option
@click.pass_obj
def plan(
    context: Context,
    market_name: str,
    name: str,
    credits_given: int,
    price: Decimal,
    visits_per_month: int | None,
    json_wanted: bool,
) -> None:
    """Make a plan of a market, or change it. It changes what members receive, never what a class costs."""
    with context.store.write() as db:
        market_id = _known(market_named, db, market_name).id
        mine = select(MarketPlan).where(MarketPlan.market_id == market_id, MarketPlan.name == name)
        row = db.scalar(mine) or MarketPlan(market_id=market_id, name=name)
        row.credits, row.price, row.visits_per_month = credits_given, price, visits_per_month
        db.add(row)
    told = {"market": market_name, "plan": name, "credits": row.credits, "price": str(row.price)}
    _print(told | {"visits_per_month": row.visits_per_month}, json_wanted)


@market.command("list")
@json_option
@click.pass_obj
def list_markets(context: Context, json_wanted: bool) -> None:
    """The markets there are."""
    with context.store.read() as db:
        rows = [_market(row) for row in db.scalars(select(Market).order_by(Market.name))]
    as_rows(rows, "There is no market yet. `adapter market add` makes one.", json_wanted)


def _web_address(_ctx: click.Context, _param: click.Parameter, given: str | None) -> str | None:
    """An address that messages can be sent to."""
    try:
        usable = given is None or (urlsplit(given).scheme in ("http", "https") and bool(urlsplit(given).hostname))
    except ValueError:
        usable = False
    if not usable:
        raise click.BadParameter(f"{given!r} cannot be called; allowed: https://HOST/PATH (or http).")
    return given


@click.group()
def marketplace() -> None:
    """Marketplaces: who sells through the channel."""


@marketplace.command("add")
@click.argument("name", callback=named)
@click.option("--market", "market_name", help="Its market; without one it sells in money and knows no credits.")
@click.option(
    "--webhook",
    metavar="URL",
    callback=_web_address,
    help="Where it is told of its reservations; prints the signing secret, once.",
)
@json_option
@click.pass_obj
def add_marketplace(
    context: Context, name: str, market_name: str | None, webhook: str | None, json_wanted: bool
) -> None:
    """Register a marketplace, or change it. `adapter token create --role marketplace` gives it a token."""
    with context.store.write() as db:
        try:
            row = register_marketplace(db, name, context.now(), market=market_name)
        except UnknownSeller as error:
            raise click.ClickException(str(error)) from error
        secret = set_webhook(db, context.keys, row, webhook) if webhook is not None else None
        told = _marketplace(db.get(Market, row.market_id) if row.market_id else None, row)
    _print(told | ({"secret": secret} if secret else {}), json_wanted)


@marketplace.command("terms")
@click.argument("name")
@click.option("--studio", type=int, required=True)
@click.option("--sells", type=bool, help="Whether it may sell this studio's spots: yes unless told.")
@click.option("--trials", type=bool, help="Whether a first visit may pay nothing: no unless told (outside the floor).")
@json_option
@click.pass_obj
def terms(context: Context, name: str, studio: int, sells: bool | None, trials: bool | None, json_wanted: bool) -> None:
    """Say, or change, what a studio agreed with a marketplace."""
    with context.store.write() as db:
        row = _known(marketplace_named, db, name)
        studio_named(db, studio)
        agreed = agree(db, row, studio, context.now(), sells=sells, trials=trials)
    _print({"marketplace": name, "studio": studio, "sells": agreed.sells, "trials": agreed.trials}, json_wanted)


@marketplace.command("list")
@json_option
@click.pass_obj
def list_marketplaces(context: Context, json_wanted: bool) -> None:
    """The marketplaces there are."""
    with context.store.read() as db:
        found = db.execute(
            select(Marketplace, Market).outerjoin(Market, Market.id == Marketplace.market_id).order_by(Marketplace.name)
        )
        rows = [_marketplace(market_row, row) for row, market_row in found]
    as_rows(rows, "There is no marketplace yet. `adapter marketplace add` registers one.", json_wanted)


def _known(named: Any, db: Any, name: str) -> Any:
    try:
        return named(db, name)
    except UnknownSeller as error:
        raise click.ClickException(str(error)) from error


def _market(row: Market) -> dict[str, Any]:
    return {
        "market": row.name,
        "currency": row.currency,
        "credit_value": f"{row.credit_value.normalize():f}",
        "margin": f"{row.margin.normalize():f}",
        "rounding": row.rounding.value,
    }


def _marketplace(market_row: Market | None, row: Marketplace) -> dict[str, Any]:
    return {"marketplace": row.name, "market": market_row.name if market_row else None, "webhook": row.webhook_url}


def _print(told: dict[str, Any], json_wanted: bool) -> None:
    (as_json if json_wanted else as_list)(told)


COMMANDS: tuple[click.Command, ...] = (market, marketplace)
