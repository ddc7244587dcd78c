"""What has taken effect at the platforms: the limits that they hold for us, sent by us or set there. Knows the outbox
and the declarations; calls no platform."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Database

from adapter.store.dialect import chunks
from adapter.store.tables import IN_FORCE, Push
from connectors import registry
from connectors.platform import Capability
from connectors.records import Offer

OFFER = frozenset(field.name for field in fields(Offer))


def limits_in_force(db: Database, session_ids: Collection[int]) -> dict[int, int]:
    """Marketplace reservations in all, standard and premium, that each session's last push in force lets through.

    By our session id; absent where nothing of ours has ever taken effect.
    """
    found: dict[int, int] = {}
    for some in chunks(sorted(session_ids)):
        last = select(func.max(Push.id)).where(Push.session_id.in_(some), Push.state.in_(IN_FORCE))
        rows = select(Push.session_id, Push.wanted).where(Push.id.in_(last.group_by(Push.session_id)))
        found |= {number: offer_of(wanted).total for number, wanted in db.execute(rows)}
    return found


def limit_read(platform: str, said: int | None) -> int | None:
    """Marketplace reservations in all that a platform lets through by a limit of its own, which it tells as a session's
    ``online_capacity`` (SPOTS_READ). None: it has no such limit, or did not say.
    """
    return said if Capability.SPOTS_READ in registry.get(platform).capabilities else None


def offer_of(wanted: Mapping[str, Any]) -> Offer:
    """The offer that a row of the outbox keeps."""
    values = {name: value for name, value in wanted.items() if name in OFFER}
    premium = values["premium_rate"]
    values["rate"] = Decimal(values["rate"])
    values["premium_rate"] = None if premium is None else Decimal(premium)
    return Offer(**values)
