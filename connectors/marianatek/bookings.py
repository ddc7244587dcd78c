"""Booking a guest through Mariana Tek's aggregator mode: our service user pays, the guest is named on the reservation.

Knows three calls. There is no idempotency key: whoever books looks first (connectors/booking.py).
"""

from __future__ import annotations

from typing import Any

from connectors.errors import Rejected, TryAgain
from connectors.fields import id_text, reach
from connectors.marianatek.lists import JSON_API, numbered
from connectors.marianatek.pricing import setting
from connectors.marianatek.reservations import STANDARD, kind_of
from connectors.paging import check_whole
from connectors.platform import Api, Guest

_HEADERS = {"Content-Type": JSON_API}
_SPOTS_TRIED = 3  # of a class in which places are chosen; another may take one between looking and booking


def find(api: Api, session_id: str, guest: Guest) -> str | None:
    """The reservation that holds a place for this guest of ours; None: there is none.

    Raises TryAgain where the list moved while it was read: the one that is looked for may have slipped through.
    """
    payer, asked = setting(api, "PAYER_ID"), {"class_session": session_id, "guest_email": guest.email}
    parts = list(numbered(api, "/reservations", asked))
    for raw in (raw for part in parts for raw in part.items):
        ours = str(reach(raw, "relationships.user.data.id")) == payer
        if ours and kind_of(raw) == STANDARD and reach(raw, "attributes.cancel_date") is None and _for(raw, guest):
            return id_text(reach(raw, "id"))
    check_whole(parts[-1].final, "GET /reservations")
    return None


def make(api: Api, session_id: str, guest: Guest, key: str) -> str:
    """Book. Raises Rejected with the platform's words, TryAgain (unknown) where the answer was lost."""
    spots = _free_spots(api, session_id)
    for spot in spots[:-1]:
        try:
            return _post(api, session_id, guest, spot)
        except Rejected as error:
            if error.code != "spot":
                raise
    return _post(api, session_id, guest, spots[-1])


def cancel(api: Api, reservation_id: str) -> None:
    """Cancel; one that is cancelled already is no error."""
    try:
        api.door.send("POST", f"/reservations/{reservation_id}/cancel", {}, headers=_HEADERS)
    except Rejected:
        held = api.door.get(f"/reservations/{reservation_id}")
        if reach(held, "data.attributes.cancel_date") is None:
            raise


def _free_spots(api: Api, session_id: str) -> list[str | None]:
    """Places to try; [None] where the class has none to choose from."""
    answer = api.door.get(f"/class_sessions/{session_id}", {"include": "layout"})
    layouts = [item for item in reach(answer, "included") or [] if reach(item, "type") == "layouts"]
    if not any(reach(item, "attributes.format") == "pick-a-spot" for item in layouts):
        return [None]
    free = reach(answer, "data.attributes.available_spots") or []
    if not free:
        raise Rejected("The class has no free place.", code="spot", status=422)
    return [id_text(spot) for spot in free[:_SPOTS_TRIED]]


def _post(api: Api, session_id: str, guest: Guest, spot: str | None) -> str:
    body = {
        "data": {
            "type": "reservations",
            "attributes": {
                "reservation_type": STANDARD,
                "reserved_for_guest": True,
                "guest_email": guest.email,
                "guest_name": guest.name,
            },
            "relationships": {
                "class_session": _to("class_sessions", session_id),
                "user": _to("users", setting(api, "PAYER_ID")),
                **({"spot": _to("spots", spot)} if spot else {}),
            },
        }
    }
    made = api.door.send("POST", "/reservations", body, headers=_HEADERS)
    try:
        return id_text(reach(made, "data.id"))
    except ValueError as error:
        raise TryAgain("POST /reservations: the answer has no id.", unknown=True) from error


def _to(kind: str, number: str) -> dict[str, Any]:
    return {"data": {"type": kind, "id": number}}


def _for(raw: Any, guest: Guest) -> bool:
    """A filter that is not understood would give everybody's reservations: the address is compared here too."""
    return str(reach(raw, "attributes.guest_email") or "").strip().casefold() == guest.email.strip().casefold()
