"""Pages as last worked out: a large studio's would take too long at each visit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from adapter.store.tables.base import Base, Json


class KeptPage(Base):
    """What a studio's page of this name shows. Only ever a copy: it may be thrown away."""

    __tablename__ = "kept_page"

    studio_id: Mapped[int] = mapped_column(ForeignKey("studio.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    seconds: Mapped[float]  # how long it took
    content: Mapped[dict[str, Any]] = mapped_column(Json)
