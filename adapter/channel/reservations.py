"""Reservations: made once for each of the marketplace's ids, looked at, cancelled."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify, make_response

from adapter.api.idempotency import KeyHeader
from adapter.channel import schemas
from adapter.channel.seller import refuse, routes, seller, studios
from adapter.marketplace.holding import BadGuest, Order, OtherRequest, kept
from adapter.marketplace.messages import shown
from adapter.marketplace.quoting import BadQuote
from adapter.marketplace.reserving import CannotCancel, cancel, reserve
from adapter.marketplace.sellers import UnknownSeller
from adapter.store.tables import ChannelReservation, ReservationState
from adapter.web.access import context

blueprint = routes("channel-reservations", "Reservations")
SAME_KEY = "Idempotency-Key: must be the reservation's id"


@blueprint.post("/reservations")
@blueprint.arguments(KeyHeader, location="headers")
@blueprint.arguments(schemas.ReservationBody)
@blueprint.response(201, schemas.Reservation)
@blueprint.alt_response(202, schema=schemas.Reservation, description="Not known yet: ask again, or wait for a message")
@blueprint.alt_response(404, response="NOT_FOUND")
@blueprint.alt_response(409, response="CONFLICT")
def make(header: dict[str, str], body: dict[str, Any]) -> Response:
    """Reserve a place at a quote. The same id and request again give the reservation as it stands, and never a second.

    409 with ``state`` refused and ``refusal``, one word of the closed list, where it was refused.
    """
    _check_key(header["key"], body["id"])
    guest = body["guest"]
    order = Order(caller_id=body["id"], quote=body["quote"], guest_name=guest["name"], guest_email=guest["email"])
    with context().store.read() as db:
        marketplace = seller(db)
    try:
        row, _ = reserve(context(), marketplace, order, studios())
    except LookupError as error:
        _not_there(error)
    except (BadQuote, BadGuest) as error:
        field, _, words = str(error).partition(": ")
        refuse(422, str(error), errors={"json": {field: [words]}})
    except OtherRequest as error:
        abort(409, str(error))
    return _answer(row)


@blueprint.get("/reservations/<path:reservation>")
@blueprint.response(200, schemas.Reservation)
@blueprint.alt_response(404, response="NOT_FOUND")
def one(reservation: str) -> dict[str, Any]:
    """A reservation of yours, by your id."""
    with context().store.read() as db:
        row = kept(db, seller(db).id, reservation)
    return shown(row) if row is not None else abort(404)


@blueprint.post("/reservations/<path:reservation>/cancellation")
@blueprint.arguments(KeyHeader, location="headers")
@blueprint.response(200, schemas.Reservation)
@blueprint.alt_response(202, schema=schemas.Reservation, description="It will be carried out")
@blueprint.alt_response(404, response="NOT_FOUND")
@blueprint.alt_response(409, response="CONFLICT")
def cancellation(header: dict[str, str], reservation: str) -> Response:
    """Cancel. Early or late is decided by the instant of the first time you ask; asking again changes nothing."""
    _check_key(header["key"], reservation)
    with context().store.read() as db:
        marketplace_id = seller(db).id
    try:
        row = cancel(context(), marketplace_id, reservation)
    except LookupError:
        abort(404)
    except CannotCancel as error:
        with context().store.read() as db:
            held = kept(db, marketplace_id, reservation)
        refuse(409, str(error), state=held.state.value if held else None)
    done = row.state in (ReservationState.CANCELLED, ReservationState.LATE_CANCELLED)
    return make_response(jsonify(shown(row)), 200 if done else 202)


def _answer(row: ChannelReservation) -> Response:
    if row.state is ReservationState.REFUSED:
        words = row.words or "The reservation was refused."
        refuse(409, words, **{name: value for name, value in shown(row).items() if name in ("id", "state", "refusal")})
    return make_response(jsonify(shown(row)), 202 if row.state is ReservationState.REQUESTED else 201)


def _check_key(key: str, reservation: str) -> None:
    if key != reservation:
        refuse(422, SAME_KEY, errors={"headers": {"Idempotency-Key": [SAME_KEY]}})


def _not_there(error: LookupError) -> None:
    if isinstance(error, UnknownSeller):
        refuse(422, str(error), errors={"json": {"quote": [str(error)]}})
    abort(404)
