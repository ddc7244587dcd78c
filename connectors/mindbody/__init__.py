"""Mindbody, declared.

What it gives and how it is asked: reads.py · what its payloads mean: shapes.py, visits.py, sales.py · its events:
webhooks.py · the one dangerous write: pushes.py, proof.py · the one writer of prices: catalog.py · staff logins:
tokens.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.mindbody import catalog, proof, pushes, reads, subscriptions, webhooks
from connectors.mindbody.tokens import issue_staff_token
from connectors.platform import (
    Account,
    Capability,
    CatalogPush,
    Codes,
    Everything,
    OAuth,
    OfSession,
    Platform,
    Resource,
    ResponseMode,
    Since,
    TotalPush,
    Webhooks,
    Window,
)
from connectors.records import Stream


def headers(site_id: str, settings: Mapping[str, str]) -> Mapping[str, str]:
    """What every request carries: our key, and the site that it is about."""
    return {"API-Key": settings.get("API_KEY", ""), "SiteId": site_id, "User-Agent": "spotkeeper"}


PLATFORM = Platform(
    name="mindbody",
    title="Mindbody",
    api_url="https://api.mindbodyonline.com/public/v6",
    account=Account(
        hint="A number such as 1001. It stands on the home page of your account, and in your booking pages' address."
    ),
    codes=Codes(
        passing=frozenset({"sqldbmaintenance"}),
        ended=frozenset({"deniedaccess"}),
        ours=frozenset({"invalidsourcecredentials", "missingapikeyheader", "developeraccountnotactive"}),
    ),
    capabilities=frozenset(
        {
            Capability.SPOTS_LOCAL,
            Capability.SPOTS_TOTAL,
            Capability.RATE_LOCAL,
            Capability.RATE_CATALOG,
            Capability.WEBHOOKS,
            Capability.LATE_CANCEL,
            Capability.ATTENDANCE,
            Capability.CLIENT_EMAILS,
            Capability.SALES,
            Capability.UPDATED_SINCE,
        }
    ),
    streams={
        Stream.VENUES: Resource(Everything, reads.venues),
        Stream.CLASS_TYPES: Resource(Everything, reads.class_types),
        Stream.PRICES: Resource(Everything, reads.prices),
        Stream.CLIENTS: Resource(Since, reads.clients, overlap_hours=24),
        Stream.SESSIONS: Resource(Window, reads.sessions, look=reads.sessions_by_id),
        Stream.RESERVATIONS: Resource(OfSession, reads.rosters),
        Stream.SALES: Resource(Window, reads.sales),
    },
    describe=reads.describe,
    headers=headers,
    settings=("CLIENT_ID", "CLIENT_SECRET", "API_KEY", "WEBHOOK_SECRET", "STAFF_USER", "STAFF_PASSWORD"),
    oauth=OAuth(
        scopes=("email", "profile", "openid", "offline_access", "Mindbody.Api.Public.v6"),
        response_type="code id_token",
        response_mode=ResponseMode.FORM_POST,
        site_parameter="subscriberId",
        refresh_with_scope=True,
        issuer="https://signin.mindbodyonline.com",
        scope_meanings={
            "email": "Know which e-mail address signed in.",
            "profile": "Know the name of who signed in.",
            "openid": "Know who signed in.",
            "offline_access": "Stay connected while nobody is signed in.",
            "Mindbody.Api.Public.v6": "Read classes, bookings, clients, prices and sales, as far as who signed in may.",
        },
    ),
    login=issue_staff_token,
    webhooks=Webhooks(
        signature_header=webhooks.SIGNATURE_HEADER,
        verify=webhooks.verify,
        read=webhooks.read,
        events=webhooks.EVENTS,
        subscribe=subscriptions.subscribe,
        listed=subscriptions.listed,
        resume=subscriptions.resume,
        delete=subscriptions.delete,
        shared=True,
        api_url="https://push-api.mindbodyonline.com/api/v1",
    ),
    totals=TotalPush(prove=proof.prove, take_back=proof.take_back, send=pushes.send, read_back=pushes.read_back),
    catalog=CatalogPush(send=catalog.send, read_back=catalog.read_back),
    limits=(
        "Mindbody takes no spot count for a single class: the count is enforced where the marketplace sells.",
        "Online capacity is written through a series and limits your own clients too: off until proven and turned on.",
        "Mindbody has no price for a single class: the rate is kept where the marketplace sells.",
        "Only one pricing option's price can follow the rate, site-wide: off until you name it and turn it on.",
    ),
    calls_per_minute=1_200,  # Mindbody asks for 2,000 at most
    calls_per_day=1_000,  # then they cost; reports differ whether for a site or a key, and newer terms count by month
    docs="https://developers.mindbodyonline.com/PublicDocumentation/V6",
)
