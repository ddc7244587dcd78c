"""Why the platform says no: a closed list, which the server renders as its error codes."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why something was refused."""

    UNKNOWN_SITE = "unknown_site"
    UNKNOWN_CLASS = "unknown_class"
    UNKNOWN_CLIENT = "unknown_client"
    UNKNOWN_VISIT = "unknown_visit"
    UNKNOWN_OPTION = "unknown_option"
    CLASS_FULL = "class_full"
    WAITLIST_FULL = "waitlist_full"
    CLASS_CANCELLED = "class_cancelled"
    CLASS_STARTED = "class_started"
    ALREADY_BOOKED = "already_booked"
    NOT_BOOKED = "not_booked"
    STALE_SEQUENCE = "stale_sequence"
    BAD_OFFER = "bad_offer"
    BAD_CAPACITY = "bad_capacity"


class Refused(Exception):
    """The platform refuses; nothing was changed."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
