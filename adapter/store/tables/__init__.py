"""The tables, a module per topic. Importing this package declares them all.

accounts     who may do what: studios, users, roles, API tokens, sign-in links, the audit log
people       invitations, and with what people sign in: passkeys, passwords with a second factor, staff
connections  a studio's account at a booking platform: tokens, OAuth flows, cursors, calls, webhooks in
mirror       what the platforms hold: venues to sales, e-mail addresses, records set aside
overrides    what people set by hand for a time
settings     what the studio decided: SmartSpot and SmartRate settings, source mapping, pages for members
alerts       what somebody should know about a connection
decisions    models, decisions and the outbox of pushes
campaigns    Spotlight: paid placement, by venue and day
pushes       what stands at the platform of each session, and whether it takes writes
open_data    what a studio agreed to publish, and the items that were published
opportunities  spots that a studio's own limits keep back, and what it said to them
experiments  holdouts, registered before they begin
guarantee    the Revenue Guarantee: participation, recorded facts, judgements, statements
kept         pages as last worked out
payouts      the payout ledger, the franchisor's share, statements that were compared
runs         every piece of work, who asked for it and what came of it
marketplace  markets and credits, marketplaces, what is on offer, what was sold through the channel
timeline     what explains an overbooking afterwards: what we believed, and when
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
from adapter.store.tables.decisions import (
    BAD,
    IN_FORCE,
    WAITING,
    BacktestResult,
    Decision,
    Model,
    Push,
    PushState,
    TotalWrite,
)
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
from adapter.store.tables.overrides import Override, OverrideKind
from adapter.store.tables.payouts import FranchisorShare, PayoutDifference, PayoutLine, PayoutStatement
from adapter.store.tables.people import Challenge, Invitation, Passkey, Password, RecoveryCode, StaffIdentity
from adapter.store.tables.pushes import Breaker, Listing
from adapter.store.tables.runs import OPEN, Run, RunKind, RunLine, RunOrigin, RunState
from adapter.store.tables.settings import MemberPage, Scope, Setting, SourceMapping
from adapter.store.tables.timeline import ListingStep, PushStep, ReservationReading, SessionReading

__all__ = [
    "BAD",
    "IN_FORCE",
    "OPEN",
    "WAITING",
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
    "Campaign",
    "CampaignVenue",
    "Challenge",
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
    "FranchisorShare",
    "GuaranteeStatement",
    "Holdout",
    "IdempotentAnswer",
    "Invitation",
    "Judgement",
    "JudgementKind",
    "KeptKey",
    "KeptPage",
    "LastReading",
    "Listing",
    "ListingStep",
    "Market",
    "MarketPlan",
    "Marketplace",
    "MarketplaceTerms",
    "MemberPage",
    "Membership",
    "Model",
    "OAuthFlow",
    "Opportunity",
    "OpportunityState",
    "Override",
    "OverrideKind",
    "Participation",
    "Passkey",
    "Password",
    "PayoutDifference",
    "PayoutLine",
    "PayoutStatement",
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
    "RecoveryCode",
    "Refusal",
    "Reservation",
    "ReservationReading",
    "ReservationState",
    "Role",
    "Rounding",
    "Run",
    "RunKind",
    "RunLine",
    "RunOrigin",
    "RunState",
    "SaleLine",
    "Scope",
    "Session",
    "SessionReading",
    "Setting",
    "SignInLink",
    "SourceMapping",
    "StaffIdentity",
    "Studio",
    "TotalWrite",
    "User",
    "Venue",
    "WebhookMessage",
]
