"""Deciding: every upcoming session, by the model and our limits; what changed is kept, with its reasons, and sent on.

A decision and its row in the outbox are one transaction. A decision that changes nothing leaves no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Database

from adapter.context import Context
from adapter.marketplace.feed import announce
from adapter.marketplace.offering import premium_sold
from adapter.store.facts import facts_of_connection
from adapter.store.mirror import Counts
from adapter.store.models import latest_model
from adapter.store.overrides import Wishes, wishes_of
from adapter.store.tables import Connection, Decision, Model, Push, PushState, Run, TotalWrite
from connectors.errors import TryAgain
from connectors.records import Offer
from sync.deciding import models, opportunities
from sync.deciding.candidates import Candidate, candidates, unpriced
from sync.deciding.explaining import explanations
from sync.deciding.inputs import Inputs, canonical, inputs_of
from sync.deciding.verdicts import Verdict, as_stored, paces, stored_standing, verdicts
from sync.engine.job import Job
from sync.pulling import windows
from sync.pushing import outbox, totals
from sync.pushing.wanted import wanted_of

MOST_PLANS = 5


class _Overtaken(Exception):
    """Pushing was switched while it was decided."""


@dataclass(frozen=True)
class Plan:
    """What was found at one instant: candidates, their inputs and verdicts, and why, for those that changed."""

    connection: Connection
    model: Model | None
    at: datetime
    found: Mapping[int, tuple[Candidate, Inputs, Verdict]]
    changed: Mapping[int, Any]  # our session id -> explanation

    @property
    def counts(self) -> Counts:
        """Sessions looked at, and what became of them."""
        new = sum(self.found[number][0].last is None for number in self.changed)
        changed = len(self.changed)
        return Counts(len(self.found), new, changed - new, len(self.found) - changed)


def decide_run(ctx: Context, run: Run) -> None:
    """Decide for a connection's upcoming sessions as the run asks."""
    job = Job.of(ctx, run)
    decide(ctx, job.connection_id, now=ctx.now(), job=job)


def close(ctx: Context, job: Job) -> Counts:
    """Where pushing is paused or off: decide at once that nothing is listed. Asks no model and waits for no pull."""
    return decide(ctx, job.connection_id, now=ctx.now(), job=job, closed_only=True)


def decide(
    ctx: Context,
    connection_id: int,
    *,
    now: datetime,
    job: Job | None = None,
    only: frozenset[int] | None = None,
    closed_only: bool = False,
) -> Counts:
    """Decide for every session of the next 28 days, or for ``only`` these; keep and send on what changed."""
    if job is not None:
        job.say("deciding")
    for _ in range(MOST_PLANS):
        plan = plan_of(ctx, connection_id, now=now, only=only, closed_only=closed_only)
        try:
            counts = _kept(ctx, plan, job)
        except _Overtaken:
            continue  # pushing was switched while it was decided: what was found may not hold any more
        opportunities.refresh(ctx, plan.connection, plan.at, plan.found)
        return counts
    raise TryAgain("pushing was switched again and again")


def plan_of(
    ctx: Context,
    connection_id: int,
    *,
    now: datetime,
    only: frozenset[int] | None = None,
    closed_only: bool = False,
    explain_all: bool = False,
    wishes: Wishes | None = None,
) -> Plan:
    """What would be decided now, or if the studio had other ``wishes``; nothing is written."""
    with ctx.store.read() as db:
        connection = db.get_one(Connection, connection_id)
        wishes = wishes or wishes_of(db, connection.studio_id)
        span = {"since": now, "until": now + windows.HORIZON}
        facts = facts_of_connection(db, connection_id, **span, only=only, settings=wishes.settings)
        found = candidates(db, connection, facts, now, wishes=wishes, only=only)
        standing = {each.session.id: each for each in found}
        model = latest_model(db, connection.studio_id)
    if closed_only:
        standing = {number: each for number, each in standing.items() if each.is_closed}
    asked = not all(each.is_closed for each in standing.values())
    digest = None if model is None or not asked else models.readable(ctx.config, model.digest)
    tools = models.load_tools(ctx.config, digest)
    every = inputs_of(now, facts, digest)
    pace = _told_before(standing) if only is not None else paces(tools, now, facts, unpriced(facts)) if asked else {}
    inputs = {n: every[n] | {"pace": pace.get(n)} | _beside(each) for n, each in standing.items()}
    decided = verdicts(tools, inputs)
    changed = [number for number, each in standing.items() if explain_all or _differs(each, decided[number])]
    told = explanations(tools, {number: inputs[number] for number in changed}, decided)
    triples = {number: (each, inputs[number], decided[number]) for number, each in standing.items()}
    return Plan(connection, model, now, triples, told)


def replay(ctx: Context, decision: Decision) -> bytes:
    """A stored decision again, from its stored inputs: equal to ``stored`` byte for byte (INV-10)."""
    tools = models.load_tools(ctx.config, decision.inputs["model"])
    return canonical(as_stored(verdicts(tools, {decision.session_id: decision.inputs})[decision.session_id]))


def by_todays_model(ctx: Context, decision: Decision) -> Verdict:
    """What the model in use today makes of the inputs that a stored decision was made from (N-07)."""
    with ctx.store.read() as db:
        model = latest_model(db, db.get_one(Connection, decision.connection_id).studio_id)
    digest = None if model is None else models.readable(ctx.config, model.digest)
    tools = models.load_tools(ctx.config, digest)
    return verdicts(tools, {decision.session_id: decision.inputs})[decision.session_id]


def stored(decision: Decision) -> bytes:
    """A decision as it is kept, in the form that ``replay`` answers."""
    return canonical(as_stored(decision))


def _told_before(standing: Mapping[int, Candidate]) -> dict[int, list[float | None] | None]:
    """The pace of sessions that are looked at alone: as all the others told it at the last whole run."""
    return {number: each.last.inputs.get("pace") for number, each in standing.items() if each.last is not None}


def _beside(candidate: Candidate) -> Inputs:
    """What the limits were told, beside the model's tables."""
    return ({"model": None} if candidate.is_closed else {}) | {
        "standing": stored_standing(candidate.standing),
        "skip": candidate.skip,
        "marketplace": candidate.marketplace,
        "premium": _premium(candidate),
        "premium_chosen": candidate.standing.premium,
        "weighed": True,  # risk and value are told of what is listed; decisions of before told of what was proposed
        "last_rate": None if candidate.last is None else str(candidate.last.rate),
    }


def _premium(candidate: Candidate) -> int:
    """How many of the marketplace's reservations are premium ones."""
    last, known = candidate.last, candidate.premium
    if last is None or last.shadow:
        return known
    before = last.inputs.get("premium", 0)
    return premium_sold(candidate.marketplace, known, before, last.limit, last.premium_limit)


def _differs(candidate: Candidate, verdict: Verdict) -> bool:
    last = candidate.last
    if last is None:
        return True
    before = replace(verdict, **{name: getattr(last, name) for name in as_stored(verdict)})
    return before.told != verdict.told or last.shadow != _is_shadow(candidate.shadow, verdict)


def _is_shadow(shadow: bool, verdict: Verdict) -> bool:
    """A withdrawal is carried out though pushing is off: what is listed no longer may be."""
    return shadow and verdict.binding != "withdrawn"


def _kept(ctx: Context, plan: Plan, job: Job | None) -> Counts:
    """Keep what changed, in one transaction."""

    def keep(db: Database) -> Counts:
        mode = select(Connection.push_mode).where(Connection.id == plan.connection.id).with_for_update()
        if db.scalar(mode) is not plan.connection.push_mode:
            raise _Overtaken
        written = totals.written(db, plan.connection.id)
        needs = _totals(plan, written)
        totals.note_needs(written, needs)
        _keep(db, plan, needs)
        return plan.counts

    if job is not None:
        return job.commit("decisions", keep, done=len(plan.found))
    with ctx.store.write() as db:
        return keep(db)


def _keep(db: Database, plan: Plan, needs: Mapping[int, int | None]) -> None:
    """The decisions, and for those that are to take effect a push in place of what waits."""
    overtaken = _overtaken(db, plan)
    decisions = {number: _decision(plan, number) for number in plan.changed if number not in overtaken}
    db.add_all(decisions.values())
    db.flush()
    real = {number: row for number, row in decisions.items() if not row.shadow}
    outbox.supersede(db, real.keys(), plan.at)
    standing = outbox.may_stand(db, real.keys())
    for number, row in real.items():
        if row.spots + row.premium_spots > 0 or number in standing:  # else the platform never heard of it (SS-20)
            db.add(_push(plan, number, row, needs[number]))
    announce(db, decisions, plan.at)


def _overtaken(db: Database, plan: Plan) -> set[int]:
    """Sessions for which somebody has decided since they were looked at: what that one knew is newer."""
    newest = select(Decision.session_id, func.max(Decision.sequence)).where(Decision.session_id.in_(plan.changed))
    known = {number: last.sequence for number in plan.changed if (last := plan.found[number][0].last) is not None}
    there = dict(db.execute(newest.group_by(Decision.session_id)).all())
    return {number for number in plan.changed if there.get(number) != known.get(number)}


def _decision(plan: Plan, number: int) -> Decision:
    candidate, inputs, verdict = plan.found[number]
    return Decision(
        connection_id=plan.connection.id,
        session_id=number,
        sequence=1 if candidate.last is None else candidate.last.sequence + 1,
        at=plan.at,
        model_id=None if plan.model is None or inputs["model"] is None else plan.model.id,
        currency=plan.connection.currency,
        shadow=_is_shadow(candidate.shadow, verdict),
        inputs=inputs,
        explanation=plan.changed[number],
        **{name: getattr(verdict, name) for name in as_stored(verdict)},
    )


def _push(plan: Plan, number: int, decision: Decision, total: int | None) -> Push:
    candidate = plan.found[number][0]
    offer = Offer(
        session_id=candidate.session.external_id,
        sequence=decision.sequence,
        limit=decision.limit,
        rate=decision.rate,
        premium_limit=decision.premium_limit,
        premium_rate=decision.premium_rate,
        currency=decision.currency,
    )
    return Push(
        connection_id=decision.connection_id,
        session_id=decision.session_id,
        decision_id=decision.id,
        idempotency_key=f"offer-{decision.connection_id}-{decision.session_id}-{decision.sequence}",
        wanted=wanted_of(offer, total=total),
        urgent=candidate.is_closed,
        state=PushState.PENDING,
        next_try_at=plan.at,
        created_at=plan.at,
    )


def _totals(plan: Plan, rows: Mapping[int, TotalWrite]) -> dict[int, int | None]:
    """The online capacity of each session for platforms that take nothing else, by our session id."""
    return {
        number: totals.total_of(
            candidate.session,
            taken=candidate.active,
            listed=verdict.spots + verdict.premium_spots,
            expected_direct=verdict.expected_direct,
            own=rows[number].before if number in rows else candidate.session.online_capacity,
        )
        for number, (candidate, _, verdict) in plan.found.items()
    }
