"""Training: what a studio's finished sessions teach, kept as a model with its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.smarttools import SmartTools
from adapter.smarttools.facts import Floats
from adapter.smarttools.frames import NEEDED
from adapter.store.campaigns import spotlights_of, unlit
from adapter.store.facts import COLUMNS, Facts, facts_of_connection
from adapter.store.mirror import Counts
from adapter.store.models import latest_model
from adapter.store.tables import Connection, Model, Run
from sync.deciding import models
from sync.engine.job import Job

LOOK_BACK = timedelta(weeks=104)
HELD_OUT = timedelta(weeks=2)
CLEARLY = 1.05  # times the old model's error: it may have seen some of the weeks that are held out from the new one
FEWEST_TO_TELL = 30  # sessions: fewer can neither be held back from nor stand for all that are left out


def train_run(ctx: Context, run: Run) -> None:
    """Train the model of a run's studio."""
    job = Job.of(ctx, run)
    job.say("learning from past classes")
    model = train(ctx, job.connection.studio_id, now=ctx.now())
    learned = 0 if model is None else int(model.card["sessions"])
    job.commit("sessions learned from", lambda _: Counts(read=learned, new=learned), done=learned)


def train(ctx: Context, studio_id: int, *, now: datetime) -> Model | None:
    """Fit on the studio's finished sessions of all its connections; None: none yet, the plain rule goes on.

    The same data gives the same digest; then the row that is there stays. It stays too where a model that learned in
    the same way from all but the last two weeks foretells those clearly worse than it does.
    """
    with ctx.store.read() as db:
        facts, spotlit = learnable(db, studio_id, since=now - LOOK_BACK, until=now)
        latest = latest_model(db, studio_id)
    if facts["sessions"].empty:
        return None
    shown = held_out(facts, _in_use(ctx, latest), now)
    if latest is not None and not beats(shown):
        return latest
    digest = models.keep_model(ctx.config, SmartTools().fit(**facts))
    with ctx.store.write() as db:
        latest = latest_model(db, studio_id)
        if latest is not None and latest.digest == digest:
            return latest
        card = card_of(facts) | {"held_out": shown, "spotlit": spotlit}
        model = Model(studio_id=studio_id, trained_at=now, digest=digest, folder=digest, card=card)
        db.add(model)
    return model


def _in_use(ctx: Context, latest: Model | None) -> SmartTools | None:
    """The model to beat; one that can't be read any more is beaten."""
    digest = None if latest is None else models.readable(ctx.config, latest.digest)
    return None if digest is None else models.load_tools(ctx.config, digest)


def held_out(facts: Facts, old: SmartTools | None, now: datetime) -> dict[str, Any] | None:
    """How the last two weeks look to who learned from what came before; None: too little history to hold anything back.

    ``error`` and ``bias`` in reservations a session, ``calibration`` (told and come, by fifths of what was told), and
    the share of sessions ``inside`` the middle 80 % of their forecast. ``old``: the model in use, which may have seen
    some of them.
    """
    sessions = facts["sessions"][~facts["sessions"]["cancelled"]]
    before = sessions["starts_at"] < now - HELD_OUT
    known, late = sessions[before], sessions[~before]
    if len(known) < FEWEST_TO_TELL or late.empty:
        return None
    part = {
        name: facts[name][facts[name]["session_id"].isin(known["session_id"])] for name in ("reservations", "offers")
    }
    fresh = SmartTools().fit(facts["studios"], known, **part)
    booked = facts["reservations"]
    stood = booked[(booked["channel"] == "direct") & booked["outcome"].isin(["booked", "attended", "no_show"])]
    came = late["session_id"].map(stood.groupby("session_id").size()).fillna(0).to_numpy(dtype=np.float64)

    places = late["capacity"].to_numpy(dtype=np.float64)

    def usual(tools: SmartTools) -> Floats:
        return np.asarray(np.minimum(tools.usual(facts["studios"], late), places))

    def error(tools: SmartTools) -> float:
        return round(float(np.abs(usual(tools) - came).mean()), 4)

    told, (low, high) = usual(fresh), fresh.usual_range(facts["studios"], late)
    inside = (np.minimum(low, places) <= came) & (came <= high)
    fifths = [part for part in np.array_split(np.argsort(told, kind="stable"), 5) if len(part)]
    shown = {
        "sessions": len(late),
        "error": error(fresh),
        "bias": round(float((told - came).mean()), 4),
        "inside": round(float(inside.mean()), 4),
        "calibration": [[round(float(each[part].mean()), 2) for each in (told, came)] for part in fifths],
    }
    return shown | ({} if old is None else {"error_before": error(old)})


def beats(shown: Mapping[str, Any] | None) -> bool:
    """Whether a new model takes the place of the old: unless that one does clearly better on the weeks held out."""
    return shown is None or "error_before" not in shown or shown["error"] <= CLEARLY * shown["error_before"]


def learnable(db: Database, studio_id: int, *, since: datetime, until: datetime) -> tuple[Facts, int]:
    """What a model is to learn from, and how many sessions are left out of it since a campaign placed them (SP-02).

    Where too few would be left they are kept: a model of confounded weeks is better than none.
    """
    ids = db.scalars(select(Connection.id).where(Connection.studio_id == studio_id).order_by(Connection.id)).all()
    each = {number: facts_of_connection(db, number, since=since, until=until) for number in ids}
    campaigns = spotlights_of(db, studio_id)
    every = finished(together(list(each.values())))
    if not campaigns.spans:
        return every, 0
    clear = finished(together([unlit(facts, campaigns, number) for number, facts in each.items()]))
    if len(clear["sessions"]) < FEWEST_TO_TELL:
        return every, 0
    return clear, len(every["sessions"]) - len(clear["sessions"])


def together(each: Sequence[Facts]) -> Facts:
    """The tables of all connections of a studio as one."""
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
    """What a model was trained on, and with what: every column it can see (SR-04), what there was of each signal."""
    starts = facts["sessions"]["starts_at"]
    return {
        "inputs": {name: list(columns) for name, columns in NEEDED.items()},
        "signals": _signals(facts),
        "from": starts.min().isoformat(),
        "to": starts.max().isoformat(),
        "sessions": len(starts),
        "reservations": len(facts["reservations"]),
        "versions": {"numpy": np.__version__, "pandas": pd.__version__, "scikit-learn": version("scikit-learn")},
    }


def _signals(facts: Facts) -> dict[str, float]:
    """What history there was of each of the six signals (SS-10); availability is counted anew at each decision."""
    sessions, booked = facts["sessions"], facts["reservations"]
    timed = booked["booked_at"].notna()
    sold = booked["channel"] == "marketplace"
    return {
        "availability": 0,
        "booking_patterns": int(timed.sum()),
        "capacity": int(sessions["capacity"].nunique()),
        "popularity": int(sessions["template_id"].nunique()),
        "season": round(float((sessions["starts_at"].max() - sessions["starts_at"].min()) / timedelta(weeks=1)), 1),
        "velocity_direct": int((timed & ~sold).sum()),
        "velocity_marketplace": int((timed & sold).sum()),
    }
