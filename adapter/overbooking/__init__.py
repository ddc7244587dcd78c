"""Why a session is overbooked: what happened to it, in order, and the one cause that explains it (N-08).

events   what can have happened, as plain values without persons
cause    the cause, from the events alone: pure
"""

from adapter.overbooking.cause import Cause, Finding, find_cause
from adapter.overbooking.events import Event, Kind

__all__ = ["Cause", "Event", "Finding", "Kind", "find_cause"]
