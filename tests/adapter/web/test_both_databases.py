"""Every page and list on both databases, and what is written by two at once."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from adapter.command_line.open_data import open_data
from adapter.config import Config
from adapter.context import Context
from adapter.store.database import Store
from adapter.store.inbox import keep_message
from adapter.store.sealing import Keyring
from adapter.store.tables import Opportunity, Role, Run, RunKind, WebhookMessage
from connectors.records import Delivery
from tests.adapter.marketplace.test_feeds import everything
from tests.adapter.web.test_opportunities import card_of
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded, app_on, bearer, seed_studios, sign_in


@pytest.fixture
def both(config: Config, any_store: Store, keys: Keyring) -> tuple[Context, Seeded, Flask]:
    """The application on this database, with the seeded studio."""
    url = any_store.url.render_as_string(hide_password=False)
    ctx = Context(config=replace(config, database_url=url), store=any_store, keys=keys, now=lambda: NOON)
    app = app_on(ctx)
    app.config["WTF_CSRF_ENABLED"] = False
    return ctx, seed_studios(any_store, keys), app


def test_every_page_and_list_answers(both: tuple[Context, Seeded, Flask]) -> None:
    ctx, seeded, app = both
    client = app.test_client()
    sign_in(client, ctx, seeded.users[Role.OWNER])
    studio, connection = f"/studios/{seeded.studio_id}", f"/connections/{seeded.connection_id}"
    pages = [studio, f"{studio}/connect", f"{studio}/settings", f"{studio}/people", f"{studio}/audit", "/account"]
    pages += [connection, "/readyz", "/metrics"]
    pages += [f"/sessions/{seeded.sessions[4]}", f"/runs/{seeded.runs[1]}", f"/runs/{seeded.runs[1]}/progress"]
    session, then = f"/sessions/{seeded.sessions[4]}", "as_of=2026-03-02T06:30"
    pages += [f"{connection}/diagnosis", f"{connection}?{then}", f"{studio}?{then}", f"{session}?{then}"]
    pages += [f"{studio}/number?of=calendar.{name}" for name in ("taken", "value")]
    pages += [f"{session}/number?of=session.kept", f"{connection}/number?of=connection.classes_ahead"]
    pages += [f"{studio}/record?kind=session&id={seeded.sessions[4]}", f"{studio}/number?of=today.value"]
    for path in pages:
        assert client.get(path).status_code == (503 if path == "/readyz" else 200), path
    lists = ["studios", "connections", "runs", "sessions", f"connections/{seeded.connection_id}"]
    lists += [f"sessions/{seeded.sessions[4]}/decisions", f"studios/{seeded.studio_id}/sources"]
    token = bearer(ctx, Role.OWNER, seeded.studio_id)
    lists += [f"connections/{seeded.connection_id}/diagnosis", f"runs/{seeded.runs[1]}/log"]
    for path in lists:
        assert client.get(f"/api/v1/{path}", headers=token).status_code == 200, path


def test_cards_are_answered_campaigns_registered_and_offers_published(both: tuple[Context, Seeded, Flask]) -> None:
    ctx, seeded, app = both
    client, studio = app.test_client(), f"/studios/{seeded.studio_id}"
    sign_in(client, ctx, seeded.users[Role.OWNER])
    with ctx.store.write() as db:
        db.add_all(card_of(seeded.connection_id, session, "excluded") for session in seeded.sessions[8:10])
    with ctx.store.read() as db:
        first, second = db.scalars(select(Opportunity.id).order_by(Opportunity.id)).all()
    for number, given in ((first, "accept"), (second, "dismiss")):
        said = {"opportunity": number, "answer": given, "reason": "as we know them"}
        assert client.post(f"{studio}/opportunities", data=said).status_code == 302
    campaign = {"name": "Spring", "starts_on": "2026-02-16", "ends_on": "2026-03-01", "fee": "100"}
    assert client.post(f"{studio}/spotlight", data=campaign).status_code == 302
    told = [client.get(f"{studio}/{page}").text for page in ("opportunities", "spotlight")]
    assert ["Accepted" in told[0], "Spring" in told[1]] == [True, True]
    given = [*everything(ctx, seeded), "--publish", "Harbor", "--url", "https://harbor.example"]
    assert CliRunner().invoke(open_data, given, obj=ctx).exit_code == 0
    items = client.get("/open-data/scheduled-sessions").json["items"]
    assert len(items) > 20
    rest = f"?afterTimestamp={items[-1]['modified']}&afterId={items[-1]['id']}"
    assert client.get(f"/open-data/scheduled-sessions{rest}").json["items"] == []


def test_the_desk_and_the_franchise_answer(both: tuple[Context, Seeded, Flask]) -> None:
    ctx, seeded, app = both
    client = app.test_client()
    sign_in(client, ctx, seeded.users[Role.SUPPORT])
    for text in ("harbor", "1001", str(seeded.sessions[0]), "9" * 30, "x@y.example"):
        assert client.post("/desk", data={"q": text}).status_code == 200, text
    sign_in(client, ctx, seeded.users[Role.FRANCHISOR])
    assert "Harbor Street" in client.get("/franchise").text


def test_the_same_key_at_the_same_instant_does_it_once(both: tuple[Context, Seeded, Flask]) -> None:
    ctx, seeded, app = both
    headers = {**bearer(ctx, Role.OWNER, seeded.studio_id), "Idempotency-Key": "one"}
    url = f"/api/v1/connections/{seeded.connection_id}/resync"
    start = threading.Barrier(4)
    answers: list[tuple[int, int]] = []

    def ask() -> None:
        start.wait()
        answer = app.test_client().post(url, headers=headers, json={"stream": "prices"})
        answers.append((answer.status_code, answer.json["id"]))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1
    with ctx.store.read() as db:
        asked = select(func.count()).where(Run.kind == RunKind.RESYNC, Run.connection_id == seeded.connection_id)
        assert db.scalar(asked) == 2, "the seeded one and this"


def test_the_same_message_at_the_same_instant_is_kept_once(both: tuple[Context, Seeded, Flask]) -> None:
    ctx, seeded, _ = both
    delivery = Delivery(message_id="m1", event="class.updated", hints=())
    start = threading.Barrier(3)

    def keep() -> None:
        start.wait()
        with ctx.store.write() as db:
            keep_message(db, ctx.keys, "sandbox", seeded.connection_id, delivery, b"{}", now=NOON)

    threads = [threading.Thread(target=keep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ctx.store.read() as db:
        assert db.scalar(select(func.count()).select_from(WebhookMessage)) == 1
