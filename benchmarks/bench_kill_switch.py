"""The kill switch against its limit: 60 seconds until 500 listed classes sell nothing more, while a pull is going on.

The sandbox runs as a process of its own; every fifth class has a cap that the studio set itself before ours. Prints the
seconds, and the share of the limit that was used. Run: python benchmarks/bench_kill_switch.py
"""

from __future__ import annotations

import csv
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from adapter.compose import compose
from adapter.config import load_config
from adapter.connecting.login import connect_with_login
from adapter.connecting.opening import open_connection
from adapter.context import Context
from adapter.logs import configure_logs
from adapter.people.accounts import create_studio
from adapter.steering.push_mode import switch_push_mode
from adapter.store.settings import change_settings
from adapter.store.tables import (
    Connection,
    Push,
    PushMode,
    PushState,
    Run,
    RunKind,
    RunOrigin,
    RunState,
    Scope,
    Session,
)
from adapter.work import request_run
from connectors import registry
from connectors.platform import OfferPush, ReadBack
from connectors.records import Offer
from sync.demo.sandbox import Sandbox, running_sandbox
from sync.engine import engine_of

LIMIT = 60.0  # seconds
LOOK_EVERY = 0.1  # seconds
LISTED = 500  # classes
A_DAY = 24
PLATFORM = "sandbox"
HEADER = ("ActivitySiteID", "ActivityDescription", "BookingEndDateTime (Month / Day / Year)")
COUNTS = ("BookingStartTime", "MaxBookees", "Number Booked")


def main() -> int:
    """0 where it stays under the limit and the platform holds what it should."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = stack.enter_context((folder / "log").open("a"))
        configure_logs(to=log)
        history = write_history(folder / "history.csv")
        sandbox = stack.enter_context(running_sandbox("--history", str(history), "--studios", "1", log=log))
        ctx, connection_id = connected(folder, sandbox)
        own = go_live(ctx, connection_id)
        seconds, held = stop_selling(ctx, connection_id)
        wrong = sum(held[session].limit != limit for session, limit in own.items())
        sold = sum(bool(each.limit) for session, each in held.items() if session not in own)
    print(f"{len(held)} classes, {len(own)} with a cap of their own: {wrong} not given back, {sold} still listed")
    print(f"kill switch: {seconds:.1f} s of {LIMIT:.0f} s allowed, ratio {seconds / LIMIT:.2f} (must stay below 1)")
    return 0 if seconds < LIMIT and len(held) >= LISTED and not wrong and not sold else 1


def write_history(path: Path) -> Path:
    """A large studio: 24 classes a day, none of which anybody booked through a marketplace."""
    last = datetime.now(UTC).date()
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow((*HEADER, *COUNTS))
        for back in range(1, 29):
            day: date = last - timedelta(days=back)
            for slot in range(A_DAY):
                start = f"{6 + slot // 2:02}:{30 * (slot % 2):02}"
                lines.writerow(("HALL", f"Class {slot}", day.isoformat(), start, 20, 4 + slot % 3))
    return path


def connected(folder: Path, sandbox: Sandbox) -> tuple[Context, int]:
    """A studio connected by its staff login, mirrored, its rates agreed."""
    site = sandbox.studio(PLATFORM)
    settings = sandbox.settings(PLATFORM) | {
        "STAFF_USER": site["owner_login"],
        "STAFF_PASSWORD": site["owner_password"],
    }
    environment = {f"ADAPTER_SANDBOX_{name}": value for name, value in settings.items()}
    instance = {"ADAPTER_INSTANCE": str(folder / "instance"), "ADAPTER_ALLOW_PRIVATE_ADDRESSES": "on"}
    ctx = compose(load_config(environment | instance, folder=folder))
    with ctx.store.write() as db:
        studio = create_studio(db, site["name"], timezone=site["timezone"], currency=site["currency"], now=ctx.now())
        rates = {"rate_floor": Decimal(4), "rate_ceiling": Decimal(12), "retail_rate": Decimal(14)}
        change_settings(db, studio.id, Scope.STUDIO, 0, rates, actor="bench", now=ctx.now())
    row = connect_with_login(ctx, registry.get(PLATFORM), studio_id=studio.id, site=str(site["id"]))
    engine_of(ctx).run_due()
    return ctx, row.id


def go_live(ctx: Context, connection_id: int) -> dict[str, int]:
    """Push everything, after the studio has set caps of its own; those, by session."""
    with ctx.store.read() as db:
        wanted = select(Session.external_id).where(Session.starts_at > ctx.now() + timedelta(hours=1))
        coming = db.scalars(wanted.order_by(Session.starts_at).limit(LISTED)).all()
    own = {session: 1 + number % 3 for number, session in enumerate(coming[::5])}
    with offers(ctx, connection_id) as (push, api):
        for session, cap in own.items():
            push.send(api, own_cap(session, cap, api.site.currency), f"own-{session}")
    switch(ctx, connection_id, PushMode.LIVE)
    engine_of(ctx).run_due()
    return own


def own_cap(session: str, cap: int, currency: str) -> Offer:
    """What a studio set by hand."""
    return Offer(
        session_id=session,
        sequence=1,
        limit=cap,
        rate=Decimal(9),
        premium_limit=0,
        premium_rate=None,
        currency=currency,
    )


def stop_selling(ctx: Context, connection_id: int) -> tuple[float, dict[str, ReadBack]]:
    """Pause while a pull is at work; seconds until all is read back, and what the platform holds then."""
    with ctx.store.write() as db:
        asked: dict[str, Any] = {"origin": RunOrigin.MANUAL, "actor": "bench", "now": ctx.now()}
        request_run(db, RunKind.RESYNC, connection_id, **asked)
    engine = engine_of(ctx)
    engine.start()
    try:
        wait_for(lambda: is_under_way(ctx))
        began = time.monotonic()
        switch(ctx, connection_id, PushMode.PAUSED)
        wait_for(lambda: is_over(ctx))
        seconds = time.monotonic() - began
    finally:
        engine.stop()
    with offers(ctx, connection_id) as (push, api):
        return seconds, dict(push.read_all(api)) if push.read_all else {}


def wait_for(come: Callable[[], bool]) -> None:
    """Until it is so, or twice the limit has passed."""
    until, pause = time.monotonic() + 2 * LIMIT, threading.Event()
    while not come() and time.monotonic() < until:
        pause.wait(LOOK_EVERY)


def is_under_way(ctx: Context) -> bool:
    """Whether the pull has written something."""
    with ctx.store.read() as db:
        pulled = select(Run.id).where(Run.kind == RunKind.RESYNC, Run.state == RunState.RUNNING, Run.done > 0)
        return db.scalar(pulled) is not None


def is_over(ctx: Context) -> bool:
    """Whether the kill switch has been carried out and read back everywhere."""
    with ctx.store.read() as db:
        states = dict(db.execute(select(Push.state, func.count()).where(Push.urgent).group_by(Push.state)).all())
    return bool(states) and set(states) == {PushState.CONFIRMED}


def switch(ctx: Context, connection_id: int, mode: PushMode) -> None:
    """As the button does."""
    with ctx.store.write() as db:
        switch_push_mode(db, db.get_one(Connection, connection_id), mode, actor="bench", now=ctx.now())
    ctx.wake_engine()


@contextmanager
def offers(ctx: Context, connection_id: int) -> Iterator[tuple[OfferPush, Any]]:
    """The platform's own way to its offers."""
    push = registry.get(PLATFORM).offers
    if push is None:
        raise SystemExit("the sandbox takes no offers")
    with open_connection(ctx, connection_id) as api:
        yield push, api


if __name__ == "__main__":
    sys.exit(main())
