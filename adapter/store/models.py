"""Models that a studio has, as rows: where they lie on disk is known in sync/deciding/models.py."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.store.tables import Model


def latest_model(db: Database, studio_id: int) -> Model | None:
    """The model that decides for a studio now; None: the plain rule does."""
    return db.scalar(select(Model).where(Model.studio_id == studio_id).order_by(Model.id.desc()).limit(1))
