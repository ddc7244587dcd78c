"""The shapes of the API. Ours on the inside, JSON on the outside; what a caller may not see is left out by the view."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from marshmallow import Schema, fields, validate

from adapter.api.bounds import Day, RowId, Whole
from adapter.overbooking import Cause, Kind
from adapter.steering.resync import LONGEST_WHY, Asked, How
from adapter.store.tables import (
    AlertKind,
    ConnectionState,
    EventsState,
    PushMode,
    PushState,
    RunKind,
    RunOrigin,
    RunState,
)
from adapter.store.tenancy import LARGEST_ID
from connectors.records import Channel, SessionStatus, Stream


class Money(fields.Decimal):
    """An amount as a decimal string; never NaN or infinite."""

    def __init__(self, **options: Any) -> None:
        super().__init__(as_string=True, allow_nan=False, **options)


class Studio(Schema):
    """A studio."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    timezone = fields.String(required=True)
    currency = fields.String(required=True)


class Settings(Schema):
    """SmartSpot and SmartRate settings of a studio; null: not set. What is allowed: adapter/store/setting_rules.py."""

    min_spots = Whole(allow_none=True, load_default=None)
    release_all_hours = Whole(allow_none=True, load_default=None, metadata={"description": "2 to 72"})
    retail_rate = Money(allow_none=True, load_default=None)
    rate_ceiling = Money(allow_none=True, load_default=None)
    rate_floor = Money(
        allow_none=True,
        metadata={"description": "Confidential: roles owner and finance see it, the owner changes it"},
    )
    displacement_weight = fields.Float(allow_none=True, load_default=None)
    max_displacement_risk = fields.Float(allow_none=True, load_default=None, metadata={"description": "0 to 1"})
    excluded = fields.Boolean(allow_none=True, load_default=None, metadata={"description": "Never listed"})
    shadow = fields.Boolean(
        allow_none=True, load_default=None, metadata={"description": "Decided and scored, and not pushed"}
    )
    premium = fields.Boolean(
        allow_none=True, load_default=None, metadata={"description": "Further spots at a higher rate; null: off"}
    )
    no_increase_after_minutes = Whole(
        allow_none=True,
        load_default=None,
        metadata={"description": "Age of our copy from which on nothing is raised; null: 15"},
    )
    nothing_after_minutes = Whole(
        allow_none=True,
        load_default=None,
        metadata={"description": "Age of our copy from which on nothing is listed; null: 60"},
    )


class Source(Schema):
    """A booking source and what it means."""

    connection_id = RowId(required=True)
    source = fields.String(required=True)
    channel = fields.Enum(Channel, by_value=True, required=True)
    count = fields.Integer(dump_only=True)


class Sources(Schema):
    """A studio's booking sources."""

    items = fields.List(fields.Nested(Source), required=True)


class Connection(Schema):
    """A studio's account at a platform."""

    id = fields.Integer(required=True)
    studio_id = fields.Integer(required=True)
    platform = fields.String(required=True)
    site = fields.String(required=True)
    site_name = fields.String(required=True)
    timezone = fields.String(required=True)
    state = fields.Enum(ConnectionState, by_value=True, required=True)
    state_reason = fields.String(allow_none=True)
    push_mode = fields.Enum(PushMode, by_value=True, required=True)
    connected_at = fields.AwareDateTime(required=True, default_timezone=UTC)
    last_pulled_at = fields.AwareDateTime(allow_none=True, default_timezone=UTC)


class Health(Schema):
    """How a connection is doing."""

    calls_today = fields.Integer()
    call_errors_today = fields.Integer()
    calls_asked_today = fields.Integer(metadata={"description": "Of them for a backfill or a resync: outside the plan"})
    calls_allowed = fields.Integer(allow_none=True, metadata={"description": "A day (UTC); null: no limit"})
    calls_run_out_at = fields.AwareDateTime(allow_none=True, default_timezone=UTC)
    calls_plan = fields.String(metadata={"description": "What the rest of the day's calls are for, in words"})
    webhooks_today = fields.Integer()
    webhooks_waiting = fields.Integer()
    set_aside = fields.Integer()
    sessions = fields.Integer()
    upcoming_sessions = fields.Integer()
    pushes = fields.Dict(keys=fields.Enum(PushState, by_value=True), values=fields.Integer())


class Alert(Schema):
    """Something that is wrong now."""

    kind = fields.Enum(AlertKind, by_value=True, required=True)
    session_id = fields.Integer(allow_none=True)
    since = fields.AwareDateTime(required=True, default_timezone=UTC)
    words = fields.String(required=True, metadata={"description": "What happened, what was done, what to do"})


class PushFailure(Schema):
    """A class whose latest push came to nothing."""

    session_id = fields.Integer(required=True)
    starts_at = fields.AwareDateTime(required=True, default_timezone=UTC)
    words = fields.String(metadata={"description": "The platform's own"})


class PushHealth(Schema):
    """How pushing is doing; counts are of classes still to come."""

    parity = fields.Integer(allow_none=True, metadata={"description": "Per cent that the platform holds as wanted"})
    in_force = fields.Integer(metadata={"description": "Read back and equal when it was sent"})
    accepted = fields.Integer(metadata={"description": "Taken by a platform that does not show what it holds"})
    local = fields.Integer(metadata={"description": "In force where we sell: the platform takes none"})
    equal = fields.Integer()
    waiting = fields.Integer()
    checked_at = fields.AwareDateTime(allow_none=True, default_timezone=UTC)
    mended = fields.Integer()
    own_caps = fields.Integer(metadata={"description": "Classes for which the studio sets its own number"})
    failures = fields.List(fields.Nested(PushFailure))
    breaker_open_since = fields.AwareDateTime(allow_none=True, default_timezone=UTC)
    next_probe_at = fields.AwareDateTime(allow_none=True, default_timezone=UTC)
    breaker_words = fields.String(allow_none=True)


class Gap(Schema):
    """A stretch without events, and the run that reads it again; ``to`` is null while it lasts."""

    from_ = fields.AwareDateTime(data_key="from", attribute="from", default_timezone=UTC)
    to = fields.AwareDateTime(allow_none=True, default_timezone=UTC)
    run = fields.Integer(allow_none=True)


class Events(Schema):
    """Whether the platform tells us of events; ``state`` is null until it was asked."""

    state = fields.Enum(EventsState, by_value=True, allow_none=True)
    words = fields.String()
    why = fields.String(allow_none=True)
    since = fields.AwareDateTime(allow_none=True, default_timezone=UTC)
    checked_at = fields.AwareDateTime(allow_none=True, default_timezone=UTC)
    last_event_at = fields.AwareDateTime(allow_none=True, default_timezone=UTC)
    given_up = fields.Integer(metadata={"description": "Messages that the platform could not deliver"})
    gap = fields.Nested(Gap, allow_none=True)


class OneConnection(Connection):
    """A connection with its health, what is wrong now, and its events; null where the platform sends none."""

    health = fields.Nested(Health)
    alerts = fields.List(fields.Nested(Alert))
    pushing = fields.Nested(PushHealth)
    events = fields.Nested(Events, allow_none=True)


class PushModeBody(Schema):
    """What is done with decisions."""

    push_mode = fields.Enum(PushMode, by_value=True, required=True)


class ResyncBody(Schema):
    """What to read again; nothing: everything."""

    stream = fields.Enum(Stream, by_value=True, load_default=None)
    from_ = Day(data_key="from", load_default=None)
    to = Day(load_default=None)
    session = RowId(load_default=None)
    dry_run = fields.Boolean(load_default=False)
    why = fields.String(load_default="", validate=validate.Length(max=LONGEST_WHY))


class RetryBody(Schema):
    """Which of a run's errors (from 0) to do again; null: everything that failed."""

    item = Whole(load_default=None, allow_none=True, validate=validate.Range(0, LARGEST_ID))


class Run(Schema):
    """A piece of work."""

    id = fields.Integer(required=True)
    connection_id = fields.Integer(allow_none=True)
    kind = fields.Enum(RunKind, by_value=True, required=True)
    origin = fields.Enum(RunOrigin, by_value=True, required=True)
    actor = fields.String()
    why = fields.String()
    params = fields.Dict()
    state = fields.Enum(RunState, by_value=True, required=True)
    step = fields.String()
    done = fields.Integer()
    total = fields.Integer(allow_none=True)
    counts = fields.Dict()
    errors = fields.List(
        fields.Dict(), metadata={"description": "What failed, in the platform's words; with a stream it can be retried"}
    )
    changes = fields.List(
        fields.Dict(),
        allow_none=True,
        metadata={"description": "A resync: a sample of what changed, field by field, before and after; masked"},
    )
    due_at = fields.AwareDateTime(default_timezone=UTC)
    started_at = fields.AwareDateTime(allow_none=True, default_timezone=UTC)
    finished_at = fields.AwareDateTime(allow_none=True, default_timezone=UTC)


class AskedRun(Run):
    """A run that was asked for, and what became of asking."""

    asked = fields.Enum(How, by_value=True, metadata={"description": "Whether it is new, was joined, or waits"})
    behind = fields.Integer(allow_none=True, metadata={"description": "The run that it waits for"})
    message = fields.String(metadata={"description": "The same in plain words"})


class Push(Schema):
    """A push and what came of it."""

    state = fields.Enum(PushState, by_value=True, required=True)
    attempts = fields.Integer()
    answer = fields.String(allow_none=True)
    read_back = fields.Dict(allow_none=True)
    settled_at = fields.AwareDateTime(allow_none=True, default_timezone=UTC)


class Decision(Schema):
    """What was decided for a session, and why."""

    id = fields.Integer(required=True)
    sequence = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True, default_timezone=UTC)
    spots = fields.Integer(required=True)
    rate = Money(required=True)
    premium_spots = fields.Integer(required=True)
    premium_rate = Money(allow_none=True)
    currency = fields.String(required=True)
    limit = fields.Integer(metadata={"description": "Spots plus the marketplace reservations already made"})
    expected_direct = fields.Float()
    displacement_risk = fields.Float(metadata={"description": "Of what is listed, 0 to 1"})
    expected_value = fields.Float(metadata={"description": "Of what is listed, in its currency"})
    reason = fields.String()
    binding = fields.String(allow_none=True)
    shadow = fields.Boolean()


class ExplainedDecision(Decision):
    """A decision with the parts that sum to it, and its push."""

    explanation = fields.Dict(
        metadata={"description": "put_aside: the model's own number with its risk and value, where a limit moved it"}
    )
    push = fields.Nested(Push, allow_none=True)


class Places(Schema):
    """How a session's places are taken."""

    capacity = fields.Integer(allow_none=True)
    direct = fields.Integer()
    marketplace = fields.Integer()
    third_party = fields.Integer()
    unmapped = fields.Integer(attribute="unknown", data_key="unknown")
    listed = fields.Integer()
    kept = fields.Integer()


class Session(Schema):
    """A class at a time, with what is listed of it."""

    id = fields.Integer(required=True)
    connection_id = fields.Integer(required=True)
    external_id = fields.String(required=True)
    starts_at = fields.AwareDateTime(required=True, default_timezone=UTC)
    ends_at = fields.AwareDateTime(required=True, default_timezone=UTC)
    timezone = fields.String(required=True)
    venue = fields.String()
    class_name = fields.String()
    category = fields.String(allow_none=True)
    status = fields.Enum(SessionStatus, by_value=True)
    waitlisted = fields.Integer()
    places = fields.Nested(Places)
    decision = fields.Nested(Decision, allow_none=True)
    push_state = fields.Enum(PushState, by_value=True, allow_none=True)


def asked_run(asked: Asked) -> dict[str, Any]:
    """The answer to who asked for a run."""
    told = {"asked": asked.how, "behind": asked.behind, "message": asked.words}
    plain = {name: getattr(asked.run, name) for name in Run().fields}
    dumped: dict[str, Any] = AskedRun().dump({**plain, **told})
    return dumped


def page_of(item: type[Schema]) -> type[Schema]:
    """A page of these, and the cursor of the next one; null: that was all."""
    shape: dict[str, fields.Field[Any]] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next_cursor": fields.String(allow_none=True),
    }
    return Schema.from_dict(shape, name=f"{item.__name__}Page")


class Happened(Schema):
    """One thing that happened to a session."""

    at = fields.AwareDateTime(required=True, default_timezone=UTC)
    kind = fields.Enum(Kind, by_value=True, required=True)
    words = fields.String(required=True)
    facts = fields.Dict(required=True, metadata={"description": "Plain values; by kind: adapter/overbooking/events.py"})


class Timeline(Schema):
    """Why a session is overbooked, and all that happened to it, the earliest first. Nobody is named."""

    session_id = fields.Integer(required=True)
    cause = fields.Enum(Cause, by_value=True, required=True)
    words = fields.String(required=True, metadata={"description": "The cause, in words"})
    overbooked_at = fields.AwareDateTime(allow_none=True, required=True, default_timezone=UTC)
    events = fields.List(fields.Nested(Happened), required=True)
