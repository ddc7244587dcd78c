"""The commands that need the road: decide, replay, push, worker. Resync and events have modules of their own."""

from __future__ import annotations

import json
from typing import Any

import click

from adapter.command_line.asking import ACTOR, connection_argument, connection_named, json_option
from adapter.context import Context
from adapter.showing.currency import priced
from adapter.steering.push_mode import switch_push_mode
from adapter.store.push_health import push_health_of
from adapter.store.tables import Decision, PushMode, Run, RunKind, RunOrigin, RunState
from adapter.work import request_run
from sync.commands.asking import (
    connection_to_call,
    finished,
    tell_run,
)
from sync.deciding.decide import by_todays_model, plan_of, replay, stored
from sync.deciding.verdicts import as_stored
from sync.engine import engine_of
from sync.engine.interrupts import interrupted_by_sigterm, wait_for_interrupt


@click.command()
@connection_argument
@click.option("--explain", "session", type=int, metavar="SESSION", help="Only say why, for this session (our id).")
@json_option
@click.pass_obj
def decide(ctx: Context, connection_id: int, session: int | None, json_wanted: bool) -> None:
    """Decide now for the next 28 days; or say why a session's number is what it is."""
    with ctx.store.write() as db:
        connection_named(db, connection_id)
        if session is None:
            run, _ = request_run(db, RunKind.DECIDE, connection_id, origin=RunOrigin.MANUAL, actor=ACTOR, now=ctx.now())
    if session is None:
        tell_run(finished(ctx, run.id), json_wanted)
        return
    plan = plan_of(ctx, connection_id, now=ctx.now(), only=frozenset({session}), explain_all=True)
    if session not in plan.found:
        raise click.ClickException(f"Session {session} does not start within the next 28 days on this connection.")
    verdict = as_stored(plan.found[session][2])
    _tell_why(verdict, plan.changed[session], plan.connection.currency, json_wanted)


@click.command("replay")
@click.argument("decision_id", metavar="DECISION", type=int)
@click.option("--today", is_flag=True, help="Set it against what the model in use today makes of the same inputs.")
@json_option
@click.pass_obj
def replay_command(ctx: Context, decision_id: int, today: bool, json_wanted: bool) -> None:
    """Make a stored decision again from its stored inputs, and compare byte for byte; or with today's model."""
    with ctx.store.read() as db:
        decision = db.get(Decision, decision_id)
    if decision is None:
        raise click.ClickException(f"There is no decision {decision_id}.")
    if today:
        _tell_beside(as_stored(decision), as_stored(by_todays_model(ctx, decision)), json_wanted)
        return
    again, kept = replay(ctx, decision), stored(decision)
    same = again == kept
    if json_wanted:
        click.echo(json.dumps({"same": same, "stored": json.loads(kept), "replayed": json.loads(again)}, indent=2))
    elif same:
        click.echo(f"The same, byte for byte: {kept.decode()}")
    if not same:
        raise click.ClickException(f"It differs.\nstored   {kept.decode()}\nreplayed {again.decode()}")


@click.command()
@connection_argument
@click.option("--mode", type=click.Choice([mode.value for mode in PushMode]), required=True)
@json_option
@click.pass_obj
def push(ctx: Context, connection_id: int, mode: str, json_wanted: bool) -> None:
    """Switch what is done with decisions: shadow (nothing is pushed), live, or paused (nothing more sells)."""
    with ctx.store.write() as db:
        # Whatever is amiss, selling can be ended: only who begins it needs a platform that can be called.
        connection = (
            connection_to_call(ctx, db, connection_id) if mode == PushMode.LIVE else connection_named(db, connection_id)
        )
        run = switch_push_mode(db, connection, PushMode(mode), actor=ACTOR, now=ctx.now())
    if run is not None:
        finished(ctx, run.id)
        while (after := _next_push(ctx, connection_id)) is not None:
            finished(ctx, after)
    with ctx.store.read() as db:
        waiting = push_health_of(db, connection_id, ctx.now()).waiting
    told = {"connection": connection_id, "mode": mode, "waiting": waiting}
    click.echo(json.dumps(told) if json_wanted else f"Pushing is {mode}.")
    if waiting:
        click.echo(f"{waiting} pushes wait to be sent or confirmed; a running service goes on with them.", err=True)


@click.command()
@click.option("--concurrency", type=click.IntRange(min=1), help="How many runs of a sort at once, if not as usual.")
@click.option("--once", is_flag=True, help="Do what is due, with all that follows from it, and end.")
@click.pass_obj
def worker(ctx: Context, concurrency: int | None, once: bool) -> None:
    """Do scheduled and requested work until interrupted, without serving pages."""
    engine = engine_of(ctx, concurrency)
    if once:
        click.echo(f"Runs done: {engine.run_due()}.", err=True)
        return
    engine.start()
    click.echo("Working until interrupted (Ctrl-C); `adapter runs` tells at what.", err=True)
    with interrupted_by_sigterm():
        wait_for_interrupt()
    click.echo("Finishing what is at work …", err=True)
    engine.stop()


def _next_push(ctx: Context, connection_id: int) -> int | None:
    with ctx.store.read() as db:
        waiting = db.query(Run.id).filter_by(connection_id=connection_id, kind=RunKind.PUSH, state=RunState.QUEUED)
        found = waiting.filter(Run.due_at <= ctx.now()).first()
    return None if found is None else found[0]


def _tell_beside(then: dict[str, Any], today: dict[str, Any], json_wanted: bool) -> None:
    differing = {name: (then[name], today[name]) for name in then if then[name] != today[name]}
    if json_wanted:
        click.echo(json.dumps({"decided": then, "today": today, "differing": list(differing)}, indent=2))
    elif differing:
        click.echo("Today's model makes of the same inputs (decided, today):")
        for name, pair in differing.items():
            click.echo(f"  {name:<18} " + "   ".join("-" if value is None else str(value) for value in pair))
    else:
        click.echo("Today's model makes the same of it.")


def _tell_why(verdict: dict[str, Any], explanation: dict[str, Any], currency: str, json_wanted: bool) -> None:
    if json_wanted:
        click.echo(json.dumps({"decision": verdict, "explanation": explanation}, indent=2, default=str))
        return
    click.echo(f"{verdict['spots']} spots at {verdict['rate']} {currency} ({verdict['binding'] or verdict['reason']})")
    for part in explanation["parts"]:
        click.echo(f"  {part['value']:+5} {part['label']}")
    for part in explanation["rate_parts"]:
        click.echo(f"  rate: {part['value']} {part['label']}")
    if verdict["spots"] and "sold" in explanation:
        click.echo(f"  Expected to sell of these {verdict['spots']}: {explanation['sold']}")
    if explanation.get("unsure"):
        click.echo(f"  Careful, since {', '.join(explanation['unsure'])}")
    if explanation["one_more"]:
        one_more = priced(explanation["one_more"], lambda amount: f"{amount} {currency}")
        click.echo(f"  One more would take: {one_more}")
    if explanation.get("higher_rate"):
        click.echo(f"  A higher rate would take: {explanation['higher_rate']}")


COMMANDS: tuple[click.Command, ...] = (decide, replay_command, push, worker)
