"""Writing a class's online capacity at Mindbody, where only a whole series can be written.

Knows the one call there is, ``updateclassschedule``, and its danger: a date window of one day may mean "this day" or
"cut the series down to this day", and nobody has written down which. So it is proven on a site first (proof.py), and
nothing is sent to a site that has not passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.errors import Rejected
from connectors.fields import reach
from connectors.mindbody.pages import Listing, listed, pages
from connectors.mindbody.reads import shape
from connectors.mindbody.shapes import SessionShape
from connectors.paging import check_whole
from connectors.platform import Api
from connectors.records import Fetched, Session, SessionStatus, Stream
from connectors.times import local_text

_AHEAD = timedelta(days=366)
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_KEPT = (
    "StartTime",
    "EndTime",
    "AllowOpenEnrollment",
    "AllowDateForwardEnrollment",
    *(f"Day{day}" for day in _DAYS),
)


@dataclass(frozen=True)
class Series:
    """A recurring block as Mindbody holds it, and the classes of it that are still to come."""

    schedule: Mapping[str, Any]
    classes: Mapping[str, Fetched]  # by the class's id

    @property
    def span(self) -> tuple[str, str]:
        """First and last day."""
        return str(self.schedule.get("StartDate")), str(self.schedule.get("EndDate"))


def read_back(api: Api, session_id: str) -> int | None:
    """The online capacity that Mindbody now holds."""
    online: int | None = class_of(api, session_id).record.online_capacity
    return online


def send(api: Api, session_id: str, total: int) -> None:
    """Set one class's online capacity. Raises Rejected where it would fall below what is booked, or above capacity."""
    wanted = class_of(api, session_id)
    _check(wanted.record, total)
    write(api, series_of(api, wanted), wanted, total)


def _check(session: Session, total: int) -> None:
    """Never below what is booked, never above what there is; an unknown count of bookings allows nothing."""
    booked = session.booked_online if session.booked_online is not None else session.booked
    if session.status is not SessionStatus.SCHEDULED:
        raise Rejected("The class is cancelled.", code="Cancelled")
    if session.capacity is None or booked is None:
        raise Rejected("Mindbody does not say how many places this class has and how many are booked.", code="Unknown")
    if not booked <= total <= session.capacity:
        raise Rejected(
            f"{total} places online are not possible: {booked} are booked online, {session.capacity} is the capacity.",
            code="BelowBooked" if total < booked else "AboveCapacity",
        )


def write(api: Api, series: Series, wanted: Fetched, online: int, span: tuple[str, str] | None = None) -> None:
    """Send the complete record with one thing changed: what an absent field would mean is not written down either.

    The window is the class's own day, or ``span``.
    """
    day = day_of(api, wanted)
    start, end = span or (day, day)
    body = {
        "ClassId": reach(series.schedule, "Id"),  # the series' id, despite its name
        "LocationId": reach(series.schedule, "Location.Id"),
        "StaffId": reach(series.schedule, "Staff.Id"),
        "ResourceId": reach(wanted.raw, "Resource.Id"),
        "StartDate": start,
        "EndDate": end,
        **{key: series.schedule.get(key) for key in _KEPT},
        "MaxCapacity": wanted.record.capacity,
        "WebCapacity": online,
        "WaitlistCapacity": wanted.raw.get("WaitListSize"),
        "BookingStatus": wanted.raw.get("BookingStatus"),
        "RetainScheduleChanges": True,
    }
    api.door.send(
        "POST", "/class/updateclassschedule", {key: value for key, value in body.items() if value is not None}
    )


def day_of(api: Api, wanted: Fetched) -> str:
    """The day of a class where it takes place, as a window wants it."""
    return f"{wanted.record.starts_at.astimezone(api.zone).date()}T00:00:00"


def class_of(api: Api, session_id: str) -> Fetched:
    """A class still to come, as Mindbody holds it now. Raises Rejected where there is none."""
    found = _classes(api, {"request.classIds": session_id}, api.now - timedelta(days=1))
    if session_id not in found:
        raise Rejected(f"Mindbody has no class {session_id} still to come.", code="ClassNotFound")
    return found[session_id]


def series_of(api: Api, wanted: Fetched) -> Series:
    """The series that a class belongs to. Raises Rejected where Mindbody does not say."""
    schedule_id = wanted.record.template_id
    day = local_text(wanted.record.starts_at, api.zone)[:10]
    asked = {
        "request.classScheduleIds": schedule_id,
        "request.startDate": f"{day}T00:00:00",
        "request.endDate": f"{day}T23:59:59",
    }
    answer = api.door.get("/class/classschedules", asked)
    for schedule in listed(answer, "ClassSchedules", "GET /class/classschedules"):
        if schedule_id is not None and str(reach(schedule, "Id")) == schedule_id:
            return Series(schedule, _classes(api, {"request.classScheduleIds": schedule_id}, api.now))
    raise Rejected("Mindbody does not say which series this class belongs to.", code="ClassScheduleNotFound")


def _classes(api: Api, which: Mapping[str, str], start: datetime) -> dict[str, Fetched]:
    """All of them. Raises TryAgain where the list was not whole: what is missing would look like harm, or hide it."""
    listing = Listing(
        stream=Stream.SESSIONS,
        path="/class/classes",
        collection="Classes",
        read=shape(SessionShape, api.site).read,
        params={
            **which,
            "request.startDateTime": local_text(start, api.zone),
            "request.endDateTime": local_text(start + _AHEAD, api.zone),
            "request.hideCanceledClasses": "false",
        },
    )
    parts = list(pages(api, listing))
    check_whole(parts[-1].final, "GET /class/classes")
    return {got.record.external_id: got for page in parts for got in page.items}
