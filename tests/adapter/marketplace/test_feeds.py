"""The open feeds: what is public and what never is, in order, resumable, and as the standards' own tools want it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from adapter.command_line.open_data import actions_center, open_data
from adapter.context import Context
from adapter.marketplace.openactive import PATH
from adapter.marketplace.publishing import publish
from adapter.store.tables import Audit, ClassType, Decision, PublicItem, PushMode, Session, Venue
from adapter.store.tables import Connection as ConnectionRow
from connectors.records import SessionStatus
from tests.fixtures.database import NOON
from tests.fixtures.studio import Seeded

TOOLS = Path(__file__).parents[2] / "openactive"
ADDRESS = ("1 Harbor Street", "Portland", "Maine", "04101", "US")
KNOWN_WARNINGS = {
    "missing_recommended_field",  # teachers, pictures, descriptions: nothing of ours to publish
    "missing_cache_control",  # the tool takes the last page for another one when it meets it first
}
ACTIVITIES = ("Vinyasa Yoga", "Reformer Pilates", "Group Exercise", "HIIT", "Yin Yoga")


@pytest.fixture
def public(ctx: Context, seeded: Seeded) -> Seeded:
    """The seeded studio, publishing all that it has on offer."""
    said = run(
        ctx, open_data, *everything(ctx, seeded), "--publish", "Harbor Movement", "--url", "https://harbor.example"
    )
    assert said.exit_code == 0, said.output
    return seeded


def run(ctx: Context, command: Any, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, obj=ctx)


def everything(ctx: Context, seeded: Seeded) -> list[str]:
    """Where the venues are and what the classes are."""
    given = [str(seeded.studio_id)]
    with ctx.store.read() as db:
        for venue in db.query(Venue).filter_by(connection_id=seeded.connection_id):
            given += ["--venue", str(venue.id), *ADDRESS]
        for kind in db.query(ClassType).filter_by(connection_id=seeded.connection_id):
            given += ["--class", str(kind.id), ACTIVITIES[int(kind.external_id[1:])]]
    return given


def walk(client: FlaskClient, url: str = PATH) -> tuple[list[dict[str, Any]], str]:
    """All items from a place on, and where to go on later."""
    found: list[dict[str, Any]] = []
    while True:
        page = client.get(url).json
        following = urlsplit(page["next"])._replace(scheme="", netloc="").geturl()
        if not page["items"]:
            assert following == url
            return found, url
        found += page["items"]
        url = following


def test_nothing_is_public_until_a_studio_says_so_and_nothing_afterwards(
    client: FlaskClient, ctx: Context, seeded: Seeded
) -> None:
    assert client.get(PATH).status_code == 404
    said = run(ctx, open_data, *everything(ctx, seeded), "--json")
    assert json.loads(said.stdout)["published since"] is None
    with ctx.store.write() as db:
        assert publish(db, NOON) == 0
    assert client.get(PATH).status_code == 404
    assert run(ctx, actions_center, str(seeded.studio_id), "--to", str(ctx.config.instance)).exit_code == 1
    run(ctx, open_data, str(seeded.studio_id), "--publish", "Harbor Movement", "--url", "https://harbor.example")
    items, place = walk(client)
    assert {item["state"] for item in items} == {"updated"}
    run(ctx, open_data, str(seeded.studio_id), "--stop")
    gone, _ = walk(client, place)
    assert {item["id"] for item in gone} == {item["id"] for item in items}
    assert all(item["state"] == "deleted" and "data" not in item for item in gone)
    with ctx.store.read() as db:
        assert [row.act for row in db.query(Audit).filter(Audit.act.in_(("open_data.on", "open_data.off")))]


def test_what_is_told_is_what_is_on_offer_and_neither_floor_nor_payout(
    client: FlaskClient, ctx: Context, public: Seeded
) -> None:
    items, _ = walk(client)
    assert len(items) > 20
    with ctx.store.read() as db:
        rates = {f"{row.rate.normalize():f}" for row in db.query(Decision)}
        for item in items:
            latest = db.query(Decision).filter_by(session_id=int(item["id"])).order_by(Decision.sequence.desc()).first()
            data = item["data"]
            assert data["remainingAttendeeCapacity"] == latest.spots <= data["maximumAttendeeCapacity"]
            assert data["superEvent"]["offers"][0]["price"] == 24.0  # the direct price
            assert data["startDate"].endswith(("-05:00", "-04:00"))
    told = json.dumps(items)
    assert not {number for number in rates | {"7.5"} if f": {number}" in told or f'"{number}"' in told}


def test_changes_come_after_what_was_read_each_once(client: FlaskClient, ctx: Context, public: Seeded) -> None:
    items, place = walk(client)
    order = [(item["modified"], item["id"]) for item in items]
    assert order == sorted(order)
    with ctx.store.write() as db:
        assert publish(db, NOON) == 0  # nothing has changed
        sold, cancelled, moved = [int(item["id"]) for item in items if item["data"]["remainingAttendeeCapacity"] > 1][
            :3
        ]
        last = db.query(Decision).filter_by(session_id=sold).order_by(Decision.sequence.desc()).first()
        last.spots, last.limit = 1, last.limit - last.spots + 1
        db.get_one(Session, cancelled).status = SessionStatus.CANCELLED
        row = db.get_one(Session, moved)
        row.starts_at, row.ends_at = row.starts_at + timedelta(hours=1), row.ends_at + timedelta(hours=1)
        assert publish(db, NOON - timedelta(minutes=10)) == 3  # by a clock that was set back
    changed, place = walk(client, place)
    assert {int(item["id"]): item["state"] for item in changed} == {
        sold: "updated",
        cancelled: "deleted",
        moved: "updated",
    }
    with ctx.store.write() as db:
        db.get_one(ConnectionRow, public.connection_id).push_mode = PushMode.PAUSED
        publish(db, NOON)
    assert {item["state"] for item in walk(client, place)[0]} == {"deleted"}
    with ctx.store.write() as db:
        publish(db, NOON + timedelta(days=31))
        assert db.query(PublicItem).count() == 0


def test_half_a_place_is_refused(client: FlaskClient, public: Seeded) -> None:
    for query in ("afterTimestamp=1", "afterId=1", "afterTimestamp=x&afterId=1", f"afterTimestamp={10**18}&afterId=1"):
        assert client.get(f"{PATH}?{query}").status_code == 400, query
    assert client.get(f"{PATH}?afterTimestamp=1&afterId=1").status_code == 200


def test_what_was_said_too_little_of_is_not_published_and_named(ctx: Context, seeded: Seeded) -> None:
    some = everything(ctx, seeded)[:8]
    told = json.loads(
        run(ctx, open_data, *some, "--publish", "Harbor", "--url", "https://harbor.example", "--json").stdout
    )
    assert (told["classes on offer"], len(told["venues without an address"])) == (0, 1)
    assert "1 Vinyasa Flow" in told["class types without an activity"]
    for wrong in (
        ["--class", "1", "Yodelling"],
        ["--class", "99", "Yoga"],
        ["--publish", " ", "--url", "https://a.example"],
    ):
        assert run(ctx, open_data, str(seeded.studio_id), *wrong).exit_code == 1
    assert run(ctx, open_data, str(seeded.studio_id), "--publish", "Harbor").exit_code == 2


@pytest.fixture
def validator() -> str:
    """Node with the standard's validators. Skipped where they are absent; in CI that is a failure."""
    missing = "Node is not installed" if shutil.which("node") is None else "npm ci was not run in tests/openactive"
    if shutil.which("node") is None or not (TOOLS / "node_modules").is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{missing}, and CI must run the standard's validators")
        pytest.skip(missing)
    return str(TOOLS / "validate.js")


def test_the_standards_own_validators_find_no_error(served: str, ctx: Context, public: Seeded, validator: str) -> None:
    ctx.config = replace(ctx.config, public_url=served)
    with ctx.store.write() as db:
        first = db.query(Session).filter_by(id=public.sessions[3]).one()
        first.status = SessionStatus.CANCELLED
        publish(db, NOON)  # some are deleted
    told = subprocess.run(["node", validator, served + PATH], capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 0, told.stderr
    result = json.loads(told.stdout)
    assert result["pages"] >= 2
    assert result["items"] > 4
    assert [each for each in result["found"] if each["severity"] == "failure"] == []
    warnings = [each for each in result["found"] if each["severity"] == "warning"]
    assert [each for each in warnings if each["type"] not in KNOWN_WARNINGS] == []


SLOT = {
    "type": "object",
    "required": ["merchant_id", "service_id", "start_sec", "duration_sec", "spots_total", "spots_open"],
    "additionalProperties": False,
    "properties": {
        "merchant_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
        "service_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
        "start_sec": {"type": "integer", "minimum": int(NOON.timestamp())},
        "duration_sec": {"type": "integer", "exclusiveMinimum": 0},
        "spots_total": {"type": "integer", "minimum": 1},
        "spots_open": {"type": "integer", "minimum": 0},
        "availability_tag": {"type": "string"},
        "confirmation_mode": {"enum": ["CONFIRMATION_MODE_SYNCHRONOUS", "CONFIRMATION_MODE_ASYNCHRONOUS"]},
    },
}
METADATA = {
    "type": "object",
    "required": ["processing_instruction", "shard_number", "total_shards", "generation_timestamp"],
    "additionalProperties": False,
    "properties": {
        "processing_instruction": {"const": "PROCESS_AS_COMPLETE"},
        "shard_number": {"const": 0},
        "total_shards": {"const": 1},
        "generation_timestamp": {"const": int(NOON.timestamp())},
    },
}
ADDRESS_OF = {"street_address": "1 Harbor Street", "locality": "Portland", "region": "Maine", "postal_code": "04101"}


def feed_of(name: str, item: dict[str, Any]) -> dict[str, Any]:
    """The schema of a feed file."""
    items = {"type": "array", "minItems": 1, "items": item}
    return {
        "type": "object",
        "required": ["metadata", name],
        "additionalProperties": False,
        "properties": {"metadata": METADATA, name: items},
    }


SCHEMAS = {
    "availability": feed_of(
        "service_availability",
        {"type": "object", "properties": {"availability": {"type": "array", "minItems": 20, "items": SLOT}}},
    ),
    "merchants": feed_of(
        "merchant",
        {
            "type": "object",
            "required": ["merchant_id", "name", "category", "geo"],
            "properties": {"geo": {"properties": {"address": {"const": ADDRESS_OF | {"country": "US"}}}}},
        },
    ),
    "services": feed_of(
        "service",
        {
            "type": "object",
            "required": ["merchant_id", "service_id", "localized_service_name"],
            "properties": {"price": {"const": {"price_micros": 24_000_000, "currency_code": "USD"}}},
        },
    ),
}
"""As documented at developers.google.com/actions-center for end-to-end reservations."""


def test_the_files_for_google_are_as_documented_and_fit_together(ctx: Context, public: Seeded, tmp_path: Path) -> None:
    said = run(ctx, actions_center, str(public.studio_id), "--to", str(tmp_path / "feeds"))
    assert said.exit_code == 0, said.output
    files = {name: json.loads((tmp_path / "feeds" / f"{name}.json").read_text()) for name in SCHEMAS}
    for name, schema in SCHEMAS.items():
        jsonschema.Draft202012Validator(schema).validate(files[name])
    services = {(each["merchant_id"], each["service_id"]) for each in files["services"]["service"]}
    slots = files["availability"]["service_availability"][0]["availability"]
    assert {(slot["merchant_id"], slot["service_id"]) for slot in slots} == services
    assert {merchant for merchant, _ in services} == {each["merchant_id"] for each in files["merchants"]["merchant"]}
    with ctx.store.read() as db:
        for slot in slots:
            session = db.get_one(Session, int(slot["availability_tag"]))
            latest = db.query(Decision).filter_by(session_id=session.id).order_by(Decision.sequence.desc()).first()
            assert (slot["spots_total"], slot["spots_open"]) == (session.capacity, latest.spots)
