"""The links of the chain, in the order in which support walks it. Pure: the same facts give the same findings.

A finding never quotes an address or an amount; what was noted of a failure has the platform's own words in it, if any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from adapter.diagnosis.facts import Facts
from adapter.showing.counting import CLASSES, counted
from adapter.store.tables.connections import ConnectionState, EventsState
from adapter.store.vitals import SKEW, THEIR_SKEW

EXPIRES_SOON = timedelta(days=7)
LATE = timedelta(minutes=5)
REFUSED, TOO_MANY = 403, 429


class Step(StrEnum):
    """A link of the chain."""

    TOKEN = "token"  # noqa: S105
    PERMISSION = "permission"
    MAPPING = "mapping"
    CLASSES = "classes"
    QUOTA = "quota"
    ANSWERS = "answers"
    CLOCK = "clock"
    EVENTS = "events"
    ENGINE = "engine"


class Verdict(StrEnum):
    """How a link stands."""

    WELL = "well"
    WRONG = "wrong"  # it explains that nothing syncs
    WORTH_KNOWING = "worth_knowing"  # it syncs, and something is less than it could be
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """What can be wrong; the closed list. The order is how deep it lies: what stands first explains what follows."""

    DISCONNECTED = "disconnected"
    TOKEN_ENDED = "token_ended"  # noqa: S105
    TOKEN_SHUT = "token_shut"  # noqa: S105  our keys don't open it
    OUR_KEY = "our_key"  # the platform refuses our own key
    PERMISSION_REFUSED = "permission_refused"
    SCOPE_MISSING = "scope_missing"
    ENGINE_STOPPED = "engine_stopped"
    OUR_CLOCK = "our_clock"
    RATE_LIMITED = "rate_limited"
    CALLS_USED_UP = "calls_used_up"
    PLATFORM_FAILS = "platform_fails"
    NEVER_READ = "never_read"
    STALE = "stale"  # and nothing tells why
    BREAKER_OPEN = "breaker_open"
    NO_CLASSES = "no_classes"
    ALL_HIDDEN = "all_hidden"
    ALL_EXCLUDED = "all_excluded"
    SOME_FAILED = "some_failed"
    UNMAPPED = "unmapped"
    EVENTS_OFF = "events_off"
    EVENTS_WAITING = "events_waiting"
    THEIR_CLOCK = "their_clock"
    TOKEN_ENDS_SOON = "token_ends_soon"  # noqa: S105
    SET_ASIDE = "set_aside"
    SOME_HIDDEN = "some_hidden"  # mostly as wanted: named where there is nothing else


@dataclass(frozen=True, slots=True)
class Finding:
    """One link: what was seen, and what helps. ``said``: what was noted of it, the platform's own words in it."""

    step: Step
    verdict: Verdict
    seen: str
    todo: str = ""
    cause: Cause | None = None
    since: datetime | None = None
    said: str = ""


def well(step: Step, seen: str) -> Finding:
    """A link that holds."""
    return Finding(step, Verdict.WELL, seen)


def wrong(step: Step, cause: Cause, seen: str, todo: str, *, since: datetime | None = None, said: str = "") -> Finding:
    """A link that is broken: nothing syncs until it is mended."""
    return Finding(step, Verdict.WRONG, seen, todo, cause, since, said)


def worth_knowing(step: Step, cause: Cause, seen: str, todo: str, *, since: datetime | None = None) -> Finding:
    """A link that holds, and not quite as it should."""
    return Finding(step, Verdict.WORTH_KNOWING, seen, todo, cause, since)


def of_token(facts: Facts) -> Finding:
    """Whether the platform lets us in."""
    step = Step.TOKEN
    if facts.state is ConnectionState.DISCONNECTED:
        todo = "Nothing is read or written any more; the studio's owner can connect again."
        return wrong(step, Cause.DISCONNECTED, "The studio has disconnected", todo)
    if facts.state is ConnectionState.NEEDS_RECONNECT:
        todo = "The studio's owner connects again: Connections, then “Connect again”. Nothing is lost meanwhile."
        said = facts.state_reason or ""
        return wrong(step, Cause.TOKEN_ENDED, f"{facts.platform} no longer lets us in", todo, said=said)
    if not facts.token_opens:
        todo = "Ours to mend: put the key that this database was made with into ADAPTER_ENCRYPTION_KEYS."
        return wrong(step, Cause.TOKEN_SHUT, "The stored access can't be opened with our keys", todo)
    if not facts.has_token:
        return Finding(step, Verdict.UNKNOWN, "There is no token: access is by keys alone, or was never completed")
    if "our own key" in (facts.trouble.words if facts.trouble else ""):
        return _our_key(facts)
    ends = facts.token_expires_at
    if not facts.renewable and ends is not None and ends - facts.now < EXPIRES_SOON:
        seen = f"Access ends at {facts.at(ends)} and can't be renewed"
        return worth_knowing(step, Cause.TOKEN_ENDS_SOON, seen, "Ask the owner to connect again before then.")
    until = f" until {facts.at(ends)}" if ends else ""
    return well(step, f"Valid{until}" + ("; it is renewed by itself" if facts.renewable else ""))


def _our_key(facts: Facts) -> Finding:
    said = facts.trouble.words if facts.trouble else ""
    seen = f"{facts.platform} refuses our own key"
    todo = "Ours to mend, not the studio's: check our client id and key in the settings (`adapter doctor`)."
    return wrong(Step.TOKEN, Cause.OUR_KEY, seen, todo, said=said)


def of_permission(facts: Facts) -> Finding:
    """Whether what we need was granted."""
    step, trouble = Step.PERMISSION, facts.trouble
    if trouble is not None and trouble.status == REFUSED and "our own key" not in trouble.words:
        todo = "The studio's owner checks at the platform that our access may see this, then connects again."
        seen = f"{facts.platform} refused what we asked for"
        return wrong(step, Cause.PERMISSION_REFUSED, seen, todo, since=trouble.at, said=trouble.words)
    if facts.scopes_missing:
        seen = f"Not granted: {', '.join(facts.scopes_missing)}"
        todo = "The owner connects again and allows all that is asked for."
        return worth_knowing(step, Cause.SCOPE_MISSING, seen, todo)
    if facts.state is not ConnectionState.ACTIVE:
        return Finding(step, Verdict.UNKNOWN, "Can't be seen without access")
    return well(step, "All that was asked for was granted, and nothing is refused")


def of_mapping(facts: Facts) -> Finding:
    """Whether the studio has said what its booking sources mean."""
    step = Step.MAPPING
    if not facts.bookings_lately:
        return Finding(step, Verdict.UNKNOWN, "No bookings in classes of the last 30 days are known")
    if facts.sources_unmapped:
        share = facts.bookings_unmapped * 100 // facts.bookings_lately
        sources = counted(facts.sources_unmapped, "1 booking source", "{} booking sources")
        seen = f"{sources} not mapped: {share}% of the bookings since 30 days ago"
        todo = (
            "The studio says what they mean, on the connection's page. Until then they count as direct, and no money."
        )
        return worth_knowing(step, Cause.UNMAPPED, seen, todo)
    return well(step, "Every booking source is mapped")


def of_classes(facts: Facts) -> Finding:
    """Whether there is anything to show: hidden at the platform, left out by the studio."""
    step, ahead = Step.CLASSES, facts.classes_ahead
    if facts.last_read_at is None:
        return Finding(step, Verdict.UNKNOWN, "Nothing has been read yet")
    if not ahead:
        todo = "Look at the platform whether classes are scheduled, and at this site; then read again."
        return wrong(step, Cause.NO_CLASSES, "The platform shows no class to come", todo)
    if facts.classes_hidden >= ahead:
        todo = "The studio shows its classes to the public at the platform; hidden ones are never listed."
        return wrong(step, Cause.ALL_HIDDEN, f"All {ahead} classes to come are hidden at the platform", todo)
    if facts.classes_hidden + facts.classes_excluded >= ahead:
        todo = "The studio's owner or operations take “Never list” back, under Settings."
        return wrong(
            step, Cause.ALL_EXCLUDED, f"All {ahead} classes to come are left out by the settings, or hidden", todo
        )
    if facts.classes_hidden or facts.classes_excluded:
        seen = f"Of {ahead} classes to come {facts.classes_hidden} are hidden, {facts.classes_excluded} left out"
        return worth_knowing(step, Cause.SOME_HIDDEN, seen, "As wanted? Hidden is set at the platform, left out here.")
    return well(step, f"{counted(ahead, *CLASSES)} to come, none hidden or left out")


def of_quota(facts: Facts) -> Finding:
    """Whether we may call, and whether the platform takes what we send."""
    step, now = Step.QUOTA, facts.now
    limited = facts.trouble is not None and facts.trouble.status == TOO_MANY
    if limited or (facts.paused_until is not None and facts.paused_until > now):
        until = f" until {facts.at(facts.paused_until)}" if facts.paused_until and facts.paused_until > now else ""
        todo = "It goes on by itself then. If it comes again and again, ask the platform for more calls."
        said, since = (facts.trouble.words, facts.trouble.at) if facts.trouble and limited else ("", None)
        seen = f"{facts.platform} wants no calls with our key{until}"
        return wrong(step, Cause.RATE_LIMITED, seen, todo, since=since, said=said)
    if facts.calls_allowed is not None and facts.calls_today >= facts.calls_allowed:
        seen = f"All {facts.calls_allowed} calls of the day are used up ({facts.calls_today} made)"
        todo = "They begin anew at midnight UTC. A higher allowance is set with …_CALLS_PER_DAY."
        return wrong(step, Cause.CALLS_USED_UP, seen, todo)
    if facts.breaker_since is not None:
        probe = f"; tried again at {facts.at(facts.next_probe_at)}" if facts.next_probe_at else ""
        seen = f"What we sent failed again and again, so nothing is sent{probe}"
        todo = "It closes by itself at the first success. If it lasts, ask the platform whether it is down."
        return wrong(step, Cause.BREAKER_OPEN, seen, todo, since=facts.breaker_since)
    of = f" of {facts.calls_allowed}" if facts.calls_allowed is not None else ""
    return well(
        step,
        f"{facts.calls_today}{of} calls today beside those that were asked for, none held back; what is sent is taken",
    )


def of_answers(facts: Facts) -> Finding:
    """Whether the platform answers, and with what."""
    step, trouble = Step.ANSWERS, facts.trouble
    stale = facts.last_read_at is None or facts.now - facts.last_read_at > facts.nothing_after
    if trouble is not None and trouble.status not in (REFUSED, TOO_MANY):
        return _failing(facts, stale=stale)
    if facts.last_read_at is None:
        seen = "No reading has come to its end yet" + (f"; run {facts.open_run} is at it" if facts.open_run else "")
        return wrong(step, Cause.NEVER_READ, seen, "Wait for the first import, or look at its run.")
    if stale:
        seen = f"Nothing complete has been read since {facts.at(facts.last_read_at)}"
        todo = "Read again from this page and watch the log; the other steps tell why, if anything does."
        return wrong(step, Cause.STALE, seen, todo, since=facts.last_read_at)
    if facts.set_aside:
        records = counted(facts.set_aside, "1 record", "{} records")
        seen = f"Answers come; {records} could not be read"
        return worth_knowing(step, Cause.SET_ASIDE, seen, "The connection's page lists them with their reasons.")
    return well(step, f"Read whole at {facts.at(facts.last_read_at)}")


def _failing(facts: Facts, *, stale: bool) -> Finding:
    trouble = facts.trouble
    assert trouble is not None  # noqa: S101  the caller has looked
    if stale:
        seen = f"{facts.platform} does not answer as it should"
        todo = "It is tried again by itself. If it lasts over an hour, ask the platform; then read again from here."
        return wrong(Step.ANSWERS, Cause.PLATFORM_FAILS, seen, todo, since=trouble.at, said=trouble.words)
    seen = "Parts of the latest reading failed; the rest is up to date"
    todo = "Try again what failed, from the run's page."
    found = worth_knowing(Step.ANSWERS, Cause.SOME_FAILED, seen, todo, since=trouble.at)
    return Finding(found.step, found.verdict, found.seen, found.todo, found.cause, found.since, trouble.words)


def of_clock(facts: Facts) -> Finding:
    """Whether our clock and the platform's agree."""
    step = Step.CLOCK
    if facts.our_skew > SKEW:
        seen = f"Ours is {facts.our_skew.total_seconds():.0f} s off the database's, or behind what was written before"
        return wrong(step, Cause.OUR_CLOCK, seen, "Ours to mend: set this machine's clock (NTP).")
    if facts.their_skew is None:
        return Finding(step, Verdict.UNKNOWN, "Ours is right; the platform has not told us the time lately")
    if abs(facts.their_skew) > THEIR_SKEW:
        minutes = abs(facts.their_skew) // timedelta(minutes=1)
        which = "ahead" if facts.their_skew > timedelta(0) else "behind, or its events come late"
        seen = f"The platform's is {minutes} minutes {which}"
        todo = "Nothing is lost by it: a reading reaches back a day. The platform should know."
        return worth_knowing(step, Cause.THEIR_CLOCK, seen, todo)
    return well(step, "Ours and the platform's agree")


EVENTS = {
    EventsState.OFF: "The platform has switched our subscription off",
    EventsState.MISSING: "There is no subscription of ours at the platform",
    EventsState.UNREACHABLE: "The platform can't reach us",
}


def of_events(facts: Facts) -> Finding:
    """Whether the platform tells us of what happens."""
    step = Step.EVENTS
    if not facts.events_offered:
        return well(step, "The platform sends none: changes are seen at each update, every ten minutes")
    if facts.events in EVENTS:
        seen = f"{EVENTS[facts.events]}; changes are seen at each update instead"
        todo = "Press “Subscribe again”: what was missed is read again then."
        return worth_knowing(step, Cause.EVENTS_OFF, seen, todo, since=facts.events_since)
    if facts.events_waiting:
        events = counted(facts.events_waiting, "1 event", "{} events")
        seen = f"{events} came and were not worked on for ten minutes"
        return worth_knowing(step, Cause.EVENTS_WAITING, seen, "See the connection's runs, and the last step here.")
    if facts.events is None:
        return Finding(step, Verdict.UNKNOWN, "The platform has not been asked yet whether they come")
    last = f"; the last came at {facts.at(facts.last_event_at)}" if facts.last_event_at else ""
    return well(step, f"They come as things happen{last}")


def of_engine(facts: Facts) -> Finding:
    """Whether the work is done at all."""
    step = Step.ENGINE
    if facts.engine != "ok":
        seen = f"{facts.engine[:1].upper()}{facts.engine[1:]}"
        return wrong(step, Cause.ENGINE_STOPPED, seen, "Ours to mend: start `adapter serve` or `adapter worker`.")
    if facts.overdue > LATE and facts.open_run is None:
        minutes = facts.overdue // timedelta(minutes=1)
        seen = f"This connection's work has been waiting for {minutes} minutes, and nobody is at it"
        return wrong(step, Cause.ENGINE_STOPPED, seen, "Ours to mend: see `adapter doctor`.")
    busy = f"; run {facts.open_run} is at work" if facts.open_run else ""
    return well(step, f"Work is done when it is due{busy}")


STEPS: Mapping[Step, Callable[[Facts], Finding]] = {
    Step.TOKEN: of_token,
    Step.PERMISSION: of_permission,
    Step.MAPPING: of_mapping,
    Step.CLASSES: of_classes,
    Step.QUOTA: of_quota,
    Step.ANSWERS: of_answers,
    Step.CLOCK: of_clock,
    Step.EVENTS: of_events,
    Step.ENGINE: of_engine,
}
"""Every link with the function that looks at it, in the order in which they are walked."""
