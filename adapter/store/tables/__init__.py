"""The tables, a module per topic. Importing this package declares them all.

accounts     who may do what: studios, users, roles, API tokens, sign-in links, the audit log
connections  a studio's account at a booking platform: tokens, OAuth flows, cursors, calls, webhooks in
mirror       what the platforms hold: venues to sales, e-mail addresses, records set aside
settings     what the studio decided: SmartSpot and SmartRate settings, source mapping
alerts       what somebody should know about a connection
decisions    models, decisions and the outbox of pushes
campaigns    Spotlight: paid placement, by venue and day
pushes       what stands at the platform of each session, and whether it takes writes
open_data    what a studio agreed to publish, and the items that were published
opportunities  spots that a studio's own limits keep back, and what it said to them
experiments  holdouts, registered before they begin
guarantee    the Revenue Guarantee: participation, recorded facts, judgements, statements
runs         every piece of work, who asked for it and what came of it
marketplace  markets and credits, marketplaces, what is on offer, what was sold through the channel
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
from adapter.store.tables.campaigns import Campaign, CampaignVenue
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
from adapter.store.tables.decisions import Decision, Model, Push, PushState, TotalWrite
from adapter.store.tables.experiments import Holdout
from adapter.store.tables.guarantee import (
    EligibilityFact,
    ExchangeRate,
    GuaranteePage,
    GuaranteeStatement,
    Judgement,
    JudgementKind,
    Participation,
)
from adapter.store.tables.marketplace import (
    ChannelMessage,
    ChannelOffer,
    ChannelPosition,
    ChannelReservation,
    Market,
    Marketplace,
    MarketplaceTerms,
    MarketPlan,
    Refusal,
    ReservationState,
    Rounding,
)
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
from adapter.store.tables.open_data import PublicActivity, PublicItem, PublicVenue, Publisher
from adapter.store.tables.opportunities import Opportunity, OpportunityState
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
    "Base",
    "BookingNotice",
    "Breaker",
    "CallPace",
    "Campaign",
    "CampaignVenue",
    "ChannelMessage",
    "ChannelOffer",
    "ChannelPosition",
    "ChannelReservation",
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
    "GuaranteePage",
    "GuaranteeStatement",
    "Holdout",
    "IdempotentAnswer",
    "Judgement",
    "JudgementKind",
    "KeptKey",
    "LastReading",
    "Listing",
    "Market",
    "MarketPlan",
    "Marketplace",
    "MarketplaceTerms",
    "Membership",
    "Model",
    "OAuthFlow",
    "Opportunity",
    "OpportunityState",
    "Participation",
    "PriceOption",
    "PublicActivity",
    "PublicItem",
    "PublicVenue",
    "Publisher",
    "Push",
    "PushMode",
    "PushState",
    "PushStep",
    "Quarantine",
    "Refusal",
    "Reservation",
    "ReservationState",
    "Role",
    "Rounding",
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
