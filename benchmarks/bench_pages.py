"""How long every page takes to answer at a studio of 50 venues with a year of data: to its owner, and to support.

Through the application, without a network; the limit is 200 ms at the 95th percentile. The studio is made anew, which
takes minutes, or found in a folder; with fewer venues it is made sooner, and the figures say nothing.
Run: python -m benchmarks.bench_pages [--in FOLDER] [--rounds N] [--page NAME] [--venues N]
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

import structlog
from flask.testing import FlaskClient
from sqlalchemy import func, select

from adapter.app import create_app
from adapter.operating.collector import settle_collector
from adapter.people.accounts import sign_in_link
from adapter.store.tables import Run, Session
from benchmarks.large_studio import Made, large_studio
from benchmarks.large_year import LIVELY, NOW, VENUES

LIMIT = 0.2  # seconds
ROUNDS = 20


def pages_of(made: Made) -> Iterator[tuple[str, str]]:
    """Every page that is read, by its name. A name with a dash is a page asked for in another way."""
    with made.ctx.store.read() as db:
        session = db.scalars(
            select(Session.id).where(Session.starts_at > NOW + timedelta(days=2)).order_by(Session.starts_at).limit(1)
        ).one()
        past = db.scalars(
            select(Session.id).where(Session.starts_at < NOW - timedelta(days=2)).order_by(Session.starts_at.desc())
        ).first()
        run = db.scalar(select(func.max(Run.id)))
    studio, connection = f"/studios/{made.studio}", f"/connections/{made.connection}"
    then = (NOW - timedelta(days=LIVELY // 3)).strftime("%Y-%m-%dT%H:%M")
    year = f"from={NOW - timedelta(days=92):%Y-%m-%d}&to={NOW:%Y-%m-%d}"
    yield "today", f"{studio}/today"
    yield "today-then", f"{studio}/today?as_of={then}"
    yield "calendar", studio
    yield "calendar-day", f"{studio}?day={NOW + timedelta(days=3):%Y-%m-%d}"
    yield "calendar-then", f"{studio}?as_of={then}"
    yield "class", f"/sessions/{session}"
    yield "class-over", f"/sessions/{past}"
    lately = (NOW - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")  # a class of the day after tomorrow was known then
    yield "class-then", f"/sessions/{session}?as_of={lately}"
    yield "timeline", f"/sessions/{session}/timeline"
    yield "opportunities", f"{studio}/opportunities"
    yield "spotlight", f"{studio}/spotlight"
    yield "by-hand", f"{studio}/by-hand"
    yield "payouts", f"{studio}/payouts"
    yield "payouts-then", f"{studio}/payouts?as_of={then}"
    yield "payouts-quarter", f"{studio}/payouts?{year}"
    yield "payouts-quarter-then", f"{studio}/payouts?{year}&as_of={then}"
    yield "guarantee", f"{studio}/guarantee"
    yield "connections", f"{studio}/connect"
    yield "connection", connection
    yield "connection-then", f"{connection}?as_of={then}"
    yield "diagnosis", f"{connection}/diagnosis"
    yield "run", f"/runs/{run}"
    yield "settings", f"{studio}/settings"
    yield "settings-venue", f"{studio}/settings?of=venue-7"
    yield "people", f"{studio}/people"
    yield "log", f"{studio}/audit"
    yield "number", f"/sessions/{session}/number?of=session.direct"
    yield "record", f"{studio}/record?kind=session&id={session}"
    yield "desk", "/desk"
    yield "desk-found", "/desk?q=Fifty"
    yield "account", "/account"


def measured(client: FlaskClient, path: str, rounds: int) -> tuple[int, float, float]:
    """The page's status, the seconds of its first visit, and those of 19 in 20 later ones."""
    first, *later = [_seconds(client, path) for _ in range(rounds + 1)]
    return first[0], first[1], quantiles([seconds for _, seconds in later], n=20, method="inclusive")[-1]


def _seconds(client: FlaskClient, path: str) -> tuple[int, float]:
    began = time.perf_counter()
    answer = client.get(path)
    answer.get_data()
    return answer.status_code, time.perf_counter() - began


def bench(made: Made, rounds: int, only: str) -> bool:
    """Print a line for each page and reader; whether all that they may see came in time."""
    app, fine = create_app(made.ctx), True
    settle_collector()  # as every process of the adapter does
    app.config["WTF_CSRF_ENABLED"] = False
    for role, user in made.users.items():
        client = app.test_client()
        with made.ctx.store.write() as db:
            link = sign_in_link(db, made.ctx.keys, user, NOW)
        client.post(f"/sign-in/{link}")
        for name, path in pages_of(made):
            if only and not name.startswith(only):
                continue
            status, first, seconds = measured(client, path, rounds)
            fine &= status in (200, 403) and seconds < LIMIT
            said = f"{seconds * 1000:.0f} ms, first visit {first * 1000:.0f} ms" if status == 200 else f"{status}"
            print(f"pages: {role} {name}: {said}, ratio {seconds / LIMIT:.2f} (must stay below 1)", flush=True)
    return fine


def main() -> int:
    """Measure in the folder given, or in one that is made and thrown away."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--in", dest="folder", type=Path)
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    asked.add_argument("--page", default="")
    asked.add_argument("--venues", type=int, default=VENUES, help="of the studio that is made")
    given = asked.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as thrown_away:
        folder = given.folder or Path(thrown_away)
        folder.mkdir(parents=True, exist_ok=True)
        made = large_studio(folder, given.venues)
        fine = bench(made, given.rounds, given.page)
        made.ctx.store.close()
    return int(not fine)


if __name__ == "__main__":
    sys.exit(main())
