"""Everything read from a live sandbox against its own books, and what its bad days make of a reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors import registry
from connectors.errors import ConnectorError, Reconnect, TryAgain
from connectors.platform import Api, Everything, OfSession, Since, Window
from connectors.records import Outcome, SessionStatus, Stream
from tests.fixtures.database import NOON
from tests.fixtures.live import Live
from tests.fixtures.sandbox import LiveSandbox

Sandboxes = Callable[..., LiveSandbox]
ALL = Window(NOON - timedelta(days=400), NOON + timedelta(days=60))


def records(api: Api, stream: Stream, ask: Any) -> list[Any]:
    pages = list(registry.get("mindbody").streams[stream].read(api, ask))
    assert pages[-1].final
    assert not [each for page in pages for each in page.set_aside]
    return [item.record for page in pages for item in page.items]


@pytest.mark.parametrize("options", [{}, {"utc_mode": True}, {"short_pages": True}])
def test_classes_are_those_of_the_books_to_the_minute(
    sandbox_with: Sandboxes, live: Live, options: dict[str, Any]
) -> None:
    sandbox = sandbox_with(**options)
    found = {each.external_id: each for each in records(live(sandbox), Stream.SESSIONS, ALL)}
    books = {str(item.id): item for item in sandbox.site.classes.values()}
    assert found.keys() == books.keys()
    for key, item in books.items():
        session, counts = found[key], sandbox.site.counts(item.id)
        assert (session.starts_at, session.ends_at) == (item.starts_at, item.ends_at)
        assert (session.capacity, session.online_capacity) == (item.max_capacity, item.web_capacity)
        assert (session.booked, session.booked_online) == (counts.booked, counts.web_booked)
        assert (session.status is SessionStatus.CANCELLED) == item.cancelled
        assert session.hidden == item.hidden
        assert session.template_id == str(item.schedule_id)


def test_rosters_are_those_of_the_books(sandbox: LiveSandbox, live: Live) -> None:
    api = live(sandbox)
    seen: set[Outcome] = set()
    for item in list(sandbox.site.classes.values())[::4]:
        found = {each.external_id: each for each in records(api, Stream.RESERVATIONS, OfSession(str(item.id)))}
        books = {str(visit.id): visit for visit in sandbox.site.roster(item.id)}
        assert found.keys() == books.keys()
        for key, visit in books.items():
            outcome = found[key].outcome
            assert found[key].client_id == str(visit.client_id)
            assert (outcome is Outcome.LATE_CANCELLED) == visit.late_cancelled
            assert (outcome is Outcome.ATTENDED) == (visit.signed_in and not visit.late_cancelled)
            seen.add(outcome)
    assert seen >= {Outcome.ATTENDED, Outcome.NO_SHOW, Outcome.LATE_CANCELLED}


def test_clients_join_their_reservations_by_the_id_that_never_changes(sandbox: LiveSandbox, live: Live) -> None:
    found = {each.external_id: each for each in records(live(sandbox), Stream.CLIENTS, Since(None))}
    for client in sandbox.site.clients.values():
        if client.merged_into is None:
            assert found[str(client.unique_id)].email == (client.email or None)
            assert found[str(client.unique_id)].public_id == client.id


def test_what_was_sold_adds_up_to_the_cent(sandbox: LiveSandbox, live: Live) -> None:
    lines = records(live(sandbox), Stream.SALES, ALL)
    books = [item for sale in sandbox.site.sales.values() for item in sale.items]
    assert len(lines) == len(books)
    assert sum((line.net + line.tax for line in lines), Decimal(0)) == sum((item.total for item in books), Decimal(0))
    assert sum((line.tax for line in lines), Decimal(0)) == sum((item.tax for item in books), Decimal(0))


def test_prices_are_those_of_the_books(sandbox: LiveSandbox, live: Live) -> None:
    found = {each.external_id: each for each in records(live(sandbox), Stream.PRICES, Everything())}
    for option in sandbox.site.options.values():
        assert found[str(option.product_id)].price == option.price
        assert found[str(option.product_id)].intro_only == option.intro


BAD_DAYS: list[tuple[dict[str, Any], type[ConnectorError]]] = [
    ({"kind": "html"}, TryAgain),
    ({"kind": "truncated"}, TryAgain),
    ({"kind": "dropped"}, TryAgain),
    ({"kind": "lost"}, TryAgain),
    ({"kind": "error", "status": 500}, TryAgain),
    ({"kind": "error", "status": 503}, TryAgain),
    ({"kind": "message"}, TryAgain),
    ({"kind": "too_many"}, TryAgain),
    ({"kind": "too_many", "retry_after": 60}, TryAgain),
    ({"kind": "unauthorized"}, Reconnect),
]


@pytest.mark.parametrize(("fault", "error"), BAD_DAYS, ids=lambda value: str(value))
def test_a_bad_day_is_an_error_that_says_what_to_do_next(
    sandbox: LiveSandbox, live: Live, fault: dict[str, Any], error: type[ConnectorError]
) -> None:
    api = live(sandbox)
    sandbox.faults({**fault, "path": "/class/classes"})
    with pytest.raises(error, match="GET /class/classes") as caught:
        records(api, Stream.SESSIONS, ALL)
    if isinstance(caught.value, TryAgain):
        assert caught.value.after == fault.get("retry_after")
    sandbox.mend()
    assert records(api, Stream.SESSIONS, ALL)


@pytest.mark.parametrize(
    "fault", [{"kind": "error", "status": 503}, {"kind": "dropped"}, {"kind": "too_many", "retry_after": 0}]
)
def test_a_moment_of_weakness_is_not_even_noticed(sandbox: LiveSandbox, live: Live, fault: dict[str, Any]) -> None:
    api = live(sandbox)
    sandbox.faults({**fault, "path": "/class/classes", "count": 2})
    assert len(records(api, Stream.SESSIONS, ALL)) == len(sandbox.site.classes)


def test_a_site_that_shut_us_out_needs_to_be_connected_again(sandbox: LiveSandbox, live: Live) -> None:
    api = live(sandbox)
    sandbox.faults({"kind": "revoked_site", "site": "1001"})
    with pytest.raises(Reconnect, match="deactivated"):
        records(api, Stream.VENUES, Everything())
