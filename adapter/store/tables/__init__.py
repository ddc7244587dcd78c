"""The tables, a module per topic. Importing this package declares them all.

accounts     who may do what: studios, users, roles, API tokens, sign-in links, the audit log
connections  a studio's account at a booking platform: tokens, OAuth flows, cursors, calls, webhooks in
mirror       what the platforms hold: venues to sales, e-mail addresses, records set aside
settings     what the studio decided: SmartSpot and SmartRate settings, source mapping
overrides    what people set by hand for a time
alerts       what somebody should know about a connection
decisions    models, decisions and the outbox of pushes
pushes       what stands at the platform of each session, and whether it takes writes
experiments  holdouts, registered before they begin
guarantee    the Revenue Guarantee: participation, recorded facts, judgements, statements
kept         pages as last worked out
runs         every piece of work, who asked for it and what came of it
timeline     what explains an overbooking afterwards
"""

from adapter.store.tables.accounts import (
    ApiToken,
    Audit,
    IdempotentAnswer,
    KeptKey,
    Membership,
    Role,
    SignInLink,
    Studio,
    User,
)
from adapter.store.tables.alerts import Alert, AlertKind
from adapter.store.tables.base import Base
from adapter.store.tables.connections import (
    ApiCalls,
    CallPace,
    Connection,
    ConnectionState,
    Cursor,
    EventsState,
    LastReading,
    OAuthFlow,
    PushMode,
    WebhookMessage,
)
from adapter.store.tables.decisions import BacktestResult, Decision, Model, Push, PushState, TotalWrite
from adapter.store.tables.experiments import Holdout
from adapter.store.tables.guarantee import (
    EligibilityFact,
    ExchangeRate,
    GuaranteeStatement,
    Judgement,
    JudgementKind,
    Participation,
)
from adapter.store.tables.kept import KeptPage
from adapter.store.tables.mirror import (
    BookingNotice,
    ClassType,
    Client,
    ClientEmail,
    ClientMerge,
    EmailAddress,
    FirstBooking,
    PriceOption,
    Quarantine,
    Reservation,
    SaleLine,
    Session,
    Venue,
)
from adapter.store.tables.overrides import Override, OverrideKind
from adapter.store.tables.pushes import Breaker, Listing
from adapter.store.tables.runs import Run, RunKind, RunOrigin, RunState
from adapter.store.tables.settings import Scope, Setting, SourceMapping
from adapter.store.tables.timeline import PushStep, SessionReading

__all__ = [
    "Alert",
    "AlertKind",
    "ApiCalls",
    "ApiToken",
    "Audit",
    "BacktestResult",
    "Base",
    "BookingNotice",
    "Breaker",
    "CallPace",
    "ClassType",
    "Client",
    "ClientEmail",
    "ClientMerge",
    "Connection",
    "ConnectionState",
    "Cursor",
    "Decision",
    "EligibilityFact",
    "EmailAddress",
    "EventsState",
    "ExchangeRate",
    "FirstBooking",
    "GuaranteeStatement",
    "Holdout",
    "IdempotentAnswer",
    "Judgement",
    "JudgementKind",
    "KeptKey",
    "KeptPage",
    "LastReading",
    "Listing",
    "Membership",
    "Model",
    "OAuthFlow",
    "Override",
    "OverrideKind",
    "Participation",
    "PriceOption",
    "Push",
    "PushMode",
    "PushState",
    "PushStep",
    "Quarantine",
    "Reservation",
    "Role",
    "Run",
    "RunKind",
    "RunOrigin",
    "RunState",
    "SaleLine",
    "Scope",
    "Session",
    "SessionReading",
    "Setting",
    "SignInLink",
    "SourceMapping",
    "Studio",
    "TotalWrite",
    "User",
    "Venue",
    "WebhookMessage",
]
