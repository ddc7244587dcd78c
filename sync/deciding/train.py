"""Training: what a studio's finished sessions teach, kept as a model with its card."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.smarttools import SmartTools
from adapter.store.facts import COLUMNS, Facts, facts_of_connection
from adapter.store.mirror import Counts
from adapter.store.tables import Connection, Model, Run
from sync.deciding import models
from sync.engine.job import Job

LOOK_BACK = timedelta(weeks=104)
FEWEST_SESSIONS = 30  # with fewer the plain rule is as good, and says that it is one


def train_run(ctx: Context, run: Run) -> None:
    """Train the model of a run's studio."""
    job = Job.of(ctx, run)
    job.say("learning from past classes")
    model = train(ctx, job.connection.studio_id, now=ctx.now())
    learned = 0 if model is None else int(model.card["sessions"])
    job.commit("sessions learned from", lambda _: Counts(read=learned, new=learned))


def train(ctx: Context, studio_id: int, *, now: datetime) -> Model | None:
    """Fit on the studio's finished sessions of all its connections; None: too few yet, the plain rule goes on.

    The same data gives the same digest; then the row that is there stays.
    """
    with ctx.store.read() as db:
        facts = finished(facts_of_studio(db, studio_id, since=now - LOOK_BACK, until=now))
    if len(facts["sessions"]) < FEWEST_SESSIONS:
        return None
    digest = models.keep_model(ctx.config, SmartTools().fit(**facts))
    with ctx.store.write() as db:
        latest = models.latest_model(db, studio_id)
        if latest is not None and latest.digest == digest:
            return latest
        card = card_of(facts)
        model = Model(studio_id=studio_id, trained_at=now, digest=digest, folder=digest, card=card)
        db.add(model)
    return model


def facts_of_studio(db: Database, studio_id: int, *, since: datetime, until: datetime) -> Facts:
    """The tables of all connections of a studio, together."""
    ids = db.scalars(select(Connection.id).where(Connection.studio_id == studio_id).order_by(Connection.id))
    each = [facts_of_connection(db, number, since=since, until=until) for number in ids]
    whole = {name: pd.concat([facts[name] for facts in each], ignore_index=True) for name in COLUMNS}
    whole["studios"] = whole["studios"].drop_duplicates("studio_id", ignore_index=True)
    return whole


def finished(facts: Facts) -> Facts:
    """Only sessions that a model can learn from: with a capacity and with a price."""
    sessions = facts["sessions"]
    usable = sessions["capacity"].notna() & (sessions["retail_rate"] > 0)
    usable &= ~(sessions["rate_floor"] > sessions["rate_ceiling"])
    kept = sessions[usable].reset_index(drop=True)
    parts = {
        name: facts[name][facts[name]["session_id"].isin(kept["session_id"])] for name in ("reservations", "offers")
    }
    return {**facts, "sessions": kept, **{name: part.reset_index(drop=True) for name, part in parts.items()}}


def card_of(facts: Facts) -> dict[str, Any]:
    """What a model was trained on, and with what."""
    starts = facts["sessions"]["starts_at"]
    return {
        "from": starts.min().isoformat(),
        "to": starts.max().isoformat(),
        "sessions": len(starts),
        "reservations": len(facts["reservations"]),
        "versions": {"numpy": np.__version__, "pandas": pd.__version__, "scikit-learn": version("scikit-learn")},
    }
