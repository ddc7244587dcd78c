"""Writing into a studio's own numbers, where its platform takes no channel offers: asked for, allowed, switched.

Two ways, both off until the studio turns them on: a class's online capacity (only after a proof on its site), and the
price of one price option. Knows what may be switched and what is refused; carrying it out is a run's work.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session as Database

from adapter.store.audit import note, note_run
from adapter.store.tables import (
    Connection,
    ConnectionState,
    PriceOption,
    Push,
    PushState,
    PushStep,
    Run,
    RunKind,
    RunOrigin,
    Session,
)
from adapter.work import request_run
from connectors import registry


class WrongWriteBack(ValueError):
    """Something that can't be asked for or switched; the message says why, and what to do first."""


def ask_for_proof(db: Database, connection: Connection, session: str, *, actor: str, now: datetime) -> tuple[Run, bool]:
    """Ask for the proof that one class's online capacity can be written without harm to its series.

    ``session`` is our id of a class of a series that nobody has booked, or the platform's. Answers the run and whether
    it is new. Raises WrongWriteBack. Call ``context.wake_engine()`` after the commit.
    """
    if registry.get(connection.platform).totals is None:
        raise WrongWriteBack(f"{_title(connection)} takes no online capacity: there is nothing to prove")
    if connection.state is not ConnectionState.ACTIVE:
        raise WrongWriteBack("Connect again first: without access nothing can be proven")
    params = {"session": _class_named(db, connection, session.strip(), now).external_id}
    asked: dict[str, Any] = {"origin": RunOrigin.MANUAL, "actor": actor, "now": now}
    run, new = request_run(db, RunKind.PROVE, connection.id, params=params, **asked)
    if new:
        note_run(db, run, actor=actor, now=now)
    return run, new


def switch_total_push(db: Database, connection: Connection, on: bool, *, actor: str, now: datetime) -> Run | None:
    """Turn the writing of online capacities on or off; the run that carries it out, None where nothing changes.

    Raises WrongWriteBack where no proof has passed. Off: every class gets the studio's own number back.
    """
    if on and registry.get(connection.platform).totals is None:
        raise WrongWriteBack(f"{_title(connection)} takes no online capacity")
    if on and connection.total_push_proven_at is None:
        raise WrongWriteBack(
            "No proof has passed on this site: run the proof first, on a series that nobody has booked"
        )
    if connection.total_push_on == on:
        return None
    note(db, connection, "total_push.switched", {"on": connection.total_push_on}, {"on": on}, actor=actor, now=now)
    connection.total_push_on = on
    if on:
        _send_again(db, connection, now)
    return _carry_out(db, connection, f"writing online capacities was switched {_word(on)}", actor, now)


def switch_catalog(
    db: Database, connection: Connection, option: str | None, *, even_public: bool = False, actor: str, now: datetime
) -> Run | None:
    """Let the price of one option (the platform's id) follow the rate; None turns it off and gives its price back.

    Answers the run that carries it out, None where nothing changes. Raises WrongWriteBack for an option that is not
    there, or that is sold online unless ``even_public``: everybody would see its price move.
    """
    if connection.catalog_rate_on == (option is not None) and option in (None, connection.catalog_option):
        return None
    if option is not None:
        _check_option(db, connection, option, even_public)
    before = {"on": connection.catalog_rate_on, "option": connection.catalog_option}
    after = {"on": option is not None, "option": option or connection.catalog_option, "even_public": even_public}
    note(db, connection, "catalog_rate.switched", before, after, actor=actor, now=now)
    connection.catalog_rate_on = option is not None
    connection.catalog_option = option or connection.catalog_option
    if option is None and connection.catalog_before is None:
        connection.catalog_option = None  # nothing was written: nothing is to be given back
    return _carry_out(db, connection, f"the price that follows the rate was switched {_word(option)}", actor, now)


def options_of(db: Database, connection_id: int) -> Sequence[PriceOption]:
    """The price options that may be named, those that are not sold online first."""
    wanted = select(PriceOption).where(PriceOption.connection_id == connection_id, PriceOption.gone_at.is_(None))
    return db.scalars(wanted.order_by(PriceOption.hidden.desc(), PriceOption.name, PriceOption.id)).all()


def _check_option(db: Database, connection: Connection, option: str, even_public: bool) -> None:
    if registry.get(connection.platform).catalog is None:
        raise WrongWriteBack(f"{_title(connection)} takes no price")
    if connection.catalog_before is not None and option != connection.catalog_option:
        raise WrongWriteBack(f"Turn it off first: the price of {connection.catalog_option} is still to be given back")
    named = select(PriceOption).where(PriceOption.connection_id == connection.id, PriceOption.external_id == option)
    found = db.scalar(named.where(PriceOption.gone_at.is_(None)))
    if found is None:
        raise WrongWriteBack(f"There is no price option {option[:60]} on this connection")
    if not found.hidden and not even_public:
        raise WrongWriteBack(f"{found.name} is sold online: everybody would see its price move. Say so if you mean it")


def _class_named(db: Database, connection: Connection, name: str, now: datetime) -> Session:
    same = [Session.external_id == name]
    if name.isascii() and name.isdigit() and len(name) < 10:  # our ids are no longer than that
        same.append(Session.id == int(name))
    mine = select(Session).where(Session.connection_id == connection.id, Session.starts_at > now)
    found = db.scalars(mine.where(or_(*same), Session.gone_at.is_(None))).all()
    if not found:
        raise WrongWriteBack(f"There is no class {name[:60]} still to come on this connection; was it read already?")
    if len(found) > 1:
        raise WrongWriteBack(f"{name} is our number of one class and the platform's of another: take the other number")
    return found[0]


def _send_again(db: Database, connection: Connection, now: datetime) -> None:
    """What was in force only where we sell is to be written now: each class's last offer."""
    coming = select(Session.id).where(Session.connection_id == connection.id, Session.starts_at > now)
    last = select(func.max(Push.id)).where(Push.session_id.in_(coming)).group_by(Push.session_id)
    again = update(Push).where(Push.id.in_(last), Push.state == PushState.LOCAL)
    waits = again.values(state=PushState.PENDING, attempts=0, next_try_at=now, settled_at=None).returning(Push.id)
    for number in db.scalars(waits).all():
        db.add(PushStep(push_id=number, at=now, state=PushState.PENDING))


def _carry_out(db: Database, connection: Connection, why: str, actor: str, now: datetime) -> Run:
    asked: dict[str, Any] = {"origin": RunOrigin.MANUAL, "actor": actor, "now": now, "why": why}
    return request_run(db, RunKind.PUSH, connection.id, **asked)[0]


def _title(connection: Connection) -> str:
    return registry.get(connection.platform).title


def _word(on: object) -> str:
    return "on" if on else "off"
