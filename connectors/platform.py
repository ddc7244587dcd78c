"""What a platform declares. From one frozen ``Platform`` follow its OAuth routes, webhook URL, streams, conformance
tests, its page in the dashboard and its row in the table of platforms.

Knows the shape of a declaration; knows no platform. What a platform cannot do is absent from its declaration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from connectors.errors import Misconfigured
from connectors.records import Delivery, Offer, Page, Stream


class Capability(StrEnum):
    """What a connector can do: declared, shown, never faked."""

    SPOTS_NATIVE = "SPOTS_NATIVE"  # takes a spot count for one session and one channel
    SPOTS_TOTAL = "SPOTS_TOTAL"  # only the online capacity can be changed: off unless proven and turned on
    SPOTS_READ = "SPOTS_READ"  # tells its own channel limit (Session.online_capacity): ours is the smaller of both
    SPOTS_LOCAL = "SPOTS_LOCAL"  # no such thing: the count is enforced where we sell
    RATE_NATIVE = "RATE_NATIVE"  # takes a rate for one session and one channel
    RATE_CATALOG = "RATE_CATALOG"  # only public prices can be changed: off unless turned on
    RATE_LOCAL = "RATE_LOCAL"  # no such thing: the rate is kept where we sell
    WEBHOOKS = "WEBHOOKS"
    LATE_CANCEL = "LATE_CANCEL"
    ATTENDANCE = "ATTENDANCE"
    CLIENT_EMAILS = "CLIENT_EMAILS"
    SALES = "SALES"
    BOOKING_TIME = "BOOKING_TIME"  # a reservation tells when it was made
    BOOK = "BOOK"
    UPDATED_SINCE = "UPDATED_SINCE"


@dataclass(frozen=True, slots=True)
class Everything:
    """Ask for the whole list."""


@dataclass(frozen=True, slots=True)
class Window:
    """Ask for what lies between two instants (start included, end excluded)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Since:
    """Ask for what changed at or after an instant; None: all there is."""

    instant: datetime | None


@dataclass(frozen=True, slots=True)
class OfSession:
    """Ask for what belongs to one session."""

    session_id: str


Ask = Everything | Window | Since | OfSession


@dataclass(frozen=True, slots=True)
class Site:
    """One studio's account at a platform, as the platform describes it."""

    id: str
    name: str
    timezone: str  # IANA
    currency: str  # ISO 4217


class Door(Protocol):
    """The one HTTP door (connectors/http/): JSON in, JSON out, every failure a ConnectorError."""

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Read; retried on passing faults."""

    def send(
        self, method: str, path: str, body: Any, *, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Write; never retried here. ``key`` is an idempotency key where the platform takes one; ``headers`` are this
        call's own (another media type, a second token), and nothing of them is ever shown."""


@dataclass(frozen=True)
class Api:
    """A platform opened for one connection: what a stream reader or a push is given."""

    door: Door
    site: Site
    now: datetime  # when this piece of work began; connectors have no clock
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)  # the platform's own, by name without prefix

    @property
    def zone(self) -> ZoneInfo:
        """The site's zone, in which naive times are meant."""
        return ZoneInfo(self.site.timezone)


@dataclass(frozen=True, slots=True)
class Resource:
    """A stream that the platform gives, and the kind of question that it answers.

    ``read`` yields the pages of one answer, the last one marked ``final`` when it is known to be complete.
    """

    ask: type[Ask]
    read: Callable[[Api, Any], Iterator[Page]]
    overlap_hours: int = 0  # how far a ``Since`` question reaches back behind its cursor
    look: Callable[[Api, Sequence[str]], Iterator[Page]] | None = None  # at records by id, wherever they lie in time
    every_hours: int = 0  # for how long a long list that can only be read whole is good enough


class ResponseMode(StrEnum):
    """How the authorization server brings the browser back."""

    QUERY = "query"
    FORM_POST = "form_post"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """How the platform's authorization server wants to be asked. Defaults are those of RFC 9700."""

    scopes: tuple[str, ...]
    response_type: str = "code"  # or "code id_token" (OIDC hybrid)
    response_mode: ResponseMode = ResponseMode.QUERY
    site_parameter: str | None = None  # the extra parameter that carries the site id
    token_auth: str = "client_secret_post"  # noqa: S105  a method's name
    refresh_with_scope: bool = False
    issuer: str | None = None  # None: given by the setting ADAPTER_<PLATFORM>_ISSUER
    authorize_url: str = ""  # where there is no metadata to discover; ``{site}`` stands for the account
    token_url: str = ""
    revoke_url: str = ""
    revocation: bool = True  # False: access can only be withdrawn over there, by the studio
    scope_meanings: Mapping[str, str] = field(default_factory=dict)  # in plain words, for the studio


class SubscriptionState(StrEnum):
    """Whether a subscription brings events."""

    ACTIVE = "active"
    OFF = "off"  # switched off, or not on yet: it can be switched on
    ENDED = "ended"  # for good: another one has to be made


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription to events, as the platform tells of it."""

    id: str
    callback: str  # where its events go
    state: SubscriptionState
    why: str | None = None  # in the platform's own words, where it brings none
    since: datetime | None = None  # when that began
    given_up: int = 0  # messages that could not be delivered for good, since it was switched on


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """How the platform's events are verified and read, and how a subscription is made, looked at and ended.

    ``shared``: one subscription of our own account brings every studio's events, at the address without a connection
    and signed with the key in the settings; none is made for each studio.
    """

    signature_header: str
    verify: Callable[[str, Mapping[str, str], bytes], bool]  # secret, headers, raw body
    read: Callable[[bytes], Delivery]  # raises BadRecord
    events: tuple[str, ...]
    subscribe: Callable[[Api, str], tuple[str, str]] | None = None  # callback URL -> (subscription id, secret)
    listed: Callable[[Api], Sequence[Subscription]] | None = None  # all of our key
    resume: Callable[[Api, str], None] | None = None  # switches one on (again)
    delete: Callable[[Api, str], None] | None = None  # ends one; one that is not there is no error
    shared: bool = False
    api_url: str = ""  # where subscriptions are made, if not at the API; ADAPTER_<PLATFORM>_WEBHOOK_URL overrides


@dataclass(frozen=True, slots=True)
class StaffToken:
    """A token got by a login instead of OAuth, and when it ends."""

    value: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What the platform says it now holds for a session."""

    limit: int | None
    rate: str | None
    premium_limit: int | None = None
    premium_rate: str | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class OfferPush:
    """Pushing an offer natively: send the whole wanted state, then read it back.

    A state that is newer than the one sent is refused by Rejected with the status 409. ``at_once``: how many writes the
    platform stands at a time, each about another session.
    """

    send: Callable[[Api, Offer, str], None]  # offer, idempotency key; raises ConnectorError
    read_back: Callable[[Api, str], ReadBack | None]  # session id; None: nothing held; no limit, no rate: not shown
    read_all: Callable[[Api], Mapping[str, ReadBack]] | None = None  # all that is held, by session id, in few calls
    at_once: int = 1
    ordered: bool = True  # keeps the sequence and refuses an older one; else order is our outbox's alone
    premium: bool = True  # takes premium spots apart; else its one limit counts them in, and we tell them apart
    inferred: str = ""  # what is not written down of it; said until an offer has been read back equal


@dataclass(frozen=True, slots=True)
class Guest:
    """Who a place is booked for, passed through to the platform: never stored, never logged."""

    name: str = field(repr=False)
    email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Booking:
    """Booking a guest of the marketplace into a session (BOOK). The guard against doing it twice is in booking.py."""

    find: Callable[[Api, str, Guest], str | None]  # session id; the reservation that holds a place for this guest
    make: Callable[[Api, str, Guest, str], str]  # session id, guest, idempotency key -> reservation id
    cancel: Callable[[Api, str], None]  # reservation id; one that is cancelled already is no error


@dataclass(frozen=True, slots=True)
class Trial:
    """What a proof is about to write, and all that is needed to take it back, whatever became of the proof."""

    session: str  # the platform's id
    online: int  # the online capacity before it
    written: int
    span: tuple[str, str]  # first and last day of the series before it, in the platform's words
    at: datetime


class TrialNote(Protocol):
    """Where a trial is kept, so that it outlives the process."""

    def begin(self, trial: Trial) -> None:
        """Keep it for good: called right before the first write."""

    def end(self, trial: Trial) -> None:
        """What was there holds again."""


@dataclass(frozen=True, slots=True)
class TotalPush:
    """Pushing a session's online capacity, where that is all a platform takes (SPOTS_TOTAL).

    ``prove`` runs once for a site, on a session the studio names, and raises Rejected with what it saw where the write
    would harm a series. ``take_back`` undoes a trial whose proof never came to its end, and may be repeated. ``send``
    is never called for a site that has not passed.
    """

    prove: Callable[[Api, str, TrialNote], None]
    take_back: Callable[[Api, Trial], None]
    send: Callable[[Api, str, int], None]
    read_back: Callable[[Api, str], int | None]


@dataclass(frozen=True, slots=True)
class CatalogPrice:
    """What a price option costs now, in the site's currency, and who sees it."""

    desk: Decimal
    online: Decimal
    public: bool  # sold online: a change is everybody's price


@dataclass(frozen=True, slots=True)
class CatalogPush:
    """Pushing the price of one price option, site-wide, where that is all a platform takes (RATE_CATALOG).

    Both functions take the option's id as ``PriceOption.external_id`` has it. ``send`` sets both prices (desk, online)
    and may be repeated; ``read_back`` gives None where there is no such option.
    """

    send: Callable[[Api, str, Decimal, Decimal], None]
    read_back: Callable[[Api, str], CatalogPrice | None]


@dataclass(frozen=True, slots=True)
class Account:
    """How a studio names its account when it connects. What does not fit the pattern is refused before it is used."""

    called: str = "site ID"
    hint: str = ""  # what it looks like, and where it stands
    pattern: str = r"[A-Za-z0-9_.\-]{1,64}"


@dataclass(frozen=True, slots=True)
class Codes:
    """A platform's own error codes, in small letters without signs, by what the caller does next."""

    passing: frozenset[str] = frozenset()  # TryAgain
    ended: frozenset[str] = frozenset()  # Reconnect
    ours: frozenset[str] = frozenset()  # Misconfigured


NO_CODES = Codes()
"""A platform that says all by its statuses."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A booking platform, declared."""

    name: str  # the folder's name; in URLs and settings
    title: str  # as the platform writes itself
    capabilities: frozenset[Capability]
    streams: Mapping[Stream, Resource]
    describe: Callable[[Api], Site]  # which account is this? Called with a Site of which only the id is known
    headers: Callable[[str, Mapping[str, str]], Mapping[str, str]]  # site id, settings -> request headers
    api_url: str  # the public address, ``{site}`` standing for the account; ADAPTER_<PLATFORM>_API_URL overrides
    account: Account = Account()
    codes: Codes = NO_CODES
    settings: tuple[str, ...] = ("CLIENT_ID", "CLIENT_SECRET", "API_KEY")
    oauth: OAuth | None = None  # neither OAuth nor a login: ``headers`` carry a key, and an operator connects
    login: Callable[[Door, str, str], StaffToken] | None = None  # user name, password; through a door without a token
    changes: Mapping[Stream, Resource] = field(default_factory=dict)  # streams that also tell what changed since
    webhooks: Webhooks | None = None
    offers: OfferPush | None = None
    totals: TotalPush | None = None
    catalog: CatalogPush | None = None
    booking: Booking | None = None
    limits: tuple[str, ...] = ()  # what it cannot do, in plain words, for the studio
    calls_per_minute: int = 600  # of our key, all accounts together
    calls_per_day: int | None = None  # of one account, before they cost or are refused; None: no limit
    docs: str = ""

    @property
    def asks_site(self) -> bool:
        """Whether the account must be named before anything can be asked."""
        return "{site}" in self.api_url or bool(self.oauth and self.oauth.site_parameter)

    @property
    def takes_key(self) -> bool:
        """Whether it knows neither OAuth nor a login: its ``settings`` are all it wants, and ``headers`` carry them."""
        return self.oauth is None and self.login is None

    def names_account(self, text: str) -> bool:
        """Whether a text can name an account here."""
        return re.fullmatch(self.account.pattern, text, re.ASCII) is not None

    def address(self, template: str, site: str) -> str:
        """An address with the account in its place. Raises Misconfigured: what is no account never gets into one."""
        if "{site}" not in template:
            return template
        if not self.names_account(site):
            raise Misconfigured(f"{self.title}: {site[:40]!r} is no {self.account.called}.")
        return template.replace("{site}", site)
