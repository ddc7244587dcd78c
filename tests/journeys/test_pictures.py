"""The pictures of the documentation: made by this test from the demo's studio, when they are asked for.

``pytest --pictures docs/pictures tests/journeys/test_pictures.py`` makes them anew, which takes a minute or two; any
other run only sees to it that each picture a document names is one that is made here, and is there.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.serving import make_server

from adapter.app import create_app
from adapter.compose import compose
from adapter.config import load_config
from adapter.context import Context
from adapter.marketplace.payouts.due import settled_classes
from adapter.marketplace.payouts.ledger import append_settled
from adapter.marketplace.payouts.mirrored import rules_of
from adapter.people.accounts import sign_in_link
from adapter.store.booking_times import announce
from adapter.store.meaning import meaning
from adapter.store.rates import fill_rates
from adapter.store.tables import Connection, Decision, Reservation, Session, SourceMapping, User
from connectors.records import Channel
from tests.journeys.test_demo import run_demo

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 1180, 900
TALLEST = 1700
WEEKS = "14"  # of history: as many as the first page shows, and some more
NAMED = re.compile(r"!\[[^\]]*\]\((?:docs/)?pictures/([\w-]+)\.png\)")


def calendar(page: Page) -> None:
    page.get_by_role("link", name="Calendar").click()


def a_class(page: Page) -> None:
    calendar(page)
    page.locator(".row:not(.past) .what a").nth(6).click()


def by_address(path: str) -> Callable[[Page], None]:
    return lambda page: page.goto(path) and None


def live_for_ten_weeks(ctx: Context) -> None:
    """The demo goes live when it ends, and what was booked before that paid nothing that is known.

    For the payouts it is as if that were ten weeks ago: each class since was on offer at the rate that its kind has now
    at that hour, and an event told of each of its marketplace reservations a day before it.
    """
    with ctx.store.write() as db:
        (connection,) = db.scalars(select(Connection)).all()
        now = ctx.now()
        decided = select(Session.class_type_id, Session.starts_at, Decision.rate).join(Decision)
        rates = {(kind, at.hour): rate for kind, at, rate in db.execute(decided)}
        same = Reservation.session_id == Session.external_id
        since = Session.starts_at.between(now - timedelta(weeks=10), now)
        sold = select(Session, Reservation.external_id).join(Reservation, same).join(SourceMapping, meaning())
        sold = sold.where(since, SourceMapping.channel == Channel.MARKETPLACE)
        offered = {}
        for session, reservation in db.execute(sold).all():
            announce(db, connection.id, reservation, session.starts_at - timedelta(days=1), now)
            if (rate := rates.get((session.class_type_id, session.starts_at.hour))) is not None:
                offered[session.id] = on_offer(session, rate)
        db.add_all(offered.values())
        db.flush()
        fill_rates(db, connection.id, now)
    with ctx.store.write() as db:
        append_settled(db, rules_of(db, connection.studio_id), settled_classes(db, connection.id, now), now)


def on_offer(session: Session, rate: Decimal) -> Decision:
    """A decision from before bookings began; the last one, so that no later one of the demo's precedes it."""
    return Decision(
        connection_id=session.connection_id,
        session_id=session.id,
        sequence=1_000,
        at=session.starts_at - timedelta(days=60),
        spots=3,
        rate=rate,
        premium_spots=0,
        currency="USD",
        limit=3,
        premium_limit=0,
        expected_direct=0.0,
        displacement_risk=0.0,
        expected_value=0.0,
        reason="forecast",
        shadow=False,
        inputs={},
        explanation={},
    )


BEFORE: dict[str, Callable[[Context], None]] = {"payouts": live_for_ten_weeks}
"""What happens before a picture is taken."""

PICTURES: dict[str, Callable[[Page], object]] = {
    "today": by_address("/studios/1/today"),
    "calendar": calendar,
    "class": a_class,
    "diagnosis": by_address("/connections/1/diagnosis"),
    "platforms": by_address("/studios/1/connect"),
    "payouts": by_address("/studios/1/payouts"),
}
"""Each picture, and the way to what it shows."""


def test_each_picture_that_a_document_names_is_made_here_and_is_there() -> None:
    documents = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    named = {name for document in documents for name in NAMED.findall(document.read_text())}
    assert named == set(PICTURES)
    assert {path.stem for path in (ROOT / "docs" / "pictures").glob("*.png")} == set(PICTURES)


@pytest.mark.browser
@pytest.mark.pictures
@pytest.mark.timeout(600)
def test_pictures_are_taken_of_the_demo(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    folder: Path = request.config.getoption("--pictures")
    run_demo(tmp_path, "--weeks", WEEKS)
    instance = tmp_path / "demo"
    ctx = compose(load_config({"ADAPTER_INSTANCE": str(instance)}, folder=instance))
    browser: Browser = request.getfixturevalue("browser")
    with served(ctx) as address:
        window = browser.new_context(
            base_url=address, viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce"
        )
        page = window.new_page()
        page.goto(owners_link(ctx))
        page.get_by_role("button", name="Sign in").click()
        folder.mkdir(parents=True, exist_ok=True)
        for name, show in PICTURES.items():
            BEFORE.get(name, lambda _: None)(ctx)
            show(page)
            page.wait_for_load_state("networkidle")
            take(page, folder / f"{name}.png")
        window.close()
    ctx.store.close()


@contextmanager
def served(ctx: Context) -> Iterator[str]:
    """The demo's studio over HTTP on loopback."""
    server = make_server("127.0.0.1", 0, create_app(ctx), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def owners_link(ctx: Context) -> str:
    with ctx.store.write() as db:
        owner = db.scalars(select(User.id).order_by(User.id)).first()
        assert owner is not None
        return f"/sign-in/{sign_in_link(db, ctx.keys, owner, ctx.now())}"


def take(page: Page, path: Path) -> None:
    """As tall as the page, within reason; in few colours, which a page of text does not miss."""
    tall = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": WIDTH, "height": tall})
    picture = Image.open(BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(128).save(path, optimize=True)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
