"""What of a studio is public, and what has to be said for the rest to be: what page, API and command tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Db

from adapter.marketplace.publishing import AHEAD, on_offer
from adapter.store.calendar import class_types_of, venues_of
from adapter.store.tables import ClassType, PublicActivity, PublicVenue, Publisher, Venue


@dataclass(frozen=True)
class Published:
    """A studio's publishing as it stands."""

    publisher: Publisher | None  # None: nothing of it is public
    classes: int  # on offer in the feed
    venues: Sequence[Venue]
    kinds: Sequence[ClassType]  # those that the public may see
    places: Mapping[int, PublicVenue]  # the addresses given, by venue
    activities: Mapping[int, str]  # what was said, by class type

    @property
    def unplaced(self) -> list[Venue]:
        """Venues without an address: nothing there is published."""
        return [venue for venue in self.venues if venue.id not in self.places]

    @property
    def unworded(self) -> list[ClassType]:
        """Class types of which nobody said what they are: none of them is published."""
        return [kind for kind in self.kinds if kind.id not in self.activities]


def published(db: Db, studio_id: int, now: datetime) -> Published:
    """How a studio's publishing stands."""
    publisher = db.get(Publisher, studio_id)
    venues = venues_of(db, studio_id)
    kinds = [kind for kind in class_types_of(db, studio_id) if not kind.hidden]
    placed = select(PublicVenue).where(PublicVenue.venue_id.in_([venue.id for venue in venues]))
    said = select(PublicActivity).where(PublicActivity.class_type_id.in_([kind.id for kind in kinds]))
    return Published(
        publisher=publisher,
        classes=0 if publisher is None else len(on_offer(db, studio_id, now, now + AHEAD)),
        venues=venues,
        kinds=kinds,
        places={row.venue_id: row for row in db.scalars(placed)},
        activities={row.class_type_id: row.activity for row in db.scalars(said)},
    )
