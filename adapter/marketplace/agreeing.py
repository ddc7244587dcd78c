"""What a studio agreed to publish: under which name, where its venues are, what its classes are. Audited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session as Db

from adapter.marketplace.activities import ACTIVITIES
from adapter.store.audit import note_studio
from adapter.store.tables import ClassType, Connection, PublicActivity, PublicVenue, Publisher, Venue

ADDRESS = ("street", "locality", "region", "postal_code", "country")
"""The fields of an address."""


class PublishRefused(ValueError):
    """It can't be published like that; the message says why. ``fields``: those that are wrong."""

    def __init__(self, why: str, *fields: str) -> None:
        super().__init__(why)
        self.fields = fields


def agree_to_publish(db: Db, studio_id: int, organizer: str, url: str, *, actor: str, now: datetime) -> None:
    """From now on, what the studio has on offer is public. Raises PublishRefused."""
    right = {"organizer": organizer.strip(), "url": re.fullmatch(r"https?://[^\s/]+\.[^\s/]+(/\S*)?", url)}
    if wrong := [name for name, given in right.items() if not given]:
        raise PublishRefused("Give the name under which the studio is known, and its page as https://…", *wrong)
    row = db.get(Publisher, studio_id) or Publisher(studio_id=studio_id, since=now)
    row.organizer, row.url, row.agreed_by = organizer.strip(), url, actor
    db.add(row)
    note_studio(db, studio_id, "open_data.on", {"organizer": row.organizer, "url": url}, actor=actor, now=now)


def stop_publishing(db: Db, studio_id: int, *, actor: str, now: datetime) -> None:
    """Nothing of the studio is public any more."""
    row = db.get(Publisher, studio_id)
    if row is not None:
        db.delete(row)
        db.flush()
        note_studio(db, studio_id, "open_data.off", {}, actor=actor, now=now)


def place_venue(
    db: Db, studio_id: int, venue_id: int, address: Mapping[str, str], *, actor: str, now: datetime
) -> None:
    """Say where a venue is. Raises PublishRefused."""
    _own(db, studio_id, db.get(Venue, venue_id), f"venue {venue_id}")
    country = re.fullmatch("[A-Z]{2}", address["country"])
    wrong = [name for name, text in address.items() if not text.strip() or (name == "country" and not country)]
    if wrong:
        raise PublishRefused("An address has street, locality, region, postcode and a country such as GB.", *wrong)
    row = db.get(PublicVenue, venue_id) or PublicVenue(venue_id=venue_id)
    for name, text in address.items():
        setattr(row, name, text.strip())
    db.add(row)
    note_studio(db, studio_id, "open_data.venue", {"venue": venue_id, **address}, actor=actor, now=now)


def word_class(db: Db, studio_id: int, class_type_id: int, activity: str, *, actor: str, now: datetime) -> None:
    """Say what a class type is. Raises PublishRefused."""
    _own(db, studio_id, db.get(ClassType, class_type_id), f"class type {class_type_id}")
    if activity not in ACTIVITIES:
        raise PublishRefused(f"{activity}: no activity that we know; there are {', '.join(sorted(ACTIVITIES))}.")
    row = db.get(PublicActivity, class_type_id) or PublicActivity(class_type_id=class_type_id)
    row.activity = activity
    db.add(row)
    note_studio(
        db, studio_id, "open_data.class", {"class_type": class_type_id, "activity": activity}, actor=actor, now=now
    )


def _own(db: Db, studio_id: int, row: Venue | ClassType | None, what: str) -> None:
    if row is None or db.get_one(Connection, row.connection_id).studio_id != studio_id:
        raise PublishRefused(f"Studio {studio_id} has no {what}.")
