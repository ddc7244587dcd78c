"""Every number that a page shows as a link is the sum of the records that the link leads to (N-11)."""

from __future__ import annotations

import re
from html import unescape

from flask import Flask
from flask.testing import FlaskClient

from adapter.context import Context
from adapter.lineage.numbers import NUMBERS
from adapter.people.accounts import create_user
from adapter.showing.agenda import agenda_of
from adapter.store.columns import digest
from adapter.store.tables import Decision, Reservation, Role, Session, SourceMapping, Studio, WebhookMessage
from connectors.records import Channel
from tests.adapter.guarantee.cases import aurora
from tests.fixtures.database import NOON
from tests.fixtures.guarantee import mirror_case
from tests.fixtures.studio import Seeded, sign_in

LINK = re.compile(r'<a class="n" href="([^"]+)" data-number="([^"]+)">([^<]+)</a>')
TOTAL = re.compile(r'<span id="total">([^<]+)</span>')
ADDS = re.compile(r'<td class="num">([^<]+)</td></tr>')


def numbers_of(client: FlaskClient, path: str) -> set[tuple[str, str, str]]:
    """The links of a page: where to, which number, what is shown."""
    page = client.get(path)
    assert page.status_code == 200, path
    return {(unescape(link), name, shown) for link, name, shown in LINK.findall(page.text)}


def plain(shown: str) -> float:
    return float(re.sub(r"[^\d.−-]", "", shown).replace("−", "-"))


def opens(client: FlaskClient, link: str, shown: str) -> None:
    """The page behind a number says the same number, and its leaves add up to it."""
    opened = client.get(link).text
    (total,) = TOTAL.findall(opened)
    assert plain(total) == plain(shown), (link, total, shown)
    *leaves, last = map(plain, ADDS.findall(opened))
    assert last == plain(shown)
    assert abs(sum(leaves) - last) < 0.011 * max(1, len(leaves)) / 2, "as rounded on the page"


def test_the_sum_of_leaves_is_the_number_over_all_numbers_offered(
    app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    """N-11."""
    with ctx.store.write() as db:
        busy = db.get_one(Session, seeded.sessions[6])
        busy.booked = 99  # the platform's count is ahead of the roster
        event = {"platform": "sandbox", "message_id": "1", "event": "class.updated", "hints": [], "payload": {"a": 1}}
        db.add(WebhookMessage(connection_id=seeded.connection_id, received_at=NOON, **event))
        number = mirror_case(db, ctx, "Aurora", aurora().case)
        money = create_user(db, ctx.keys, "ines", "ines@x.org", role=Role.FINANCE, studio_id=number, now=NOON).id
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.OWNER])
    pages = [f"/studios/{seeded.studio_id}{rest}" for rest in ("?day=2026-03-03", "/today")]
    pages += [f"/connections/{seeded.connection_id}"]
    found = set().union(*(numbers_of(client, path) for path in pages))
    sessions = [f"/sessions/{session}" for session in (seeded.sessions[3], seeded.sessions[6])]
    found |= set().union(*(numbers_of(client, path) for path in sessions))
    for link, _, shown in sorted(found):
        opens(client, link, shown)
    with ctx.store.write() as db:
        meant = {"confirmed_by": "user:1", "confirmed_at": NOON, "channel": Channel.THIRD_PARTY}
        db.add(SourceMapping(connection_id=seeded.connection_id, source="service:Partner pass", **meant))
    third = numbers_of(client, sessions[0])
    for link, _, shown in third:
        opens(client, link, shown)
    sign_in(client, ctx, money)
    statement = numbers_of(client, f"/studios/{number}/guarantee")
    assert {shown for _, name, shown in statement if name == "guarantee.revenue"} == {"$344.00"}
    statement |= numbers_of(client, f"/studios/{number}/payouts?from=2025-03-01&to=2025-06-30")
    for link, _, shown in statement:
        opens(client, link, shown)
    assert {name for _, name, _ in found | third | statement} == set(NUMBERS), "none is offered that no page shows"


def test_a_leaf_leads_to_the_platforms_own_record_and_its_hash_is_computed_again(
    app: Flask, client: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    with ctx.store.write() as db:
        row = db.query(Reservation).order_by(Reservation.id).first()
        assert row is not None
        row.raw = {"Id": "r1", "Venue": "Café & <Bar>", "Client": {"Email": "email:" + "a" * 64}}
        row.content_hash = digest(row.raw)
        decision = db.query(Decision).order_by(Decision.id).first()
        assert decision is not None
        number, made = row.id, decision.id
    app.config["WTF_CSRF_ENABLED"] = False
    sign_in(client, ctx, seeded.users[Role.OPERATIONS])
    record = f"/studios/{seeded.studio_id}/record"
    page = client.get(f"{record}?kind=reservation&id={number}").text
    assert '"Id": "r1"' in unescape(page)
    assert "Café &amp; &lt;Bar&gt;" in page
    assert ">Whole</span>" in page
    with ctx.store.write() as db:
        db.get_one(Reservation, number).raw = {"Id": "r2"}
    assert ">Changed</span>" in client.get(f"{record}?kind=reservation&id={number}").text
    assert "floor" not in client.get(f"{record}?kind=decision&id={made}").text, "operations see no floor"
    sign_in(client, ctx, seeded.users[Role.OWNER])
    assert "rate_floor" in client.get(f"{record}?kind=decision&id={made}").text
    other = f"/studios/{seeded.other_studio_id}"
    assert client.get(f"{other}/record?kind=reservation&id={number}").status_code == 404
    assert client.get(f"{record}?kind=session&id={seeded.other_session_id}").status_code == 404
    assert client.get(f"{record}?kind=session&id={10**30}").status_code == 404
    sign_in(client, ctx, seeded.users[Role.READONLY])
    assert numbers_of(client, f"/studios/{seeded.studio_id}") == set()


def test_what_is_not_on_offer_is_expected_to_bring_nothing(ctx: Context, seeded: Seeded) -> None:
    with ctx.store.write() as db:
        studio = db.get_one(Studio, seeded.studio_id)
        day = agenda_of(db, studio, NOON).total
        before, unlisted = day.value, [item.decision for item in day.ahead if not item.places.listed]
        for decision in filter(None, unlisted):
            decision.expected_value = 99.0  # of the model's number, as decisions once told it
        assert any(unlisted)
        assert agenda_of(db, studio, NOON).total.value == before > 0
