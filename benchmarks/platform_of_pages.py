"""A platform that only serves pages: a year of one studio in Mindbody's shape, made up beforehand, sent at once.

What is measured beside it is then the reader. Run as a process: it prints its address and the number of its records.
"""

from __future__ import annotations

import asyncio
import json
import sys
from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ROSTER = 20  # visits in a class
PAGE = 200
SERVICES = ("Drop-in", "Ten classes", "Monthly unlimited", "ClassPass", "Wellhub")
LISTS = {
    "/site/locations": "Locations",
    "/class/classdescriptions": "ClassDescriptions",
    "/sale/services": "Services",
    "/client/clients": "Clients",
    "/class/classes": "Classes",
    "/sale/sales": "Sales",
}

Json = dict[str, Any]


class Studio:
    """The made-up year: ``reservations`` in classes of twenty, from 52 weeks ago to four weeks ahead."""

    def __init__(self, reservations: int) -> None:
        count = reservations // ROSTER
        step = timedelta(weeks=56) / count
        self.starts = [(NOW - timedelta(weeks=52) + step * n).replace(second=0, microsecond=0) for n in range(count)]
        clients = max(50, reservations // 25)
        self.lists: dict[str, list[Json]] = {
            "Locations": [{"Id": 1, "Name": "Main", "City": "Berlin", "SiteID": 1}],
            "ClassDescriptions": [self._description(n) for n in range(8)],
            "Services": [self._service(n, name) for n, name in enumerate(SERVICES)],
            "Clients": [self._client(n) for n in range(clients)],
            "Classes": [self._class(n) for n in range(count)],
            "Sales": [],
        }

    def roster(self, number: int) -> Json:
        """A class with all who are in it."""
        return {
            "Class": {**self.lists["Classes"][number - 1], "Visits": [self._visit(number, n) for n in range(ROSTER)]}
        }

    def _description(self, number: int) -> Json:
        program = {"Id": 1, "Name": "Classes", "ScheduleType": "Class"}
        kind = {"Id": number, "Name": f"Kind {number}", "ProgramId": 1, "NumDeducted": 1}
        return {"Id": number, "Name": f"Class {number}", "Active": True, "Program": program, "SessionType": kind}

    def _service(self, number: int, name: str) -> Json:
        return {
            "ProductId": number,
            "Id": str(number),
            "Name": name,
            "Price": 20.0,
            "Type": "Drop-in",
            "SellOnline": True,
        }

    def _client(self, number: int) -> Json:
        return {
            "Id": f"C{number}", "UniqueId": 100_000_000 + number, "FirstName": "Ana", "LastName": f"Number{number}",
            "Email": f"client{number}@example.com", "CreationDate": "2024-01-01T08:00:00", "Active": True,
            "LastModifiedDateTime": "2025-06-01T08:00:00.4Z", "Status": "Active", "Country": "DE",
            "HomeLocation": {"Id": 1, "Name": "Main", "SiteID": 1}, "SuspensionInfo": {"BookingSuspended": False},
        }  # fmt: skip

    def _class(self, number: int) -> Json:
        start = self.starts[number]
        return {
            "Id": number + 1, "ClassScheduleId": number % 60, "Location": location(), "MaxCapacity": 24,
            "WebCapacity": 24, "TotalBooked": ROSTER, "TotalSignedIn": ROSTER, "TotalBookedWaitlist": 0,
            "WebBooked": ROSTER, "IsCanceled": False, "Substitute": False, "Active": True, "IsAvailable": True,
            "StartDateTime": naive(start), "EndDateTime": naive(start + timedelta(hours=1)),
            "LastModifiedDateTime": f"{naive(start)}.4Z", "ClassDescription": self._description(number % 8),
            "Staff": {"Id": number % 9, "Name": "Mara Lind", "FirstName": "Mara", "LastName": "Lind"},
            "BookingStatus": "PaymentRequired",
        }  # fmt: skip

    def _visit(self, number: int, seat: int) -> Json:
        start, visit = self.starts[number - 1], number * ROSTER + seat
        client = visit * 7 % len(self.lists["Clients"])
        past, name = start < NOW, SERVICES[visit % len(SERVICES)]
        return {
            "AppointmentId": 0, "AppointmentGenderPreference": "None", "AppointmentStatus": "NoShow",
            "ClassId": number, "ClientId": f"C{client}", "ClientUniqueId": 100_000_000 + client,
            "StartDateTime": naive(start), "EndDateTime": naive(start + timedelta(hours=1)), "Id": visit,
            "LastModifiedDateTime": f"{naive(start)}.4Z", "LateCancelled": visit % 17 == 0, "SiteId": 1,
            "LocationId": 1, "MakeUp": False, "Name": f"Class {number % 8}", "StaffId": number % 9,
            "WebSignup": visit % 3 > 0, "Action": "None", "Missed": past and visit % 11 == 0,
            "SignedIn": past and visit % 11 > 0, "ProductId": visit % len(SERVICES), "ServiceName": name,
            "TypeTaken": name, "ServiceId": visit,
        }  # fmt: skip


def location() -> Json:
    """The studio's only place, as every class repeats it."""
    return {"Id": 1, "Name": "Main", "SiteID": 1, "City": "Berlin", "Address": "1 Pine Street", "PostalCode": "10115"}


def naive(instant: datetime) -> str:
    """A time on the site's clock (it stands in UTC)."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S")


class Pages:
    """Answers by path and query, each made once and kept."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.asked: list[str] = []
        self._rosters = [self._http(studio.roster(number + 1)) for number in range(len(studio.starts))]

    def answer(self, target: str) -> bytes:
        """The whole HTTP answer to a request. ``/asked``: what was asked for until now."""
        if target == "/asked":
            return self._http(self.asked)
        self.asked.append(target)
        parts = urlsplit(target)
        asked = {key.removeprefix("request."): values[-1] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/class/classvisits":
            return self._rosters[int(asked["classID"]) - 1]
        rows = self.studio.lists[LISTS[parts.path]]
        if parts.path == "/class/classes":
            first = datetime.fromisoformat(asked["startDateTime"]).replace(tzinfo=UTC)
            last = datetime.fromisoformat(asked["endDateTime"]).replace(tzinfo=UTC)
            rows = rows[bisect_left(self.studio.starts, first) : bisect_right(self.studio.starts, last)]
        if "lastModifiedDate" in asked:
            rows = []
        offset = int(asked.get("offset", 0))
        some = rows[offset : offset + PAGE]
        paging = {"RequestedLimit": PAGE, "RequestedOffset": offset, "PageSize": len(some), "TotalResults": len(rows)}
        return self._http({"PaginationResponse": paging, LISTS[parts.path]: some})

    def _http(self, content: Any) -> bytes:
        body = json.dumps(content, separators=(",", ":")).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


async def serve(pages: Pages) -> None:
    """Serve until the process is ended; the first line printed is the address."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(pages.answer(head.split(b" ", 2)[1].decode()))
        except (asyncio.IncompleteReadError, ConnectionResetError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Pages(Studio(int(sys.argv[1])))))
