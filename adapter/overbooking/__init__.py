"""Why a session is overbooked: what happened to it, in order, and the one cause that explains it (N-08).

events   what can have happened, as plain values without persons
cause    the cause, from the events alone: pure
telling  an event in words
"""

from adapter.overbooking.cause import Cause, Finding, find_cause
from adapter.overbooking.events import Event, Kind
from adapter.overbooking.telling import facts_of, tell

__all__ = ["Cause", "Event", "Finding", "Kind", "facts_of", "find_cause", "tell"]
