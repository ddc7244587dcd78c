"""The feed files of Google's Actions Center: merchants, services and availability, each a whole replacement. Pure.

Formats: developers.google.com/actions-center, end-to-end reservations. Counts are absolute; of a class ``spots_total``
are its places, ``spots_open`` those on offer. The price is the direct one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapter.marketplace.publishing import OnOffer
from adapter.store.tables import Publisher

AHEAD = timedelta(days=30)
MICROS = 1_000_000
CATEGORY = "gym"

Json = dict[str, Any]


def feeds(publisher: Publisher, classes: Sequence[OnOffer], now: datetime) -> Mapping[str, Json]:
    """The three files' contents, by the name of each."""
    metadata = {
        "processing_instruction": "PROCESS_AS_COMPLETE",
        "shard_number": 0,
        "total_shards": 1,
        "generation_timestamp": int(now.timestamp()),
    }
    merchants = {each.venue.id: _merchant(publisher, each) for each in classes}
    services = {(each.venue.id, each.kind.id): _service(each) for each in classes}
    return {
        "merchants": {"metadata": metadata, "merchant": list(merchants.values())},
        "services": {"metadata": metadata, "service": list(services.values())},
        "availability": {
            "metadata": metadata,
            "service_availability": [{"availability": [_slot(each) for each in classes]}],
        },
    }


def _merchant(publisher: Publisher, each: OnOffer) -> Json:
    place = each.place
    address = {
        "street_address": place.street,
        "locality": place.locality,
        "region": place.region,
        "postal_code": place.postal_code,
        "country": place.country,
    }
    return {
        "merchant_id": _merchant_id(each),
        "name": f"{publisher.organizer}, {each.venue.name}",
        "url": publisher.url,
        "category": CATEGORY,
        "geo": {"address": address},
    }


def _service(each: OnOffer) -> Json:
    return {
        "merchant_id": _merchant_id(each),
        "service_id": _service_id(each),
        "localized_service_name": {"value": each.kind.name},
        "price": {"price_micros": int((each.price * MICROS).to_integral_value()), "currency_code": each.currency},
        "prepayment_type": "NOT_SUPPORTED",
    }


def _slot(each: OnOffer) -> Json:
    session = each.session
    return {
        "merchant_id": _merchant_id(each),
        "service_id": _service_id(each),
        "start_sec": int(session.starts_at.timestamp()),
        "duration_sec": int((session.ends_at - session.starts_at).total_seconds()),
        "spots_total": session.capacity or 0,
        "spots_open": each.spots,
        "availability_tag": str(session.id),
        "confirmation_mode": "CONFIRMATION_MODE_SYNCHRONOUS",
    }


def _merchant_id(each: OnOffer) -> str:
    return f"venue-{each.venue.id}"


def _service_id(each: OnOffer) -> str:
    return f"class-{each.kind.id}"
